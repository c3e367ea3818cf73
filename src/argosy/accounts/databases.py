"""The databases (workspaces) of an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from argosy.accounts import audit
from argosy.accounts.checks import check_name, check_page, check_text, storable
from argosy.accounts.principal import ADMINISTRATORS
from argosy.accounts.views import Database
from argosy.errors import DuplicatedError, ServiceNotFoundError, WrongDataError
from argosy.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from argosy.accounts.ground import Ground
    from argosy.accounts.principal import Principal

_table = tables.databases
ID_TYPES = ("string", "uint32", "uint64", "uuid")


class Databases:
    """Make, list and remove databases; root and manager only, but for the list."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def create(
        self,
        principal: Principal,
        name: str,
        description: str = "",
        *,
        item_id_type: str = "string",
        user_id_type: str = "string",
    ) -> Database:
        """Make a database. Raises ServiceForbiddenError, WrongDataError, DuplicatedError."""
        principal.require(*ADMINISTRATORS)
        for field, found in (("item_id_type", item_id_type), ("user_id_type", user_id_type)):
            if found not in ID_TYPES:
                detail = f"{found!r} is not a type of id; there is {', '.join(ID_TYPES)}."
                raise WrongDataError(detail=detail, field=field)
        made = Database(
            self._ground.new_id(),
            check_name(name),
            check_text(description, "description"),
            item_id_type,
            user_id_type,
        )
        now = self._ground.now()
        with self._ground.store.write() as connection:
            add_database(connection, principal.organization, made, now)
            target = f"database {made.name}"
            fields = ("name", "description", "item_id_type", "user_id_type")
            audit.record(connection, principal, "add-database", target, fields, at=now)
        return made

    def list(
        self, principal: Principal, *, page: int = 1, amt: int = 64
    ) -> tuple[list[Database], bool]:
        """Return a page of the organization's databases by name, and whether there are more."""
        check_page(page, amt)
        mine = select(_table).where(_table.c.organization == principal.organization)
        query = mine.order_by(_table.c.name).offset((page - 1) * amt).limit(amt + 1)
        with self._ground.store.read() as connection:
            rows = connection.execute(query).all()
        return [_view(row) for row in rows[:amt]], len(rows) > amt

    def remove(self, principal: Principal, id_: str) -> None:
        """Remove a database and the tables in it.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        principal.require(*ADMINISTRATORS)
        with self._ground.store.write() as connection:
            found = database_by_id(connection, principal.organization, id_)
            if found is None:
                raise ServiceNotFoundError(type="database", key=id_)
            connection.execute(delete(_table).where(_table.c.id == id_))
            target = f"database {found.name}"
            audit.record(connection, principal, "remove-database", target, at=self._ground.now())


def add_database(connection: Connection, organization: str, made: Database, now: float) -> None:
    """Store a database. Raises DuplicatedError where the organization has one of its name."""
    same = select(_table.c.id).where(
        _table.c.organization == organization, _table.c.name == made.name
    )
    if connection.execute(same).first() is not None:
        raise DuplicatedError(type="database", key=made.name, name="DUPLICATED_DB_NAME")
    values = {"organization": organization, "created": now, "modified": now, **made.to_json()}
    connection.execute(_table.insert().values(values))


def choose_database(
    connection: Connection, organization: str, id_: str | None, name: str | None
) -> Database | None:
    """Return the database that a login names by id or name; None where it names none.

    Raises ServiceNotFoundError where the organization has no such database.
    """
    if id_ is None and name is None:
        return None
    query = select(_table).where(_table.c.organization == organization)
    if id_ is not None:
        query = query.where(_table.c.id == storable(id_))
    if name is not None:
        query = query.where(_table.c.name == storable(name))
    row = connection.execute(query).first()
    if row is None:
        raise ServiceNotFoundError(type="database", key=id_ if id_ is not None else name)
    return _view(row)


def database_by_id(connection: Connection, organization: str, id_: str | None) -> Database | None:
    """Return an organization's database, or None."""
    if id_ is None:
        return None
    query = select(_table).where(
        _table.c.organization == organization, _table.c.id == storable(id_)
    )
    row = connection.execute(query).first()
    return None if row is None else _view(row)


def _view(row: Row[Any]) -> Database:
    return Database(
        row.id,
        row.name,
        row.description,
        row.item_id_type,
        row.user_id_type,
        row.session_id_type,
    )
