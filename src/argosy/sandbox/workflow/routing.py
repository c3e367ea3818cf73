"""Make the workflow API's routes: who is let in, and where a trailing slash is the same path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from argosy.sandbox.workflow.errors import WorkflowError

if TYPE_CHECKING:
    from argosy.sandbox.auth import Doorkeeper, User

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(doorkeeper: Doorkeeper, table: list[tuple[str, str, Endpoint]]) -> list[Route]:
    """Give routes for master keys only, with and without a slash at the end.

    Clients differ in that slash; the server takes both. A write-only key is 401 (not
    documented, so assumed: the vendor asks for a master key here).
    """
    made = []
    for method, path, endpoint in table:
        guarded = _guarded(doorkeeper, endpoint)
        made += [Route(one, guarded, methods=[method]) for one in (path, f"{path}/")]
    return made


def user(request: Request) -> User:
    """Give the user that a request is from."""
    found: User = request.state.user
    return found


def _guarded(doorkeeper: Doorkeeper, endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        caller = doorkeeper.caller(request.headers.get("authorization"))
        if caller is None or not caller.is_master:
            raise WorkflowError(401, "Unauthorized: a TD Master API Key is needed")
        request.state.user = caller.user
        return await endpoint(request)

    return guarded
