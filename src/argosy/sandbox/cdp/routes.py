"""Routes of the CDP API: parent segments and folders to read, tokens to read and write.

What the vendor has here and the sandbox doesn't answers 501 and says so, so that nobody takes
a gap for a wrong path or a wrong id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from argosy.sandbox.answers import JSON, VENDOR_JSON, CodeMessageError, json_answer
from argosy.sandbox.cdp.errors import JsonApiError, bad_parameter, not_found, record_not_found
from argosy.sandbox.cdp.shapes import Shapes

if TYPE_CHECKING:
    from argosy.sandbox.auth import Doorkeeper
    from argosy.sandbox.cdp.models import Audiences, ParentSegment, Token
    from argosy.sandbox.cdp.tokens import Tokens
    from argosy.sandbox.settings import Json

Endpoint = Callable[[Request], Awaitable[Response]]


class CdpRoutes:
    """The CDP API over the audiences and tokens."""

    def __init__(self, audiences: Audiences, tokens: Tokens, doorkeeper: Doorkeeper) -> None:
        self._audiences = audiences
        self._tokens = tokens
        self._doorkeeper = doorkeeper
        self._shapes = Shapes(audiences)

    def routes(self) -> list[Route]:
        """Give the routes, those for everything else last."""
        return [
            self._route("/entities/tokens", "POST", self.create_token),
            self._route("/entities/tokens/{id}", "GET", self.token),
            self._route("/entities/tokens/{id}", "PATCH", self.change_token),
            self._route("/entities/tokens/{id}", "DELETE", self.delete_token),
            self._route("/entities/parent_segments", "GET", self.parent_segments),
            self._route("/entities/parent_segments/{id}", "GET", self.parent_segment),
            self._route("/audiences", "GET", self.audiences),
            self._route("/audiences/{id}", "GET", self.audience),
            self._route("/audiences/{id}/folders", "GET", self.folders),
            self._route("/audiences/{id}/tokens", "GET", self.tokens),
        ]

    def _route(self, path: str, method: str, endpoint: Endpoint) -> Route:
        """Make a route that lets in master keys only."""

        async def guarded(request: Request) -> Response:
            self._doorkeeper.allow_cdp(request.headers.get("authorization"))
            return await endpoint(request)

        return Route(path, guarded, methods=[method])

    async def create_token(self, request: Request) -> Response:
        """Create a token."""
        return self._document(self._tokens.create(await resource(request)))

    async def token(self, request: Request) -> Response:
        """Give a token."""
        return self._document(self._tokens.token(request.path_params["id"]))

    async def change_token(self, request: Request) -> Response:
        """Change a token."""
        changes = await resource(request)
        return self._document(self._tokens.change(request.path_params["id"], changes))

    async def delete_token(self, request: Request) -> Response:
        """Delete a token and answer with it."""
        return self._document(self._tokens.delete(request.path_params["id"]))

    async def parent_segments(self, _request: Request) -> Response:
        """List the parent segments, JSON:API.

        The specification has an array of documents here; the vendor's clients see one document
        with an array, which is what the sandbox gives.
        """
        shaped = [self._shapes.parent_segment(one) for one in self._audiences.parent_segments()]
        return json_answer({"data": shaped}, media_type=VENDOR_JSON)

    async def parent_segment(self, request: Request) -> Response:
        """Give a parent segment, JSON:API."""
        parent = self._audiences.parent_segment(request.path_params["id"])
        if parent is None:
            raise record_not_found()
        return json_answer({"data": self._shapes.parent_segment(parent)}, media_type=VENDOR_JSON)

    async def audiences(self, _request: Request) -> Response:
        """List the parent segments, REST."""
        return json_answer(
            [self._shapes.audience(one) for one in self._audiences.parent_segments()]
        )

    async def audience(self, request: Request) -> Response:
        """Give a parent segment, REST."""
        return json_answer(self._shapes.audience(self._asked(request)))

    async def folders(self, request: Request) -> Response:
        """List a parent segment's folders."""
        folders = self._audiences.folders(self._asked(request).id)
        return json_answer([self._shapes.folder(folder) for folder in folders])

    async def tokens(self, request: Request) -> Response:
        """List a parent segment's tokens as flat objects."""
        tokens = self._tokens.of(self._asked(request).id)
        return json_answer([self._shapes.rest_token(token) for token in tokens])

    def _asked(self, request: Request) -> ParentSegment:
        key = request.path_params["id"]
        parent = self._audiences.parent_segment(key)
        if parent is None:
            message = f"There is no parent segment {key!r}."
            raise not_found(message)
        return parent

    def _document(self, token: Token) -> Response:
        return json_answer(self._shapes.token_document(token), media_type=VENDOR_JSON)


async def resource(request: Request) -> Json:
    """Read a JSON:API request body; raise the 400 or 415 answer.

    The specification has the vendor's media type only; scripts that send plain JSON work.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {VENDOR_JSON, JSON}:
        text = f"{media_type!r} is not a media type for entities; there are {VENDOR_JSON}, {JSON}."
        raise CodeMessageError(415, "unsupported-media-type", text)
    try:
        return orjson.loads(await request.body())
    except ValueError as error:
        detail = f"The body is not JSON: {error}"
        raise JsonApiError(400, [bad_parameter("/", "INVALID_FORMAT", detail)]) from error
