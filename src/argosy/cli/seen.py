"""The secrets that this process has read, so that no report of a defect shows them."""

from __future__ import annotations

from argosy.model import Redactor

_SEEN: set[str] = set()


def learn_secrets(*secrets: str) -> None:
    """Know secrets from now on, so that no report of a defect shows them."""
    _SEEN.update(secrets)


def known_secrets() -> Redactor:
    """Return a redactor for every secret that this process has read."""
    return Redactor(_SEEN)
