"""How JavaScript turns values into texts, numbers and truth values, and compares them."""

from __future__ import annotations

import math
import re
from typing import Any, Final

import orjson

from argosy.sandbox.workflow.moments import Moment


class _Undefined:
    """What JavaScript gives for a member that isn't there."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,300}\.?\d*|\.\d+)(?:[eE][-+]?\d{1,4})?")


def as_text(value: Any) -> str:  # noqa: PLR0911 - one for each kind
    """Write a value as a template shows it: objects as JSON, the rest as JavaScript does."""
    if isinstance(value, str):
        return value
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, Moment):
        return value.time.strftime("%a %b %d %Y %H:%M:%S GMT%z")
    return json_text(value)


def json_text(value: Any) -> str:
    """Write a value as JSON."""
    return orjson.dumps(value, default=_json_default).decode()


def as_number(value: Any) -> float:
    """Turn a value into a number; NaN where it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if value is None:
        return 0
    if isinstance(value, Moment):
        return int(value.time.timestamp() * 1000)
    return _read_number(value.strip()) if isinstance(value, str) else math.nan


def _read_number(text: str) -> float:
    if not text:
        return 0
    if not _NUMBER.fullmatch(text):
        return math.nan
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def is_true(value: Any) -> bool:
    """Say whether a value counts as true."""
    if value is None or value is UNDEFINED or value == "":
        return False
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return True


def same(one: Any, other: Any, *, is_strict: bool) -> bool:
    """Compare two values as `===` or `==` does."""
    nothing = (None, UNDEFINED)
    if one in nothing or other in nothing:
        return one is other or (not is_strict and one in nothing and other in nothing)
    if type(one) is type(other) or (_is_number(one) and _is_number(other)):
        return bool(one == other)
    return False if is_strict else bool(as_number(one) == as_number(other))


def compared(one: Any, other: Any) -> int | None:
    """Give a number below, at or above 0 as one is before the other; None for neither."""
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    left, right = as_number(one), as_number(other)
    if math.isnan(left) or math.isnan(right):
        return None
    return (left > right) - (left < right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_text(number: float) -> str:
    if isinstance(number, float):
        if math.isnan(number):
            return "NaN"
        if math.isinf(number):
            return "Infinity" if number > 0 else "-Infinity"
        if number.is_integer() and abs(number) < 1e21:
            return str(int(number))
    return str(number)


def _json_default(value: Any) -> Any:
    if value is UNDEFINED:
        return None
    if isinstance(value, Moment):
        return value.written()
    return str(value)
