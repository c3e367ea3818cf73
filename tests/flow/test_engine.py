"""The engine itself: its plans, its end, and what a defect in a node does to a run."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from argosy.flow import Engine, EngineSettings
from argosy.flow.engine import _MOST_PLANS
from argosy.flow.step_context import StepContext
from argosy.model import Connector
from tests.flow.conftest import Start
from tests.flow.harness import (
    Arrival,
    Gate,
    body,
    call,
    flow,
    in_thread,
    kind,
    outputs_of,
    statuses,
    values,
)
from tests.servers import Say, ScriptedServer


def test_a_flow_is_compiled_once(engine: Engine) -> None:
    made = flow(values("a"))
    assert engine.plan(made) is engine.plan(made)
    assert engine.plan(flow(values("a"))) is not engine.plan(made)


def test_plans_of_flows_that_were_replaced_go_out_one_day(drafted: Connector) -> None:
    with Engine(drafted, {}, settings=EngineSettings(workers=0)) as engine:
        for n in range(_MOST_PLANS + 50):
            assert outputs_of(engine.run(flow(values("a", n=n))), "a") == {"n": n}
        gc.collect()
        assert len(engine._plans) <= _MOST_PLANS


def test_an_engine_that_was_closed_runs_branches_one_after_the_other(
    start: Start, server: ScriptedServer
) -> None:
    gate = Gate()
    server.answers(gate)
    engine = start(workers=4)
    engine.close()
    inner = body(call("x", "ask", {"name": "x"}))
    made = flow(
        call("a", "ask", {"name": "a"}), call("b", "ask", {"name": "b"}),
        kind("each", "for-each", {"items": [1, 2], "concurrency": 2}, body=inner),
        edges=["start > a", "start > b", "start > each"],
    )  # fmt: skip
    assert engine.run(made).error is None
    assert gate.most == 1


def test_an_engine_that_is_closed_while_a_run_goes_on_lets_it_end(
    start: Start, server: ScriptedServer
) -> None:
    go = threading.Event()
    arrival = Arrival(Say(200, {"value": 1}))

    def answer(request: Any) -> Any:
        arrival(request)
        assert go.wait(10)
        return Say(200, {"value": 1})

    server.answers(answer)
    engine = start(workers=2)
    fan = [call(f"n{i}", "ask", {"name": "x"}) for i in range(6)]
    made = flow(
        call("a", "ask", {"name": "a"}), *fan,
        edges=["start > a", *(f"a > n{i}" for i in range(6))],
    )  # fmt: skip
    result = in_thread(lambda: engine.run(made))
    arrival.wait()
    closed = in_thread(engine.close)
    go.set()
    assert len(statuses(result())) == 8
    closed()


class DefectError(Exception):
    """What no node should raise."""


def crashing(at: str) -> Callable[..., Any]:
    def stub(context: StepContext, execute: Callable[..., Any]) -> Any:
        if context.step.path == at:
            raise DefectError(at)
        return execute(context)

    return stub


@pytest.mark.parametrize("workers", [0, 1, 4])
@pytest.mark.parametrize("at", ["a", "each/1/v", "sub/x", "loop/0/v"])
def test_a_defect_in_a_node_surfaces_and_hangs_nothing(start: Start, workers: int, at: str) -> None:
    made = flow(
        values("a", onError="continue"),
        kind("each", "for-each", {"items": [1, 2, 3], "concurrency": 2, "onItemError": "collect"},
             body=body(values("v"))),
        kind("sub", "subflow", {"flow": "other"}),
        kind("loop", "while", {"condition": "{{ index < 2 }}"}, body=body(values("v"))),
        kind("w", "wait", {"seconds": 3600}),
        edges=["start > a", "start > each", "start > sub", "start > loop", "a > w"],
    )  # fmt: skip
    flows = {"other": flow(values("x"), id_="other")}
    engine = start(workers=workers, flows=flows, stub=crashing(at))
    if workers == 0:
        made = flow(*[one for one in made.document["nodes"][1:] if one["id"] != "w"],
                    edges=["start > a", "start > each", "start > sub", "start > loop"])  # fmt: skip
    result = in_thread(lambda: engine.run(made))
    with pytest.raises(DefectError, match=at):
        result()


def test_an_engine_goes_on_after_a_defect(start: Start) -> None:
    engine = start(workers=2, stub=crashing("bad"))
    fan = flow(values("bad"), values("b"), edges=["start > bad", "start > b"])
    for _ in range(20):
        with pytest.raises(DefectError):
            engine.run(fan)
    assert engine.run(flow(values("a"))).status == "succeeded"


def test_runs_of_many_threads_do_not_mix(start: Start) -> None:
    engine = start(workers=3)
    inner = body(values("v", n="{{ item + input.n }}"))
    collect = "{{ nodes.v.outputs.n }}"
    made = flow(
        kind("each", "for-each", {"items": [1, 2, 3], "concurrency": 3, "collect": collect},
             body=inner),
        values("a", n="{{ input.n }}"), values("b", n="{{ input.n }}"),
        values("end", join="all",
               all="{{ [nodes.a.outputs.n, nodes.b.outputs.n, nodes.each.outputs.results] }}"),
        edges=["start > each", "start > a", "start > b", "each > end", "a > end", "b > end"],
    )  # fmt: skip

    def many(n: int) -> None:
        for _ in range(10):
            run = engine.run(made, {"n": n})
            assert outputs_of(run, "end") == {"all": [n, n, [n + 1, n + 2, n + 3]]}

    for result in [in_thread(partial(many, n)) for n in range(0, 80, 10)]:
        result()


def test_no_thread_is_left_when_an_engine_is_closed(start: Start, server: ScriptedServer) -> None:
    server.answers(Gate(waits_for=3))
    before = set(threading.enumerate())
    engine = start(workers=3)
    fan = [call(f"n{i}", "ask", {"name": "x"}) for i in range(3)]
    engine.run(flow(*fan, edges=[f"start > n{i}" for i in range(3)]))
    engine.close()
    left = {one.name for one in set(threading.enumerate()) - before}
    assert not any(name.startswith("flow") for name in left), left
