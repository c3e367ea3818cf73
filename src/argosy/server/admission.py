"""How many runs work at the same time: as many as keep the processor busy, and few more.

Python computes in one thread at a time. Where the vendor answers at once, a handful of runs keep
it busy, and every further one only makes the others wait longer; where an answer takes long, a
hundred may have to wait for theirs. So the number is found out: it doubles while requests wait
and the processor is idle, and otherwise a change is tried and kept if more runs end for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

#: How long it is looked on before the number may change, in seconds.
WINDOW = 0.2
#: How long a number stays after another was tried in vain.
HOLD = 5.0
_IDLE, _BUSY = 0.5, 0.95
_GAIN, _LOSS = 1.1, 0.95


@dataclass(frozen=True, slots=True)
class _Trial:
    """A number that was left for another one, and how many runs a second ended with it."""

    limit: int
    rate: float


class Admission:
    """Lets runs begin, the first to come first; as a context manager around each run.

    `least` and `most` bound how many are at work. `clock` only grows; `processor` gives the
    seconds that the process has computed.
    """

    def __init__(
        self,
        least: int,
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self.limit = min(least, most)
        self._least, self._most = self.limit, most
        self._clock, self._processor = clock, processor
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._at_work = 0
        self._ended = 0
        self._since, self._computed = clock(), processor()
        self._trial: _Trial | None = None
        self._hold_until = 0.0

    def __enter__(self) -> Self:
        """Wait until the run may begin."""
        with self._lock:
            if self._at_work < self.limit and not self._waiting:
                self._at_work += 1
                return self
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        while not turn.acquire(timeout=WINDOW):  # nobody may end for long: look on meanwhile
            with self._lock:
                self._look()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Let the next one begin."""
        with self._lock:
            self._at_work -= 1
            self._ended += 1
            self._look()

    def _look(self) -> None:
        """Change the number if it is time to, and let in who may begin."""
        now = self._clock()
        elapsed = now - self._since
        if elapsed >= WINDOW:
            computed = self._processor()
            self._adapt((computed - self._computed) / elapsed, self._ended / elapsed, now)
            self._since, self._computed, self._ended = now, computed, 0
        while self._waiting and self._at_work < self.limit:
            self._at_work += 1
            self._waiting.popleft().release()

    def _adapt(self, share: float, rate: float, now: float) -> None:
        if self._trial is not None:
            before, self._trial = self._trial, None
            wanted = _GAIN if self.limit > before.limit else _LOSS
            if rate < wanted * before.rate:
                self.limit = before.limit
                self._hold_until = now + HOLD
        elif not self._waiting:
            return
        elif share < _IDLE:
            self.limit = min(2 * self.limit, self._most)
        elif now >= self._hold_until:
            limit = max(self.limit // 2, self._least) if share >= _BUSY else 2 * self.limit
            if limit != self.limit:
                self._trial = _Trial(self.limit, rate)
                self.limit = min(limit, self._most)
