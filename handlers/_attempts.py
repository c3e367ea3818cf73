"""Attempts and tasks of workflows as the handlers see them: times, states, errors."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from ._critical_path import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argosy.sdk import Json, JsonObject

#: States of a task that failed by itself; a group fails with its tasks.
FAILED = frozenset({"error", "failed"})
FAILED_GROUPS = FAILED | {"group_error"}
#: States of a task that will not change any more.
ENDED = FAILED_GROUPS | {"success", "canceled"}
_LONGEST_ERROR = 1000


def moment(text: Json) -> datetime | None:
    """Return the moment that an ISO 8601 text names; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from one moment to a later one; none less than 0."""
    return max((end - start).total_seconds(), 0.0) if start and end else None


def attempt_seconds(attempt: JsonObject, now: datetime) -> float | None:
    """Return how long an attempt took, or has been going on until now."""
    end = now if not attempt.get("done") else moment(attempt.get("finishedAt"))
    return seconds_between(moment(attempt.get("createdAt")), end)


def status_of(attempt: JsonObject) -> str:
    """Return an attempt's status; older servers tell it by `done` and `success` alone."""
    if attempt.get("status"):
        return str(attempt["status"])
    if not attempt.get("done"):
        return "running"
    return "success" if attempt.get("success") else "error"


def named(thing: JsonObject, member: str) -> str:
    """Return the name of an attempt's project or workflow."""
    found = thing.get(member)
    return str(found.get("name", "")) if isinstance(found, dict) else ""


def is_group(task: JsonObject) -> bool:
    """Tell whether a task only holds others; servers say it in one of two members."""
    return bool(task.get("isGroup") or task.get("group"))


def spans_of(tasks: Sequence[JsonObject], now: datetime) -> dict[str, Span]:
    """Return by id where tasks lie in time: until now where one has begun and not ended.

    What the engine adds to a task once that has run (`^sub`, `^check`, `^error`,
    `^failure-alert`) names no upstreams; it waits for what was below the same task before.
    """
    names = {task.get("id"): str(task.get("fullName", "")) for task in tasks}
    siblings: dict[Json, list[str]] = {}
    spans: dict[str, Span] = {}
    for task in tasks:
        parent = task.get("parentId")
        own = names[task.get("id")].removeprefix(names.get(parent, ""))
        before = siblings.setdefault(parent, [])
        upstreams = [str(one) for one in task.get("upstreams") or ()]
        upstreams += before if own.startswith("^") else []
        start = moment(task.get("startedAt"))
        end = moment(task.get("updatedAt")) if task.get("state") in ENDED else None
        span = Span(
            id=str(task.get("id")),
            parent="" if parent is None else str(parent),
            upstreams=tuple(upstreams),
            start=start,
            end=end or (max(now, start) if start else None),
            is_group=is_group(task),
        )
        spans[span.id] = span
        before.append(span.id)
    return spans


def failed_tasks(tasks: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the tasks that failed by themselves, in the order in which they ended.

    A group counts only where none of its tasks has failed, and of several tries of one task only
    the last.
    """
    tasks = list({task.get("fullName"): task for task in tasks}.values())
    own = [task for task in tasks if task.get("state") in FAILED and not is_group(task)]
    groups = [task for task in tasks if task.get("state") in FAILED_GROUPS and is_group(task)]
    explained = _ancestors(own, tasks)
    for group in sorted(groups, key=lambda task: -_depth(task)):
        if group.get("id") not in explained:
            own.append(group)
            explained |= _ancestors([group], tasks)
    return sorted(own, key=lambda task: str(task.get("updatedAt", "")))


def _ancestors(found: Iterable[JsonObject], tasks: Iterable[JsonObject]) -> set[Json]:
    parents = {task.get("id"): task.get("parentId") for task in tasks}
    above: set[Json] = set()
    for task in found:
        here = task.get("parentId")
        while here is not None and here not in above:
            above.add(here)
            here = parents.get(here)
    return above


def _depth(task: JsonObject) -> int:
    return str(task.get("fullName", "")).count("+")


def error_of(task: JsonObject) -> str:
    """Return the message of a task's error, shortened; nothing where it has none."""
    found = task.get("error")
    if isinstance(found, dict):
        found = found.get("message") or (found or "")
    return str(found or "")[:_LONGEST_ERROR]


def retries_of(task: JsonObject) -> int:
    """Return how often a task was tried again."""
    state = task.get("stateParams")
    count = state.get("retry_count") if isinstance(state, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def reason_of(tasks: Sequence[JsonObject]) -> str:
    """Return in one phrase which task failed first and why."""
    failed = failed_tasks(tasks)
    if not failed:
        return ""
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    error = error_of(first) or "the vendor gave no reason"
    return f"{first.get('fullName', 'a task')}{more}: {error}"


def counted(tasks: Iterable[JsonObject]) -> dict[str, int]:
    """Return how many tasks that are no groups are in each state."""
    return dict(sorted(Counter(str(t.get("state")) for t in tasks if not is_group(t)).items()))


def spoken(seconds: float | None) -> str:
    """Return a duration as people say it."""
    if seconds is None:
        return "an unknown time"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
