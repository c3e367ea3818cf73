"""An exchange that is cancelled: it ends at once, leaks nothing, and harms nobody else's."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.exceptions import HTTPError

from argosy.errors import RunCancelledError
from argosy.transport import Cancellation
from argosy.transport.adapter import LeanAdapter
from argosy.transport.limits import ExchangeTimeout
from tests.transport.scripted_server import Exchange, ScriptedServer, answering, silent

if TYPE_CHECKING:
    from tests.transport.conftest import TlsMaterial

BODY = b"0123456789" * 2000
SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
)
TO_THE_END = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY
FRAMINGS = {"sized": SIZED, "chunked": CHUNKED, "to the end": TO_THE_END}


def send(
    adapter: LeanAdapter, url: str, cancellation: Cancellation | None = None, **more: Any
) -> bytes:
    """Send one request and read the answer as the transport does."""
    timeout = ExchangeTimeout(10, 10, 10, cancellation)
    request = requests.Request("GET", url).prepare()
    response = adapter.send(request, stream=True, timeout=timeout, **more)  # type: ignore[arg-type]
    try:
        data: bytes = response.raw.read(len(BODY) + 1, decode_content=True)
        return data
    finally:
        response.close()


def idle_wires(adapter: LeanAdapter) -> list[Any]:
    return [wire for pool in adapter._pools.values() for wire in pool._idle]


def assert_sound(adapter: LeanAdapter, *cancellations: Cancellation) -> None:
    """Nothing is held any more, and no connection that was cut waits for the next request."""
    assert [one._held for one in cancellations] == [set()] * len(cancellations)
    assert not [wire for wire in idle_wires(adapter) if wire.cut or wire.closed]


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("sent", [0, 10, 60, 5000])
def test_a_cut_answer_is_never_taken_for_a_whole_one(
    serve: Callable[..., ScriptedServer], framing: str, sent: int
) -> None:
    cancellation = Cancellation()

    def script(exchange: Exchange) -> None:
        exchange.answer(FRAMINGS[framing][:sent])
        cancellation.cancel()
        exchange.hang_up = True

    adapter = LeanAdapter()
    with pytest.raises((RunCancelledError, requests.RequestException, HTTPError)):
        send(adapter, serve(script).url, cancellation)
    assert_sound(adapter, cancellation)
    adapter.close()


def test_a_wait_for_an_answer_ends_at_once(serve: Callable[..., ScriptedServer]) -> None:
    cancellation = Cancellation()

    def script(exchange: Exchange) -> None:
        cancellation.cancel()
        silent(exchange)

    adapter = LeanAdapter()
    began = time.monotonic()
    with pytest.raises((RunCancelledError, requests.RequestException)):
        send(adapter, serve(script).url, cancellation)
    assert time.monotonic() - began < 5
    assert_sound(adapter, cancellation)
    adapter.close()


def test_a_request_that_is_too_large_to_leave_is_cut(
    serve: Callable[..., ScriptedServer],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cancellation = Cancellation()
        port = listener.getsockname()[1]
        timeout = ExchangeTimeout(10, 10, 10, cancellation)
        request = requests.Request("POST", f"http://127.0.0.1:{port}/", data=b"x" * 50_000_000)
        threading.Timer(0.1, cancellation.cancel).start()
        adapter = LeanAdapter()
        began = time.monotonic()
        with pytest.raises((RunCancelledError, requests.RequestException)):
            adapter.send(request.prepare(), stream=True, timeout=timeout)  # type: ignore[arg-type]
        assert time.monotonic() - began < 5
        assert_sound(adapter, cancellation)
        adapter.close()


def test_a_connection_that_does_not_come_about_is_cut() -> None:
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):  # they fill the queue: whoever comes now is not heard
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        cancellation = Cancellation()
        threading.Timer(0.1, cancellation.cancel).start()
        adapter = LeanAdapter()
        began = time.monotonic()
        with pytest.raises((RunCancelledError, requests.RequestException)):
            send(adapter, f"http://127.0.0.1:{listener.getsockname()[1]}/", cancellation)
        assert time.monotonic() - began < 5
        assert_sound(adapter, cancellation)
        adapter.close()


def test_a_handshake_that_does_not_end_is_cut(tls: TlsMaterial) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        cancellation = Cancellation()
        threading.Timer(0.1, cancellation.cancel).start()
        adapter = LeanAdapter()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        with pytest.raises((RunCancelledError, requests.RequestException)):
            send(adapter, url, cancellation, verify=tls.ca_file)
        assert time.monotonic() - began < 5
        assert_sound(adapter, cancellation)
        adapter.close()


def test_an_exchange_over_tls_is_cut(
    serve: Callable[..., ScriptedServer], tls: TlsMaterial
) -> None:
    cancellation = Cancellation()

    def script(exchange: Exchange) -> None:
        if exchange.number == 0:
            cancellation.cancel()
            silent(exchange)
        exchange.answer(SIZED)

    server = serve(script, tls=tls.server_context("127.0.0.1"))
    adapter = LeanAdapter()
    with pytest.raises((RunCancelledError, requests.RequestException)):
        send(adapter, server.url, cancellation, verify=tls.ca_file)
    assert_sound(adapter, cancellation)
    assert send(adapter, server.url, Cancellation(), verify=tls.ca_file) == BODY
    adapter.close()


def test_a_cut_over_tls_never_lets_plain_text_out(tls: TlsMaterial) -> None:
    """`SSLSocket.shutdown` forgets its encryption first, while another thread may be sending."""
    from argosy.transport.limits import Limits
    from argosy.transport.wire import Wire

    left, right = socket.socketpair()
    with left, right:
        context = tls.server_context("127.0.0.1")
        sock = context.wrap_socket(left, server_side=True, do_handshake_on_connect=False)
        wire = Wire(sock, Limits(ExchangeTimeout(5, 5, 5, None)), lambda _wire: None)
        encryption = sock._sslobj  # type: ignore[attr-defined]
        wire.cut_off("now")
        assert sock._sslobj is encryption  # type: ignore[attr-defined]
        sock.close()


def test_a_connection_that_was_given_back_is_out_of_reach(
    serve: Callable[..., ScriptedServer],
) -> None:
    cancellation = Cancellation()
    server = serve(answering(SIZED))
    adapter = LeanAdapter()
    assert send(adapter, server.url, cancellation) == BODY
    cancellation.cancel()
    assert len(idle_wires(adapter)) == 1
    assert send(adapter, server.url) == BODY
    assert server.connections == 1
    adapter.close()


def test_an_idle_connection_that_a_cancelled_call_would_take_is_not_held(
    serve: Callable[..., ScriptedServer],
) -> None:
    cancellation = Cancellation()
    server = serve(answering(SIZED))
    adapter = LeanAdapter()
    send(adapter, server.url)
    cancellation.cancel()
    with pytest.raises(RunCancelledError):
        send(adapter, server.url, cancellation)
    assert_sound(adapter, cancellation)
    assert send(adapter, server.url) == BODY
    adapter.close()


class Cancelling:
    """A server that answers in pieces and does something in between; the adapter that asks it."""

    def __init__(self) -> None:
        self.adapter = LeanAdapter()
        self.server = ScriptedServer(self._answer)
        self._steps: list[bytes | Callable[[], None]] = []
        self._hangs_up = False

    def ask(
        self,
        steps: list[bytes | Callable[[], None]],
        cancellation: Cancellation,
        *,
        hangs_up: bool = False,
    ) -> bytes:
        self._steps, self._hangs_up = steps, hangs_up
        return send(self.adapter, self.server.url, cancellation)

    def _answer(self, exchange: Exchange) -> None:
        exchange.hang_up = self._hangs_up
        for step in self._steps:
            if isinstance(step, bytes):
                exchange.answer(step)
            else:
                step()


@pytest.fixture(scope="module")
def cancelling() -> Iterator[Cancelling]:
    made = Cancelling()
    with made.server:
        yield made
    made.adapter.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    framing=st.sampled_from(sorted(FRAMINGS)),
    cuts=st.lists(st.integers(1, len(BODY)), max_size=4, unique=True),
    at=st.integers(0, 5),
)
def test_a_cancellation_at_any_moment_leaks_nothing(
    cancelling: Cancelling, framing: str, cuts: list[int], at: int
) -> None:
    cancellation = Cancellation()
    whole = FRAMINGS[framing]
    steps: list[Any] = [whole[a:b] for a, b in pairwise([0, *sorted(cuts), len(whole)])]
    steps.insert(min(at, len(steps)), cancellation.cancel)
    try:
        assert cancelling.ask(steps, cancellation, hangs_up=framing == "to the end") == BODY
    except (RunCancelledError, requests.RequestException, HTTPError, OSError):
        assert cancellation.is_cancelled
    assert_sound(cancelling.adapter, cancellation)
    assert cancelling.ask([SIZED], Cancellation()) == BODY


def test_cancelling_some_of_many_calls_harms_none_of_the_others(
    serve: Callable[..., ScriptedServer],
) -> None:
    server = serve(answering(SIZED))
    adapter = LeanAdapter(pool_maxsize=3)
    chance = random.Random(7)
    latest: list[Cancellation] = []
    harmed: list[BaseException] = []
    every: list[Cancellation] = []
    over = threading.Event()

    def call() -> None:
        for _ in range(150):
            cancellation = Cancellation()
            every.append(cancellation)
            latest.append(cancellation)
            try:
                assert send(adapter, server.url, cancellation) == BODY
            except (
                RunCancelledError,
                requests.RequestException,
                HTTPError,
                AssertionError,
            ) as error:
                if not cancellation.is_cancelled:
                    harmed.append(error)

    def cancel() -> None:
        while not over.is_set():
            if latest and chance.random() < 0.3:
                latest.pop().cancel()
            else:
                latest.clear()
                time.sleep(0)

    callers = [threading.Thread(target=call) for _ in range(4)]
    canceller = threading.Thread(target=cancel)
    for thread in (*callers, canceller):
        thread.start()
    for thread in callers:
        thread.join()
    over.set()
    canceller.join()
    assert not harmed
    assert any(one.is_cancelled for one in every)
    assert_sound(adapter, *every)
    adapter.close()
