"""Read the operators of rules: from a JSON object to a checked Operator.

Times come in two kinds: `rightValue` (or `minValue`, `maxValue`) as an object with `timestamp`
or with `last` and `unit`, and operators that are about time by their name. Not documented, so
assumed: TimeRange starts `last` units ago and goes on for its duration, or back for it if
`reverse`; its short form is the present unit up to now; TimeWithinPast and TimeWithinNext
include both ends; Between includes both of its ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from argosy.sandbox.cdp.rules.grammar import Moment, Operator, Span
from argosy.sandbox.cdp.rules.spans import UNITS, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.sandbox.cdp.errors import ValidationCode
    from argosy.sandbox.cdp.rules.grammar import Scalar
    from argosy.sandbox.settings import Json

COMPARISONS: Final = ("Equal", "Greater", "GreaterEqual", "Less", "LessEqual")
ONE_VALUE: Final = (*COMPARISONS, "Regexp")
MANY_VALUES: Final = ("In", "Contain", "StartWith", "EndWith")
TEXT_ONLY: Final = ("Contain", "StartWith", "EndWith", "Regexp")
TIMES: Final = (
    *("TimeRange", "TimeToday", "TimeThis", "TimeNext", "TimeWithinPast", "TimeWithinNext"),
    "TimeInBetweenNext",
)
TYPES: Final = (*COMPARISONS, "IsNull", "Regexp", *MANY_VALUES, "Between", *TIMES)
MOST_VALUES: Final = 1000
LONGEST_VALUE: Final = 10_000
_MOST_UNITS: Final = 1_000_000
_PRESENT: Final = Moment()


class OperatorError(Exception):
    """An operator that can't be; the pointer starts at the operator."""

    def __init__(self, pointer: str, code: ValidationCode, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.code = code
        self.detail = detail


def read_operator(value: Json, pointer: str) -> Operator:
    """Read an operator that stands at a pointer; raise OperatorError if it is wrong."""
    if not isinstance(value, dict):
        raise _wrong("", "An operator must be an object")
    kind = value.get("type")
    if kind is None:
        raise OperatorError("/type", "CANNOT_BE_BLANK", "An operator needs a type")
    if kind not in TYPES:
        raise _wrong("/type", f"There is no operator {kind!r}; there are {', '.join(TYPES)}")
    negated = value.get("not", False)
    if not isinstance(negated, bool):
        raise _wrong("/not", "Must be true or false")
    span = _span(kind, value)
    values = () if span is not None or kind == "IsNull" else _values(kind, value)
    return Operator(kind, negated, values, span, pointer)


def _values(kind: str, members: Mapping[str, Json]) -> tuple[Scalar, ...]:
    if kind == "Between":
        return (_scalar(members, "minValue"), _scalar(members, "maxValue"))
    if kind in ONE_VALUE:
        one = _scalar(members, "rightValue")
        if kind == "Regexp" and not isinstance(one, str):
            raise _wrong("/rightValue", "A regular expression must be a string")
        return (one,)
    values = members.get("rightValues")
    if values is None:
        raise _blank("/rightValues")
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise _wrong("/rightValues", f"Must be an array of at most {MOST_VALUES} values")
    if not values:
        raise _blank("/rightValues")
    read = tuple(_checked(one, f"/rightValues/{index}") for index, one in enumerate(values))
    for index, one in enumerate(read):
        if kind in TEXT_ONLY and (not isinstance(one, str) or not one):
            raise _wrong(f"/rightValues/{index}", "Must be a string that is not empty")
    return read


def _scalar(members: Mapping[str, Json], name: str) -> Scalar:
    if members.get(name) is None:
        raise _blank(f"/{name}")
    return _checked(members[name], f"/{name}")


def _checked(value: Json, pointer: str) -> Scalar:
    if not isinstance(value, str | int | float):
        raise _wrong(pointer, "Must be a number, a string, true or false")
    if isinstance(value, str) and (len(value) > LONGEST_VALUE or "\x00" in value):
        raise _wrong(pointer, f"Must have at most {LONGEST_VALUE} characters, none of them NUL")
    return value


def _span(kind: str, members: Mapping[str, Json]) -> Span | None:
    """Give the stretch of time that an operator is about, if it is about time."""
    if kind in TIMES:
        return _NAMED[kind](members)
    if kind == "Between":
        ends = (members.get("minValue"), members.get("maxValue"))
        if not any(isinstance(end, dict) for end in ends):
            return None
        return Span(_point(ends[0], "/minValue"), _point(ends[1], "/maxValue"), has_end=True)
    right = members.get("rightValue")
    if kind in COMPARISONS and isinstance(right, dict):
        return _compared(kind, right)
    return None


def _compared(kind: str, right: Mapping[str, Json]) -> Span:
    point = _point(right, "/rightValue")
    if kind == "Equal":
        return Span(point, point, has_end=True)
    if kind in {"Greater", "GreaterEqual"}:
        return Span(point, None, has_start=kind == "GreaterEqual")
    return Span(None, point, has_end=kind == "LessEqual")


def _within_past(members: Mapping[str, Json]) -> Span:
    shift = (_unit(members, ""), -_written_number(members.get("value")))
    return Span(Moment(shifts=(shift,)), _PRESENT, has_end=True)


def _within_next(members: Mapping[str, Json]) -> Span:
    shift = (_unit(members, ""), _written_number(members.get("value")))
    return Span(_PRESENT, Moment(shifts=(shift,)), has_end=True)


def _in_between_next(members: Mapping[str, Json]) -> Span:
    start = _ahead(_object(members, "from"), "/from")
    return Span(start, _ahead(_object(members, "to"), "/to"), has_end=True)


def _range(members: Mapping[str, Json]) -> Span:
    start = _object(members, "from")
    if "duration" not in members and "last" not in start:
        return Span(Moment(floor=_unit(start, "/from")), _PRESENT, has_end=True)
    moment = _point(start, "/from")
    duration = _duration(members.get("duration"), "/duration")
    reverse = members.get("reverse", False)
    if not isinstance(reverse, bool):
        raise _wrong("/reverse", "Must be true or false")
    sign = -1 if reverse else 1
    other = Moment(shifts=(*moment.shifts, *((unit, sign * number) for unit, number in duration)))
    return Span(other, moment) if reverse else Span(moment, other)


def _calendar(unit: str, ahead: int) -> Span:
    start = Moment(floor=unit, shifts=((unit, ahead),))
    return Span(start, Moment(floor=unit, shifts=((unit, ahead + 1),)))


def _point(value: Json, pointer: str) -> Moment:
    if not isinstance(value, dict):
        raise _wrong(pointer, "Must be an object with timestamp, or with last and unit")
    if "timestamp" in value:
        at = value["timestamp"]
        try:
            written(at if isinstance(at, str) else "", ZoneInfo("UTC"))
        except (ValueError, OverflowError, OSError):
            raise _wrong(
                f"{pointer}/timestamp", "Must be a time in ISO 8601, or an epoch"
            ) from None
        return Moment(at=at)
    if "last" not in value:
        raise _blank(f"{pointer}/last")
    return Moment(shifts=_amount(value, "last", pointer, -1))


def _ahead(value: Mapping[str, Json], pointer: str) -> Moment:
    if "next" not in value:
        raise _blank(f"{pointer}/next")
    return Moment(shifts=_amount(value, "next", pointer, 1))


def _amount(
    members: Mapping[str, Json], name: str, pointer: str, sign: int
) -> tuple[tuple[str, float], ...]:
    """Read `last` or `next`: a number of `unit`, or an object of units and numbers."""
    value = members[name]
    if isinstance(value, dict):
        return tuple((u, sign * n) for u, n in _duration(value, f"{pointer}/{name}"))
    return ((_unit(members, pointer), sign * _number(value, f"{pointer}/{name}")),)


def _duration(value: Json, pointer: str) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, dict) or not value:
        raise _wrong(pointer, "Must be an object of units and numbers")
    for unit in value:
        if unit not in UNITS:
            raise _wrong(
                f"{pointer}/{unit}", f"There is no such unit; there are {', '.join(UNITS)}"
            )
    return tuple((unit, _number(number, f"{pointer}/{unit}")) for unit, number in value.items())


def _unit(members: Mapping[str, Json], pointer: str) -> str:
    unit = members.get("unit")
    if unit is None:
        raise _blank(f"{pointer}/unit")
    if unit not in UNITS:
        raise _wrong(f"{pointer}/unit", f"There is no such unit; there are {', '.join(UNITS)}")
    return str(unit)


def _number(value: Json, pointer: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(pointer, "Must be a number")
    if abs(value) > _MOST_UNITS:
        raise _wrong(pointer, f"Must be between -{_MOST_UNITS} and {_MOST_UNITS}")
    return value


def _written_number(value: Json) -> float:
    """Read the `value` of TimeWithin…, which the vendor writes as a string."""
    if value is None:
        raise _blank("/value")
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 7):
            raise _wrong("/value", "Must be a whole number, written as a string")
        return _number(int(value), "/value")
    return _number(value, "/value")


def _object(members: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = members.get(name)
    if value is None:
        raise _blank(f"/{name}")
    if not isinstance(value, dict):
        raise _wrong(f"/{name}", "Must be an object")
    return value


def _wrong(pointer: str, detail: str) -> OperatorError:
    return OperatorError(pointer, "INVALID_FORMAT_OR_ASSOCIATION", detail)


def _blank(pointer: str) -> OperatorError:
    return OperatorError(pointer, "CANNOT_BE_BLANK", "Can't be blank")


_NAMED: Final[dict[str, Callable[[Mapping[str, Json]], Span]]] = {
    "TimeRange": _range,
    "TimeToday": lambda _members: _calendar("day", 0),
    "TimeThis": lambda members: _calendar(_unit(_object(members, "from"), "/from"), 0),
    "TimeNext": lambda members: _calendar(_unit(_object(members, "from"), "/from"), 1),
    "TimeWithinPast": _within_past,
    "TimeWithinNext": _within_next,
    "TimeInBetweenNext": _in_between_next,
}
