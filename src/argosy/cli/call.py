"""`argosy call`: run one capability."""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.completion import complete_capability
from argosy.cli.connections import connection_options, open_connection
from argosy.cli.inputs import read_inputs
from argosy.cli.output import console, print_error, print_json, visible
from argosy.cli.service import Choices, place_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.model import Connector, OutgoingRequest, Result

_CALLED_WITH = ("connection", "region", "endpoint", "api_key_file")
_STORE = ("data", "organization", "database", "allow_endpoint", "allow_network")


@click.command()
@click.argument("capability", shell_complete=complete_capability)
@click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set one input; JSON where it is an object, list, number or boolean; @PATH for bytes and"
    " folders.",
)
@click.option("--inputs", metavar="FILE|-", help="Read the inputs, a JSON object, from a file.")
@connection_options
@place_options
@click.option(
    "--output",
    metavar="PATH",
    help="Write an answer of bytes to this file, or files to this folder.  [default: stdout]",
)
@click.option("--dry-run", is_flag=True, help="Print the HTTP request, key masked; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def call(
    connector: str | None,
    /,
    *,
    capability: str,
    assignments: Sequence[str],
    inputs: str | None,
    output: str | None,
    dry_run: bool,
    as_json: bool,
    **chosen: Any,
) -> int:
    """Run the capability CAPABILITY once and print its result.

    `argosy capabilities` lists the ids, and `argosy capabilities show ID` the inputs of one.
    """
    from argosy import Connection, Dispatcher, load
    from argosy.cli.stored_tables import StoredTables

    loaded = load(connector)
    home = loaded.home_of(capability)
    connection = Connection()
    if home is loaded:
        connection = open_connection(loaded, environ=os.environ, **_options(chosen))
    else:
        _demand_no_connection(home, capability, chosen)
    tables = StoredTables(loaded, Choices(**_options(chosen, *_STORE)), os.environ)
    values = read_inputs(home, capability, inputs, assignments)
    save_to = None if dry_run else _file_to_save(home, capability, output, as_json=as_json)
    # What a handler prints must not stand in the output that a program reads.
    with (
        redirect_stdout(sys.stderr),
        tables,
        Dispatcher(home, connection, tables=tables) as dispatcher,
    ):
        request = dispatcher.prepare(capability, values) if dry_run else None
        result = None if dry_run else dispatcher.call(capability, values, save_to=save_to)
    if request:
        _print_request(request, as_json=as_json)
    return _print_result(result, as_json=as_json) if result else 0


def _options(chosen: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: chosen[name] for name in names or (*_CALLED_WITH, "data", "organization")}


def _demand_no_connection(home: Connector, capability: str, chosen: Mapping[str, Any]) -> None:
    """Raise UsageError where an option says what a built-in capability is not called with."""
    for name in _CALLED_WITH:
        if chosen[name] is not None:
            option = "--" + name.replace("_", "-")
            text = f"{capability} is built in ({home.title}) and called with no connection"
            more = (
                "; name the one it reads by --set connection=NAME" if name == "connection" else ""
            )
            raise click.UsageError(f"{text}: leave {option} out{more}.")


def _file_to_save(
    connector: Connector, capability: str, output: str | None, *, as_json: bool
) -> Path | None:
    """Return the file for an answer of bytes; a terminal and JSON take none.

    What a handler writes goes to a file or folder only where one is named.
    """
    from argosy.connector import load_capability

    found = load_capability(connector, capability)
    if found.response.format != "bytes":
        if output is None:
            return None
        if not found.saves:
            raise click.UsageError(f"{capability} answers no bytes; leave --output out.")
        if output == "-":
            raise click.UsageError(f"{capability} writes a {found.saves}; give --output PATH.")
    elif output is None and (as_json or sys.stdout.isatty()):
        raise click.UsageError(f"{capability} answers bytes; give --output FILE.")
    return None if output in (None, "-") else Path(output)


def _print_request(request: OutgoingRequest, *, as_json: bool) -> None:
    body = None if request.body is None else _shown_body(request.body)
    if as_json:
        shown = {"method": request.method, "url": request.url, "headers": dict(request.headers)}
        print_json({**shown, "body": body})
        return
    click.echo(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        click.echo(f"{name}: {value}")
    if body is not None:
        click.echo(f"\n{body}")


def _shown_body(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"({len(body)} bytes)"


def _print_result(result: Result, *, as_json: bool) -> int:
    """Print a result and return the exit status."""
    content = result.outputs.get("content")
    if as_json:
        print_json(result.to_json())
    elif isinstance(content, bytes) and not result.error:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        if result.error:
            print_error(result.error, as_json=False)
        _print_outputs(result)
    return result.error.exit_status if result.error else 0


def _print_outputs(result: Result) -> None:
    """Print the named outputs; the raw answer only where there is nothing else to show."""
    from rich.json import JSON
    from rich.text import Text

    out = console()
    if not result.error:
        status = result.outputs.get("statusCode")
        line = f"{result.capability} (HTTP {status}, {_times(result.attempts)})"
        if not result.attempts:  # it was answered here
            line = result.capability
        out.print(Text.assemble(("Succeeded: ", "bold green"), line))
    basic = {"rawResponse", "statusCode", "headers"}
    named = {name: value for name, value in result.outputs.items() if name not in basic}
    shown = named or ({} if result.error else {"rawResponse": result.outputs.get("rawResponse")})
    if shown:
        out.print(JSON(visible(json.dumps(shown, ensure_ascii=False))))


def _times(attempts: int) -> str:
    return "1 request" if attempts == 1 else f"{attempts} requests"
