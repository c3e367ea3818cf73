"""Waiting for what a call has started: how it asks, how it ends, and that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    FailedLaterError,
    ForbiddenError,
    InvalidInputsError,
    NotFinishedError,
)
from tests.drafts import capability, unsafe
from tests.servers import Reset, Say, ScriptedServer
from tests.steering import Steering

Start = Callable[..., Dispatcher]

ASKED = capability(
    "read-job",
    inputs={
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}, "region": {}},
    },
    request={"method": "GET", "path": "/jobs/{id}"},
    response={"outputs": {"job": "{{ body }}"}},
    outputs={"type": "object", "properties": {"job": {"type": "object"}}},
)


def starter(**waiting: Any) -> dict[str, Any]:
    """Return a capability that starts a job and can wait for it."""
    return unsafe(
        "run-job",
        inputs={
            "type": "object",
            "properties": {
                "query": {"type": "string"},
                "region": {"type": "string"},
                "wait": {"type": "boolean"},
                "waitSeconds": {"type": "integer"},
            },
        },
        request={"method": "POST", "path": "/jobs", "body": {"query": "{{ inputs.query }}"}},
        response={"outputs": {"id": "{{ body.id }}"}},
        outputs={
            "type": "object",
            "properties": {"id": {"type": "string"}, "rows": {"type": "integer"}},
        },
        waiting={
            "capability": "read-job",
            "inputs": {"id": "{{ outputs.id }}"},
            "status": "{{ body.status }}",
            "succeeded": ["success"],
            "failed": ["error", "killed"],
            "outputs": {"rows": "{{ outputs.job.rows }}"},
            "interval": {"first": 1, "factor": 2, "longest": 5},
            **waiting,
        },
    )


STARTED = Say(body={"id": "7"})


def status(word: str, **more: Any) -> Say:
    return Say(body={"status": word, **more})


def test_a_call_that_does_not_wait_sends_one_request(start: Start, server: ScriptedServer) -> None:
    server.answers(STARTED)

    result = start(ASKED, starter()).call("run-job", {})

    assert (result.unwrap()["id"], len(server.received)) == ("7", 1)


def test_it_asks_until_the_end_with_growing_waits_and_gives_the_last_answer(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(STARTED, *[status("running")] * 5, status("success", rows=12))

    result = start(ASKED, starter()).call("run-job", {"wait": True})

    assert (result.unwrap()["id"], result.outputs["rows"]) == ("7", 12)
    assert steering.slept == [1, 2, 4, 5, 5]
    assert result.attempts == 7
    assert [r.path for r in server.received[1:]] == ["/jobs/7"] * 6


@pytest.mark.parametrize("word", ["error", "killed"])
def test_an_end_without_success_fails_the_call_and_names_what_was_started(
    start: Start, server: ScriptedServer, word: str
) -> None:
    server.answers(STARTED, status(word, rows=0))

    result = start(ASKED, starter()).call("run-job", {"wait": True})

    assert isinstance(result.error, FailedLaterError)
    assert str(result.error) == f"What 'run-job' waited for has ended as {word}."
    assert (result.outputs["id"], result.outputs["rows"]) == ("7", 0)


def test_the_time_to_wait_is_kept_and_what_was_started_is_named(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(STARTED, status("queued"), status("running"))

    result = start(ASKED, starter()).call("run-job", {"wait": True, "waitSeconds": 6})

    assert isinstance(result.error, NotFinishedError)
    expected = "What 'run-job' waits for is not finished after 6 s; it is running."
    assert str(result.error) == expected
    assert result.outputs["id"] == "7"
    assert sum(steering.slept) == pytest.approx(6)
    assert result.error.retryable is False


def test_a_question_that_fails_in_passing_is_asked_again(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(STARTED, Say(503), Reset(), Say(429), status("success"))
    settings = TransportSettings(max_attempts=1)

    result = start(ASKED, starter(), transport=settings).call("run-job", {"wait": True})

    assert (result.error, result.attempts) == (None, 5)


def test_a_question_that_is_refused_ends_the_wait_and_names_what_was_started(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(STARTED, Say(403, {"message": "no"}))

    result = start(ASKED, starter()).call("run-job", {"wait": True})

    assert isinstance(result.error, ForbiddenError)
    assert result.outputs["id"] == "7"


def test_a_question_that_cannot_be_asked_names_what_was_started(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(body={"id": "x"}))

    result = start(ASKED, starter()).call("run-job", {"wait": True})

    assert isinstance(result.error, InvalidInputsError)
    assert (result.outputs["id"], len(server.received)) == ("x", 1)


def test_a_start_that_fails_is_not_waited_for(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(403, {"message": "no"}))

    result = start(ASKED, starter()).call("run-job", {"wait": True})

    assert isinstance(result.error, ForbiddenError)
    assert len(server.received) == 1


def test_a_status_may_be_a_boolean_and_is_not_taken_for_another_value(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(STARTED, Say(body={"done": 1}), Say(body={}), Say(body={"done": True}))
    waiting = starter(status="{{ body.done }}", succeeded=[True], failed=[])

    result = start(ASKED, waiting).call("run-job", {"wait": True})

    assert (result.error, len(server.received)) == (None, 4)


def test_a_status_may_be_searched_for_in_a_list(start: Start, server: ScriptedServer) -> None:
    runs = [{"id": "6", "status": "success"}, {"id": "7", "status": "running"}]
    later = [{"id": "6", "status": "success"}, {"id": "7", "status": "success"}]
    server.answers(STARTED, Say(body={"runs": runs}), Say(body={"runs": later}))
    waiting = starter(status="{{ (body.runs | find('id', started.id)).status }}", outputs={})

    result = start(ASKED, waiting).call("run-job", {"wait": True})

    assert (result.error, len(server.received)) == (None, 3)


def test_a_capability_may_wait_for_itself(start: Start, server: ScriptedServer) -> None:
    guess = capability(
        "guess",
        inputs={"type": "object", "properties": {"wait": {}, "waitSeconds": {}}},
        response={"outputs": {"rule": "{{ body.rule }}"}},
        outputs={"type": "object", "properties": {"rule": {}}},
        waiting={
            "capability": "guess",
            "inputs": {},
            "status": "{{ body.status }}",
            "succeeded": ["success"],
            "failed": [],
            "outputs": {"rule": "{{ outputs.rule }}"},
        },
    )
    server.answers(status("running"), status("running"), status("success", rule="a"))

    result = start(guess).call("guess", {"wait": True})

    assert (result.unwrap()["rule"], len(server.received)) == ("a", 3)


def test_the_question_goes_to_the_region_of_the_call(start: Start, server: ScriptedServer) -> None:
    server.answers(STARTED, status("success"))

    result = start(ASKED, starter(), properties={"region": "south"}).call(
        "run-job", {"wait": True, "region": "north"}
    )

    assert result.error is None
