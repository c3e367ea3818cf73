"""Calls of APIs and responses, as nodes of `httpConnector` make them."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.recording import recorded_case
from tests.flow.conftest import Start
from tests.flow.davinci.nodes import error_of, node, pair, row
from tests.flow.harness import call, failed_with, flow, outputs_of, step_of, values
from tests.servers import Say, ScriptedServer, Silence
from tests.steering import Steering

CALL = "httpConnector/makeRestApiCall"


def test_a_call_gives_the_answer_where_davinci_has_it(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(201, {"user": {"id": "u1"}}, {"X-Trace": "t"}))
    asking = node("c", CALL, {"url": f"{server.url}/users", "httpMethod": "get"})
    read = values("v", it="{{ nodes.c.outputs.rawResponse.body.user.id | default('') }}")
    run = start().run(flow(asking, read))
    assert outputs_of(run, "v") == {"it": "u1"}
    found = outputs_of(run, "c")
    assert found["statusCode"] == found["rawResponse"]["statusCode"] == 201
    assert found["headers"]["x-trace"] == "t"


@pytest.mark.parametrize(
    ("properties", "type_", "body"),
    [
        ({"raw": '{"a": 1}'}, "application/json", b'{"a": 1}'),
        ({"raw": "a=1"}, "text/plain; charset=utf-8", b"a=1"),
        ({"raw": {"a": 1}}, "application/json", b'{"a":1}'),
        (
            {"raw": "<a/>", "headers": [pair("content-type", "application/xml")]},
            "application/xml",
            b"<a/>",
        ),
        (
            {
                "httpBody": "xwwwFormUrlEncoded",
                "bodyParams": [pair("a", "1 2"), pair("b", 3), pair("a", None)],
            },
            "application/x-www-form-urlencoded",
            b"a=1+2&a=&b=3",
        ),
    ],
)
def test_bodies(
    start: Start, server: ScriptedServer, properties: Any, type_: str, body: bytes
) -> None:
    server.answers(Say())
    given = {"url": server.url, "httpMethod": "POST", "httpBody": "raw", **properties}
    outputs_of(start().run(flow(node("c", CALL, given))), "c")
    [request] = server.received
    assert (request.headers["content-type"], request.body) == (type_, body)


def test_a_form_of_several_parts(start: Start, server: ScriptedServer) -> None:
    server.answers(Say())
    given = {
        "url": server.url,
        "httpMethod": "POST",
        "httpBody": "formData",
        "headers": [pair("Content-Type", "multipart/form-data")],
        "bodyParams": [pair("a", "1"), pair("b", "ü")],
    }
    outputs_of(start().run(flow(node("c", CALL, given))), "c")
    [request] = server.received
    boundary = request.headers["content-type"].partition("boundary=")[2]
    assert boundary
    assert request.body.count(boundary.encode()) == 3
    assert b'name="b"' in request.body
    assert "ü".encode() in request.body


def test_queries_and_headers(start: Start, server: ScriptedServer) -> None:
    server.answers(Say())
    given = {
        "url": f"{server.url}/a?x=0",
        "queryParams": [pair("q", "a b"), pair("q", "c"), pair("", "none"), "no row"],
        "headers": [pair("X-One", 1), pair("Authorization", "Bearer abcdef-secret")],
    }
    run = start().run(flow(node("c", CALL, given)))
    outputs_of(run, "c")
    [request] = server.received
    assert request.query == [("x", "0"), ("q", "a b"), ("q", "c")]
    assert request.headers["x-one"] == "1"
    assert request.headers["authorization"] == "Bearer abcdef-secret"
    assert "abcdef-secret" not in str(run.to_json())


def test_a_status_outside_2xx_fails_the_node_with_what_was_said(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(404, {"message": "no such user", "code": "NOT_FOUND"}))
    asking = node("c", CALL, {"url": server.url})
    read = values(
        "v",
        message="{{ nodes.c.error.message | default('') }}",
        code="{{ nodes.c.error.code | default('') }}",
        status="{{ nodes.c.error.httpResponseCode | default('') }}",
        body="{{ nodes.c.error.details.rawResponse.body | default('') }}",
    )
    run = start().run(flow(asking, read, edges=["start > c", "c error> v"]))
    assert outputs_of(run, "v") == {
        "message": "no such user",
        "code": "NOT_FOUND",
        "status": 404,
        "body": {"message": "no such user", "code": "NOT_FOUND"},
    }
    assert step_of(run, "c").outputs["statusCode"] == 404


def test_a_refusal_without_words_names_host_and_status(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(500, "oops"))
    run = start().run(flow(node("c", CALL, {"url": server.url.replace("//", "//a:b@")})))
    error = error_of(run, "c")
    assert error["message"].endswith(" answered 500.") or "refused" in error["message"]
    server.answers(Say(500, "oops"))
    error = error_of(start().run(flow(node("c", CALL, {"url": server.url}))), "c")
    assert error["message"] == f"{server.url.removeprefix('http://')} answered 500."
    assert error["code"] == "makeRestApiCallError"


def test_other_statuses_can_be_a_success(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(404, {"a": 1}))
    asking = node("c", CALL, {"url": server.url, "returnSuccess": True})
    assert outputs_of(start().run(flow(asking)), "c")["statusCode"] == 404


def test_json_that_is_not_said_to_be_is_read_where_the_node_expects_it(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(200, "1"))
    asking = node("c", CALL, {"url": server.url, "contentType": "application/json"})
    assert outputs_of(start().run(flow(asking)), "c")["rawResponse"]["body"] == 1


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"unsafeIgnoreTLSErrors": True}, "it is to ignore TLS errors"),
        ({"unsafeIgnoreTLSErrors": "true"}, "it is to ignore TLS errors"),
        ({"outboundMtlsKey": "k1"}, "client certificates cannot be used here"),
        ({"httpMethod": "BREW"}, "There is no HTTP method 'BREW'."),
        ({"url": " "}, "it has no URL"),
        ({"url": "http://10.0.0.1/x"}, "refused"),
        ({"url": "file:///etc/passwd"}, "refused"),
        ({"headers": [pair("Content-Length", "1")]}, "not valid"),
    ],
)
def test_what_is_not_sent(start: Start, server: ScriptedServer, properties: Any, said: str) -> None:
    run = start().run(flow(node("c", CALL, {"url": server.url, **properties})))
    assert said in error_of(run, "c")["message"]
    assert server.received == []


def test_redirects_are_followed_unless_they_are_blocked(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(302, headers={"Location": "/there"}), Say(200, {"a": 1}))
    asking = node("c", CALL, {"url": server.url})
    assert outputs_of(start().run(flow(asking)), "c")["rawResponse"]["body"] == {"a": 1}
    server.answers(Say(302, headers={"Location": "/there"}))
    asking = node("c", CALL, {"url": server.url, "blockRedirects": True})
    assert error_of(start().run(flow(asking)), "c")["code"] == "redirect-refused"


def test_a_call_has_its_own_time(start: Start, server: ScriptedServer) -> None:
    server.answers(Silence())
    asking = node("c", CALL, {"url": server.url, "httpMethod": "POST", "timeout": "100"})
    assert error_of(start().run(flow(asking)), "c")["code"] == "request-timed-out"


def test_a_success_response_has_the_fields_with_their_types(engine: Engine) -> None:
    rows = [
        row("text", 5, "string"),
        row("number", "5", "number"),
        row("odd", "five", "number"),
        row("yes", "true", "boolean"),
        row("object", '{"a": 1}', "object"),
        row("plain", [1]),
    ]
    response = node("r", "httpConnector/createSuccessResponse", {"claimsNameValuePairs": rows})
    run = engine.run(flow(response))
    assert run.response is not None
    assert not run.response.is_error
    assert run.response.status_code == 200
    assert run.response.body == {
        "text": "5",
        "number": 5,
        "odd": "five",
        "yes": True,
        "object": {"a": 1},
        "plain": [1],
    }


def test_a_response_can_hold_what_the_flow_was_started_with(engine: Engine) -> None:
    given = {"returnRequestParameters": True, "httpStatusCode": "201"}
    run = engine.run(flow(node("r", "httpConnector/createSuccessResponse", given)), {"a": 1})
    assert run.response is not None
    assert (run.response.status_code, run.response.body) == (201, {"parameters": {"a": 1}})


@pytest.mark.parametrize(
    ("properties", "status", "body"),
    [
        ({}, 400, {}),
        ({"message": "no", "httpStatusCode": 404.0}, 404, {"message": "no"}),
        (
            {"message": "no", "httpStatusCode": 403, "claimsNameValuePairs": [row("a", "1")]},
            403,
            {"message": "no", "a": "1"},
        ),
    ],
)
def test_an_error_response(engine: Engine, properties: Any, status: int, body: Any) -> None:
    run = engine.run(flow(node("r", "httpConnector/createErrorResponse", properties)))
    assert run.status == "succeeded"
    assert run.response is not None
    assert run.response.is_error
    assert (run.response.status_code, run.response.body) == (status, body)


def test_an_unwrapped_response_is_its_json(engine: Engine) -> None:
    given = {"jsonString": '{"a": [{{ input.n | default("") }}]}'}
    run = engine.run(flow(node("r", "httpConnector/createUnwrappedResponse", given)), {"n": 1})
    assert run.response is not None
    assert run.response.body == {"a": [1]}


@pytest.mark.parametrize(
    ("what", "properties", "said"),
    [
        ("createUnwrappedResponse", {"jsonString": "{"}, "The body of the response is no JSON: "),
        ("createSuccessResponse", {"httpStatusCode": "99"}, 'there is no HTTP status "99".'),
        ("createErrorResponse", {"httpStatusCode": 400.5}, "there is no HTTP status 400.5."),
        ("createErrorResponse", {"httpStatusCode": "x"}, 'there is no HTTP status "x".'),
        ("createSuccessResponse", {"signResponse": True}, "it cannot be signed here."),
    ],
)
def test_a_response_that_cannot_be_sent_fails_the_node(
    engine: Engine, what: str, properties: Any, said: str
) -> None:
    run = engine.run(flow(node("r", f"httpConnector/{what}", properties)))
    assert said in failed_with(run)
    assert run.response is None


@pytest.mark.parametrize(("given", "seconds"), [({}, 0.05), ({"delayTime": "1500"}, 1.5)])
def test_latency(start: Start, given: Any, seconds: float) -> None:
    steering = Steering()
    run = start(steering=steering).run(flow(node("w", "httpConnector/simulateLatency", given)))
    assert outputs_of(run, "w") == {}
    assert steering.slept == [seconds]


def test_the_error_of_a_capability_is_read_by_the_same_names(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(409, {"message": "taken"}))
    read = values(
        "v",
        status="{{ nodes.a.error.httpResponseCode | default('') }}",
        body="{{ nodes.a.error.details.rawResponse | default('') }}",
    )
    ask = call("a", "ask", {"name": "x"})
    run = start().run(flow(ask, read, edges=["start > a", "a error> v"]))
    assert outputs_of(run, "v") == {"status": 409, "body": {"message": "taken"}}


def test_a_call_is_recorded_as_a_stub_and_a_comparison_is_not(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(200, {"a": 1}))
    tested = flow(
        node("c", CALL, {"url": server.url}),
        node("e", "functionsConnector/AEqualsB", {"leftValueA": 1, "rightValueB": 1}),
    )
    case = recorded_case(start().run(tested), tested, ())
    assert list(case["stubs"]) == ["c"]
    assert case["stubs"]["c"]["outputs"]["statusCode"] == 200
