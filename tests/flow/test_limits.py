"""Limits with their errors, and flows that are large and still quick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.model import Flow
from tests.counting import calls_of
from tests.flow.conftest import Start
from tests.flow.harness import body, call, failed_with, flow, kind, outputs_of, statuses, values
from tests.servers import Say, ScriptedServer


def test_a_run_takes_so_many_steps_and_no_more(engine: Engine) -> None:
    loop = kind("loop", "while", {"condition": "{{ true }}"}, body=body(values("v")))
    run = engine.run(flow({**loop, "onError": "continue"}, settings={"maxSteps": 5}))
    assert failed_with(run) == "The run took more than 5 steps."
    assert list(statuses(run)) == ["start", "loop", "loop/0/v", "loop/1/v", "loop/2/v"]
    assert engine.run(flow(values("a"), settings={"maxSteps": 2})).status == "succeeded"


def test_a_loop_does_not_collect_that_there_are_too_many_steps(engine: Engine) -> None:
    inputs = {"items": list(range(50)), "onItemError": "collect", "concurrency": 3}
    made = flow(kind("each", "for-each", inputs, body=body(values("v"))), settings={"maxSteps": 10})
    run = engine.run(made)
    assert failed_with(run) == "The run took more than 10 steps."
    assert len(run.steps) == 10


def test_outputs_are_so_large_and_no_larger(engine: Engine) -> None:
    settings = {"maxOutputBytes": 50}
    run = engine.run(flow(values("a", t="x" * 60), settings=settings))
    assert failed_with(run) == "The node 'a' failed: The outputs have 68 bytes; 50 are allowed."
    assert engine.run(flow(values("a", t="x" * 42), settings=settings)).status == "succeeded"


def test_outputs_that_are_too_large_are_an_error_that_an_edge_takes(engine: Engine) -> None:
    made = flow(
        values("a", t="x" * 60), values("mend", code="{{ nodes.a.error.code }}"),
        edges=["start > a", "a error> mend"], settings={"maxOutputBytes": 50},
    )  # fmt: skip
    assert outputs_of(engine.run(made), "mend") == {"code": "output-too-large"}


def test_what_grows_from_turn_to_turn_ends_at_the_limit(engine: Engine) -> None:
    inner = body(kind("s", "set-variable", {"values": {"t": "{{ vars.t ~ vars.t }}"}}))
    made = flow(
        kind("loop", "while", {"condition": "{{ true }}"}, body=inner),
        variables={"t": {"value": "x" * 1000}},
        settings={"maxOutputBytes": 100_000},
    )
    assert "bytes; 100000 are allowed" in failed_with(engine.run(made))


def test_what_nests_from_turn_to_turn_ends_at_the_limit(engine: Engine) -> None:
    inner = body(kind("s", "set-variable", {"values": {"t": "{{ [vars.t] }}"}}))
    made = flow(
        kind("loop", "while", {"condition": "{{ true }}", "limit": 5000}, body=inner),
        variables={"t": {"value": 1}},
    )
    run = engine.run(made)
    assert failed_with(run) == (
        "The node 'loop/253/s' failed: The outputs are nested more than 200 levels deep."
    )
    assert run.to_json()["status"] == "failed"


def test_an_answer_that_is_nested_beyond_measure_fails_its_step(
    start: Start, server: ScriptedServer
) -> None:
    for deep in (300, 900, 100_000):
        server.answers(Say(200, b"[" * deep + b"]" * deep, {"Content-Type": "application/json"}))
        events: list[Any] = []
        run = start().run(flow(call("a", "ask", {"name": "x"})), listener=events.append)
        assert run.status == "failed" or isinstance(run.steps[1].outputs["rawResponse"], str)
        assert run.to_json()


def test_whole_numbers_of_any_size_are_values(engine: Engine) -> None:
    run = engine.run(flow(values("a", n="{{ input.n }}")), {"n": 10**60})
    assert outputs_of(run, "a") == {"n": 10**60}


MANY = 2000


def chain(count: int) -> Flow:
    """Make a flow of nodes in a row, each of which reads the one before."""
    nodes = [values(f"n{i}", n=f"{{{{ nodes.n{i - 1}.outputs.n + 1 }}}}") for i in range(1, count)]
    return flow(values("n0", n=0), *nodes)


def fan(count: int) -> Flow:
    """Make a flow of nodes side by side, and one behind them all."""
    nodes = [values(f"n{i}", n=i) for i in range(count)]
    ways = [f"start > n{i}" for i in range(count)] + [f"n{i} > end" for i in range(count)]
    return flow(*nodes, values("end", n="{{ nodes | length }}", join="all"), edges=ways)


def loop(count: int) -> Flow:
    """Make a flow that goes round so many times."""
    inputs = {"items": list(range(count)), "collect": "{{ nodes.v.outputs.n }}"}
    return flow(kind("each", "for-each", inputs, body=body(values("v", n="{{ item }}"))))


@pytest.mark.parametrize("workers", [0, 4])
def test_two_thousand_nodes_run(start: Start, workers: int) -> None:
    engine = start(workers=workers)
    in_a_row, side_by_side = engine.run(chain(MANY)), engine.run(fan(MANY))
    assert outputs_of(in_a_row, f"n{MANY - 1}") == {"n": MANY - 1}
    assert outputs_of(side_by_side, "end") == {"n": MANY + 1}
    assert outputs_of(engine.run(loop(MANY)), "each")["results"] == list(range(MANY))


@pytest.mark.parametrize("shape", [chain, fan, loop])
def test_twice_as_many_nodes_are_twice_the_work(start: Start, shape: Callable[[int], Flow]) -> None:
    engine = start(workers=0)
    few, many = shape(400), shape(800)
    engine.plan(few)
    engine.plan(many)
    assert calls_of(lambda: engine.run(many)) < 2.2 * calls_of(lambda: engine.run(few))
