"""What the service shows of logins, accounts, keys, sessions and databases."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argosy.accounts.principal import Principal


@dataclass(frozen=True, slots=True)
class Database:
    """A database (workspace) of an organization."""

    id: str
    name: str
    description: str
    item_id_type: str = "string"
    user_id_type: str = "string"
    session_id_type: str = "string"

    def to_json(self) -> dict[str, Any]:
        """Return the database as the API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Login:
    """A login: the token of the next requests, until `expires`, and what gives the next one."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires: float
    principal: Principal
    database: Database | None

    def to_json(self) -> dict[str, Any]:
        """Return the login as the API answers it."""
        return {
            "token": self.token,
            "refresh_token": self.refresh_token,
            "role": self.principal.role,
            "org_id": self.principal.organization,
            **({"database": self.database.to_json()} if self.database else {}),
        }


@dataclass(frozen=True, slots=True)
class Account:
    """An account: `name` is the e-mail address of an individual."""

    id: str
    kind: str
    name: str
    role: str
    created: float
    modified: float
    last_login: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the account as the API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization with all of its accounts, for whoever runs the service."""

    id: str
    name: str
    created: float
    accounts: tuple[Account, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the organization as the command line shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key of a service account, without the key."""

    id: str
    description: str
    created: float
    expires: float | None
    revoked: float | None
    last_used: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the key's entry as the API shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Session:
    """A login that goes on, from an address, until it ends or is revoked."""

    id: str
    account: str
    account_name: str
    address: str
    created: float
    last_used: float
    expires: float
    revoked: float | None
    revoked_why: str

    def to_json(self) -> dict[str, Any]:
        """Return the session as the API shows it."""
        return asdict(self)
