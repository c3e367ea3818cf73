"""How the CDP API's routes let callers in, read requests, and answer errors in their style."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TYPE_CHECKING, Final

import orjson
from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from argosy.sandbox.answers import JSON, VENDOR_JSON, CodeMessageError, json_answer
from argosy.sandbox.cdp.errors import (
    AbsentError,
    ConflictError,
    InvalidError,
    JsonApiError,
    NotDoneError,
    bad_parameter,
    jsonapi_answer,
    rest_answer,
    validation_error,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from argosy.sandbox.answers import VendorError
    from argosy.sandbox.auth import Doorkeeper
    from argosy.sandbox.settings import Json

_STYLELESS: Final = (AbsentError, ConflictError, InvalidError, NotDoneError)
_FOLDER: Final = "/relationships/parentFolder"
DEEPEST: Final = 100
_TOO_DEEP: Final = f"The body is nested deeper than {DEEPEST} levels"


class Ask(Struct, frozen=True):
    """A request of a known user."""

    request: Request
    user: str

    def path(self, name: str) -> str:
        """Give a part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """Give a parameter of the query."""
        return self.request.query_params.get(name, default)

    def whole(self, name: str, default: int, least: int = 1, most: int = 10**9) -> int:
        """Read a whole number of the query; raise InvalidError if it is none."""
        text = self.query(name)
        if not text:
            return default
        text = text.removesuffix(".0")
        if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most:
            return int(text)
        detail = f"Must be a whole number from {least} to {most}"
        raise InvalidError((f"/{name}", "INVALID_FORMAT_OR_ASSOCIATION", detail))

    def day(self, name: str) -> date | None:
        """Read a date of the query; raise InvalidError if it is none."""
        text = self.query(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            detail = "Must be a date, YYYY-MM-DD"
            raise InvalidError((f"/{name}", "INVALID_FORMAT_OR_ASSOCIATION", detail)) from error

    async def body(self) -> Json:
        """Read a JSON body, or nothing; raise the REST 400 answer."""
        content = await self.request.body()
        if not content:
            return {}
        try:
            document = orjson.loads(content)
        except ValueError as error:
            raise CodeMessageError(400, "bad-request", f"The body is not JSON: {error}") from error
        if is_deep(document):
            raise CodeMessageError(400, "bad-request", _TOO_DEEP)
        return document


class Resource(Struct, frozen=True):
    """A JSON:API resource object of a body."""

    type: str
    attributes: Json
    folder: str | None
    """The id of the parent folder, if one is named."""


Endpoint = Callable[[Ask], Awaitable[Response]]


class Routing:
    """Make routes that let in master keys only."""

    def __init__(self, doorkeeper: Doorkeeper) -> None:
        self._doorkeeper = doorkeeper

    def rest(self, method: str, path: str, endpoint: Endpoint) -> Route:
        """Make a REST route."""
        return self._route(method, path, endpoint, rest_answer)

    def jsonapi(self, method: str, path: str, endpoint: Endpoint) -> Route:
        """Make a JSON:API route."""
        return self._route(method, path, endpoint, jsonapi_answer)

    def _route(
        self,
        method: str,
        path: str,
        endpoint: Endpoint,
        answered: Callable[[Exception, str], VendorError],
    ) -> Route:
        async def guarded(request: Request) -> Response:
            caller = self._doorkeeper.allow_cdp(request.headers.get("authorization"))
            try:
                return await endpoint(Ask(request, caller.user.id))
            except _STYLELESS as error:
                accept = request.headers.get("accept", "")
                raise answered(error, accept) from error

        return Route(path, guarded, methods=[method])


async def resource(request: Request) -> Json:
    """Read a JSON:API request body; raise the 400 or 415 answer.

    The specification has the vendor's media type only; scripts that send plain JSON work.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {VENDOR_JSON, JSON}:
        text = f"{media_type!r} is not a media type for entities; there are {VENDOR_JSON}, {JSON}."
        raise CodeMessageError(415, "unsupported-media-type", text)
    try:
        document = orjson.loads(await request.body())
    except ValueError as error:
        detail = f"The body is not JSON: {error}"
        raise JsonApiError(400, [bad_parameter("/", "INVALID_FORMAT", detail)]) from error
    if is_deep(document):
        raise JsonApiError(400, [bad_parameter("/", "INVALID_FORMAT", _TOO_DEEP)])
    return document


async def read_resource(ask: Ask, kinds: Sequence[str], *, needs_folder: bool = False) -> Resource:
    """Read a resource object of one of some types; raise the 400 or 415 answer."""
    members = await resource(ask.request)
    if not isinstance(members, dict):
        detail = "A resource object is needed here"
        raise JsonApiError(400, [bad_parameter("/", "INVALID_FORMAT", detail)])
    kind = members.get("type", kinds[0] if len(kinds) == 1 else None)
    problems = []
    if kind not in kinds:
        code = "CANNOT_BE_BLANK" if kind is None else "INVALID_FORMAT_OR_ASSOCIATION"
        problems.append(validation_error("/type", code, f"Must be {' or '.join(kinds)}"))  # type: ignore[arg-type]  # one of two codes
    attributes = members.get("attributes", {})
    if not isinstance(attributes, dict):
        problems.append(bad_parameter("/attributes", "INVALID_FORMAT", "An object is needed here"))
    relationships = members.get("relationships") or {}
    relation = relationships.get("parentFolder") if isinstance(relationships, dict) else None
    folder = None
    if isinstance(relation, dict) and isinstance(relation.get("data"), dict):
        folder = str(relation["data"].get("id", ""))
    elif relation is not None or needs_folder:
        problems.append(validation_error(_FOLDER, "CANNOT_BE_BLANK", "Can't be blank"))
    if problems:
        raise JsonApiError(400, problems)
    return Resource(str(kind), attributes, folder)


def is_deep(document: Json) -> bool:
    """Say whether objects and arrays are nested deeper than anything sensible is."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            one
            for value in level
            for one in (value.values() if isinstance(value, dict) else value)
            if isinstance(one, dict | list)
        ]
        if not level:
            return False
    return True


def vendor_answer(document: Json) -> Response:
    """Make a JSON:API answer."""
    return json_answer(document, media_type=VENDOR_JSON)
