"""How long to wait before the next attempt, and whether there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.model import TransportSettings

#: Statuses that say "try again": too many calls, and a gateway or server that is away.
RETRY_STATUSES = frozenset({429, 502, 503, 504})

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter, within the call's attempts and deadline.

    `random` returns a number in [0, 1). Times are in seconds.
    """

    max_attempts: int
    base: float
    cap: float
    random: Callable[[], float]

    @classmethod
    def of(cls, settings: TransportSettings, random: Callable[[], float]) -> RetryPolicy:
        """Read the policy from a connection's transport settings."""
        return cls(settings.max_attempts, settings.backoff_base, settings.backoff_cap, random)

    def wait_before(
        self, attempt: int, *, now: float, deadline: float, asked: float | None = None
    ) -> float | None:
        """Return the seconds to wait before attempt number `attempt`, the first retry being 2.

        `asked` is what the server asked for (`Retry-After`) and wins over the backoff. None
        means that there is no further attempt: they are used up, or the wait would outlast
        the deadline.
        """
        if attempt > self.max_attempts:
            return None
        window = min(self.cap, self.base * 2.0 ** (attempt - 2))
        wait = self.random() * window if asked is None else asked
        return wait if now + wait < deadline else None


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Read a `Retry-After` header, seconds or HTTP date, as seconds from now; None if neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text) if len(text) <= _MOST_DIGITS else None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:  # a date without a zone is in UTC
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
