"""A small real server whose answers are bytes written in the test, odd ones included.

Each connection has a thread; each request is read whole, counted, and answered with what
the script says. The server knows no HTTP beyond where a request ends, so that it can't
correct what a test wants to send.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    Script = Callable[["Exchange"], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived, and whether head and body came in one piece."""

    head: bytes
    body: bytes
    in_one_piece: bool

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")


@dataclass(slots=True)
class Exchange:
    """What a script has at hand: the request, its number, and the socket to answer on."""

    seen: Seen
    number: int
    sock: socket.socket
    stopped: threading.Event
    hang_up: bool = False

    def answer(self, data: bytes) -> None:
        self.sock.sendall(data)


def answering(*answers: bytes, hang_up: bool = False) -> Script:
    """Answer the first request with the first bytes and so on, the last ones for ever."""

    def script(exchange: Exchange) -> None:
        exchange.answer(answers[min(exchange.number, len(answers) - 1)])
        exchange.hang_up = hang_up

    return script


def silent(exchange: Exchange) -> None:
    """Answer nothing until the server stops."""
    exchange.stopped.wait()


def dripping(start: bytes, drop: bytes, every: float = 0.02) -> Script:
    """Answer with a start and then one drop after another, without an end."""

    def script(exchange: Exchange) -> None:
        exchange.answer(start)
        while not exchange.stopped.wait(every):
            exchange.answer(drop)

    return script


@dataclass
class ScriptedServer:
    """Serves from entering until leaving; the counts may be read at any time."""

    script: Script
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        self.hang_up()
        for thread in self._threads[1:]:
            thread.join()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def hang_up(self) -> None:
        """Close every connection there is, and return once their threads are through."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._sockets.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self.tls is not None:
                plain, sock = sock, self.tls.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._sockets = [sock if s is plain else s for s in self._sockets]
            self._serve_requests(sock)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def _serve_requests(self, sock: socket.socket) -> None:
        while (seen := read_request(sock)) is not None:
            with self._lock:
                exchange = Exchange(seen, len(self.requests), sock, self._stopped)
                self.requests.append(seen)
            self.script(exchange)
            if exchange.hang_up:
                return


def read_request(sock: socket.socket) -> Seen | None:
    """Read one request whole; None at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, behind = data.partition(b"\r\n\r\n")
    body = bytearray(behind)
    while not _is_whole(head, body):
        piece = sock.recv(65536)
        if not piece:
            return None
        body += piece
    return Seen(head, bytes(body), in_one_piece=len(body) == len(behind))


def _is_whole(head: bytes, body: bytearray) -> bool:
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") == b"chunked":
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(fields.get(b"content-length", 0))
