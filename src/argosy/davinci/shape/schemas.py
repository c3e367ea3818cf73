"""What a bundled schema says of one value, at its top: the JSON types and the values it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.model import lookup_pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.model import Json, JsonObject

#: References to references that are followed before giving up on a circle.
_DEEPEST: Final = 20
#: Stands for a schema that is being looked at already, or was: it adds nothing.
_SEEN: Final = "seen"
_ALTERNATIVES: Final = ("anyOf", "oneOf")
_TYPES: Final = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))


def resolved(schema: Json, root: JsonObject) -> JsonObject:
    """Return a schema with the one that it refers to; what stands beside the reference wins."""
    found: JsonObject = dict(schema) if isinstance(schema, dict) else {}
    for _ in range(_DEEPEST):
        if "$ref" not in found:
            break
        target = lookup_pointer(root, found.pop("$ref").removeprefix("#"))
        found = {**target, **found} if isinstance(target, dict) else found
    return found


def json_types(schema: Json, root: JsonObject) -> frozenset[str]:
    """Return the JSON types that a schema takes, without null; none where it takes any."""
    return _types(schema, root, set()) - {"null", _SEEN}


def takes_null(schema: Json, root: JsonObject) -> bool:
    """Tell whether a schema takes null by name, or takes anything."""
    types = _types(schema, root, set())
    return not types or "null" in types


def _types(schema: Json, root: JsonObject, followed: set[str]) -> frozenset[str]:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if reference in followed:
        return frozenset({_SEEN})
    followed.update([reference] if reference else [])
    schema = resolved(schema, root)
    if "type" in schema:
        given = schema["type"]
        return frozenset([given] if isinstance(given, str) else given)
    if "enum" in schema or "const" in schema:
        return frozenset(map(type_name, schema.get("enum", [schema.get("const")])))
    found = [_types(part, root, followed) for part in parts(schema)]
    if not all(found) and any(word in schema for word in _ALTERNATIVES):
        return frozenset()
    return frozenset().union(*found)


def literals(schema: JsonObject) -> tuple[Json, ...]:
    """Return the values that a schema lists, without null; none where it lists none."""
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else ()
    return tuple(value for value in values if value is not None)


def parts(schema: JsonObject) -> Sequence[Json]:
    """Return the alternatives of a schema, or else the schemas that it puts together."""
    for word in (*_ALTERNATIVES, "allOf"):
        if word in schema:
            found: Sequence[Json] = schema[word]
            return found
    return ()


def type_name(value: Json) -> str:
    """Return the JSON type of a value."""
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return "null" if value is None else "array" if isinstance(value, list) else "object"
