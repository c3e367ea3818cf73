"""Read a call's inputs from `--inputs` and `--set`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.connector import bundle_schema, load_capability
from argosy.model import Connector, Json, JsonObject, lookup_pointer, parse_json
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def read_inputs(
    connector: Connector, capability: str, file: str | None, assignments: Sequence[str]
) -> JsonObject:
    """Return the inputs of a call; an assignment wins over the file.

    The value of an assignment is read by the input's schema: as JSON where that wants an
    object, list, number or boolean, else as text. Where the input holds bytes, `@FILE` stands
    for those of a file, and where it is a folder, `@FOLDER` for that.
    """
    from argosy.dispatch.content import byte_inputs, folder_inputs

    loaded = load_capability(connector, capability)
    schema = bundle_schema(connector, loaded.inputs, loaded.file)
    values = {} if file is None else _read_file(file)
    seen = set()
    files = byte_inputs(schema) | folder_inputs(schema)
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if name in seen:
            raise click.UsageError(f"--set {name} is given twice; one value would be lost.")
        seen.add(name)
        if not equals:
            raise click.UsageError(f"--set {assignment!r} has no '='; write --set KEY=VALUE.")
        declared = schema.get("properties", {})
        if name not in declared:
            known = list_words(declared, name)
            raise click.UsageError(f"{capability} has no input {name!r}; there is {known}.")
        if text.startswith("@") and name in files:
            values[name] = Path(text[1:])
            continue
        values[name] = _read_value(name, text, set(_kinds(declared[name], schema)))
    return values


def read_value(name: str, text: str, schema: Json) -> Json:
    """Return the value of an assignment `name=text`, read by its schema. Raises UsageError."""
    return _read_value(name, text, set(_kinds(schema, schema)))


def _read_file(file: str) -> JsonObject:
    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            values = parse_json(stream.read())
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--inputs {file} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise click.UsageError(f"--inputs {file} is not a JSON object.")
    return values


def _kinds(schema: Json, root: JsonObject) -> Iterator[str]:
    """Yield the JSON types that a schema names; `any` where it names none."""
    if "$ref" in schema:
        yield from _kinds(lookup_pointer(root, schema["$ref"].removeprefix("#")), root)
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _kinds(branch, root)
    named = schema.get("type", [])
    yield from [named] if isinstance(named, str) else named
    for value in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])):
        yield "string" if isinstance(value, str) else "any"
    if not {"$ref", "anyOf", "oneOf", "type", "enum", "const"} & set(schema):
        yield "any"


def _read_value(name: str, text: str, kinds: set[str]) -> Json:
    if kinds == {"string"}:
        return text
    try:
        value = parse_json(text)
        return value if "string" not in kinds or _names_of(value) & kinds else text
    except ValueError as error:
        if kinds & {"string", "any"}:
            return text
        meant = f"; write a list as '[{json.dumps(text)}]'" if kinds == {"array"} else ""
        raise click.UsageError(f"--set {name}: the value is not JSON{meant}: {error}.") from error


def _names_of(value: Json) -> set[str]:
    """Return the names of a value's type that a schema may use, `any` among them."""
    names = {
        dict: {"object"},
        list: {"array"},
        bool: {"boolean"},
        int: {"integer", "number"},
        float: {"number"},
        str: {"string"},
    }
    return {"any", *names.get(type(value), {"null"})}
