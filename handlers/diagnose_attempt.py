"""Why an attempt failed, what it does now, or what took long: its tasks, errors, logs, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sdk import HandlerContext, InvocationError, JsonObject, Reply

from . import _attempts, _logs
from ._critical_path import Span, critical_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

#: Logs are fetched for so many failed tasks.
_MOST_LOGS = 5
#: So many failed, running or slow tasks are told one by one.
_MOST_TOLD = 100
_RUNNING = frozenset({"running", "retry_waiting", "group_retry_waiting"})


def run(context: HandlerContext) -> Reply:
    """Return what is known of one attempt, with a sentence that sums it up.

    Raises InvocationError where attempt or tasks cannot be read; logs and history that cannot
    are left out.
    """
    attempt_id = context.inputs["attemptId"]
    attempt = context.call("get-workflow-attempt", attemptId=attempt_id)["attempt"]
    tasks = context.call("list-workflow-tasks", attemptId=attempt_id).get("tasks") or []
    history = _history(context)
    now = context.now()
    spans = _attempts.spans_of(tasks, now)
    failed = [_told(task, spans) for task in _attempts.failed_tasks(tasks)[:_MOST_TOLD]]
    for one in failed[:_MOST_LOGS]:
        tail = _logs.tail_of_task(context, one["name"], context.inputs["logLines"])
        if tail:
            one["log"] = tail
    running = [task for task in tasks if task.get("state") in _RUNNING]
    leaves = [task for task in tasks if not _attempts.is_group(task)]
    outputs: JsonObject = {
        "attempt": attempt,
        "status": _attempts.status_of(attempt),
        "failedTasks": failed,
        "runningTasks": [_told(task, spans) for task in running if not _attempts.is_group(task)],
        "slowestTasks": _slowest(leaves, spans, context.inputs["slowest"]),
        "criticalPath": _path(tasks, spans),
        "taskStates": _attempts.counted(tasks),
        "taskRetries": sum(_attempts.retries_of(task) for task in tasks),
        "history": [_past(one, now) for one in history],
    }
    seconds = _attempts.attempt_seconds(attempt, now)
    if seconds is not None:
        outputs["durationSeconds"] = seconds
    return Reply({**outputs, "summary": _summary(outputs)})


def _history(context: HandlerContext) -> list[JsonObject]:
    try:
        found = context.call("list-workflow-attempt-retries", attemptId=context.inputs["attemptId"])
    except InvocationError:
        return []
    return list(found.get("attempts") or [])


def _past(attempt: JsonObject, now: datetime) -> JsonObject:
    told = {
        "attemptId": attempt.get("id"),
        "index": attempt.get("index"),
        "retryAttemptName": attempt.get("retryAttemptName"),
        "status": _attempts.status_of(attempt),
        "createdAt": attempt.get("createdAt"),
    }
    seconds = _attempts.attempt_seconds(attempt, now)
    return told if seconds is None else {**told, "durationSeconds": seconds}


def _told(task: JsonObject, spans: dict[str, Span]) -> JsonObject:
    """Return one task as the outputs show it; what is not known is left out."""
    span = spans[str(task.get("id"))]
    told = {
        "id": span.id,
        "name": str(task.get("fullName", "")),
        "state": str(task.get("state", "")),
        "operator": _operator(task),
        "error": _attempts.error_of(task),
        "retries": _attempts.retries_of(task),
        "startedAt": task.get("startedAt"),
        "durationSeconds": _attempts.seconds_between(span.start, span.end),
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _operator(task: JsonObject) -> str:
    """Return what kind of work a task does: the key of its configuration that ends with `>`."""
    config = task.get("config")
    keys = config if isinstance(config, dict) else {}
    return next((key for key in keys if key.endswith(">")), "")


def _slowest(tasks: Sequence[JsonObject], spans: dict[str, Span], most: int) -> list[JsonObject]:
    told = [_told(task, spans) for task in tasks]
    begun = [one for one in told if "durationSeconds" in one]
    return sorted(begun, key=lambda one: (-one["durationSeconds"], one["name"]))[:most]


def _path(tasks: Sequence[JsonObject], spans: dict[str, Span]) -> list[JsonObject]:
    """Return the critical path; each step says how long it waited after the one before."""
    by_id = {str(task.get("id")): task for task in tasks}
    steps = []
    before: Span | None = None
    for span in critical_path(list(spans.values())):
        step = _told(by_id[span.id], spans)
        waited = _attempts.seconds_between(before.end, span.start) if before else None
        steps.append(step if waited is None else {**step, "waitedSeconds": waited})
        before = span
    return steps


def _summary(outputs: JsonObject) -> str:
    attempt, status = outputs["attempt"], outputs["status"]
    took = _attempts.spoken(outputs.get("durationSeconds"))
    project, workflow = _attempts.named(attempt, "project"), _attempts.named(attempt, "workflow")
    subject = f"Attempt {attempt.get('id')} of {workflow} in {project}"
    number = len(outputs["history"])
    tries = f" It is one of {number} attempts of its session." if number > 1 else ""
    states = ", ".join(f"{count} {state}" for state, count in outputs["taskStates"].items())
    counts = f" Tasks: {states}." if states else ""
    if status == "success":
        return f"{subject} succeeded after {took}{_slow(outputs)}.{counts}{tries}"
    if status in {"error", "killed"}:
        verb = "failed" if status == "error" else "was killed"
        return f"{subject} {verb} after {took}{_first(outputs['failedTasks'])}.{counts}{tries}"
    doing = ", ".join(one["name"] for one in outputs["runningTasks"][:3])
    now = f" in {doing}" if doing else ""
    trouble = _first(outputs["failedTasks"])
    return f"{subject} is {status}{now} since {took}{trouble}.{counts}{tries}"


def _first(failed: Sequence[JsonObject]) -> str:
    if not failed:
        return ""
    error = failed[0].get("error", "the vendor gave no reason").rstrip(".")
    return f": {failed[0]['name']} failed with {error}"


def _slow(outputs: JsonObject) -> str:
    slowest = outputs["slowestTasks"]
    if not slowest:
        return ""
    took = _attempts.spoken(slowest[0]["durationSeconds"])
    return f"; {slowest[0]['name']} took longest, {took}"
