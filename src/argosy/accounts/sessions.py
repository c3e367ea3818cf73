"""The logins that go on: see them, end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from argosy.accounts import audit
from argosy.accounts.checks import check_page, storable
from argosy.accounts.ground import account_of
from argosy.accounts.views import Session
from argosy.errors import ServiceNotFoundError
from argosy.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from argosy.accounts.ground import Ground
    from argosy.accounts.principal import Principal

_table = tables.sessions


class Sessions:
    """One's own sessions; for root and manager those of the accounts that they look after too."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def list(
        self, principal: Principal, account: str | None = None, *, page: int = 1, amt: int = 10
    ) -> tuple[list[Session], bool]:
        """Return a page of an account's sessions that go on, newest first; and whether more are.

        Without an account, one's own. Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        check_page(page, amt)
        chosen = principal.account if account is None else account
        alive = (_table.c.revoked.is_(None), _table.c.expires > self._ground.now())
        query = select(_table).where(_table.c.account == storable(chosen), *alive)
        ordered = query.order_by(_table.c.created.desc(), _table.c.id)
        with self._ground.store.read() as connection:
            found = account_of(connection, principal, chosen)
            _check_power(principal, found)
            rows = connection.execute(ordered.offset((page - 1) * amt).limit(amt + 1)).all()
        return [_view(row, found.name) for row in rows[:amt]], len(rows) > amt

    def revoke(self, principal: Principal, id_: str) -> None:
        """End a session: its tokens are refused from now on. One's own: log out.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        now = self._ground.now()
        with self._ground.store.write() as connection:
            query = select(_table.c.account).where(_table.c.id == storable(id_))
            account = connection.execute(query).scalar()
            mine = select(tables.accounts).where(
                tables.accounts.c.id == account,
                tables.accounts.c.organization == principal.organization,
            )
            found = connection.execute(mine).first() if account else None
            if found is None:
                raise ServiceNotFoundError(type="session", key=id_)
            _check_power(principal, found)
            here = update(_table).where(_table.c.id == id_, _table.c.revoked.is_(None))
            connection.execute(here.values(revoked=now, revoked_why="revoked"))
            target = f"session {id_} of {found.name}"
            audit.record(connection, principal, "revoke-session", target, at=now)

    def revoke_all(self, principal: Principal, account: str) -> int:
        """End all sessions of an account but the one that asks; return how many there were.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        now = self._ground.now()
        with self._ground.store.write() as connection:
            found = account_of(connection, principal, account)
            _check_power(principal, found)
            count = end_sessions(connection, found.id, "revoked", now, but=principal.session)
            target = f"account {found.name}"
            audit.record(connection, principal, "revoke-all-sessions", target, at=now)
        return count


def end_sessions(
    connection: Connection, account: str, why: str, now: float, *, but: str | None = None
) -> int:
    """End the sessions of an account, but one; return how many there were."""
    here = update(_table).where(
        _table.c.account == account, _table.c.revoked.is_(None), _table.c.expires > now
    )
    if but is not None:
        here = here.where(_table.c.id != but)
    return connection.execute(here.values(revoked=now, revoked_why=why)).rowcount


def _check_power(principal: Principal, account: Row[Any]) -> None:
    if account.id != principal.account:
        principal.administers(account.role)


def _view(row: Row[Any], name: str) -> Session:
    return Session(
        row.id,
        row.account,
        name,
        row.address,
        row.created,
        row.last_used,
        row.expires,
        row.revoked,
        row.revoked_why,
    )
