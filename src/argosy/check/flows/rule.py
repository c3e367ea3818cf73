"""The contract of a rule for flows: a module with an id, a sentence and one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem


class FlowRule(Protocol):
    """A module in `flows/rules/`.

    `ID` is the code of the problems it finds, and `DEMAND` says in one sentence what it asks of
    a flow. `check` yields problems in any order and raises nothing, whatever the flow holds.
    """

    ID: str
    DEMAND: str

    def check(self, subject: FlowSubject, /) -> Iterator[Problem]:
        """Yield what is wrong with the flow."""
        ...
