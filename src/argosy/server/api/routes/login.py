"""Log in, refresh, ask who one is."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from argosy.errors import AuthError, RefreshTokenExpiredError, ServiceNotFoundError
from argosy.server.api.deprecation import deprecated
from argosy.server.api.identity import Anyone, Serving, Unknown
from argosy.server.api.models.accounts import (
    IndividualLogin,
    LoginAnswer,
    RootLogin,
    ServiceLogin,
    TokenRefresh,
    WhoAmI,
)
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1/login", tags=["login"])

_WRONG = AuthError(detail="the account or the password is wrong.", name="INCORRECT_PASSWORD")
_UNKNOWN_TOKEN = AuthError(
    detail="the refresh token is not one of this service.", name="INCORRECT_REFRESH_TOKEN"
)
_NO_DATABASE = ServiceNotFoundError(type="database", key="shop")
_LOGIN = refusals(_WRONG, _NO_DATABASE, token=False)


@router.post("/individual/", response_model=LoginAnswer, responses=_LOGIN)
def login_individual(body: IndividualLogin, services: Serving, who: Unknown) -> Any:
    """Log in by e-mail address and password."""
    return services.accounts.logins.individual(
        body.email,
        body.password,
        db_id=body.db_id,
        db_name=body.db_name,
        address=who.address,
    ).to_json()


@router.post("/service/", response_model=LoginAnswer, responses=_LOGIN)
def login_service(body: ServiceLogin, services: Serving, who: Unknown) -> Any:
    """Log in by the name of a service account and one of its keys."""
    return services.accounts.logins.service(
        body.name, body.password, db_id=body.db_id, db_name=body.db_name, address=who.address
    ).to_json()


@router.post(
    "/refresh-token/",
    response_model=LoginAnswer,
    responses=refusals(_UNKNOWN_TOKEN, RefreshTokenExpiredError(), _NO_DATABASE, token=False),
)
def refresh_token(body: TokenRefresh, services: Serving, _: Unknown) -> Any:
    """Give the next tokens of a login, in another database where one is named.

    A refresh token is good for once; the answer holds the next one.
    """
    return services.accounts.logins.refresh(
        body.refresh_token, db_id=body.db_id, db_name=body.db_name
    ).to_json()


@router.post(
    "/root/",
    response_model=LoginAnswer,
    responses=refusals(_WRONG, token=False),
    deprecated=True,
)
def login_root(body: RootLogin, services: Serving, who: Unknown, response: Response) -> Any:
    """Log in without a database; `login/individual/` does the same."""
    login = services.accounts.logins.individual(body.email, body.password, address=who.address)
    return {**login.to_json(), "warnings": [deprecated(response, "login/individual/")]}


@router.post("/jwt/", response_model=WhoAmI, responses=refusals())
def who_am_i(services: Serving, principal: Anyone) -> Any:
    """Tell who the token stands for."""
    account = {
        "id": principal.account,
        "name": principal.account_name,
        "role": principal.role,
    }
    database = services.database_of(principal)
    return {
        "org_id": principal.organization,
        "account": account,
        **({"database": database.to_json()} if database else {}),
    }
