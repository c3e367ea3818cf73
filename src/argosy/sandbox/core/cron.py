"""When a saved query's cron says it runs, in its time zone; epochs outside.

Five fields, or one of the words below. Where clocks go forward or back, runs follow the rules
of Debian's cron.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from argosy.sandbox.core.errors import invalid

WORDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_LONGEST: Final = 200
_FIELDS: Final = 5


def check_cron(cron: str, zone: str) -> None:
    """Refuse a cron or a time zone that isn't one, and a cron that never comes, with 422."""
    check_zone(zone)
    try:
        next_time(cron, zone, 0.0)
    except (CronSimError, StopIteration) as error:
        raise invalid(f"Validation failed: Cron {cron[:_LONGEST]!r} is invalid") from error


def check_zone(zone: str) -> None:
    """Refuse a time zone that isn't one with 422."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Validation failed: Timezone {zone[:100]!r} is unknown") from error


def next_time(cron: str, zone: str, after: float) -> float:
    """Give the first time after an epoch."""
    return next(_times(cron, zone, after)).timestamp()


def last_times(cron: str, zone: str, first: float, until: float, most: int) -> list[float]:
    """Give up to `most` times from one epoch to another, the last ones, in order."""
    found: list[float] = []
    for one in _times(cron, zone, until + 1, reverse=True):
        if one.timestamp() < first or len(found) == most:
            break
        found.append(one.timestamp())
    return found[::-1]


def _times(cron: str, zone: str, start: float, *, reverse: bool = False) -> CronSim:
    fields = WORDS.get(cron.strip().lower(), cron)
    if len(cron) > _LONGEST or len(fields.split()) != _FIELDS:
        raise CronSimError("five fields are needed")
    moment = datetime.fromtimestamp(start, UTC).astimezone(ZoneInfo(zone))
    return CronSim(fields, moment, reverse=reverse)
