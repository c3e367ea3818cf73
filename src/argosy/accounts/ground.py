"""What all parts of the accounts stand on: store, keys, clock, randomness, settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from argosy.accounts import tokens
from argosy.accounts.checks import storable
from argosy.errors import ServiceNotFoundError
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Row

    from argosy.accounts.passwords import Passwords
    from argosy.accounts.principal import Principal
    from argosy.accounts.settings import AccountSettings
    from argosy.store import KeyRing, Store


@dataclass(frozen=True, slots=True)
class Ground:
    """`now` gives epoch seconds, `random` so many random bytes."""

    store: Store
    ring: KeyRing
    now: Callable[[], float]
    random: Callable[[int], bytes]
    settings: AccountSettings
    passwords: Passwords

    def new_id(self) -> str:
        """Return a random id."""
        return tokens.new_id(self.random)

    def new_token(self, prefix: str) -> str:
        """Return a random token."""
        return tokens.new_token(self.random, prefix)


def account_of(connection: Connection, principal: Principal, id_: str) -> Row[Any]:
    """Return an account of the principal's organization.

    Raises ServiceNotFoundError, for one of another organization too.
    """
    table = tables.accounts
    query = select(table).where(
        table.c.id == storable(id_), table.c.organization == principal.organization
    )
    found = connection.execute(query).first()
    if found is None:
        raise ServiceNotFoundError(type="account", key=id_)
    return found
