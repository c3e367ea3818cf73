"""The API as an application: its routes, its errors, its OpenAPI document and pages."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from argosy.errors import (
    ArgosyError,
    MethodNotAllowedError,
    ServiceError,
    ServiceNotFoundError,
    WrongDataError,
)
from argosy.server.api.problems import problem_body, problem_headers, service_error
from argosy.server.api.refusals import error_schemas
from argosy.server.api.routes import (
    accounts,
    connections,
    health,
    login,
    organizations,
    pages,
    setup,
    tables,
    uploads,
)
from argosy.server.api.routes.router import Route
from argosy.server.api.wrong_data import wrong_data

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.routing import APIRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from argosy.server.api.services import Services

_DESCRIPTION = """\
Connections, tables and accounts of Argosy.

Every path is answered with and without the slash at its end, and without `/v1` too. Bodies are
JSON; a body that is missing is `{}`. Errors are problem details that carry `error_code`,
`error_name`, `message` and `error_data`. Members that are not documented may be added to answers.

Whatever is sent and not known, members of a body and parameters of a query, is left aside, and
the answer names it in `warnings`. A parameter of a query stands there once.
"""
_TAGS = [
    {"name": "connections", "description": "Credentials to connect with, of an organization."},
    {"name": "tables", "description": "What a connection holds, described for a database."},
    {"name": "connection types", "description": "What can be connected to, and what it needs."},
    {"name": "login", "description": "Tokens."},
    {"name": "accounts", "description": "Who may use the service, and service keys."},
    {"name": "organization", "description": "The organization and its databases."},
    {"name": "sessions", "description": "Logins that go on."},
    {"name": "audit", "description": "Who changed what and when."},
    {"name": "server", "description": "The server itself."},
]
_SHARED = {"429": "TooManyRequests", "500": "ServerError", "503": "ServerUnavailable"}
_MODULES = (connections, tables, uploads, login, setup, accounts, organizations, health, pages)


def create_application(services: Services) -> FastAPI:
    """Return the API over its services, to be put behind a `Gate`."""
    application = FastAPI(
        title="Argosy",
        version=version("argosy"),
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    application.state.services = services
    for module in _MODULES:
        application.include_router(module.router)
    application.add_exception_handler(ServiceError, _answer_error)
    application.add_exception_handler(ArgosyError, _answer_error)
    application.add_exception_handler(RequestValidationError, _answer_invalid)
    application.add_exception_handler(HTTPException, _answer_http)
    application.add_middleware(_LastBoundary)
    application.openapi = lambda: _document(application)  # type: ignore[method-assign]
    return application


class _LastBoundary:
    """Answers what nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # each request has a thread of the WSGI server already, and their number is bounded there
        current_default_thread_limiter().total_tokens = math.inf
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # whatever it is becomes an answer, if that is still possible
            if has_begun:
                raise
            await _problem(service_error(error))(scope, receive, send)


def takes_body(method: str, path: str) -> bool:
    """Tell whether a body is read of a request with this method, to this path in its one form."""
    of_path = (route for route in _routes() if route.path_regex.match(path))
    found = next((route for route in of_path if method in (route.methods or ())), None)
    return found is not None and found.takes_body


def _operation_id(route: APIRoute) -> str:
    return route.name


def _problem(error: ServiceError, headers: dict[str, str] | None = None) -> Response:
    return Response(
        problem_body(error), error.http_status, {**problem_headers(error), **(headers or {})}
    )


def _answer_error(_request: Request, error: Exception) -> Response:
    return _problem(service_error(error))


def _answer_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what it is registered for
    return _problem(wrong_data(error.errors()))


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    path, method = request.scope["path"], request.method
    if error.status_code == 405:
        allowed = {"allow": ", ".join(_methods(path))}
        if method == "OPTIONS":
            return Response(None, 204, allowed)
        return _problem(MethodNotAllowedError(method=method[:20]), allowed)
    if error.status_code == 404:
        return _problem(ServiceNotFoundError(type="path", key=path[:200]))
    return _problem(WrongDataError(detail="the request cannot be read."))


def _methods(path: str) -> list[str]:
    """Return all methods that a path answers, whichever route has them."""
    found = [route.methods for route in _routes() if route.path_regex.match(path)]
    return sorted({"OPTIONS", *(method for methods in found for method in methods or ())})


@lru_cache(maxsize=1)
def _routes() -> list[Route]:
    every = (route for module in _MODULES for route in module.router.routes)
    return [route for route in every if isinstance(route, Route)]


def _document(application: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document; it is made once."""
    if application.openapi_schema is None:
        made = get_openapi(
            title=application.title,
            version=application.version,
            openapi_version="3.1.0",
            description=application.description,
            routes=application.routes,
            tags=application.openapi_tags,
        )
        made["components"]["schemas"].update(error_schemas())
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
        _share_responses(made)
        application.openapi_schema = made
    return application.openapi_schema


def _share_responses(document: dict[str, Any]) -> None:
    """Write once what every operation may answer; nothing answers 422, FastAPI's own."""
    shared = document["components"].setdefault("responses", {})
    for methods in document["paths"].values():
        for operation in methods.values():
            responses = operation["responses"]
            responses.pop("422", None)
            for status, name in _SHARED.items():
                shared[name] = responses[status]
                responses[status] = {"$ref": f"#/components/responses/{name}"}
