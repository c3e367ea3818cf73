"""A document's schemas as JSON Schema 2020-12: strict for what goes in, lenient for what comes.

An input keeps every limit the document names; what only an answer may hold (`readOnly`) is left
out. Shapes that have a name in the document become files in `schemas/`. An output keeps types and
names alone and stands where it is used: a vendor that adds a value to a list of words has not
broken its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

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
_KEYWORDS = {"schema", "items", "properties", "allOf", "anyOf", "oneOf", "content", "#", ""}
#: Keywords that, beside a reference, add to what it names; others only tell something.
_ADDS = {
    *("properties", "required", "additionalProperties", "patternProperties"),
    *("allOf", "anyOf", "oneOf"),
}
_MOST_SCHEMAS = 100_000
_DEEPEST = 24
_LONGEST_ENUM = 500
_LARGEST_BOUND = 2**63


def flat(document: Document, node: Json) -> JsonObject:
    """Return a schema with its reference followed and the parts of an `allOf` made one.

    Members of several parts are all there; of a keyword that two parts have, the first counts. A
    schema that is a part of itself is so once.
    """
    beside = {k: v for k, v in members(node).items() if k != "$ref"} if _refers(node) else {}
    if _ADDS & set(beside):
        return _merge(document, {**beside, "allOf": [{"$ref": node["$ref"]}]})
    given = document.follow(node)
    if not items(given.get("allOf")):
        return dict(given)
    known = document.merged.get(id(given))
    if known is None:
        # kept with the schema itself, whose identity is nobody else's as long as it is there
        document.merged[id(given)] = (given, {})
        known = document.merged[id(given)] = (given, _merge(document, given))
    return dict(known[1])


def _refers(node: Json) -> bool:
    return isinstance(node, dict) and isinstance(node.get("$ref"), str)


def _merge(document: Document, given: JsonObject) -> JsonObject:
    parts = [flat(document, part) for part in items(given["allOf"])]
    own = {key: one for key, one in given.items() if key != "allOf"}
    made: JsonObject = {}
    for part in (own, *parts):
        made = {**part, **made}
    properties: JsonObject = {}
    for part in (own, *parts):
        properties |= members(part.get("properties"))
    required = [name for part in (own, *parts) for name in items(part.get("required"))]
    if len(parts) > 1:
        made.pop("additionalProperties", None)
    if properties:
        made["properties"] = properties
    if required:
        made["required"] = [name for name in required if isinstance(name, str)]
    return made


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
    if len(references) != 1 or keys & (_ADDS | {"type", "enum"}):
        return given
    told = {key: value for part in others for key, value in part.items() if key != "allOf"}
    return {**told, "$ref": references[0]["$ref"]}


def _name_of(reference: str) -> str:
    """Return the name of what a reference names: its last part that is no keyword."""
    parts = [unquote(part).replace("~1", "/") for part in reference.split("/")]
    named = (part for part in reversed(parts) if part not in _KEYWORDS and not part.isdecimal())
    return next(named, "shape")


def types_of(node: Mapping[str, Json]) -> list[str]:
    """Return the types that a schema names, null among them where it may be null."""
    given = node.get("type")
    named = [given] if isinstance(given, str) else items(given)
    found = list(dict.fromkeys(one for one in named if one in TYPES))
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
        self._depth = 0
        self._left = _MOST_SCHEMAS
        self.files: dict[str, JsonObject] = {}

    def finish(self) -> None:
        """Make the shared schemas that have been referred to, and those they refer to."""
        while self._waiting:
            reference, stem = self._waiting.pop(0)
            name = _name_of(reference)
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
        self._left -= 1
        given = _without_wrapper(members(node))
        told = plain(text(given.get("description")), 300)
        described: JsonObject = {"description": told} if told else {}
        reference = text(given.get("$ref"))
        if reference and not _ADDS & set(given):
            made = self._referred(reference, prefix)
            may_be_null = given.get("nullable") is True and bool(made)
            return ({"anyOf": [made, {"type": "null"}]} if may_be_null else made) | described
        return described | self._nested(given, prefix)

    def _nested(self, given: JsonObject, prefix: str) -> JsonObject:
        """Write a schema out within others, unless it is one of them or that goes on too long."""
        merged = frozenset([*_merged(given), *([given["$ref"]] if _refers(given) else [])])
        if merged & self._within:
            self._document.notes.add(min(merged), "it refers to itself; anything goes there")
            return {}
        if self._depth == _DEEPEST or self._left < 0:
            note = "some are nested too deeply, or too many; anything goes in the rest"
            self._document.notes.add("schemas", note)
            return {}
        within, self._within = self._within, self._within | merged
        self._depth += 1
        try:
            return self._written(flat(self._document, given), prefix)
        finally:
            self._depth -= 1
            self._within = within

    def _written(self, given: JsonObject, prefix: str) -> JsonObject:
        made = _scalar_keywords(given)
        made |= self._alternatives(given, prefix)
        made |= self._object_keywords(given, prefix)
        if "array" in types_of(given) or "items" in given:
            made["items"] = self.input(given.get("items", True), prefix)
        if items(given.get("prefixItems")):
            made["prefixItems"] = [self.input(one, prefix) for one in given["prefixItems"]]
        return made

    def _referred(self, reference: str, prefix: str) -> JsonObject:
        if reference not in self._stems:
            if not members(self._document.at(reference)):
                return {}
            stem = self._taken.take(kebab(_name_of(reference), "shape"))
            self._stems[reference] = stem
            self._waiting.append((reference, stem))
        return {"$ref": f"{prefix}{self._stems[reference]}.schema.json"}

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
        named = members(given.get("patternProperties"))
        others = True if named else given.get("additionalProperties")
        if isinstance(others, dict) and others:
            made["additionalProperties"] = self.input(others, prefix)
        elif others is False and properties and not named:
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
        needed = items(given.get("required"))
        properties = {
            name: or_null(self.schema(member, levels - 1), needed=name in needed)
            for name, member in members(given.get("properties")).items()
            if members(member).get("writeOnly") is not True and self._left > 0
        }
        if properties and "object" in types:
            made["properties"] = properties
        return made


def or_null(schema: JsonObject, *, needed: bool) -> JsonObject:
    """Return the schema of a member that may be null where it may also be absent."""
    types = types_of(schema)
    if needed or not types or "null" in types:
        return schema
    return {**schema, "type": [*types, "null"]}


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
    if not 1e-9 <= made.get("multipleOf", 1) <= 1e15:
        del made["multipleOf"]
    return made


def _is_number(value: Json) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < _LARGEST_BOUND


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
