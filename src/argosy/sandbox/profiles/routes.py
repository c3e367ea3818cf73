"""The lookup's route: read the query, ask the model, answer as JSON or JSONP.

No Authorization header: a token is all it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from argosy.sandbox.answers import json_answer
from argosy.sandbox.jsonp import is_callback, jsonp_answer
from argosy.sandbox.profiles.errors import LookupRefusedError
from argosy.sandbox.visitors import GLOBAL_ID_COOKIE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from argosy.sandbox.profiles.models import Lookup
    from argosy.sandbox.settings import Json

_GLOBAL_ID: Final = "td_global_id"


class ProfileRoutes:
    """The lookup over a model; `errors_as_200` sends error objects with HTTP 200."""

    def __init__(self, lookup: Lookup, *, errors_as_200: bool) -> None:
        self._lookup = lookup
        self._errors_as_200 = errors_as_200

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [Route("/cdp/lookup/collect/segments", self.look_up, methods=["GET"])]

    async def look_up(self, request: Request) -> Response:
        """Answer a lookup."""
        callback = request.query_params.get("callback")
        if callback is not None and not is_callback(callback):
            return self._refused(LookupRefusedError(400, "The callback is no function name."))
        try:
            found = self._found(request)
        except LookupRefusedError as refusal:
            return self._refused(refusal)
        return json_answer(found) if callback is None else jsonp_answer(callback, found)

    def _found(self, request: Request) -> list[Json]:
        query = request.query_params
        if query.get("version") != "2":
            raise LookupRefusedError(400, "The query must have version=2.")
        uuids = [uuid for uuid in query.get("token", "").split(",") if uuid]
        keys = {_GLOBAL_ID: request.cookies.get(GLOBAL_ID_COOKIE, "")}
        keys |= {
            name.removeprefix("key."): value
            for name, value in query.items()
            if name.startswith("key.")
        }
        return self._lookup.look_up(uuids, keys)

    def _refused(self, refusal: LookupRefusedError) -> Response:
        return json_answer(refusal.body, 200 if self._errors_as_200 else refusal.status)
