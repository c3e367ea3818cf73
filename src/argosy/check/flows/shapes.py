"""What a schema says of values without having one: their types, and what members they may have.

A schema is read as far as its keywords say it plainly; what is left is taken to be possible. So
what is said to be impossible is, and nothing is said of a schema too intricate to be followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from argosy.model import Json, JsonObject, lookup_pointer
from argosy.validation.sentences import kind

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The types of JSON; a number with a fraction is apart from whole ones here.
TYPES: Final = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

#: How many parts of a schema are looked at for one answer; a longer way is a trap.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a value: a part of a schema, and the schema that its references lead in."""

    schema: Json
    root: JsonObject

    @property
    def types(self) -> frozenset[str]:
        """The types that a value may have."""
        return _types(self.schema, self.root, [_MOST])

    def member(self, name: str) -> Shape | None:
        """Return what is known of a member, or None where there can be none of this name."""
        if "object" not in self.types:
            return None
        found = _member(self.schema, self.root, name, [_MOST])
        return None if found is False else Shape(found, self.root)

    def item(self) -> Shape:
        """Return what is known of the items, where they are all of one kind."""
        schema = _followed(self.schema, self.root)
        plain = isinstance(schema, dict) and "prefixItems" not in schema
        return Shape(schema.get("items", True) if plain else True, self.root)

    def names(self) -> frozenset[str] | None:
        """Return the names of the declared members, or None where others are expected too."""
        found = _names(self.schema, self.root, [_MOST])
        return frozenset(found) if found else None

    def or_null(self) -> Shape:
        """Return the shape of a value that may be null as well."""
        return Shape({"anyOf": [self.schema, {"type": "null"}]}, self.root)


#: The shape of a value of which nothing is known.
ANY: Final = Shape(True, {})


def types_of(value: Json) -> frozenset[str]:
    """Return the one type of a value."""
    if value is None:
        return frozenset({"null"})
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int | float):
        return frozenset({"integer" if value == value // 1 else "number"})
    return frozenset({"string" if isinstance(value, str) else _CONTAINERS[type(value)]})


_CONTAINERS: Final[dict[type, str]] = {dict: "object", list: "array"}


def type_words(types: Iterable[str]) -> str:
    """Name types as alternatives, `a string or null`."""
    named = {"number" if name == "integer" and "number" in types else name for name in types}
    return kind(sorted(named))


def _types(schema: Json, root: JsonObject, left: list[int]) -> frozenset[str]:
    left[0] -= 1
    if schema is False:
        return frozenset()
    if not isinstance(schema, dict) or left[0] < 0:
        return TYPES
    found = TYPES
    if "type" in schema:
        found &= _declared_types(schema["type"])
    if isinstance(schema.get("enum"), list):
        found &= frozenset[str]().union(*map(types_of, schema["enum"]))
    if "const" in schema:
        found &= types_of(schema["const"])
    if "$ref" in schema:
        found &= _types(_target(schema["$ref"], root), root, left)
    for part in schema.get("allOf", ()):
        found &= _types(part, root, left)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            parts = (_types(part, root, left) for part in schema[keyword])
            found &= frozenset[str]().union(*parts)
    return found


def _declared_types(given: Json) -> frozenset[str]:
    named = frozenset([given] if isinstance(given, str) else given)
    return named | {"integer"} if "number" in named else named


def _member(schema: Json, root: JsonObject, name: str, left: list[int]) -> Json:
    """Return the schema of a member, True where nothing is known, False where there is none."""
    left[0] -= 1
    if schema is False:
        return False
    if not isinstance(schema, dict) or left[0] < 0:
        return True
    found = [_own_member(schema, name)]
    if "$ref" in schema:
        found.append(_member(_target(schema["$ref"], root), root, name, left))
    found += [_member(part, root, name, left) for part in schema.get("allOf", ())]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            parts = [_member(part, root, name, left) for part in schema[keyword]]
            found.append(_any_of([part for part in parts if part is not False]))
    return _all_of(found)


def _own_member(schema: JsonObject, name: str) -> Json:
    if "type" in schema and "object" not in _declared_types(schema["type"]):
        return False
    declared = schema.get("properties", {})
    if name in declared:
        return declared[name]
    return True if schema.get("patternProperties") else schema.get("additionalProperties", True)


def _any_of(parts: list[Json]) -> Json:
    if not parts:
        return False
    if any(part is True for part in parts):
        return True
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _all_of(parts: list[Json]) -> Json:
    if any(part is False for part in parts):
        return False
    known = [part for part in parts if part is not True]
    if len(known) <= 1:
        return known[0] if known else True
    return {"allOf": known}


def _names(schema: Json, root: JsonObject, left: list[int]) -> set[str] | None:
    """Return the names of declared members, None where the schema is open on purpose."""
    left[0] -= 1
    if not isinstance(schema, dict):
        return set()
    is_open = schema.get("additionalProperties", False) is not False
    if left[0] < 0 or is_open or schema.get("patternProperties"):
        return None
    found = set(schema.get("properties", ()))
    inner = [part for name in ("allOf", "anyOf", "oneOf") for part in schema.get(name, ())]
    inner += [schema[name] for name in ("then", "else") if name in schema]
    if "$ref" in schema:
        inner.append(_target(schema["$ref"], root))
    for part in inner:
        names = _names(part, root, left)
        if names is None:
            return None
        found |= names
    return found


def _followed(schema: Json, root: JsonObject) -> Json:
    for _ in range(_MOST):
        if not isinstance(schema, dict) or set(schema) - _WORDS != {"$ref"}:
            break
        schema = _target(schema["$ref"], root)
    return schema


_WORDS: Final = frozenset(
    {"$defs", "title", "description", "default", "examples", "x-hint", "x-message"}
)


def _target(reference: str, root: JsonObject) -> Json:
    return lookup_pointer(root, unquote(reference.removeprefix("#")))
