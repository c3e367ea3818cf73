"""`argosy fmt`: flow and flow-test files in their canonical form."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.output import print_error
from argosy.errors import ArgosyError, InvalidFlowError, InvalidFlowTestError
from argosy.model import Problem, is_deeper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: The kind of file by how its name ends.
KINDS = {".flow.json": "flow", ".test.json": "flow-test"}
_DEEPEST = 100


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--check", "checks", is_flag=True, help="Change nothing; list what would change.")
@click.pass_obj
def fmt(connector: str | None, *, paths: Sequence[str], checks: bool) -> int:
    """Write flow files and flow tests in their canonical form.

    PATH is a file, or a folder with all below it; without one, the flows of the connector in use
    are meant. What a file says stays as it is. Ends with 2 where a file cannot be read as what
    its name says; it is left alone. With --check, ends with 1 where a file would change.
    """
    files = list(_files(paths or [_flows_of(connector)]))
    changed, refused = 0, 0
    for file in files:
        try:
            old, new = _forms(file)
        except ArgosyError as error:
            print_error(error, as_json=False)
            refused += 1
            continue
        if old == new:
            continue
        changed += 1
        if checks:
            click.echo(f"Would change {file}")
        else:
            _write(file, new)
            click.echo(f"Changed {file}")
    click.echo(_summary(len(files), changed, refused, checks=checks), err=True)
    if refused:
        return 2
    return 1 if checks and changed else 0


def _flows_of(connector: str | None) -> str:
    from argosy.connector import find_connector

    return str(find_connector(connector, os.environ) / "flows")


def _files(paths: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            found = (one for ending in KINDS for one in path.rglob(f"*{ending}"))
            yield from sorted(found)
        elif not path.exists():
            raise click.UsageError(f"There is no {path}.")
        elif not path.name.endswith(tuple(KINDS)):
            endings = " or ".join(KINDS)
            raise click.UsageError(
                f"{path} is neither a flow nor a flow test; those end {endings}."
            )
        else:
            yield path


def _forms(file: Path) -> tuple[bytes, bytes]:
    """Return what a file holds, and its canonical form.

    Raises InvalidFlowError and InvalidFlowTestError.
    """
    from argosy.connector import file_validator
    from argosy.flow import read_flow_document
    from argosy.flow.form import canonical_text

    kind = next(kind for ending, kind in KINDS.items() if file.name.endswith(ending))
    document = read_flow_document(file)
    if is_deeper(document, _DEEPEST):
        found = [Problem("too-deep", f"it is nested more than {_DEEPEST} deep")]
    else:
        found = list(file_validator(kind).problems(document))
    if found:
        problems = [replace(problem, file=str(file)) for problem in found]
        refusal = InvalidFlowError if kind == "flow" else InvalidFlowTestError
        raise refusal(file=str(file), problems=problems)
    return file.read_bytes(), canonical_text(document, kind).encode()


def _write(file: Path, content: bytes) -> None:
    from argosy.cli.files import write_atomically

    try:
        write_atomically(file, content)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error


def _summary(count: int, changed: int, refused: int, *, checks: bool) -> str:
    files = "1 file" if count == 1 else f"{count} files"
    did = "would change" if checks else "changed"
    left = f", {refused} not readable" if refused else ""
    return f"{files}: {changed} {did}{left}."
