"""`argosy check`: every finding in a connector's files."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from argosy.cli.output import console

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How the findings are written.",
)
@click.pass_obj
def check(
    connector: str | None,
    *,
    paths: Sequence[str],
    style: Literal["text", "json", "sarif", "github"],
) -> int:
    """Check connectors: manifest, capabilities, schemas, handlers, examples.

    PATH is a connector's directory; without one, the connector in use is checked. Handlers are
    imported, so check only code that you would run. Ends with 1 where a finding is an error.
    """
    from argosy.check import check_connector, render
    from argosy.connector import find_connector

    given = [Path(path) for path in paths]
    for path in given:
        if not path.exists():
            raise click.UsageError(f"There is no {path}.")
        if path.is_file() and path.name != "connector.json":
            text = "is neither a connector's directory nor its connector.json"
            raise click.UsageError(f"{path} {text}.")
    roots = [path.parent if path.is_file() else path for path in given]
    with redirect_stdout(sys.stderr):  # what a handler prints as it is imported
        reports = [check_connector(r) for r in roots or [find_connector(connector, os.environ)]]
    click.echo(render(reports, style, width=console().width))
    return 1 if any(report.failed for report in reports) else 0
