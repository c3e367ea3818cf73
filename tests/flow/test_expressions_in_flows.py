"""What expressions in a flow read, what type they keep, and how they say what is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from argosy.flow import Engine
from tests.flow.conftest import Start
from tests.flow.harness import (
    body,
    call,
    failed_with,
    flow,
    kind,
    outputs_of,
    step_of,
    values,
)
from tests.servers import Say, ScriptedServer
from tests.steering import Steering

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize("value", [1, 1.5, True, None, "1", [1, "a"], {"a": {"b": []}}])
def test_a_value_that_is_one_expression_keeps_its_type(engine: Engine, value: Any) -> None:
    run = engine.run(flow(values("x", v="{{ input.v }}")), {"v": value})
    assert outputs_of(run, "x") == {"v": value}
    assert type(outputs_of(run, "x")["v"]) is type(value)


def test_text_around_an_expression_makes_text(engine: Engine) -> None:
    run = engine.run(flow(values("x", v="{{ input.n }} of {{ input.all }}")), {"n": 1, "all": [2]})
    assert outputs_of(run, "x") == {"v": "1 of [2]"}


def test_expressions_read_what_earlier_nodes_gave(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(500, {"message": "no"}))
    made = flow(
        values("a", n=1),
        call("b", "tell"),
        values(
            "c",
            out="{{ nodes.a.outputs.n }}",
            status="{{ nodes.a.status }}",
            outcome="{{ nodes.a.outcome }}",
            failed="{{ nodes.b.status }}",
            code="{{ nodes['b'].error.code }}",
            said="{{ nodes.b.error.vendorMessage }}",
            given_all_the_same="{{ nodes.b.outputs.statusCode }}",
            dash="{{ nodes['with-dash'].status | default('not run') }}",
        ),
        edges=["start > a", "a > b", "b error> c"],
    )
    assert outputs_of(start().run(made), "c") == {
        "out": 1,
        "status": "succeeded",
        "outcome": "success",
        "failed": "failed",
        "code": "unavailable",
        "said": "no",
        "given_all_the_same": 500,
        "dash": "not run",
    }


def test_expressions_read_the_run_and_its_time(start: Start, steering: Steering) -> None:
    made = flow(
        kind("w", "wait", {"seconds": 5}),
        values(
            "x",
            id="{{ run.id }}",
            flow="{{ run.flow }}",
            at="{{ run.startedAt }}",
            now="{{ now() }}",
        ),
    )
    run = start(steering=steering).run(made)
    assert outputs_of(run, "x") == {"id": run.id, "flow": "t", "at": 1000, "now": 1005}


def test_omit_leaves_members_and_items_out(engine: Engine) -> None:
    made = flow(values("x", a="{{ omit }}", b=["{{ omit }}", 1], c={"d": "{{ omit }}"}))
    assert outputs_of(engine.run(made), "x") == {"b": [1], "c": {}}


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("{{ input.email }}", "input.email"),
        ("{{ input.who.name.first.x }}", "input.who.name.first"),
        ("{{ nodes.later.outputs.x }}", "nodes.later"),
        ("{{ nodes.start.outputs.x }}", "nodes.start.outputs.x"),
        ("{{ nodes.start.output }}", "nodes.start.output"),
        ("{{ vars.count }}", "vars.count"),
        ("{{ item }}", "item"),
        ("Dear {{ input.email }}", "input.email"),
        ("{{ input.email | upper }}", "input.email"),
        ("{{ input.who.age + input.email }}", "input.who.age"),
    ],
)
def test_what_is_missing_is_named(engine: Engine, expression: str, missing: str) -> None:
    run = engine.run(flow(values("x", v=expression)), {"who": {"name": {}}})
    assert failed_with(run) == (
        f"The node 'x' failed: {expression} has no value: there is no {missing}."
    )
    assert run.error is not None
    assert [one.pointer for one in run.error.problems] == ["/nodes/1/inputs/values/v"]
    assert step_of(run, "x").error is not None


@pytest.mark.parametrize(
    ("expression", "detail"),
    [
        ("{{ input.n / 0 }}", "division by zero"),
        ("{{ input.list[9] }}", "it has no value"),
        ("{{ now }}", "a function is called with () behind its name"),
        ("{{ new_uuid }}", "a function is called with () behind its name"),
        ("{{ 'a' * 3 }}", "only numbers can be multiplied"),
    ],
)
def test_what_cannot_be_computed_is_told(engine: Engine, expression: str, detail: str) -> None:
    run = engine.run(flow(values("x", v=expression)), {"n": 1, "list": [1]})
    assert failed_with(run) == f"The node 'x' failed: {expression} cannot be computed: {detail}."


def test_a_long_expression_is_shortened_in_its_error(engine: Engine) -> None:
    run = engine.run(flow(values("x", v="{{ input.absent }}" + "." * 5000)))
    assert len(failed_with(run)) < 400


def test_new_uuid_is_made_of_the_run_and_the_step(engine: Engine) -> None:
    made = flow(
        values("a", x="{{ new_uuid() }}", y="{{ new_uuid() }}"), values("b", x="{{ new_uuid() }}")
    )
    first, again, other = (engine.run(made, run_id=id_) for id_ in ("r1", "r1", "r2"))
    ids = [*outputs_of(first, "a").values(), *outputs_of(first, "b").values()]
    assert len(set(ids)) == 3
    assert all(UUID.fullmatch(one) for one in ids)
    assert outputs_of(again, "a") == outputs_of(first, "a")
    assert outputs_of(other, "a") != outputs_of(first, "a")


def test_new_uuid_is_there_in_conditions_and_in_loops_each_turn_with_its_own(
    engine: Engine,
) -> None:
    loop = body(values("v", x="{{ new_uuid() }}"))
    collect = {"own": "{{ nodes.v.outputs.x }}", "turn": "{{ new_uuid() }}"}
    made = flow(
        kind("if", "condition", {"left": "{{ new_uuid() }}", "operator": "not-empty"}),
        kind(
            "each",
            "for-each",
            {"items": [1, 2, 3], "concurrency": 3, "collect": collect},
            body=loop,
        ),
        edges=["start > if", "if true> each"],
    )
    first, again = (outputs_of(engine.run(made, run_id="r"), "each")["results"] for _ in range(2))
    assert first == again
    assert len({one for result in first for one in result.values()}) == 6


def test_ids_of_expressions_and_of_the_call_are_apart(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(200, {}))
    start().run(flow(call("a", "tell", {"ref": "{{ new_uuid() }}"})))
    sent = server.last.json
    assert sent["ref"] != sent["id"]
