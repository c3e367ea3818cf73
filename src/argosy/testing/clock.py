"""Time and chance of a case: a clock that moves only when something waits, ids from a seed."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING
from uuid import UUID

from argosy.dispatch import Ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.transport import Cancellation


class RunClock:
    """A clock that begins at an epoch; to wait is to move it on, which takes no time.

    `moved` is told by how many seconds it was moved, so that the sandbox's clock can go along.
    """

    def __init__(self, epoch: float, moved: Callable[[float], None] = lambda _seconds: None):
        self._epoch = epoch
        self._moved = moved
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the epoch that it is."""
        return self._epoch + self._elapsed

    def elapsed(self) -> float:
        """Return how far it was moved, in seconds."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move it on."""
        if seconds <= 0:
            return
        with self._lock:
            self._elapsed += seconds
            self._moved(seconds)

    def wait(self, seconds: float, cancellation: Cancellation) -> None:
        """Move it on, unless the run was cancelled."""
        cancellation.check()
        self.sleep(seconds)

    def ports(self) -> Ports:
        """Return the ports of a run on this clock; its chances and ids are the same each time."""
        chance, ids = _seeded()
        return Ports(self.elapsed, self.now, self.sleep, chance, ids)


def real_ports() -> Ports:
    """Return ports on the system's clock; chances and ids are the same each time."""
    chance, ids = _seeded()
    return Ports(random=chance, new_uuid=ids)


def _seeded() -> tuple[Callable[[], float], Callable[[], str]]:
    source = random.Random("flow test")  # noqa: S311 - made to be foreseen
    ids = random.Random("flow test ids")  # noqa: S311 - made to be foreseen
    return source.random, lambda: str(UUID(int=ids.getrandbits(128), version=4))
