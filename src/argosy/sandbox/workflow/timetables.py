"""When a workflow's schedule runs it: `schedule:` of its file, worked out without any state.

A schedule has a *session time* (what the run stands for) and a *run time* (when it starts).
`daily>: 07:00:00` stands for midnight and starts at seven; `hourly>: 30:00`, `weekly>:
Sun,09:00:00`, `monthly>: 1,09:00:00` likewise; `minutes_interval>: 30` and `cron>: "0 4 * * *"`
start at what they stand for (`cron>` takes a `delay` in seconds). All go by the workflow's time
zone. `start` and `end` are dates, both inclusive (of `end` that isn't documented, so assumed);
after the end the next time is digdag's last one, in the year 9999.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cronsim import CronSim, CronSimError
from msgspec import Struct

from argosy.sandbox.workflow.errors import ConfigError
from argosy.sandbox.workflow.operators import seconds_of
from argosy.sandbox.workflow.values import as_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from argosy.sandbox.workflow.dig import Config

NEVER: Final = 253_370_764_800.0
"""9999-01-01, which digdag gives for a schedule that is over."""

_OPTIONS: Final = frozenset(
    {"skip_on_overtime", "skip_delayed_by", "start", "end", "delay", "enabled"}
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})")
_CRON: Final = re.compile(r"[A-Za-z0-9*/,\- L#]{1,200}")


class ScheduleTime(NamedTuple):
    """One occurrence: what it stands for and when it starts, as epochs."""

    session: float
    run: float


class Timetable(Struct, frozen=True):
    """A workflow's schedule. Times are epochs; `delay` is in seconds."""

    cron: str
    zone: ZoneInfo
    delay: float
    skip_on_overtime: bool
    skip_delayed_by: float | None
    start: float | None
    end: float | None

    def first(self, time: float) -> ScheduleTime:
        """Give the first occurrence whose start isn't before a time."""
        return self.after(time - self.delay - 1)

    def after(self, session: float) -> ScheduleTime:
        """Give the occurrence after the one that stands for a time."""
        if self.start is not None:
            session = max(session, self.start - 1)
        found = self._step(session, backwards=False)
        if found is None or (self.end is not None and found >= self.end):
            return ScheduleTime(NEVER, NEVER)
        return ScheduleTime(found, found + self.delay)

    def before(self, session: float) -> ScheduleTime:
        """Give the occurrence before the one that stands for a time, whatever `start` says."""
        found = self._step(session, backwards=True)
        time = session if found is None else found
        return ScheduleTime(time, time + self.delay)

    def at_or_before(self, time: float) -> float:
        """Give the last session time that isn't after a time."""
        return self.before(time + 1).session

    def _step(self, epoch: float, *, backwards: bool) -> float | None:
        try:
            local = datetime.fromtimestamp(int(epoch), self.zone)
            found = next(CronSim(self.cron, local, reverse=backwards))
        except (StopIteration, CronSimError, ValueError, OverflowError):
            return None
        return found.timestamp()


def timetable(config: Config, zone: ZoneInfo) -> Timetable | None:
    """Read a workflow's schedule; None if it has none. Raises ConfigError for a bad one."""
    schedule = config.get("schedule")
    if schedule is None:
        return None
    if not isinstance(schedule, dict):
        raise ConfigError("schedule: needs a mapping")
    kinds = [key for key in schedule if key.endswith(">")]
    unknown = [key for key in schedule if key not in kinds and key not in _OPTIONS]
    if len(kinds) != 1 or kinds[0] not in _READERS:
        names = ", ".join(_READERS)
        message = f"schedule: needs one of {names}"
        raise ConfigError(message)
    if unknown:
        message = f"schedule: contains invalid keys: {', '.join(unknown)}"
        raise ConfigError(message)
    cron, delay = _READERS[kinds[0]](as_text(schedule[kinds[0]]).strip())
    delay += seconds_of(schedule["delay"]) if "delay" in schedule else 0
    skip = schedule.get("skip_delayed_by")
    end = _date(schedule, "end", zone)
    made = Timetable(
        cron,
        zone,
        delay,
        schedule.get("skip_on_overtime") in (True, "true"),
        None if skip is None else seconds_of(skip),
        _date(schedule, "start", zone),
        end,
    )
    if made._step(0, backwards=False) is None:  # noqa: SLF001 - its own maker
        message = f"schedule: {schedule[kinds[0]]!r} never comes"
        raise ConfigError(message)
    return made


def _date(schedule: Config, name: str, zone: ZoneInfo) -> float | None:
    text = schedule.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(as_text(text))
        day += timedelta(days=1 if name == "end" else 0)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        message = f"schedule: {name} must be a date like 2026-01-31, not {text!r}"
        raise ConfigError(message) from error


def _clock_time(text: str, largest: tuple[int, int, int]) -> float:
    found = _TIME.fullmatch(text.strip())
    if found:
        parts = [int(part) for part in found.groups() if part is not None]
        if len(parts) == 2:
            parts = [*parts, 0] if largest[0] else [0, *parts]
        if all(part <= limit for part, limit in zip(parts, largest, strict=True)):
            return parts[0] * 3600 + parts[1] * 60 + parts[2]
    message = f"schedule: {text!r:.40} is no time of the day or hour"
    raise ConfigError(message)


def _daily(text: str) -> tuple[str, float]:
    return "0 0 * * *", _clock_time(text, (23, 59, 59))


def _hourly(text: str) -> tuple[str, float]:
    return "0 * * * *", _clock_time(text, (0, 59, 59))


def _weekly(text: str) -> tuple[str, float]:
    day, _, time = text.partition(",")
    word = day.strip().lower()[:3]
    if word not in _DAYS and not (word.isascii() and word.isdigit() and int(word) <= 7):
        message = f"schedule: {day!r:.40} is no day of the week"
        raise ConfigError(message)
    number = _DAYS.index(word) if word in _DAYS else int(word) % 7
    return f"0 0 * * {number}", _clock_time(time, (23, 59, 59))


def _monthly(text: str) -> tuple[str, float]:
    day, _, time = text.partition(",")
    word = day.strip()
    if word != "L" and not (word.isascii() and word.isdigit() and 1 <= int(word[:3]) <= 31):
        message = f"schedule: {day!r:.40} is no day of the month"
        raise ConfigError(message)
    return f"0 0 {word} * *", _clock_time(time, (23, 59, 59))


def _minutes(text: str) -> tuple[str, float]:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:3]) <= 59):
        message = f"schedule: minutes_interval> needs a number from 1 to 59, not {text!r:.40}"
        raise ConfigError(message)
    return f"*/{int(text)} * * * *", 0.0


def _cron(text: str) -> tuple[str, float]:
    try:
        if not _CRON.fullmatch(text) or len(text.split()) != 5:
            raise CronSimError("five fields are needed")  # noqa: TRY301 - one place for both
        CronSim(text, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        message = f"schedule: {text!r:.80} is no cron expression: {error}"
        raise ConfigError(message) from error
    return text, 0.0


_READERS: Final[dict[str, Any]] = {
    "daily>": _daily,
    "hourly>": _hourly,
    "weekly>": _weekly,
    "monthly>": _monthly,
    "minutes_interval>": _minutes,
    "cron>": _cron,
}
