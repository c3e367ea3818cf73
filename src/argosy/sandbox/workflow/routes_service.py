"""Routes of the service itself: its version, which needs no key, and pools with their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from argosy.sandbox.answers import json_answer
from argosy.sandbox.workflow import asking, shapes
from argosy.sandbox.workflow.errors import bad_request
from argosy.sandbox.workflow.routing import routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.pools import Pools
    from argosy.sandbox.workflow.sessions import Sessions

VERSION: Final = "0.10.5.1"
"""The version told: that of the open-source server whose behaviour is imitated."""
_OLDEST: Final = (0, 8)


class ServiceRoutes:
    """The version, pools and pool rules over HTTP."""

    def __init__(
        self, foundation: Foundation, pools: Pools, sessions: Sessions, attempts: Attempts
    ) -> None:
        self._foundation = foundation
        self._pools = pools
        self._sessions = sessions
        self._attempts = attempts

    def routes(self) -> list[Route]:
        """Give the routes."""
        open_routes = [
            Route("/api/version", self.version, methods=["GET"]),
            Route("/api/version/check", self.check, methods=["GET"]),
        ]
        guarded = routes(
            self._foundation.doorkeeper,
            [
                ("GET", "/api/pools", self.pools),
                ("POST", "/api/pools", self.create_pool),
                ("GET", "/api/pools/{id}", self.pool),
                ("PATCH", "/api/pools/{id}", self.change_pool),
                ("DELETE", "/api/pools/{id}", self.delete_pool),
                ("GET", "/api/pool_rules", self.rules),
                ("POST", "/api/pool_rules", self.create_rule),
                ("GET", "/api/pool_rules/{id}", self.rule),
                ("PATCH", "/api/pool_rules/{id}", self.change_rule),
                ("DELETE", "/api/pool_rules/{id}", self.delete_rule),
            ],
        )
        return [*open_routes, *guarded]

    async def version(self, _request: Request) -> Response:
        """Tell the version."""
        return json_answer({"version": VERSION})

    async def check(self, request: Request) -> Response:
        """Say whether a client of some version can talk to this server."""
        client = request.query_params.get("client", "")
        if not client:
            raise bad_request("client= is required")
        theirs = _parts(client)
        return json_answer(
            {
                "serverVersion": VERSION,
                "upgradeRecommended": theirs < _parts(VERSION),
                "apiCompatible": theirs >= _OLDEST,
            }
        )

    async def pools(self, _request: Request) -> Response:
        """List the pools."""
        return json_answer({"pools": [shapes.pool(one) for one in self._pools.every()]})

    async def create_pool(self, request: Request) -> Response:
        """Make a pool."""
        return json_answer(shapes.pool(self._pools.create(await asking.body(request))), 201)

    async def pool(self, request: Request) -> Response:
        """Give a pool."""
        return json_answer(shapes.pool(self._pools.find(_key(request))))

    async def change_pool(self, request: Request) -> Response:
        """Change a pool, which may let in what waits for it."""
        changed = self._pools.change(_key(request), await asking.body(request))
        for queued in self._sessions.queued(changed.id):
            self._attempts.wake(queued)
        self._foundation.agenda.settle()
        return json_answer(shapes.pool(changed))

    async def delete_pool(self, request: Request) -> Response:
        """Delete a pool."""
        return json_answer(shapes.pool(self._pools.delete(_key(request))))

    async def rules(self, _request: Request) -> Response:
        """List the rules by ascending priority."""
        return json_answer({"poolRules": [shapes.rule(one) for one in self._pools.rules()]})

    async def create_rule(self, request: Request) -> Response:
        """Make a rule."""
        return json_answer(shapes.rule(self._pools.create_rule(await asking.body(request))), 201)

    async def rule(self, request: Request) -> Response:
        """Give a rule."""
        return json_answer(shapes.rule(self._pools.rule(_key(request))))

    async def change_rule(self, request: Request) -> Response:
        """Change a rule."""
        changed = self._pools.change_rule(_key(request), await asking.body(request))
        return json_answer(shapes.rule(changed))

    async def delete_rule(self, request: Request) -> Response:
        """Delete a rule."""
        return json_answer(shapes.rule(self._pools.delete_rule(_key(request))))


def _key(request: Request) -> str:
    key: str = request.path_params["id"]
    return key


def _parts(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].split(".")[:6]
    return tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in parts)
