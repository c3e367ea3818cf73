"""Opening tables for whoever asks: a preview of what they would be, a test of what they are.

What a preview finds is told and nothing of it is stored; what a test finds becomes the status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.connections.documents import check_name, check_new_name
from argosy.connections.opener import NO_FILE, TableToOpen, opening_failure
from argosy.connections.openings import no_file
from argosy.connections.stored import LOCAL, find_row
from argosy.connections.table_document import place_of, read_changes, with_defaults
from argosy.connections.table_rows import MEMBERS, differs, ignored_status, members_of
from argosy.errors import ServiceNotFoundError, WrongDataError

if TYPE_CHECKING:
    from sqlalchemy import Row

    from argosy.accounts import Principal
    from argosy.connections.openings import Openings
    from argosy.connections.service import Connections
    from argosy.connections.stored import StoredConnection
    from argosy.connections.table_lookup import TableLookup
    from argosy.connections.uploads import Uploads
    from argosy.model import Json, JsonObject


class TableTests:
    """Previews and tests tables, and gives them to those who read their rows."""

    def __init__(
        self, connections: Connections, uploads: Uploads, openings: Openings, lookup: TableLookup
    ) -> None:
        self._connections = connections
        self._store = connections.store
        self._uploads = uploads
        self._openings = openings
        self._lookup = lookup

    def preview(
        self, principal: Principal, connection: str, name: str, document: Json = None
    ) -> JsonObject:
        """Return what `patch` would make of a table, opened, with its first rows; store nothing.

        Raises WrongDataError and ServiceNotFoundError: for the specification, for the connection,
        and where opening fails, with the checks.
        """
        database = self._lookup.enter(principal)
        check_name(connection, "connection")
        check_name(name, "table")
        changes, warnings = read_changes(document)
        with self._store.read() as opened:
            stored, fault, row = self._lookup.look(opened, principal, (database, connection, name))
        if row is None:
            check_new_name(name, "table")
        self._lookup.refuse_secrets(stored, name, changes)
        table, told = self._lookup.merge(stored, row, changes, warnings)
        if changes.get("status") not in {None, row.status if row else "uploading"}:
            told.append(ignored_status())
        known = None if row is None or differs(table, row) else row.fingerprint
        found, _ = self._openings.open(stored, fault, database, name, with_defaults(table), known)
        table = with_defaults(table)
        if not found.ok:
            place = place_of(stored.type, name, table["connection_table_params"])
            raise opening_failure(found, place, told)
        table |= found.filled
        if connection == LOCAL and row is not None:  # there is no address before there is a table
            url = self._uploads.url(database, name, row.created)
            table["connection_table_params"] = {**table["connection_table_params"], "url": url}
        told = list(dict.fromkeys([*told, *found.warnings]))
        return {
            **({"warnings": told} if told else {}),
            "name": name,
            "connection": connection,
            "connection_type": stored.type,
            **{member: table[member] for member in MEMBERS},
            "status": found.status,
            "preview": found.preview(),
            **({"drift": found.drift} if found.drift else {}),
            "checks": [check.to_json() for check in found.checks],
        }

    def test(self, principal: Principal, connection: str, name: str) -> JsonObject:
        """Open a table as it is stored, and keep what is found as its status.

        Raises WrongDataError or ServiceNotFoundError with the checks where that fails.
        """
        row, stored, fault = self._stored(principal, connection, name)
        database = row.database
        table = with_defaults(members_of(row))
        place = place_of(stored.type, name, table["connection_table_params"])
        if connection == LOCAL and not self._uploads.has_file(database, name):
            raise ServiceNotFoundError(
                type="object", key=place, name="RESOURCE_NOT_FOUND", error=NO_FILE,
                reason="not_found", retryable=True, status="uploading",
                checks=[no_file("failed").to_json()],
            )  # fmt: skip
        found, at = self._openings.open(stored, fault, database, name, table, row.fingerprint)
        status = self._openings.keep(
            stored, database, name, members_of(row), found, at, is_new=False
        )
        if not found.ok:
            stays = status if found.reason == "blocked_host" else ""  # nothing was found out
            raise opening_failure(found, place, status=stays)
        return {
            **({"warnings": list(found.warnings)} if found.warnings else {}),
            "ok": True,
            "status": status,
            **({"drift": found.drift} if found.drift else {}),
            "checks": [check.to_json() for check in found.checks],
            "duration_ms": found.duration_ms,
        }

    def to_read(
        self, principal: Principal, connection: str, name: str
    ) -> tuple[StoredConnection, TableToOpen]:
        """Return a table and its connection with its secrets, for reading within the process.

        Raises WrongDataError and ServiceNotFoundError, also where its credentials are not readable,
        and where its mapped columns are still not what they were when it was last good.
        """
        row, stored, fault = self._stored(principal, connection, name)
        if (row.status_detail or {}).get("drifted"):
            self.test(principal, connection, name)  # the source may have been mended
        if fault:
            raise WrongDataError(detail=fault, field="credentials", status="wrong_credentials")
        table = with_defaults(members_of(row))
        return stored, TableToOpen(row.database, name, table, row.fingerprint)

    def _stored(
        self, principal: Principal, connection: str, name: str
    ) -> tuple[Row[Any], StoredConnection, str]:
        """Return a table that is there, its connection, and why that cannot be read.

        Raises WrongDataError and ServiceNotFoundError.
        """
        database = self._lookup.enter(principal)
        with self._store.read() as opened:
            row = self._lookup.table(opened, principal, database, connection, name)
            if connection != LOCAL and not find_row(opened, principal.organization, connection):
                detail = (
                    f"the connection {connection!r} was deleted; make it again to read this table."
                )
                raise WrongDataError(
                    detail=detail,
                    field="connection",
                    reason="connection_deleted",
                    retryable=False,
                    status="wrong_credentials",
                )
            stored, fault = self._connections.for_tables(opened, principal.organization, connection)
        self._lookup.type_of(stored)
        return row, stored, fault
