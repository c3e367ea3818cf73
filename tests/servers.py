"""A loopback server that answers by script and remembers what it was asked.

The server listens on a free port of 127.0.0.1 and serves each connection in a thread. Answers are
given in the order of the script; the last one stays for whatever comes after it. An answer may
also be a function of the request, for servers that echo.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query, still percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's names and values in order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Say:
    """An answer; a body that is neither bytes nor text is written as JSON."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    gzipped: bool = False

    def encode(self, method: str) -> bytes:
        """Return the bytes of the answer."""
        body, kind = _encoded(self.body)
        headers = {**kind, **self.headers}
        if self.gzipped:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        if self.status != 204 and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(body))
        lines = [f"HTTP/1.1 {self.status} Scripted"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return head if method == "HEAD" else head + body


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes to send as they are before the connection is closed."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection off with a TCP reset."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Send nothing until the server is closed."""


Scripted = Say | Raw | Reset | Silence
Answering = Scripted | Callable[[Received], Scripted]


def _encoded(body: Any) -> tuple[bytes, dict[str, str]]:
    if isinstance(body, bytes):
        return body, {}
    if isinstance(body, str):
        return body.encode(), {"Content-Type": "text/plain; charset=utf-8"}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


class ScriptedServer:
    """Serves a script until it is closed; use it as a context manager."""

    def __init__(self, *script: Answering) -> None:
        self.received: list[Received] = []
        self.script: list[Answering] = list(script) or [Say()]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = False
        self._http.block_on_close = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}
        )

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._hang_up()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Its origin, `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Received:
        """The request that came last."""
        return self.received[-1]

    def answers(self, *script: Answering) -> None:
        """Start a new script."""
        self.script = list(script)

    def next_answer(self, request: Received) -> Scripted:
        """Note a request and return what to answer it."""
        with self._lock:
            self.received.append(request)
            answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return answer if isinstance(answer, Scripted) else answer(request)

    def note_connection(self, connection: socket.socket, *, is_open: bool) -> None:
        """Keep count of the connections, which clients may keep open between requests."""
        with self._lock:
            if is_open:
                self._open.add(connection)
            else:
                self._open.discard(connection)

    def _hang_up(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_until_closed(self) -> None:
        """Block a connection's thread until the server is closed."""
        self._closing.wait()


def _handler_of(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            server.note_connection(self.connection, is_open=True)

        def finish(self) -> None:
            server.note_connection(self.connection, is_open=False)
            super().finish()

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            self._serve()
            return False

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, self.rfile.read(size))
            answer = server.next_answer(request)
            if isinstance(answer, Say):
                self.wfile.write(answer.encode(self.command))
                return
            self.close_connection = True
            if isinstance(answer, Raw):
                self.wfile.write(answer.data)
            elif isinstance(answer, Silence):
                server.wait_until_closed()
            else:
                reset = struct.pack("ii", 1, 0)
                cast("socket.socket", self.connection).setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, reset
                )
                # closed here: the server's own way out says goodbye first, which is no reset
                self.rfile.close()
                self.connection.close()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: a test's output is its result."""

    return Handler


def closed_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
