"""When a call fails: refusals by status, failures told with 200, retries, deadlines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    ApiError,
    ArgosyError,
    RateLimitedError,
    RequestTimedOutError,
    UnavailableError,
    UnreachableError,
)
from argosy.model import Connection, Connector
from tests.drafts import KEY, capability, unsafe
from tests.servers import Raw, Received, Reset, Say, Scripted, ScriptedServer, Silence, closed_port
from tests.steering import Steering

Start = Callable[..., Dispatcher]
CUT_OFF = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (300, "api"),
            (400, "api"),
            (401, "unauthorized"),
            (403, "forbidden"),
            (404, "not-found"),
            (409, "conflict"),
            (413, "api"),
            (422, "api"),
            (429, "rate-limited"),
            (500, "unavailable"),
            (503, "unavailable"),
        ],
    )
    def test_have_their_class_and_what_the_vendor_said(
        self, start: Start, server: ScriptedServer, status: int, code: str
    ) -> None:
        server.answers(Say(status, {"error": {"text": "no"}}, {"X-Request-ID": "r-1"}))
        note = {"status": status, "note": "Ask the owner."}

        result = start(unsafe("write", errors=[note])).call("write", {})

        assert isinstance(result.error, ApiError)
        host = f"127.0.0.1:{server.port}"
        assert str(result.error) == f"{host} answered {status}: no"
        facts = result.error.facts
        assert (result.error.code, result.error.status) == (code, status)
        assert (facts["request_id"], facts["note"], facts["host"]) == (
            "r-1",
            "Ask the owner.",
            host,
        )

    def test_keep_the_outputs_that_every_capability_has(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(404, {"message": "gone"}, {"X-Thing": "a"}))
        document = capability("read", response={"outputs": {"text": "{{ body.message }}"}})

        result = start(document).call("read", {})

        assert result.outputs["rawResponse"] == {"message": "gone"}
        assert result.outputs["statusCode"] == 404
        assert result.outputs["headers"]["x-thing"] == "a"
        assert set(result.outputs) == {"rawResponse", "statusCode", "headers"}

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"error": {"text": "first"}, "message": "second"}, "first"),
            ({"error": {"text": ""}, "message": "second"}, "second"),
            ({"message": {"a": 1}}, '{"a":1}'),
            ({"other": 1}, '{"other":1}'),
            ("plain words\n", "plain words"),
            ("x" * 600, "x" * 500),
            (b"", "no message"),
            ([], "[]"),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_find_the_vendors_message_where_the_manifest_says(
        self, start: Start, server: ScriptedServer, body: Any, message: str
    ) -> None:
        server.answers(Say(400, body))

        result = start(capability("read")).call("read", {})

        assert isinstance(result.error, ApiError)
        assert result.error.facts["vendor_message"] == message

    def test_may_come_with_a_status_that_means_success(
        self, start: Start, server: ScriptedServer
    ) -> None:
        rules = [
            {"when": "{{ body.state == 'off' }}", "message": "{{ body.why }}"},
            {"when": "{{ body.ok == false }}", "message": "not ok: {{ body.why }}"},
        ]
        server.answers(Say(200, {"ok": False, "why": "full"}))

        result = start(capability("read", response={"failures": rules})).call("read", {})

        assert isinstance(result.error, ApiError)
        assert result.error.to_json()["vendorMessage"] == "not ok: full"
        assert result.error.status == 200
        assert result.outputs["rawResponse"] == {"ok": False, "why": "full"}

    @pytest.mark.parametrize("body", [{"ok": True}, {"ok": 0}, {"ok": None}, {}, [], "text", b""])
    def test_told_with_200_need_exactly_what_their_rule_says(
        self, start: Start, server: ScriptedServer, body: Any
    ) -> None:
        rule = {"when": "{{ body.ok == false }}", "message": "no"}
        server.answers(Say(200, body))

        result = start(capability("read", response={"failures": [rule]})).call("read", {})

        assert result.status == "succeeded"

    @pytest.mark.parametrize("found", ["no", 1, {"a": 1}, [False]])
    def test_told_with_200_need_a_rule_that_is_true_and_not_only_something(
        self, start: Start, server: ScriptedServer, found: Any
    ) -> None:
        rule = {"when": "{{ body.error }}", "message": "no"}
        server.answers(Say(200, {"error": found}))

        result = start(capability("read", response={"failures": [rule]})).call("read", {})

        assert result.status == "succeeded"

    def test_told_with_200_are_told_also_without_words(
        self, start: Start, server: ScriptedServer
    ) -> None:
        rule = {"when": "{{ body.ok == false }}", "message": "{{ body.why }}"}
        server.answers(Say(200, {"ok": False}))

        result = start(capability("read", response={"failures": [rule]})).call("read", {})

        assert isinstance(result.error, ApiError)
        assert result.error.facts["vendor_message"] == "the answer says that it failed"

    def test_told_with_200_are_told_also_without_the_words_they_should_have(
        self, connector: Connector, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"success": False}))
        inputs = {"database": "shop", "table": "customers", "record": {"a": 1}}

        with Dispatcher(connector, Connection({"apiKey": KEY}, endpoint=server.url)) as running:
            result = running.call("insert-record", inputs)

        assert isinstance(result.error, ApiError)


RETRIED: list[tuple[Scripted, str]] = [
    (Say(429), "rate-limited"),
    (Say(502), "unavailable"),
    (Say(503), "unavailable"),
    (Say(504), "unavailable"),
    (Reset(), "unreachable"),
    (Raw(), "unreachable"),
    (CUT_OFF, "unreachable"),
    (Silence(), "request-timed-out"),
]
FINAL: list[tuple[Scripted, str]] = [
    (Say(400), "api"),
    (Say(401), "unauthorized"),
    (Say(404), "not-found"),
    (Say(409), "conflict"),
    (Say(500), "unavailable"),
    (Say(501), "api"),
]
THREE = TransportSettings(max_attempts=3)


def _patience(answer: Scripted) -> TransportSettings:
    """Wait briefly only for an answer that never comes, so that a busy machine changes nothing."""
    return replace(THREE, read_timeout=0.1) if isinstance(answer, Silence) else THREE


class TestRetries:
    @pytest.mark.parametrize(
        ("is_safe", "answer", "code", "requests"),
        [
            *((True, answer, code, 3) for answer, code in RETRIED),
            *((True, answer, code, 1) for answer, code in FINAL),
            *((False, answer, code, 1) for answer, code in [*RETRIED, *FINAL]),
        ],
        ids=str,
    )
    def test_are_made_where_repeating_is_safe_and_the_answer_may_change(
        self,
        start: Start,
        server: ScriptedServer,
        is_safe: bool,
        answer: Scripted,
        code: str,
        requests: int,
    ) -> None:
        server.answers(answer)
        document = capability("read") if is_safe else unsafe("read")

        result = start(document, transport=_patience(answer)).call("read", {})

        assert result.error is not None
        assert result.error.code == code
        assert len(server.received) == requests

    @pytest.mark.parametrize("answer", [answer for answer, _ in RETRIED], ids=str)
    def test_end_with_the_first_good_answer(
        self, start: Start, server: ScriptedServer, answer: Scripted
    ) -> None:
        server.answers(answer, answer, Say(200, {"a": 1}))

        result = start(capability("read"), transport=_patience(answer)).call("read", {})

        assert (result.status, result.attempts) == ("succeeded", 3)

    @pytest.mark.parametrize(("method", "requests"), [("GET", 3), ("POST", 1)])
    def test_may_depend_on_the_inputs(
        self, start: Start, server: ScriptedServer, method: str, requests: int
    ) -> None:
        server.answers(Say(503))
        document = capability(
            "any",
            repeat={"safe": "{{ inputs.method == 'GET' }}", "reason": "GET changes nothing."},
            request={"method": "{{ inputs.method }}", "path": "/"},
        )

        result = start(document, transport=THREE).call("any", {"method": method})

        assert (len(server.received), result.attempts) == (requests, requests)

    def test_are_counted_also_where_no_answer_came(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Reset())

        result = start(capability("read"), transport=THREE).call("read", {})

        assert result.attempts == 3
        assert str(result.error) == (
            f"No answer from 127.0.0.1:{server.port} after 3 attempts: "
            "the connection was closed before an answer came."
        )
        assert result.outputs == {}

    def test_are_not_made_where_the_rule_does_not_fit_the_inputs(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(503))
        rule = {"safe": "{{ inputs.a | length > 3 }}", "reason": "It is a long one."}

        result = start(capability("read", repeat=rule)).call("read", {"a": 5})

        assert result.attempts == 1

    def test_are_made_where_nothing_listens(self, start: Start) -> None:
        dispatcher = start(capability("read"), endpoint=f"http://127.0.0.1:{closed_port()}")

        result = dispatcher.call("read", {})

        assert isinstance(result.error, UnreachableError)
        assert "the connection was refused" in str(result.error)

    def test_send_the_same_request_again(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(503), Reset(), Say(200))
        body = {"id": "{{ new_uuid() }}"}
        request = {"method": "PUT", "path": "/items", "body": body}

        start(capability("put", request=request)).call("put", {}).unwrap()

        assert len({received.body for received in server.received}) == 1


class TestWaits:
    def test_grow_with_each_attempt_up_to_the_cap(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        server.answers(Say(503))
        settings = TransportSettings(max_attempts=6, backoff_base=1, backoff_cap=5)

        start(capability("read"), transport=settings).call("read", {})

        assert steering.slept == [0.5, 1.0, 2.0, 2.5, 2.5]

    @pytest.mark.parametrize("chance", [0.0, 0.999])
    def test_are_drawn_from_the_whole_window(
        self, start: Start, server: ScriptedServer, steering: Steering, chance: float
    ) -> None:
        server.answers(Say(503), Say(200))
        steering.chance = chance

        start(capability("read")).call("read", {})

        assert steering.slept == [chance * 0.25]

    @pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("0", 0.0), (" 3 ", 3.0)])
    def test_are_as_long_as_the_server_asks(
        self, start: Start, server: ScriptedServer, steering: Steering, header: str, wait: float
    ) -> None:
        server.answers(Say(429, headers={"Retry-After": header}), Say(200))

        start(capability("read")).call("read", {}).unwrap()

        assert steering.slept == [wait]

    def test_may_be_asked_for_as_a_date(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
        server.answers(Say(503, headers={"Retry-After": later}), Say(200))

        start(capability("read")).call("read", {}).unwrap()

        (wait,) = steering.slept
        assert 50 < wait <= 60

    @pytest.mark.parametrize("zone", [" GMT", " -0000", ""])
    def test_for_a_date_that_has_passed_are_none(
        self, start: Start, server: ScriptedServer, steering: Steering, zone: str
    ) -> None:
        before = f"Wed, 21 Oct 2015 07:28:00{zone}"
        server.answers(Say(503, headers={"Retry-After": before}), Say(200))

        start(capability("read")).call("read", {}).unwrap()

        assert steering.slept == [0.0]

    @pytest.mark.parametrize("header", ["soon", "-1", "1.5", "", "\xb2"])
    def test_are_the_usual_ones_where_the_servers_word_means_nothing(
        self, start: Start, server: ScriptedServer, steering: Steering, header: str
    ) -> None:
        server.answers(Say(503, headers={"Retry-After": header}), Say(200))

        start(capability("read")).call("read", {}).unwrap()

        assert steering.slept == [0.125]

    def test_that_are_not_made_are_told(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(429, headers={"Retry-After": "30"}))

        result = start(unsafe("write")).call("write", {})

        assert isinstance(result.error, RateLimitedError)
        assert result.error.to_json()["retryAfter"] == 30.0


class TestTheDeadline:
    def test_ends_the_attempts(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        server.answers(Say(503))
        settings = TransportSettings(max_attempts=20, backoff_base=2, backoff_cap=2, deadline=3.5)

        result = start(capability("read"), transport=settings).call("read", {})

        assert isinstance(result.error, UnavailableError)
        assert steering.slept == [1.0, 1.0, 1.0]
        assert result.attempts == 4

    def test_is_not_outlasted_by_a_wait_that_the_server_asks_for(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        server.answers(Say(429, headers={"Retry-After": "121"}))

        result = start(capability("read")).call("read", {})

        assert isinstance(result.error, RateLimitedError)
        assert (steering.slept, len(server.received)) == ([], 1)

    def test_that_passes_while_the_server_works_leaves_no_time_for_another_attempt(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        def work(_: Received) -> Say:
            steering.now += 200
            return Say(503)

        server.answers(work)

        result = start(capability("read")).call("read", {})

        assert result.status == "failed"
        assert len(server.received) == 1

    def test_bounds_an_answer_that_does_not_come(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Silence())
        settings = TransportSettings(read_timeout=30, deadline=0.1)

        result = start(unsafe("write"), transport=settings).call("write", {})

        assert isinstance(result.error, RequestTimedOutError)
        assert "waiting for the answer" in str(result.error)

    def test_is_each_calls_own(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        dispatcher = start(capability("read"))
        dispatcher.call("read", {}).unwrap()
        steering.now += 1000

        assert dispatcher.call("read", {}).status == "succeeded"


def test_an_error_is_raised_by_whoever_wants_it_raised(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(404))

    with pytest.raises(ArgosyError, match="answered 404: no message"):
        start(capability("read")).call("read", {}).unwrap()
