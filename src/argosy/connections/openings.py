"""Opening the tables of a service: each in its turn, and what is found kept as its status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from argosy.connections.opener import NO_FILE, Opened, TableToOpen
from argosy.connections.probes import UNDECRYPTABLE
from argosy.connections.probing.result import Check
from argosy.connections.stored import LOCAL, find_row
from argosy.connections.table_document import with_defaults
from argosy.connections.table_rows import differs, its_key, next_status
from argosy.errors import TooManyRequestsError
from argosy.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from argosy.connections.opener import TableOpener
    from argosy.connections.probing.result import CheckStatus
    from argosy.connections.service import Connections
    from argosy.connections.stored import StoredConnection
    from argosy.connections.uploads import Uploads
    from argosy.model import JsonObject

_UPLOAD_IT = "Upload it to the table's connection_table_params.url."


def no_file(status: CheckStatus) -> Check:
    """Return the check of a table of LOCAL that has no file yet."""
    return Check("open", status, NO_FILE, _UPLOAD_IT, "connection_table_params.url")


class Openings:
    """Opens tables with an opener; shares, counts and keeps what it finds."""

    def __init__(self, connections: Connections, uploads: Uploads, opener: TableOpener) -> None:
        self._connections = connections
        self._uploads = uploads
        self._opener = opener

    def open(
        self,
        stored: StoredConnection,
        fault: str,
        database: str,
        name: str,
        table: JsonObject,
        known: JsonObject | None = None,
    ) -> tuple[Opened, float]:
        """Open a table, or return what was just found of the same; and when that was.

        `fault` says why the connection cannot be read, `known` is the table's fingerprint. Raises
        TooManyRequestsError.
        """
        if stored.type == LOCAL and not self._uploads.has_file(database, name):
            found = Opened(True, "uploading", checks=(no_file("skipped"),), warnings=(NO_FILE,))
            return found, self._connections.now()
        if fault:
            check = Check("fields", "failed", fault, field="credentials")
            found = Opened(False, "wrong_credentials", UNDECRYPTABLE, (check,))
            return found, self._connections.now()
        settings, probes = self._connections.settings, self._connections.probes
        file = self._uploads.version(database, name) if stored.type == LOCAL else ""
        digest = probes.digest(stored, [table, known, file])
        to_open = TableToOpen(database, name, table, known)
        return probes.turns.share(
            ("table", stored.organization, database, stored.name, name, digest),
            lambda: self._opener.open(stored, to_open, settings.budget),
            within=("open", stored.organization, stored.type),
            a_minute=settings.opens_per_minute,
        )

    def refresh(
        self, stored: StoredConnection, fault: str, database: str, name: str, table: JsonObject
    ) -> list[str]:
        """Open a table that was just written, and keep its status; return warnings."""
        try:
            found, at = self.open(stored, fault, database, name, with_defaults(table))
        except TooManyRequestsError as error:
            return [f"The table was not opened. {error.message}"]
        self.keep(stored, database, name, table, found, at, is_new=True)
        return list(found.warnings)

    @staticmethod
    def forget(connection: Connection, key: tuple[str, str, str]) -> None:
        """Forget what columns a table had, by its database, connection and name."""
        change = update(tables.data_tables).where(its_key(*key))
        connection.execute(change.values(fingerprint=None))

    def keep(
        self,
        stored: StoredConnection,
        database: str,
        name: str,
        table: JsonObject,
        found: Opened,
        at: float,
        *,
        is_new: bool,
    ) -> str:
        """Store what was found, and return the status.

        Only where the table is still the one that was opened, and its connection is there; and
        not where this process may not call the place, which another may.
        """
        key = its_key(database, stored.name, name)
        with self._connections.store.write() as connection:
            row = connection.execute(select(tables.data_tables).where(key)).first()
            if row is None or differs(table, row):
                return found.status
            is_there = stored.type == LOCAL or find_row(
                connection, stored.organization, stored.name
            )
            if not is_there or (found.reason == "blocked_host" and not is_new):
                return str(row.status)
            status, detail = next_status(row.status, row.status_detail, found, at, is_new=is_new)
            values: dict[str, Any] = {"status": status, "status_detail": detail, "last_tested": at}
            if found.fingerprint is not None:
                values["fingerprint"] = found.fingerprint
            connection.execute(update(tables.data_tables).where(key).values(**values))
        return status
