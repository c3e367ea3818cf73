"""`argosy import`: flows and connectors made of other products' files."""

from __future__ import annotations

import re
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.davinci import import_davinci
from argosy.cli.output import console, print_json, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.openapi import Imported


@click.group("import", no_args_is_help=True)
def import_() -> None:
    """Make flows and connectors of other products' files."""


import_.add_command(import_davinci)


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder to write the connector to; new, or empty.",
)
@click.option("--family", metavar="NAME", default="", help="The API family's name.  [default: api]")
@click.option(
    "--server",
    metavar="URL",
    default="",
    help="Where the API is, in place of the document's servers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as a JSON object.")
def openapi(file: Path, *, out: Path, family: str, server: str, as_json: bool) -> int:
    """Draft a connector of an OpenAPI 3 document.

    FILE is JSON or YAML. What is written passes `argosy check` and can be called; its words are
    the document's, so read and edit them. What could not be taken over is told.
    """
    from argosy.openapi import address_of, import_document

    if family and not re.fullmatch(r"[a-z][a-z0-9-]*", family):
        raise click.UsageError(f"--family {family!r} is no name: lower-case letters and hyphens.")
    try:
        if server:
            address_of(server, chosen=True)
    except ValueError as error:
        raise click.UsageError(f"--server {server!r} cannot be called: {error}.") from error
    try:
        with _stopped_like_an_interrupt():
            made = import_document(file, out, family=family, server=server)
    except FileExistsError as error:
        raise click.UsageError(f"--out {out} is there and not empty; name a new folder.") from error
    except OSError as error:
        raise click.UsageError(f"--out {out} cannot be written: {error.strerror}.") from error
    if as_json:
        print_json(made.to_json())
    else:
        _print(made)
    return 0


@contextmanager
def _stopped_like_an_interrupt() -> Iterator[None]:
    """Let the request to end, which would leave half a folder, come as an interrupt does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(made: Imported) -> None:
    from rich.text import Text

    out = console()
    count = len(made.capabilities)
    head = f"{count} {'capability' if count == 1 else 'capabilities'} of {made.id} in {made.folder}"
    out.print(Text(visible(f"{head}. The check finds no error.")))
    out.print(Text(visible(f"Regions: {', '.join(made.regions)}.")))
    if made.settings:
        out.print(Text(visible(f"A connection needs: {', '.join(made.settings)}.")))
    rows = [(one.operation, one.reason) for one in made.left_out]
    _print_rows(f"Left out ({len(rows)}):", rows)
    _print_rows(f"Notes ({len(made.notes)}):", [(note.where, note.text) for note in made.notes])
    out.print(Text(f"\nNext: argosy --connector {made.folder} capabilities"), soft_wrap=True)


def _print_rows(head: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    out.print(Text(f"\n{head}", style="bold"))
    for where, text in rows:
        out.print(Padding(Text(visible(where)), (0, 0, 0, 2), expand=False))
        out.print(Padding(Text(visible(text), style="dim"), (0, 0, 0, 4), expand=False))
