"""`argosy export`: what other products read, made of flows and connectors."""

from __future__ import annotations

from pathlib import Path

import click

from argosy.cli.completion import complete_capability
from argosy.cli.davinci import export_davinci
from argosy.cli.files import write_json


@click.group("export", no_args_is_help=True)
def export() -> None:
    """Write flows and connectors in another product's form."""


export.add_command(export_davinci)


@export.command("davinci-connector", short_help="Describe the connector as DaVinci does.")
@click.option(
    "--capability",
    "capabilities",
    metavar="ID",
    multiple=True,
    shell_complete=complete_capability,
    help="Only this capability; may be repeated.  [default: all]",
)
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file.  [default: standard output]",
)
@click.pass_obj
def davinci_connector(
    connector: str | None, *, capabilities: tuple[str, ...], out: Path | None
) -> None:
    """Describe the connector as DaVinci's admin API does: its details view, as JSON.

    It holds the connection's properties, the capabilities with their forms, and the schemas of
    what they take and give. A flow that uses its names can be imported. No connection's values
    are in it.
    """
    from argosy import load
    from argosy.davinci.shape import ConnectorNames, details_view

    names = ConnectorNames(load(connector))
    if capabilities:  # one that is built in is of a connector of its own there
        names = names.of_capability(capabilities[0])
    view = details_view(names, capabilities)
    write_json(view, out)
