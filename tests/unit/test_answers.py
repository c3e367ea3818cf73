"""Whatever a server answers, a call gives a result."""

from __future__ import annotations

import json
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy import Connection, Connector, Dispatcher
from argosy.dispatch.normalise import decode
from argosy.model import MASK, Answer, Redactor
from argosy.rendering import encode_json
from tests.drafts import KEY, capability
from tests.servers import Raw, Say, ScriptedServer

Start = Callable[..., Dispatcher]
JSON = {"Content-Type": "application/json"}

ODD_BODIES = [
    b'{"foo":"\\ud800","n":1234567890123456789}',
    b'{"foo":NaN,"n":1234567890123456789}',
    b'{"n":1e999,"m":1234567890123456789}',
    b'{"n":' + b"9" * 5000 + b"}",
    b'{"a":' * 900 + b'"\\u0041"' + b"}" * 900,
    b"[" * 100_000,
    b'{"message":{"deep":' + b"[" * 150 + b"]" * 150 + b"}}",
    b"\xff\xfe{\x00}\x00",
    b"\x00",
    b"<html>",
    b"null",
]


@pytest.mark.parametrize("status", [200, 206, 400, 500])
@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: repr(body[:20]))
def test_an_odd_answer_gives_a_result_that_is_json(
    start: Start, server: ScriptedServer, status: int, body: bytes
) -> None:
    server.answers(Say(status, body, JSON))
    read = capability("read", response={"outputs": {"a": "{{ body.a }}"}})

    result = start(read).call("read", {})

    assert json.loads(orjson.dumps(result.to_json()))["attempts"] >= 1
    assert result.status == ("succeeded" if status < 300 else "failed")


@given(st.binary(max_size=400))
@settings(max_examples=300)
def test_every_body_decodes_to_something_that_json_can_say(body: bytes) -> None:
    encode_json(decode(Answer(200, {"content-type": "application/json"}, body)))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_json_decodes_to_itself(value: object) -> None:
    body = json.dumps([value]).encode()

    assert decode(Answer(200, {}, body)) == [value]


@pytest.mark.parametrize("head", ["Transfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n"])
def test_a_chunk_of_no_size_is_an_unreadable_answer(
    start: Start, server: ScriptedServer, head: str
) -> None:
    server.answers(Raw(f"HTTP/1.1 200 OK\r\n{head}".encode()))

    result = start(capability("read")).call("read", {})

    assert result.error is not None
    assert result.error.code in {"unreadable-answer", "unreachable"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>log in</html>"),
        (200, b""),
        (200, b"[]"),
        (200, b'{"error": "x"}'),
        (206, b"{}"),
        (200, b'{"success": false}'),
        (200, b'{"success": "false"}'),
        (200, b'{"receipts": []}'),
        (200, b'{"receipts": [null]}'),
        (200, b'{"receipts": [{}]}'),
        (200, b'{"receipts": [{"success": "true"}]}'),
        (200, b'{"message": "maintenance"}'),
    ],
)
def test_an_insert_that_the_ingestion_api_did_not_confirm_is_no_success(
    connector: Connector, server: ScriptedServer, status: int, body: bytes
) -> None:
    server.answers(Say(status, body, JSON))
    inputs = {"database": "shop", "table": "events", "record": {"n": 1}}

    with Dispatcher(connector, Connection({"apiKey": KEY}, endpoint=server.url)) as dispatcher:
        result = dispatcher.call("insert-record", inputs)

    assert result.status == "failed"
    assert result.outputs["uuid"]


def test_a_listing_that_is_none_breaks_the_promise_of_the_capability(
    connector: Connector, server: ScriptedServer
) -> None:
    server.answers(Say(200, b"", JSON))

    with Dispatcher(connector, Connection({"apiKey": KEY}, endpoint=server.url)) as dispatcher:
        result = dispatcher.call("list-profiles-tokens", {"audienceId": "1"})

    assert result.error is not None
    assert result.error.code == "invalid-outputs"


SECRET = "1/0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET.partition("/")[2],
        SECRET.replace("/", "&#47;"),
        SECRET.replace("/", "\\/"),
        SECRET.replace("/", "%2f"),
        SECRET.upper(),
        "MS8wMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    ],
)
def test_the_redactor_knows_a_key_in_every_form_that_servers_write(written: str) -> None:
    redactor = Redactor([SECRET])

    assert redactor.text(f"key {written} is wrong") == "key ****** is wrong"
    assert redactor.data(f"key {written} is wrong".encode()) == b"key ****** is wrong"
    assert written.encode("utf-16-le") not in redactor.data(f"<{written}>".encode("utf-16-le"))


def test_a_key_of_half_characters_breaks_nothing() -> None:
    assert Redactor(["1/\udcff12345678"]).text("nothing here") == "nothing here"


@given(st.from_regex(r"[!-~]{6,60}", fullmatch=True))
@settings(max_examples=300)
def test_the_quick_look_lets_no_form_of_a_key_slip_through(secret: str) -> None:
    from argosy.model.secret import _forms

    redactor = Redactor([secret])

    for form in _forms(secret):
        assert form not in redactor.text(f"<{form}>") or form in MASK
        assert form.encode() not in redactor.data(f"<{form}>".encode()) or form in MASK
        wide = form.encode("utf-16-le")
        assert wide not in redactor.data(b"\0" + wide + b"\0") or form in MASK


def test_an_answer_in_a_coding_that_was_not_asked_for_is_unreadable(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(200, b"\x8b\x01\x80{}\x03", {**JSON, "Content-Encoding": "br"}))

    result = start(capability("read")).call("read", {})

    assert result.error is not None
    assert result.error.code == "unreadable-answer"
    assert "'br', which was not asked for" in str(result.error)
