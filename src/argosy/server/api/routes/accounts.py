"""The accounts of the organization and the keys of its service accounts.

The paths that name an account by its e-mail address or name in the body are those of the product
brief; those with an id are beside them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from argosy.accounts import Account, Principal
from argosy.errors import AuthError, DuplicatedError, ServiceNotFoundError, WrongDataError
from argosy.server.api.identity import Administrator, Anyone, Serving
from argosy.server.api.models import accounts as shapes
from argosy.server.api.models.shapes import Done
from argosy.server.api.paging import Amount, PageNumber, page_answer
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router
from argosy.server.api.services import Services

router = Router(prefix="/v1", tags=["accounts"])

Id = Annotated[str, Path(max_length=100)]
_NONE = ServiceNotFoundError(type="account", key="ada@example.com")
_NO_KEY = ServiceNotFoundError(type="service key", key="Zk3vJ0nqTq2m")
_TWICE = DuplicatedError(type="account", key="ada@example.com")
_CHANGE = refusals(_NONE)


@router.get("/accounts/", response_model=shapes.AccountPage, responses=refusals())
@router.get(
    "/organizations/accounts/",
    response_model=shapes.AccountPage,
    responses=refusals(),
    operation_id="find_accounts_of_organization",
)
@router.get(
    "/organizations/current/accounts/",
    response_model=shapes.AccountPage,
    responses=refusals(),
    operation_id="find_accounts_of_current_organization",
)
def find_accounts(
    services: Serving, principal: Administrator, page: PageNumber = 1, amt: Amount = 10
) -> Any:
    """List the accounts of the organization by name."""
    found, has_next = services.accounts.members.list(principal, page=page, amt=amt)
    return page_answer("accounts", [one.to_json() for one in found], page, has_next)


@router.post("/accounts/individual/", response_model=shapes.Account, responses=refusals(_TWICE))
def create_individual_account(
    body: shapes.NewIndividual, services: Serving, principal: Administrator
) -> Any:
    """Make an account that logs in by password."""
    made = services.accounts.members.create_individual(
        principal, body.email, body.password, body.role
    )
    return made.to_json()


@router.patch("/accounts/individual/", response_model=shapes.Account, responses=_CHANGE)
def change_individual_account(
    body: shapes.IndividualChange, services: Serving, principal: Administrator
) -> Any:
    """Give an account another role or another password; a new password ends its sessions.

    Where one of them is refused, neither is given. One's own password takes the old one:
    `accounts/individual/password/`.
    """
    account = _named(services, principal, "individual", body.email)
    changed = services.accounts.members.change(
        principal, account.id, role=body.role, password=body.password
    )
    return changed.to_json()


@router.delete("/accounts/individual/", response_model=Done, responses=_CHANGE)
def remove_individual_account(
    body: shapes.IndividualChoice, services: Serving, principal: Administrator
) -> Any:
    """Remove an account and end its sessions."""
    account = _named(services, principal, "individual", body.email)
    services.accounts.members.remove(principal, account.id)
    return {}


@router.post(
    "/accounts/individual/password/",
    response_model=Done,
    responses=refusals(AuthError(detail="the old password is wrong.", name="INCORRECT_PASSWORD")),
)
def replace_own_password(body: shapes.PasswordChange, services: Serving, principal: Anyone) -> Any:
    """Change one's own password; one's other sessions end."""
    _refuse_operator(principal)
    services.accounts.members.change_password(principal, body.old_password, body.new_password)
    return {}


@router.post("/accounts/service/", response_model=shapes.Account, responses=refusals(_TWICE))
def create_service_account(
    body: shapes.NewService, services: Serving, principal: Administrator
) -> Any:
    """Make an account that logs in by keys; `accounts/service/keys/` makes them."""
    return services.accounts.members.create_service(principal, body.name, body.role).to_json()


@router.patch("/accounts/service/", response_model=shapes.Account, responses=_CHANGE)
def change_service_account(
    body: shapes.ServiceChange, services: Serving, principal: Administrator
) -> Any:
    """Give a service account another role."""
    account = _named(services, principal, "service", body.name)
    return services.accounts.members.change(principal, account.id, role=body.role).to_json()


@router.delete("/accounts/service/", response_model=Done, responses=_CHANGE)
def remove_service_account(
    body: shapes.ServiceChoice, services: Serving, principal: Administrator
) -> Any:
    """Remove a service account with its keys, and end its sessions."""
    account = _named(services, principal, "service", body.name)
    services.accounts.members.remove(principal, account.id)
    return {}


@router.post(
    "/accounts/service/keys/", response_model=shapes.NewServiceKey, responses=refusals(_NONE)
)
def create_service_key(body: shapes.NewKey, services: Serving, principal: Administrator) -> Any:
    """Make a key of a service account; it is shown in this answer and never again."""
    account = _named(services, principal, "service", body.name)
    made, key = services.accounts.keys.create(
        principal, account.id, description=body.description, expires=body.expiration_timestamp
    )
    return {**made.to_json(), "key": key}


@router.patch(
    "/accounts/service/keys/{key}/", response_model=shapes.ServiceKey, responses=refusals(_NO_KEY)
)
def expire_service_key(
    key: Id, body: shapes.Expiration, services: Serving, principal: Administrator
) -> Any:
    """Let a key, and the sessions that it began, end at a time to come."""
    return services.accounts.keys.expire(principal, key, body.expiration_timestamp).to_json()


@router.delete(
    "/accounts/service/keys/{key}/", response_model=shapes.ServiceKey, responses=refusals(_NO_KEY)
)
def revoke_service_key(key: Id, services: Serving, principal: Administrator) -> Any:
    """End a key, and the sessions that it began, now."""
    return services.accounts.keys.revoke(principal, key).to_json()


@router.get("/accounts/{account}/", response_model=shapes.Account, responses=_CHANGE)
def show_account(account: Id, services: Serving, principal: Anyone) -> Any:
    """Return an account by its id; everybody may see their own."""
    return services.accounts.members.get(principal, account).to_json()


@router.get("/accounts/{account}/keys/", response_model=shapes.ServiceKeys, responses=_CHANGE)
def find_service_keys(account: Id, services: Serving, principal: Administrator) -> Any:
    """List the keys of a service account, without the keys themselves."""
    return {"keys": [one.to_json() for one in services.accounts.keys.list(principal, account)]}


def _named(services: Services, principal: Principal, kind: str, name: str) -> Account:
    return services.accounts.members.find(principal, kind, name)


def _refuse_operator(principal: Principal) -> None:
    if not principal.account:
        raise WrongDataError(detail="a server without accounts has no passwords.")
