"""When a rule's points in time are: epochs, by the clock and the parent segment's time zone.

Not documented, so assumed: "the last 7 days" begin exactly seven days before the present;
"this week" and its like are calendar units of the parent segment's time zone, weeks beginning
on Monday; a written time without a zone is in that zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

if TYPE_CHECKING:
    from argosy.sandbox.cdp.rules.grammar import Moment

UNITS: Final = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_SECONDS: Final = {"week": 604_800, "day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_MONTHS: Final = {"year": 12, "quarter": 3, "month": 1}
_FIRST: Final = datetime(1, 1, 2)  # noqa: DTZ001 - the zone is set where it is used
_LAST: Final = datetime(9999, 12, 30)  # noqa: DTZ001 - the zone is set where it is used
_LONGEST_DIGITS: Final = 11


class Present(Struct, frozen=True):
    """The moment a rule is evaluated at, and the time zone it speaks of."""

    now: float
    zone: str

    def epoch(self, moment: Moment) -> int:
        """Give the epoch of a moment; one out of the calendar is moved to its end."""
        if moment.at is None:
            local = datetime.fromtimestamp(int(self.now), UTC).astimezone(self._zone)
        else:
            local = written(moment.at, self._zone)
        if moment.floor is not None:
            local = _floored(local, moment.floor)
        for unit, number in moment.shifts:
            local = _shifted(local, unit, number)
        return int(local.timestamp())

    def text(self, epoch: int) -> str:
        """Write an epoch as dates are written in text columns, a midnight without its time."""
        local = datetime.fromtimestamp(epoch, UTC).astimezone(self._zone)
        text = local.strftime("%Y-%m-%d %H:%M:%S")
        return text.removesuffix(" 00:00:00")

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def written(text: str, zone: ZoneInfo) -> datetime:
    """Read a written time: ISO 8601 or an epoch; raise ValueError if it is neither."""
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_DIGITS:
        return datetime.fromtimestamp(int(text), UTC).astimezone(zone)
    read = datetime.fromisoformat(text.removesuffix(" UTC"))
    return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)


def _floored(local: datetime, unit: str) -> datetime:
    local = local.replace(microsecond=0)
    if unit == "second":
        return local
    local = local.replace(second=0)
    if unit == "minute":
        return local
    local = local.replace(minute=0)
    if unit == "hour":
        return local
    local = local.replace(hour=0)
    if unit == "week":
        return _shifted(local, "day", -local.weekday())
    if unit in _MONTHS:
        first = (local.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1
        return local.replace(day=1, month=first)
    return local


def _shifted(local: datetime, unit: str, number: float) -> datetime:
    """Shift by calendar months, or by days of the wall clock, or by an exact time."""
    zone = local.tzinfo
    wall = local.replace(tzinfo=None)
    try:
        if unit in _MONTHS:
            return _by_months(wall, int(number * _MONTHS[unit])).replace(tzinfo=zone)
        delta = timedelta(seconds=number * _SECONDS[unit])
        if unit in {"week", "day"}:
            return _within(wall + delta).replace(tzinfo=zone)
        return (local.astimezone(UTC) + delta).astimezone(zone)
    except (OverflowError, ValueError):
        return (_LAST if number > 0 else _FIRST).replace(tzinfo=zone)


def _by_months(wall: datetime, months: int) -> datetime:
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    for day in (wall.day, 30, 29, 28):
        try:
            return _within(wall.replace(year=year, month=month + 1, day=min(day, wall.day)))
        except ValueError:
            if not 1 <= year <= 9999:
                raise
    raise ValueError(year)  # pragma: no cover - every month has 28 days


def _within(wall: datetime) -> datetime:
    return min(max(wall, _FIRST), _LAST)
