"""Run a query and bring its rows: issue, wait, read; or say why it failed.

Each run has a domain key, the caller's or one of its own: a request whose answer was lost is sent
again with the same key, and the vendor then names the job that the first one started. So a query
runs once. The rows are streamed to a file first, so that memory holds no more of them than
`maxRows`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.sdk import (
    ConflictError,
    HandlerContext,
    InvocationError,
    Json,
    JsonObject,
    Reply,
    members_of,
)

from . import _rows
from ._jobs import columns_of, ended_job, outputs_of_job

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Waits before a query is issued again whose answer was lost, in seconds.
_PAUSES = (1, 3, 9)
_PASSED_ON = (
    "database",
    "query",
    "priority",
    "retryLimit",
    "poolName",
    "engineVersion",
    "scheduledTime",
)


def run(context: HandlerContext) -> Reply:
    """Return the rows, or the file that they went to.

    Raises FailedLaterError with the query's error, NotFinishedError where the time is over, and
    what the vendor refuses; the outputs name the job as soon as there is one.
    """
    started = _started(context)
    job_id = started["jobId"]
    try:
        job = ended_job(context, "run-query", job_id)
        columns = columns_of(job)
        outputs = {**started, **outputs_of_job(job_id, job), "columns": columns}
        outputs |= _rows_of(context, job_id, job, columns)
    except InvocationError as error:
        error.outputs = {**started, **error.outputs}
        raise
    return Reply(outputs)


def _started(context: HandlerContext) -> JsonObject:
    """Issue the query, again where no answer came; return the job's id and how it came about."""
    inputs = context.inputs
    key = inputs.get("domainKey") or context.new_uuid()
    given = {**members_of(inputs, *_PASSED_ON), "jobType": inputs["engine"], "domainKey": key}
    pauses = iter(_PAUSES)
    while True:
        try:
            issued = context.call("run-query-job", **given)
        except ConflictError as error:
            known = _conflicting_job(error.outputs.get("rawResponse"))
            if not known:
                raise
            return {"jobId": known, "domainKey": key, "isReused": True}
        except InvocationError as error:
            error.outputs = {**error.outputs, "domainKey": key}
            pause = next(pauses, None)
            if pause is None or not error.retryable:
                raise
            context.sleep(pause)
        else:
            return {"jobId": str(issued["jobId"]), "domainKey": key, "isReused": False}


def _conflicting_job(body: Json) -> str:
    """Return the id of the job that has the same domain key, or nothing."""
    details = body.get("details") if isinstance(body, dict) else None
    found = details.get("conflicts_with") if isinstance(details, dict) else None
    return "" if found is None else str(found)


def _rows_of(
    context: HandlerContext, job_id: str, job: JsonObject, columns: Sequence[JsonObject]
) -> JsonObject:
    inputs, target = context.inputs, context.save_to
    count = job.get("num_records")
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        found = Path(folder) / "rows.jsonl"
        if columns:
            context.call(
                "get-job-result", jobId=job_id, format="json", nullifySpecial=True, save_to=found
            )
        else:
            found.touch()
        if target:
            form = inputs.get("format") or _rows.format_for(target)
            return _rows.write_file(found, target, form, columns)
        rows, is_whole = _rows.read_rows(found, inputs["maxRows"])
    total = len(rows) if is_whole or not isinstance(count, int) else count
    if inputs["rowForm"] == "objects":
        names = [column["name"] for column in columns]
        rows = [_rows.as_named(names, row) for row in rows]
    return {"rows": rows, "rowCount": total, "isTruncated": not is_whole}
