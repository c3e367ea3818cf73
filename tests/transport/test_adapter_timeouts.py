"""How long an exchange may take: waits as in requests, and a total that really bounds it."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Timeout

from argosy.transport.adapter import LeanAdapter
from tests.transport.adapter_cases import in_pieces, ok, sized
from tests.transport.scripted_server import answering, dripping, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from tests.transport.conftest import TlsMaterial
    from tests.transport.scripted_server import Exchange, Script, ScriptedServer

    Serve = Callable[..., ScriptedServer]
    SessionOver = Callable[[BaseAdapter], requests.Session]

SHORT = 0.05


def total(seconds: float) -> Any:
    """Make what requests' type stubs don't know as a timeout."""
    return Timeout(total=seconds)


TOTAL = total(0.3)
AT_MOST = 3.0  # seconds; a server that outlives the total would keep on for ever
CHUNKED = ok("Transfer-Encoding: chunked", body=b"")

DRIPS = [
    pytest.param(dripping(b"", b"H"), id="status line"),
    pytest.param(dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), id="headers"),
    pytest.param(dripping(b"", b"HTTP/1.1 102 Wait\r\n\r\n", every=0.05), id="interim answers"),
]
BODY_DRIPS = [
    pytest.param(dripping(ok("Content-Length: 99999", body=b""), b"x"), id="sized"),
    pytest.param(dripping(CHUNKED, b"1\r\nx\r\n"), id="chunks"),
    pytest.param(dripping(CHUNKED + b"9999\r\n", b"x"), id="one chunk"),
    pytest.param(dripping(CHUNKED + b"0\r\n", b"X-A: b\r\n"), id="trailers"),
    pytest.param(dripping(ok(body=b""), b"x"), id="to the end"),
]


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
@pytest.mark.parametrize("timeout", [SHORT, (4, SHORT), Timeout(connect=4, read=SHORT)], ids=str)
def test_a_silent_server_is_a_read_timeout(
    serve: Serve, session_over: SessionOver, adapter: type[HTTPAdapter], timeout: float
) -> None:
    session = session_over(adapter())

    with pytest.raises(requests.ReadTimeout):
        session.get(serve(silent).url, timeout=timeout)


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
def test_a_body_that_stops_is_a_connection_error(
    serve: Serve, session_over: SessionOver, adapter: type[HTTPAdapter]
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.answer(ok("Content-Length: 5", body=b"he"))
        silent(exchange)

    answer = session_over(adapter()).get(serve(script).url, timeout=SHORT, stream=True)

    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        list(answer.iter_content(10))


@pytest.mark.parametrize("timeout", [None, 5, (5, None), (5, 5), Timeout(5), Timeout()], ids=str)
def test_every_kind_of_timeout_lets_a_quick_answer_through(
    serve: Serve, session: requests.Session, timeout: float
) -> None:
    server = serve(answering(sized(b"hello")))

    assert [session.get(server.url, timeout=timeout).content for _ in range(2)] == [b"hello"] * 2


@pytest.mark.parametrize("script", DRIPS)
def test_the_total_bounds_a_dripping_head(
    serve: Serve, session: requests.Session, script: Script
) -> None:
    started = time.monotonic()

    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        session.get(serve(script).url, timeout=TOTAL)

    assert time.monotonic() - started < AT_MOST


@pytest.mark.parametrize("script", BODY_DRIPS)
def test_the_total_bounds_a_dripping_body(
    serve: Serve, session: requests.Session, script: Script
) -> None:
    started = time.monotonic()

    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        session.get(serve(script).url, timeout=TOTAL)

    assert time.monotonic() - started < AT_MOST


def test_the_total_bounds_a_dripping_body_over_tls(
    serve: Serve, session: requests.Session, tls: TlsMaterial
) -> None:
    script = dripping(ok("Content-Length: 99999", body=b""), b"x")
    server = serve(script, tls=tls.server_context("127.0.0.1"))

    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        session.get(server.url, timeout=TOTAL, verify=tls.ca_file)


def test_the_total_bounds_an_upload_that_the_server_takes_slowly(
    session: requests.Session,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        with pytest.raises(requests.ReadTimeout):
            session.post(url, data=b"x" * 50_000_000, timeout=TOTAL)


def test_a_body_is_sent_whole_though_the_server_takes_it_in_parts(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(sized(b"hello")))

    session.post(server.url, data=b"x" * 20_000_000, timeout=total(20))

    assert len(server.requests[0].body) == 20_000_000


def test_the_total_bounds_the_tls_handshake_and_is_a_connect_timeout(
    session: requests.Session,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"

        with pytest.raises(requests.ConnectTimeout):
            session.get(url, timeout=TOTAL)


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
@pytest.mark.parametrize("timeout", [(SHORT, 5), Timeout(total=SHORT)], ids=str)
def test_a_server_that_accepts_nobody_is_a_connect_timeout(
    session_over: SessionOver, adapter: type[HTTPAdapter], timeout: tuple[float, float]
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        # one waits in the only place of the queue
        with socket.create_connection(("127.0.0.1", port)), pytest.raises(requests.ConnectTimeout):
            session_over(adapter()).get(f"http://127.0.0.1:{port}", timeout=timeout)


def test_the_total_counts_anew_for_each_exchange(serve: Serve, session_over: SessionOver) -> None:
    now = [0.0]
    server = serve(answering(sized(b"hello")))
    session = session_over(LeanAdapter(clock=lambda: now[0]))
    timeout = total(10)
    session.get(server.url, timeout=timeout)

    now[0] = 100.0

    assert session.get(server.url, timeout=timeout).content == b"hello"


def test_the_last_wait_gets_only_what_is_left_of_the_total(
    serve: Serve, session_over: SessionOver
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.answer(ok("Content-Length: 5", body=b""))
        silent(exchange)

    now = [0.0]
    session = session_over(LeanAdapter(clock=lambda: now[0]))
    answer = session.get(serve(script).url, timeout=total(10), stream=True)
    now[0] = 9.95
    started = time.monotonic()

    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        answer.json()

    assert time.monotonic() - started < AT_MOST


def test_the_total_is_checked_before_each_wait(serve: Serve, session_over: SessionOver) -> None:
    now = [0.0]

    server = serve(in_pieces(ok("Content-Length: 5", body=b""), b"hello"))
    session = session_over(LeanAdapter(clock=lambda: now[0]))
    answer = session.get(server.url, timeout=total(10), stream=True)

    now[0] = 11.0

    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        answer.json()
