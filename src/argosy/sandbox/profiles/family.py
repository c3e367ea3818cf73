"""The Profiles lookup as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.profiles.models import Lookup
from argosy.sandbox.profiles.routes import ProfileRoutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.family import CdpFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class ProfilesFamily:
    """The lookup over the CDP's tokens and profiles."""

    seed_members: Final = ()

    def __init__(self, foundation: Foundation, cdp: CdpFamily) -> None:
        self._routes = ProfileRoutes(
            Lookup(cdp.populations, cdp.tokens),
            errors_as_200=foundation.settings.lookup_errors_as_200,
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [*self._routes.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant nothing."""
