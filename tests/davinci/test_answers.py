"""What DaVinci answers whoever starts a flow by its API."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.davinci.answers import davinci_answer
from argosy.errors import NoResponseError, RunTimedOutError
from argosy.flow import Engine, EngineSettings
from argosy.flow.run import Response, Run
from argosy.model import Connector, Flow
from tests.drafts import write_connector
from tests.flow.davinci.nodes import node, row
from tests.flow.harness import CAPABILITIES, flow, kind

COMPANY = "c0ffee"


@pytest.fixture(scope="module")
def connector(tmp_path_factory: pytest.TempPathFactory) -> Connector:
    return write_connector(tmp_path_factory.mktemp("drafted"), *CAPABILITIES)


def imported(*nodes: Any, original: str = "1resp", **more: Any) -> Flow:
    data = {
        "id": original,
        "nodeType": "CONNECTION",
        "connectionId": "867ed4363b2bc21c860085ad2baa817d",
        "connectorId": "httpConnector",
        "capabilityName": "createSuccessResponse",
    }
    source = {
        "companyId": COMPANY,
        "flowId": "f1",
        "graphData": {"elements": {"nodes": [{"data": data}]}},
    }
    found = flow(*nodes, **more)
    document = {**found.document, "source": {"format": "davinci", "flow": source}}
    return Flow.from_json(document, found.id)


def answer(connector: Connector, tested: Flow, given: Any = None) -> tuple[int, Any]:
    with Engine(connector, {}, settings=EngineSettings(workers=0)) as engine:
        return davinci_answer(engine.run(tested, given, run_id="i1"), tested)


def test_a_success_response_is_wrapped(connector: Connector) -> None:
    given = {"claimsNameValuePairs": [row("a", "1", "number")]}
    tested = imported(node("n1resp", "httpConnector/createSuccessResponse", given))
    assert answer(connector, tested) == (
        200,
        {
            "interactionId": "i1",
            "companyId": COMPANY,
            "flowId": "f1",
            "id": "1resp",
            "connectionId": "867ed4363b2bc21c860085ad2baa817d",
            "connectorId": "httpConnector",
            "capabilityName": "createSuccessResponse",
            "success": True,
            "parameters": {},
            "additionalProperties": {"a": 1},
        },
    )


def test_request_parameters_stand_apart(connector: Connector) -> None:
    given = {"returnRequestParameters": True, "claimsNameValuePairs": [row("a", "1")]}
    tested = imported(node("n1resp", "httpConnector/createSuccessResponse", given))
    _, body = answer(connector, tested, {"x": 1})
    assert body["parameters"] == {"x": 1}
    assert body["additionalProperties"] == {"a": "1"}


def test_an_error_response_is_wrapped_with_its_status(connector: Connector) -> None:
    given = {
        "message": "no",
        "httpStatusCode": "403",
        "claimsNameValuePairs": [row("a", "1")],
        "additionalFieldsName": "more",
    }
    status, body = answer(
        connector, imported(node("r", "httpConnector/createErrorResponse", given))
    )
    assert status == 403
    assert body == {
        "interactionId": "i1",
        "companyId": COMPANY,
        "flowId": "f1",
        "id": "r",
        "connectorId": "httpConnector",
        "capabilityName": "createErrorResponse",
        "success": False,
        "parameters": {},
        "message": "no",
        "more": {"a": "1"},
    }


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', "null"])
def test_an_unwrapped_response_is_its_body_alone(connector: Connector, text: str) -> None:
    given = {"jsonString": text}
    tested = imported(node("r", "httpConnector/createUnwrappedResponse", given))
    status, body = answer(connector, tested)
    assert status == 200
    assert body == {"[1]": [1], '{"a": 1}': {"a": 1}, "null": None}[text]


@pytest.mark.parametrize(
    ("inputs", "capability", "fields"),
    [
        ({"body": {"a": 1}}, "createSuccessResponse", {"a": 1}),
        ({"body": [1]}, "createSuccessResponse", {"body": [1]}),
        ({}, "createSuccessResponse", {}),
        ({"status": "error", "body": {"a": 1}}, "createErrorResponse", {"a": 1}),
    ],
)
def test_a_node_of_ours_responds_as_theirs(
    connector: Connector, inputs: Any, capability: str, fields: Any
) -> None:
    _, body = answer(connector, imported(kind("r", "respond", inputs)))
    assert body["capabilityName"] == capability
    assert body["additionalProperties"] == fields


def test_a_flow_that_does_not_respond_times_out(connector: Connector) -> None:
    status, body = answer(connector, imported())
    assert status == 400
    assert body == {
        "interactionId": "i1",
        "companyId": COMPANY,
        "flowId": "f1",
        "success": False,
        "code": "requestTimedOut",
        "message": "The flow did not respond in time.",
        "errorMessage": "The flow did not respond in time.",
        "httpResponseCode": 400,
    }


@pytest.mark.parametrize("error", [RunTimedOutError(seconds="15"), NoResponseError(before=".")])
def test_nothing_in_time_is_the_same(error: Any) -> None:
    run = Run("i1", "t", {}, status="failed", error=error)
    status, body = davinci_answer(run, imported())
    assert (status, body["code"], body["message"]) == (400, "requestTimedOut", error.message)


def test_another_failure_is_told_with_its_node(connector: Connector) -> None:
    given = {"errorMessage": "stop", "errorCode": "429"}
    tested = imported(node("n1resp", "errorConnector/customErrorMessage", given, onError="fail"))
    status, body = answer(connector, tested)
    assert status == 429
    assert (body["code"], body["message"], body["id"]) == ("429", "stop", "1resp")
    assert body["success"] is False


def test_what_responded_and_failed_then_has_responded() -> None:
    response = Response("r", is_error=False, status_code=200, body={"a": 1})
    run = Run("i1", "t", {}, status="failed", error=NoResponseError(before="."), response=response)
    assert davinci_answer(run, flow(kind("r", "respond")))[0] == 200


def test_a_flow_without_a_source_is_named_by_our_id(connector: Connector) -> None:
    _, body = answer(connector, flow(kind("r", "respond", {"body": {}})))
    assert body["flowId"] == "t"
    assert "companyId" not in body
