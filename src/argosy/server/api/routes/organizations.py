"""The organization: its databases, its sessions, its audit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from argosy.errors import DuplicatedError, ServiceNotFoundError
from argosy.server.api.identity import Administrator, Anyone, Serving
from argosy.server.api.models import accounts as shapes
from argosy.server.api.models.shapes import Done
from argosy.server.api.paging import Amount, PageNumber, page_answer
from argosy.server.api.refusals import NO_DATABASE, refusals
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1")

Id = Annotated[str, Path(max_length=100)]
_TWICE = DuplicatedError(type="database", key="shop", name="DUPLICATED_DB_NAME")
_NONE = ServiceNotFoundError(type="database", key="shop")


@router.get(
    "/organizations/current/",
    response_model=shapes.Organization,
    responses=refusals(),
    tags=["organization"],
)
def show_organization(services: Serving, principal: Anyone) -> Any:
    """Return the organization of whoever asks."""
    name = services.organization_name(principal)
    return {"id": principal.organization, "name": name, "metadata": {}}


@router.get(
    "/databases/",
    response_model=shapes.DatabasePage,
    responses=refusals(),
    tags=["organization"],
)
def find_databases(
    services: Serving, principal: Anyone, page: PageNumber = 1, amt: Amount = 64
) -> Any:
    """List the databases of the organization by name."""
    found, has_next = services.accounts.databases.list(principal, page=page, amt=amt)
    return page_answer("databases", [one.to_json() for one in found], page, has_next)


@router.post(
    "/databases/",
    response_model=shapes.Database,
    responses=refusals(_TWICE),
    tags=["organization"],
)
def make_database(body: shapes.NewDatabase, services: Serving, principal: Administrator) -> Any:
    """Make a database."""
    return services.accounts.databases.create(
        principal,
        body.name,
        body.description,
        item_id_type=body.item_id_type,
        user_id_type=body.user_id_type,
    ).to_json()


@router.get(
    "/databases/current/",
    response_model=shapes.Database,
    responses=refusals(NO_DATABASE),
    tags=["organization"],
)
def show_database(services: Serving, principal: Anyone) -> Any:
    """Return the database that the login has chosen."""
    chosen = principal.require_database()
    database = services.database_of(principal)
    if database is None:
        raise ServiceNotFoundError(type="database", key=chosen)
    return database.to_json()


@router.delete(
    "/databases/current/",
    response_model=Done,
    responses=refusals(NO_DATABASE, _NONE),
    tags=["organization"],
)
def remove_current_database(services: Serving, principal: Administrator) -> Any:
    """Remove the database that the login has chosen, and the tables in it."""
    services.remove_database(principal, principal.require_database())
    return {}


@router.delete(
    "/databases/{database}/",
    response_model=Done,
    responses=refusals(_NONE),
    tags=["organization"],
)
def remove_database(database: Id, services: Serving, principal: Administrator) -> Any:
    """Remove a database by its id, and the tables in it."""
    services.remove_database(principal, database)
    return {}


@router.get(
    "/sessions/",
    response_model=shapes.SessionPage,
    responses=refusals(ServiceNotFoundError(type="account", key="Zk3vJ0nqTq2m")),
    tags=["sessions"],
)
def find_sessions(
    services: Serving,
    principal: Anyone,
    account: Annotated[
        str | None, Query(description="The account's id; one's own where none is given.")
    ] = None,
    page: PageNumber = 1,
    amt: Amount = 10,
) -> Any:
    """List the logins of an account that go on, the latest first."""
    if account is None and not principal.account:  # a server without accounts
        return page_answer("sessions", [], page, False)
    found, has_next = services.accounts.sessions.list(principal, account, page=page, amt=amt)
    shown = [{**one.to_json(), "is_own": one.id == principal.session} for one in found]
    for one in shown:
        one.pop("revoked")
        one.pop("revoked_why")
    return page_answer("sessions", shown, page, has_next)


@router.delete(
    "/sessions/{session}/",
    response_model=Done,
    responses=refusals(ServiceNotFoundError(type="session", key="Zk3vJ0nqTq2m")),
    tags=["sessions"],
)
def revoke_session(
    session: Annotated[str, Path(max_length=100, description="Its id, or `current`: log out.")],
    services: Serving,
    principal: Anyone,
) -> Any:
    """End a session: its tokens are refused from now on."""
    chosen = principal.session or session if session == "current" else session
    services.accounts.sessions.revoke(principal, chosen)
    return {}


@router.get("/audit/", response_model=shapes.AuditPage, responses=refusals(), tags=["audit"])
def read_audit(
    services: Serving, principal: Administrator, page: PageNumber = 1, amt: Amount = 10
) -> Any:
    """Read who changed what and when, the latest first: the names of fields, never values."""
    found, has_next = services.accounts.audit(principal, page=page, amt=amt)
    return page_answer("audit", [row.to_json() for row in found], page, has_next)
