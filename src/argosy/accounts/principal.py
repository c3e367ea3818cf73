"""Who asks: an account of an organization, with a role, and the database it has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from argosy.errors import ServiceForbiddenError, WrongDataError

if TYPE_CHECKING:
    from collections.abc import Collection

Kind = Literal["individual", "service", "operator"]

#: All roles, the most powerful first.
ROLES = ("root", "manager", "backend", "frontend", "demo_viewer")
#: The roles that look after accounts, databases and the audit.
ADMINISTRATORS = ("root", "manager")


@dataclass(frozen=True, slots=True)
class Principal:
    """An account as a request shows it: ids as text; `database` is None where none was chosen.

    `session` is the login behind the request, None for what has none: the command line on the
    machine itself.
    """

    organization: str
    account: str
    account_name: str
    role: str
    database: str | None = None
    session: str | None = None
    kind: Kind = "individual"

    def require(self, *roles: str) -> None:
        """Go on only with one of these roles. Raises ServiceForbiddenError."""
        if self.role not in roles:
            listed = ", ".join(roles)
            raise ServiceForbiddenError(
                detail=f"the role {self.role} may not do this; it takes {listed}."
            )

    def require_database(self) -> str:
        """Return the chosen database's id. Raises ServiceForbiddenError where none is chosen."""
        if self.database is None:
            raise ServiceForbiddenError(
                detail="no database selected; log in with db_id or db_name.",
                name="DATABASE_NOT_SELECTED",
            )
        return self.database

    def administers(self, role: str) -> None:
        """Go on only where this account may make, change or remove one of that role.

        A manager has no power over root. Raises ServiceForbiddenError.
        """
        self.require(*(("root",) if role == "root" else ADMINISTRATORS))


#: Whoever runs the service, at its own command line: in the audit, and of no organization.
OPERATOR = Principal("", "", "operator", "root", kind="operator")


def check_role(role: str, allowed: Collection[str] = ROLES) -> str:
    """Return a role that there is. Raises WrongDataError."""
    if role not in allowed:
        raise WrongDataError(
            detail=f"{role!r} is not a role; the roles are {', '.join(allowed)}.", field="role"
        )
    return role
