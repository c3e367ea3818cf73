"""The sandbox's one clock and its one source of randomness.

Nothing else in the sandbox asks the system for the time or for a random value, so a test can
stop the clock, move it past the de-duplication window, and get the same ids in every run.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Tell the time: the system's, moved by an offset, or one that stands still.

    `fixed` is an epoch to stand still at from the start. `system` gives the real time.
    """

    def __init__(self, fixed: float | None = None, system: Callable[[], float] = time.time) -> None:
        self._start = fixed
        self._system = system
        self._fixed = fixed
        self._offset = 0.0

    @property
    def mode(self) -> Literal["system", "fixed"]:
        """Say whether time passes by itself."""
        return "system" if self._fixed is None else "fixed"

    def now(self) -> float:
        """Give the sandbox's time in seconds since the epoch."""
        return self._system() + self._offset if self._fixed is None else self._fixed

    def set(self, epoch: float) -> None:
        """Stand still at an epoch."""
        self._fixed = epoch

    def advance(self, seconds: float) -> None:
        """Move on by some seconds, or back by a negative number, without changing the mode."""
        if self._fixed is None:
            self._offset += seconds
        else:
            self._fixed += seconds

    def follow_system(self) -> None:
        """Go back to the system's time."""
        self._fixed = None
        self._offset = 0.0

    def reset(self) -> None:
        """Go back to how the clock started."""
        self._fixed = self._start
        self._offset = 0.0


class Randomness:
    """Make ids and decide chances; two sources made from the same seed give the same.

    Without a seed the system gives one. `restart` begins the sequence of a numbered opening of
    the store again, so that a store opened twice doesn't get the same ids twice.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._opening = 1
        self._random = random.Random()  # noqa: S311 - ids of an emulator guard nothing
        self.restart()

    def restart(self, opening: int | None = None) -> None:
        """Begin the sequence again, or that of another opening."""
        self._opening = self._opening if opening is None else opening
        self._random.seed(None if self._seed is None else f"{self._seed}:{self._opening}")

    def place(self) -> object:
        """Tell where the sequence is, for `go_back`."""
        return self._random.getstate()

    def go_back(self, place: object) -> None:
        """Go back to a place in the sequence."""
        self._random.setstate(cast("tuple[Any, ...]", place))

    def uuid(self) -> str:
        """Make a random (version 4) UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def happens(self, probability: float) -> bool:
        """Decide whether something of this probability happens this time."""
        return self._random.random() < probability


def timestamp(epoch: float) -> str:
    """Write an epoch as the vendor's CDP API does: ISO 8601, UTC, milliseconds."""
    text = datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
