"""How often and after how long a task is tried again: its `_retry` member.

`_retry: 3` tries three times more, at once; an object may have `limit` (default 3), `interval`
in seconds (default 0), `interval_type` (`constant` or `exponential`: doubling) and
`max_interval` in seconds.

The vendor tries as often as the limit says. The sandbox, where tries may follow one another at
once, gives up after `MOST_RETRIES`, so that no workflow keeps it from answering.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.dig import Config

MOST_RETRIES: Final = 100
_USUAL_LIMIT: Final = 3
_LONGEST: Final = 10 * 365 * 86_400
_COUNT: Final = "retry_count"


class Retry(Struct, frozen=True):
    """One more try, after `interval` seconds; `state_params` is what to remember of it."""

    interval: float
    state_params: dict[str, Json]


def next_retry(config: Config, state_params: Mapping[str, Json]) -> Retry | None:
    """Give the next try of a task that failed, or None for no more (or a bad `_retry`)."""
    retry: Any = config.get("_retry", False)
    if retry is False or retry is None:
        return None
    wanted = retry if isinstance(retry, dict) else {}
    limit = _USUAL_LIMIT if isinstance(retry, dict) or retry is True else _number(retry)
    limit = _number(wanted["limit"]) if "limit" in wanted else limit
    interval = _number(wanted.get("interval", 0))
    longest = _number(wanted.get("max_interval", _LONGEST))
    if limit is None or interval is None or longest is None:
        return None
    count = int(state_params.get(_COUNT, 0))
    if count >= min(limit, MOST_RETRIES):
        return None
    if wanted.get("interval_type") == "exponential":
        interval *= 2 ** min(count, 60)
    wait = min(interval, longest, _LONGEST)
    return Retry(wait, {**state_params, _COUNT: count + 1})


def _number(value: Any) -> float | None:
    """Read a number that isn't negative, also from a text of digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return value
