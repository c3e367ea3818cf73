"""REST routes of predictive segments and of the real-time side's definitions (see `plain`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.errors import AbsentError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.matrix_columns import Source, natural_kind
from argosy.sandbox.cdp.plain import ATTRIBUTE, KEY_EVENT, PREDICTIVE, SERVICE, Kind
from argosy.sandbox.clock import timestamp
from argosy.sandbox.tables import path as table_path

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.plain import Plain, PlainResources
    from argosy.sandbox.cdp.plain_routes import PlainShapes
    from argosy.sandbox.cdp.routing import Ask, Endpoint, Routing
    from argosy.sandbox.cdp.service_tokens import ServiceTokens
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_SETTING: Final = "realtime-setting"
_NO_SETTING: Final[dict[str, Json]] = {
    "keyColumns": [],
    "eventTables": [],
    "batchAttributes": [],
    "extLookupKey": None,
}
_PATHS: Final = {
    "predictive_segments": PREDICTIVE,
    "realtime_attributes": ATTRIBUTE,
    "realtime_key_events": KEY_EVENT,
    "realtime_personalization_services": SERVICE,
}


class RealtimeRoutes:
    """Flat things over HTTP."""

    def __init__(
        self,
        foundation: Foundation,
        parents: ParentSegments,
        plain: PlainResources,
        shapes: PlainShapes,
        tokens: ServiceTokens,
    ) -> None:
        self._foundation = foundation
        self._parents = parents
        self._plain = plain
        self._shapes = shapes
        self._tokens = tokens

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        parent = "/audiences/{audience}"
        found: list[BaseRoute] = []
        for name, kind in _PATHS.items():
            many, one = f"{parent}/{name}", f"{parent}/{name}/{{id:int}}"
            found += [
                routing.rest("GET", many, self._listed(kind)),
                routing.rest("POST", many, self._made(kind)),
                routing.rest("GET", one, self._given(kind)),
                routing.rest("PATCH", one, self._changed(kind)),
                routing.rest("DELETE", one, self._deleted(kind)),
            ]
        tokens = f"{parent}/realtime_personalization_services/{{id:int}}/tokens"
        columns = f"{parent}/realtime_event_tables/{{database}}/{{table}}/columns"
        of_event = f"{parent}/realtime_key_events/{{id:int}}/columns"
        return [
            *found,
            routing.rest("POST", tokens, self.create_token),
            routing.rest("DELETE", f"{tokens}/{{token}}", self.delete_token),
            routing.rest("GET", columns, self.table_columns),
            routing.rest("GET", of_event, self.event_columns),
            routing.rest("GET", f"{parent}/realtime_setting", self.setting),
            routing.rest("PATCH", f"{parent}/realtime_setting", self.change_setting),
        ]

    async def setting(self, ask: Ask) -> Response:
        """Give the real-time setting."""
        return json_answer(self._setting(self._parent(ask)))

    async def change_setting(self, ask: Ask) -> Response:
        """Change the real-time setting."""
        parent = self._parent(ask)
        fields = Fields(await ask.body())
        sent = {name: fields.members[name] for name in _NO_SETTING if fields.given(name)}
        if "keyColumns" in sent:
            blank: Json = {"validRegexp": None, "invalidTexts": [], "internal": False}
            keys = fields.objects("keyColumns", ("name",))
            sent["keyColumns"] = [{**blank, **one} for one in keys]
        fields.check()
        kept = self._foundation.documents.find(_SETTING, parent) or _NO_SETTING
        self._foundation.documents.replace(_SETTING, parent, parent, {**kept, **sent})
        return json_answer(self._setting(parent))

    async def create_token(self, ask: Ask) -> Response:
        """Make a token of a service; its value is told this once."""
        token, value = self._tokens.create(self._asked(ask, SERVICE), await ask.body())
        return json_answer({**token.shown, "value": value})

    async def delete_token(self, ask: Ask) -> Response:
        """Delete a token of a service."""
        token = self._tokens.delete(self._asked(ask, SERVICE), ask.path("token"))
        return json_answer(token.shown)

    async def table_columns(self, ask: Ask) -> Response:
        """List the columns of an event table."""
        self._parent(ask)
        return json_answer(self._columns(ask.path("database"), ask.path("table")))

    async def event_columns(self, ask: Ask) -> Response:
        """List the columns of a key event's table."""
        attributes = self._asked(ask, KEY_EVENT).attributes
        return json_answer(
            self._columns(str(attributes.get("databaseName")), str(attributes.get("tableName")))
        )

    def _columns(self, database: str, table: str) -> list[Json]:
        tables = self._foundation.tables
        if not tables.has_table(database, table):
            raise AbsentError("table", f"{database}.{table}")
        columns = {one.name: one.type for one in tables.columns(database, table)}
        source = Source(table, table_path(database, table), columns, KeyError)
        return [
            {
                "queryAs": name,
                "dataColumn": name,
                "dataType": natural_kind(self._foundation.store, source, name),
            }
            for name in columns
        ]

    def _setting(self, parent: str) -> Json:
        kept = self._foundation.documents.find(_SETTING, parent)
        status = "not_initialized" if kept is None else "ok"
        shown = {**_NO_SETTING, **(kept or {})}
        return {"id": parent, **shown, "status": status, "statusDetailed": None}

    def _listed(self, kind: Kind) -> Endpoint:
        async def listed(ask: Ask) -> Response:
            found = self._plain.of(kind, self._parent(ask))
            shaped = [self._shaped(kind, one) for one in found]
            if kind is PREDICTIVE:
                return json_answer(shaped)
            return json_answer(self._page(ask, shaped))

        return listed

    def _page(self, ask: Ask, shaped: list[Json]) -> Json:
        """Filter and sort by name, and give the page after the id that is the cursor.

        Not documented, so assumed: a part of a name is found in upper and lower case.
        """
        part = ask.query("name_include").casefold()
        found = [one for one in shaped if part in one["name"].casefold()]
        key, _, option = ask.query("sorted_by").partition(":")
        if key:
            found.sort(key=lambda one: str(one.get(key, "")), reverse=option == "desc")
        cursor = ask.query("page[after]")
        ids = [one["id"] for one in found]
        start = ids.index(cursor) + 1 if cursor in ids else 0
        size = ask.whole("page[size]", PAGE, most=LARGEST_PAGE)
        some = found[start : start + size]
        next_page = None
        if start + size < len(found):
            where = ask.request.url.path
            next_page = f"{where}?page[after]={some[-1]['id']}&page[size]={size}"
        return {"data": some, "pagination": {"nextPage": next_page}}

    def _made(self, kind: Kind) -> Endpoint:
        async def create(ask: Ask) -> Response:
            parent = self._parents.get(ask.path("audience"))
            folder = parent.root_folder if kind is PREDICTIVE else None
            made = self._plain.create(kind, parent.id, folder, await ask.body(), ask.user)
            shaped = self._shaped(kind, made)
            return json_answer({"data": shaped} if kind is ATTRIBUTE else shaped)

        return create

    def _given(self, kind: Kind) -> Endpoint:
        async def given(ask: Ask) -> Response:
            return json_answer(self._shaped(kind, self._asked(ask, kind)))

        return given

    def _changed(self, kind: Kind) -> Endpoint:
        async def change(ask: Ask) -> Response:
            plain = self._asked(ask, kind)
            changed = self._plain.change(kind, plain, await ask.body(), ask.user)
            return json_answer(self._shaped(kind, changed))

        return change

    def _deleted(self, kind: Kind) -> Endpoint:
        async def delete(ask: Ask) -> Response:
            plain = self._asked(ask, kind)
            shaped = self._shaped(kind, plain)
            if kind is SERVICE:
                self._tokens.forget(plain)
            self._plain.delete(kind, plain)
            return json_answer({} if kind is ATTRIBUTE else shaped)

        return delete

    def _shaped(self, kind: Kind, plain: Plain) -> Json:
        if kind is PREDICTIVE:
            return self._shapes.flat(plain)
        shaped = {"id": plain.id, "name": plain.name, **plain.attributes}
        if kind is KEY_EVENT:
            return shaped
        if kind is SERVICE:
            shaped["tokens"] = [token.shown for token in self._tokens.of(plain)]
        rest_user = self._shapes.shapes.rest_user
        return {
            **shaped,
            "createdBy": rest_user(plain.created_by),
            "updatedBy": rest_user(plain.updated_by),
            "createdAt": timestamp(plain.created_at),
            "updatedAt": timestamp(plain.updated_at),
        }

    def _parent(self, ask: Ask) -> str:
        return self._parents.get(ask.path("audience")).id

    def _asked(self, ask: Ask, kind: Kind) -> Plain:
        return self._plain.get(kind, ask.path("id"), self._parent(ask))
