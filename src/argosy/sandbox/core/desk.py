"""The counter that the core API's requests come to: who asks, with what, and may they.

A route of the core API is a path, who may use it, and a plain function from an Ask to a JSON
document (answered with 200) or to a whole Response. Reading the request is the same for all.
A slash at the end of a path is ignored, as the vendor's Node client needs it (`/v3/job/list/`).
One inside a name, sent as %2F, belongs to the name: the vendor's clients escape names so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Match, Route

from argosy.sandbox.answers import json_answer
from argosy.sandbox.core.errors import forbidden, no_database, no_table, unauthorized
from argosy.sandbox.core.parameters import Parameters, read_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import Headers
    from starlette.requests import Request
    from starlette.types import Scope

    from argosy.sandbox.auth import Caller, Doorkeeper, Right
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Database, Table, Tables


_ESCAPED_SLASH: Final = re.compile("%2f", re.IGNORECASE)
_KEPT_SLASH: Final = "\ue02f"
"""Stands for a slash inside a name while a path is matched; no client has use for it."""


class Door(StrEnum):
    """Who may use a route at all; what they may do with a database is asked afterwards."""

    ANY_KEY = "any key"
    MASTER_KEY = "a master key"
    ADMINISTRATOR = "an administrator's master key"


class Ask(Struct, frozen=True):
    """One request, read: `path` has the values of the path's placeholders."""

    caller: Caller
    path: Mapping[str, str]
    values: Parameters
    headers: Headers
    body: bytes


Handler = Callable[[Ask], "Json | Response"]


class _SlashRoute(Route):
    """A route whose placeholders take names with a slash, if it is escaped in the path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a request is this route's."""
        sent = scope["raw_path"].decode("latin-1")
        if scope["type"] != "http" or not _ESCAPED_SLASH.search(sent):
            return super().matches(scope)
        path = unquote(_ESCAPED_SLASH.sub(_KEPT_SLASH, sent))
        match, found = super().matches(dict(scope) | {"path": path})
        if "path_params" in found:
            named = found["path_params"].items()
            found["path_params"] = {name: one.replace(_KEPT_SLASH, "/") for name, one in named}
        return match, found


class Desk:
    """Make routes of handlers, and answer what a caller may do."""

    def __init__(self, doorkeeper: Doorkeeper, tables: Tables) -> None:
        self._doorkeeper = doorkeeper
        self._tables = tables

    def get(self, path: str, handler: Handler, door: Door = Door.MASTER_KEY) -> Route:
        """Make a route for GET."""
        return self.route("GET", path, handler, door)

    def post(self, path: str, handler: Handler, door: Door = Door.MASTER_KEY) -> Route:
        """Make a route for POST."""
        return self.route("POST", path, handler, door)

    def upload(self, path: str, handler: Handler) -> Route:
        """Make a route for PUT whose body is data, for any key."""
        return self.route("PUT", path, handler, Door.ANY_KEY, is_upload=True)

    def route(
        self,
        method: str,
        path: str,
        handler: Handler,
        door: Door = Door.MASTER_KEY,
        *,
        is_upload: bool = False,
        version: str = "v3",
    ) -> Route:
        """Make a route under the API's version; the body of an upload has no parameters."""

        async def endpoint(request: Request) -> Response:
            caller = self._let_in(request, door)
            values = Parameters(dict(request.query_params))
            if not is_upload:
                values = await read_parameters(request)
            body = await request.body()
            answer = handler(Ask(caller, request.path_params, values, request.headers, body))
            return answer if isinstance(answer, Response) else json_answer(answer)

        made = _SlashRoute(f"/{version}{path}", endpoint, methods=[method])
        made.path_regex = re.compile(made.path_regex.pattern.removesuffix("$") + "/?$")
        return made

    def _let_in(self, request: Request, door: Door) -> Caller:
        caller = self._doorkeeper.caller(request.headers.get("authorization"))
        if caller is None:
            raise unauthorized()
        if door is not Door.ANY_KEY and not caller.is_master:
            raise forbidden("do this with a write-only key")
        if door is Door.ADMINISTRATOR and not caller.user.administrator:
            raise forbidden("do what administrators do")
        return caller

    def database(self, caller: Caller, name: str, right: Right | None = None) -> Database:
        """Give a database that the caller has a right (None: any right) on."""
        found = self._tables.database(name)
        if found is None:
            raise no_database(name)
        may = caller.has_any(name) if right is None else caller.may(right, name)
        if not may:
            raise forbidden(f"access the database {name}")
        return found

    def table(self, caller: Caller, database: str, name: str, right: Right | None = None) -> Table:
        """Give a table in a database that the caller has a right on."""
        self.database(caller, database, right)
        found = self._tables.table(database, name)
        if found is None:
            raise no_table(name)
        return found
