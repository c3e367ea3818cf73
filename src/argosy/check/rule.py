"""The contract of a rule: a module with an id, a sentence and one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject
    from argosy.model import Problem


class Rule(Protocol):
    """A module in `rules/`.

    `ID` is the code of the problems it finds, and `DEMAND` says in one sentence what it asks
    of a connector. `check` yields problems in any order and raises nothing.
    """

    ID: str
    DEMAND: str

    def check(self, subject: Subject, /) -> Iterator[Problem]:
        """Yield what is wrong with the connector."""
        ...
