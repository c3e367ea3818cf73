"""`argosy demo`: the connector at work against a sandbox in this process.

The steps are data of the connector (`demo` in its manifest names the file), so that this
command knows no capability by name.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from argosy.cli.output import console
from argosy.errors import ConnectorError

if TYPE_CHECKING:
    from rich.console import Console

    from argosy.model import Connector, JsonObject


@click.command()
@click.option("--once", is_flag=True, help="End after the last step.")
@click.pass_obj
def demo(connector: str | None, *, once: bool) -> int:
    """Run the demo against a sandbox, step by step.

    Nothing leaves this machine. Without --once the sandbox stays up afterwards, to be tried by
    hand.
    """
    from argosy import Connection, Dispatcher, load
    from argosy.cli.demo_tables import DemoTables
    from argosy.cli.demo_tour import Tour
    from argosy.sandbox import start

    loaded = load(connector)
    tour = _read_tour(loaded)
    out = console()
    with start() as sandbox:
        keys = dict.fromkeys(loaded.secret_settings, sandbox.master_key)
        connection = Connection(properties=keys, endpoint=sandbox.url)
        out.rule(tour["title"], style="dim")
        out.print(f"A sandbox answers at {sandbox.url}; nothing leaves this machine.\n")
        with (
            Dispatcher(loaded, connection) as dispatcher,
            DemoTables(loaded, dispatcher) as tables,
        ):
            succeeded = Tour(dispatcher, tables, sandbox.url, out).run(tour["steps"])
        if succeeded and not once:
            _stay(sandbox.url, sandbox.master_key, out)
    return 0 if succeeded else 1


def _read_tour(connector: Connector) -> JsonObject:
    from argosy.connector import read_document
    from argosy.connector.loading import file_validator

    manifest = read_document(connector.root, "connector.json")
    if "demo" not in manifest:
        raise ConnectorError(detail=f"{connector.title} has no demo.")
    tour = read_document(connector.root, manifest["demo"])
    problems = file_validator("demo").problems(tour)
    if problems:
        raise ConnectorError(detail=f"{manifest['demo']} is not a valid demo.", problems=problems)
    return tour


def _stay(url: str, key: str, out: Console) -> None:
    out.print(f"\nThe sandbox stays up at {url}; Ctrl-C ends it. From another terminal:\n")
    out.print(f"  export ARGOSY_API_KEY={key}")
    out.print(f"  argosy call CAPABILITY --endpoint {url} --set KEY=VALUE")
    threading.Event().wait()
