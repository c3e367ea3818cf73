"""`argosy check`: every finding in the files of connectors and flows."""

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

    from argosy.check import Report

_MANIFEST = "connector.json"
_FLOW = ".flow.json"


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
    """Check connectors and flows, without running them.

    PATH is a connector's directory, which is checked with the flows in its `flows/`; a directory
    of flows; or one flow, NAME.flow.json. Without one, the connector in use is checked. Flows
    are held against the connector that --connector names, else the one whose directory they lie
    in, else the installed one. A connector's handlers are imported, so check only code that you
    would run. Ends with 1 where a finding is an error.
    """
    from argosy.check import render
    from argosy.connector import find_connector

    given = [Path(path) for path in paths]
    for path in given:
        if not path.exists():
            raise click.UsageError(f"There is no {path}.")
        if path.is_file() and path.name != _MANIFEST and not path.name.endswith(_FLOW):
            text = "is neither a connector's directory, its connector.json nor a NAME.flow.json"
            raise click.UsageError(f"{path} {text}.")
    with redirect_stdout(sys.stderr):  # what a handler prints as it is imported
        reports = [
            _report(path, connector) for path in given or [find_connector(connector, os.environ)]
        ]
    click.echo(render(reports, style, width=console().width))
    return 1 if any(report.failed for report in reports) else 0


def _report(path: Path, connector: str | None) -> Report:
    from argosy.check import check_connector, check_flows
    from argosy.connector import find_connector, load_connector

    if path.name == _MANIFEST and path.is_file():
        return check_connector(path.parent)
    if path.is_dir() and ((path / _MANIFEST).exists() or not any(path.rglob(f"*{_FLOW}"))):
        return check_connector(path)
    around = connector or os.environ.get("ARGOSY_CONNECTOR") or _connector_around(path)
    return check_flows(path, load_connector(find_connector(around, os.environ)))


def _connector_around(path: Path) -> Path | None:
    """Return the connector in whose directory a path lies, or None."""
    return next((one for one in path.resolve().parents if (one / _MANIFEST).is_file()), None)
