"""`argosy tables`: the tables of connections, in the store or on a server."""

from __future__ import annotations

import os
from copy import deepcopy
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from argosy.cli.completion import complete_stored_connection
from argosy.cli.connections_group import confirm
from argosy.cli.inputs import read_value
from argosy.cli.listing import (
    moment,
    print_checks,
    print_grid,
    print_outcome,
    print_pairs,
    print_warnings,
    shown_value,
)
from argosy.cli.output import console, print_json, visible
from argosy.cli.secret_files import read_text
from argosy.cli.service import database_options, open_service, place_options, take_choices
from argosy.errors import ServiceError, ServiceNotFoundError, WrongDataError
from argosy.model import parse_json
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.cli.service import Service
    from argosy.model import Json, JsonObject

    _Command = TypeVar("_Command", bound=Callable[..., Any])

#: The members of a table that hold others.
PARTS = ("resource_params", "connection_table_params", "connection_table_metadata")
_SHOWN = 40
_NARROW = 80

_json = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
_connection = click.argument("connection", shell_complete=complete_stored_connection)
_OPTIONS = (
    click.option("--resource", metavar="NAME", help="What a row stands for: item, user, …"),
    click.option("--file", metavar="FILE|-", help="Read the members from the API's JSON body."),
    click.option(
        "--set",
        "assignments",
        metavar="MEMBER=VALUE",
        multiple=True,
        help="Set one member: bucket=…, options.compression=zip, columns_mapping.user_id=id.",
    ),
)


def _change_options(command: _Command) -> _Command:
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


@click.group()
def tables() -> None:
    """Keep where tables of other systems lie.

    A table belongs to a database and to a connection; LOCAL, files that are uploaded, is there
    without being made.
    """


@tables.command("list")
@click.option("--connection", shell_complete=complete_stored_connection, help="Only of this one.")
@click.option("--resource", metavar="NAME", help="Only of rows that stand for this.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="From 1.")
@click.option(
    "--amt", type=click.IntRange(1, 64), default=10, show_default=True, help="How many a page."
)
@click.option("--all", "is_all", is_flag=True, help="All pages from there on.")
@database_options
@_json
@click.pass_obj
def list_(
    connector: str | None,
    /,
    *,
    connection: str | None,
    resource: str | None,
    page: int,
    amt: int,
    is_all: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """List the tables of the database, the oldest first, by pages."""
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        wanted = {"connection": connection, "resource": resource}
        found = service.tables(**wanted, page=page, amt=amt)
        while is_all and found["has_next"]:
            more = service.tables(**wanted, page=found["next_page"], amt=amt)
            found = {**more, "tables": [*found["tables"], *more["tables"]]}
    if as_json:
        print_json(found)
        return 0
    if not found["tables"]:
        click.echo("There are no such tables.", err=True)
    else:
        _print_list(found["tables"])
    if found["has_next"]:
        click.echo(f"There are more: --page {found['next_page']}, or --all.", err=True)
    print_warnings(found)
    return 0


@tables.command()
@_connection
@click.argument("name")
@database_options
@_json
@click.pass_obj
def show(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Show the table NAME of CONNECTION."""
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        found = service.table(connection, name)
    if as_json:
        print_json(found)
    else:
        _print_one(found)
        print_warnings(found)
    return 0


@tables.command("set")
@_connection
@click.argument("name")
@_change_options
@place_options
@database_options
@_json
@click.pass_obj
def set_(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Make the table NAME of CONNECTION, or change members of it.

    A new table needs its --resource. What --set names is changed within what is stored; a member
    in the file replaces the stored one as a whole.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        document = _changes(service, connection, name, **options)
        found = service.patch_table(connection, name, document)
    if as_json:
        print_json(found)
        return 0
    status = found["status"].replace("_", " ")
    click.echo(f"Stored {visible(name)} of {visible(connection)}; its status is {status}.")
    if url := found["connection_table_params"].get("url"):
        where = "" if str(url).startswith("http") else "argosy server over this store, at "
        click.echo(f"Its file is uploaded to {where}{visible(str(url))}")
    print_warnings(found)
    return 0


@tables.command()
@_connection
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_options
@_json
@click.pass_obj
def delete(
    connector: str | None,
    /,
    *,
    connection: str,
    name: str,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Delete the table NAME of CONNECTION.

    What it stands for stays where it is.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        if not yes:
            service.table(connection, name)
            confirm(f"Delete the table {name} of {connection}?")
        found = service.remove_table(connection, name)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Deleted {visible(name)} of {visible(connection)}.")
        print_warnings(found)
    return 0


@tables.command()
@_connection
@click.argument("name")
@place_options
@database_options
@_json
@click.pass_obj
def test(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Open the table NAME of CONNECTION as it is stored.

    Ends with 1 where that fails.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        return _open(lambda: service.test_table(connection, name), as_json=as_json)


@tables.command()
@_connection
@click.argument("name")
@_change_options
@place_options
@database_options
@_json
@click.pass_obj
def preview(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Tell what `set` would make of the table NAME.

    With its first rows; nothing is stored. Ends with 1 where it cannot be opened.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        document = _changes(service, connection, name, **options)
        return _open(lambda: service.preview_table(connection, name, document), as_json=as_json)


def _print_list(listed: Sequence[JsonObject]) -> None:
    """Print tables; on a narrow terminal without when they were changed."""
    out = console()
    headings = ["connection", "name", "resource", "status", "changed (UTC)"]
    rows = [
        (
            one["connection"],
            one["name"],
            one["resource"],
            one["status"].replace("_", " "),
            moment(one["modified_timestamp"]),
        )
        for one in listed
    ]
    shown = len(headings) if out.width >= _NARROW else len(headings) - 1
    print_grid(out, headings[:shown], (row[:shown] for row in rows))


def _open(ask: Callable[[], JsonObject], *, as_json: bool) -> int:
    """Print what opening a table came to, and return the exit status."""
    try:
        found = ask()
    except (WrongDataError, ServiceNotFoundError) as error:
        if as_json or "checks" not in error.facts:
            raise
        _print_refusal(error)
        return 1
    if as_json:
        print_json(found)
        return 0
    out = console()
    if "resource" in found:
        _print_one(found)
        click.echo()
    print_checks(out, found["checks"])
    print_outcome(out, found, ok=True)
    _print_rows(found.get("preview") or {})
    print_warnings(found)
    return 0


def _print_refusal(error: ServiceError) -> None:
    out = console()
    print_checks(out, error.facts["checks"])
    print_outcome(out, error.facts, ok=False)


def _changes(
    service: Service,
    connection: str,
    name: str,
    *,
    resource: str | None,
    file: str | None,
    assignments: Sequence[str],
) -> JsonObject:
    """Return the body that makes a table or changes it. Raises UsageError."""
    document: JsonObject = {} if file is None else _read_body(file)
    if resource is not None:
        document["resource"] = resource
    if not assignments:
        return document
    stored = _stored(service, connection, name)
    seen = set()
    for assignment in assignments:
        member, equals, text = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment!r} has no '='; write --set MEMBER=VALUE.")
        if member in seen:
            raise click.UsageError(f"--set {member} is given twice; one value would be lost.")
        seen.add(member)
        path, schema = _place(member)
        document.setdefault(path[0], deepcopy(stored.get(path[0]) or {}))
        _put(document, path, read_value(member, text, schema), member)
    return document


def _stored(service: Service, connection: str, name: str) -> JsonObject:
    try:
        return service.table(connection, name)
    except ServiceNotFoundError:
        return {}


def _place(member: str) -> tuple[list[str], JsonObject]:
    """Return the path of a member, which may leave out the part it is in, and its schema."""
    from argosy.connector import read_document, schema_folder

    declared = read_document(schema_folder(), "connections-table.schema.json")["properties"]
    steps = member.split(".")
    if steps[0] not in PARTS:
        parts = [part for part in PARTS if steps[0] in declared[part].get("properties", {})]
        if not parts:
            known = [one for part in PARTS for one in declared[part].get("properties", {})]
            text = f"there is {list_words(known, steps[0])}, each also with the part it is in"
            raise click.UsageError(f"--set {member}: a table has no such member; {text}.")
        steps = [parts[0], *steps]
    if len(steps) == 1 or not all(steps):
        raise click.UsageError(f"--set {member}: name a member within it, as {steps[0]}.NAME.")
    schema: Json = {"properties": declared}
    for step in steps:
        more = schema.get("additionalProperties")
        inner = schema.get("properties", {}).get(step, more if isinstance(more, dict) else {})
        schema = inner
    return steps, schema if "type" in schema or "enum" in schema else {"type": "string"}


def _put(document: JsonObject, path: Sequence[str], value: Json, member: str) -> None:
    place: Json = document
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise click.UsageError(f"--set {member}: {step} is not an object.")
    place[path[-1]] = value


def _read_body(file: str) -> JsonObject:
    try:
        found = parse_json(read_text(file, "--file"))
    except ValueError as error:
        raise click.UsageError(f"--file {file} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"--file {file} is not a JSON object.")
    return found


def _print_one(found: JsonObject) -> None:
    from rich.text import Text

    out = console()
    head = f"  a table of {found['connection']}"
    out.print(Text.assemble((visible(found["name"]), "bold"), visible(head)))
    pairs = [("resource", found["resource"]), ("status", found["status"].replace("_", " "))]
    if "created_timestamp" in found:
        pairs += [
            ("made", f"{moment(found['created_timestamp'])} UTC"),
            ("changed", f"{moment(found['modified_timestamp'])} UTC"),
        ]
        tested = found.get("last_tested_timestamp")
        pairs.append(("tested", f"{moment(tested)} UTC" if tested is not None else "never"))
    print_pairs(out, "", pairs)
    for part in PARTS:
        print_pairs(out, part, _members(found.get(part) or {}))


def _members(value: JsonObject, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of an object under its path."""
    for name, one in value.items():
        if isinstance(one, dict) and one:
            yield from _members(one, f"{before}{name}.")
        else:
            yield f"{before}{name}", shown_value(one)


def _print_rows(preview: JsonObject) -> None:
    columns = [column["name"] for column in preview.get("columns") or ()]
    rows = preview.get("rows") or []
    if not columns:
        return
    out = console()
    out.print()
    cells = [[_cell(_of(row, place, name)) for place, name in enumerate(columns)] for row in rows]
    most = max(out.width // 12, 1)
    print_grid(out, columns[:most], [row[:most] for row in cells])
    if len(columns) > most:
        click.echo(f"and {len(columns) - most} more columns: {', '.join(columns[most:])}")


def _of(row: Json, place: int, name: str) -> Json:
    return row.get(name) if isinstance(row, dict) else row[place]


def _cell(value: Json) -> str:
    text = "" if value is None else shown_value(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
