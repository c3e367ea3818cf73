"""The events of a run: complete, in order, JSON; and what becomes of a listener that fails."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from argosy.errors import ArgosyError
from argosy.flow import Engine
from argosy.transport import Cancellation
from tests.flow.conftest import Start
from tests.flow.harness import Gate, body, call, flow, kind, values
from tests.servers import ScriptedServer


def told(engine: Engine, made: Any, given: Any = None, **more: Any) -> list[Any]:
    events: list[Any] = []
    engine.run(made, given, listener=events.append, **more)
    return [json.loads(json.dumps(event)) for event in events]


def test_events_tell_a_run_from_its_start_to_its_end(engine: Engine) -> None:
    made = flow(values("a", n=1), kind("r", "respond", {"body": "{{ nodes.a.outputs.n }}"}))
    events = told(engine, made, {"x": 1}, run_id="r1")
    assert [(one["event"], one.get("path", "")) for one in events] == [
        ("run-started", ""),
        ("step-started", "start"), ("step-ended", "start"),
        ("step-started", "a"), ("step-ended", "a"),
        ("step-started", "r"), ("responded", ""), ("step-ended", "r"),
        ("run-ended", ""),
    ]  # fmt: skip
    assert {one["run"] for one in events} == {"r1"}
    assert events[0]["flow"] == "t"
    assert events[4]["outputs"] == {"n": 1}
    assert events[6]["body"] == 1
    assert events[-1]["status"] == "succeeded"


def test_events_tell_how_a_run_failed(engine: Engine) -> None:
    events = told(engine, flow(kind("x", "fail", {"message": "no"})))
    assert events[-2]["error"]["message"] == "no"
    assert events[-1]["status"] == "failed"
    assert events[-1]["error"]["message"] == "The node 'x' failed: no"


def test_a_run_whose_input_is_refused_has_a_start_and_an_end(engine: Engine) -> None:
    events = told(engine, flow(inputs={"type": "object", "required": ["n"]}))
    assert [one["event"] for one in events] == ["run-started", "run-ended"]


def test_events_of_loops_and_branches_nest(start: Start, server: ScriptedServer) -> None:
    server.answers(Gate(waits_for=2))
    inner = body(call("ask", "ask", {"name": "x"}), values("v"), edges=["ask > v"])
    made = flow(
        kind("each", "for-each", {"items": [1, 2, 3, 4], "concurrency": 2}, body=inner),
        call("b", "ask", {"name": "y"}),
        edges=["start > each", "start > b"],
    )
    events = told(start(workers=4), made)
    assert events[0]["event"] == "run-started"
    assert [one["event"] for one in events].count("run-ended") == 1
    assert events[-1]["event"] == "run-ended"
    places = {(one["event"], one.get("path")): at for at, one in enumerate(events)}
    begun = [one["path"] for one in events if one["event"] == "step-started"]
    assert len(begun) == len(set(begun)) == 3 + 8
    for path in begun:
        assert places["step-started", path] < places["step-ended", path]
        around = path.split("/")[0]
        assert places["step-started", around] <= places["step-started", path]
        assert places["step-ended", path] <= places["step-ended", around]
    for turn in range(4):
        assert places["step-ended", f"each/{turn}/ask"] < places["step-started", f"each/{turn}/v"]


def test_a_listener_hears_one_event_at_a_time(start: Start, server: ScriptedServer) -> None:
    server.answers(Gate(waits_for=4))
    made = flow(
        *(call(f"n{i}", "ask", {"name": "x"}) for i in range(4)),
        edges=[f"start > n{i}" for i in range(4)],
    )
    inside = threading.Semaphore(1)

    def listener(_event: Any) -> None:
        assert inside.acquire(blocking=False)
        inside.release()

    assert start(workers=4).run(made, listener=listener).error is None


@pytest.mark.parametrize("event", ["run-started", "step-started", "step-ended", "run-ended"])
@pytest.mark.parametrize("workers", [0, 4])
def test_what_a_listener_raises_breaks_the_run_off(start: Start, event: str, workers: int) -> None:
    made = flow(
        values("a"), values("b"), kind("w", "wait", {"seconds": 3600}),
        edges=["start > a", "start > b", "b > w"] if event != "run-ended" else ["start > a"],
    )  # fmt: skip
    if event == "run-ended":
        made = flow(values("a"))

    def listener(told: Any) -> None:
        if told["event"] == event and told.get("path") in {None, "a"}:
            raise ZeroDivisionError(event)

    with pytest.raises(ZeroDivisionError, match=event):
        start(workers=workers).run(made, listener=listener)


def test_a_listener_may_cancel_the_run(start: Start) -> None:
    cancellation = Cancellation()

    def listener(event: Any) -> None:
        if event.get("path") == "a":
            cancellation.cancel("seen enough")

    run = start().run(flow(values("a"), values("b")), listener=listener, cancellation=cancellation)
    assert isinstance(run.error, ArgosyError)
    assert run.error.message == "The run was cancelled: seen enough."


def test_a_listener_may_run_another_flow(engine: Engine) -> None:
    inner: list[str] = []

    def listener(_event: Any) -> None:
        inner.append(engine.run(flow(values("v"))).status)

    engine.run(flow(values("a")), listener=listener)
    assert set(inner) == {"succeeded"}
