"""The keys of service accounts: shown once, stored as a hash, each with an end of its own.

A key is changed without a gap: make the next, move the programs, revoke the old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from argosy.accounts import audit, tokens
from argosy.accounts.checks import check_text, storable
from argosy.accounts.ground import account_of
from argosy.accounts.principal import ADMINISTRATORS
from argosy.accounts.views import ServiceKey
from argosy.errors import ServiceNotFoundError, WrongDataError
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from argosy.accounts.ground import Ground
    from argosy.accounts.principal import Principal

_table = tables.service_keys
_MOST_KEYS = 50
_LAST_SECOND = 3.5e9


class ServiceKeys:
    """Make, list, limit and revoke keys; root and manager only."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create(
        self,
        principal: Principal,
        account: str,
        *,
        description: str = "",
        expires: float | None = None,
    ) -> tuple[ServiceKey, str]:
        """Make a key of a service account; the key itself is in this answer and nowhere else.

        `expires` is in epoch seconds. Raises ServiceForbiddenError, ServiceNotFoundError,
        WrongDataError.
        """
        principal.require(*ADMINISTRATORS)
        now = self._ground.now()
        key = self._ground.new_token("argk")
        check_text(description, "description", 200)
        self._check_end(expires, now)
        made = ServiceKey(self._ground.new_id(), description, now, expires, None, None)
        with self._ground.store.write() as connection:
            found = account_of(connection, principal, account)
            principal.administers(found.role)
            if found.kind != "service":
                raise WrongDataError(detail="only a service account has keys.")
            alive = select(func.count()).where(
                _table.c.account == account, _table.c.revoked.is_(None)
            )
            if connection.execute(alive).scalar_one() >= _MOST_KEYS:
                detail = f"the account has {_MOST_KEYS} keys; revoke one first."
                raise WrongDataError(detail=detail)
            values = {**made.to_json(), "account": account, "key_hash": tokens.hash_token(key)}
            connection.execute(_table.insert().values(values))
            target = f"key {made.id} of {found.name}"
            fields = ("description", "expires")
            audit.record(connection, principal, "add-service-key", target, fields, at=now)
        return made, key

    def list(self, principal: Principal, account: str) -> list[ServiceKey]:
        """Return the keys of a service account, oldest first, without the keys themselves.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        principal.require(*ADMINISTRATORS)
        query = select(_table).where(_table.c.account == storable(account))
        with self._ground.store.read() as connection:
            account_of(connection, principal, account)
            rows = connection.execute(query.order_by(_table.c.created, _table.c.id)).all()
        return [_view(row) for row in rows]

    def expire(self, principal: Principal, id_: str, expires: float) -> ServiceKey:
        """Let a key, and the sessions that it began, end at a time in epoch seconds.

        Raises ServiceForbiddenError, ServiceNotFoundError, WrongDataError.
        """
        now = self._ground.now()
        self._check_end(expires, now)
        return self._change(principal, id_, "expire-service-key", {"expires": expires})

    def revoke(self, principal: Principal, id_: str) -> ServiceKey:
        """End a key, and the sessions that it began, now.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        return self._change(principal, id_, "revoke-service-key", {"revoked": self._ground.now()})

    def _change(
        self, principal: Principal, id_: str, action: str, values: Mapping[str, float]
    ) -> ServiceKey:
        principal.require(*ADMINISTRATORS)
        now = self._ground.now()
        with self._ground.store.write() as connection:
            name = self._check_power(connection, principal, id_)
            here = update(_table).where(_table.c.id == id_, _table.c.revoked.is_(None))
            connection.execute(here.values(**values))
            end = values.get("expires", now)
            sessions = tables.sessions
            begun = update(sessions).where(sessions.c.service_key == id_, sessions.c.expires > end)
            connection.execute(begun.values(expires=end))
            target = f"key {id_} of {name}"
            audit.record(connection, principal, action, target, tuple(values), at=now)
            return _view(connection.execute(select(_table).where(_table.c.id == id_)).one())

    def _check_power(self, connection: Connection, principal: Principal, id_: str) -> str:
        """Return the name of the account that a key is of."""
        query = select(_table.c.account).where(_table.c.id == storable(id_))
        account = connection.execute(query).scalar()
        mine = select(tables.accounts.c.name, tables.accounts.c.role).where(
            tables.accounts.c.id == account,
            tables.accounts.c.organization == principal.organization,
        )
        found = connection.execute(mine).first() if account else None
        if found is None:
            raise ServiceNotFoundError(type="service key", key=id_)
        principal.administers(found.role)
        return str(found.name)

    def _check_end(self, expires: float | None, now: float) -> None:
        if expires is not None and not now < expires <= _LAST_SECOND:
            detail = "expiration_timestamp is no time to come, in seconds since 1970."
            raise WrongDataError(detail=detail, field="expiration_timestamp")


def _view(row: Row[Any]) -> ServiceKey:
    return ServiceKey(row.id, row.description, row.created, row.expires, row.revoked, row.last_used)
