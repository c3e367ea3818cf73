"""Each `{name}` in a path is an input that is always there and that a path can carry.

An input that may be left out would make a path with a hole in it, and a list or an object has
no form as a path segment. An input is always there when it is required or has a default.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from argosy.check.schemas import sound_schema
from argosy.model import Json, JsonObject, Problem, lookup_pointer
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "path-placeholders"
DEMAND = "Each placeholder of a path is a required input, or one with a default, and is simple."

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SIMPLE = frozenset({"string", "integer"})


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the placeholders of each path."""
    for _, capability in subject.valid_capabilities():
        schema = sound_schema(subject, capability.inputs, capability.file)
        if schema is None:
            continue
        for message in _messages(capability.request.path, schema):
            yield Problem(ID, message, "/request/path", file=capability.file)


def _messages(path: str, schema: JsonObject) -> Iterator[str]:
    if "{{" in path:
        yield "a path holds no {{ expressions }}; `{name}` stands for an input"
        return
    if "{" in (rest := _PLACEHOLDER.sub("", path)) or "}" in rest:
        yield "a brace stands alone; `{name}` stands for an input"
    declared = schema.get("properties", {})
    for name in dict.fromkeys(_PLACEHOLDER.findall(path)):
        if name not in declared:
            known = list_words(declared, name) or "none"
            yield f"{{{name}}} is not a declared input; there is {known}"
            continue
        if name not in schema.get("required", ()) and not _has_default(declared[name]):
            yield f"{{{name}}} may be left out; make the input required or give it a default"
        if not _is_simple(declared[name], schema):
            yield f"{{{name}}} is not declared as a string or an integer"


def _has_default(schema: Json) -> bool:
    return isinstance(schema, dict) and "default" in schema


def _is_simple(schema: Json, root: JsonObject) -> bool:
    """Tell whether every value that fits is a string or an integer, as far as keywords say it."""
    if not isinstance(schema, dict):
        return False
    if "type" in schema:
        kinds = schema["type"]
        return {kinds} <= _SIMPLE if isinstance(kinds, str) else set(kinds) <= _SIMPLE
    if "const" in schema or "enum" in schema:
        values: list[Json] = schema.get("enum") or [schema.get("const")]
        return all(isinstance(v, str | int) and not isinstance(v, bool) for v in values)
    if "$ref" in schema:
        return _is_simple(lookup_pointer(root, unquote(schema["$ref"])), root)
    if "allOf" in schema:
        return any(_is_simple(part, root) for part in schema["allOf"])
    parts: list[Json] = schema.get("anyOf") or schema.get("oneOf") or []
    return bool(parts) and all(_is_simple(part, root) for part in parts)
