"""The sandbox's HTTP apps: two for each family, one of them for the family's own host.

On an address without a host name of the vendor's, all families share the paths. So a database
can't be named `api`, `audiences` or `entities` there. What the vendor has under those words, and
under those that begin other paths of its APIs, is answered with 501 and says so if the sandbox
doesn't do it; paths the vendor doesn't have are 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from argosy.sandbox.answers import CodeMessageError, VendorError, json_answer
from argosy.sandbox.control import ControlRoutes
from argosy.sandbox.hosts import FAMILIES, FamilyName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.state import State

#: A database can't have these names; those of two letters would be too short for one anyway.
_OWN_WORDS: Final = ("api", "audiences", "entities", "js", "v3", "v4")
_SHARED_WORDS: Final = ("android", "cdp", "master_segments", "postback", "public", "tree")
#: Why something isn't there, by a word of its path; the first that fits.
_REASONS: Final = (
    ("predictive_segments", "no model is trained here, so nothing is guessed or scored"),
    ("journey", "no profile moves through a journey here"),
    ("realtime", "there is no real-time side that works on a stream here"),
    ("user_defined_workflow", "workflows here belong to no parent segment"),
)
_OTHERWISE: Final = "the vendor may have it, and this emulation does not"
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Apps:
    """The apps over one region's state; the server listens on `host`."""

    def __init__(self, state: State, host: str) -> None:
        own = {name: state.families[name].routes() for name in FAMILIES}
        # postback v2 and the browser's global id are on the records API's host
        own["records"] = [*own["postback"], *own["records"]]
        self.control = _app([ControlRoutes(state, host).mount()])
        self._own = {
            name: _app([*routes, *_gap("/{rest:path}")]) for name, routes in own.items()
        } | {"records": _app(own["records"])}
        # the records API takes any two words, so it goes last where paths are another family's
        self._shared = {
            name: _app([*routes, *_gaps(), *own["records"]])
            for name, routes in own.items()
            if name != "records"
        } | {"records": _app([*own["records"], *_gaps()])}

    def of(self, family: FamilyName, *, has_own_host: bool) -> Starlette:
        """Give a family's app, that of its own host or that of an address for all families."""
        return self._own[family] if has_own_host else self._shared[family]


def _app(routes: Sequence[BaseRoute]) -> Starlette:
    app = Starlette(
        routes=routes,
        exception_handlers={VendorError: _vendor_answer, HTTPException: _http_answer},
    )
    app.router.redirect_slashes = False
    return app


def _gaps() -> list[Route]:
    own = {"/": _METHODS} | {f"/{word}": _METHODS for word in _OWN_WORDS}
    own |= {f"/{word}/{{rest:path}}": _METHODS for word in _OWN_WORDS}
    # the vendor has no POST to two words here, so that one may be a database and a table
    shared = {f"/{word}": _METHODS for word in _SHARED_WORDS}
    shared |= {f"/{word}/{{one}}": _METHODS - {"POST"} for word in _SHARED_WORDS}
    shared |= {f"/{word}/{{one}}/{{rest:path}}": _METHODS for word in _SHARED_WORDS}
    return [
        route for path, methods in (own | shared).items() for route in _gap(path, sorted(methods))
    ]


def _gap(path: str, methods: Sequence[str] = tuple(sorted(_METHODS))) -> list[Route]:
    return [Route(path, _not_implemented, methods=list(methods))]


async def _not_implemented(request: Request) -> Response:
    path = request.url.path
    text = f"The sandbox does not do {request.method} {path}: {_reason(path)}."
    raise CodeMessageError(501, "not-implemented", text)


def _reason(path: str) -> str:
    return next((reason for word, reason in _REASONS if word in path), _OTHERWISE)


async def _vendor_answer(_request: Request, error: Exception) -> Response:
    assert isinstance(error, VendorError)  # noqa: S101 - registered for this class only
    return error.answer()


async def _http_answer(request: Request, error: Exception) -> Response:
    """Answer what no route takes: 404, or 405 where the path has other methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    text = f"There is no {request.method} {request.url.path} here."
    code = error.detail.lower().replace(" ", "-")
    return json_answer({"code": code, "message": text}, error.status_code)
