"""Turn a validator's finding into problems: the place, what was found, what is allowed.

Works from the finding's structure (keyword, value, instance), never from its English. A schema
may say in `x-hint` what to do about a value that does not fit it; the hint travels with every
problem at or below that schema. Where alternatives fail (`anyOf`, `oneOf`), the alternative
that the value comes nearest to is explained, not all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from argosy.model import Json, Problem, join_pointer

if TYPE_CHECKING:
    from jsonschema import ValidationError

_LONGEST_SHOWN = 60
_MOST_LISTED = 7


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """Yield the problems behind one finding."""
    keyword = str(error.validator)
    if keyword in {"anyOf", "oneOf"} and error.context:
        yield from _nearest_alternative(error)
    elif keyword == "required":
        yield from _missing_members(error)
    elif keyword in {"additionalProperties", "unevaluatedProperties"}:
        yield from _unknown_members(error)
    else:
        yield _problem(error, keyword, _sentence(error, keyword))


def show(value: Json) -> str:
    """Write a value for a message, shortened where it is long."""
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def list_words(words: Iterable[Json], found: str = "") -> str:
    """List what is allowed, at most seven, those nearest to what was found first."""
    from difflib import SequenceMatcher  # noqa: PLC0415

    allowed = [str(word) for word in words]
    if found:
        allowed.sort(key=lambda word: -SequenceMatcher(None, found, word).ratio())
    more = len(allowed) - _MOST_LISTED
    listed = ", ".join(allowed[:_MOST_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed


def _problem(error: ValidationError, keyword: str, message: str, *extra: str) -> Problem:
    return Problem(
        code=f"schema-{keyword}",
        message=message,
        pointer=join_pointer([*error.absolute_path, *extra]),
        hint=_hint(error),
    )


def _hint(error: ValidationError) -> str:
    """Return the hint of the schema that failed, or of the nearest one around it."""
    current: Any = error
    while current is not None:
        if isinstance(current.schema, Mapping) and "x-hint" in current.schema:
            return str(current.schema["x-hint"])
        current = current.parent
    return ""


def _nearest_alternative(error: ValidationError) -> Iterator[Problem]:
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    fitting = [found for found in branches.values() if not _is_of_wrong_kind(found)]
    if not fitting:
        kinds = {kind for found in branches.values() for kind in _wanted_kinds(found)}
        text = f"{show(error.instance)} is not {_either(sorted(kinds))}"
        yield _problem(error, str(error.validator), text)
        return
    for inner in min(fitting, key=len):
        yield from problems_of(inner)


def _is_of_wrong_kind(found: Iterable[ValidationError]) -> bool:
    """Tell whether an alternative failed because the value is of another kind altogether."""
    return any(
        not inner.relative_path and inner.validator in {"type", "const", "enum"} for inner in found
    )


def _wanted_kinds(found: Iterable[ValidationError]) -> Iterator[str]:
    for inner in found:
        wanted: Json = inner.validator_value
        if not inner.relative_path and inner.validator == "type":
            yield _kind(wanted)
        elif not inner.relative_path and inner.validator in {"const", "enum"}:
            yield show(wanted)


def _missing_members(error: ValidationError) -> Iterator[Problem]:
    wanted: Json = error.validator_value
    found: Json = error.instance
    for name in wanted:
        if name not in found:
            yield _problem(error, "required", f"{name!r} is missing")


def _unknown_members(error: ValidationError) -> Iterator[Problem]:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    known = schema.get("properties", {})
    if isinstance(error.validator_value, Mapping):
        yield _problem(error, str(error.validator), _sentence(error, str(error.validator)))
        return
    found: Json = error.instance
    for name in found:
        if name not in known:
            allowed = list_words(known, name) or "none is allowed here"
            text = f"{name!r} is not a member here; there is {allowed}"
            yield _problem(error, str(error.validator), text, name)


def _kind(kinds: str | list[str]) -> str:
    words = {"array": "a list", "object": "an object", "integer": "an integer", "null": "null"}
    names = [kinds] if isinstance(kinds, str) else kinds
    return _either([words.get(name, f"a {name}") for name in names])


def _either(words: list[str]) -> str:
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _sentence(error: ValidationError, keyword: str) -> str:
    write = _SENTENCES.get(keyword)
    return write(error.instance, error.validator_value) if write else error.message


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda found, wanted: f"{show(found)} is not {_kind(wanted)}",
    "enum": lambda found, wanted: f"{show(found)} is not one of {list_words(wanted, str(found))}",
    "const": lambda found, wanted: f"{show(found)} is not {show(wanted)}",
    "pattern": lambda found, wanted: f"{show(found)} does not match {wanted}",
    "minimum": lambda found, wanted: f"{show(found)} is less than {show(wanted)}",
    "maximum": lambda found, wanted: f"{show(found)} is more than {show(wanted)}",
    "minLength": lambda found, wanted: (
        f"{show(found)} has {len(found)} characters, at least {wanted} are needed"
    ),
    "maxLength": lambda found, wanted: (
        f"{show(found)} has {len(found)} characters, at most {wanted} are allowed"
    ),
    "minItems": lambda found, wanted: (
        f"the list has {len(found)} items, at least {wanted} are needed"
    ),
    "maxItems": lambda found, wanted: (
        f"the list has {len(found)} items, at most {wanted} are allowed"
    ),
    "minProperties": lambda found, wanted: (
        f"the object has {len(found)} members, at least {wanted} are needed"
    ),
    "maxProperties": lambda found, wanted: (
        f"the object has {len(found)} members, at most {wanted} are allowed"
    ),
    "uniqueItems": lambda found, _wanted: f"{show(found)} has the same item twice",
    "not": lambda found, _wanted: f"{show(found)} is not allowed here",
    "propertyNames": lambda found, _wanted: f"{show(found)} is not allowed as a name here",
}
