"""What ran in a period, how it ended, how long it took, and what failed how often.

Attempts come newest first, so the pages are read only until one is older than the period.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from argosy.sdk import HandlerContext, InvalidInputsError, JsonObject, Problem, Reply, members_of

from . import _attempts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PAGE = 100
_USUAL_PERIOD = timedelta(days=1)
#: Statuses of an attempt that has ended.
_ENDED = ("success", "error", "killed")


def run(context: HandlerContext) -> Reply:
    """Return the figures of a period.

    Raises InvalidInputsError for a period that ends before it begins, and what reading a page
    raises.
    """
    start, end = _period(context)
    most = context.inputs["maxAttempts"]
    found: list[JsonObject] = []
    is_whole = True
    for attempt in _newest_first(context):
        created = _attempts.moment(attempt.get("createdAt"))
        if created is None or created >= end:
            continue
        if created < start:
            break
        if len(found) >= most:
            is_whole = False
            break
        found.append(attempt)
    now = context.now()
    runs = [_run(attempt, now) for attempt in found]
    outputs: JsonObject = {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "isTruncated": not is_whole,
        **_figures(runs),
        "workflows": _by_workflow(runs),
        "running": [one for one in runs if one["status"] not in _ENDED],
        "retried": _retried(runs),
        "failures": [one for one in runs if one["status"] == "error"][:100],
    }
    return Reply({**outputs, "summary": _summary(outputs)})


def _period(context: HandlerContext) -> tuple[datetime, datetime]:
    """Return the period: to now where no end is given, and a day where no start is."""
    inputs = context.inputs
    end = _attempts.moment(inputs.get("to")) or context.now()
    start = _attempts.moment(inputs.get("from")) or end - _USUAL_PERIOD
    if start >= end:
        message = f"the period begins at {start.isoformat()} and ends at {end.isoformat()}"
        problem = Problem("empty-period", message, "/from")
        raise InvalidInputsError(capability="audit-sessions", problems=[problem])
    return start, end


def _newest_first(context: HandlerContext) -> Iterator[JsonObject]:
    """Yield attempts page by page; retried ones come too."""
    given = {**members_of(context.inputs, "project", "workflow"), "includeRetried": True}
    while True:
        page = context.call("list-workflow-attempts", pageSize=_PAGE, **given)
        yield from page["attempts"]
        if not page["hasMore"]:
            return
        given |= page["next"]


def _run(attempt: JsonObject, now: datetime) -> JsonObject:
    """Return one attempt as the outputs show it."""
    told = {
        "attemptId": attempt.get("id"),
        "sessionId": attempt.get("sessionId"),
        "project": _attempts.named(attempt, "project"),
        "workflow": _attempts.named(attempt, "workflow"),
        "status": _attempts.status_of(attempt),
        "sessionTime": attempt.get("sessionTime"),
        "createdAt": attempt.get("createdAt"),
        "durationSeconds": _attempts.attempt_seconds(attempt, now),
    }
    return {name: value for name, value in told.items() if value is not None}


def _figures(runs: Sequence[JsonObject]) -> JsonObject:
    """Return numbers of some attempts; durations are of those that have ended."""
    statuses = Counter(one["status"] for one in runs)
    ended = [one for one in runs if one["status"] in _ENDED]
    timed = sorted(
        (one for one in ended if "durationSeconds" in one), key=lambda one: one["durationSeconds"]
    )
    durations = [one["durationSeconds"] for one in timed]
    figures: JsonObject = {
        "attempts": len(runs),
        "sessions": len({_session(one) for one in runs}),
        "statuses": dict(sorted(statuses.items())),
    }
    if ended:
        figures["failureRate"] = round(statuses["error"] / len(ended), 4)
    if durations:
        figures["durations"] = {
            "medianSeconds": percentile(durations, 50),
            "p95Seconds": percentile(durations, 95),
            "longestSeconds": durations[-1],
            "longestAttemptId": timed[-1].get("attemptId"),
        }
    return figures


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the value below which so many per cent lie, between two values in proportion."""
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return round(ordered[below] + (ordered[above] - ordered[below]) * (place - below), 3)


def _session(one: JsonObject) -> str:
    return str(one.get("sessionId") or f"attempt {one.get('attemptId')}")


def _by_workflow(runs: Sequence[JsonObject]) -> list[JsonObject]:
    """Return figures a workflow: those that failed most first, then those that ran most."""
    groups: dict[tuple[str, str], list[JsonObject]] = {}
    for one in runs:
        groups.setdefault((one["project"], one["workflow"]), []).append(one)
    rows = [
        {"project": project, "workflow": workflow, **_figures(members)}
        for (project, workflow), members in groups.items()
    ]
    return sorted(
        rows,
        key=lambda row: (
            -row["statuses"].get("error", 0),
            -row["attempts"],
            row["project"],
            row["workflow"],
        ),
    )


def _retried(runs: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the sessions with several attempts, and how the last of these stands."""
    sessions: dict[str, list[JsonObject]] = {}
    for one in runs:
        sessions.setdefault(_session(one), []).append(one)
    return [
        {
            "sessionId": session,
            "project": members[0]["project"],
            "workflow": members[0]["workflow"],
            "attempts": len(members),
            "lastStatus": members[0]["status"],
        }
        for session, members in sessions.items()
        if len(members) > 1
    ]


def _summary(outputs: JsonObject) -> str:
    number = outputs["attempts"]
    attempts = "1 attempt" if number == 1 else f"{number} attempts"
    period = f"from {outputs['from']} to {outputs['to']}"
    if not number:
        return f"Nothing ran {period}."
    states = ", ".join(f"{count} {status}" for status, count in outputs["statuses"].items())
    text = f"{attempts} {period}: {states}."
    durations = outputs.get("durations")
    if durations:
        median, longest = durations["medianSeconds"], durations["longestSeconds"]
        text += f" Half took up to {_attempts.spoken(median)}, the longest"
        text += f" {_attempts.spoken(longest)}."
    worst = outputs["workflows"][0]
    errors = worst["statuses"].get("error", 0)
    if errors:
        text += f" Most failures: {worst['workflow']} in {worst['project']}, {errors}"
        text += f" of {worst['attempts']}."
    return text
