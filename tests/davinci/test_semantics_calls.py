"""Calls of APIs and functions of JavaScript in imported flows, end to end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from argosy.flow.run import Run
from argosy.model import Connection
from tests.davinci.building import (
    answers,
    body,
    connection,
    error,
    flow,
    function,
    imported,
    out,
    ran,
    rich,
    run,
    saves,
    variable,
)
from tests.servers import Say, ScriptedServer

BODY = "rawResponse.body"


def asks(id_: str, url: str, **properties: Any) -> dict[str, Any]:
    """Return a call of an API; its address is a rich text."""
    return connection(id_, "httpConnector", "makeRestApiCall", url=rich(url), **properties)


def rows(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": rich(value)} for key, value in pairs.items()]


def call_of(server: ScriptedServer, *nodes: Any, ways: Any, given: Any = None, **more: Any) -> Run:
    """Run a flow that may call the server."""
    host = server.url.removeprefix("http://")
    opened = Connection({"apiKey": "1/sandbox"}, endpoint=server.url, allow_hosts=(host,))
    return run(flow(*nodes, ways=ways, **more), given, connection=opened)


BAD = answers(
    "bad",
    "createErrorResponse",
    m=error("call", "message"),
    s=("number", error("call", "httpResponseCode")),
    d=error("call", "details.rawResponse.body.reason"),
)


def test_a_call_sends_what_bindings_say_and_gives_the_answer(server: ScriptedServer) -> None:
    server.answers(Say(200, {"user": {"names": ["Ada", "Eve"]}}))
    call = asks(
        "call",
        server.url + "/users/{{global.parameters.id}}",
        httpMethod="POST",
        queryParams=rows({"q": "a {{global.parameters.id}}"}),
        headers=rows({"X-Trace": "t-{{global.parameters.id}}"}),
        httpBody="raw",
        raw='{"name": "{{global.parameters.name}}", "n": {{global.parameters.n}}, "t": "{{ 1 }}"}',
    )
    end = answers("end", second=out("call", BODY + ".user.names[1]"))
    given = {"id": 7, "name": "Ada", "n": [1]}

    found = call_of(server, call, end, BAD, ways=["call > end, bad:anyTriggersFalse"], given=given)

    assert body(found) == {"second": "Eve"}
    [request] = server.received
    assert (request.method, request.path, request.query) == ("POST", "/users/7", [("q", "a 7")])
    assert request.headers["x-trace"] == "t-7"
    assert request.json == {"name": "Ada", "n": [1], "t": "{{ 1 }}"}


def test_an_answer_that_is_no_success_takes_the_false_branch_with_what_it_says(
    server: ScriptedServer,
) -> None:
    server.answers(Say(422, {"message": "no such id", "reason": "typo"}))
    call = asks("call", server.url + "/x")

    found = call_of(server, call, answers("end"), BAD, ways=["call > end, bad:anyTriggersFalse"])

    assert body(found) == {"m": "no such id", "s": 422, "d": "typo"}


def test_what_an_answer_gave_can_be_read_after_it_failed(server: ScriptedServer) -> None:
    server.answers(Say(404, {"reason": "gone"}))
    end = answers("end", s=out("call", "statusCode"), r=out("call", BODY + ".reason"))

    found = call_of(server, asks("call", server.url), end, ways=["call > end:anyTriggersFalse"])

    assert body(found) == {"s": "404", "r": "gone"}


def test_a_server_that_cannot_be_reached_takes_the_false_branch() -> None:
    with ScriptedServer() as server:
        nodes = asks("call", server.url), BAD
    # it has stopped
    found = call_of(server, *nodes, ways=["call > bad:anyTriggersFalse"])

    assert "No answer" in body(found)["m"]


def test_a_host_that_nobody_allowed_is_not_called_and_the_import_names_it() -> None:
    call = asks("call", "https://api.example.com/v1/{{global.parameters.id}}")
    export = flow(call, BAD, ways=["call > bad:anyTriggersFalse"])

    found = run(export, connection=Connection({"apiKey": "1/sandbox"}, endpoint="http://127.0.0.1"))

    assert "A call to api.example.com is refused" in body(found)["m"]
    [needed] = imported(export)[0].report.connections
    assert needed.detail == "allowHosts: api.example.com"


def test_calls_of_parallel_branches_are_joined(server: ScriptedServer) -> None:
    server.answers(lambda request: Say(200, {"path": request.path}))
    nodes = [asks(name, f"{server.url}/{name}") for name in ("one", "two", "three")]
    said = "".join(out(name, BODY + ".path") for name in ("one", "two", "three"))

    found = call_of(
        server,
        *nodes,
        answers("end", said=said),
        ways=["one, two, three > end:allTriggersComplete"],
    )

    assert body(found) == {"said": "/one/two/three"}


def test_credentials_in_headers_stand_in_no_record(server: ScriptedServer) -> None:
    server.answers(Say(200, {}))
    secret = "bearer-of-the-ring"
    call = asks(
        "call", server.url, headers=rows({"Authorization": "Bearer {{global.parameters.t}}"})
    )

    found = call_of(server, call, ways=[], given={"t": secret})

    assert server.received[0].headers["authorization"] == f"Bearer {secret}"
    assert secret not in str(found.to_json()["steps"])


def test_a_function_reads_its_variables_as_their_types() -> None:
    code = """
      const {n, b, o, s} = params;
      return {kinds: [typeof n, typeof b, typeof o, typeof s].join(), sum: n + 1, first: o.a[0]};
    """
    given = {
        "n": ("number", "{{global.parameters.n}}"),
        "b": ("boolean", "true"),
        "o": ("object", "{{global.parameters.o}}"),
        "s": ("string", "{{global.parameters.n}}"),
    }
    end = answers(
        "end",
        kinds=out("f", "kinds"),
        sum=("number", out("f", "sum")),
        first=out("f", "first"),
    )

    found = run(
        flow(function("f", code, **given), end, ways=["f > end"]), {"n": "4", "o": {"a": ["x"]}}
    )

    assert body(found) == {"kinds": "number,boolean,object,string", "sum": 5, "first": "x"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("throw new Error('too short')", "too short"),
        ("return params.none.deeper", "undefined"),
        ("return 7", "object"),
        ("syntax error here", ""),
    ],
)
def test_a_function_that_throws_takes_the_false_branch(code: str, told: str) -> None:
    nodes = [function("f", code), answers("good"), answers("bad", m=error("f", "message"))]

    found = run(flow(*nodes, ways=["f > good, bad:anyTriggersFalse"]))

    assert ran(found) == {"f", "bad"}
    assert told in body(found)["m"]
    assert body(found)["m"]


def test_a_function_is_not_the_flow_and_cannot_change_it() -> None:
    code = "params.o.a = 'changed'; globalThis.leak = 1; return {seen: typeof process}"
    nodes = [
        saves("set", {"o": ("object", '{"a": "kept"}')}),
        function("f", code, o=("object", "{{global.variables.o}}")),
        function("g", "return {leak: typeof leak}"),
        answers(
            "end",
            o="{{global.variables.o.a}}",
            seen=out("f", "seen"),
            leak=out("g", "leak"),
        ),
    ]

    found = run(flow(*nodes, ways=["set > f", "f > g", "g > end"], variables=[variable("o")]))

    assert body(found) == {"o": "kept", "seen": "undefined", "leak": "undefined"}


def test_what_one_value_is_called_is_what_the_flow_reads() -> None:
    lower = connection("low", "stringsConnector", "toLowerCase", inputValue=rich("ADA"))
    end = answers("end", said=out("low", "loweredText"))

    assert body(run(flow(lower, end, ways=["low > end"]))) == {"said": "ada"}
