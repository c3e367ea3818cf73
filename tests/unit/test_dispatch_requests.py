"""What goes out: headers, body, query, full URLs; and how much comes back."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    AnswerTooLargeError,
    HostRefusedError,
    InvalidInputsError,
    RenderError,
)
from argosy.model import MASK, Connection
from tests.drafts import KEY, capability, handled, unsafe, write_connector
from tests.servers import Raw, Say, ScriptedServer

Start = Callable[..., Dispatcher]


def with_headers(name: str = "read", **request: Any) -> dict[str, Any]:
    headers = {"...": "{{ inputs.headers }}"}
    return capability(
        name, request={"method": "GET", "path": "/items", "headers": headers, **request}
    )


GO = capability("go", request={"method": "{{ inputs.method }}", "url": "{{ inputs.url }}"})


class TestHeaders:
    def test_are_these_where_a_capability_names_none(
        self, start: Start, server: ScriptedServer
    ) -> None:
        start(capability("read")).call("read", {}).unwrap()

        assert server.last.headers["x-notes-key"] == f"Key {KEY}"
        assert server.last.headers["accept"] == "application/json"
        assert server.last.headers["accept-encoding"] == "gzip, deflate"
        assert server.last.headers["host"] == f"127.0.0.1:{server.port}"
        assert server.last.headers["user-agent"].startswith("argosy")
        assert "content-type" not in server.last.headers

    def test_of_a_body_name_its_kind_and_length(self, start: Start, server: ScriptedServer) -> None:
        start(unsafe("write")).call("write", {"a": 1}).unwrap()

        assert server.last.headers["content-type"] == "application/json"
        assert server.last.headers["content-length"] == "7"
        assert server.last.body == b'{"a":1}'

    def test_that_a_capability_names_replace_the_usual_ones(
        self, start: Start, server: ScriptedServer
    ) -> None:
        headers = {"ACCEPT": "text/plain", "X-Count": 3, "X-Flag": True}

        start(with_headers()).call("read", {"headers": headers}).unwrap()

        assert server.last.headers["accept"] == "text/plain"
        assert (server.last.headers["x-count"], server.last.headers["x-flag"]) == ("3", "true")

    @pytest.mark.parametrize(
        "name",
        ["Host", "Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade", "Expect",
         "X-Notes-Key", "x-notes-KEY"],
    )  # fmt: skip
    def test_of_the_transport_and_the_key_cannot_be_given(
        self, start: Start, server: ScriptedServer, name: str
    ) -> None:
        result = start(with_headers()).call("read", {"headers": {name: "x"}})

        assert isinstance(result.error, InvalidInputsError)
        assert [problem.code for problem in result.error.problems] == ["reserved-header"]
        assert name in result.error.problems[0].message
        assert server.received == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("X-A", "a\r\nX-B: b"),
            ("X-A", "a\nb"),
            ("X-A", "a\rb"),
            ("X-A", "a\x00b"),
            ("X-A", "é"),
            ("X-A", "\u2028"),
            ("X-A\r\nX-B", "b"),
            ("X A", "b"),
            ("X:A", "b"),
            ("", "b"),
            ("Ä", "b"),
        ],
    )
    def test_that_would_break_the_request_are_refused(
        self, start: Start, server: ScriptedServer, name: str, value: str
    ) -> None:
        result = start(with_headers()).call("read", {"headers": {name: value}})

        assert isinstance(result.error, InvalidInputsError)
        assert [problem.code for problem in result.error.problems] == ["header-characters"]
        assert server.received == []

    def test_have_all_their_problems_told_at_once(self, start: Start) -> None:
        result = start(with_headers()).call("read", {"headers": {"Host": "x", "X": "\n", "Te": ""}})

        assert isinstance(result.error, InvalidInputsError)
        assert len(result.error.problems) == 3


class TestBodies:
    @pytest.mark.parametrize(
        "value",
        [
            {"a": [1, None, True, 1.5, "é"]},
            {"large": 2**64, "larger": -(2**70)},
            {"deep": [[[[[[[[[[]]]]]]]]]]},
            {"": ""},
        ],
        ids=str,
    )
    def test_say_what_was_given(self, start: Start, server: ScriptedServer, value: Any) -> None:
        start(unsafe("write")).call("write", value).unwrap()

        assert server.last.json == value

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (math.nan, "NaN and infinity"),
            (math.inf, "NaN and infinity"),
            ([None, {"b": -math.inf}], "NaN and infinity"),
            ("half \ud800", "half a character"),
            ({"\udc00": 1}, "half a character"),
        ],
        ids=["nan", "inf", "inner", "half", "half-key"],
    )
    def test_that_json_cannot_say_are_refused(
        self, start: Start, server: ScriptedServer, value: Any, words: str
    ) -> None:
        result = start(unsafe("write")).call("write", {"a": value})

        assert isinstance(result.error, RenderError)
        assert words in str(result.error)
        assert server.received == []

    def test_may_hold_null_beside_numbers(self, start: Start, server: ScriptedServer) -> None:
        start(unsafe("write")).call("write", {"a": None, "b": [1.5, "null"]}).unwrap()

        assert server.last.json == {"a": None, "b": [1.5, "null"]}

    def test_that_have_no_value_are_not_sent(self, start: Start, server: ScriptedServer) -> None:
        request = {"method": "POST", "path": "/", "body": "{{ inputs.body }}"}

        start(unsafe("write", request=request)).call("write", {}).unwrap()

        assert server.last.headers["content-length"] == "0"
        assert "content-type" not in server.last.headers

    @pytest.mark.parametrize(("size", "is_sent"), [(20, True), (21, False)])
    def test_are_as_large_as_the_capability_allows(
        self, start: Start, server: ScriptedServer, size: int, is_sent: bool
    ) -> None:
        request = {"method": "POST", "path": "/", "body": "{{ inputs }}", "maxBodyBytes": 20}
        text = "x" * (size - len('{"a":""}'))

        result = start(unsafe("write", request=request)).call("write", {"a": text})

        assert bool(server.received) is is_sent
        if result.error:
            (problem,) = result.error.problems
            assert problem.message == "the request's body has 21 bytes; at most 20 are accepted"

    def test_are_measured_in_bytes_and_not_in_letters(self, start: Start) -> None:
        request = {"method": "POST", "path": "/", "body": "{{ inputs }}", "maxBodyBytes": 12}

        result = start(unsafe("write", request=request)).call("write", {"a": "ééé"})

        assert isinstance(result.error, InvalidInputsError)


class TestQueries:
    def test_are_encoded_and_a_list_repeats_its_name(
        self, start: Start, server: ScriptedServer
    ) -> None:
        query = {"fixed": 2, "q": "{{ inputs.q }}", "none": "{{ inputs.nothing }}"}
        request = {"method": "GET", "path": "/items", "query": query}

        start(capability("read", request=request)).call(
            "read", {"q": ["a&b=c", "é ", True, None, 1.5]}
        ).unwrap()

        assert server.last.query == [
            ("fixed", "2"),
            ("q", "a&b=c"),
            ("q", "é "),
            ("q", "true"),
            ("q", "null"),
            ("q", "1.5"),
        ]

    def test_are_added_to_those_that_a_full_url_has(
        self, start: Start, server: ScriptedServer
    ) -> None:
        request = {"method": "GET", "url": "{{ inputs.url }}", "query": {"b": "2"}}

        start(capability("go", request=request)).call("go", {"url": f"{server.url}/x?a=1"}).unwrap()

        assert server.last.target == "/x?a=1&b=2"


class TestRequestsThatCannotBeWritten:
    @pytest.mark.parametrize(
        "request_",
        [
            {"method": "GET", "path": "/", "query": {"...": "{{ inputs.number }}"}},
            {"method": "GET", "path": "/", "headers": {"...": "{{ inputs.number }}"}},
            {"method": "GET", "path": "/{deep}"},
            {"method": "GET", "path": "/{half}"},
            {"method": "GET", "path": "/", "body": "{{ inputs.deep }}"},
            {"method": "GET", "path": "/", "query": {"a": "{{ inputs.number }}-{{ inputs.no }}"}},
            {"method": "GET", "url": "{{ inputs.no }}"},
            {"method": "GET", "url": "http://127.0.0.1/{{ inputs.half }}"},
            {"method": "GET", "path": "/", "query": {"a": "{{ inputs.half }}"}},
            {"method": "GET", "path": "/", "query": {"a": "{{ inputs.deep }}"}},
            {"method": "GET", "path": "/", "headers": {"A": "{{ inputs.deep }}"}},
            {"method": "GET", "path": "/", "headers": {"A": "{{ inputs.nan }}"}},
            {"method": "GET", "url": "{{ inputs.number }}"},
        ],
        ids=str,
    )
    def test_are_the_results_error_and_are_not_sent(
        self, start: Start, server: ScriptedServer, request_: Any
    ) -> None:
        deep: Any = 1
        for _ in range(2000):
            deep = [deep]
        inputs = {"number": 5, "half": "\ud800", "deep": deep, "nan": math.nan}

        result = start(capability("read", request=request_)).call("read", inputs)

        assert isinstance(result.error, RenderError | HostRefusedError)
        assert server.received == []


class TestFullUrls:
    def test_of_the_vendor_go_to_the_endpoint_with_the_key(
        self, start: Start, server: ScriptedServer
    ) -> None:
        url = "https://north.notes.example.com/v1/items?x=1"

        start(GO, endpoint=f"{server.url}/box").call("go", {"url": url, "method": "GET"}).unwrap()

        assert server.last.target == "/box/v1/items?x=1"
        assert server.last.headers["x-notes-key"] == f"Key {KEY}"

    @pytest.mark.parametrize("entry", ["http://localhost:{port}", "127.0.0.0/8"])
    def test_of_hosts_that_are_allowed_get_no_key(
        self, start: Start, server: ScriptedServer, entry: str
    ) -> None:
        host = "localhost" if "localhost" in entry else "127.0.0.1"
        with ScriptedServer(Say(200, {})) as other:
            dispatcher = start(GO, allow_hosts=(entry.format(port=other.port),))

            dispatcher.call("go", {"url": f"http://{host}:{other.port}/", "method": "GET"}).unwrap()

            assert KEY not in str(other.received)
        assert server.received == []

    def test_of_hosts_that_are_allowed_may_carry_a_header_that_elsewhere_is_the_keys(
        self, start: Start
    ) -> None:
        document = with_headers("go", url="{{ inputs.url }}")
        del document["request"]["path"]
        with ScriptedServer(Say(200, {})) as other:
            dispatcher = start(document, allow_hosts=(f"http://localhost:{other.port}",))
            inputs = {"url": f"http://localhost:{other.port}/", "headers": {"X-Notes-Key": "own"}}

            dispatcher.call("go", inputs).unwrap()

            assert other.last.headers["x-notes-key"] == "own"

    def test_of_other_hosts_are_refused(self, start: Start, server: ScriptedServer) -> None:
        with ScriptedServer() as other:
            result = start(GO).call(
                "go", {"url": f"http://127.0.0.1:{other.port}/", "method": "GET"}
            )

            assert isinstance(result.error, HostRefusedError)
            assert other.received == server.received == []

    def test_whose_name_turns_out_to_be_this_machine_are_refused_when_connecting(
        self, start: Start
    ) -> None:
        with ScriptedServer() as other:
            # one number is a name to the rules of hosts and 127.0.0.1 to the resolver
            origin = f"http://0x7f000001:{other.port}"

            result = start(GO, allow_hosts=(origin,)).call("go", {"url": origin, "method": "GET"})

            assert isinstance(result.error, HostRefusedError)
            assert "127.0.0.1 is a private or reserved address" in str(result.error)
            assert other.received == []


class TestAnswersThatAreTooLarge:
    SMALL = TransportSettings(max_response_bytes=2000)

    @pytest.mark.parametrize(("size", "status"), [(2000, "succeeded"), (2001, "failed")])
    def test_are_not_read(
        self, start: Start, server: ScriptedServer, size: int, status: str
    ) -> None:
        server.answers(Say(200, "x" * size))

        result = start(capability("read"), transport=self.SMALL).call("read", {})

        assert result.status == status
        if result.error:
            assert isinstance(result.error, AnswerTooLargeError)
            assert "2000 bytes" in str(result.error)
            assert result.outputs == {}

    def test_are_noticed_however_small_they_travel(
        self, start: Start, server: ScriptedServer
    ) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        server.answers(Say(200, bomb, {"Content-Encoding": "gzip"}))
        settings = TransportSettings(max_response_bytes=len(bomb) + 1000)

        result = start(capability("read"), transport=settings).call("read", {})

        assert isinstance(result.error, AnswerTooLargeError)
        assert len(server.received) == 1

    def test_are_noticed_without_a_length(self, start: Start, server: ScriptedServer) -> None:
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        server.answers(Raw(head + chunk * 20 + b"0\r\n\r\n"))

        result = start(capability("read"), transport=self.SMALL).call("read", {})

        assert isinstance(result.error, AnswerTooLargeError)


class TestPreparing:
    def test_sends_nothing_and_masks_the_key(self, start: Start, server: ScriptedServer) -> None:
        request = start(unsafe("write")).prepare("write", {"a": KEY})

        assert (request.method, request.url) == ("POST", f"{server.url}/items")
        assert request.headers["X-Notes-Key"] == f"Key {MASK}"
        assert json.loads(request.body or b"") == {"a": MASK}
        assert server.received == []

    def test_shows_what_a_handler_would_send_first(
        self, start: Start, server: ScriptedServer
    ) -> None:
        source = "def run(context):\n    context.send(extra=1)\n    raise AssertionError\n"

        request = start(handled("two"), handlers={"two": source}).prepare("two", {"a": 2})

        assert json.loads(request.body or b"") == {"a": 2, "extra": 1}
        assert server.received == []

    def test_raises_what_would_keep_the_call_from_being_sent(self, start: Start) -> None:
        dispatcher = start(unsafe("write", inputs={"type": "object", "required": ["a"]}))

        with pytest.raises(InvalidInputsError):
            dispatcher.prepare("write", {})

    def test_needs_no_key(self, tmp_path: Path) -> None:
        connector = write_connector(tmp_path, unsafe("write"))

        with Dispatcher(connector, Connection({})) as dispatcher:
            request = dispatcher.prepare("write", {})

        assert request.headers["X-Notes-Key"] == f"Key {MASK}"


@pytest.mark.parametrize("inputs", [None, [], "text", 5])
def test_inputs_that_are_no_object_are_refused(start: Start, inputs: Any) -> None:
    result = start(capability("read")).call("read", inputs)

    assert result.error is not None
    assert [problem.message for problem in result.error.problems] == [
        "the inputs are not an object"
    ]


def test_inputs_that_are_nested_too_deeply_and_wrong_are_refused(start: Start) -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    strict = {"type": "object", "properties": {"id": {"type": "string"}}}

    result = start(capability("read", inputs=strict)).call("read", {"id": deep})

    assert result.error is not None
    assert [problem.code for problem in result.error.problems] == ["too-deep"]
