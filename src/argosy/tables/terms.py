"""Until when a reading may last, and who may end it: asked by all that takes long or waits."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.transport import OWN_TERMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.transport import Control


class Terms:
    """The terms of `control`, as they are at each moment.

    `clock` gives the seconds that its deadline is measured in; `sleep` waits where it says nothing
    of waiting.
    """

    def __init__(
        self,
        control: Control | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._control = control or OWN_TERMS
        self._clock = clock
        self._sleep = sleep

    def left(self) -> float:
        """Return how many seconds are left, infinity where there is no end."""
        deadline = self._control.deadline
        return math.inf if deadline is None else deadline - self._clock()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises RunCancelledError where it is cancelled meanwhile."""
        control = self._control
        wait = control.cancellation.wait if control.cancellation is not None else self._sleep
        (control.sleep or wait)(seconds)

    def is_over(self) -> bool:
        """Return false, or raise TableError where the time is up, and RunCancelledError."""
        if self._control.cancellation is not None:
            self._control.cancellation.check()
        if self.left() <= 0:
            raise late()
        return False


def late() -> TableError:
    """Return the error of a reading whose time is up."""
    return TableError(
        detail="It could not be read in time.",
        remedy="Allow more time for it, or ask for fewer rows at once.",
        reason="timed_out",
        status="unknown_error",
        passes=True,
    )
