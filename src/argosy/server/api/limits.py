"""How many requests somebody may send: a bucket that fills steadily, a token a request."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from argosy.errors import TooManyRequestsError

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_KEYS = 10_000


class RateLimit:
    """Admits `rate` requests a second of each key, and up to `burst` at once.

    Counts in this process. Of the keys it remembers those that asked last: who is forgotten
    starts with a full bucket.
    """

    def __init__(
        self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, key: str) -> None:
        """Take a token. Raises TooManyRequestsError where there is none."""
        with self._lock:
            now = self._clock()
            held, since = self._buckets.pop(key, (self._burst, now))
            held = min(self._burst, held + (now - since) * self._rate)
            taken = held >= 1
            self._buckets[key] = (held - 1 if taken else held, now)
            if len(self._buckets) > _MOST_KEYS:
                self._buckets.popitem(last=False)
        if not taken:
            raise TooManyRequestsError(retry_after=max(1, math.ceil((1 - held) / self._rate)))
