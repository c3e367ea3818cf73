"""Variables that nodes of `variablesConnector` set, in every context."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.flow import Engine
from tests.flow.conftest import Start
from tests.flow.davinci.nodes import error_of, node, row
from tests.flow.harness import flow, outputs_of, values

RUN: dict[str, Any] = {"text": {}, "count": {}, "object": {}, "yes": {}}
SAVES = [
    ("saveValue", "saveVariables"),
    ("saveFlowValue", "saveFlowVariables"),
    ("saveCompanyValue", "saveCompanyVariables"),
    ("saveValueUserInfo", "saveVariables"),
    ("saveValueUserInfo", "saveUserVariables"),
]


@pytest.mark.parametrize(("capability", "place"), SAVES)
def test_values_are_saved_with_their_types(engine: Engine, capability: str, place: str) -> None:
    rows = [
        row("text", 5, "string"),
        row("count", "5", "number"),
        row("object", '{"a": 1}', "object"),
        row("yes", "TRUE", "boolean"),
    ]
    save = node("s", f"variablesConnector/{capability}", {place: rows})
    run = engine.run(flow(save, values("v", it="{{ vars.count }}"), variables=RUN))
    assert outputs_of(run, "v") == {"it": 5}
    assert run.variables == {"text": "5", "count": 5, "object": {"a": 1}, "yes": True}


def test_what_does_not_convert_stays_text(engine: Engine) -> None:
    save = node(
        "s", "variablesConnector/saveValue", {"saveVariables": [row("count", "x", "number")]}
    )
    assert engine.run(flow(save, variables=RUN)).variables["count"] == "x"


def test_a_variable_that_is_not_declared_is_told(engine: Engine) -> None:
    save = node("s", "variablesConnector/saveValue", {"saveVariables": [row("nope", "x")]})
    error = error_of(engine.run(flow(save, variables=RUN)), "s")
    assert "declares no variable 'nope'" in error["message"]


@pytest.mark.parametrize("scope", ["flow", "shared"])
def test_variables_of_flow_and_company_outlive_a_run(start: Start, scope: str) -> None:
    kept = {"n": {"scope": scope, "value": 1}}
    add = node("a", "variablesConnector/incrementByN", {"variable": "n", "incrementCounter": "2"})
    running = start()
    found = [outputs_of(running.run(flow(add, variables=kept)), "a") for _ in range(3)]
    assert found == [{"n": 3}, {"n": 5}, {"n": 7}]
    other = flow(values("v", it="{{ vars.n }}"), id_="other", variables=kept)
    assert outputs_of(running.run(other), "v") == {"it": 7 if scope == "shared" else 1}


@pytest.mark.parametrize(
    ("properties", "first", "wanted"),
    [
        ({"variable": "count"}, None, {"count": 1}),
        ({"variable": "count"}, "", {"count": 1}),
        ({"variable": "count", "incrementCounter": "3"}, "4", {"count": 7}),
        ({"variable": "count", "incrementCounter": "-0.5"}, 4, {"count": 3.5}),
        ({"saveVariables": [row("count", "2"), row("text", "")]}, 1, {"count": 3, "text": 1}),
        ({"saveVariables": [row("count", "")], "incrementCounter": 5}, 1, {"count": 6}),
    ],
)
def test_increments(engine: Engine, properties: Any, first: Any, wanted: Any) -> None:
    add = node("a", "variablesConnector/incrementByN", properties)
    run = engine.run(flow(add, variables={**RUN, "count": {"value": first}}))
    assert outputs_of(run, "a") == wanted


@pytest.mark.parametrize(
    ("properties", "first", "said"),
    [
        ({}, 1, "It names no variable to add to."),
        ({"variable": "count", "incrementCounter": "x"}, 1, 'cannot grow by "x"'),
        ({"variable": "count"}, "x", "The variable 'count' is \"x\", which is no number."),
        ({"variable": "count", "incrementCounter": "1e308"}, 1.7e308, "too large a number"),
    ],
)
def test_an_increment_that_is_none_is_told(
    engine: Engine, properties: Any, first: Any, said: str
) -> None:
    add = node("a", "variablesConnector/incrementByN", properties)
    run = engine.run(flow(add, variables={"count": {"value": first}}))
    assert said in error_of(run, "a")["message"]


def test_branches_lose_no_increment(engine: Engine) -> None:
    adds = [node(f"a{n}", "variablesConnector/incrementByN", {"variable": "n"}) for n in range(20)]
    edges = [f"start > a{n}" for n in range(20)]
    assert engine.run(flow(*adds, edges=edges, variables={"n": {}})).variables == {"n": 20}


@pytest.mark.parametrize(
    ("type_", "schema"), [("secret", {}), ("string", {"type": "string", "secret": True})]
)
def test_secrets_stand_in_no_record(engine: Engine, type_: str, schema: Any) -> None:
    rows = [row("key", "{{ 'hush' }}-hush", type_), row("text", "open")]
    save = node("s", "variablesConnector/saveValue", {"saveVariables": rows})
    read = values("v", it="{{ vars.key }}")
    variables = {"key": {"schema": schema}, "text": {}}
    events: list[Any] = []
    run = engine.run(flow(save, read, variables=variables), listener=events.append)
    assert outputs_of(run, "v") == {"it": "hush-hush"}
    assert "hush-hush" not in str(events) + str(run.to_json())
    assert "open" in str(run.to_json())


def test_a_replay_sets_them_again(engine: Engine) -> None:
    tested = flow(
        node("s", "variablesConnector/saveValue", {"saveVariables": [row("n", "5", "number")]}),
        node("a", "variablesConnector/incrementByN", {"variable": "n", "incrementCounter": 2}),
        node("r", "httpConnector/createErrorResponse", {"message": "no"}),
        values("v", it="{{ vars.n }}"),
        variables={"n": {}},
    )
    run = engine.replay(tested, engine.run(tested), start_at="v")
    assert outputs_of(run, "v") == {"it": 7}
    assert [step.reused for step in run.steps] == [True, True, True, True, False]
    assert run.response is not None
    assert (run.response.is_error, run.response.body) == (True, {"message": "no"})
