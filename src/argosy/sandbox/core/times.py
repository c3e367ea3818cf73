"""The two ways the core API writes times, and the ways it reads them; epochs inside."""

from __future__ import annotations

from datetime import UTC, datetime

from argosy.sandbox.core.errors import invalid

_FORMS = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S")


def spaced(epoch: float | None) -> str:
    """Write `2023-11-14 22:13:20 UTC`; an empty text for a time that isn't known yet."""
    if epoch is None:
        return ""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(epoch: float) -> str:
    """Write `2023-11-14T22:13:20Z`."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str, name: str) -> int:
    """Read an epoch, ISO 8601, or one of the API's own forms; refuse anything else with 422."""
    if text.isascii() and text.isdigit() and len(text) <= 11:
        return int(text)
    for form in (None, *_FORMS):
        try:
            found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
            zoned = found if found.tzinfo else found.replace(tzinfo=UTC)
            return int(zoned.timestamp())
        except (ValueError, OverflowError):
            continue
    raise invalid(f"'{name}' parameter is not a time")
