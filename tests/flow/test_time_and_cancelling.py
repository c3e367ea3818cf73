"""A run, a node, a loop that takes too long; and a run that is cancelled from another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.run import Run
from argosy.transport import Cancellation
from tests.drafts import capability
from tests.flow.conftest import Start
from tests.flow.harness import (
    Arrival,
    body,
    call,
    failed_with,
    flow,
    in_thread,
    kind,
    outputs_of,
    run_and_cancel,
    statuses,
    step_of,
    values,
)
from tests.servers import Received, Say, Scripted, ScriptedServer, Silence
from tests.steering import Steering

ASK = call("a", "ask", {"name": "x"})
LONG = kind("w", "wait", {"seconds": 3600})


def quickly(work: Callable[[], Run]) -> Run:
    """Run something that must not wait for what hangs."""
    began = time.monotonic()
    run = work()
    assert time.monotonic() - began < 5
    return run


def wait_for(event: threading.Event) -> None:
    assert event.wait(5)


def test_a_node_whose_request_hangs_ends_with_its_time(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Silence())
    made = flow({**ASK, "timeoutSeconds": 0.1})
    run = quickly(lambda: start().run(made))
    assert failed_with(run) == "The node 'a' failed: The step took longer than 0.1 s."
    error = step_of(run, "a").error
    assert error is not None
    assert error["code"] == "step-timed-out"


def test_a_time_that_was_up_is_an_error_that_an_edge_takes(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Silence())
    made = flow({**ASK, "timeoutSeconds": 0.1}, values("mend", n=1),
                edges=["start > a", "a error> mend"])  # fmt: skip
    assert outputs_of(start().run(made), "mend") == {"n": 1}


def test_a_run_whose_request_hangs_ends_with_its_time_whatever_its_nodes_say(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Silence())
    made = flow({**ASK, "onError": "continue"}, values("after"), settings={"timeoutSeconds": 0.1})
    run = quickly(lambda: start().run(made))
    assert failed_with(run) == "The run took longer than 0.1 s."
    assert list(statuses(run)) == ["start", "a"]


@pytest.mark.parametrize(
    ("node", "settings", "message"),
    [
        (
            {**LONG, "timeoutSeconds": 60},
            {},
            "The node 'w' failed: The step took longer than 60 s.",
        ),
        (LONG, {"timeoutSeconds": 50}, "The run took longer than 50 s."),
        (
            {**LONG, "timeoutSeconds": 60},
            {"timeoutSeconds": 50},
            "The run took longer than 50 s.",
        ),
    ],
)
def test_a_wait_ends_with_the_time_of_node_or_run(
    start: Start, steering: Steering, node: Any, settings: Any, message: str
) -> None:
    run = start(steering=steering).run(flow(node, settings=settings))
    assert failed_with(run) == message
    assert sum(steering.slept) == (50 if settings else 60)


def loop(what: str, inner: Any, **more: Any) -> Any:
    inputs: dict[str, Any] = (
        {"items": [1, 2, 3]} if what == "for-each" else {"condition": "{{ true }}"}
    )
    return kind("loop", what, {**inputs, **more}, body=inner, timeoutSeconds=25)


@pytest.mark.parametrize("what", ["for-each", "while"])
@pytest.mark.parametrize("mended", [False, True])
def test_a_loop_ends_with_its_time_and_nothing_in_it_takes_that_error(
    start: Start, steering: Steering, what: str, mended: bool
) -> None:
    inner = body(
        {**kind("w", "wait", {"seconds": 10}), "onError": "continue"}, values("next"),
        edges=["w > next"] + (["w error> next"] if mended else []),
    )  # fmt: skip
    run = start(steering=steering).run(flow(loop(what, inner)))
    assert failed_with(run) == "The node 'loop' failed: The step took longer than 25 s."
    assert sum(steering.slept) == 25
    assert statuses(run)["loop/2/w"] == "failed"
    assert "loop/2/next" not in statuses(run)


def test_a_loop_that_collects_errors_does_not_collect_its_own_end(
    start: Start, steering: Steering
) -> None:
    inner = body(kind("w", "wait", {"seconds": 10}))
    run = start(steering=steering).run(flow(loop("for-each", inner, onItemError="collect")))
    assert failed_with(run) == "The node 'loop' failed: The step took longer than 25 s."


def test_a_loop_collects_the_end_of_what_is_in_it(start: Start, steering: Steering) -> None:
    inner = body({**kind("w", "wait", {"seconds": 10}), "timeoutSeconds": 5})
    run = start(steering=steering).run(flow(loop("for-each", inner, onItemError="collect")))
    errors = outputs_of(run, "loop")["errors"]
    assert [one["error"]["message"] for one in errors] == [
        f"The node 'loop/{i}/w' failed: The step took longer than 5 s." for i in range(3)
    ]


def test_a_subflow_ends_with_the_time_of_the_node_that_calls_it(
    start: Start, steering: Steering
) -> None:
    flows = {"other": flow(LONG, id_="other", settings={"timeoutSeconds": 9999})}
    node = {**kind("sub", "subflow", {"flow": "other"}), "timeoutSeconds": 30}
    run = start(steering=steering, flows=flows).run(flow(node))
    assert failed_with(run) == "The node 'sub' failed: The step took longer than 30 s."
    assert steering.slept == [30]


def test_a_call_that_waits_for_its_end_asks_no_more_once_its_time_is_up(
    server: ScriptedServer, steering: Steering, tmp_path: Any
) -> None:
    from argosy import Dispatcher
    from argosy.model import Connection
    from tests.drafts import KEY, write_connector

    whole = {"type": "boolean"}
    state = capability("state", inputs={"type": "object", "properties": {"region": {}}})
    begin = capability(
        "begin",
        inputs={
            "type": "object",
            "properties": {"wait": whole, "waitSeconds": {"type": "integer"}},
        },
        waiting={
            "capability": "state",
            "inputs": {},
            "status": "{{ body.status }}",
            "succeeded": ["done"],
            "failed": ["lost"],
            "outputs": {},
            "interval": {"first": 1, "factor": 2, "longest": 8},
        },
    )
    server.answers(Say(200, {"status": "running"}))
    connector = write_connector(tmp_path, begin, state)
    given = Connection({"apiKey": KEY}, endpoint=server.url)
    with (
        Dispatcher(connector, given, steering.ports) as dispatcher,
        Engine(
            connector, {"": dispatcher}, ports=steering.ports,
            sleep=lambda seconds, _: steering.sleep(seconds),
        ) as engine,
    ):  # fmt: skip
        node = call("b", "begin", {"wait": True, "waitSeconds": 3600}, timeoutSeconds=20)
        run = engine.run(flow(node))
    assert failed_with(run) == "The node 'b' failed: The step took longer than 20 s."
    assert sum(steering.slept) == 20
    assert len(server.received) < 10


def test_a_request_in_flight_is_cut(start: Start, server: ScriptedServer) -> None:
    arrival = Arrival(Silence())
    server.answers(arrival)
    engine = start()
    run = quickly(lambda: run_and_cancel(engine, flow(ASK, values("after")), arrival.wait))
    assert failed_with(run, "cancelled") == "The run was cancelled: it was asked for."
    assert statuses(run) == {"start": "succeeded", "a": "cancelled"}


def test_a_wait_is_cut(start: Start) -> None:
    begun = threading.Event()

    def listener(event: Any) -> None:
        if event.get("path") == "w":
            begun.set()

    engine = start()
    run = quickly(
        lambda: run_and_cancel(engine, flow(LONG), lambda: wait_for(begun), listener=listener)
    )
    assert failed_with(run, "cancelled") == "The run was cancelled: it was asked for."
    assert statuses(run)["w"] == "cancelled"


def test_a_wait_between_attempts_is_cut(start: Start, server: ScriptedServer) -> None:
    arrival = Arrival(Say(503))
    server.answers(arrival)
    node = call(
        "a", "tell", retry={"maxAttempts": 9, "backoffSeconds": 3600, "maxBackoffSeconds": 3600}
    )
    engine = start()
    run = quickly(lambda: run_and_cancel(engine, flow(node), arrival.wait))
    assert run.status == "cancelled"
    assert len(server.received) == 1


def test_a_loop_is_cut_with_all_that_is_in_flight(start: Start, server: ScriptedServer) -> None:
    inside = threading.Semaphore(0)

    def answer(_request: Received) -> Scripted:
        inside.release()
        return Silence()

    def wait_for_both() -> None:
        assert inside.acquire(timeout=5)
        assert inside.acquire(timeout=5)

    server.answers(answer)
    inputs = {"items": list(range(50)), "concurrency": 2, "onItemError": "collect"}
    made = flow(kind("each", "for-each", inputs, body=body(ASK)))
    engine = start(workers=2)
    run = quickly(lambda: run_and_cancel(engine, made, wait_for_both))
    assert run.status == "cancelled"
    assert len(server.received) == 2


def test_a_run_that_was_cancelled_before_it_began_does_nothing(
    start: Start, server: ScriptedServer
) -> None:
    cancellation = Cancellation()
    cancellation.cancel("no need any more")
    run = start().run(flow(ASK), cancellation=cancellation)
    assert failed_with(run, "cancelled") == "The run was cancelled: no need any more."
    assert run.steps == []
    assert server.received == []


def test_no_edge_and_no_node_takes_a_cancellation(start: Start, server: ScriptedServer) -> None:
    arrival = Arrival(Silence())
    server.answers(arrival)
    made = flow({**ASK, "onError": "continue"}, values("always"), values("mend"),
                edges=["start > a", "a always> always", "a error> mend"])  # fmt: skip
    run = run_and_cancel(start(), made, arrival.wait)
    assert list(statuses(run)) == ["start", "a"]


def test_cancelling_one_run_leaves_the_others_of_an_engine_alone(
    start: Start, server: ScriptedServer
) -> None:
    arrival = Arrival(Silence())
    server.answers(arrival, Say(200, {"value": 1}))
    engine = start()
    run = run_and_cancel(engine, flow(ASK), arrival.wait)
    assert run.status == "cancelled"
    for _ in range(3):
        assert outputs_of(engine.run(flow(ASK)), "a")["value"] == 1


def test_one_cancellation_may_end_many_runs(start: Start, server: ScriptedServer) -> None:
    inside = threading.Semaphore(0)

    def answer(_request: Received) -> Scripted:
        inside.release()
        return Silence()

    server.answers(answer)
    cancellation = Cancellation()
    engine = start()
    results = [
        in_thread(lambda: engine.run(flow(ASK), cancellation=cancellation)) for _ in range(3)
    ]
    for _ in results:
        assert inside.acquire(timeout=5)
    cancellation.cancel()
    assert [result().status for result in results] == ["cancelled"] * 3


def test_nothing_of_a_run_stays_with_a_cancellation_that_goes_on(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(200, {"value": 1}), Say(404))
    cancellation = Cancellation()
    engine = start()
    for _ in range(3):
        engine.run(flow(ASK), cancellation=cancellation)
    assert cancellation._held == set()


def test_a_run_that_fails_waits_for_no_wait(start: Start, server: ScriptedServer) -> None:
    inner = body(LONG)
    made = flow(
        LONG,
        kind("each", "for-each", {"items": [1]}, body=inner),
        call("a", "ask", {"name": "x"}),
        edges=["start > w", "start > each", "start > a"],
    )
    server.answers(Say(404))
    run = quickly(lambda: start(workers=4).run(made))
    assert failed_with(run).startswith("The node 'a' failed: ")


def test_a_run_that_fails_loses_no_answer_that_was_on_its_way(
    start: Start, server: ScriptedServer
) -> None:
    failed = threading.Event()

    def answer(request: Received) -> Scripted:
        if request.path == "/slow":
            assert failed.wait(5)
            return Say(200, {"value": "kept"})
        return Say(404)

    def listener(event: Any) -> None:
        if event["event"] == "step-ended" and event["path"] == "a":
            failed.set()

    server.answers(answer)
    made = flow(
        call("slow", "ask", {"name": "slow"}), values("next"), ASK,
        edges=["start > slow", "start > a", "slow > next"],
    )  # fmt: skip
    run = start(workers=4).run(made, listener=listener)
    assert failed_with(run).startswith("The node 'a' failed: ")
    assert step_of(run, "slow").outputs["value"] == "kept"
    assert "next" not in statuses(run)
