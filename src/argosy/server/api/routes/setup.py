"""The first set-up, by the token that the first start prints."""

from __future__ import annotations

from typing import Any

from argosy.errors import AuthError
from argosy.server.api.identity import Serving, Unknown
from argosy.server.api.models.accounts import Setup, SetupAnswer
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1/setup", tags=["login"])

_USED = AuthError(
    detail="the set-up token was used, or has expired, or a later start gave another.",
    name="INCORRECT_SETUP_TOKEN",
)


@router.post("/", response_model=SetupAnswer, responses=refusals(_USED, token=False))
def set_up(body: Setup, services: Serving, _: Unknown) -> Any:
    """Found the first organization with its root account and its first database, once."""
    root = services.accounts.founding.accept(
        body.token,
        organization=body.organization,
        email=body.email,
        password=body.password,
        database=body.database,
    )
    account = {"id": root.account, "name": root.account_name, "role": root.role}
    return {"org_id": root.organization, "account": account, "database_id": root.database}
