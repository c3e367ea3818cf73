"""What no record, event, message or representation of a run shows."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from argosy.errors import causes_of
from argosy.flow.run import Run
from argosy.model import MASK
from tests.drafts import KEY
from tests.flow.conftest import Start
from tests.flow.harness import body, call, flow, kind, step_of, values
from tests.servers import Received, Say, Scripted, ScriptedServer

SECRET = "s3cr3t-of-nobody"


def echo(request: Received) -> Scripted:
    """Say back whatever came, the key among it."""
    return Say(200, {"value": f"{dict(request.headers)} {request.target} {request.body!r}"})


def refuse(request: Received) -> Scripted:
    """Refuse with whatever came in the message."""
    return Say(400, {"message": f"{dict(request.headers)} {request.target} {request.body!r}"})


def all_that_is_shown(run: Run, events: list[Any]) -> Iterator[str]:
    yield json.dumps(events)
    yield json.dumps(run.to_json())
    yield repr(run)
    yield str(run)
    for step in run.steps:
        yield repr(step)
    if run.response is not None:
        yield repr(run.response)
    if run.error is not None:
        yield "".join(traceback.format_exception(run.error))
        for one in causes_of(run.error):
            yield f"{one} {one!r} {getattr(one, 'facts', '')}"
            frames = traceback.walk_tb(one.__traceback__)
            yield from (repr(frame.f_locals) for frame, _ in frames)


def assert_hidden(engine: Any, made: Any, given: Any, *secrets: str) -> Run:
    events: list[Any] = []
    run: Run = engine.run(made, given, listener=events.append)
    for text in all_that_is_shown(run, events):
        for secret in secrets:
            assert secret not in text, text
    return run


def test_the_connections_key_shows_nowhere(start: Start, server: ScriptedServer) -> None:
    for answer in (echo, refuse):
        server.answers(answer)
        made = flow(call("a", "ask", {"name": "x"}), values("b", copy="{{ nodes.a.outputs }}"))
        assert_hidden(start(), made, {}, KEY)
    assert KEY in server.last.headers["x-notes-key"]


def test_a_key_in_a_flow_shows_nowhere(start: Start, server: ScriptedServer) -> None:
    server.answers(echo)
    made = flow(call("a", "ask", {"name": KEY}), kind("stop", "fail", {"message": KEY}))
    assert_hidden(start(), made, {"k": KEY}, KEY)


def test_the_secret_inputs_of_a_capability_show_nowhere(
    start: Start, server: ScriptedServer
) -> None:
    for answer in (echo, refuse):
        server.answers(answer)
        made = flow(
            call("a", "enter", {"user": "u", "password": SECRET}),
            values("b", copy="{{ nodes.a.outputs.rawResponse }}"),
        )
        run = assert_hidden(start(), made, {}, SECRET)
        assert step_of(run, "a").inputs == {"user": "u", "password": MASK}
    assert server.last.json["password"] == SECRET


def test_what_secret_inputs_read_shows_nowhere_not_even_before(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(echo)
    made = flow(
        kind("set", "set-variable", {"values": {"mine": "{{ input.who.pin }}"}}),
        call("a", "enter", {"user": "u", "password": "{{ vars.mine }}"}),
        call("b", "enter", {"password": "{{ input.who.pin }}"}),
        variables={"mine": {}},
    )
    run = assert_hidden(start(), made, {"who": {"pin": SECRET, "name": "n"}}, SECRET)
    assert run.to_json()["input"] == {"who": {"pin": MASK, "name": "n"}}


def test_inputs_and_variables_that_are_secret_by_their_schemas_show_nowhere(start: Start) -> None:
    made = flow(
        kind("set", "set-variable", {"values": {"mine": "{{ input.pin }}"}}),
        values("copy", other="{{ vars.mine }}"),
        inputs={"type": "object", "properties": {"pin": {"type": "string", "secret": True}}},
        variables={"mine": {"schema": {"type": "string", "secret": True}, "value": ""}},
    )
    assert_hidden(start(), made, {"pin": SECRET}, SECRET)


SENSITIVE: Mapping[str, Any] = {"settings": {"sensitive": ["password", "token"]}}


def test_sensitive_members_show_nowhere(start: Start, server: ScriptedServer) -> None:
    made = flow(
        values("copy", password="{{ input.who.password }}", other="{{ input.who.password }}"),
        values("text", said="It is {{ input.who.password }}."),
        kind("set", "set-variable", {"values": {"token": "{{ input.who.password }}"}}),
        call("tell", "tell", {"password": "{{ vars.token }}", "name": "ok"}),
        kind("r", "respond", {"body": {"token": "{{ input.who.password }}"}}),
        variables={"token": {}},
        **SENSITIVE,
    )
    for answer in (echo, refuse):
        server.answers(answer)
        run = assert_hidden(start(), made, {"who": {"password": SECRET, "name": "n"}}, SECRET)
        shown = run.to_json()
        assert shown["input"] == {"who": {"password": MASK, "name": "n"}}
        assert shown["variables"] == {"token": MASK}
        assert step_of(run, "text").outputs == {"said": f"It is {SECRET}."}, "the run itself knows"


def test_sensitive_members_do_not_show_in_what_went_wrong(start: Start) -> None:
    nodes = [
        kind("x", "condition", {"left": "{{ input.password }}", "operator": "less", "right": 1}),
        kind("x", "condition", {"when": "{{ input.password }}"}),
        kind("x", "for-each", {"items": "{{ input.password }}"}, body=body()),
        kind("x", "wait", {"until": "{{ input.password }}"}),
        kind("x", "increment", {"variable": "{{ input.password }}"}),
        kind("x", "set-variable", {"values": {"n": "{{ input.password }}"}}),
        kind("x", "fail", {"message": "wrong: {{ input.password }}"}),
        kind("x", "subflow", {"flow": "{{ input.password }}"}),
        call("x", "ask", {"name": [{"deep": "{{ input.password }}"}]}),
    ]
    for node in nodes:
        made = flow(
            node, values("seen", e="{{ nodes.x.error }}"), edges=["start > x", "x error> seen"],
            variables={"n": {"schema": {"type": "integer"}}}, **SENSITIVE,
        )  # fmt: skip
        run = assert_hidden(start(), made, {"password": SECRET}, SECRET)
        assert step_of(run, "x").status == "failed"
        assert_hidden(
            start(), flow(node, variables=made.document["variables"], **SENSITIVE),
            {"password": SECRET}, SECRET,
        )  # fmt: skip


def test_an_input_that_is_refused_does_not_show_what_is_sensitive_in_it(start: Start) -> None:
    inputs = {"type": "object", "properties": {"password": {"type": "integer"}}}
    run = assert_hidden(start(), flow(inputs=inputs, **SENSITIVE), {"password": SECRET}, SECRET)
    assert run.status == "failed"


def test_a_token_that_a_step_gave_does_not_show_in_the_next_ones_header(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(200, {"token": SECRET}), echo)
    address = {"url": f"{server.url}/x"}
    headers = {"X-Auth": "T {{ nodes.login.outputs.body.token }}"}
    made = flow(
        kind("login", "http-request", address),
        kind("use", "http-request", {**address, "headers": headers}),
        **SENSITIVE,
    )  # fmt: skip
    engine = start(connection={"allow_hosts": (f"127.0.0.1:{server.port}",)})
    assert_hidden(engine, made, {}, SECRET)
    assert server.last.headers["x-auth"] == f"T {SECRET}"


def test_headers_that_carry_credentials_show_nowhere(start: Start, server: ScriptedServer) -> None:
    server.answers(refuse)
    headers = {"authorization": f"Bearer {SECRET}", "X-Plain": "seen"}
    made = flow(kind("h", "http-request", {"url": f"{server.url}/x", "headers": headers}))
    engine = start(connection={"allow_hosts": (f"127.0.0.1:{server.port}",)})
    run = assert_hidden(engine, made, {}, SECRET)
    assert step_of(run, "h").inputs["headers"] == {"authorization": MASK, "X-Plain": "seen"}
    assert server.last.headers["authorization"] == f"Bearer {SECRET}"


def test_what_a_subflow_calls_sensitive_shows_nowhere(start: Start) -> None:
    flows = {"other": flow(values("v", password="{{ input.password }}"), id_="other", **SENSITIVE)}
    made = flow(kind("sub", "subflow", {"flow": "other", "input": {"password": SECRET}}))
    assert_hidden(start(flows=flows), made, {}, SECRET)


def test_names_of_a_records_own_members_may_be_sensitive(start: Start) -> None:
    names = ["id", "status", "path", "inputs", "code", "event", "node", "outcome"]
    made = flow(values("a", status="shown?", id=1), settings={"sensitive": names})
    events: list[Any] = []
    run = start().run(made, listener=events.append)
    shown = run.to_json()
    assert Run.from_json(shown).steps[1].status == "succeeded"
    assert shown["steps"][1]["outputs"] == {"status": MASK, "id": MASK}
    assert [one["event"] for one in events][:2] == ["run-started", "step-started"]


def test_many_sensitive_values_are_masked_by_their_names(start: Start) -> None:
    items = [{"password": f"{SECRET}-{i}"} for i in range(500)]
    loop = kind(
        "each",
        "for-each",
        {"items": "{{ input.items }}"},
        body=body(values("v", password="{{ item.password }}")),
    )
    run = start().run(flow(loop, **SENSITIVE), {"items": items})
    assert SECRET not in json.dumps(run.to_json())
