"""What `argosy tables` is told of a table: members by options, or the API's body in a file."""

from __future__ import annotations

from copy import deepcopy
from difflib import get_close_matches
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from argosy.cli.inputs import read_value
from argosy.cli.secret_files import read_text
from argosy.errors import ServiceNotFoundError
from argosy.model import parse_json
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.cli.service import Service
    from argosy.model import Json, JsonObject

    _Command = TypeVar("_Command", bound=Callable[..., Any])

#: The members of a table that hold others.
PARTS = ("resource_params", "connection_table_params", "connection_table_metadata")
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
    click.option("--unset", metavar="MEMBER", multiple=True, help="Take a member away."),
)


def change_options(command: _Command) -> _Command:
    """Add the options that say what a table is."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def read_changes(
    service: Service,
    connection: str,
    name: str,
    *,
    resource: str | None,
    file: str | None,
    assignments: Sequence[str],
    unset: Sequence[str],
) -> JsonObject:
    """Return the body that makes a table or changes it. Raises UsageError."""
    document: JsonObject = {} if file is None else _read_body(file)
    if resource is not None:
        document["resource"] = resource
    if not assignments and not unset:
        return document
    stored = _stored(service, connection, name)
    for member in unset:
        path, _ = _place(member, "--unset")
        document.setdefault(path[0], deepcopy(stored.get(path[0]) or {}))
        _take_away(document, path)
    seen = set[str]()
    for assignment in assignments:
        member, equals, text = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment!r} has no '='; write --set MEMBER=VALUE.")
        if member in unset:
            text = f"--set {member} and --unset {member} contradict each other; leave one out."
            raise click.UsageError(text)
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


def _place(member: str, option: str = "--set") -> tuple[list[str], JsonObject]:
    """Return the path of a member, which may leave out the part it is in, and its schema."""
    from argosy.connector import read_document, schema_folder

    declared = read_document(schema_folder(), "connections-table.schema.json")["properties"]
    steps = member.split(".")
    if steps[0] not in PARTS:
        parts = [part for part in PARTS if steps[0] in declared[part].get("properties", {})]
        if not parts:
            raise click.UsageError(f"{option} {member}: {_nothing(member, declared)}")
        steps = [parts[0], *steps]
    if len(steps) == 1 or not all(steps):
        raise click.UsageError(f"{option} {member}: name a member within it, as {steps[0]}.NAME.")
    schema: Json = {"properties": declared}
    for step in steps:
        more = schema.get("additionalProperties")
        inner = schema.get("properties", {}).get(step, more if isinstance(more, dict) else {})
        schema = inner
    return steps, schema if "type" in schema or "enum" in schema else {"type": "string"}


def _nothing(member: str, declared: JsonObject) -> str:
    """Return what to tell of a member that a table does not have."""
    known = [one for part in PARTS for one in declared[part].get("properties", {})]
    options = declared["connection_table_params"]["properties"]["options"]["properties"]
    near = [one for one in options if one == member] or get_close_matches(member, options, n=1)
    if near and not get_close_matches(member, known, n=1):
        return f"a table has no such member. Is it options.{near[0]}?"
    text = f"there is {list_words(known, member)}, each also with the part it is in"
    field = "" if "." in member else f" A column is mapped by columns_mapping.{member}=COLUMN."
    return f"a table has no such member; {text}.{field}"


def _put(document: JsonObject, path: Sequence[str], value: Json, member: str) -> None:
    place: Json = document
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            raise click.UsageError(f"--set {member}: {step} is not an object.")
    place[path[-1]] = value


def _take_away(document: JsonObject, path: Sequence[str]) -> None:
    """Take a member away; one that is not there is no error."""
    place: Json = document
    for step in path[:-1]:
        place = place.get(step) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(path[-1], None)


def _read_body(file: str) -> JsonObject:
    try:
        found = parse_json(read_text(file, "--file"))
    except ValueError as error:
        raise click.UsageError(f"--file {file} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"--file {file} is not a JSON object.")
    return found
