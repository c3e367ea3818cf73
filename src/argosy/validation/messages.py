"""Turn a validator's finding into problems: the place, what was found, what is allowed.

Works from the finding's structure (keyword, value, instance), never from its English. A schema
may say in `x-message`, by keyword, how a value fails it, and in `x-hint` what to do about that;
the hint of the nearest schema travels with the problem. Where alternatives fail (`anyOf`,
`oneOf`), the alternative that the value comes nearest to is explained, not all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from argosy.model import Json, JsonObject, Problem, join_pointer, lookup_pointer
from argosy.validation.sentences import either, kind, list_words, sentence, show

if TYPE_CHECKING:
    from jsonschema import ValidationError

_SUBSCHEMAS = ("allOf", "anyOf", "oneOf", "if", "then", "else", "$ref")


def problems_of(error: ValidationError, root: JsonObject) -> Iterator[Problem]:
    """Yield the problems behind one finding of a validator of the schema `root`."""
    keyword = str(error.validator)
    if keyword in {"anyOf", "oneOf"} and error.context:
        yield from _nearest_alternative(error, root)
    elif keyword == "required":
        yield from _missing_members(error, root)
    elif keyword in {"additionalProperties", "unevaluatedProperties"}:
        yield from _unknown_members(error, root)
    else:
        text = sentence(keyword, error.instance, error.validator_value) or error.message
        yield _problem(error, root, _own_words(error) or text)


def _problem(error: ValidationError, root: JsonObject, message: str, *extra: str) -> Problem:
    return Problem(
        code=f"schema-{error.validator}",
        message=message,
        pointer=join_pointer([*error.absolute_path, *extra]),
        hint=_hint(error, root),
    )


def _own_words(error: ValidationError) -> str:
    """Return what the schema that failed says itself about a value that fails this keyword."""
    schema: Json = error.schema
    words = schema.get("x-message", {}) if isinstance(schema, Mapping) else {}
    said = words.get(error.validator, "")
    return f"{show(error.instance)} {said}" if said else ""


def _hint(error: ValidationError, root: JsonObject) -> str:
    """Return the hint of the schema that failed, or of the nearest one around it."""
    schema: Json = root
    hint = ""
    for part in error.absolute_schema_path:
        # The path of a finding leaves references out.
        while isinstance(schema, Mapping) and part not in schema and "$ref" in schema:
            hint = str(schema.get("x-hint", hint))
            schema = _resolved(schema["$ref"], root)
        if isinstance(schema, Mapping):
            hint = str(schema.get("x-hint", hint))
            schema = schema.get(part)
        elif isinstance(schema, list) and isinstance(part, int):
            schema = schema[part]
    return hint


def _resolved(reference: str, root: JsonObject) -> Json:
    return lookup_pointer(root, unquote(reference.removeprefix("#")))


def _nearest_alternative(error: ValidationError, root: JsonObject) -> Iterator[Problem]:
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [found for found in branches.values() if not _is_of_wrong_kind(found)]
    if not fitting:
        kinds = {word for found in branches.values() for word in _wanted_kinds(found)}
        text = f"{show(error.instance)} is not {either(sorted(kinds))}"
        yield _problem(error, root, _own_words(error) or text)
        return
    for inner in min(fitting, key=len):
        yield from problems_of(inner, root)


def _is_of_wrong_kind(found: Iterable[ValidationError]) -> bool:
    """Tell whether an alternative failed because the value is of another kind altogether."""
    return any(
        not inner.relative_path and inner.validator in {"type", "const", "enum"} for inner in found
    )


def _wanted_kinds(found: Iterable[ValidationError]) -> Iterator[str]:
    for inner in found:
        wanted: Json = inner.validator_value
        if not inner.relative_path and inner.validator == "type":
            yield kind(wanted)
        elif not inner.relative_path and inner.validator in {"const", "enum"}:
            yield from (show(word) for word in (wanted if inner.validator == "enum" else [wanted]))


def _missing_members(error: ValidationError, root: JsonObject) -> Iterator[Problem]:
    wanted: Json = error.validator_value
    found: Json = error.instance
    for name in wanted:
        if name not in found:
            yield _problem(error, root, f"{name!r} is missing")


def _unknown_members(error: ValidationError, root: JsonObject) -> Iterator[Problem]:
    if error.validator_value is not False:
        yield _problem(error, root, "its other members do not fit")
        return
    schema: Json = error.schema
    subschemas = [schema]
    if error.validator == "unevaluatedProperties":
        subschemas = list(_applied(schema, root))
    known = list(dict.fromkeys(n for s in subschemas for n in s.get("properties", ())))
    patterns = [p for s in subschemas for p in s.get("patternProperties", ())]
    found: Json = error.instance
    for name in found:
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            there_is = f"there is {list_words(known, name)}" if known else "there are none"
            yield _problem(error, root, f"{name!r} is not a member here; {there_is}", name)


def _applied(schema: Json, root: JsonObject) -> Iterator[JsonObject]:
    """Yield a schema and those within it that judge the same value."""
    if not isinstance(schema, Mapping):
        return
    yield dict(schema)
    for keyword in _SUBSCHEMAS:
        inner = schema.get(keyword)
        if keyword == "$ref" and isinstance(inner, str):
            yield from _applied(_resolved(inner, root), root)
        for branch in inner if isinstance(inner, list) else [inner]:
            yield from _applied(branch, root)
