"""The time one exchange may take: to connect, between two receptions, and in all.

requests hands every adapter a `urllib3.util.Timeout`. Its `total` bounds only single
waits there, so that a server which sends a byte now and then outlives it. Here the total
becomes a deadline: each wait on the socket gets what is left of it, so the sum of the
waits can't exceed it.
"""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from urllib3.util import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.transport.control import Cancellation


class ExchangeTimeout(Timeout):
    """A timeout that carries its plain numbers, and its exchange's cancellation, through requests.

    All three times are numbers.
    """

    def __init__(
        self, connect: float, read: float, total: float, cancellation: Cancellation | None
    ) -> None:
        super().__init__(total=total, connect=connect, read=read)
        self.seconds = (min(connect, total), min(read, total), total)
        self.cancellation = cancellation


class Limits:
    """The limits of one exchange, counted from the moment this is made.

    Times are in seconds, None means no limit. `connect` bounds each attempt to connect
    and the TLS handshake, `read` each wait for the server once connected.
    """

    __slots__ = ("_clock", "_deadline", "cancellation", "connect", "read")

    def __init__(self, timeout: Timeout, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.cancellation: Cancellation | None = None
        self.connect: float | None
        self.read: float | None
        self._deadline: float | None
        if isinstance(timeout, ExchangeTimeout):
            self.connect, self.read, total = timeout.seconds
            self._deadline = clock() + total
            self.cancellation = timeout.cancellation
            return
        self.connect = Timeout.resolve_default_timeout(timeout.connect_timeout)
        bound = Timeout.resolve_default_timeout(timeout.total)
        if bound is None:
            self._deadline = None
            self.read = timeout.read_timeout
        else:
            self._deadline = clock() + bound
            started = timeout.clone()  # the caller may send with the same object again
            started.start_connect()
            self.read = started.read_timeout

    @contextmanager
    def cuttable(self, sock: socket.socket) -> Iterator[None]:
        """Have a wait at a socket that is no wire yet end when the exchange is cancelled.

        Raises RunCancelledError where it is cancelled already.
        """
        if self.cancellation is None:
            yield
            return
        held = _Held(sock)
        self.cancellation.hold(held)
        try:
            yield
        finally:
            self.cancellation.let_go(held)

    def until_connected(self) -> float | None:
        """Tell how long to wait now for a connection; raises TimeoutError when time is up."""
        return self._left(self.connect)

    def until_progress(self) -> float | None:
        """Tell how long to wait now for the server; raises TimeoutError when time is up."""
        if self._deadline is None:
            return self.read
        return self._left(self.read)

    def _left(self, wait: float | None) -> float | None:
        if self._deadline is None:
            return wait
        left = self._deadline - self._clock()
        if left <= 0:
            message = "the total time for the exchange is used up"
            raise TimeoutError(message)
        return left if wait is None else min(wait, left)


class _Held:
    """A socket that is connecting."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def cut_off(self, _reason: str) -> None:
        """End the wait."""
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
