"""The tables of a database: made and changed, read, deleted, listed, previewed, tested.

tables = Tables(store, connections, now=time.time, opener=opener)
tables.patch(principal, "S3", "users.csv", {"resource": "user", "connection_table_params": {…}})
tables.filter(principal, connection="S3", page=2)

A table belongs to the database that whoever asks has chosen, and to a connection of the
organization. What comes in and goes out are JSON objects as the API has them. A change replaces
whole members (`resource_params`, `connection_table_params`, `connection_table_metadata`) and does
not look into them; the status is the server's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from argosy.accounts import audit
from argosy.connections.documents import check_name, check_new_name, whole_number
from argosy.connections.masking import guarded_texts, refuse_secrets
from argosy.connections.opener import TableToOpen, opening_failure
from argosy.connections.openings import NO_FILE, Openings
from argosy.connections.service import ROLES
from argosy.connections.stored import LOCAL, find_row, not_found
from argosy.connections.table_document import (
    PARTS,
    check_table,
    place_of,
    read_changes,
    resources,
    with_defaults,
)
from argosy.connections.table_rows import (
    MEMBERS,
    OPENED_BY,
    THIN,
    check_database,
    find_table,
    its_key,
    members_of,
    select_tables,
    show_table,
    show_thin,
)
from argosy.connections.uploading import Uploading
from argosy.connections.uploads import Uploads
from argosy.errors import ServiceNotFoundError, WrongDataError
from argosy.store import tables
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

    from argosy.accounts import Principal
    from argosy.connections.opener import TableOpener
    from argosy.connections.service import Connections
    from argosy.connections.stored import StoredConnection
    from argosy.connections.types import ConnectionType
    from argosy.model import Json, JsonObject
    from argosy.store import Store

_MOST_LISTED = 1000
_MOST_PAGES = 10**9
_MOST_IN_PAGE = 64
_USUAL_IN_PAGE = 10
_DEPRECATED = "This list is deprecated: it has no pages. Use tables/?connection=… instead."
_Sentences = list[str]


class Tables:
    """The service behind `tables/` and `connections/…/tables/`. Safe to share between threads.

    `now` gives epoch seconds. All methods take who asks, and raise ServiceForbiddenError where the
    role does not allow it or no database is chosen.
    """

    def __init__(
        self,
        store: Store,
        connections: Connections,
        *,
        now: Callable[[], float],
        opener: TableOpener,
        uploads: Uploads | None = None,
    ) -> None:
        self._store = store
        self._connections = connections
        self._now = now
        self._types = connections.types
        self.uploads = uploads or Uploads.of(connections.settings, connections.ring, now)
        self._openings = Openings(connections, self.uploads, opener)
        self.uploading = Uploading(connections, self.uploads, self._openings, now=now)

    def patch(self, principal: Principal, connection: str, name: str, document: Json) -> JsonObject:
        """Make a table, or replace those of its members that are given; return it.

        A table of another system is opened, which sets its status and never stops the change.
        Raises WrongDataError, and ServiceNotFoundError for a connection that is not set up.
        """
        database = self._enter(principal)
        check_name(connection, "connection")
        check_name(name, "table")
        changes, warnings = read_changes(document)
        key = (database, connection, name)
        with self._store.read() as opened:
            stored, fault, row = self._look(opened, principal, key)
        self._refuse_secrets(stored, name, changes)
        self._merge(stored, row, changes)  # what is refused is refused before others wait for it
        with self._store.write() as opened:
            stored, fault, row = self._look(opened, principal, key)
            table, more = self._merge(stored, row, changes)
            if row is None:
                check_new_name(name, "table")
                self._make_room(opened, database)
            status, said = self._status(stored, row, database, name, changes.get("status"))
            self._write(opened, principal, row, key, table, status)
        warnings += [*more, *said]
        # a table that is set again takes its columns as they are now
        is_changed = row is None or row.status == "wrong_specification" or _differs(table, row)
        if is_changed and (connection != LOCAL or self.uploads.has_file(database, name)):
            warnings += self._openings.refresh(stored, fault, database, name, table)
        with self._store.read() as opened:
            shown = self._show_one(opened, principal.organization, database, connection, name)
        shown["warnings"] = list(dict.fromkeys([*warnings, *shown["warnings"]]))
        return _without_empty_warnings(shown)

    def get(self, principal: Principal, connection: str, name: str) -> JsonObject:
        """Return a table; one of LOCAL with an address to upload to.

        Raises ServiceNotFoundError, and WrongDataError for a connection that is nothing.
        """
        database = self._enter(principal)
        with self._store.read() as opened:
            self._table(opened, principal, database, connection, name)
            shown = self._show_one(opened, principal.organization, database, connection, name)
        return _without_empty_warnings(shown)

    def delete(self, principal: Principal, connection: str, name: str) -> JsonObject:
        """Delete a table; what it stands for stays where it is, but for an uploaded file.

        Raises as `get` does.
        """
        database = self._enter(principal)
        with self._store.write() as opened:
            self._table(opened, principal, database, connection, name)
            key = its_key(database, connection, name)
            opened.execute(tables.data_tables.delete().where(key))
            target = f"table {connection}/{name} of database {database}"
            audit.record(opened, principal, "remove-table", target, at=self._now())
        if connection == LOCAL:
            self.uploads.remove_file(database, name)
        return {}

    def filter(
        self,
        principal: Principal,
        *,
        connection: str | None = None,
        resource: str | None = None,
        page: int | str | None = None,
        amt: int | str | None = None,
    ) -> JsonObject:
        """Return a page of the database's tables, the oldest first.

        `page` counts from 1, `amt` is 1 to 64 and usually 10. `next_page` is always the next
        number; `has_next` says whether there is anything on it. Raises WrongDataError.
        """
        database = self._enter(principal)
        number = whole_number(page, "page", default=1, most=_MOST_PAGES)
        amount = whole_number(amt, "amt", default=_USUAL_IN_PAGE, most=_MOST_IN_PAGE)
        if resource is not None and resource not in resources():
            detail = f"resource is not one of {list_words(resources(), resource)}."
            raise WrongDataError(detail=detail, field="resource", available=list(resources()))
        with self._store.read() as opened:
            rows = self._rows(
                opened, principal, database, connection, resource,
                skip=(number - 1) * amount, most=amount + 1,
            )  # fmt: skip
        return {
            "has_next": len(rows) > amount,
            "next_page": number + 1,
            "tables": [show_table(row, self._types) for row in rows[:amount]],
        }

    def list(self, principal: Principal, connection: str) -> JsonObject:
        """Return the first 1,000 tables of a connection, in short; deprecated, use `filter`."""
        database = self._enter(principal)
        with self._store.read() as opened:
            rows = self._rows(
                opened, principal, database, connection, None,
                skip=0, most=_MOST_LISTED + 1, columns=THIN,
            )  # fmt: skip
        warnings = [_DEPRECATED]
        if len(rows) > _MOST_LISTED:
            warnings.append(f"Only the first {_MOST_LISTED} tables are listed.")
        return {"warnings": warnings, "tables": [show_thin(row) for row in rows[:_MOST_LISTED]]}

    def preview(
        self, principal: Principal, connection: str, name: str, document: Json = None
    ) -> JsonObject:
        """Return what `patch` would make of a table, opened, with its first rows; store nothing.

        Raises WrongDataError and ServiceNotFoundError: for the specification, for the connection,
        and where opening fails, with the checks.
        """
        database = self._enter(principal)
        check_name(connection, "connection")
        check_name(name, "table")
        changes, warnings = read_changes(document)
        with self._store.read() as opened:
            stored, fault, row = self._look(opened, principal, (database, connection, name))
        if row is None:
            check_new_name(name, "table")
        self._refuse_secrets(stored, name, changes)
        table, more = self._merge(stored, row, changes)
        if changes.get("status") not in {None, row.status if row else "uploading"}:
            more.append(_ignored_status())
        known = None if row is None or _differs(table, row) else row.fingerprint
        found, _ = self._openings.open(stored, fault, database, name, with_defaults(table), known)
        table = with_defaults(table)
        if not found.ok:
            raise opening_failure(
                found, place_of(stored.type, name, table["connection_table_params"])
            )
        table |= found.filled
        if connection == LOCAL and row is not None:  # there is no address before there is a table
            url = self.uploads.url(database, name, row.created)
            table["connection_table_params"] = {**table["connection_table_params"], "url": url}
        told = list(dict.fromkeys([*warnings, *more, *found.warnings]))
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
        if connection == LOCAL and not self.uploads.has_file(database, name):
            raise ServiceNotFoundError(
                type="object", key=place, name="RESOURCE_NOT_FOUND", error=NO_FILE,
                reason="not_found", retryable=True, status="uploading",
            )  # fmt: skip
        found, at = self._openings.open(stored, fault, database, name, table, row.fingerprint)
        status = self._openings.keep(
            stored, database, name, members_of(row), found, at, is_new=False
        )
        if not found.ok:
            raise opening_failure(found, place)
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

        Raises WrongDataError and ServiceNotFoundError, also where its credentials are not readable.
        """
        row, stored, fault = self._stored(principal, connection, name)
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
        database = self._enter(principal)
        with self._store.read() as opened:
            row = self._table(opened, principal, database, connection, name)
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
        self._type(stored)
        return row, stored, fault

    def _enter(self, principal: Principal) -> str:
        principal.require(*ROLES)
        return principal.require_database()

    def _look(
        self, opened: Connection, principal: Principal, key: tuple[str, str, str]
    ) -> tuple[StoredConnection, str, Row[Any] | None]:
        """Return the connection of a table, why it cannot be read, and the table if there is one.

        Raises ServiceNotFoundError and WrongDataError for the connection.
        """
        organization, (database, connection, name) = principal.organization, key
        check_database(opened, organization, database)
        stored, fault = self._connections.for_tables(opened, organization, connection)
        return stored, fault, find_table(opened, organization, database, connection, name)

    def _table(
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
            self._check_connection(opened, principal.organization, database, connection)
            raise ServiceNotFoundError(type="table", key=name)
        return row

    def _check_connection(
        self, opened: Connection, organization: str, database: str, connection: str
    ) -> None:
        """Go on with a type, a connection, or the name of one that has left tables behind.

        Raises WrongDataError.
        """
        if connection in self._types or find_row(opened, organization, connection) is not None:
            return
        table = tables.data_tables.c
        left = select(table.name).where(table.database == database, table.connection == connection)
        if opened.execute(left.limit(1)).first() is None:
            raise not_found(opened, organization, connection, self._types, with_local=True)

    def _rows(
        self,
        opened: Connection,
        principal: Principal,
        database: str,
        connection: str | None,
        resource: str | None,
        *,
        skip: int,
        most: int,
        columns: Sequence[str] = (),
    ) -> Any:
        check_database(opened, principal.organization, database)
        table = tables.data_tables.c
        query = select_tables(principal.organization).where(table.database == database)
        if connection is not None:
            check_name(connection, "connection")
            self._check_connection(opened, principal.organization, database, connection)
            query = query.where(table.connection == connection)
        if resource is not None:
            query = query.where(table.resource == resource)
        if columns:
            query = query.with_only_columns(*(table[one] for one in columns))
        ordered = query.order_by(table.created, table.connection, table.name)
        return opened.execute(ordered.offset(skip).limit(most)).all()

    def _show_one(
        self, opened: Connection, organization: str, database: str, connection: str, name: str
    ) -> JsonObject:
        row = find_table(opened, organization, database, connection, name)
        if row is None:  # deleted by another since it was written
            raise ServiceNotFoundError(type="table", key=name)
        is_local = connection == LOCAL
        url = (lambda: self.uploads.url(database, name, row.created)) if is_local else None
        return show_table(row, self._types, url)

    def _refuse_secrets(self, stored: StoredConnection, name: str, changes: JsonObject) -> None:
        type_ = self._types.get(stored.type)
        secrets = guarded_texts(type_, stored.credentials) if type_ else frozenset[str]()
        refuse_secrets([name], secrets, "table")
        for member, value in changes.items():
            refuse_secrets(value, secrets, member)

    def _merge(
        self, stored: StoredConnection, row: Row[Any] | None, changes: JsonObject
    ) -> tuple[JsonObject, _Sentences]:
        """Return the table that changes make, and warnings. Raises WrongDataError."""
        before: JsonObject = {part: {} for part in PARTS} if row is None else members_of(row)
        given = {name: value for name, value in changes.items() if name != "status"}
        if stored.type == LOCAL and "connection_table_params" in given:
            params = given["connection_table_params"]
            given["connection_table_params"] = {k: v for k, v in params.items() if k != "url"}
        type_ = self._type(stored)
        table = {**before, **given}
        judged = {**table, "status": changes["status"]} if "status" in changes else table
        return table, check_table(judged, type_)

    def _type(self, stored: StoredConnection) -> ConnectionType:
        """Return the type of a connection. Raises WrongDataError for one that is not known."""
        found = self._types.get(stored.type)
        if found is None:
            detail = (
                f"the connection {stored.name!r} is of the type {stored.type!r}, which this "
                "release does not know; a release that knows it can use its tables."
            )
            raise WrongDataError(detail=detail, field="connection")
        return found

    def _make_room(self, opened: Connection, database: str) -> None:
        """Raise WrongDataError where a database has as many tables as it may have."""
        table, most = tables.data_tables, self._connections.settings.most_tables
        count = select(func.count()).select_from(table).where(table.c.database == database)
        if opened.execute(count).scalar_one() >= most:
            detail = f"the database has {most} tables, which is the most there can be."
            raise WrongDataError(detail=detail, field="name")

    def _status(
        self,
        stored: StoredConnection,
        row: Row[Any] | None,
        database: str,
        name: str,
        wanted: str | None,
    ) -> tuple[str, _Sentences]:
        """Return the status to store, and warnings; a client's word counts for an upload only."""
        first = "uploading" if stored.type == LOCAL else "unknown_error"
        status: str = first if row is None else row.status
        if wanted is None or wanted == status:
            return status, []
        if stored.type == LOCAL and (status, wanted) == ("uploading", "available"):
            if self.uploads.has_file(database, name):
                return wanted, []
            return status, [f"The status stays uploading. {NO_FILE}"]
        return status, [_ignored_status()]

    def _write(
        self,
        opened: Connection,
        principal: Principal,
        row: Row[Any] | None,
        key: tuple[str, str, str],
        table: JsonObject,
        status: str,
    ) -> None:
        now = self._now()
        values = {**{member: table[member] for member in MEMBERS}, "status": status}
        database, connection, name = key
        if row is None:
            named = {"database": database, "connection": connection, "name": name, "created": now}
            opened.execute(tables.data_tables.insert().values(**named, **values, modified=now))
            fields = [member for member in MEMBERS if table[member]]
        else:
            fields = [one for one in MEMBERS if table[one] != getattr(row, one)]
            fields += ["status"] if status != row.status else []
            if not fields:
                return
            change = update(tables.data_tables).where(its_key(*key))
            opened.execute(change.values(**values, modified=now))
        target = f"table {connection}/{name} of database {database}"
        audit.record(opened, principal, "patch-table", target, fields, at=now)


def _differs(table: JsonObject, row: Row[Any]) -> bool:
    """Tell whether opening a table may find something else than opening the stored one."""
    return any(table[one] != getattr(row, one) for one in OPENED_BY)


def _ignored_status() -> str:
    return "status is the server's own; the one given is ignored."


def _without_empty_warnings(shown: JsonObject) -> JsonObject:
    return shown if shown["warnings"] else {k: v for k, v in shown.items() if k != "warnings"}
