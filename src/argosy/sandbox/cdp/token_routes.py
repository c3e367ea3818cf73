"""Routes of Profiles API tokens, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.answers import json_answer
from argosy.sandbox.cdp.routing import resource, vendor_answer

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.cdp.models import ParentSegment, Token
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.routing import Ask, Routing
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.cdp.tokens import Tokens


class TokenRoutes:
    """Tokens over HTTP."""

    def __init__(self, parents: ParentSegments, tokens: Tokens, shapes: Shapes) -> None:
        self._parents = parents
        self._tokens = tokens
        self._shapes = shapes

    def routes(self, routing: Routing) -> list[BaseRoute]:
        """Give the routes."""
        many, one = "/audiences/{audience}/tokens", "/audiences/{audience}/tokens/{token}"
        return [
            routing.jsonapi("POST", "/entities/tokens", self.create_resource),
            routing.jsonapi("GET", "/entities/tokens/{token}", self.resource),
            routing.jsonapi("PATCH", "/entities/tokens/{token}", self.change_resource),
            routing.jsonapi("DELETE", "/entities/tokens/{token}", self.delete_resource),
            routing.rest("GET", many, self.tokens),
            routing.rest("POST", many, self.create),
            routing.rest("GET", one, self.token),
            routing.rest("PUT", one, self.change),
            routing.rest("DELETE", one, self.delete),
        ]

    async def create_resource(self, ask: Ask) -> Response:
        """Create a token."""
        return self._document(self._tokens.create(await resource(ask.request), ask.user))

    async def resource(self, ask: Ask) -> Response:
        """Give a token."""
        return self._document(self._tokens.token(ask.path("token")))

    async def change_resource(self, ask: Ask) -> Response:
        """Change a token."""
        changes = await resource(ask.request)
        return self._document(self._tokens.change(ask.path("token"), changes, ask.user))

    async def delete_resource(self, ask: Ask) -> Response:
        """Delete a token and answer with it."""
        return self._document(self._tokens.delete(ask.path("token")))

    async def tokens(self, ask: Ask) -> Response:
        """List a parent segment's tokens as flat objects."""
        tokens = self._tokens.of(self._parent(ask).id)
        return json_answer([self._shapes.rest_token(token) for token in tokens])

    async def create(self, ask: Ask) -> Response:
        """Create a token, REST."""
        made = self._tokens.create_flat(self._parent(ask), await ask.body(), ask.user)
        return json_answer(self._shapes.rest_token(made))

    async def token(self, ask: Ask) -> Response:
        """Give a token, REST."""
        return json_answer(self._shapes.rest_token(self._asked(ask)))

    async def change(self, ask: Ask) -> Response:
        """Change a token, REST."""
        parent, body = self._parent(ask), await ask.body()
        changed = self._tokens.change_flat(parent, ask.path("token"), body, ask.user)
        return json_answer(self._shapes.rest_token(changed))

    async def delete(self, ask: Ask) -> Response:
        """Delete a token and answer with it, REST."""
        return json_answer(self._shapes.rest_token(self._tokens.delete(self._asked(ask).id)))

    def _parent(self, ask: Ask) -> ParentSegment:
        return self._parents.get(ask.path("audience"))

    def _asked(self, ask: Ask) -> Token:
        return self._tokens.of_parent(self._parent(ask), ask.path("token"))

    def _document(self, token: Token) -> Response:
        return vendor_answer(self._shapes.token_document(token))
