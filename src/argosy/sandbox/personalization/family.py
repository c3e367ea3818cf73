"""The personalization service as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.personalization.models import Known, Personalizations, Token
from argosy.sandbox.personalization.routes import PersonalizationRoutes
from argosy.sandbox.personalization.seeding import Planter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.family import CdpFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node
    from argosy.sandbox.records.models import Ingestion


class _CdpProfiles:
    """The profiles of the CDP's parent segments."""

    def __init__(self, cdp: CdpFamily) -> None:
        self._cdp = cdp

    def find(self, parent_segment: str, column: str, value: str) -> Known | None:
        """Give the first profile with a value in a column."""
        profile = self._cdp.populations.profile(parent_segment, column, value)
        return None if profile is None else Known(profile.attributes, profile.segments)


class _CdpServices:
    """The tokens of the CDP's personalization services."""

    def __init__(self, cdp: CdpFamily) -> None:
        self._cdp = cdp

    def token(self, value: str) -> Token | None:
        """Give a token of a service by its value."""
        found = self._cdp.service_tokens.opened(value)
        if found is None:
            return None
        token, service = found
        return Token(
            id=token.id,
            name=value,
            personalization="",
            allowed_ips=token.allowed_ips,
            parent_segment=service.parent_segment,
            is_public=service.attributes["public"],
        )


class PersonalizationFamily:
    """The service over the CDP's profiles."""

    seed_members: Final = ("personalizations",)

    def __init__(self, foundation: Foundation, cdp: CdpFamily, ingestion: Ingestion) -> None:
        self._foundation = foundation
        self._audiences = cdp.audiences
        self.model = Personalizations(foundation.documents, _CdpProfiles(cdp), _CdpServices(cdp))
        self._routes = PersonalizationRoutes(self.model, ingestion, foundation)

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [*self._routes.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant the personalizations; the parent segments are there already."""
        known = {segment.id for segment in self._audiences.parent_segments()}
        planter = Planter(self._foundation.documents, self.model, known)
        for node in seed["personalizations"].items() if "personalizations" in seed else []:
            planter.plant(node)
