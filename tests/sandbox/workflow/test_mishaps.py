"""What goes wrong in the sandbox itself, or at a bad moment, ends one attempt and nothing else."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from argosy.sandbox import Settings
from argosy.sandbox.clock import Clock
from argosy.sandbox.state import State
from argosy.sandbox.workflow.archives import make_archive
from argosy.sandbox.workflow.attempts import Start
from argosy.sandbox.workflow.operators import OPERATORS
from argosy.sandbox.workflow.sessions import Attempt
from tests.sandbox.conftest import NOON
from tests.sandbox.workflow.conftest import Workflows

DIG = b"+a: {echo>: a}\n+b: {echo>: b}\n"


@pytest.fixture
def make_state() -> Iterator[Callable[..., State]]:
    states: list[State] = []

    def make(**settings: Any) -> State:
        chosen: dict[str, Any] = {"now": NOON, "seed": {}} | settings
        states.append(State(Settings(**chosen), "us01", 0, Clock(NOON)))
        return states[-1]

    yield make
    for state in states:
        state.close()


def start(state: State) -> Attempt:
    family = state.workflow
    _, definitions = family.projects.put("shop", "r1", make_archive({"daily.dig": DIG}), {})
    return family.attempts.start(Start(definitions[0], NOON, "1"))


def look_often(state: State, attempt: Attempt) -> None:
    for _ in range(20):
        state.clock.advance(5)
        state.workflow.runner.look(attempt.id)


def told(state: State, attempt: Attempt) -> dict[str, str]:
    """Give what the logs of an attempt say, by task."""
    logs = state.workflow.logs
    return {
        one.task: gzip.decompress(logs.content(attempt.id, one.name) or b"").decode()
        for one in logs.of(attempt.id, None)
    }


def oh_no(*_: Any) -> Any:
    raise ZeroDivisionError("oh no")


def test_a_mistake_of_the_sandbox_fails_the_attempt(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_state()
    attempt = start(state)
    monkeypatch.setattr(state.workflow.runner, "_perform", oh_no)
    state.agenda.settle()

    found = state.workflow.sessions.attempt(attempt.id)
    assert (found.status, found.finished_at) == ("error", NOON)
    logs = told(state, attempt)
    assert list(logs) == ["+daily"]
    assert re.search(
        r": The sandbox failed: ZeroDivisionError at workflow/running\.py:\d+\n$", logs["+daily"]
    )
    assert "oh no" not in logs["+daily"]
    state.agenda.settle()


def test_a_mistake_in_an_operator_fails_its_task_and_tells_where(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_state()
    attempt = start(state)
    monkeypatch.setitem(OPERATORS, "echo", oh_no)
    state.agenda.settle()

    assert state.workflow.sessions.attempt(attempt.id).status == "error"
    tasks = {one.full_name: one for one in state.workflow.sessions.tasks(attempt.id)}
    where = r"The sandbox failed: ZeroDivisionError at workflow/running\.py:\d+"
    assert re.fullmatch(rf"{where} \(runtime\)", str(tasks["+daily+a"].error["message"]))
    assert (tasks["+daily+a"].state, tasks["+daily+b"].state) == ("error", "blocked")
    log = told(state, attempt)["+daily+a"]
    assert re.search(where, log)
    assert "oh no" not in log


def test_what_recurses_too_deep_tells_where(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_state()
    attempt = start(state)

    def recurse(run: Any) -> Any:
        return recurse(run)

    monkeypatch.setitem(OPERATORS, "echo", recurse)
    state.agenda.settle()

    log = told(state, attempt)["+daily+a"]
    assert re.search(r"The sandbox failed: RecursionError at workflow/running\.py:\d+", log)
    assert "It is nested too deep (config)" in log


@pytest.mark.parametrize("pace", ["immediate", "polls:2", "seconds:10"])
def test_an_attempt_that_was_cut_off_is_taken_up(
    make_state: Callable[..., State], monkeypatch: pytest.MonkeyPatch, pace: str
) -> None:
    state = make_state(pace=pace)
    attempt = start(state)
    runner = state.workflow.runner

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(runner, "_outcome", stop)
        with pytest.raises(KeyboardInterrupt):
            look_often(state, attempt)
    look_often(state, attempt)

    assert state.workflow.sessions.attempt(attempt.id).status == "success"


def test_a_killed_attempt_wakes_those_that_wait_for_it(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="seconds:10")
    api.upload({"daily.dig": "+a: {require>: other}", "other.dig": "+a: {wait>: 1h}"})
    attempt = api.start()
    api.client.control("PUT", "clock", {"advance": 60})
    other = api.get("attempts", project="shop", workflow="other")["attempts"][0]
    assert api.states(attempt)["+daily+a"] == "retry_waiting"

    killed = api.send("POST", f"attempts/{other['id']}/kill")

    assert killed["status"] == "killed"
    assert api.finish(attempt)["status"] == "error"
    assert "Dependent workflow failed" in str(api.tasks(attempt)["+daily+a"]["error"])


def test_killing_what_waits_ends_it_at_once(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="seconds:10")
    attempt = api.run("_parallel: true\n+a: {wait>: 1h}\n+b: {td>: no.sql, _retry: {interval: 60}}")
    api.client.control("PUT", "clock", {"advance": 20})
    assert set(api.states(attempt).values()) == {"planned", "retry_waiting"}

    killed = api.send("POST", f"attempts/{attempt['id']}/kill")

    assert (killed["status"], killed["done"]) == ("killed", True)
    assert set(api.states(attempt).values()) == {"canceled"}
    api.client.control("PUT", "clock", {"advance": 7200})
    assert set(api.states(attempt).values()) == {"canceled"}


def test_a_query_is_tried_again_by_its_retry(api: Workflows) -> None:
    attempt = api.run("+a:\n  td>: {query: 'SELECT * FROM nowhere'}\n  database: shop\n  _retry: 2")

    task = api.tasks(attempt)["+daily+a"]
    assert (task["state"], task["stateParams"]) == ("error", {"retry_count": 2})
    assert len(api.get(f"logs/{attempt['id']}/files", task="+daily+a")["files"]) == 3


def test_a_retry_without_an_end_does_not_keep_the_sandbox_from_answering(api: Workflows) -> None:
    attempt = api.run("+a:\n  _retry: 100000000\n  +b: {fail>: no}")

    assert api.attempt(attempt)["status"] == "error"


def test_what_is_reset_midway_is_forgotten(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="polls:2")
    dig = "+a: {echo>: a}\n+b: {echo>: b}"
    api.upload({"daily.dig": dig})
    attempt = api.start()
    before = [api.states(attempt) for _ in range(3)]
    api.client.control("POST", "reset", {})

    api.upload({"daily.dig": dig})

    assert api.start()["id"] == attempt["id"]
    assert [api.states(attempt) for _ in range(3)] == before
    assert before[0] != before[2]
    assert api.finish(attempt)["status"] == "success"
