"""Time, chance and ids that a test steers."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field

from argosy import Ports


@dataclass
class Steering:
    """A clock that moves only when something sleeps, or when a test moves it.

    `chance` is what every random draw returns. `slept` lists the waits in seconds.
    """

    now: float = 1000.0
    chance: float = 0.5
    slept: list[float] = field(default_factory=list)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        """Move the clock instead of waiting."""
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds

    def new_uuid(self) -> str:
        """Return the next of a row of UUIDs."""
        return f"00000000-0000-4000-8000-{next(self._ids):012d}"

    @property
    def ports(self) -> Ports:
        """The outside world for a dispatcher."""
        return Ports(
            clock=lambda: self.now,
            now=lambda: self.now,
            sleep=self.sleep,
            random=lambda: self.chance,
            new_uuid=self.new_uuid,
        )
