"""The postback API, and the collector of older clients, as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.postback.collector import CollectorRoutes
from argosy.sandbox.postback.models import Intake
from argosy.sandbox.postback.routes import PostbackRoutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node
    from argosy.sandbox.records.models import Ingestion


class PostbackFamily:
    """Postback and the collector; what they keep is in the tables."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation, ingestion: Ingestion) -> None:
        intake = Intake(foundation, ingestion)
        self._postback = PostbackRoutes(intake, foundation.randomness)
        self._collector = CollectorRoutes(intake, foundation.randomness)

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [*self._postback.routes(), *self._collector.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing."""
