"""The first start: a one-time token, and with it the first organization, account and database.

Whoever runs the service sees the token where it starts, as with a notebook server. Only its hash
is stored; a further start before it is used gives another, and the one of before is void.

The command line on the machine itself needs no account: it works in an organization that has none
yet, and the first account is founded in that one, by token or by the command line, so that what was
stored before stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from argosy.accounts import audit, tokens
from argosy.accounts.checks import check_email, check_name
from argosy.accounts.databases import add_database
from argosy.accounts.members import add_account, read_account
from argosy.accounts.passwords import check_password
from argosy.accounts.principal import OPERATOR, Principal
from argosy.accounts.views import Database, Organization
from argosy.errors import AuthError, DuplicatedError, ServiceNotFoundError, WrongDataError
from argosy.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from argosy.accounts.ground import Ground
    from argosy.accounts.views import Account


#: The organization and database of whoever has named none.
_LOCAL = ("local", "default")


class Founding:
    """Found organizations: the first by token, others by whoever runs the service."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def is_done(self) -> bool:
        """Whether there is an account."""
        with self._ground.store.read() as connection:
            return _has_account(connection)

    def offer(self) -> str | None:
        """Return a new token for the first set-up, to be shown once; None where that is done."""
        token = self._ground.new_token("argu")
        now = self._ground.now()
        values = {
            "token_hash": tokens.hash_token(token),
            "created": now,
            "expires": now + self._ground.settings.setup,
        }
        with self._ground.store.write() as connection:
            if _has_account(connection):
                return None
            connection.execute(delete(tables.setup_tokens))
            connection.execute(tables.setup_tokens.insert().values(values))
        return token

    def accept(
        self, token: str, *, organization: str, email: str, password: str, database: str
    ) -> Principal:
        """Found the first organization with its root account and first database, once.

        Raises AuthError where the token is not the one, or its time is over; WrongDataError.
        """
        with self._ground.store.read() as connection:
            self._check(connection, token)
        return self._found(organization, email, password, database, token=token)

    def create_organization(
        self, *, organization: str, email: str, password: str, database: str
    ) -> Principal:
        """Found an organization with its root account and first database.

        For whoever runs the service; the API does not reach this. Returns the root account. The
        first of all takes over what was stored without accounts, and voids the token that was
        offered. Raises WrongDataError, DuplicatedError.
        """
        return self._found(organization, email, password, database)

    def organizations(self) -> list[Organization]:
        """Return all organizations by name, each with its accounts by name.

        For whoever runs the service; the API does not reach this.
        """
        mine, theirs = tables.organizations, tables.accounts
        with self._ground.store.read() as connection:
            rows = connection.execute(select(mine).order_by(mine.c.name)).all()
            accounts = connection.execute(select(theirs).order_by(theirs.c.name, theirs.c.id)).all()
        held: dict[str, list[Account]] = {row.id: [] for row in rows}
        for one in accounts:
            held[one.organization].append(read_account(one))
        return [Organization(row.id, row.name, row.created, tuple(held[row.id])) for row in rows]

    def operator(self, organization: str | None = None, database: str | None = None) -> Principal:
        """Return whoever runs the service, in an organization and database by name.

        Without names: in the only ones; where there are none they are made, as `local` and
        `default`. Raises ServiceNotFoundError, and WrongDataError where a name must say which.
        """
        now = self._ground.now()
        with self._ground.store.write() as connection:
            table = tables.organizations
            id_ = _only(connection, select(table.c.id, table.c.name), "organization", organization)
            if id_ is None:
                id_ = self._ground.new_id()
                values = {"id": id_, "name": _LOCAL[0], "created": now, "modified": now}
                connection.execute(table.insert().values(values))
            mine = tables.databases
            query = select(mine.c.id, mine.c.name).where(mine.c.organization == id_)
            chosen = _only(connection, query, "database", database)
            if chosen is None:
                chosen = self._ground.new_id()
                add_database(connection, id_, Database(chosen, _LOCAL[1], ""), now)
        return replace(OPERATOR, organization=id_, database=chosen)

    def _found(
        self, organization: str, email: str, password: str, database: str, token: str | None = None
    ) -> Principal:
        organization = check_name(organization, "organization")
        email = check_email(email)
        database = check_name(database, "database")
        check_password(password, unlike=email)
        password_hash = self._ground.passwords.hash(password)
        now = self._ground.now()
        with self._ground.store.write() as connection:
            id_ = None
            if token is not None:
                self._check(connection, token)
            if not _has_account(connection):
                connection.execute(delete(tables.setup_tokens))
                id_ = _without_accounts(connection, organization)
            id_ = self._put_organization(connection, id_, organization, now)
            chosen = self._put_database(connection, id_, database, now)
            root = Principal(id_, self._ground.new_id(), email, "root", chosen)
            add_account(connection, root, password_hash, now)
            who = root if token is not None else replace(OPERATOR, organization=id_)
            for kind, name in (
                ("organization", organization),
                ("database", database),
                ("account", email),
            ):
                target = f"{kind} {name}"
                audit.record(connection, who, f"add-{kind}", target, ("name",), at=now)
        return root

    def _put_organization(
        self, connection: Connection, id_: str | None, name: str, now: float
    ) -> str:
        """Name the organization that is there, or make one."""
        table = tables.organizations
        same = connection.execute(select(table.c.id).where(table.c.name == name)).scalar()
        if same is not None and same != id_:
            raise DuplicatedError(type="organization", key=name)
        if id_ is not None:
            connection.execute(
                update(table).where(table.c.id == id_).values(name=name, modified=now)
            )
            return id_
        made = self._ground.new_id()
        values = {"id": made, "name": name, "created": now, "modified": now}
        connection.execute(table.insert().values(values))
        return made

    def _put_database(
        self, connection: Connection, organization: str, name: str, now: float
    ) -> str:
        table = tables.databases
        same = select(table.c.id).where(table.c.organization == organization, table.c.name == name)
        found = connection.execute(same).scalar()
        if found is None:
            found = self._ground.new_id()
            add_database(connection, organization, Database(found, name, ""), now)
        return str(found)

    def _check(self, connection: Connection, token: str) -> None:
        table = tables.setup_tokens
        query = select(table.c.token_hash).where(
            table.c.token_hash == tokens.hash_token(token), table.c.expires > self._ground.now()
        )
        if connection.execute(query).first() is None or _has_account(connection):
            detail = "the set-up token was used, or has expired, or a later start gave another."
            raise AuthError(detail=detail, name="INCORRECT_SETUP_TOKEN")


def _has_account(connection: Connection) -> bool:
    return connection.execute(select(tables.accounts.c.id).limit(1)).first() is not None


def _without_accounts(connection: Connection, name: str) -> str | None:
    """Return the organization that the command line made: of that name, or else the only one."""
    table = tables.organizations
    rows = connection.execute(select(table.c.id, table.c.name)).all()
    named = [row.id for row in rows if row.name == name]
    return next(iter(named), rows[0].id if len(rows) == 1 else None)


def _only(
    connection: Connection, query: Select[str, str], type_: str, name: str | None
) -> str | None:
    """Return the id of the row of a name, or of the only row; None where there is no row."""
    rows = connection.execute(query).all()
    if name is not None:
        found = [id_ for id_, its_name in rows if its_name == name]
        if not found:
            raise ServiceNotFoundError(type=type_, key=name)
        return found[0]
    if len(rows) > 1:
        names = ", ".join(sorted(its_name for _, its_name in rows)[:7])
        raise WrongDataError(detail=f"say which {type_}: there is {names}.", field=type_)
    return rows[0][0] if rows else None
