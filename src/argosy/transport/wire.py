"""One open socket to a server, used by one exchange at a time.

Every wait is bounded by the limits of the exchange under way. A socket that fails or
ends is closed on the spot, so that it can't get back among the idle ones, whoever holds
the wire at that moment.
"""

from __future__ import annotations

import select
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from urllib3.util import wait_for_read

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.transport.limits import Limits

_new_poll: Any = getattr(select, "poll", None)  # Windows has none


class Wire:
    """A connected socket and the way back to the pool it belongs to.

    `reusable` is set once a response has said that the server keeps the connection open,
    `cut` when a request didn't go out whole. `release` gives back reusable, uncut wires.
    """

    __slots__ = ("_give_back", "_limits", "_poll", "_sock", "_wait", "closed", "cut", "reusable")

    def __init__(
        self, sock: socket.socket, limits: Limits, give_back: Callable[[Wire], None]
    ) -> None:
        self._sock = sock
        self._limits = limits
        self._give_back = give_back
        self._wait: float | None = sock.gettimeout()
        self._poll: Any = None
        self.closed = False
        self.cut = False
        self.reusable = False

    def is_quiet(self) -> bool:
        """Tell whether nothing has arrived while idle: no farewell and no stray bytes."""
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return False
        if self.closed:
            return False
        if _new_poll is None:
            return not wait_for_read(self._sock, timeout=0.0)
        if self._poll is None:
            self._poll = _new_poll()
            self._poll.register(self._sock, select.POLLIN)
        return not self._poll.poll(0)

    def begin(self, limits: Limits) -> None:
        """Start an exchange under these limits. Raises RunCancelledError."""
        self._limits = limits
        self.reusable = False
        if limits.cancellation is not None:
            try:
                limits.cancellation.hold(self)
            except BaseException:
                self.close()
                raise

    def send(self, data: bytes | memoryview) -> None:
        """Send all of the data; each wait for room is bounded like a wait for an answer.

        Doesn't close the socket on failure: the server's answer may be there already.
        """
        self._bound_wait()
        sent = self._sock.send(data)
        if sent < len(data):
            rest = memoryview(data)[sent:]
            while rest:
                self._bound_wait()
                rest = rest[self._sock.send(rest) :]

    def receive(self, size: int) -> bytes:
        """Receive up to size bytes; empty when the server has ended the connection.

        Raises RunCancelledError where the end is ours: what came until then is not all.
        """
        if self.closed:
            return b""
        try:
            self._bound_wait()
            data = self._sock.recv(size)
        except OSError:
            self.close()
            raise
        if not data:
            self.close()
            if self._limits.cancellation is not None:
                self._limits.cancellation.check()
        return data

    def _bound_wait(self) -> None:
        wait = self._limits.until_progress()
        if wait != self._wait:
            self._sock.settimeout(wait)
            self._wait = wait

    def release(self) -> None:
        """Give the wire back after a response that was read to its end."""
        self._let_go()
        if self.reusable and not self.cut and not self.closed:
            self._give_back(self)
        else:
            self.close()

    def close(self) -> None:
        """Close the socket; doing so twice is harmless."""
        self._let_go()
        if not self.closed:
            self.closed = True
            self._sock.close()

    def cut_off(self, _reason: str) -> None:
        """End the exchange from another thread: whoever waits for the server waits no longer."""
        self.cut = True
        with suppress(OSError):
            # Not SSLSocket's own: it drops the encryption first, and the other thread may be
            # about to send.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._limits.cancellation is not None:
            self._limits.cancellation.let_go(self)
