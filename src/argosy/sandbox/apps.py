"""The sandbox's HTTP apps: two for each family, one of them for the family's own host.

On an address without a host name of the vendor's, all families share the paths. So a database
can't be named `api`, `audiences` or `entities` there. What the vendor has under those words, and
under those that begin other paths of its APIs, is answered with 501 and says so if the sandbox
doesn't do it; paths the vendor doesn't have are 404.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from argosy.sandbox.answers import CodeMessageError, VendorError, json_answer
from argosy.sandbox.control import ControlRoutes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.hosts import FamilyName
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
        self._state = state
        self._host = host
        self._made: dict[tuple[FamilyName, bool], Starlette] = {}

    @cached_property
    def control(self) -> Starlette:
        """The app of the sandbox's own routes."""
        return _app([ControlRoutes(self._state, self._host).mount()])

    def of(self, family: FamilyName, *, has_own_host: bool) -> Starlette:
        """Give a family's app, that of its own host or that of an address for all families.

        It is made when it is first asked for: hundreds of routes take their time.
        """
        key = (family, has_own_host)
        if key not in self._made:
            self._made[key] = _app(self._own(family) if has_own_host else self._shared(family))
        return self._made[key]

    def _own(self, family: FamilyName) -> list[BaseRoute]:
        if family == "records":
            return self._records()
        return [*self._state.families[family].routes(), *_gap("/{rest:path}")]

    def _shared(self, family: FamilyName) -> list[BaseRoute]:
        if family == "records":
            return [*self._records(), *_gaps()]
        # the records API takes any two words, so it goes last where paths are another family's
        return [*self._state.families[family].routes(), *_gaps(), *self._records()]

    def _records(self) -> list[BaseRoute]:
        # postback v2 and the browser's global id are on the records API's host
        families = self._state.families
        return [*families["postback"].routes(), *families["records"].routes()]


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
