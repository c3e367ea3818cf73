"""The functions and methods that expressions may call; there are no others."""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct

from argosy.sandbox.workflow.moments import Moment
from argosy.sandbox.workflow.values import UNDEFINED, as_number, as_text, json_text

if TYPE_CHECKING:
    from collections.abc import Callable


class Function(Struct, frozen=True):
    """A function; it is called with the scope first."""

    call: Callable[..., Any]


def _moment(scope: Any, value: Any = UNDEFINED, *_rest: Any) -> Moment:
    if value is UNDEFINED:
        return Moment.at(scope.now(), scope.zone)
    return Moment.of(value, scope.zone)


def _moment_in(scope: Any, zone: str, *values: Any) -> Moment:
    """Read a text without an offset as the time of that zone, as moment.tz() does."""
    there = Moment.at(scope.now(), scope.zone).in_zone(zone)
    return Moment.of(values[0], there.time.tzinfo or scope.zone).in_zone(zone) if values else there


def _plain(function: Callable[..., Any]) -> Function:
    return Function(lambda _scope, *values: function(*values))


def _rounded(value: Any) -> float:
    return math.floor(as_number(value) + 0.5)


def _parsed_int(value: Any, base: Any = 10) -> float:
    text, found = as_text(value).strip(), ""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"[: int(as_number(base))]
    for position, one in enumerate(text[:64]):
        if one.lower() in digits or (position == 0 and one in "+-"):
            found += one
        else:
            break
    return int(found, int(as_number(base))) if found.strip("+-") else math.nan


def _stringified(value: Any, *_rest: Any) -> str:
    return json_text(value)


FUNCTIONS: Final[dict[str, Any]] = {
    "moment": Function(_moment),
    "moment.utc": Function(
        lambda scope, *values: Moment(_moment(scope, *values).time.astimezone(UTC))
    ),
    "moment.tz": Function(
        lambda scope, *values: _moment_in(scope, as_text(values[-1]), *values[:-1])
    ),
    "moment.unix": Function(lambda scope, value: Moment.at(as_number(value), scope.zone)),
    "Math": None,
    "Math.floor": _plain(lambda value: math.floor(as_number(value))),
    "Math.ceil": _plain(lambda value: math.ceil(as_number(value))),
    "Math.round": _plain(_rounded),
    "Math.abs": _plain(lambda value: abs(as_number(value))),
    "Math.min": _plain(lambda *values: min(map(as_number, values), default=math.inf)),
    "Math.max": _plain(lambda *values: max(map(as_number, values), default=-math.inf)),
    "JSON": None,
    "JSON.stringify": _plain(_stringified),
    "JSON.parse": _plain(lambda value: orjson.loads(as_text(value))),
    "Number": _plain(as_number),
    "String": _plain(as_text),
    "parseInt": _plain(_parsed_int),
    "parseFloat": _plain(as_number),
    "encodeURIComponent": _plain(lambda value: _percent_encoded(as_text(value))),
}


def _percent_encoded(text: str) -> str:
    kept = b"-_.!~*'()"
    return "".join(
        chr(one) if (chr(one).isalnum() and one < 128) or one in kept else f"%{one:02X}"
        for one in text.encode()
    )


def _shifted(sign: int) -> Callable[..., Moment]:
    def shift(moment: Moment, amount: Any, unit: Any = "milliseconds") -> Moment:
        if isinstance(amount, dict):
            for name, number in amount.items():
                moment = moment.add(sign * as_number(number), name)
            return moment
        if isinstance(amount, str) and not isinstance(unit, str):
            amount, unit = unit, amount
        return moment.add(sign * as_number(amount), as_text(unit))

    return shift


def _zoned(moment: Moment, zone: Any) -> Moment:
    return moment.in_zone(as_text(zone))


def _sliced(text: Any, start: Any = 0, end: Any = None) -> Any:
    return text[_index(start) : _index(end)]


def _index(value: Any) -> int | None:
    return None if value is None or value is UNDEFINED else int(as_number(value))


def _substring(text: str, start: Any, end: Any = None) -> str:
    first = max(0, int(as_number(start)))
    last = len(text) if end is None else max(0, int(as_number(end)))
    return text[min(first, last) : max(first, last)]


def _substr(text: str, start: Any, length: Any = None) -> str:
    first = int(as_number(start))
    rest = text[first:] if first >= 0 else text[max(0, len(text) + first) :]
    return rest if length is None else rest[: max(0, int(as_number(length)))]


def _padded(text: str, width: Any, fill: Any = " ") -> str:
    missing = min(int(as_number(width)), 4096) - len(text)
    return (as_text(fill) * max(0, missing))[: max(0, missing)]


def _split(text: str, by: Any = UNDEFINED) -> list[str]:
    if by is UNDEFINED:
        return [text]
    return text.split(as_text(by)) if as_text(by) else list(text)


def _position(values: Any, one: Any) -> int:
    if isinstance(values, str):
        return values.find(as_text(one))
    return next((at for at, value in enumerate(values) if value == one), -1)


METHODS: Final[dict[str, dict[str, Callable[..., Any]]]] = {
    "text": {
        "charAt": lambda text, at=0: text[int(at) : int(at) + 1] if as_number(at) >= 0 else "",
        "concat": lambda text, *others: text + "".join(map(as_text, others)),
        "endsWith": lambda text, end: text.endswith(as_text(end)),
        "includes": lambda text, part: as_text(part) in text,
        "indexOf": _position,
        "lastIndexOf": lambda text, part: text.rfind(as_text(part)),
        "padEnd": lambda text, *values: text + _padded(text, *values),
        "padStart": lambda text, *values: _padded(text, *values) + text,
        "replace": lambda text, old, new: text.replace(as_text(old), as_text(new), 1),
        "replaceAll": lambda text, old, new: _replaced(text, as_text(old), as_text(new)),
        "slice": _sliced,
        "split": _split,
        "startsWith": lambda text, start: text.startswith(as_text(start)),
        "substr": _substr,
        "substring": _substring,
        "toLowerCase": lambda text: text.lower(),
        "toString": as_text,
        "toUpperCase": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
    },
    "array": {
        "concat": lambda values, *others: [*values, *(one for other in others for one in other)],
        "includes": lambda values, one: one in values,
        "indexOf": _position,
        "join": lambda values, by=",": as_text(by).join(map(as_text, values)),
        "slice": _sliced,
        "toString": lambda values: ",".join(map(as_text, values)),
    },
    "number": {
        "toFixed": lambda number, digits=0: f"{number:.{min(int(digits), 100)}f}",
        "toString": as_text,
    },
    "moment": {
        "add": _shifted(1),
        "subtract": _shifted(-1),
        "startOf": lambda moment, unit: moment.start_of(as_text(unit)),
        "endOf": lambda moment, unit: moment.end_of(as_text(unit)),
        "format": lambda moment, pattern=None: moment.written(
            None if pattern is None else as_text(pattern)[:1024]
        ),
        "unix": lambda moment: int(moment.time.timestamp()),
        "valueOf": as_number,
        "utc": lambda moment: Moment(moment.time.astimezone(UTC)),
        "tz": _zoned,
        "utcOffset": _zoned,
        "clone": lambda moment: moment,
        "toISOString": lambda moment: (
            moment.time.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        ),
        "toString": as_text,
        "year": lambda moment: moment.time.year,
        "month": lambda moment: moment.time.month - 1,
        "date": lambda moment: moment.time.day,
        "day": lambda moment: moment.time.isoweekday() % 7,
        "isoWeekday": lambda moment: moment.time.isoweekday(),
        "dayOfYear": lambda moment: moment.time.timetuple().tm_yday,
        "daysInMonth": lambda moment: moment.end_of("month").time.day,
        "hour": lambda moment: moment.time.hour,
        "minute": lambda moment: moment.time.minute,
        "second": lambda moment: moment.time.second,
        "diff": lambda moment, other, unit="milliseconds": moment.until(
            Moment.of(other, moment.time.tzinfo or UTC), as_text(unit)
        ),
        "isBefore": lambda moment, other: moment.time < Moment.of(other, moment.time.tzinfo).time,
        "isAfter": lambda moment, other: moment.time > Moment.of(other, moment.time.tzinfo).time,
        "isSame": lambda moment, other: moment.time == Moment.of(other, moment.time.tzinfo).time,
    },
}


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) * len(new) > 1 << 20:
        raise ValueError("the text would be too long")
    return text.replace(old, new)
