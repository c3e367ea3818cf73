"""Routes of segments and of questions about them, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.errors import InvalidError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import SEGMENT_KINDS
from argosy.sandbox.cdp.populations import SEGMENT_POINTS
from argosy.sandbox.cdp.routing import read_resource, vendor_answer

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.models import ParentSegment, Segment
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.segment_queries import SegmentQueries, SegmentQuery
    from argosy.sandbox.cdp.segments import Segments
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.cdp.statistics import Statistics
    from argosy.sandbox.settings import Json

RESOURCES: Final = tuple(f"segment-{kind}" for kind in SEGMENT_KINDS)


class SegmentRoutes:
    """Segments over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        folders: Folders,
        segments: Segments,
        queries: SegmentQueries,
        populations: Populations,
        statistics: Statistics,
        shapes: Shapes,
    ) -> None:
        self._parents = parents
        self._folders = folders
        self._segments = segments
        self._queries = queries
        self._populations = populations
        self._statistics = statistics
        self._shapes = shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes; what questions are asked of goes before a segment's id."""
        many, one = "/audiences/{audience}/segments", "/audiences/{audience}/segments/{segment}"
        query = f"{many}/queries/{{query}}"
        return [
            routing.rest("POST", f"{many}/query", self.sql),
            routing.rest("POST", f"{many}/queries", self.start),
            routing.rest("GET", query, self.status),
            routing.rest("POST", f"{query}/kill", self.kill),
            routing.rest("GET", f"{query}/customers", self.customers),
            routing.rest("GET", many, self.segments),
            routing.rest("POST", many, self.create),
            routing.rest("GET", "/audiences/{audience}/folders/{folder}/segments", self.in_folder),
            routing.rest("GET", one, self.segment),
            routing.rest("PUT", one, self.change),
            routing.rest("DELETE", one, self.delete),
            routing.rest("GET", f"{one}/statistics", self.history),
            routing.jsonapi("POST", "/entities/segments", self.create_resource),
            routing.jsonapi("GET", "/entities/segments/{segment}", self.resource),
            routing.jsonapi("PATCH", "/entities/segments/{segment}", self.change_resource),
            routing.jsonapi("DELETE", "/entities/segments/{segment}", self.delete_resource),
        ]

    async def segments(self, ask: Ask) -> Response:
        """List a parent segment's segments."""
        found = self._segments.of(self._parent(ask))
        return json_answer([self._shapes.segment(one) for one in found])

    async def in_folder(self, ask: Ask) -> Response:
        """List a folder's segments."""
        parent = self._parent(ask)
        folder = self._folders.get(ask.path("folder"), parent)
        found = [one for one in self._segments.of(parent) if one.folder == folder.id]
        return json_answer([self._shapes.segment(one) for one in found])

    async def create(self, ask: Ask) -> Response:
        """Make a segment, in the root folder where none is named."""
        parent = self._parent(ask)
        body = self._body(await ask.body(), parent)
        folder = self._folder(body, parent) or parent.root_folder
        return json_answer(self._shapes.segment(self._segments.create(body, folder, ask.user)))

    async def segment(self, ask: Ask) -> Response:
        """Give a segment."""
        return json_answer(self._shapes.segment(self._asked(ask)))

    async def change(self, ask: Ask) -> Response:
        """Change a segment."""
        segment = self._asked(ask)
        body = self._body(await ask.body(), self._parent(ask))
        folder = self._folder(body, self._parent(ask))
        changed = self._segments.change(segment, body, folder, ask.user)
        return json_answer(self._shapes.segment(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete a segment."""
        segment = self._asked(ask)
        shaped = self._shapes.segment(segment)
        self._segments.delete(segment)
        return json_answer(shaped)

    async def history(self, ask: Ask) -> Response:
        """Give the history of the population, which a funnel's stage has elsewhere."""
        segment = self._asked(ask)
        if segment.kind == "funnel-stage":
            detail = "A segment of a funnel stage has no statistics here"
            raise InvalidError(("/kind", "INVALID_FORMAT_OR_ASSOCIATION", detail))
        self._populations.of_segment(segment)
        zone = self._parent(ask).timezone
        days = (ask.day("from"), ask.day("to"))
        return json_answer(self._statistics.history(SEGMENT_POINTS, segment.id, zone, *days))

    async def create_resource(self, ask: Ask) -> Response:
        """Make a segment in a folder."""
        body = await read_resource(ask, RESOURCES)
        folder = self._folders.place(body.folder)
        members = {**body.attributes, "kind": body.type.removeprefix("segment-")}
        return self._document(self._segments.create(members, folder.id, ask.user))

    async def resource(self, ask: Ask) -> Response:
        """Give a segment."""
        return self._document(self._segments.get(ask.path("segment")))

    async def change_resource(self, ask: Ask) -> Response:
        """Change or move a segment."""
        segment = self._segments.get(ask.path("segment"))
        body = await read_resource(ask, RESOURCES)
        members = {**body.attributes, "kind": body.type.removeprefix("segment-")}
        return self._document(self._segments.change(segment, members, body.folder, ask.user))

    async def delete_resource(self, ask: Ask) -> Response:
        """Delete a segment and answer with it."""
        segment = self._segments.get(ask.path("segment"))
        answer = self._document(segment)
        self._segments.delete(segment)
        return answer

    async def sql(self, ask: Ask) -> Response:
        """Write a rule as SQL; for the realtime kind with two more members."""
        parent = self._parent(ask)
        body = await ask.body()
        sql = self._queries.sql(parent, body)
        if body.get("kind") == 1 or body.get("realtime") is True:
            return json_answer({"sql": sql, "statement": {}, "batch_workflows": {}})
        return json_answer({"sql": sql})

    async def start(self, ask: Ask) -> Response:
        """Begin to ask who a rule takes."""
        query = self._queries.start(self._parent(ask), await ask.body(), ask.user)
        return json_answer(_query(query))

    async def status(self, ask: Ask) -> Response:
        """Tell how a query goes."""
        return json_answer(_query(self._queries.look(self._parent(ask), ask.path("query"))))

    async def kill(self, ask: Ask) -> Response:
        """Stop a query."""
        query = self._queries.kill(self._parent(ask), ask.path("query"))
        return json_answer({"message": f"The query {query.id} is {query.status}."})

    async def customers(self, ask: Ask) -> Response:
        """Give a page of profiles."""
        page = ask.whole("page", 1)
        return json_answer(self._queries.page(self._parent(ask), ask.path("query"), page))

    def _parent(self, ask: Ask) -> ParentSegment:
        return self._parents.get(ask.path("audience"))

    def _asked(self, ask: Ask) -> Segment:
        return self._segments.get(ask.path("segment"), self._parent(ask))

    def _body(self, body: Json, parent: ParentSegment) -> Json:
        """Check that a body is for the path's parent segment."""
        fields = Fields(body)
        if fields.key("audienceId") not in {None, parent.id}:
            fields.wrong("/audienceId", "Can't be changed", "IS_IMMUTABLE")
        fields.check()
        return body

    def _folder(self, body: Json, parent: ParentSegment) -> str | None:
        fields = Fields(body)
        key = fields.key("segmentFolderId")
        fields.check()
        if key is None:
            return None
        return self._folders.place(key, parent.id, "/segmentFolderId").id

    def _document(self, segment: Segment) -> Response:
        users = self._shapes.users([segment])
        return vendor_answer({"data": self._shapes.segment_resource(segment), "included": users})


def _query(query: SegmentQuery) -> Json:
    return {
        "id": query.id,
        "queryId": query.id,
        "status": query.status,
        "count": query.count,
        "maxPage": query.pages,
        "error": query.error,
        "jobid": query.job,
        "countJobid": query.count_job,
        "customerGroupCount": query.group_count,
    }
