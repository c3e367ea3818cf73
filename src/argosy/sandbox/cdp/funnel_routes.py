"""Routes of funnels, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.populations import SEGMENT_POINTS
from argosy.sandbox.cdp.routing import read_resource, vendor_answer

if TYPE_CHECKING:
    from datetime import date

    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.funnel_shapes import FunnelShapes
    from argosy.sandbox.cdp.funnels import Funnels
    from argosy.sandbox.cdp.models import Funnel, ParentSegment
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.cdp.statistics import Statistics
    from argosy.sandbox.settings import Json

_KINDS: Final = ("funnel",)


class FunnelRoutes:
    """Funnels over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        folders: Folders,
        funnels: Funnels,
        populations: Populations,
        statistics: Statistics,
        shapes: Shapes,
        funnel_shapes: FunnelShapes,
    ) -> None:
        self._parents = parents
        self._folders = folders
        self._funnels = funnels
        self._populations = populations
        self._statistics = statistics
        self._users = shapes.users
        self._shapes = funnel_shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        many, one = "/audiences/{audience}/funnels", "/audiences/{audience}/funnels/{funnel}"
        entity = "/entities/funnels/{funnel}"
        return [
            routing.rest("GET", many, self.funnels),
            routing.rest("POST", many, self.create),
            routing.rest("GET", one, self.funnel),
            routing.rest("PUT", one, self.change),
            routing.rest("DELETE", one, self.delete),
            routing.rest("POST", f"{one}/clone", self.clone),
            routing.rest("GET", f"{one}/statistics", self.history),
            routing.jsonapi("GET", "/entities/parent_segments/{audience}/funnels", self.resources),
            routing.jsonapi("POST", "/entities/funnels", self.create_resource),
            routing.jsonapi("GET", entity, self.resource),
            routing.jsonapi("PATCH", entity, self.change_resource),
            routing.jsonapi("DELETE", entity, self.delete_resource),
            routing.jsonapi("GET", f"{entity}/stages/{{stage}}/statistics", self.stage_history),
        ]

    async def funnels(self, ask: Ask) -> Response:
        """List a parent segment's funnels."""
        found = self._funnels.of(self._parent(ask))
        return json_answer([self._shapes.funnel(one) for one in found])

    async def create(self, ask: Ask) -> Response:
        """Make a funnel."""
        body = await ask.body()
        folder = self._folder(body, self._parent(ask), is_needed=True)
        made = self._funnels.create(body, str(folder), ask.user)
        return json_answer(self._shapes.funnel(made))

    async def funnel(self, ask: Ask) -> Response:
        """Give a funnel."""
        return json_answer(self._shapes.funnel(self._asked(ask)))

    async def change(self, ask: Ask) -> Response:
        """Change a funnel."""
        funnel = self._asked(ask)
        body = await ask.body()
        folder = self._folder(body, self._parent(ask), is_needed=False)
        changed = self._funnels.change(funnel, body, folder, ask.user)
        return json_answer(self._shapes.funnel(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete a funnel and answer with it."""
        funnel = self._asked(ask)
        shaped = self._shapes.funnel(funnel)
        self._funnels.delete(funnel)
        return json_answer(shaped)

    async def clone(self, ask: Ask) -> Response:
        """Copy a funnel."""
        funnel = self._asked(ask)
        body = await ask.body()
        folder = self._folder(body, self._parent(ask), is_needed=True)
        return json_answer(self._shapes.funnel(self._funnels.clone(funnel, body, folder, ask.user)))

    async def history(self, ask: Ask) -> Response:
        """Give the history of each stage, of which `limit` keeps the last days."""
        funnel = self._asked(ask)
        limit = ask.whole("limit", 10_000)
        days = (ask.day("from"), ask.day("to"))
        stages = [
            {"id": int(stage["id"]), "history": self._stage(funnel, stage["id"], *days)[-limit:]}
            for stage in funnel.stages
        ]
        population = self._populations.of_funnel(funnel)
        return json_answer({"population": population, "stages": stages})

    async def resources(self, ask: Ask) -> Response:
        """List a parent segment's funnels, JSON:API."""
        found = self._funnels.of(self._parent(ask))
        shaped = [self._shapes.resource(one) for one in found]
        return vendor_answer({"data": shaped, "included": self._users(found)})

    async def create_resource(self, ask: Ask) -> Response:
        """Make a funnel in a folder."""
        body = await read_resource(ask, _KINDS)
        folder = self._folders.place(body.folder)
        made = self._funnels.create(body.attributes, folder.id, ask.user)
        return vendor_answer(self._shapes.document(made))

    async def resource(self, ask: Ask) -> Response:
        """Give a funnel, JSON:API."""
        return vendor_answer(self._shapes.document(self._funnels.get(ask.path("funnel"))))

    async def change_resource(self, ask: Ask) -> Response:
        """Change or move a funnel."""
        funnel = self._funnels.get(ask.path("funnel"))
        body = await read_resource(ask, _KINDS)
        changed = self._funnels.change(funnel, body.attributes, body.folder, ask.user)
        return vendor_answer(self._shapes.document(changed))

    async def delete_resource(self, ask: Ask) -> Response:
        """Delete a funnel and answer with it."""
        funnel = self._funnels.get(ask.path("funnel"))
        document = self._shapes.document(funnel)
        self._funnels.delete(funnel)
        return vendor_answer(document)

    async def stage_history(self, ask: Ask) -> Response:
        """Give the history of a stage."""
        funnel = self._funnels.get(ask.path("funnel"))
        stage = self._funnels.stage(funnel, ask.path("stage"))
        days = (ask.day("from"), ask.day("to"))
        return vendor_answer(self._stage(funnel, stage["id"], *days))

    def _stage(self, funnel: Funnel, stage: str, first: date | None, last: date | None) -> Json:
        segment = self._funnels.segment(funnel, stage)
        if segment is None:
            return []
        self._populations.of_segment(segment)
        zone = self._parents.get(funnel.parent_segment).timezone
        return self._statistics.history(SEGMENT_POINTS, segment.id, zone, first, last)

    def _parent(self, ask: Ask) -> ParentSegment:
        return self._parents.get(ask.path("audience"))

    def _asked(self, ask: Ask) -> Funnel:
        return self._funnels.get(ask.path("funnel"), self._parent(ask))

    def _folder(self, body: Json, parent: ParentSegment, *, is_needed: bool) -> str | None:
        fields = Fields(body)
        key = fields.key("segmentFolderId")
        fields.check()
        if key is None and not is_needed:
            return None
        return self._folders.place(key, parent.id, "/segmentFolderId").id
