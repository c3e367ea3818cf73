"""Tables whose reading can be steered by the terms of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from argosy.sdk import TableService
    from argosy.transport import Control


@runtime_checkable
class SteeredTables(Protocol):
    """A `TableService` that is asked by each call on its terms: its deadline, its cancellation."""

    def under(self, control: Control) -> TableService:
        """Return the tables for a call whose terms these are."""
        ...
