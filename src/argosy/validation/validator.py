"""One compiled schema: a quick yes, and on a no every problem at once."""

from __future__ import annotations

import math
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from argosy.model import Json, JsonObject, Problem, is_whole_text, join_pointer
from argosy.validation.messages import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator as SchemaValidator


class InvalidSchemaError(ValueError):
    """A schema is none: a keyword's value is wrong, or a reference leads nowhere."""


class Validator:
    """A schema that stands alone (see `bundle`), ready to judge values.

    The compiled validator's yes is taken at once. Where it says no, `jsonschema` decides and
    explains. What is no JSON value is told where the schema looks at it.

    Raises InvalidSchemaError where the schema is none.
    """

    def __init__(self, schema: JsonObject) -> None:
        self.schema = schema
        try:
            self._fast = jsonschema_rs.Draft202012Validator(schema, retriever=_refuse_to_fetch)
        except (ValueError, RecursionError) as error:
            raise InvalidSchemaError(str(error).partition("\n")[0]) from error

    def is_valid(self, value: Json) -> bool:
        """Tell whether the value fits."""
        return self._fits(value) or not _is_refused(value, self._slow)

    def problems(self, value: Json) -> Sequence[Problem]:
        """Return everything that is wrong with a value, sorted by place; empty if nothing is."""
        return () if self._fits(value) else explain(value, self._slow)

    def findings(self, value: Json) -> Iterator[ValidationError]:
        """Yield the findings of `jsonschema` themselves, for who judges by their structure."""
        if not self._fits(value):
            yield from self._slow.iter_errors(value)

    def _fits(self, value: Json) -> bool:
        try:
            return self._fast.is_valid(value)
        except (ValueError, TypeError):  # not a JSON value, or nested too deeply for it
            return False

    @cached_property
    def _slow(self) -> SchemaValidator:
        made: SchemaValidator = _validator_class()(self.schema, registry=_specifications())
        return made


def _refuse_to_fetch(address: str) -> Json:
    """Refuse a reference out of a schema: whoever wrote it would choose what is read or called."""
    raise ValueError(f"{address} is not in the schema itself")


@lru_cache(maxsize=1)
def _specifications() -> Any:
    """Return the vocabularies of JSON Schema; `jsonschema` would fetch what it does not know."""
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # noqa: PLC0415

    return REGISTRY


def _is_refused(value: Json, validator: SchemaValidator) -> bool:
    """Tell whether `explain` would find anything; it is not all looked for."""
    try:
        root: Json = validator.schema
        found = (p for error in validator.iter_errors(value) for p in problems_of(error, root))
        return any(True for _ in _not_json(value, ())) or any(True for _ in found)
    except RecursionError:
        return True


def explain(value: Json, validator: SchemaValidator) -> Sequence[Problem]:
    """Return what `jsonschema` finds wrong with a value, as problems sorted by place."""
    try:
        not_json = list(_not_json(value, ()))
        if not_json:
            return not_json
        root: Json = validator.schema
        found = {p for error in validator.iter_errors(value) for p in problems_of(error, root)}
    except RecursionError:
        return [Problem("too-deep", "its objects and lists are nested too deeply")]
    return sorted(found, key=lambda problem: (problem.pointer, problem.message))


def _not_json(value: Json, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Yield a problem for each part of a value that JSON cannot say."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _not_json(member, (*path, str(key)))
            if not isinstance(key, str) or not is_whole_text(key):
                yield Problem("not-json", f"the key {key!r} is not text", join_pointer(path))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_json(item, (*path, index))
    elif isinstance(value, str) and not is_whole_text(value):
        text = "a text holds half a character (a lone surrogate)"
        yield Problem("not-json", text, join_pointer(path))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem("not-json", f"{value} has no form in JSON", join_pointer(path))
    elif value is not None and not isinstance(value, str | int | float | bool):
        text = f"a Python {type(value).__name__} is not a JSON value"
        yield Problem("not-json", text, join_pointer(path))


@lru_cache(maxsize=1)
def _validator_class() -> Any:
    """Extend the 2020-12 validator: patterns mean what ECMA 262 says, and take no time to speak of.

    In Python's grammar `$` also matches before a newline at the end, a digit is more than ASCII,
    and a pattern like `(a|a)+b` takes longer than anybody waits; so the compiled validator, which
    knows neither, judges them here too.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators  # noqa: PLC0415

    def pattern(_validator: Any, expression: str, instance: Any, _schema: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not _compiled_pattern(expression).is_valid(instance):
            yield ValidationError(f"{instance!r} does not match {expression!r}")

    extend: Any = validators.extend  # the library does not annotate it
    return extend(Draft202012Validator, {"pattern": pattern})


@lru_cache(maxsize=512)
def _compiled_pattern(expression: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"pattern": expression})
