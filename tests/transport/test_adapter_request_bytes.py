"""The bytes of a request: one packet for a small one, and nothing smuggled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.transport.adapter_cases import sized
from tests.transport.scripted_server import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transport.scripted_server import ScriptedServer

    Serve = Callable[..., ScriptedServer]

HELLO = answering(sized(b"hello"))
LINE_ENDS = ["a\r\nX-B: c", "a\nX-B: c", "a\rX-B: c", "a\r\n b", "a\0b"]


def prepared(url: str, body: bytes = b"body") -> requests.PreparedRequest:
    return requests.Request("POST", url, data=body).prepare()


def test_head_and_small_body_arrive_in_one_piece(serve: Serve, session: requests.Session) -> None:
    server = serve(HELLO)

    for _ in range(20):
        session.post(server.url, data=b"x" * 1000)

    assert all(seen.in_one_piece for seen in server.requests)


@pytest.mark.parametrize("value", LINE_ENDS)
def test_a_value_that_would_end_its_line_is_refused(
    serve: Serve, session: requests.Session, value: str
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers["X-A"] = value

    with pytest.raises(ValueError, match="shape of the request"):
        session.send(request)

    assert server.connections == 0


def test_bytes_that_would_end_their_line_are_refused(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers["X-A"] = b"a\r\nX-B: c"  # type: ignore[assignment]

    with pytest.raises(ValueError, match="shape of the request"):
        session.send(request)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", " a", "a ", "\xe9", "a\0"])
def test_a_name_that_is_no_token_is_refused(
    serve: Serve, session: requests.Session, name: str
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers[name] = "a"

    with pytest.raises(ValueError, match="token"):
        session.send(request)

    assert server.connections == 0


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\nX-A: b\r\n\r\nGET", "G T", "GET\n"])
def test_a_method_that_is_no_token_is_refused(
    serve: Serve, session: requests.Session, method: str
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.method = method

    with pytest.raises(ValueError, match="shape of the request"):
        session.send(request)

    assert server.connections == 0


@pytest.mark.parametrize("target", ["/a\r\nX-B: c", "/a b HTTP/1.1", "/a\0\n", "/\xe9"])
def test_a_target_is_percent_encoded(serve: Serve, session: requests.Session, target: str) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.url = server.url + target

    session.send(request)

    (seen,) = server.requests
    assert seen.line.count(" ") == 2
    assert b"X-B:" not in seen.head.split(b"\r\n", 1)[1]


@pytest.mark.parametrize(("value", "line"), [(5, b"X-A: 5\r\n"), (b"\xff", b"X-A: \xff\r\n")])
def test_a_number_and_bytes_are_values(
    serve: Serve, session: requests.Session, value: object, line: bytes
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers["X-A"] = value  # type: ignore[assignment]

    session.send(request)

    assert line in server.requests[0].head + b"\r\n"


def test_other_kinds_of_values_are_refused(serve: Serve, session: requests.Session) -> None:
    request = prepared(serve(HELLO).url)
    request.headers["X-A"] = 1.5  # type: ignore[assignment]

    with pytest.raises(TypeError, match="not float"):
        session.send(request)


def test_a_name_in_bytes_is_sent(serve: Serve, session: requests.Session) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers = {b"X-A": "b", "Content-Length": "4"}  # type: ignore[assignment]

    session.send(request)

    assert b"X-A: b\r\n" in server.requests[0].head + b"\r\n"
    assert server.requests[0].body == b"body"


@pytest.mark.parametrize("body", [None, b"body", iter([b"bo", b"dy"])])
def test_a_request_stripped_of_its_length_is_framed_anew(
    serve: Serve, session: requests.Session, body: object
) -> None:
    server = serve(HELLO)
    request = prepared(server.url)
    request.headers.clear()
    request.body = body  # type: ignore[assignment]

    session.send(request)

    head = server.requests[0].head.lower()
    assert b"transfer-encoding: chunked" in head or b"content-length" in head or body is None
