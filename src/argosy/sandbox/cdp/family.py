"""The CDP API as a family: its models, made once over a foundation, and their routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.activation_routes import ActivationRoutes
from argosy.sandbox.cdp.activation_shapes import ActivationShapes
from argosy.sandbox.cdp.activations import Activations
from argosy.sandbox.cdp.folder_routes import FolderRoutes
from argosy.sandbox.cdp.folders import Folders
from argosy.sandbox.cdp.funnel_routes import FunnelRoutes
from argosy.sandbox.cdp.funnel_shapes import FunnelShapes
from argosy.sandbox.cdp.funnels import Funnels
from argosy.sandbox.cdp.models import Audiences
from argosy.sandbox.cdp.parent_routes import ParentRoutes
from argosy.sandbox.cdp.parent_segments import ParentSegments
from argosy.sandbox.cdp.plain import PlainResources
from argosy.sandbox.cdp.plain_routes import PlainRoutes, PlainShapes
from argosy.sandbox.cdp.populations import Populations
from argosy.sandbox.cdp.realtime_routes import RealtimeRoutes
from argosy.sandbox.cdp.routing import Routing
from argosy.sandbox.cdp.seeding import Planter
from argosy.sandbox.cdp.segment_queries import SegmentQueries
from argosy.sandbox.cdp.segment_routes import SegmentRoutes
from argosy.sandbox.cdp.segments import Segments
from argosy.sandbox.cdp.service_tokens import ServiceTokens
from argosy.sandbox.cdp.shapes import Shapes
from argosy.sandbox.cdp.statistics import Statistics
from argosy.sandbox.cdp.token_routes import TokenRoutes
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
        self.audiences = audiences = Audiences(foundation.documents)
        self.populations = populations = Populations(foundation, audiences)
        self.parents = parents = ParentSegments(foundation, audiences, populations)
        self.tokens = Tokens(
            foundation.documents, audiences, foundation.clock, foundation.randomness
        )
        self.service_tokens = ServiceTokens(foundation)
        folders = Folders(audiences, foundation.clock)
        segments = Segments(foundation, audiences, folders, populations)
        funnels = Funnels(foundation, audiences, folders, segments, populations)
        queries = SegmentQueries(foundation, audiences, populations, core.jobs)
        self.activations = Activations(foundation, core, audiences, populations)
        statistics = Statistics(foundation)
        shapes = Shapes(audiences, populations)
        funnel_shapes = FunnelShapes(audiences, populations, shapes)
        activation_shapes = ActivationShapes(self.activations, folders, shapes, foundation.clock)
        plain = PlainResources(foundation.documents, foundation.clock)
        plain_shapes = PlainShapes(shapes)
        self._parts = (
            ParentRoutes(parents, populations, statistics, shapes),
            FolderRoutes(parents, folders, shapes, funnel_shapes, plain, plain_shapes),
            SegmentRoutes(parents, folders, segments, queries, populations, statistics, shapes),
            FunnelRoutes(parents, folders, funnels, populations, statistics, shapes, funnel_shapes),
            ActivationRoutes(
                parents, folders, segments, self.activations, shapes, activation_shapes
            ),
            TokenRoutes(parents, self.tokens, shapes),
            PlainRoutes(parents, folders, plain, plain_shapes),
            RealtimeRoutes(foundation, parents, plain, plain_shapes, self.service_tokens),
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        routing = Routing(self._foundation.doorkeeper)
        return [route for part in self._parts for route in part.routes(routing)]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant the parent segments."""
        planter = Planter(
            self._foundation,
            self.audiences,
            self.parents,
            self.populations,
            self.tokens,
            self.activations,
        )
        for node in seed["parentSegments"].items() if "parentSegments" in seed else []:
            planter.plant(node)
