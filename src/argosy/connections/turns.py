"""One test at a time: who asks for the same again shares what is found, and nobody asks too often.

All of it is in this process's memory: another process of the same server has turns of its own.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from argosy.errors import TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Callable

_Found = TypeVar("_Found")
_MINUTE = 60.0


@dataclass(slots=True)
class _Turn:
    ended: threading.Event = field(default_factory=threading.Event)
    found: Any = None
    at: float = 0.0
    has_failed: bool = False


class Turns:
    """Runs work once for all who ask at the same time, and keeps what it found for a while.

    `cache_seconds` is that while, `wait` how long one waits for another's work. `now` gives
    epoch seconds.
    """

    def __init__(self, now: Callable[[], float], *, cache_seconds: float, wait: float) -> None:
        self._now = now
        self._cache = cache_seconds
        self._wait = wait
        self._lock = threading.Lock()
        self._turns: dict[tuple[Any, ...], _Turn] = {}
        self._taken: dict[tuple[str, ...], deque[float]] = {}

    def share(
        self,
        key: tuple[Any, ...],
        work: Callable[[], _Found],
        *,
        within: tuple[str, ...],
        a_minute: int,
    ) -> tuple[_Found, float]:
        """Return what the work of this key finds or has just found, and when it was found.

        `within` names whose turns are counted: there are so many `a_minute`; a shared one counts
        once. Raises TooManyRequestsError, and whatever the work raises.
        """
        while True:
            turn, is_mine = self._turn(key, within, a_minute)
            if is_mine:
                return self._take(key, turn, work)
            if not turn.ended.wait(self._wait):
                raise TooManyRequestsError(retry_after=max(1, math.ceil(self._wait)))
            if not turn.has_failed:
                return turn.found, turn.at

    def _turn(
        self, key: tuple[Any, ...], within: tuple[str, ...], a_minute: int
    ) -> tuple[_Turn, bool]:
        with self._lock:
            now = self._now()
            self._forget(now)
            known = self._turns.get(key)
            if known is not None:
                return known, False
            self._count(within, a_minute, now)
            made = self._turns[key] = _Turn()
            return made, True

    def _take(
        self, key: tuple[Any, ...], turn: _Turn, work: Callable[[], _Found]
    ) -> tuple[_Found, float]:
        turn.has_failed = True
        try:
            found = work()
            turn.found, turn.at, turn.has_failed = found, self._now(), False
        finally:
            with self._lock:
                if turn.has_failed or not self._cache:
                    self._turns.pop(key, None)
            turn.ended.set()
        return found, turn.at

    def _count(self, within: tuple[str, ...], a_minute: int, now: float) -> None:
        taken = self._taken.setdefault(within, deque())
        if len(taken) >= a_minute:
            retry_after = max(1, math.ceil(taken[0] + _MINUTE - now)) if taken else round(_MINUTE)
            raise TooManyRequestsError(retry_after=retry_after)
        taken.append(now)

    def _forget(self, now: float) -> None:
        """Forget what is over: a clock that was set back counts as over too."""
        for key, turn in list(self._turns.items()):
            if turn.ended.is_set() and not 0 <= now - turn.at < self._cache:
                del self._turns[key]
        for within, taken in list(self._taken.items()):
            while taken and not 0 <= now - taken[0] < _MINUTE:
                taken.popleft()
            if not taken:
                del self._taken[within]
