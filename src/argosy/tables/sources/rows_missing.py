"""What is told where a table means something that the other system does not have."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_TOLD = 1_000


def missing(
    title: str, what: str, field: str, available: Sequence[str], near: Sequence[str]
) -> TableError:
    """Return the error that a system `title` has no `what`; `near` is what may be meant."""
    meant = f"Is it {near[0]!r}?" if near else ""
    there = f"There is {list_words(available, near[0] if near else '')}." if available else ""
    return TableError(
        detail=f"{title} has no {what}.",
        remedy=" ".join(filter(None, [there, meant])) or "Check the name.",
        status="resource_not_found",
        reason="not_found",
        field=field,
        available=list(available[:_MOST_TOLD]),
    )


def near_misses(name: str, available: Iterable[str]) -> list[str]:
    """Return what may be meant by a name: the same in other letters, or the nearest."""
    names = list(available)
    same = [one for one in names if one.casefold() == name.casefold()]
    return same or get_close_matches(name[:200], names, n=1)
