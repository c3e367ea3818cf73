"""One compiled schema: a quick yes, and on a no every problem at once."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from argosy.model import Json, JsonObject, Problem
from argosy.validation.messages import problems_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jsonschema.protocols import Validator as SchemaValidator


class Validator:
    """A schema that stands alone (see `bundle`), ready to judge values."""

    def __init__(self, schema: JsonObject) -> None:
        self.schema = schema
        self._fast = jsonschema_rs.Draft202012Validator(schema)

    def is_valid(self, value: Json) -> bool:
        """Tell whether the value fits; a value that is not JSON does not."""
        try:
            return self._fast.is_valid(value)
        except (ValueError, TypeError):
            return False

    def problems(self, value: Json) -> Sequence[Problem]:
        """Return everything that is wrong with a value, sorted by place; empty if nothing is."""
        if self.is_valid(value):
            return ()
        return explain(value, self._slow)

    @cached_property
    def _slow(self) -> SchemaValidator:
        made: SchemaValidator = _validator_class()(self.schema)
        return made


def explain(value: Json, validator: SchemaValidator) -> Sequence[Problem]:
    """Return what `jsonschema` finds wrong with a value, as problems sorted by place."""
    try:
        not_json = list(_not_json(value))
        if not_json:
            return not_json
        found = {p for error in validator.iter_errors(value) for p in problems_of(error)}
    except RecursionError:
        return [Problem("too-deep", "its objects and lists are nested too deeply")]
    return sorted(found, key=lambda problem: (problem.pointer, problem.message))


def _not_json(value: Json, pointer: str = "") -> Iterator[Problem]:
    """Yield a problem for each part of a value that JSON cannot say."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _not_json(member, f"{pointer}/{key}")
            if not isinstance(key, str):
                yield Problem("not-json", f"the key {key!r} is not text", pointer)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_json(item, f"{pointer}/{index}")
    elif value is not None and not isinstance(value, str | int | float | bool):
        yield Problem("not-json", f"a Python {type(value).__name__} is not a JSON value", pointer)


@lru_cache(maxsize=1)
def _validator_class() -> Any:
    r"""Extend the 2020-12 validator: patterns mean what ECMA 262 says they mean.

    Python's `$` also matches before a newline at the end, and its `\d` and `\w` match
    far more than ASCII; a name check must not let `"shop\n"` through.
    """
    from jsonschema import Draft202012Validator, ValidationError, validators  # noqa: PLC0415

    def pattern(_validator: Any, expression: str, instance: Any, _schema: Any) -> Iterator[Any]:
        if isinstance(instance, str) and not _ecma_pattern(expression).search(instance):
            yield ValidationError(f"{instance!r} does not match {expression!r}")

    extend: Any = validators.extend  # the library does not annotate it
    return extend(Draft202012Validator, {"pattern": pattern})


@lru_cache(maxsize=512)
def _ecma_pattern(expression: str) -> re.Pattern[str]:
    parts = re.split(r"(\\.|\[(?:\\.|[^\]\\])*\])", expression, flags=re.DOTALL)
    plain = [part.replace("$", r"\Z") if i % 2 == 0 else part for i, part in enumerate(parts)]
    return re.compile("".join(plain), re.ASCII)
