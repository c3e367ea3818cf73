"""What whoever makes a call holds in hand while it runs: its end, its waits, its ids."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from argosy.errors import RunCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable


class Closable(Protocol):
    """Something that a call waits at, and that ends the wait when it is cut."""

    def cut_off(self, reason: str) -> None:
        """End what is waited for, without waiting for anything."""


class Cancellation:
    """A way to end calls from another thread: their waits and their exchanges end at once.

    One may be shared by many calls. `check` raises RunCancelledError once it was cancelled. One
    that is held by another is cancelled with it, and may be cancelled alone.
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
        """End everything that runs under this, and let nothing further begin.

        All is cut off before the lock is free: what was let go is out of reach, since by then it
        may serve another call.
        """
        with self._lock:
            if not self._event.is_set():
                self.reason = reason
                self._event.set()
            for one in self._held:
                one.cut_off(self.reason)

    def cut_off(self, reason: str) -> None:
        """Cancel, as the one that holds this is cancelled."""
        self.cancel(reason)

    def check(self) -> None:
        """Raise RunCancelledError where it was cancelled."""
        if self._event.is_set():
            raise RunCancelledError(reason=self.reason)

    def hold(self, thing: Closable) -> None:
        """Have a thing cut off when this is cancelled; it may be held already.

        Raises RunCancelledError, and leaves the thing alone, where it was cancelled before.
        """
        with self._lock:
            self.check()
            self._held.add(thing)

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
