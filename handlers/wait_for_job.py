"""Wait for a job of any kind, and say how it ended and why it failed."""

from __future__ import annotations

from argosy.sdk import HandlerContext, Reply

from ._jobs import ended_job, outputs_of_job


def run(context: HandlerContext) -> Reply:
    """Return the job once it has succeeded.

    Raises FailedLaterError, with the reason out of the job's log, and NotFinishedError.
    """
    job_id = str(context.inputs["jobId"])
    job = ended_job(context, "wait-for-job", job_id)
    return Reply({**outputs_of_job(job_id, job), "job": job})
