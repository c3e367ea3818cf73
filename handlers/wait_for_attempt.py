"""Wait for the end of a workflow's attempt, and say which task failed and why."""

from __future__ import annotations

from argosy.sdk import (
    FailedLaterError,
    HandlerContext,
    InvocationError,
    JsonObject,
    NotFinishedError,
    Problem,
    Reply,
)

from ._attempts import attempt_seconds, reason_of, status_of


def run(context: HandlerContext) -> Reply:
    """Return the attempt once it has succeeded.

    Raises FailedLaterError with the first failed task and its error, and NotFinishedError; the
    outputs hold the attempt as it was seen last.
    """
    attempt_id, seconds = context.inputs["attemptId"], context.inputs["waitSeconds"]
    try:
        found = context.call(
            "get-workflow-attempt", attemptId=attempt_id, wait=True, waitSeconds=seconds
        )
    except FailedLaterError as failure:
        raise _failed(context, failure) from failure
    except NotFinishedError as failure:
        hint = "Call wait-for-attempt again, or diagnose-attempt to see what it does."
        problem = Problem("attempt-goes-on", f"attempt {attempt_id} goes on", hint=hint)
        facts = {"seconds": seconds, "status": failure.facts["status"], "problems": (problem,)}
        error = NotFinishedError(capability="wait-for-attempt", **facts)
        error.outputs = _outputs(context, failure.outputs["attempt"])
        raise error from failure
    return Reply(_outputs(context, found["attempt"]))


def _failed(context: HandlerContext, failure: FailedLaterError) -> FailedLaterError:
    status = failure.facts["status"]
    try:
        tasks = context.call("list-workflow-tasks", attemptId=context.inputs["attemptId"])["tasks"]
    except InvocationError:  # the attempt is what was asked for; the reason is a comment on it
        tasks = []
    reason = "it was stopped" if status == "killed" else reason_of(tasks)
    error = FailedLaterError(capability="wait-for-attempt", status=status, reason=reason)
    error.outputs = _outputs(context, failure.outputs["attempt"])
    if reason:
        error.outputs["reason"] = reason
    return error


def _outputs(context: HandlerContext, attempt: JsonObject) -> JsonObject:
    outputs = {"attempt": attempt, "attemptId": attempt.get("id"), "status": status_of(attempt)}
    seconds = attempt_seconds(attempt, context.now())
    return outputs if seconds is None else {**outputs, "durationSeconds": seconds}
