"""The core API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class CoreFamily:
    """The core API as a family."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation) -> None:
        self._foundation = foundation

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return []

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing yet."""
