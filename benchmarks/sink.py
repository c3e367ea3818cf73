"""A loopback HTTP server that answers every request with one fixed JSON body, fast.

The benchmarks measure a client's CPU time against it. It runs in a process of its own,
so that its work doesn't count, and it reads no more of a request than its length.

    python benchmarks/sink.py --port-file FILE [--cpu N] [--delay SECONDS]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b'{"success":true,"uuid":"6f1c2b1e-0f0e-4c57-9a53-0f3f5b1b2c11"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
_START_SECONDS = 10.0


class Sink(asyncio.Protocol):
    """One client: counts off the requests in what arrives and answers each, after a delay."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = b""
        self._owed = 0  # bytes of the present body that haven't arrived

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._owed >= len(data):
            self._owed -= len(data)
            if not self._owed:
                self._answer(1)
            return
        if self._owed:
            data = data[self._owed :]
            self._owed = 0
            self._answer(1)
        self._read_requests(self._buffer + data)

    def _read_requests(self, data: bytes) -> None:
        answers = 0
        while (end := data.find(b"\r\n\r\n") + 4) >= 4:
            whole = end + _content_length(data[:end])
            if whole > len(data):
                self._owed = whole - len(data)
                data = b""
                break
            answers += 1
            data = data[whole:]
        self._buffer = data
        if answers:
            self._answer(answers)

    def _answer(self, times: int) -> None:
        if self._delay:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay, self._transport.write, ANSWER * times)
        else:
            self._transport.write(ANSWER * times)


def _content_length(head: bytes) -> int:
    at = head.find(b"Content-Length: ")
    if at < 0:
        at = head.lower().find(b"content-length: ")
    return int(head[at + 16 : head.index(b"\r\n", at)]) if at >= 0 else 0


async def serve(port_file: Path, delay: float) -> None:
    """Serve until killed; the port file appears whole once connections are accepted."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(delay), "127.0.0.1", 0)
    part = port_file.with_suffix(".part")
    part.write_text(str(server.sockets[0].getsockname()[1]))
    part.replace(port_file)
    await server.serve_forever()


@contextlib.contextmanager
def start_sink(cpu: int | None = None, delay: float = 0.0) -> Iterator[str]:
    """Run the sink as a process of its own, on one core if given, and yield its URL.

    It answers after `delay` seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder, "port")
        command = [sys.executable, __file__, "--port-file", str(port_file), "--delay", str(delay)]
        process = subprocess.Popen(command + (["--cpu", str(cpu)] if cpu is not None else []))
        try:
            yield f"http://127.0.0.1:{_wait_for_port(port_file, process)}"
        finally:
            process.terminate()
            process.wait()


def _wait_for_port(port_file: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + _START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            message = f"the sink didn't start (exit status {process.returncode})"
            raise RuntimeError(message)
        time.sleep(0.01)
    return int(port_file.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description="Answer every request with one fixed body.")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    arguments = parser.parse_args()
    if arguments.cpu is not None:
        os.sched_setaffinity(0, {arguments.cpu})
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port_file, arguments.delay))


if __name__ == "__main__":
    main()
