"""The CDP API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.models import Audiences
from argosy.sandbox.cdp.routes import CdpRoutes
from argosy.sandbox.cdp.seeding import Planter
from argosy.sandbox.cdp.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.core.family import CoreFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class CdpFamily:
    """Parent segments and what is in them."""

    seed_members: Final = ("parentSegments",)

    def __init__(self, foundation: Foundation, core: CoreFamily) -> None:
        self._foundation = foundation
        self._core = core
        self.audiences = Audiences(foundation.documents)
        self.tokens = Tokens(
            foundation.documents, self.audiences, foundation.clock, foundation.randomness
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        doorkeeper = self._foundation.doorkeeper
        return [*CdpRoutes(self.audiences, self.tokens, doorkeeper).routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant the parent segments."""
        planter = Planter(
            self._foundation.documents,
            self.audiences,
            self.tokens,
            self._foundation.clock,
            self._foundation.randomness,
        )
        for node in seed["parentSegments"].items() if "parentSegments" in seed else []:
            planter.plant(node)
