"""Flows behind HTTP: what starts a run, and what comes back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.server.conftest import Reply, Running

Ask = Callable[..., Reply]
PROBLEM = "application/problem+json"


def post_raw(running: Running, head: str, body: bytes = b"") -> bytes:
    """Send bytes as they are and return what comes back until the server hangs up."""
    with socket.create_connection((running.host, running.port), timeout=20) as sock:
        sock.sendall(head.encode() + body)
        found = b""
        while data := sock.recv(65536):
            found += data
        return found


class TestInput:
    def test_the_members_of_the_body_are_the_input(self, ask: Ask) -> None:
        found = ask("POST", "/flows/echo", {"email": "ada@example.com", "n": [1, None]})

        assert (found.status, found.json) == (200, {"email": "ada@example.com", "n": [1, None]})
        assert found.headers["content-type"] == "application/json"
        assert found.headers["cache-control"] == "no-store"

    def test_no_body_is_an_empty_input(self, ask: Ask) -> None:
        assert ask("POST", "/flows/echo").json == {}

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", "application/cloudevents+json"]
    )
    def test_json_goes_by_several_names(self, ask: Ask, media_type: str) -> None:
        found = ask("POST", "/flows/echo", b'{"a": 1}', {"Content-Type": media_type})

        assert found.json == {"a": 1}

    def test_a_query_is_read_as_the_schema_wants_it(self, ask: Ask) -> None:
        found = ask("GET", "/flows/shop/search?n=7&exact=true&tags=a&text=12&other=1")

        assert found.json == {"n": 7, "exact": True, "tags": ["a"], "text": "12", "other": "1"}

    def test_a_name_that_is_repeated_is_a_list(self, ask: Ask) -> None:
        assert ask("DELETE", "/flows/shop/search?a=1&a=2&a=%C3%A9").json == {"a": ["1", "2", "é"]}

    def test_a_flow_may_take_the_whole_request(self, ask: Ask) -> None:
        headers = {"X-Signature": "abc", "Authorization": "Bearer 1", "Cookie": "a=b"}
        request = ask("POST", "/flows/whole?a=1", [1], headers).json["request"]

        assert (request["method"], request["path"]) == ("POST", "/flows/whole")
        assert (request["query"], request["body"]) == ({"a": "1"}, [1])
        assert request["headers"]["x-signature"] == "abc"
        assert request["headers"]["content-type"] == "application/json"
        assert not {"authorization", "cookie"} & request["headers"].keys()

    def test_the_servers_environment_is_no_header(self, ask: Ask) -> None:
        names = ask("GET", "/flows/whole").json["request"]["headers"].keys()

        assert names <= {"host", "accept-encoding"}

    def test_a_whole_request_without_a_body_has_null(self, ask: Ask) -> None:
        assert ask("POST", "/flows/whole").json["request"]["body"] is None


class TestAnswer:
    def test_a_run_reaches_the_connection(self, ask: Ask) -> None:
        found = ask("POST", "/flows/insert", {"email": "ada@example.com"})

        assert found.status == 201
        assert len(found.json["uuid"]) == 36

    def test_every_answer_of_a_run_names_it(self, ask: Ask) -> None:
        first, second = (ask("POST", "/flows/echo").headers["argosy-run"] for _ in range(2))

        assert len(first) == 36
        assert first != second

    @pytest.mark.parametrize("path", ["silent", "gone"])
    def test_nothing_to_say_is_204(self, ask: Ask, path: str) -> None:
        found = ask("POST", f"/flows/{path}")

        assert (found.status, found.body) == (204, b"")

    def test_a_response_that_is_an_error_has_its_status(self, ask: Ask) -> None:
        found = ask("POST", "/flows/refused")

        assert (found.status, found.json) == (409, {"why": "no"})

    def test_a_run_that_fails_after_its_response_has_responded(self, ask: Ask) -> None:
        assert ask("POST", "/flows/late", {"a": 1}).json == {"a": 1}

    def test_a_failed_run_tells_nothing_of_its_inside(self, ask: Ask) -> None:
        found = ask("POST", "/flows/broken", {"word": "open"})

        assert (found.status, found.headers["content-type"]) == (500, PROBLEM)
        assert found.json == {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "The run failed; the server's log says why, in the line of this run.",
            "code": "run-failed",
            "run": found.headers["argosy-run"],
        }

    def test_a_run_that_takes_too_long_is_504(self, ask: Ask) -> None:
        found = ask("POST", "/flows/slow")

        assert (found.status, found.json["code"]) == (504, "run-timed-out")


class TestRefusals:
    def test_an_input_that_does_not_fit_is_told_with_its_problems(self, ask: Ask) -> None:
        found = ask("POST", "/flows/number", {"n": "seven"})

        assert (found.status, found.headers["content-type"]) == (422, PROBLEM)
        assert found.json["code"] == "invalid-run-input"
        assert [problem["pointer"] for problem in found.json["problems"]] == ["/n"]

    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "code"),
        [
            ("POST", "/flows/none", {}, 404, "unknown-path"),
            ("POST", "/", {}, 404, "unknown-path"),
            ("POST", "/flows/echo/", {}, 404, "unknown-path"),
            ("GET", "/flows/echo", None, 405, "method-not-allowed"),
            ("PUT", "/flows/shop/search", {}, 405, "method-not-allowed"),
            ("POST", "/flows/echo", [1], 422, "invalid-run-input"),
            ("GET", "/flows/shop/search?n=seven", None, 422, "invalid-run-input"),
            ("GET", "/flows/shop/search?n=%FF", None, 400, "invalid-query"),
            ("GET", "/flows/shop/search?" + "a=1&" * 200, None, 400, "invalid-query"),
        ],
    )
    def test_what_starts_no_run_is_refused(
        self, ask: Ask, method: str, path: str, body: Any, status: int, code: str
    ) -> None:
        found = ask(method, path, body)

        assert (found.status, found.json["code"]) == (status, code)
        assert found.headers["content-type"] == PROBLEM

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"{", "line 1"),
            (b'{"a": 1, "a": 2}', "'a' stands twice"),
            (b'{"a": NaN}', "NaN"),
            (b'{"a": "\xff"}', "not UTF-8"),
            (b'{"a": "\\ud800"}', "half a character"),
            (b"[" * 150 + b"]" * 150, "100 deep"),
            (b"[" * 9000, "nested too deeply"),
        ],
    )
    def test_a_body_that_is_not_json_is_400(self, ask: Ask, body: bytes, words: str) -> None:
        found = ask("POST", "/flows/echo", body, {"Content-Type": "application/json"})

        assert (found.status, found.json["code"]) == (400, "invalid-json")
        assert words in found.json["detail"]

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_a_body_of_another_kind_is_415(self, ask: Ask, media_type: str) -> None:
        found = ask("POST", "/flows/echo", b'{"a": 1}', {"Content-Type": media_type})

        assert (found.status, found.headers["accept-post"]) == (415, "application/json")

    def test_a_body_that_is_too_large_is_413(self, flow_server: Running) -> None:
        head = "POST /flows/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        told = post_raw(flow_server, f"{head}Content-Length: 20001\r\n\r\n", b" " * 20001)
        chunks = b"4e22\r\n" + b" " * 20002 + b"\r\n0\r\n\r\n"
        untold = post_raw(flow_server, f"{head}Transfer-Encoding: chunked\r\n\r\n", chunks)

        for found in (told, untold):
            assert found.startswith(b"HTTP/1.1 413 ")
            assert b'"detail":"The body may have 20000 bytes."' in found

    def test_a_body_of_just_the_limit_is_taken(self, ask: Ask) -> None:
        body = b'{"a":"' + b"x" * (20_000 - 8) + b'"}'

        assert ask("POST", "/flows/echo", body, {"Content-Type": "application/json"}).status == 200

    def test_many_headers_are_refused(self, flow_server: Running) -> None:
        headers = "".join(f"X-{number}: 1\r\n" for number in range(200))
        found = post_raw(flow_server, f"POST /flows/echo HTTP/1.1\r\nHost: a\r\n{headers}\r\n")

        assert found.startswith(b"HTTP/1.1 431 ")

    def test_a_head_that_does_not_arrive_is_given_up(self, flow_server: Running) -> None:
        assert post_raw(flow_server, "POST /flows/echo HTTP/1.1\r\n") == b""


class TestOtherMethods:
    def test_options_tells_the_methods(self, ask: Ask) -> None:
        found = ask("OPTIONS", "/flows/shop/search")

        assert (found.status, found.headers["allow"]) == (204, "DELETE, GET, OPTIONS")

    def test_head_starts_no_run(self, ask: Ask) -> None:
        found = ask("HEAD", "/flows/shop/search")

        assert (found.status, found.body) == (405, b"")
        assert found.headers["allow"] == "DELETE, GET, OPTIONS"

    def test_a_wrong_method_is_told_the_right_ones(self, ask: Ask) -> None:
        found = ask("GET", "/flows/echo")

        assert found.headers["allow"] == "OPTIONS, POST"
        assert found.json["detail"] == "This path answers OPTIONS, POST, not GET."
