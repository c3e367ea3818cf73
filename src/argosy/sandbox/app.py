"""Put the sandbox's HTTP app together: fixed routes first, the records API's catch-all last.

One app serves all API families on one address; the vendor has a host for each. So a database
can't be named `api`, `audiences` or `entities`. What the vendor has under those words, and under
those that begin other paths of its APIs, is answered with 501 and says so if the sandbox
doesn't do it; paths the vendor doesn't have are 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from argosy.sandbox.answers import CodeMessageError, VendorError, json_answer
from argosy.sandbox.cdp.routes import CdpRoutes
from argosy.sandbox.control import ControlRoutes
from argosy.sandbox.gate import PERSONALIZATION_HEADER, Gate
from argosy.sandbox.profiles.routes import ProfileRoutes
from argosy.sandbox.records.routes import RecordRoutes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from argosy.sandbox.state import State

#: A database can't have these names; those of two letters would be too short for one anyway.
_OWN_WORDS: Final = ("api", "audiences", "entities", "js", "v3", "v4")
_SHARED_WORDS: Final = ("cdp", "master_segments", "postback", "tree")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


def build_app(state: State, host: str) -> Gate:
    """Make the app over a state, for a server that listens on a host."""
    settings = state.settings
    app = Starlette(
        routes=[
            ControlRoutes(state, host).mount(),
            *CdpRoutes(state.audiences, state.tokens, state.doorkeeper).routes(),
            *ProfileRoutes(state.lookup, errors_as_200=settings.lookup_errors_as_200).routes(),
            *_gaps(),
            _PersonalizationGap("/{database}/{table}", _not_implemented, methods=["POST"]),
            *RecordRoutes(state.ingestion, state.doorkeeper, settings).routes(),
        ],
        exception_handlers={VendorError: _vendor_answer, HTTPException: _http_answer},
    )
    app.router.redirect_slashes = False
    return Gate(app, state.faults, state.log, state.clock)


class _PersonalizationGap(Route):
    """Matches what is meant for the personalization service, by its header."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path where the header is there."""
        if PERSONALIZATION_HEADER in Headers(scope=scope):
            return super().matches(scope)
        return Match.NONE, {}


def _gaps() -> list[Route]:
    own = {"/": _METHODS} | {f"/{word}": _METHODS for word in _OWN_WORDS}
    own |= {f"/{word}/{{rest:path}}": _METHODS for word in _OWN_WORDS}
    # the vendor has no POST to two words here, so that one may be a database and a table
    shared = {f"/{word}": _METHODS for word in _SHARED_WORDS}
    shared |= {f"/{word}/{{one}}": _METHODS - {"POST"} for word in _SHARED_WORDS}
    shared |= {f"/{word}/{{one}}/{{rest:path}}": _METHODS for word in _SHARED_WORDS}
    return [
        Route(path, _not_implemented, methods=list(methods))
        for path, methods in (own | shared).items()
    ]


async def _not_implemented(request: Request) -> Response:
    text = f"The sandbox does not do {request.method} {request.url.path}; see its documentation."
    raise CodeMessageError(501, "not-implemented", text)


async def _vendor_answer(_request: Request, error: Exception) -> Response:
    assert isinstance(error, VendorError)  # noqa: S101 - registered for this class only
    return error.answer()


async def _http_answer(request: Request, error: Exception) -> Response:
    """Answer what no route takes: 404, or 405 where the path has other methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    text = f"There is no {request.method} {request.url.path} here."
    code = error.detail.lower().replace(" ", "-")
    return json_answer({"code": code, "message": text}, error.status_code)
