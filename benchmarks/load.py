"""Keep connections busy with one POST, and tell how many were answered and how quickly.

    python benchmarks/load.py --url URL --connections N --seconds S [--warm-up S] [--cpu N]

Each connection is kept open and sends its next request when the answer is there. It runs in a
process of its own. Prints `start` when the warm-up is over, then one JSON object: requests
answered, seconds, and the wall time of a request in ms. Ends with an error on any other status.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import sys
import time
from urllib.parse import urlsplit

BODY = b'{"email":"ada@example.com","plan":"pro","country":"JP","visits":3}'


def request_bytes(url: str) -> tuple[tuple[str, int], bytes]:
    """Return where a request goes, and the request."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    return (parts.hostname, parts.port), head.encode() + BODY


def is_whole(data: bytes) -> bool:
    """Tell whether an answer has arrived to its end. Raises SystemExit for one that is no 200."""
    if not data.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {data[:600]!r}")
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = data[:end].lower()
    at = head.find(b"content-length: ")
    length = int(head[at + 16 :].split(b"\r\n", 1)[0])
    return len(data) >= end + 4 + length


class Load:
    """The connections, each with what has arrived and when its request left."""

    def __init__(self, url: str, connections: int) -> None:
        address, self._request = request_bytes(url)
        self._poll = select.epoll()
        self._socks: dict[int, socket.socket] = {}
        self._sent: dict[int, float] = {}
        self._held: dict[int, bytes] = {}
        for _ in range(connections):
            sock = socket.create_connection(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socks[sock.fileno()] = sock
            self._poll.register(sock, select.EPOLLIN)
        for number, sock in self._socks.items():
            self._sent[number] = time.perf_counter()
            sock.sendall(self._request)

    def run(self, seconds: float) -> list[float]:
        """Keep all connections busy for so long, and until there was an answer at least.

        Returns the seconds that each answer took.
        """
        clock, request, held = time.perf_counter, self._request, self._held
        took: list[float] = []
        end = clock() + seconds
        while clock() < end or not took:
            for number, _ in self._poll.poll(1.0):
                sock = self._socks[number]
                data = sock.recv(65536)
                if not data:
                    raise SystemExit("the server closed a connection")
                data = held.pop(number, b"") + data
                if not is_whole(data):
                    held[number] = data
                    continue
                now = clock()
                took.append(now - self._sent[number])
                self._sent[number] = now
                sock.sendall(request)
        return took


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep connections busy with one POST.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-up", type=float, default=2.0)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    arguments = parser.parse_args()
    if arguments.cpu is not None:
        os.sched_setaffinity(0, {arguments.cpu})
    load = Load(arguments.url, arguments.connections)
    load.run(arguments.warm_up)
    sys.stdout.write("start\n")
    sys.stdout.flush()
    began = time.perf_counter()
    took = sorted(load.run(arguments.seconds))
    seconds = time.perf_counter() - began
    found = {
        "answered": len(took),
        "seconds": seconds,
        "p50": took[len(took) // 2] * 1000,
        "p99": took[int(len(took) * 0.99)] * 1000,
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
