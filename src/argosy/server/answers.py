"""What goes back: a status, headers, a body of bytes. Errors are problem details (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from argosy.errors import InvalidRunInputError, RunCancelledError, RunTimedOutError
from argosy.flow.run import shown_value
from argosy.rendering import encode_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.flow import Run
    from argosy.model import JsonObject, Problem

Headers = list[tuple[str, str]]

_JSON = ("content-type", "application/json")
_PROBLEM = ("content-type", "application/problem+json")
_NOT_KEPT = ("cache-control", "no-store")
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
#: A response of one of these statuses has no body (RFC 9110).
_WITHOUT_BODY = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `status` is the whole line without the version."""

    status: str
    headers: Headers
    body: bytes = b""


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """Carries the answer to a request that starts no run."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.answer = problem_answer(status, code, detail, problems=problems, headers=headers)


def problem_answer(
    status: int,
    code: str,
    detail: str,
    *,
    run_id: str = "",
    problems: Sequence[Problem] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Answer:
    """Return an answer that says what is wrong."""
    line = status_line(status)
    said: JsonObject = {
        "type": "about:blank",
        "title": line.partition(" ")[2],
        "status": status,
        "detail": detail,
        "code": code,
    }
    if run_id:
        said["run"] = run_id
    if problems:
        said["problems"] = [problem.to_json() for problem in problems]
    return Answer(line, [_PROBLEM, _NOT_KEPT, *headers, *_named(run_id)], encode_json(said))


def answer_of(run: Run) -> Answer:
    """Return the answer that a run gives, also where it failed or responded nothing."""
    response = run.response
    if response is None:
        return failure_of(run) if run.error is not None else _empty(204, run.id)
    status = response.status_code
    if status in _WITHOUT_BODY:
        return _empty(status, run.id)
    body = encode_json(shown_value(response.body))
    return Answer(status_line(status), [_JSON, _NOT_KEPT, ("argosy-run", run.id)], body)


def failure_of(run: Run) -> Answer:
    """Return what a caller may know of a failed run: whose fault it is, and the run's id.

    How it failed inside stands in the server's log and in the run's record.
    """
    error = run.error
    if isinstance(error, InvalidRunInputError):
        return problem_answer(
            422, error.code, error.message, run_id=run.id, problems=error.problems
        )
    if isinstance(error, RunTimedOutError):
        return problem_answer(504, error.code, error.message, run_id=run.id)
    if isinstance(error, RunCancelledError):
        return problem_answer(503, error.code, "The run was cancelled.", run_id=run.id)
    return crash_answer(run.id)


def crash_answer(run_id: str) -> Answer:
    """Return the answer where nothing may be told but that it failed."""
    detail = "The run failed; the server's log says why, in the line of this run."
    return problem_answer(500, "run-failed", detail, run_id=run_id)


def _empty(status: int, run_id: str) -> Answer:
    return Answer(status_line(status), [_NOT_KEPT, *_named(run_id)])


def _named(run_id: str) -> Headers:
    return [("argosy-run", run_id)] if run_id else []


def status_line(status: int) -> str:
    """Return a status as a WSGI server takes it: the number and its words."""
    return _STATUS_LINES.get(status) or f"{status} Unknown"
