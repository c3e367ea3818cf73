"""The postback API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node
    from argosy.sandbox.records.models import Ingestion


class PostbackFamily:
    """The postback API as a family."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation, ingestion: Ingestion) -> None:
        self._foundation = foundation
        self._ingestion = ingestion

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return []

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing yet."""
