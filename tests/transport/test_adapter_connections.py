"""Which connection a request takes, when one is given up, and that nothing is sent twice."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from argosy.transport.adapter import LeanAdapter
from tests.transport.adapter_cases import chunked, in_pieces, ok, sized
from tests.transport.scripted_server import answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests.adapters import BaseAdapter

    from tests.transport.scripted_server import Exchange, ScriptedServer

    Serve = Callable[..., ScriptedServer]
    SessionOver = Callable[[BaseAdapter], requests.Session]

BROKEN_OFF = [b"", b"HTT", ok("Content-Length: 5", body=b"he")]


@pytest.mark.parametrize("last_words", BROKEN_OFF, ids=["nothing", "half a line", "half a body"])
def test_a_request_is_sent_once_though_its_kept_connection_dies(
    serve: Serve, session: requests.Session, last_words: bytes
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.hang_up = exchange.number == 1
        exchange.answer(last_words if exchange.hang_up else sized(b"first"))

    server = serve(script)
    session.post(server.url, data=b"1")

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        session.post(server.url, data=b"2")

    assert [seen.body for seen in server.requests] == [b"1", b"2"]


def test_a_connection_closed_while_idle_is_replaced(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(sized(b"hello")))
    session.get(server.url)
    server.hang_up()

    answer = session.post(server.url, data=b"2")

    assert answer.content == b"hello"
    assert (len(server.requests), server.connections) == (2, 2)


def test_a_connection_with_unasked_bytes_is_not_used_again(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(sized(b"hello") + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nX"))

    bodies = [session.get(server.url).content for _ in range(2)]

    assert bodies == [b"hello", b"hello"]
    assert server.connections == 2


def test_bytes_behind_the_last_chunk_spoil_the_connection(
    serve: Serve, session: requests.Session
) -> None:
    surplus = ok("Transfer-Encoding: chunked", body=chunked(b"hello") + b"X" * 99)
    server = serve(answering(surplus))

    bodies = [session.get(server.url).content for _ in range(2)]

    assert bodies == [b"hello", b"hello"]
    assert server.connections == 2


def test_bytes_that_arrive_later_spoil_an_idle_connection(
    serve: Serve, session: requests.Session
) -> None:
    late = threading.Event()

    def script(exchange: Exchange) -> None:
        exchange.answer(sized(b"hello"))
        if exchange.number == 0:
            exchange.answer(b"HTTP/1.1 200 OK\r\n")
            late.set()

    server = serve(script)
    session.get(server.url)
    late.wait(5)

    assert session.get(server.url).content == b"hello"
    assert server.connections == 2


def test_a_streamed_answer_closed_early_gives_up_its_connection(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(in_pieces(ok("Content-Length: 5", body=b"he"), b"llo"))

    for _ in range(2):
        with session.get(server.url, stream=True) as answer:
            assert answer.raw.read(1) == b"h"

    assert server.connections == 2


def test_a_streamed_answer_dropped_unread_gives_up_its_connection(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(ok("Transfer-Encoding: chunked", body=chunked(b"x"))))

    for _ in range(2):
        session.get(server.url, stream=True)

    assert server.connections == 2


@pytest.mark.parametrize("interim", [1, 5])
def test_interim_answers_are_skipped(serve: Serve, session: requests.Session, interim: int) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * interim
    server = serve(answering(hints + sized(b"hello")))

    bodies = [session.get(server.url).content for _ in range(2)]

    assert bodies == [b"hello", b"hello"]
    assert server.connections == 1


def test_interim_answers_without_end_are_an_error(serve: Serve, session: requests.Session) -> None:
    server = serve(answering(b"HTTP/1.1 102 Processing\r\n\r\n" * 50))

    with pytest.raises(requests.ConnectionError, match="interim"):
        session.get(server.url)


def test_a_connection_that_changed_its_protocol_is_not_used_again(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(ok("Upgrade: x", status="101 Switching", body=b"")))

    statuses = [session.get(server.url).status_code for _ in range(2)]

    assert statuses == [101, 101]
    assert server.connections == 2


def test_an_answer_given_before_the_request_was_whole_is_returned(
    session: requests.Session,
) -> None:
    def body() -> Iterator[bytes]:
        yield b"a"
        answered.wait(5)
        yield from [b"b" * 1000] * 3

    answered = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(refuse_early, listener, answered, keep_open=False)
        answer = session.post(f"http://127.0.0.1:{listener.getsockname()[1]}", data=body())

    assert answer.status_code == 413


def test_a_connection_on_which_a_request_was_cut_off_is_not_used_again(
    session: requests.Session,
) -> None:
    def body() -> Iterator[bytes]:
        yield b"a"
        answered.wait(5)
        raise ConnectionResetError  # of the body's own source

    answered = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(2) as pool:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.settimeout(5)
        first = pool.submit(refuse_early, listener, answered, keep_open=True)
        session.post(url, data=body())
        second = pool.submit(refuse_early, listener, answered, keep_open=False)
        session.post(url, data=b"whole")

    assert b"whole" not in first.result()
    assert b"whole" in second.result()


def refuse_early(listener: socket.socket, answered: threading.Event, *, keep_open: bool) -> bytes:
    """Answer the next connection at its first bytes; return what it sends after that too."""
    sock, _ = listener.accept()
    with sock:
        seen = sock.recv(65536)
        sock.sendall(sized(b"too long", status="413 Too Long"))
        if keep_open:
            answered.set()
            seen += sock.recv(65536)
        else:
            sock.shutdown(socket.SHUT_RDWR)
    answered.set()
    return seen


def test_a_failing_body_gives_up_its_connection(serve: Serve, session: requests.Session) -> None:
    def body() -> Iterator[bytes]:
        yield b"a"
        message = "no more"
        raise RuntimeError(message)

    server = serve(answering(sized(b"hello")))
    session.get(server.url)

    with pytest.raises(RuntimeError, match="no more"):
        session.post(server.url, data=body())

    assert session.get(server.url).content == b"hello"
    assert server.connections == 2


def test_no_more_than_the_set_number_of_connections_stay_idle(
    serve: Serve, session_over: SessionOver
) -> None:
    server = serve(in_pieces(ok("Content-Length: 5", body=b""), b"hello"))
    session = session_over(LeanAdapter(pool_maxsize=1))

    for _ in range(2):
        for answer in [session.get(server.url, stream=True) for _ in range(3)]:
            assert answer.content == b"hello"

    assert server.connections == 3 + 2


def test_the_oldest_server_is_forgotten_when_there_are_too_many(
    serve: Serve, session_over: SessionOver
) -> None:
    servers = [serve(answering(sized(b"hello"))) for _ in range(3)]
    session = session_over(LeanAdapter(pool_connections=2))

    for server in [*servers, *servers]:
        session.get(server.url)

    assert [server.connections for server in servers] == [2, 2, 2]


def test_closing_the_adapter_closes_idle_connections_and_leaves_it_usable(serve: Serve) -> None:
    server = serve(answering(sized(b"hello")))
    adapter = LeanAdapter()
    request = requests.Request("GET", server.url).prepare()
    assert adapter.send(request).content == b"hello"

    adapter.close()

    assert adapter.send(request).content == b"hello"
    assert server.connections == 2
    adapter.close()


def test_a_connection_in_use_when_the_adapter_closes_is_closed_afterwards(
    serve: Serve, session_over: SessionOver
) -> None:
    server = serve(in_pieces(ok("Content-Length: 5", body=b""), b"hello"))
    adapter = LeanAdapter()
    session = session_over(adapter)
    answer = session.get(server.url, stream=True)

    adapter.close()

    assert answer.content == b"hello"
    assert session.get(server.url).content == b"hello"
    assert server.connections == 2


def test_threads_share_one_adapter_without_mixing_answers(
    serve: Serve, session_over: SessionOver
) -> None:
    def echo(exchange: Exchange) -> None:
        exchange.answer(sized(exchange.seen.body))

    server = serve(echo)
    session = session_over(LeanAdapter(pool_maxsize=8))

    def post(number: int) -> bool:
        word = str(number).encode()
        return session.post(server.url, data=word, timeout=10).content == word

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(400)))

    assert answers == [True] * 400
    assert len(server.requests) == 400
    assert server.connections <= 8
