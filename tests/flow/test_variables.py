"""Variables of a run and of a flow: nothing that branches add is lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.plan import compile_flow
from argosy.flow.state import Frame
from argosy.flow.variables import MemoryVariables
from tests.flow.conftest import Start
from tests.flow.harness import body, failed_with, flow, in_thread, kind, outputs_of, values

ADD = kind("add", "increment", {"variable": "n", "by": "{{ item }}"})


def counting(scope: str = "run", concurrency: int = 8, items: int = 40) -> Any:
    inputs = {"items": list(range(items)), "concurrency": concurrency}
    return flow(
        kind("each", "for-each", inputs, body=body(ADD)),
        values("total", n="{{ vars.n }}"),
        variables={"n": {"value": 0, "scope": scope}},
    )


def test_variables_begin_with_their_values_or_null(engine: Engine) -> None:
    made = flow(
        values("v", a="{{ vars.a }}", b="{{ vars.b }}"), variables={"a": {"value": 1}, "b": {}}
    )
    assert outputs_of(engine.run(made), "v") == {"a": 1, "b": None}


def test_variables_are_set_all_or_none(engine: Engine) -> None:
    variables = {"a": {"value": 1}, "b": {"schema": {"type": "integer"}, "value": 2}}
    made = flow(kind("s", "set-variable", {"values": {"a": 9, "b": "x"}}), variables=variables)
    run = engine.run(made)
    assert "the variable 'b' cannot be \"x\"" in failed_with(run)
    assert run.variables == {"a": 1, "b": 2}
    made = flow(
        kind("s", "set-variable", {"values": {"a": "{{ vars.b }}", "b": 7}}), variables=variables
    )
    assert engine.run(made).variables == {"a": 2, "b": 7}


def test_a_variable_without_a_value_is_incremented_from_nought(engine: Engine) -> None:
    made = flow(kind("i", "increment", {"variable": "n", "by": -2.5}), variables={"n": {}})
    assert outputs_of(engine.run(made), "i") == {"value": -2.5}


def test_increments_at_the_same_time_lose_nothing(start: Start) -> None:
    run = start(workers=8).run(counting())
    assert outputs_of(run, "total") == {"n": sum(range(40))}
    seen = sorted(step.outputs["value"] for step in run.steps if step.node == "add")
    assert len(set(seen)) >= 39  # adding nought shows a value twice


def test_a_variable_of_a_run_begins_anew_and_one_of_a_flow_is_kept(engine: Engine) -> None:
    for scope, expected in (("run", [780, 780]), ("flow", [780, 1560])):
        made = counting(scope)
        with Engine(engine.connector, {}) as running:
            assert [outputs_of(running.run(made), "total")["n"] for _ in range(2)] == expected


def test_runs_at_the_same_time_lose_nothing_of_a_flows_variable(start: Start) -> None:
    engine = start(workers=4)
    made = counting("flow", concurrency=2, items=10)
    results = [in_thread(lambda: engine.run(made)) for _ in range(8)]
    for result in results:
        assert result().error is None
    assert engine.variables.load("t") == {"n": 8 * 45}


def test_flows_keep_their_variables_apart(start: Start) -> None:
    engine = start()
    for name in ("a", "b"):
        made = flow(
            kind("i", "increment", {"variable": "n"}), id_=name, variables={"n": {"scope": "flow"}}
        )
        assert outputs_of(engine.run(made), "i") == {"value": 1}


def test_flows_that_declare_a_variable_as_shared_have_it_together(start: Start) -> None:
    engine = start()
    shared, own = {"n": {"scope": "shared", "value": 5}}, {"n": {"scope": "flow"}}
    adding = kind("i", "increment", {"variable": "n"})
    made = [flow(adding, id_=name, variables=shared) for name in ("a", "b")]
    assert [outputs_of(engine.run(one), "i")["value"] for one in (*made, *made)] == [6, 7, 8, 9]
    reading = flow(values("v", n="{{ vars.n }}"), id_="c", variables=shared)
    assert outputs_of(engine.run(reading), "v") == {"n": 9}
    assert outputs_of(engine.run(flow(adding, id_="a", variables=own)), "i") == {"value": 1}


def test_a_flow_may_have_variables_of_every_scope(engine: Engine) -> None:
    scopes = ("run", "flow", "shared")
    variables: Any = {scope: {"scope": scope, "value": 0} for scope in scopes}
    made = flow(
        *(kind(f"i-{scope}", "increment", {"variable": scope}) for scope in scopes),
        variables=variables,
    )
    with Engine(engine.connector, {}) as running:
        first = running.run(made)
        assert running.run(made).variables == {"run": 1, "flow": 2, "shared": 2}
        again = running.replay(made, first)
    assert again.variables == {"run": 1, "flow": 2, "shared": 2}


@pytest.mark.parametrize("scope", ["run", "flow", "shared"])
@pytest.mark.parametrize("apart", [False, True])
def test_no_change_comes_in_between_another(engine: Engine, scope: str, apart: bool) -> None:
    """One branch reads the variable and takes its time; another wants to add meanwhile.

    Apart, both are runs of their own, which share what is kept of the flow and nothing else.
    """
    plan = compile_flow(flow(variables={"n": {"value": 0, "scope": scope}}), engine.connector)
    store = MemoryVariables()
    first = Frame(plan, {}, store)
    other = Frame(plan, {}, store) if apart else first
    reading, done = threading.Event(), threading.Event()

    def slowly(value: Any) -> Any:
        reading.set()
        done.wait(0.1 if other is first or scope != "run" else 5)  # in vain, but for runs apart
        return value + 1

    def add() -> None:
        assert reading.wait(5)
        other.change("n", lambda value: value + 10)
        done.set()

    result = in_thread(add)
    first.change("n", slowly)
    result()
    if apart and scope == "run":
        assert (first.variables["n"], other.variables["n"]) == (1, 10)
    else:
        assert other.variables["n"] == 11
