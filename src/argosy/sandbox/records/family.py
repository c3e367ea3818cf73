"""The records API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.records.models import Ingestion
from argosy.sandbox.records.routes import RecordRoutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class RecordsFamily:
    """The records API; its rows are in the seed's databases, which belong to no family."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation) -> None:
        self.ingestion = Ingestion(
            foundation.store, foundation.tables, foundation.clock, foundation.randomness
        )
        self._routes = RecordRoutes(
            self.ingestion, foundation.doorkeeper, foundation.settings, foundation.randomness
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes; the path takes any two words, so they go last."""
        return [*self._routes.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing."""
