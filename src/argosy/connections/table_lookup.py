"""Finding the tables of a service, and judging what is to become of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from argosy.connections.documents import check_name
from argosy.connections.masking import guarded_texts, refuse_secrets
from argosy.connections.service import ROLES
from argosy.connections.stored import LOCAL, find_row, not_found
from argosy.connections.table_document import PARTS, check_table
from argosy.connections.table_rows import check_database, find_table, members_of
from argosy.errors import ServiceNotFoundError, WrongDataError
from argosy.store import tables
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from argosy.accounts import Principal
    from argosy.connections.service import Connections
    from argosy.connections.stored import StoredConnection
    from argosy.connections.types import ConnectionType
    from argosy.model import JsonObject

#: Names are compared with so many of the tables there are.
_MOST_COMPARED = 200


class TableLookup:
    """What every request for a table begins with: who asks, the connection, the table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.types = connections.types

    @staticmethod
    def enter(principal: Principal) -> str:
        """Return the database of whoever asks. Raises ServiceForbiddenError."""
        principal.require(*ROLES)
        return principal.require_database()

    def look(
        self, opened: Connection, principal: Principal, key: tuple[str, str, str]
    ) -> tuple[StoredConnection, str, Row[Any] | None]:
        """Return the connection of a table, why it cannot be read, and the table if there is one.

        Raises ServiceNotFoundError and WrongDataError for the connection.
        """
        organization, (database, connection, name) = principal.organization, key
        check_database(opened, organization, database)
        stored, fault = self._connections.for_tables(opened, organization, connection)
        return stored, fault, find_table(opened, organization, database, connection, name)

    def table(
        self, opened: Connection, principal: Principal, database: str, connection: str, name: str
    ) -> Row[Any]:
        """Return a table's row; a connection that is nothing comes first.

        Raises WrongDataError and ServiceNotFoundError.
        """
        check_name(connection, "connection")
        check_name(name, "table")
        check_database(opened, principal.organization, database)
        row = find_table(opened, principal.organization, database, connection, name)
        if row is None:
            self.check_connection(opened, principal.organization, database, connection)
            error = self._near(opened, database, connection, name)
            raise ServiceNotFoundError(type="table", key=name, error=error)
        return row

    @staticmethod
    def _near(opened: Connection, database: str, connection: str, name: str) -> str:
        """Return a sentence that says which tables a connection has, those of near names first."""
        table = tables.data_tables.c
        mine = select(table.name).where(table.database == database, table.connection == connection)
        names = opened.execute(mine.order_by(table.name).limit(_MOST_COMPARED)).scalars().all()
        if not names:
            return f"{connection} has no table yet."
        return f"{connection} has {list_words(names, name)}."

    def check_connection(
        self, opened: Connection, organization: str, database: str, connection: str
    ) -> None:
        """Go on with a type, a connection, or the name of one that has left tables behind.

        Raises WrongDataError.
        """
        if connection in self.types or find_row(opened, organization, connection) is not None:
            return
        table = tables.data_tables.c
        left = select(table.name).where(table.database == database, table.connection == connection)
        if opened.execute(left.limit(1)).first() is None:
            raise not_found(opened, organization, connection, self.types, with_local=True)

    def refuse_secrets(self, stored: StoredConnection, name: str, changes: JsonObject) -> None:
        """Go on where no secret of the connection is among what is given. Raises WrongDataError."""
        type_ = self.types.get(stored.type)
        secrets = guarded_texts(type_, stored.credentials) if type_ else frozenset[str]()
        refuse_secrets([name], secrets, "table")
        for member, value in changes.items():
            refuse_secrets(value, secrets, member)

    def merge(
        self,
        stored: StoredConnection,
        row: Row[Any] | None,
        changes: JsonObject,
        warnings: Sequence[str],
    ) -> tuple[JsonObject, list[str]]:
        """Return the table that changes make, and all warnings: those so far, and its own.

        Raises WrongDataError, which has them too.
        """
        before: JsonObject = {part: {} for part in PARTS} if row is None else members_of(row)
        given = {name: value for name, value in changes.items() if name != "status"}
        if stored.type == LOCAL and "connection_table_params" in given:
            params = given["connection_table_params"]
            given["connection_table_params"] = {k: v for k, v in params.items() if k != "url"}
        type_ = self.type_of(stored)
        table = {**before, **given}
        judged = {**table, "status": changes["status"]} if "status" in changes else table
        return table, check_table(judged, type_, warnings)

    def type_of(self, stored: StoredConnection) -> ConnectionType:
        """Return the type of a connection. Raises WrongDataError for one that is not known."""
        found = self.types.get(stored.type)
        if found is None:
            detail = (
                f"the connection {stored.name!r} is of the type {stored.type!r}, which this "
                "release does not know; a release that knows it can use its tables."
            )
            raise WrongDataError(detail=detail, field="connection")
        return found
