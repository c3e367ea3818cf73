"""Routes of activations (the vendor's paths still say syndications), in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.activation_lists import Listing
from argosy.sandbox.cdp.models import Folder
from argosy.sandbox.cdp.routing import read_resource, vendor_answer
from argosy.sandbox.cdp.shapes import execution

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.activation_shapes import ActivationShapes
    from argosy.sandbox.cdp.activations import Activations
    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.models import Activation, ParentSegment, Segment
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.segments import Segments
    from argosy.sandbox.cdp.shapes import Shapes

_KINDS: Final = ("syndication",)


class ActivationRoutes:
    """Activations over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        folders: Folders,
        segments: Segments,
        activations: Activations,
        shapes: Shapes,
        activation_shapes: ActivationShapes,
    ) -> None:
        self._parents = parents
        self._folders = folders
        self._segments = segments
        self._activations = activations
        self._users = shapes.users
        self._shapes = activation_shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        many = "/audiences/{audience}/segments/{segment}/syndications"
        one = f"{many}/{{activation}}"
        entities = "/entities/segments/{segment}/syndications"
        entity = f"{entities}/{{activation}}"
        under = "/audiences/{audience}/folders/{folder}/syndications"
        summary = "/entities/parent_segments/{audience}/syndications"
        return [
            routing.rest("GET", "/audiences/{audience}/syndications", self.in_parent),
            routing.rest("GET", under, self.in_folder),
            routing.rest("GET", many, self.activations),
            routing.rest("POST", many, self.create),
            routing.rest("GET", one, self.activation),
            routing.rest("PUT", one, self.change),
            routing.rest("DELETE", one, self.delete),
            routing.rest("POST", f"{one}/run", self.run),
            routing.jsonapi("GET", summary, self.summaries),
            routing.jsonapi("GET", entities, self.resources),
            routing.jsonapi("POST", entities, self.create_resource),
            routing.jsonapi("GET", entity, self.resource),
            routing.jsonapi("PATCH", entity, self.change_resource),
            routing.jsonapi("DELETE", entity, self.delete_resource),
            routing.jsonapi("POST", f"{entity}/run", self.run_resource),
        ]

    async def in_parent(self, ask: Ask) -> Response:
        """List a parent segment's activations."""
        with_detail = ask.query("without_detail").lower() != "true"
        found = self._activations.of_parent(self._parent(ask))
        return json_answer([self._shapes.rest(one, with_detail=with_detail) for one in found])

    async def in_folder(self, ask: Ask) -> Response:
        """List the activations below a folder, filtered, sorted and a page at a time."""
        parent = self._parent(ask)
        folder = self._folders.get(ask.path("folder"), parent)
        below = {one.id for one in self._folders.below(folder, 100) if isinstance(one, Folder)}
        segments = [one for one in self._segments.of(parent) if one.folder in below]
        shaped = [
            self._shapes.overview(one, segment)
            for segment in segments
            for one in self._activations.of(segment)
        ]
        return json_answer(Listing(ask).page(shaped))

    async def activations(self, ask: Ask) -> Response:
        """List a segment's activations."""
        found = self._activations.of(self._segment(ask))
        return json_answer([self._shapes.rest(one) for one in found])

    async def create(self, ask: Ask) -> Response:
        """Make an activation."""
        made = self._activations.create(self._segment(ask), await ask.body(), ask.user)
        return json_answer(self._shapes.rest(made))

    async def activation(self, ask: Ask) -> Response:
        """Give an activation."""
        found = self._activations.look(self._segment(ask), ask.path("activation"))
        return json_answer(self._shapes.rest(found))

    async def change(self, ask: Ask) -> Response:
        """Change an activation."""
        activation = self._activations.get(self._segment(ask), ask.path("activation"))
        changed = self._activations.change(activation, await ask.body(), ask.user)
        return json_answer(self._shapes.rest(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete an activation."""
        activation = self._activations.get(self._segment(ask), ask.path("activation"))
        shaped = self._shapes.rest(activation)
        self._activations.delete(activation)
        return json_answer(shaped)

    async def run(self, ask: Ask) -> Response:
        """Send an activation."""
        activation = self._activations.get(self._segment(ask), ask.path("activation"))
        return json_answer(execution(self._activations.run(activation), "syndicationId"))

    async def summaries(self, ask: Ask) -> Response:
        """List a parent segment's activations in short, JSON:API."""
        found = self._activations.of_parent(self._parent(ask))
        shaped = [self._shapes.resource(one, in_short=True) for one in found]
        return vendor_answer({"data": shaped, "included": self._users(found)})

    async def resources(self, ask: Ask) -> Response:
        """List a segment's activations, JSON:API."""
        found = self._activations.of(self._entity(ask))
        shaped = [self._shapes.resource(one) for one in found]
        return vendor_answer({"data": shaped, "included": self._users(found)})

    async def create_resource(self, ask: Ask) -> Response:
        """Make an activation, JSON:API."""
        segment = self._entity(ask)
        body = await read_resource(ask, _KINDS)
        made = self._activations.create(segment, body.attributes, ask.user)
        return vendor_answer(self._shapes.document(made))

    async def resource(self, ask: Ask) -> Response:
        """Give an activation, JSON:API."""
        found = self._activations.look(self._entity(ask), ask.path("activation"))
        return vendor_answer(self._shapes.document(found))

    async def change_resource(self, ask: Ask) -> Response:
        """Change an activation, JSON:API."""
        activation = self._of_entity(ask)
        body = await read_resource(ask, _KINDS)
        changed = self._activations.change(activation, body.attributes, ask.user)
        return vendor_answer(self._shapes.document(changed))

    async def delete_resource(self, ask: Ask) -> Response:
        """Delete an activation and answer with it, JSON:API."""
        activation = self._of_entity(ask)
        document = self._shapes.document(activation)
        self._activations.delete(activation)
        return vendor_answer(document)

    async def run_resource(self, ask: Ask) -> Response:
        """Send an activation, JSON:API.

        The specification has the execution's resource without `data` around it.
        """
        run = self._activations.run(self._of_entity(ask))
        attributes = execution(run, "syndicationId")
        resource = {"id": run.id, "type": "execution-syndication", "attributes": attributes}
        return vendor_answer(resource)

    def _parent(self, ask: Ask) -> ParentSegment:
        return self._parents.get(ask.path("audience"))

    def _segment(self, ask: Ask) -> Segment:
        return self._segments.get(ask.path("segment"), self._parent(ask))

    def _entity(self, ask: Ask) -> Segment:
        return self._segments.get(ask.path("segment"))

    def _of_entity(self, ask: Ask) -> Activation:
        return self._activations.get(self._entity(ask), ask.path("activation"))
