"""`argosy demo`: the connector at work against a sandbox in this process.

The steps are data of the connector (`demo` in its manifest names the file), so that this
command knows no capability by name.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import console, print_error
from argosy.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.padding import Padding

    from argosy.dispatch import Dispatcher
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
    from argosy.sandbox import start

    loaded = load(connector)
    tour = _read_tour(loaded)
    out = console()
    with start() as sandbox:
        keys = dict.fromkeys(loaded.secret_settings, sandbox.master_key)
        connection = Connection(properties=keys, endpoint=sandbox.url)
        out.rule(tour["title"], style="dim")
        out.print(f"A sandbox answers at {sandbox.url}; nothing leaves this machine.\n")
        with Dispatcher(loaded, connection) as dispatcher:
            succeeded = _run_steps(tour["steps"], dispatcher, sandbox.url, out)
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


def _run_steps(steps: list[JsonObject], dispatcher: Dispatcher, url: str, out: Console) -> bool:
    from rich.text import Text

    from argosy.rendering import compile_value

    done: JsonObject = {}
    for number, step in enumerate(steps, start=1):
        out.print(Text(f"{number}. {step['title']}", style="bold"))
        if "rows" in step:
            _print_rows(url, step["rows"], out)
            continue
        inputs = compile_value(step["inputs"])({"steps": done})
        request = dispatcher.prepare(step["capability"], inputs)
        path = request.url.removeprefix(url)
        out.print(_indented(f"{step['capability']}: {request.method} {path}", style="cyan"))
        result = dispatcher.call(step["capability"], inputs)
        if result.error:
            print_error(result.error, as_json=False)
            return False
        done[step["id"]] = result.outputs
        for line in _shown(result.outputs, step.get("show", [])):
            out.print(_indented(line))
        out.print()
    out.print(f"All {len(steps)} steps succeeded.", style="green")
    return True


def _shown(outputs: JsonObject, names: list[str]) -> Iterator[str]:
    import json

    yield f"HTTP {outputs['statusCode']}"
    for name in names:
        yield f"{name} = {json.dumps(outputs.get(name), ensure_ascii=False)}"


def _indented(text: str, style: str = "") -> Padding:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style=style), (0, 0, 0, 3), expand=False)


def _print_rows(url: str, table: JsonObject, out: Console) -> None:
    import requests
    from rich.padding import Padding
    from rich.table import Table

    path = f"/_sandbox/rows/{table['database']}/{table['table']}"
    answer = requests.get(url + path, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    shown = Table()
    for column in found["columns"]:
        shown.add_column(column["name"], overflow="fold")
    for row in found["rows"]:
        cells = [row.get(column["name"]) for column in found["columns"]]
        shown.add_row(*("" if cell is None else str(cell) for cell in cells))
    out.print(f"   {found['count']} rows in {table['database']}.{table['table']}")
    out.print(Padding(shown, (0, 0, 1, 3), expand=False))


def _stay(url: str, key: str, out: Console) -> None:
    out.print(f"\nThe sandbox stays up at {url}; Ctrl-C ends it. From another terminal:\n")
    out.print(f"  export ARGOSY_API_KEY={key}")
    out.print(f"  argosy call CAPABILITY --endpoint {url} --set KEY=VALUE")
    threading.Event().wait()
