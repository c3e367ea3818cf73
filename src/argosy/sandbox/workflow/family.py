"""The workflow API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.core.family import CoreFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class WorkflowFamily:
    """The workflow API as a family."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation, core: CoreFamily) -> None:
        self._foundation = foundation
        self._core = core

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return []

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing yet."""
