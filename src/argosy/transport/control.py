"""What whoever makes a call holds in hand while it runs: its end, its waits, its ids."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from argosy.errors import RunCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable


class Closable(Protocol):
    """Something that a call waits at, and that ends the wait when it is cut."""

    def cut_off(self) -> None:
        """End what is waited for."""


class Cancellation:
    """A way to end calls from another thread: their waits and their exchanges end at once.

    One may be shared by many calls. `check` raises RunCancelledError once it was cancelled.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._held: set[Closable] = set()
        self.reason = ""

    @property
    def is_cancelled(self) -> bool:
        """Tell whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self, reason: str = "it was asked for") -> None:
        """End everything that runs under this, and let nothing further begin."""
        with self._lock:
            self.reason = self.reason or reason
            self._event.set()
            held = list(self._held)
        for one in held:
            one.cut_off()

    def check(self) -> None:
        """Raise RunCancelledError where it was cancelled."""
        if self._event.is_set():
            raise RunCancelledError(reason=self.reason)

    def hold(self, thing: Closable) -> None:
        """Have a thing cut off when it is cancelled. Raises RunCancelledError."""
        with self._lock:
            self._held.add(thing)
        self.check()

    def let_go(self, thing: Closable) -> None:
        """Leave a thing alone from here on."""
        with self._lock:
            self._held.discard(thing)

    def wait(self, seconds: float) -> None:
        """Wait so long; raise RunCancelledError where it is cancelled before."""
        if self._event.wait(seconds):
            self.check()


class Control:
    """The terms of one call: `deadline` on the ports' clock, or None for the connection's own.

    `new_uuid` makes the ids that the call needs; None takes those of the ports. `sleep` waits.
    """

    __slots__ = ("cancellation", "deadline", "new_uuid", "sleep")

    def __init__(
        self,
        deadline: float | None = None,
        new_uuid: Callable[[], str] | None = None,
        sleep: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> None:
        self.deadline = deadline
        self.new_uuid = new_uuid
        self.sleep = sleep
        self.cancellation = cancellation


#: The terms of a call that nobody set any for.
OWN_TERMS = Control()
