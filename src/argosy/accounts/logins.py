"""Log in, refresh, and tell who asks.

A login is a session. A refresh token is good for once: using it gives the next. One that comes a
second time, after a short grace for clients that ask twice at once, was stolen or has been: the
session ends for both.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update

from argosy.accounts import audit, tokens
from argosy.accounts.checks import normal_email, storable
from argosy.accounts.databases import choose_database, database_by_id
from argosy.accounts.principal import Principal
from argosy.accounts.views import Login
from argosy.errors import AuthError, RefreshTokenExpiredError
from argosy.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

    from argosy.accounts.ground import Ground
    from argosy.accounts.throttle import Throttle
    from argosy.accounts.views import Database

_WRONG = "the account or the password is wrong."
_WRONG_KEY = "the account or the key is wrong."
_LONGEST_ADDRESS = 100

#: Who a token stands for, in one query that is put together once: each request asks it.
_WHO = (
    select(tables.accounts, tables.databases.c.id.label("database"))
    .join(tables.sessions, tables.sessions.c.account == tables.accounts.c.id)
    .outerjoin(
        tables.databases,
        (tables.databases.c.id == bindparam("database"))
        & (tables.databases.c.organization == tables.accounts.c.organization),
    )
    .where(
        tables.sessions.c.id == bindparam("session"),
        tables.accounts.c.id == bindparam("account"),
        tables.sessions.c.revoked.is_(None),
        tables.sessions.c.expires > bindparam("now"),
    )
)


class _Session(NamedTuple):
    """What a login's row of the store says."""

    id: str
    expires: float


class Logins:
    """Log in by password or service key; refresh; identify. `address` is the client's."""

    def __init__(self, ground: Ground, throttle: Throttle) -> None:
        self._ground = ground
        self._throttle = throttle

    def individual(
        self,
        email: str,
        password: str,
        *,
        db_id: str | None = None,
        db_name: str | None = None,
        address: str = "",
    ) -> Login:
        """Log in by e-mail address and password, into a database where one is named.

        Raises AuthError, the same for an account that is not there; TooManyRequestsError; and
        ServiceNotFoundError for the database.
        """
        email = storable(normal_email(email[:1000]))
        with self._throttle.trying(email, address):
            account, better = self._verified(email, password, address)
        with self._ground.store.write() as connection:
            again = connection.execute(by_email(email)).first()
            if again is None or again.password_hash not in {account.password_hash, better}:
                raise AuthError(detail=_WRONG, name="INCORRECT_PASSWORD")
            database = choose_database(connection, again.organization, db_id, db_name)
            return self._begin(connection, again, database, address)

    def _verified(self, email: str, password: str, address: str) -> tuple[Row[Any], str | None]:
        """Return the account of a password, and its hash where it was made anew.

        Raises AuthError.
        """
        table = tables.accounts
        with self._ground.store.read() as connection:
            account = connection.execute(by_email(email)).first()
        stored = account.password_hash if account else None
        if not self._ground.passwords.verify(password, stored) or account is None:
            self._refuse(account, address, email)
            raise AuthError(detail=_WRONG, name="INCORRECT_PASSWORD")
        better = None
        if self._ground.passwords.is_outdated(account.password_hash):
            better = self._ground.passwords.hash(password)
        known = update(table).where(
            table.c.id == account.id, table.c.password_hash == account.password_hash
        )
        with self._ground.store.write() as connection:
            self._throttle.forgive(connection, email)
            if better is not None:
                connection.execute(known.values(password_hash=better))
        return account, better

    def service(
        self,
        name: str,
        key: str,
        *,
        db_id: str | None = None,
        db_name: str | None = None,
        address: str = "",
    ) -> Login:
        """Log in by the name of a service account and one of its keys.

        Raises AuthError, which tells whoever has the right key that it has ended; otherwise as
        `individual`.
        """
        keys, accounts, now = tables.service_keys, tables.accounts, self._ground.now()
        query = (
            select(accounts, keys.c.id.label("key"), keys.c.expires, keys.c.revoked)
            .join(accounts, accounts.c.id == keys.c.account)
            .where(keys.c.key_hash == tokens.hash_token(key))
        )
        refusal = ""
        with self._ground.store.write() as connection:
            self._throttle.admit_address(connection, address)
            found = connection.execute(query).first()
            if found is None or not _same(found.name, name.strip()):
                refusal = _WRONG_KEY
                found = None
            elif found.revoked is not None:
                refusal = "this key was revoked."
            elif found.expires is not None and found.expires <= now:
                refusal = "this key has expired."
            else:
                used = update(keys).where(keys.c.id == found.key).values(last_used=now)
                connection.execute(used)
                database = choose_database(connection, found.organization, db_id, db_name)
                return self._begin(connection, found, database, address, found.key, found.expires)
        self._refuse(found, address)
        raise AuthError(detail=refusal, name="INCORRECT_PASSWORD")

    def refresh(
        self, refresh_token: str, *, db_id: str | None = None, db_name: str | None = None
    ) -> Login:
        """Give the next tokens of a login, in another database where one is named.

        Raises AuthError for a token that never was, RefreshTokenExpiredError for one that has
        ended, was used before, or whose session was revoked; ServiceNotFoundError.
        """
        now = self._ground.now()
        table = tables.refresh_tokens
        with self._ground.store.write() as connection:
            row = self._presented(connection, refresh_token)
            if row is not None and not self._ends(connection, row):
                database = (
                    choose_database(connection, row.organization, db_id, db_name)
                    if db_id is not None or db_name is not None
                    else database_by_id(connection, row.organization, row.database)
                )
                here = update(table).where(table.c.token_hash == row.token_hash)
                connection.execute(here.where(table.c.used.is_(None)).values(used=now))
                sessions = tables.sessions
                connection.execute(
                    update(sessions).where(sessions.c.id == row.session).values(last_used=now)
                )
                session = _Session(row.session, row.session_expires)
                return self._give(connection, row, session, database)
        if row is None:
            detail = "the refresh token is not one of this service."
            raise AuthError(detail=detail, name="INCORRECT_REFRESH_TOKEN")
        raise RefreshTokenExpiredError

    def identify(self, token: str) -> Principal:
        """Return who a request's token stands for, with the role that the account has now.

        Raises AuthError where the token is not one, or its session was revoked;
        JwtTokenExpiredError.
        """
        now = self._ground.now()
        claims = tokens.verify(self._ground.ring, token, now=now)
        asked = {"session": claims.session, "account": claims.account, "now": now}
        with self._ground.store.read() as connection:
            found = connection.execute(_WHO, {**asked, "database": claims.database}).first()
        if found is None:
            raise AuthError(detail="the session has ended.", name="INCORRECT_JWT_TOKEN")
        return _principal(found, claims.session, found.database)

    def _refuse(self, account: Row[Any] | None, address: str, email: str = "") -> None:
        """Write down a login that failed."""
        with self._ground.store.write() as connection:
            self._throttle.blame(connection, address, email)
            if account is not None:
                stranger = Principal(account.organization, "", "unknown", "")
                target = f"account {account.name}"
                audit.record(connection, stranger, "refuse-login", target, at=self._ground.now())

    def _begin(
        self,
        connection: Connection,
        account: Row[Any],
        database: Database | None,
        address: str,
        key: str | None = None,
        key_expires: float | None = None,
    ) -> Login:
        """Make a session, and clear away those of the account that have ended."""
        now = self._ground.now()
        sessions = tables.sessions
        unused = sessions.c.last_used < now - self._ground.settings.refresh
        ended = or_(sessions.c.expires < now, unused)
        connection.execute(delete(sessions).where(sessions.c.account == account.id, ended))
        expires = now + self._ground.settings.session
        session = _Session(
            self._ground.new_id(), expires if key_expires is None else min(expires, key_expires)
        )
        values = {
            "id": session.id,
            "account": account.id,
            "service_key": key,
            "address": storable(address[:_LONGEST_ADDRESS]),
            "created": now,
            "last_used": now,
            "expires": session.expires,
        }
        connection.execute(sessions.insert().values(values))
        table = tables.accounts
        connection.execute(update(table).where(table.c.id == account.id).values(last_login=now))
        principal = _principal(account, session.id, database.id if database else None)
        audit.record(connection, principal, "log-in", f"account {account.name}", at=now)
        return self._give(connection, account, session, database)

    def _give(
        self,
        connection: Connection,
        account: Row[Any],
        session: _Session,
        database: Database | None,
    ) -> Login:
        """Give a pair of tokens, and clear away refresh tokens that have ended."""
        now, settings = self._ground.now(), self._ground.settings
        principal = _principal(account, session.id, database.id if database else None)
        refresh_token = self._ground.new_token("argr")
        table = tables.refresh_tokens
        values = {
            "token_hash": tokens.hash_token(refresh_token),
            "session": session.id,
            "database": principal.database,
            "created": now,
            "expires": min(now + settings.refresh, session.expires),
        }
        old = delete(table).where(table.c.session == session.id, table.c.expires < now)
        connection.execute(old)
        connection.execute(table.insert().values(values))
        life = min(settings.jwt, session.expires - now)
        claims = tokens.Claims(principal.account, session.id, principal.database)
        token = tokens.sign(self._ground.ring, claims, now=now, life=life)
        return Login(token, refresh_token, now + life, principal, database)

    def _presented(self, connection: Connection, refresh_token: str) -> Row[Any] | None:
        table, sessions, accounts = tables.refresh_tokens, tables.sessions, tables.accounts
        query = (
            select(
                table,
                sessions.c.revoked,
                sessions.c.expires.label("session_expires"),
                accounts.c.id,
                accounts.c.organization,
                accounts.c.name,
                accounts.c.role,
                accounts.c.kind,
            )
            .join(sessions, sessions.c.id == table.c.session)
            .join(accounts, accounts.c.id == sessions.c.account)
            .where(table.c.token_hash == tokens.hash_token(refresh_token))
        )
        return connection.execute(query).first()

    def _ends(self, connection: Connection, row: Row[Any]) -> bool:
        """Tell whether a refresh token leads nowhere; one that was used before ends its session."""
        now = self._ground.now()
        if row.revoked is not None or min(row.expires, row.session_expires) <= now:
            return True
        if row.used is None or now - row.used <= self._ground.settings.reuse_grace:
            return False
        sessions = tables.sessions
        here = update(sessions).where(sessions.c.id == row.session)
        connection.execute(here.values(revoked=now, revoked_why="a refresh token came twice"))
        principal = _principal(row, row.session, None)
        target = f"session {row.session}"
        audit.record(connection, principal, "revoke-reused-session", target, at=now)
        return True


def by_email(email: str) -> Select[Any]:
    """Return the query of the account of an e-mail address in its one form."""
    table = tables.accounts
    return select(table).where(table.c.kind == "individual", table.c.name == email)


def _principal(account: Row[Any], session: str, database: str | None) -> Principal:
    return Principal(
        account.organization,
        account.id,
        account.name,
        account.role,
        database,
        session,
        account.kind,
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
