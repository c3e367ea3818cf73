"""How funnels look in both styles of the CDP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.cdp.models import Activation, Audiences, Funnel
from argosy.sandbox.cdp.shapes import folder_reference, made_by
from argosy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.settings import Json


class FunnelShapes:
    """Shape funnels."""

    def __init__(self, audiences: Audiences, populations: Populations, shapes: Shapes) -> None:
        self._audiences = audiences
        self._populations = populations
        self._shapes = shapes

    def funnel(self, funnel: Funnel) -> Json:
        """Shape a funnel as REST `Funnel`."""
        stages = [self._stage(funnel, stage) for stage in funnel.stages]
        parent = self._audiences.parent_segment(funnel.parent_segment)
        built = None if parent is None else parent.matrix_updated_at
        return {
            "id": funnel.id,
            "audienceId": funnel.parent_segment,
            "segmentFolderId": funnel.folder,
            "name": funnel.name,
            "population": self._populations.of_funnel(funnel),
            "description": funnel.description,
            "numSyndications": sum(stage["numSyndications"] for stage in stages),
            "needToRunWorkflow": built is None or built < funnel.updated_at,
            "stages": stages,
            **self._shapes.rest_made(funnel),
        }

    def resource(self, funnel: Funnel) -> Json:
        """Shape a funnel as a JSON:API resource."""
        stages = []
        for stage in funnel.stages:
            whole = self._stage(funnel, stage)
            shaped = {name: whole[name] for name in ("id", "name", "numSyndications")}
            if whole["segmentId"] is not None:
                shaped["segmentId"] = whole["segmentId"]
            stages.append(shaped)
        return {
            "id": funnel.id,
            "type": "funnel",
            "attributes": {
                "audienceId": funnel.parent_segment,
                "name": funnel.name,
                "description": funnel.description,
                "population": self._populations.of_funnel(funnel),
                "numSyndications": sum(stage["numSyndications"] for stage in stages),
                "createdAt": timestamp(funnel.created_at),
                "updatedAt": timestamp(funnel.updated_at),
                "countPopulation": True,
                "stages": stages,
            },
            "relationships": {"parentFolder": folder_reference(funnel.folder), **made_by(funnel)},
        }

    def document(self, funnel: Funnel) -> Json:
        """Shape a funnel as a JSON:API document."""
        return {"data": self.resource(funnel), "included": self._shapes.users([funnel])}

    def _stage(self, funnel: Funnel, stage: dict[str, str]) -> Json:
        segment = self._populations.stage_segment(funnel, stage["id"])
        count = 0 if segment is None else len(self._audiences.every(Activation, segment.id))
        return {
            "id": stage["id"],
            "name": stage["name"],
            "numSyndications": count,
            "audienceId": funnel.parent_segment,
            "funnelId": funnel.id,
            "segmentFolderId": funnel.folder,
            "segmentId": None if segment is None else segment.id,
        }
