"""A document's schemas as JSON Schema 2020-12: strict for what goes in, lenient for what comes.

An input keeps every limit the document names; what only an answer may hold (`readOnly`) is left
out. Shapes that have a name in the document become files in `schemas/`. An output keeps types and
names alone and stands where it is used: a vendor that adds a value to a list of words has not
broken its answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from argosy.check.schemas import pattern_fault
from argosy.openapi.document import Document, items, members, text
from argosy.openapi.names import Taken, kebab, plain, title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Json, JsonObject

#: How a file in `capabilities/FOLDER/` names one in `schemas/`.
FROM_CAPABILITY = "../../schemas/"
TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_LEVELS_OF_OUTPUTS = 4
_MOST_MEMBERS = 400
_ANNOTATIONS = {"deprecated", "description", "example", "externalDocs", "title", "xml"}
_LONGEST_CHAIN = 40
_LONGEST_ENUM = 500


def flat(document: Document, node: Json, within: tuple[str, ...] = ()) -> JsonObject:
    """Return a schema with its reference followed and the parts of an `allOf` made one.

    Members of several parts are all there; of a keyword that two parts have, the first counts.
    """
    made = dict(document.follow(node))
    parts = items(made.pop("allOf", None))
    if not parts or len(within) > _LONGEST_CHAIN:
        return made
    properties = dict(members(made.get("properties")))
    required = list(items(made.get("required")))
    for part in parts:
        reference = text(members(part).get("$ref"))
        if reference and reference in within:
            continue
        inner = flat(document, part, (*within, reference))
        properties |= members(inner.get("properties"))
        required += [name for name in items(inner.get("required")) if name not in required]
        made = {**inner, **made}
    if len(parts) > 1:
        made.pop("additionalProperties", None)
    made.pop("required", None)
    return {
        **made,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }


def _merged(given: JsonObject) -> list[str]:
    """Return what the parts of an `allOf` refer to."""
    found = (text(members(part).get("$ref")) for part in items(given.get("allOf")))
    return [reference for reference in found if reference]


def _without_wrapper(given: JsonObject) -> JsonObject:
    """Return the reference that an `allOf` only wraps, to say something beside it."""
    parts = [members(part) for part in items(given.get("allOf"))]
    references = [part for part in parts if "$ref" in part]
    others = [given, *(part for part in parts if "$ref" not in part)]
    keys = {key for part in others for key in part} - {"allOf"}
    if len(references) != 1 or not keys <= _ANNOTATIONS:
        return given
    told = {key: value for part in others for key, value in part.items() if key != "allOf"}
    return {**told, "$ref": references[0]["$ref"]}


def types_of(node: Mapping[str, Json]) -> list[str]:
    """Return the types that a schema names, null among them where it may be null."""
    given = node.get("type")
    named = [given] if isinstance(given, str) else items(given)
    found = [one for one in named if one in TYPES]
    if not found and "properties" in node:
        found = ["object"]
    if found and node.get("nullable") is True and "null" not in found:
        found.append("null")
    return found


class Shapes:
    """Turns a document's schemas into JSON Schema, and gathers the files of shared ones."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._stems: dict[str, str] = {}
        self._taken = Taken(("region",), "-")
        self._waiting: list[tuple[str, str]] = []
        self._within: frozenset[str] = frozenset()
        self.files: dict[str, JsonObject] = {}

    def finish(self) -> None:
        """Make the shared schemas that have been referred to, and those they refer to."""
        while self._waiting:
            reference, stem = self._waiting.pop(0)
            name = reference.rpartition("/")[2]
            node = self._document.at(reference)
            body = self.input(node, "")
            described = body.pop("description", "") or f"{title(name)}, as the API takes it."
            head = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "$id": f"{stem}.schema.json",
                "title": title(name),
                "description": described,
            }
            self.files[stem] = {**head, **body}

    def input(self, node: Json, prefix: str = FROM_CAPABILITY) -> JsonObject:
        """Return the schema of something that goes in; `prefix` leads to the shared files."""
        if isinstance(node, bool):
            return {} if node else {"not": {}}
        given = _without_wrapper(members(node))
        told = plain(text(given.get("description")), 300)
        described: JsonObject = {"description": told} if told else {}
        reference = text(given.get("$ref"))
        if reference:
            return self._referred(reference, prefix) | described
        merged = frozenset(_merged(given))
        if merged & self._within:
            self._document.notes.add(min(merged), "it refers to itself; anything goes there")
            return described
        within, self._within = self._within, self._within | merged
        try:
            return described | self._written(flat(self._document, given), prefix)
        finally:
            self._within = within

    def _written(self, given: JsonObject, prefix: str) -> JsonObject:
        made = _scalar_keywords(given)
        made |= self._alternatives(given, prefix)
        made |= self._object_keywords(given, prefix)
        if "array" in types_of(given) or "items" in given:
            made["items"] = self.input(given.get("items", True), prefix)
        return made

    def _referred(self, reference: str, prefix: str) -> JsonObject:
        if not reference.startswith("#/components/schemas/"):
            return self._elsewhere(reference, prefix)
        if reference not in self._stems:
            if not isinstance(self._document.at(reference), dict):
                return {}
            stem = self._taken.take(kebab(reference.rpartition("/")[2], "shape"))
            self._stems[reference] = stem
            self._waiting.append((reference, stem))
        return {"$ref": f"{prefix}{self._stems[reference]}.schema.json"}

    def _elsewhere(self, reference: str, prefix: str) -> JsonObject:
        """Write out a schema that is referred to and has no name of its own."""
        node = self._document.at(reference)
        if reference in self._stems:
            self._document.notes.add(reference, "it refers to itself; anything goes there")
            return {}
        self._stems[reference] = ""
        try:
            return self.input(node, prefix)
        finally:
            del self._stems[reference]

    def _alternatives(self, given: JsonObject, prefix: str) -> JsonObject:
        """Return the alternatives: one may fit or several, which the vendor will judge."""
        branches = items(given.get("oneOf")) or items(given.get("anyOf"))
        if not branches:
            return {}
        made = [self.input(branch, prefix) for branch in branches]
        if given.get("nullable") is True:
            made.append({"type": "null"})
        return {"anyOf": made}

    def _object_keywords(self, given: JsonObject, prefix: str) -> JsonObject:
        properties = {
            name: member
            for name, member in members(given.get("properties")).items()
            if flat(self._document, member).get("readOnly") is not True
        }
        made: JsonObject = {}
        if properties:
            made["properties"] = {name: self.input(m, prefix) for name, m in properties.items()}
        declared = members(given.get("properties"))
        names = [name for name in items(given.get("required")) if isinstance(name, str)]
        required = [name for name in names if name in properties or name not in declared]
        if required:
            made["required"] = list(dict.fromkeys(required))
        others = given.get("additionalProperties")
        if isinstance(others, dict) and others:
            made["additionalProperties"] = self.input(others, prefix)
        elif others is False and properties:
            made["additionalProperties"] = False
        return made


class Outputs:
    """Turns the schemas of one answer into JSON Schema: names and types, a few levels deep.

    An answer may refer to half of a document; after so many members the rest is left open.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = _MOST_MEMBERS

    def schema(self, node: Json, levels: int = _LEVELS_OF_OUTPUTS) -> JsonObject:
        """Return the schema of something that comes out."""
        given = flat(self._document, node)
        types = types_of(given)
        self._left -= levels < _LEVELS_OF_OUTPUTS
        is_open = not types or "anyOf" in given or "oneOf" in given
        if not levels or self._left < 0 or is_open:
            return {}
        made: JsonObject = {"type": types[0] if len(types) == 1 else types}
        shown = [one for one in (*_shown(given), *items(given.get("enum"))) if _is_of(one, types)]
        if shown:
            made["examples"] = shown[:1]
        if text(given.get("format")):
            made["format"] = given["format"]
        if "array" in types:
            made["items"] = self.schema(given.get("items", {}), levels - 1)
        properties = {
            name: self.schema(member, levels - 1)
            for name, member in members(given.get("properties")).items()
            if members(member).get("writeOnly") is not True and self._left > 0
        }
        if properties and "object" in types:
            made["properties"] = properties
        return made


def _scalar_keywords(given: JsonObject) -> JsonObject:
    """Return what a schema demands of a value that is neither an object nor a list."""
    made: JsonObject = {}
    types = types_of(given)
    if types:
        made["type"] = types[0] if len(types) == 1 else types
    words = items(given.get("enum"))
    if words and len(words) <= _LONGEST_ENUM:
        null = [None] if given.get("nullable") is True and None not in words else []
        made["enum"] = [*words, *null]
    if "const" in given:
        made["const"] = given["const"]
    if text(given.get("format")) and given["format"] not in {"binary", "byte"}:
        made["format"] = given["format"]
    if text(given.get("pattern")) and not pattern_fault(given["pattern"]):
        made["pattern"] = given["pattern"]
    if given.get("format") == "password":
        made["secret"] = True
    made |= {name: given[name] for name in _COUNTS if _is_count(given.get(name))}
    made |= _bounds(given)
    if given.get("uniqueItems") is True:
        made["uniqueItems"] = True
    if _shown(given):
        made["examples"] = _shown(given)
    return made


def _shown(given: JsonObject) -> list[Json]:
    """Return the example that a schema shows, where it is a small one."""
    shown = given.get("example", next(iter(items(given.get("examples"))), None))
    return [shown] if shown is not None and len(str(shown)) < 500 else []


def _is_of(value: Json, types: list[str]) -> bool:
    """Tell whether a value is of one of some types, at its top."""
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
    kinds |= {list: "array", dict: "object", type(None): "null"}
    kind = kinds[type(value)]
    return kind in types or (kind == "integer" and "number" in types)


def _bounds(given: JsonObject) -> JsonObject:
    made = {name: given[name] for name in _BOUNDS if _is_number(given.get(name))}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if given.get(exclusive) is True and bound in made:  # as OpenAPI 3.0 writes it
            made[exclusive] = made.pop(bound)
    if made.get("multipleOf", 1) <= 0:
        del made["multipleOf"]
    return made


def _is_number(value: Json) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
