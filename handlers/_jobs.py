"""Jobs as the query handlers see them: waiting for the end, and why one failed."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING

from argosy.sdk import (
    FailedLaterError,
    HandlerContext,
    InvocationError,
    Json,
    JsonObject,
    NotFinishedError,
    Problem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A line of a job's log that tells what went wrong.
_TELLING = re.compile(r"fail|error|exception", re.IGNORECASE)
_LONGEST_REASON = 500
_LONGEST_LOG = 4000
#: The two ways in which the vendor writes a job's times.
_TIMES = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z")


def ended_job(context: HandlerContext, capability: str, job_id: str) -> JsonObject:
    """Wait at most `waitSeconds` for a job; return it, with its log, once it has succeeded.

    Raises FailedLaterError for a job that failed or was killed, and NotFinishedError for one that
    goes on. Whatever is raised, its outputs name the job.
    """
    seconds = context.inputs["waitSeconds"]
    try:
        context.call("get-job-status", jobId=job_id, wait=True, waitSeconds=seconds)
        job = context.call("get-job", jobId=job_id)["job"]
    except FailedLaterError as failure:
        raise _failed(context, capability, job_id, failure) from failure
    except NotFinishedError as failure:
        raise _unfinished(context, capability, job_id, failure) from failure
    except InvocationError as error:
        error.outputs = {**error.outputs, "jobId": job_id}
        raise
    shown: JsonObject = job
    return shown


def outputs_of_job(job_id: str, job: JsonObject) -> JsonObject:
    """Return what every job capability gives of a job: its id, status and duration in seconds."""
    named = {"jobId": job_id, "status": job.get("status", "unknown")}
    seconds = duration_of(job)
    return named if seconds is None else {**named, "durationSeconds": seconds}


def duration_of(job: JsonObject) -> float | None:
    """Return how long a job ran, in seconds, where the vendor says it or its times do."""
    given = job.get("duration")
    if isinstance(given, int | float):
        return given
    start, end = (_moment(job.get(name)) for name in ("start_at", "end_at"))
    return (end - start).total_seconds() if start and end else None


def columns_of(job: JsonObject) -> list[JsonObject]:
    """Return names and types of a job's columns; a name that comes again gets a number.

    The vendor writes them as JSON in a text; a job without a result has none.
    """
    text = job.get("hive_result_schema")
    try:
        found = json.loads(text) if text else []
    except (TypeError, ValueError):
        found = []
    listed = found if isinstance(found, list) else []
    columns = [column for column in listed if isinstance(column, list) and len(column) > 1]
    pairs = [(str(column[0]), str(column[1])) for column in columns]
    names = unique_names(name for name, _ in pairs)
    return [{"name": name, "type": kind} for name, (_, kind) in zip(names, pairs, strict=True)]


def unique_names(names: Iterable[str]) -> list[str]:
    """Return names in their order, each later one of the same name with a number that is free."""
    wanted = list(names)
    taken: set[str] = set()
    unique = []
    for name in wanted:
        candidate, number = name, 1
        while candidate in taken or (number > 1 and candidate in wanted):
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        unique.append(candidate)
    return unique


def log_of(job: JsonObject) -> str:
    """Return the end of a job's log: what it wrote to its output and as errors."""
    return "\n".join(filter(None, (_written(job, "cmdout"), _written(job, "stderr"))))[
        -_LONGEST_LOG:
    ]


def _written(job: JsonObject, name: str) -> str:
    debug = job.get("debug")
    return str((debug.get(name) if isinstance(debug, dict) else None) or "").strip()


def reason_of(job: JsonObject) -> str:
    """Return the line that tells what went wrong with a job: of its errors, else of its log."""
    return reason_in(_written(job, "stderr")) or reason_in(log_of(job))


def reason_in(log: str) -> str:
    """Return the line of a log that tells what went wrong, or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = next((line for line in lines if _TELLING.search(line)), "")
    return (telling or (lines[-1] if lines else ""))[:_LONGEST_REASON]


def _failed(
    context: HandlerContext, capability: str, job_id: str, failure: FailedLaterError
) -> FailedLaterError:
    status = failure.facts["status"]
    job = _shown(context, job_id)
    log = log_of(job)
    reason = "it was stopped" if status == "killed" else reason_of(job)
    error = FailedLaterError(capability=capability, status=status, reason=reason)
    error.outputs = {**outputs_of_job(job_id, {**job, "status": status}), "log": log}
    if reason:
        error.outputs["reason"] = reason
    return error


def _unfinished(
    context: HandlerContext, capability: str, job_id: str, failure: NotFinishedError
) -> InvocationError:
    """Return the error of a job that goes on, or that is stopped as the inputs ask for."""
    seconds, status = failure.facts["seconds"], failure.facts["status"]
    outputs = {"jobId": job_id, "status": status}
    error: InvocationError
    if context.inputs.get("killOnTimeout"):
        try:
            context.call("kill-job", jobId=job_id)
        except InvocationError as refused:
            why = f"job {job_id} goes on: {refused}"
        else:
            reason = f"job {job_id} was stopped, as it was not finished after {seconds} s"
            error = FailedLaterError(capability=capability, status="killed", reason=reason)
            error.outputs = {**outputs, "status": "killed", "reason": reason}
            return error
    else:
        why = f"job {job_id} goes on"
    problem = Problem("job-goes-on", why, hint="wait-for-job waits for it.")
    error = NotFinishedError(
        capability=capability, seconds=seconds, status=status, problems=(problem,)
    )
    error.outputs = outputs
    return error


def _shown(context: HandlerContext, job_id: str) -> JsonObject:
    """Return a job with its log; nothing where that cannot be read, since it is only a comment."""
    try:
        job: JsonObject = context.call("get-job", jobId=job_id)["job"]
    except InvocationError:
        return {}
    return job


def _moment(text: Json) -> datetime | None:
    for form in _TIMES:
        try:
            return datetime.strptime(str(text), form.replace("UTC", "%Z"))  # noqa: DTZ007
        except ValueError:
            continue
    return None
