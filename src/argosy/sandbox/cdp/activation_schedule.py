"""When activations run by themselves.

Not documented, so assumed: a repeated activation runs at its `startAt` and then at every so many
units of the wall clock of its time zone (`repeatFrequency` is for minutes only, as the vendor
says); weeks run on the days of `repeatSubFrequency` at the time of day of `startAt`; a month that
is too short runs on its last day; `endOn` is the last day. Without `startAt` a repetition starts
when the activation was made. `cron` goes before `repeatUnit`; the deprecated `scheduleType` is
used where neither is there.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from argosy.sandbox.cdp.rules.grammar import Moment
from argosy.sandbox.cdp.rules.spans import Present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.settings import Json

REPEAT_UNITS: Final = ("none", "minute", "hour", "day", "week", "month", "once")
SECONDS: Final = {"minute": 60, "hour": 3600}
_CRON: Final = re.compile(r"[A-Za-z0-9*/,\- #?]{1,200}")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_UNITS: Final = {
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 1",
    "monthly": "0 0 1 * *",
}
_MOST_STEPS: Final = 400


def is_cron(text: str) -> bool:
    """Say whether a text is a cron expression."""
    if not _CRON.fullmatch(text):
        return False
    try:
        CronSim(text, datetime(2020, 1, 1, tzinfo=UTC))
    except CronSimError:
        return False
    return True


def local_start(parameters: Mapping[str, Json]) -> datetime | None:
    """Give `startAt` in the activation's time zone."""
    text = parameters.get("startAt")
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    zone = ZoneInfo(str(parameters.get("timezone") or "UTC"))
    return read.replace(tzinfo=zone) if read.tzinfo is None else read.astimezone(zone)


def next_due(parameters: Mapping[str, Json], after: float, made: float) -> float | None:
    """Tell when an activation that was made at an epoch runs next after another; None: never."""
    zone = ZoneInfo(str(parameters.get("timezone") or "UTC"))
    unit = str(parameters.get("repeatUnit") or "none")
    start = local_start(parameters)
    cron = cron_of(parameters)
    if cron is not None:
        since = after if start is None else max(after, start.timestamp() - 1)
        due = _by_cron(cron, since, zone)
    elif unit == "none":
        return None
    else:
        first = start or datetime.fromtimestamp(made, UTC).astimezone(zone)
        due = _repeated(unit, parameters, first, after)
    if due is None:
        return None
    end = parameters.get("endOn")
    if isinstance(end, str):
        last = date.fromisoformat(end)
        if datetime.fromtimestamp(due, UTC).astimezone(zone).date() > last:
            return None
    return due


def cron_of(parameters: Mapping[str, Json]) -> str | None:
    """Give the cron expression that an activation goes by, if it goes by one."""
    if parameters.get("cron"):
        return str(parameters["cron"])
    kind = str(parameters.get("scheduleType") or "none")
    option = str(parameters.get("scheduleOption") or "")
    if str(parameters.get("repeatUnit") or "none") != "none" or kind == "none":
        return None
    if kind == "cron":
        return option if is_cron(option) else None
    if kind == "minutes_interval":
        return f"*/{option} * * * *" if option.isdigit() and 0 < int(option) < 60 else None
    clock = _CLOCK.fullmatch(option)
    if clock is None or kind == "hourly":
        return _UNITS.get(kind)
    rest = _UNITS[kind].split(" ", 2)[2]
    return f"{int(clock[2])} {int(clock[1])} {rest}"


def _by_cron(text: str, after: float, zone: ZoneInfo) -> float | None:
    try:
        local = datetime.fromtimestamp(after, UTC).astimezone(zone)
        return next(CronSim(text, local)).timestamp()
    except (CronSimError, StopIteration):
        return None


def _repeated(
    unit: str, parameters: Mapping[str, Json], start: datetime, after: float
) -> float | None:
    first = start.timestamp()
    if unit == "once" or first > after:
        is_other_day = unit == "week" and not _runs_on(parameters, start)
        if first > after and not is_other_day:
            return first
        if unit == "once":
            return None
    if unit in SECONDS:
        count = int(parameters.get("repeatFrequency") or 1) if unit == "minute" else 1
        step = SECONDS[unit] * count
        return first + (int((after - first) // step) + 1) * step
    return _by_calendar(unit, parameters, start, max(after, first - 1))


def _by_calendar(
    unit: str, parameters: Mapping[str, Json], start: datetime, after: float
) -> float | None:
    """Step through days or months from shortly before an epoch on."""
    zone = str(parameters.get("timezone") or "UTC")
    present = Present(after, zone)
    if unit == "month":
        months = max(int((after - start.timestamp()) // (31 * 86_400)) - 1, 0)
        wall = start.replace(tzinfo=None).isoformat()
        for count in range(months, months + _MOST_STEPS):
            due = present.epoch(Moment(at=wall, shifts=(("month", count),)))
            if due > after:
                return due
        return None
    wall_day = datetime.fromtimestamp(after, UTC).astimezone(ZoneInfo(zone)) - timedelta(days=1)
    for count in range(_MOST_STEPS):
        day = (wall_day + timedelta(days=count)).date()
        due_at = datetime.combine(day, start.timetz())
        if due_at.timestamp() > after and (unit == "day" or _runs_on(parameters, due_at)):
            return due_at.timestamp()
    return None


def _runs_on(parameters: Mapping[str, Json], at: datetime) -> bool:
    """Say whether a weekly activation runs on a day; without days it is that of its start."""
    days = parameters.get("repeatSubFrequency") or []
    if not days:
        start = local_start(parameters)
        return start is None or at.isoweekday() == start.isoweekday()
    return at.isoweekday() in days
