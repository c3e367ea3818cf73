"""Times as digdag's expressions have them: the common part of the library moment.js.

A moment is in a time zone; unless told otherwise, in the workflow's. It can't be changed:
`add` and its like give another (in moment.js they change it and give it back, which is the same
within one expression).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS: Final = {
    "ms": "millisecond",
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "M": "month",
    "Q": "quarter",
    "y": "year",
}
_SECONDS: Final = {
    "millisecond": 0.001,
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_TOKEN: Final = re.compile(
    r"\[[^\]\[]*\]|YYYY|YY|Q|MMMM|MMM|MM|Mo|M|DDDD|DDD|DD|Do|D|dddd|ddd|d|E|WW|W|HH|H|hh|h|mm|m"
    r"|SSS|SS|S|ss|s|A|a|ZZ|Z|X|x|GGGG"
)
_INPUTS: Final = (
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M:%S.%f%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S %z",
)
_LOCAL_INPUTS: Final = (
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m",
    "%Y%m%dT%H%M%S",
    "%Y%m%d",
)
_MONTH_NAMES: Final = tuple(calendar.month_name)
_DAY_NAMES: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
)


class MomentError(Exception):
    """A moment can't be made or asked like this; the text says why."""


class Moment(Struct, frozen=True):
    """A time in a time zone."""

    time: datetime

    @classmethod
    def of(cls, value: Any, zone: tzinfo) -> Moment:
        """Read a text (ISO 8601 and near it), an epoch in milliseconds, or a moment."""
        if isinstance(value, Moment):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls.at(value / 1000, zone)
        if not isinstance(value, str):
            message = f"moment() does not take {value!r:.50}"
            raise MomentError(message)
        text = re.sub(r"Z$", "+0000", value.strip())
        for pattern in (*_INPUTS, *_LOCAL_INPUTS):
            try:
                found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put in below
            except ValueError:
                continue
            local = found.replace(tzinfo=zone) if found.tzinfo is None else found.astimezone(zone)
            return cls(local)
        message = f"moment() does not understand {value!r:.50}"
        raise MomentError(message)

    @classmethod
    def at(cls, epoch: float, zone: tzinfo) -> Moment:
        """Give the moment of an epoch."""
        try:
            return cls(datetime.fromtimestamp(epoch, zone))
        except (ValueError, OverflowError, OSError) as error:
            message = f"{epoch} is no time"
            raise MomentError(message) from error

    def add(self, amount: float, unit: str) -> Moment:
        """Give the moment so many units later; months keep the day where there is one."""
        unit = _unit(unit)
        try:
            if unit in _MONTHS:
                return Moment(_months_later(self.time, int(amount) * _MONTHS[unit]))
            if unit in {"day", "week"}:
                days = timedelta(seconds=amount * _SECONDS[unit])
                return Moment(self.time + days)  # by the local clock
            utc = self.time.astimezone(UTC) + timedelta(seconds=amount * _SECONDS[unit])
            return Moment(utc.astimezone(self.time.tzinfo))
        except (OverflowError, ValueError) as error:
            message = f"{amount} {unit}s later there is no time"
            raise MomentError(message) from error

    def start_of(self, unit: str) -> Moment:
        """Give the first moment of the unit that this one is in."""
        unit = _unit(unit)
        time = self.time
        if unit == "week":
            time -= timedelta(days=(time.weekday() + 1) % 7)
        order = ("month", "day", "hour", "minute", "second")
        kept = {"year": 0, "quarter": 1, "month": 1, "week": 2, "day": 2}.get(unit)
        kept = order.index(unit) + 1 if kept is None and unit in order else kept
        if kept is None:
            message = f"startOf() does not take {unit!r}"
            raise MomentError(message)
        firsts = {name: 1 if name in {"month", "day"} else 0 for name in order[kept:]}
        if unit == "quarter":
            firsts["month"] = (time.month - 1) // 3 * 3 + 1
        return Moment(time.replace(microsecond=0, **firsts))  # type: ignore[arg-type]

    def end_of(self, unit: str) -> Moment:
        """Give the last millisecond of the unit that this one is in."""
        return self.start_of(unit).add(1, unit).add(-1, "millisecond")

    def in_zone(self, name: str) -> Moment:
        """Give the same time in another zone, by its name or an offset like `+09:00`."""
        offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
        try:
            if offset:
                minutes = int(offset[2]) * 60 + int(offset[3])
                delta = timedelta(minutes=minutes if offset[1] == "+" else -minutes)
                return Moment(self.time.astimezone(timezone(delta)))
            return Moment(self.time.astimezone(ZoneInfo(name)))
        except (OSError, ValueError, KeyError) as error:
            message = f"The timezone {name!r:.50} is not known"
            raise MomentError(message) from error

    def until(self, other: Moment, unit: str = "millisecond") -> int:
        """Give the whole units from another moment to this one (`diff` of moment.js)."""
        unit = _unit(unit)
        if unit in _MONTHS:
            months = (self.time.year - other.time.year) * 12 + self.time.month - other.time.month
            if months > 0 and other.add(months, "month").time > self.time:
                months -= 1
            elif months < 0 and other.add(months, "month").time < self.time:
                months += 1
            return int(months / _MONTHS[unit])
        seconds = (self.time - other.time).total_seconds()
        return int(round(seconds * 1000) / round(_SECONDS[unit] * 1000))

    def written(self, pattern: str | None = None) -> str:
        """Write the moment by a pattern of moment.js; by default as ISO 8601."""
        if pattern is None:
            pattern = "YYYY-MM-DDTHH:mm:ss" + ("[Z]" if self.time.tzinfo is UTC else "Z")
        return _TOKEN.sub(lambda found: self._token(found[0]), pattern)

    def _token(self, token: str) -> str:
        if token.startswith("["):
            return token[1:-1]
        return _WRITERS[token](self.time)


def _unit(name: str) -> str:
    unit = _UNITS.get(name) or name.lower().removesuffix("s")
    unit = "day" if unit == "date" else unit
    if unit in _SECONDS or unit in _MONTHS:
        return unit
    message = f"{name!r:.30} is no unit of time"
    raise MomentError(message)


def _months_later(time: datetime, months: int) -> datetime:
    year, month = divmod(time.year * 12 + time.month - 1 + months, 12)
    day = min(time.day, calendar.monthrange(year, month + 1)[1])
    return time.replace(year=year, month=month + 1, day=day)


def _offset(time: datetime, colon: str) -> str:
    text = time.strftime("%z")
    return f"{text[:3]}{colon}{text[3:5]}"


def _ordinal(number: int) -> str:
    is_teen = number % 100 in {11, 12, 13}
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


_WRITERS: Final[dict[str, Callable[[datetime], str]]] = {
    "YYYY": lambda time: f"{time.year:04}",
    "YY": lambda time: f"{time.year % 100:02}",
    "Q": lambda time: str((time.month - 1) // 3 + 1),
    "MMMM": lambda time: _MONTH_NAMES[time.month],
    "MMM": lambda time: _MONTH_NAMES[time.month][:3],
    "MM": lambda time: f"{time.month:02}",
    "Mo": lambda time: _ordinal(time.month),
    "M": lambda time: str(time.month),
    "DDDD": lambda time: f"{time.timetuple().tm_yday:03}",
    "DDD": lambda time: str(time.timetuple().tm_yday),
    "DD": lambda time: f"{time.day:02}",
    "Do": lambda time: _ordinal(time.day),
    "D": lambda time: str(time.day),
    "dddd": lambda time: _DAY_NAMES[time.isoweekday() % 7],
    "ddd": lambda time: _DAY_NAMES[time.isoweekday() % 7][:3],
    "d": lambda time: str(time.isoweekday() % 7),
    "E": lambda time: str(time.isoweekday()),
    "WW": lambda time: f"{time.isocalendar().week:02}",
    "W": lambda time: str(time.isocalendar().week),
    "GGGG": lambda time: f"{time.isocalendar().year:04}",
    "HH": lambda time: f"{time.hour:02}",
    "H": lambda time: str(time.hour),
    "hh": lambda time: f"{(time.hour - 1) % 12 + 1:02}",
    "h": lambda time: str((time.hour - 1) % 12 + 1),
    "mm": lambda time: f"{time.minute:02}",
    "m": lambda time: str(time.minute),
    "ss": lambda time: f"{time.second:02}",
    "s": lambda time: str(time.second),
    "SSS": lambda time: f"{time.microsecond // 1000:03}",
    "SS": lambda time: f"{time.microsecond // 10_000:02}",
    "S": lambda time: str(time.microsecond // 100_000),
    "A": lambda time: "AM" if time.hour < 12 else "PM",
    "a": lambda time: "am" if time.hour < 12 else "pm",
    "ZZ": lambda time: _offset(time, ""),
    "Z": lambda time: _offset(time, ":"),
    "X": lambda time: str(int(time.timestamp())),
    "x": lambda time: str(int(time.timestamp() * 1000)),
}
