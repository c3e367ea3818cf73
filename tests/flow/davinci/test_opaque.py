"""What cannot run here says so, and the declarations say the same as the code."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import OpaqueNodeError
from argosy.flow import Engine
from argosy.flow.kinds.davinci import davinci_connectors, why_opaque
from argosy.flow.kinds.davinci.node import PERFORMS
from argosy.flow.kinds.davinci.opaque import REASONS
from argosy.testing.stubs import Stubs
from argosy.validation import Validator
from tests.flow.conftest import Start
from tests.flow.davinci.nodes import error_of, node
from tests.flow.harness import flow, outputs_of, step_of, values

SCREEN = "it is part of a screen, which needs a person in a browser"


@pytest.mark.parametrize(
    ("connector", "capability", "inputs", "reason"),
    [
        ("httpConnector", "makeRestApiCall", {}, ""),
        ("httpConnector", "makeRestApiCall", {"disabled": True}, "it is disabled"),
        ("httpConnector", "", {}, "no capability was configured"),
        ("httpConnector", "customHTMLTemplate", {}, SCREEN),
        ("pingOneFormsConnector", "customForm", {}, SCREEN),
        ("flowConnector", "startSubFlow", {}, "it names no flow to call"),
        ("flowConnector", "startSubFlow", {"flow": "x"}, ""),
        ("flowConnector", "oobStart", {}, "it waits for a person to follow a link"),
        ("siftConnector", "loginEvent", {}, "it is a call of another service's connector"),
        (
            "codeSnippetConnector",
            "snippet",
            {},
            "its code is kept with the connection, which no export holds",
        ),
    ],
)
def test_why(connector: str, capability: str, inputs: Any, reason: str) -> None:
    assert why_opaque(connector, capability, inputs) == reason


def test_a_capability_that_nobody_knows_is_told_with_those_there_are() -> None:
    assert why_opaque("httpConnector", "makeRestApiCal", {}).startswith(
        "no capability of this name is known; there is makeRestApiCall, "
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            node("x", "httpConnector/customHTMLTemplate", {}, {"customHTML": "{{ x }}{% if"}),
            f"httpConnector/customHTMLTemplate cannot run here: {SCREEN}.",
        ),
        (
            node("x", "functionsConnector/AEqualsB", disabled=True),
            "functionsConnector/AEqualsB cannot run here: it is disabled.",
        ),
        (
            node("x", "errorConnector"),
            "errorConnector cannot run here: no capability was configured.",
        ),
    ],
)
def test_a_node_that_cannot_run_says_what_why_and_what_to_do(
    engine: Engine, given: Any, message: str
) -> None:
    error = error_of(engine.run(flow(given)), "x")
    assert error["code"] == "opaque-node"
    assert error["message"] == message
    assert error["hint"] == OpaqueNodeError.hint
    assert "stub" in OpaqueNodeError.hint


@pytest.mark.parametrize("on_error", ["fail", "continue", "end"])
def test_no_edge_and_nothing_else_takes_what_cannot_run_nor_does_a_repetition(
    start: Start, on_error: str
) -> None:
    opaque = node("x", "httpConnector/customHTMLTemplate", onError=on_error)
    tested = flow(
        opaque,
        values("mend", it=1),
        values("after", it=1),
        edges=["start > x", "x error> mend", "x always> after"],
    )
    engine = start()

    run = engine.run(tested)
    again = engine.replay(tested, run)

    for found in (run, again):
        assert isinstance(found.error, OpaqueNodeError)
        assert [step.node for step in found.steps] == ["start", "x"]


def test_a_stub_stands_in_its_place_and_sees_its_inputs(start: Start) -> None:
    screen = node(
        "x",
        "httpConnector/customHTMLTemplate",
        {"name": "{{ input.who | default('') }}"},
        {"customHTML": "<p>{{ name }}</p>"},
    )
    tested = flow(screen, values("v", it="{{ nodes.x.outputs.button | default('') }}"))
    stubs = Stubs({"x": {"outputs": {"button": "ok"}}})
    run = start(stub=stubs).run(tested, {"who": "you"})
    assert outputs_of(run, "v") == {"it": "ok"}
    inputs = step_of(run, "x").inputs
    assert inputs["properties"] == {"name": "you"}
    assert inputs["literals"] == {"customHTML": "<p>{{ name }}</p>"}


def test_a_stub_can_choose_a_comparisons_outcome(start: Start) -> None:
    tested = flow(
        node("c", "functionsConnector/AEqualsB", {"leftValueA": 1, "rightValueB": 2}),
        values("yes", it=1),
        edges=["start > c", "c true> yes"],
    )
    run = start(stub=Stubs({"c": {"outputs": {}, "outcome": "true"}})).run(tested)
    assert outputs_of(run, "yes") == {"it": 1}


@pytest.mark.parametrize(
    ("properties", "message", "code", "more"),
    [
        ({"errorMessage": "no", "errorCode": "403"}, "no", "403", {"httpResponseCode": 403}),
        (
            {"errorDescription": "why", "errorReason": "because"},
            "why",
            "customErrorMessageError",
            {"details": {"errorDescription": "why", "errorReason": "because"}},
        ),
        ({}, "The flow ended with an error message that is empty.", "customErrorMessageError", {}),
    ],
)
def test_an_error_message_fails_the_node(
    engine: Engine, properties: Any, message: str, code: str, more: Any
) -> None:
    run = engine.run(flow(node("e", "errorConnector/customErrorMessage", properties)))
    error = error_of(run, "e")
    assert (error["message"], error["code"]) == (message, code)
    assert {name: error[name] for name in ("httpResponseCode", "details") if name in error} == more


def test_a_log_entry_is_its_steps_record(engine: Engine) -> None:
    run = engine.run(flow(node("l", "analyticsConnector/logOutcome", {"outcomeType": "LOGIN"})))
    assert outputs_of(run, "l") == {}
    assert step_of(run, "l").inputs["properties"] == {"outcomeType": "LOGIN"}


def test_every_capability_is_declared_and_runs_or_says_why_not() -> None:
    runs = {(id_, name) for id_, performs in PERFORMS.items() for name in performs}
    declared = [
        one for found in davinci_connectors().values() for one in found.capabilities.values()
    ]
    assert {(one.connector, one.name) for one in declared if not one.opaque} == runs
    assert {one.opaque for one in declared if one.opaque} <= REASONS.keys()


def test_declarations_are_sound() -> None:
    for connector in davinci_connectors().values():
        for one in connector.capabilities.values():
            Validator({"type": "object", "properties": one.outputs})
            for name, schema in one.properties.items():
                assert schema["title"], (one.name, name)
                assert schema["control"], (one.name, name)
                Validator(schema)
            assert set(one.required) <= one.properties.keys()
            assert one.outcomes_from in {"", *one.properties}


@pytest.mark.parametrize("inputs", [{}, {"connector": ""}, {"connector": "x", "capability": 1}])
def test_inputs_that_are_none_are_told(engine: Engine, inputs: Any) -> None:
    given = {"id": "x", "kind": "davinci", "inputs": inputs}
    assert error_of(engine.run(flow(given)), "x")["code"] == "node-inputs"
