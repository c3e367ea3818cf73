"""JSON:API routes of what is kept and given back (see `plain`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import CodeMessageError, json_answer
from argosy.sandbox.cdp.plain import (
    JOURNEY,
    PERSONALIZATION,
    PREDICTIVE,
    REALTIME_JOURNEY,
    TEMPLATE,
    Kind,
)
from argosy.sandbox.cdp.routing import read_resource, vendor_answer
from argosy.sandbox.cdp.shapes import folder_reference, made_by
from argosy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.plain import Plain, PlainResources
    from argosy.sandbox.cdp.routing import Ask, Endpoint, Routing
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.settings import Json

_LISTS_OF_MOVES: Final = (
    "/entities/journeys/segment_rules",
    "/entities/realtime_journeys/abtest_variants",
)
"""What is told of journeys that profiles move through; else these words would be read as ids."""


class PlainShapes:
    """Shape what is kept."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def resource(self, kind: Kind, plain: Plain) -> Json:
        """Shape a thing as a JSON:API resource."""
        relationships: Json = made_by(plain)
        if kind in {REALTIME_JOURNEY, PERSONALIZATION}:
            # the real-time side has users whole in its relationships
            relationships = {
                "createdBy": self.shapes.rest_user(plain.created_by),
                "updatedBy": self.shapes.rest_user(plain.updated_by),
            }
        if plain.folder is not None:
            relationships = {"parentFolder": folder_reference(plain.folder), **relationships}
        attributes = {
            "audienceId": plain.parent_segment,
            "name": plain.name,
            **plain.attributes,
            "createdAt": timestamp(plain.created_at),
            "updatedAt": timestamp(plain.updated_at),
        }
        if kind is REALTIME_JOURNEY:
            attributes["segmentFolderId"] = plain.folder
        return {
            "id": plain.id,
            "type": kind.name,
            "attributes": attributes,
            "relationships": relationships,
        }

    def flat(self, plain: Plain) -> Json:
        """Shape a predictive segment without a resource around it."""
        return {
            "audienceId": plain.parent_segment,
            "id": plain.id,
            "name": plain.name,
            **{k: v for k, v in plain.attributes.items() if k != "preprocess"},
            "createdAt": timestamp(plain.created_at),
            "updatedAt": timestamp(plain.updated_at),
        }


class PlainRoutes:
    """Templates, predictive segments, journeys and personalizations over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        folders: Folders,
        plain: PlainResources,
        shapes: PlainShapes,
    ) -> None:
        self._parents = parents
        self._folders = folders
        self._plain = plain
        self._shapes = shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        paths = {
            "/entities/activation_templates": TEMPLATE,
            "/entities/predictive_segments": PREDICTIVE,
            "/entities/journeys": JOURNEY,
            "/entities/realtime_journeys": REALTIME_JOURNEY,
            "/entities/realtime_personalizations": PERSONALIZATION,
        }
        found = [routing.jsonapi("GET", path, _unmoved) for path in _LISTS_OF_MOVES]
        for path, kind in paths.items():
            one = f"{path}/{{id}}"
            found += [
                routing.jsonapi("POST", path, self._made(kind)),
                routing.jsonapi("GET", one, self._given(kind)),
                routing.jsonapi("PATCH", one, self._changed(kind)),
                routing.jsonapi("DELETE", one, self._deleted(kind)),
            ]
            if kind in {JOURNEY, REALTIME_JOURNEY}:
                found += [
                    routing.jsonapi("PATCH", f"{one}/pause", self._paused(kind, paused=True)),
                    routing.jsonapi("PATCH", f"{one}/resume", self._paused(kind, paused=False)),
                ]
        parent = "/entities/parent_segments/{audience}"
        return [
            *found,
            routing.jsonapi("GET", "/entities/journeys", self.journeys),
            routing.jsonapi("GET", f"{parent}/activation_templates", self.templates),
            routing.jsonapi("GET", f"{parent}/realtime_journeys", self._listed(REALTIME_JOURNEY)),
            routing.jsonapi(
                "GET", f"{parent}/realtime_personalizations", self._listed(PERSONALIZATION)
            ),
        ]

    async def journeys(self, ask: Ask) -> Response:
        """List the journeys in a folder."""
        folder = self._folders.get(ask.query("folder_id"))
        found = self._plain.in_folders(JOURNEY, {folder.id})
        shaped = [self._shapes.resource(JOURNEY, one) for one in found]
        return vendor_answer({"data": shaped, "included": self._shapes.shapes.users(found)})

    async def templates(self, ask: Ask) -> Response:
        """List a parent segment's activation templates."""
        found = self._plain.of(TEMPLATE, self._parents.get(ask.path("audience")).id)
        shaped = [self._shapes.resource(TEMPLATE, one) for one in found]
        return vendor_answer({"data": shaped, "included": self._shapes.shapes.users(found)})

    def _made(self, kind: Kind) -> Endpoint:
        async def create(ask: Ask) -> Response:
            body = await read_resource(ask, (kind.name,))
            named = body.folder
            if named is None and isinstance(body.attributes, dict):
                sent = body.attributes.get("segmentFolderId")
                named = None if sent is None else str(sent)
            folder = self._folders.place(named)
            made = self._plain.create(
                kind, folder.parent_segment, folder.id, body.attributes, ask.user
            )
            return self._document(kind, made)

        return create

    def _given(self, kind: Kind) -> Endpoint:
        return self._with(kind, lambda _ask, plain: plain)

    def _deleted(self, kind: Kind) -> Endpoint:
        async def delete(ask: Ask) -> Response:
            plain = self._plain.delete(kind, self._plain.get(kind, ask.path("id")))
            if kind in {REALTIME_JOURNEY, PERSONALIZATION}:
                return json_answer({})
            return self._document(kind, plain)

        return delete

    def _paused(self, kind: Kind, *, paused: bool) -> Endpoint:
        return self._with(
            kind, lambda ask, plain: self._plain.pause(kind, plain, ask.user, paused=paused)
        )

    def _changed(self, kind: Kind) -> Endpoint:
        async def change(ask: Ask) -> Response:
            plain = self._plain.get(kind, ask.path("id"))
            body = await read_resource(ask, (kind.name,))
            folder = None
            if body.folder is not None:
                folder = self._folders.place(body.folder, plain.parent_segment).id
            changed = self._plain.change(kind, plain, body.attributes, ask.user, folder)
            return self._document(kind, changed)

        return change

    def _listed(self, kind: Kind) -> Endpoint:
        async def listed(ask: Ask) -> Response:
            found = self._plain.of(kind, self._parents.get(ask.path("audience")).id)
            shaped = [self._shapes.resource(kind, one) for one in found]
            return vendor_answer({"data": shaped, "pagination": {"nextPage": None}})

        return listed

    def _with(self, kind: Kind, done: Callable[[Ask, Plain], Plain]) -> Endpoint:
        async def endpoint(ask: Ask) -> Response:
            return self._document(kind, done(ask, self._plain.get(kind, ask.path("id"))))

        return endpoint

    def _document(self, kind: Kind, plain: Plain) -> Response:
        if kind in {REALTIME_JOURNEY, PERSONALIZATION}:
            return vendor_answer({"data": self._shapes.resource(kind, plain)})
        # the specification has a predictive segment's attributes right in `data`
        data = (
            self._shapes.flat(plain) if kind is PREDICTIVE else self._shapes.resource(kind, plain)
        )
        return vendor_answer({"data": data, "included": self._shapes.shapes.users([plain])})


async def _unmoved(ask: Ask) -> Response:
    """Say that there is nothing to tell of a journey that nobody is in."""
    path = ask.request.url.path
    text = f"The sandbox does not do GET {path}: no profile moves through a journey here."
    raise CodeMessageError(501, "not-implemented", text)
