"""Who asks: from the bearer token of a request, or the one there is without accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from argosy.accounts import Principal
from argosy.errors import AuthError, ServiceNotFoundError
from argosy.server.api.gate import ACCOUNT
from argosy.server.api.services import Services

_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="bearer",
    description="The token of a login. After code 22, `login/refresh-token/` gives the next.",
)
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def services_of(request: Request) -> Services:
    """Return what the routes work with."""
    return cast("Services", request.app.state.services)


Serving = Annotated[Services, Depends(services_of)]


def address_of(request: Request) -> str:
    """Return the client's address."""
    return request.client.host if request.client else ""


def _identify(request: Request, services: Serving, bearer: _Bearer) -> Principal:
    if services.local is not None:
        principal = services.local
    elif bearer is None:
        detail = "the request has no token; send Authorization: Bearer TOKEN."
        raise AuthError(detail=detail, name="INCORRECT_JWT_TOKEN")
    else:
        principal = services.accounts.identify(bearer.credentials)
    environ = request.scope.get("wsgi_environ", {})
    environ[ACCOUNT] = principal.account or principal.account_name
    if services.local is None:
        services.requests.admit(principal.organization)
    return principal


Anyone = Annotated[Principal, Depends(_identify)]


def _allowing(*roles: str) -> Callable[[Anyone], Principal]:
    def check(principal: Anyone) -> Principal:
        principal.require(*roles)
        return principal

    return check


#: Whoever may see and change connections and tables.
Builder = Annotated[Principal, Depends(_allowing("root", "manager", "backend"))]
#: Whoever looks after accounts, databases and the audit.
Administrator = Annotated[Principal, Depends(_allowing("root", "manager"))]


@dataclass(frozen=True, slots=True)
class Stranger:
    """Whoever asks before a login."""

    address: str


def _admit_stranger(request: Request, services: Serving) -> Stranger:
    if services.local is not None:
        raise ServiceNotFoundError(type="path", key=request.url.path)
    address = address_of(request)
    services.logins.admit(address)
    return Stranger(address)


Unknown = Annotated[Stranger, Depends(_admit_stranger)]
