"""Comparisons of JSON values: the operators of conditions."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from argosy.rendering import to_text
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.model import Json


def compare(name: str, left: Json, right: Json, up_to: Json = None) -> bool:
    """Tell whether a comparison holds. Raises TypeError for sides that it cannot compare."""
    negated = name.removeprefix("not-")
    if negated != name:
        return not compare(negated, left, right, up_to)
    if name == "between":
        return _ordered("greater-or-equal", left, right) and _ordered("less-or-equal", left, up_to)
    if name in _ORDERS:
        return _ordered(name, left, right)
    return _TESTS[name](left, right)


def is_empty(value: Json) -> bool:
    """Tell whether a value is null, or a text, list or object without anything in it."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def same(left: Json, right: Json) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def convert(value: Json, wanted: str, *, ignore_case: bool) -> Json:
    """Return a value, and the items of a list, as they are compared. Raises ValueError."""
    if isinstance(value, list):
        return [convert(item, wanted, ignore_case=ignore_case) for item in value]
    if value is not None and wanted:
        value = _CONVERSIONS[wanted](value)
    return value.casefold() if ignore_case and isinstance(value, str) else value


def _number(value: Json) -> Json:
    if _is_number(value):
        return value
    try:
        text = value.strip() if isinstance(value, str) else ""
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        number = math.nan
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{show(value)} is no number")
    return number


def _boolean(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    word = to_text(value).strip().casefold()
    if word not in {"true", "false"}:
        raise ValueError(f"{show(value)} is neither true nor false")
    return word == "true"


_CONVERSIONS: Mapping[str, Callable[[Json], Json]] = {
    "text": to_text,
    "number": _number,
    "boolean": _boolean,
}


def _in(left: Json, right: Json) -> bool:
    if not isinstance(right, list):
        raise TypeError(f"'in' needs a list on its right side, not {show(right)}")
    return any(same(left, item) for item in right)


def _contains(left: Json, right: Json) -> bool:
    if isinstance(left, str):
        return to_text(right) in left
    if isinstance(left, dict):
        return isinstance(right, str) and right in left
    if isinstance(left, list):
        return any(same(item, right) for item in left)
    wanted = "a text, a list or an object on its left side"
    raise TypeError(f"'contains' needs {wanted}, not {show(left)}")


def _ordered(name: str, left: Json, right: Json) -> bool:
    both_text = isinstance(left, str) and isinstance(right, str)
    both_numbers = _is_number(left) and _is_number(right)
    if not (both_text or both_numbers):
        sides = f"{show(left)} and {show(right)}"
        raise TypeError(f"{sides} have no order; compare two numbers or two texts")
    return bool(_ORDERS[name](left, right))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_ORDERS: Mapping[str, Callable[[Json, Json], bool]] = {
    "less": operator.lt,
    "less-or-equal": operator.le,
    "greater": operator.gt,
    "greater-or-equal": operator.ge,
}
_TESTS: Mapping[str, Callable[[Json, Json], bool]] = {
    "equals": same,
    "in": _in,
    "contains": _contains,
    "empty": lambda left, _right: is_empty(left),
}
