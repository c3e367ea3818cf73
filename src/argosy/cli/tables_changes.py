"""What `argosy tables` is told of a table: members by options, or the API's body in a file."""

from __future__ import annotations

from copy import deepcopy
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
