"""Walk a JSON Schema 2020-12: which members of a schema hold schemas.

A property may be named `pattern` or `$ref`, and an example may hold anything, so a walk over
all of the JSON would take data for keywords.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING
from urllib.parse import unquote

from argosy.model import Json, JsonObject, join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The way from a schema to one within it.
Steps = tuple[str | int, ...]

_SINGLE = (
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "dependentSchemas", "patternProperties", "properties")

#: Keywords whose schemas judge the same value as the schema that they stand in.
_IN_PLACE = frozenset({"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"})


def subschemas(schema: Json, path: Steps = ()) -> Iterator[tuple[Steps, JsonObject]]:
    """Yield a schema and every schema within it, each with its path; not those it refers to."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for below, child in _children(schema):
        yield from subschemas(child, (*path, *below))


def endless_reference(schema: JsonObject) -> str | None:
    """Return the pointer of a schema that leads back to itself for the same value, if any.

    The references of `schema` must lie within it (see `validation.bundle`). A tree of values
    may refer to itself, since each step goes one value deeper; `{"$ref": "#"}` alone may not.
    """
    graph: dict[str, list[str]] = {}  # lists, so that the same circle is always found first
    for path, inner in subschemas(schema):
        targets = graph.setdefault(join_pointer(path), [])
        targets += [join_pointer((*path, *b)) for b, _ in _children(inner) if b[0] in _IN_PLACE]
        if isinstance(inner.get("$ref"), str):
            targets.append(unquote(inner["$ref"]).removeprefix("#"))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return min(circle)
    return None


def _children(schema: JsonObject) -> Iterator[tuple[Steps, Json]]:
    for keyword in _SINGLE:
        if keyword in schema:
            yield (keyword,), schema[keyword]
    for keyword in _LISTS:
        members = schema.get(keyword)
        for index, child in enumerate(members if isinstance(members, list) else ()):
            yield (keyword, index), child
    for keyword in _NAMED:
        named = schema.get(keyword)
        for name, child in named.items() if isinstance(named, dict) else ():
            yield (keyword, name), child
