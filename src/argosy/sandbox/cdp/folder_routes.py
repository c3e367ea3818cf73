"""Routes of folders, in both styles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.folders import DEEPEST
from argosy.sandbox.cdp.models import Folder, Funnel, Segment
from argosy.sandbox.cdp.plain import IN_FOLDERS
from argosy.sandbox.cdp.routing import read_resource, vendor_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.funnel_shapes import FunnelShapes
    from argosy.sandbox.cdp.models import Token
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.plain import PlainResources
    from argosy.sandbox.cdp.plain_routes import PlainShapes
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.settings import Json

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_KINDS: Final = ("folder-segment",)


class FolderRoutes:
    """Folders over HTTP."""

    def __init__(
        self,
        parents: ParentSegments,
        folders: Folders,
        shapes: Shapes,
        funnel_shapes: FunnelShapes,
        plain: PlainResources,
        plain_shapes: PlainShapes,
    ) -> None:
        self._parents = parents
        self._folders = folders
        self._shapes = shapes
        self._funnel_shapes = funnel_shapes
        self._plain = plain
        self._plain_shapes = plain_shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        many, one = "/audiences/{audience}/folders", "/audiences/{audience}/folders/{folder}"
        return [
            routing.rest("GET", many, self.folders),
            routing.rest("POST", many, self.create),
            routing.rest("GET", one, self.folder),
            routing.rest("PATCH", one, self.change),
            routing.rest("DELETE", one, self.delete),
            routing.rest("POST", f"{one}/put_in", self.put_in),
            routing.rest("GET", "/tree/audiences/{audience}/segment_folders", self.tree),
            routing.jsonapi("POST", "/entities/folders", self.create_resource),
            routing.jsonapi("GET", "/entities/folders/{folder}", self.resource),
            routing.jsonapi("PATCH", "/entities/folders/{folder}", self.change_resource),
            routing.jsonapi("DELETE", "/entities/folders/{folder}", self.delete_resource),
            routing.jsonapi("GET", "/entities/by-folder/{folder}", self.by_folder),
        ]

    async def folders(self, ask: Ask) -> Response:
        """List a parent segment's folders."""
        return json_answer([self._shapes.folder(one) for one in self._all(ask)])

    async def create(self, ask: Ask) -> Response:
        """Make a folder in the root folder."""
        parent = self._parents.get(ask.path("audience"))
        root = self._folders.get(parent.root_folder)
        made = self._folders.create(await ask.body(), root, ask.user)
        return json_answer(self._shapes.folder(made))

    async def folder(self, ask: Ask) -> Response:
        """Give a folder."""
        return json_answer(self._shapes.folder(self._asked(ask)))

    async def change(self, ask: Ask) -> Response:
        """Change a folder."""
        changed = self._folders.change(self._asked(ask), await ask.body(), None, ask.user)
        return json_answer(self._shapes.folder(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete an empty folder."""
        self._check_empty(self._asked(ask))
        return json_answer(self._shapes.folder(self._folders.delete(self._asked(ask))))

    async def put_in(self, ask: Ask) -> Response:
        """Move segments into a folder."""
        self._folders.put_in(self._asked(ask), await ask.body(), ask.user)
        return json_answer({})

    async def tree(self, ask: Ask) -> Response:
        """List folders with the folder each is in, a page at a time."""
        folders = self._all(ask)
        size = ask.whole("page[size]", PAGE, most=LARGEST_PAGE)
        cursor = ask.query("page[after]")
        start = int(cursor) if re.fullmatch(r"[0-9]{1,9}", cursor) else 0
        some = folders[start : start + size]
        next_page = None
        if start + size < len(folders):
            path = f"/tree/audiences/{ask.path('audience')}/segment_folders"
            next_page = f"{path}?page[after]={start + size}&page[size]={size}"
        data = [
            {"id": one.id, "name": one.name, "parentFolderId": one.parent_folder} for one in some
        ]
        return json_answer({"data": data, "pagination": {"nextPage": next_page}})

    async def create_resource(self, ask: Ask) -> Response:
        """Make a folder in another."""
        body = await read_resource(ask, _KINDS)
        within = self._folders.place(body.folder)
        return self._document(self._folders.create(body.attributes, within, ask.user))

    async def resource(self, ask: Ask) -> Response:
        """Give a folder."""
        return self._document(self._folders.get(ask.path("folder")))

    async def change_resource(self, ask: Ask) -> Response:
        """Change or move a folder."""
        folder = self._folders.get(ask.path("folder"))
        body = await read_resource(ask, _KINDS)
        changed = self._folders.change(folder, body.attributes, body.folder, ask.user)
        return self._document(changed)

    async def delete_resource(self, ask: Ask) -> Response:
        """Delete an empty folder."""
        folder = self._folders.get(ask.path("folder"))
        self._check_empty(folder)
        return self._document(self._folders.delete(folder))

    async def by_folder(self, ask: Ask) -> Response:
        """List a folder and what is in it; segments of stages are not among what is documented."""
        folder = self._folders.get(ask.path("folder"))
        depth = ask.whole("depth", DEEPEST, least=0)
        with_rule = ask.query("with_rule", "true").lower() != "false"
        found = [
            one
            for one in self._folders.below(folder, depth)
            if not (isinstance(one, Segment) and one.kind == "funnel-stage")
        ]
        shaped = [self._entity(one, with_rule=with_rule) for one in found]
        if depth:
            above = self._folders.below(folder, depth - 1)
            inside = {one.id for one in above if isinstance(one, Folder)}
            shaped += [
                self._plain_shapes.resource(kind, one)
                for kind in IN_FOLDERS
                for one in self._plain.in_folders(kind, inside)
            ]
        return vendor_answer({"data": shaped, "included": self._shapes.users(found)})

    def _entity(self, one: Folder | Segment | Funnel | Token, *, with_rule: bool) -> Json:
        if isinstance(one, Folder):
            return self._shapes.folder_resource(one)
        if isinstance(one, Segment):
            return self._shapes.segment_resource(one, with_rule=with_rule)
        if isinstance(one, Funnel):
            return self._funnel_shapes.resource(one)
        return self._shapes.token_resource(one)

    def _check_empty(self, folder: Folder) -> None:
        self._plain.check_empty(folder.id)

    def _all(self, ask: Ask) -> Sequence[Folder]:
        return self._folders.of(self._parents.get(ask.path("audience")))

    def _asked(self, ask: Ask) -> Folder:
        return self._folders.get(ask.path("folder"), self._parents.get(ask.path("audience")))

    def _document(self, folder: Folder) -> Response:
        users = self._shapes.users([folder])
        return vendor_answer({"data": self._shapes.folder_resource(folder), "included": users})
