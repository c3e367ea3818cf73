"""Times as queries write them: Java and MySQL patterns, zones, intervals, TD's time texts.

Everything here works on constants of a query, before it runs: a pattern becomes a list of
pieces, and pieces become a `strftime` text of DuckDB's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from argosy.sandbox.sql.errors import QueryFailedError

_OFFSET: Final = re.compile(r"^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$")
_SUMMER: Final = {
    # abbreviations that no zone database has, though queries use them
    "PDT": -7,
    "MDT": -6,
    "CDT": -5,
    "EDT": -4,
    "BST": 1,
    "CEST": 2,
    "JDT": 10,
}
RENAMED: Final = {
    "JST": "Asia/Tokyo",
    "PST": "America/Los_Angeles",
    "CST": "America/Chicago",
    "Z": "UTC",
    "KST": "Asia/Seoul",
    "IST": "Asia/Kolkata",
}

_JAVA: Final = {
    "yyyy": "%Y",
    "yyy": "%Y",
    "yy": "%y",
    "y": "%Y",
    "YYYY": "%Y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "D": "%-j",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
    "EEEE": "%A",
    "EEE": "%a",
    "EE": "%a",
    "E": "%a",
    "u": "%u",
    "e": "%u",
    "xxxx": "%G",
    "ww": "%V",
}
_JAVA_ZONES: Final = frozenset({"z", "zzz", "Z", "ZZ", "X", "XX", "XXX"})
_MYSQL: Final = {
    "Y": "%Y",
    "y": "%y",
    "m": "%m",
    "c": "%-m",
    "M": "%B",
    "b": "%b",
    "d": "%d",
    "e": "%-d",
    "H": "%H",
    "k": "%-H",
    "h": "%I",
    "I": "%I",
    "l": "%-I",
    "i": "%M",
    "s": "%S",
    "S": "%S",
    "f": "%f",
    "p": "%p",
    "T": "%H:%M:%S",
    "r": "%I:%M:%S %p",
    "W": "%A",
    "a": "%a",
    "j": "%j",
    "x": "%G",
    "v": "%V",
    "%": "%%",
}
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME: Final = re.compile(
    r"^(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ](\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.\d+)?)?)?)?"
    r"\s*(Z|UTC|[A-Z]{3,4}|[+-]\d{2}:?\d{2}|[A-Za-z_]+/[A-Za-z_/]+)?$"
)
_GRID_UNITS: Final = {
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "M": "month",
    "q": "quarter",
    "y": "year",
}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_STEP: Final = re.compile(r"^([+-]?)(\d+)([smhdwMqy])$")


class ZonePart(Struct, frozen=True):
    """A place in a pattern where the zone is written."""

    letters: str


Pieces = list[str | ZonePart]


def zone(name: str) -> tzinfo:
    """Give the time zone of a name, an abbreviation or an offset such as +09:00."""
    if name in {"UTC", "GMT", "Z", "UT"}:
        return UTC
    if found := _OFFSET.match(name):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    if name in _SUMMER:
        return timezone(timedelta(hours=_SUMMER[name]))
    try:
        return ZoneInfo(RENAMED.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise QueryFailedError(f"'{name}' is not a valid time zone") from None


def fixed_seconds(where: tzinfo) -> int | None:
    """Give the seconds that a zone is always ahead of UTC; None where that changes."""
    if isinstance(where, ZoneInfo):
        return None
    offset = where.utcoffset(None)
    return None if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=256)
def constant_seconds(name: str) -> int | None:
    """Give the seconds that a zone is ahead of UTC if they are always the same since 1955.

    That is quicker than asking for each time, and holds for Tokyo, where most queries look.
    """
    where = zone(name)
    moments = range(-473_385_600, 4_102_444_800, 30 * 86_400)
    offsets = {datetime.fromtimestamp(moment, where).utcoffset() for moment in moments}
    only = offsets.pop()
    return None if offsets or only is None else int(only.total_seconds())


def java_pieces(pattern: str, *, strict: bool = True) -> Pieces:
    """Take a Java (or Joda) pattern apart into `strftime` texts and places for the zone."""
    pieces: Pieces = []
    for token in re.finditer(r"''|'((?:[^']|'')*)'|([A-Za-z])\2*|.", pattern, re.DOTALL):
        text = token[0]
        if text == "''":
            pieces.append("'")
        elif token[1] is not None:
            pieces.append(_literal(token[1].replace("''", "'")))
        elif not token[2]:
            pieces.append(_literal(text))
        elif text in _JAVA_ZONES:
            pieces.append(ZonePart(text))
        elif text in _JAVA:
            pieces.append(_JAVA[text])
        elif strict:
            raise QueryFailedError(f"Invalid format: \"{pattern}\": '{text}' is not supported")
    return _joined(pieces)


def mysql_pieces(pattern: str) -> str:
    """Turn a pattern of MySQL's date_format into a `strftime` text."""
    parts: list[str] = []
    for token in re.finditer(r"%(.)|[^%]+|%$", pattern, re.DOTALL):
        letter = token[1]
        if letter is None:
            parts.append(_literal(token[0]))
        elif letter in _MYSQL:
            parts.append(_MYSQL[letter])
        elif letter.isalpha():
            raise QueryFailedError(f"Date format option not supported: %{letter}")
        else:
            parts.append(_literal(letter))
    return "".join(parts)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _joined(pieces: Pieces) -> Pieces:
    joined: Pieces = []
    for piece in pieces:
        if joined and isinstance(piece, str) and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def seconds_of(duration: str) -> int:
    """Read a duration such as 1d, -3h or 1d12h; fail where it isn't one."""
    found = re.fullmatch(r"([+-]?)((?:\d+[smhdw])+)", duration.strip())
    if not found:
        raise QueryFailedError(f"Invalid duration: '{duration}'")
    steps = re.findall(r"(\d+)([smhdw])", found[2])
    total = sum(int(number) * _UNITS[unit] for number, unit in steps)
    return -total if found[1] == "-" else total


def epoch_of(text: str, where: tzinfo) -> int | None:
    """Read a time as TD's functions take it; None where it isn't one.

    A zone in the text wins over the argument.
    """
    text = text.strip()
    if re.fullmatch(r"-?\d{5,}", text):
        return int(text)
    found = _TIME.match(text)
    if not found:
        return None
    numbers = [
        int(part or first)
        for part, first in zip(found.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    ]
    try:
        spoken = datetime(*numbers, tzinfo=zone(found[7]) if found[7] else where)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    return int(spoken.timestamp())


def truncated(unit: str, moment: datetime) -> datetime:
    """Give the start of the second, …, year a moment is in, by the clock of its zone."""
    if unit in {"second", "minute", "hour"}:
        whole = moment.replace(microsecond=0)
        whole = whole if unit == "second" else whole.replace(second=0)
        return whole.replace(minute=0) if unit == "hour" else whole
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit in _MONTHS:
        span = _MONTHS[unit]
        return day.replace(day=1, month=(day.month - 1) // span * span + 1)
    return day


def _moved(moment: datetime, number: int, unit: str) -> datetime:
    if unit in _MONTHS:
        months = moment.year * 12 + moment.month - 1 + number * _MONTHS[unit]
        return moment.replace(year=months // 12, month=months % 12 + 1)
    if unit in {"day", "week"}:
        return moment + timedelta(days=number * (7 if unit == "week" else 1))
    seconds = number * {"second": 1, "minute": 60, "hour": 3600}[unit]
    return (moment.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(moment.tzinfo)


def interval_range(interval: str, scheduled: int, where: tzinfo) -> tuple[int, int]:
    """Give the start and the end (not in it) of a relative range such as -7d or -1h/now.

    Before the slash is the length, to the past (-) or to the future; behind it is where it
    ends or starts: `now`, another step, or a date. Both are on the grid of the unit.
    """
    try:
        return _interval_range(interval, scheduled, where)
    except (OverflowError, ValueError):
        raise QueryFailedError(f"Invalid interval string: '{interval}'") from None


def _interval_range(interval: str, scheduled: int, where: tzinfo) -> tuple[int, int]:
    length, _, offset = interval.strip().partition("/")
    number, unit = _step(length, interval)
    now = datetime.fromtimestamp(scheduled, where)
    anchor = _anchor(offset, now, where, interval) if offset else truncated(unit, now)
    grid = truncated(unit, anchor)
    if number < 0:
        start, end = _moved(grid, number, unit), anchor
    else:
        start, end = grid, _moved(grid, max(number, 1), unit)
    return int(start.timestamp()), int(end.timestamp())


def _step(text: str, whole: str) -> tuple[int, str]:
    found = _STEP.match(text)
    if not found or len(found[2]) > 6:
        raise QueryFailedError(f"Invalid interval string: '{whole}'")
    number = int(found[2])
    return -number if found[1] == "-" else number, _GRID_UNITS[found[3]]


def _anchor(offset: str, now: datetime, where: tzinfo, whole: str) -> datetime:
    if offset == "now":
        return now
    if _STEP.match(offset):
        number, unit = _step(offset, whole)
        return _moved(truncated(unit, now), number, unit)
    epoch = epoch_of(offset, where)
    if epoch is None:
        raise QueryFailedError(f"Invalid interval string: '{whole}'")
    return datetime.fromtimestamp(epoch, where)
