"""Flows that nodes of `flowConnector` call."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.check.flows.catalogue import Catalogue
from argosy.flow import Engine
from argosy.model import Flow
from tests.flow.conftest import Start
from tests.flow.davinci.nodes import error_of, node, row
from tests.flow.harness import flow, kind, outputs_of, statuses, step_of, values

SUB = "flowConnector/startSubFlow"


def called(*nodes: Any, **more: Any) -> Flow:
    return flow(*nodes, id_="sub", **more)


def run_with(start: Start, sub: Flow, properties: Any = None, **more: Any) -> Any:
    call = node("c", SUB, {"subFlowId": {"value": "x"}, **(properties or {})}, flow="sub", **more)
    return start(flows={"sub": sub}).run(flow(call))


def test_inputs_go_in_and_the_response_comes_out(start: Start) -> None:
    fields = [row("greeting", "Hello {{ input.who }}"), row("n", "{{ input.n }}", "number")]
    sub = called(node("r", "httpConnector/createSuccessResponse", {"claimsNameValuePairs": fields}))
    run = run_with(start, sub, {"who": "you", "n": "1", "subFlowVersionId": -1})
    assert outputs_of(run, "c") == {"greeting": "Hello you", "n": 1}
    assert step_of(run, "c/start").outputs == {"who": "you", "n": "1"}


def test_inputs_become_what_the_flow_declares(start: Start) -> None:
    types = {
        "n": "number",
        "i": "integer",
        "b": "boolean",
        "o": "object",
        "a": "array",
        "s": "string",
    }
    properties = {name: {"type": type_} for name, type_ in types.items()}
    schema = {"type": "object", "required": ["s"], "properties": {**properties, "left": {}}}
    given = {"n": "1.5", "i": "2", "b": "true", "o": "{}", "a": "[1]", "s": "3", "left": ""}
    run = run_with(start, called(inputs=schema), given)
    assert outputs_of(run, "c") == {}
    wanted = {"n": 1.5, "i": 2, "b": True, "o": {}, "a": [1], "s": "3"}
    assert step_of(run, "c/start").outputs == wanted


def test_an_input_that_does_not_fit_fails_the_node(start: Start) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "number"}}}
    run = run_with(start, called(inputs=schema), {"n": "many"})
    error = error_of(run, "c")
    assert error["code"] == "invalid-run-input"
    told = "The input of the flow 'sub' is not valid: /n \"many\" is not a number"
    assert error["message"] == told


def test_an_error_response_is_the_nodes_error(start: Start) -> None:
    given = {"message": "no", "claimsNameValuePairs": [row("code", "E7")], "httpStatusCode": 403}
    sub = called(node("r", "httpConnector/createErrorResponse", given))
    error = error_of(run_with(start, sub), "c")
    assert (error["message"], error["code"], error["httpResponseCode"]) == ("no", "E7", 403)
    assert error["details"] == {"message": "no", "code": "E7"}


def test_an_error_response_without_words(start: Start) -> None:
    error = error_of(run_with(start, called(kind("r", "respond", {"status": "error"}))), "c")
    assert error["message"] == "The flow 'sub' responded with an error (400)."
    assert error["code"] == "startSubFlowError"


def test_a_flow_that_fails_hands_on_why(start: Start) -> None:
    given = {"errorMessage": "stop", "errorCode": "429"}
    sub = called(node("e", "errorConnector/customErrorMessage", given))
    error = error_of(run_with(start, sub), "c")
    assert (error["message"], error["code"], error["httpResponseCode"]) == ("stop", "429", 429)


def test_a_flow_within_a_flow_hands_on_why(start: Start) -> None:
    last = flow(kind("f", "fail", {"message": "deep down"}), id_="last")
    sub = called(node("c2", "flowConnector/startUiSubFlow", flow="last"))
    call = node("c", SUB, flow="sub")
    run = start(flows={"sub": sub, "last": last}).run(flow(call))
    assert error_of(run, "c")["message"] == "deep down"
    assert error_of(run, "c")["code"] == "failed-on-purpose"


def test_the_error_edge_takes_it(start: Start) -> None:
    sub = called(kind("f", "fail", {"message": "no"}))
    call = node("c", SUB, flow="sub")
    tested = flow(
        call,
        values("v", it="{{ nodes.c.error.message | default('') }}"),
        edges=["start > c", "c error> v"],
    )
    assert outputs_of(start(flows={"sub": sub}).run(tested), "v") == {"it": "no"}


def test_time_that_is_up_is_the_runs(start: Start) -> None:
    sub = called(kind("w", "wait", {"seconds": 5}))
    run = start(flows={"sub": sub}).run(
        flow(node("c", SUB, flow="sub"), settings={"timeoutSeconds": 0.05})
    )
    assert run.error is not None
    assert run.error.code == "run-timed-out"


def test_a_flow_that_is_not_there(start: Start) -> None:
    run = start(flows={"sub": called()}).run(flow(node("c", SUB, flow="nope")))
    assert error_of(run, "c")["message"] == "There is no flow 'nope'; there is sub."


def test_a_body_that_is_no_object(start: Start) -> None:
    sub = called(kind("r", "respond", {"body": [1]}))
    assert outputs_of(run_with(start, sub), "c") == {"body": [1]}


def test_a_replay_takes_over_what_was_done_within(start: Start) -> None:
    sub = called(values("a", it=1), kind("f", "fail", {"message": "no"}))
    running = start(flows={"sub": sub})
    tested = flow(node("c", SUB, flow="sub", onError="end"))
    run = running.replay(tested, running.run(tested), start_at="c")
    assert statuses(run)["c/a"] == "succeeded"


def test_the_checker_knows_who_calls_whom(tmp_path: Any, engine: Engine) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "")):
        call = [node("c", SUB, flow=other)] if other else []
        (tmp_path / f"{name}.flow.json").write_bytes(_written(flow(*call)))
    catalogue = Catalogue(None, tmp_path, [f"{name}.flow.json" for name in "abc"])
    assert catalogue.reaches("a", "c")
    assert not catalogue.reaches("c", "a")


def _written(found: Flow) -> bytes:
    import json

    return json.dumps(found.document).encode()


@pytest.mark.parametrize("capability", ["startSubFlow", "startUiSubFlow"])
def test_a_node_that_names_no_flow_cannot_run(engine: Engine, capability: str) -> None:
    run = engine.run(flow(node("c", f"flowConnector/{capability}", {"a": 1})))
    assert error_of(run, "c")["message"] == (
        f"flowConnector/{capability} cannot run here: it names no flow to call."
    )
