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

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from argosy.accounts import audit
from argosy.connections.documents import check_name, check_new_name, whole_number
from argosy.connections.opener import NO_FILE
from argosy.connections.openings import Openings
from argosy.connections.stored import LOCAL
from argosy.connections.table_document import read_changes, resources
from argosy.connections.table_lookup import TableLookup
from argosy.connections.table_rows import (
    MEMBERS,
    THIN,
    check_database,
    differs,
    find_table,
    ignored_status,
    its_key,
    select_tables,
    show_table,
    show_thin,
)
from argosy.connections.table_tests import TableTests
from argosy.connections.uploading import Uploading
from argosy.connections.uploads import Uploads
from argosy.errors import ServiceNotFoundError, WrongDataError
from argosy.store import tables
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Row

    from argosy.accounts import Principal
    from argosy.connections.opener import TableOpener, TableToOpen
    from argosy.connections.service import Connections
    from argosy.connections.stored import StoredConnection
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
        self._lookup = TableLookup(connections)
        self.uploads = uploads or Uploads.of(connections.settings, connections.ring, now)
        self._openings = Openings(connections, self.uploads, opener)
        self._tests = TableTests(connections, self.uploads, self._openings, self._lookup)
        self.uploading = Uploading(connections, self.uploads, self._openings, now=now)

    def patch(self, principal: Principal, connection: str, name: str, document: Json) -> JsonObject:
        """Make a table, or replace those of its members that are given; return it.

        A table of another system is opened, which sets its status and never stops the change.
        Raises WrongDataError, and ServiceNotFoundError for a connection that is not set up.
        """
        database = self._lookup.enter(principal)
        check_name(connection, "connection")
        check_name(name, "table")
        changes, warnings = read_changes(document)
        key = (database, connection, name)
        with self._store.read() as opened:
            stored, fault, row = self._lookup.look(opened, principal, key)
        self._lookup.refuse_secrets(stored, name, changes)
        # what is refused is refused before others wait for it
        self._lookup.merge(stored, row, changes, warnings)
        with self._store.write() as opened:
            stored, fault, row = self._lookup.look(opened, principal, key)
            table, told = self._lookup.merge(stored, row, changes, warnings)
            if row is None:
                check_new_name(name, "table")
                self._make_room(opened, database)
                if connection == LOCAL:  # one of before may have left its file behind
                    self.uploads.remove_file(database, name)
            status, said = self._status(stored, row, database, name, changes.get("status"))
            self._write(opened, principal, row, key, table, status)
            is_changed = row is None or row.status == "wrong_specification" or differs(table, row)
            if is_changed:  # a table that is set again takes its columns as they are now
                self._openings.forget(opened, key)
        warnings = [*told, *said]
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
        database = self._lookup.enter(principal)
        with self._store.read() as opened:
            self._lookup.table(opened, principal, database, connection, name)
            shown = self._show_one(opened, principal.organization, database, connection, name)
        return _without_empty_warnings(shown)

    def delete(self, principal: Principal, connection: str, name: str) -> JsonObject:
        """Delete a table; what it stands for stays where it is, but for an uploaded file.

        Raises as `get` does.
        """
        database = self._lookup.enter(principal)
        with self._store.write() as opened:
            self._lookup.table(opened, principal, database, connection, name)
            key = its_key(database, connection, name)
            opened.execute(tables.data_tables.delete().where(key))
            target = f"table {connection}/{name} of database {database}"
            audit.record(opened, principal, "remove-table", target, at=self._now())
            if connection == LOCAL:  # before anybody can make such a table anew
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
        database = self._lookup.enter(principal)
        number = whole_number(page, "page", default=1, most=_MOST_PAGES)
        amount = whole_number(amt, "amt", default=_USUAL_IN_PAGE, most=_MOST_IN_PAGE)
        if resource is not None and resource not in resources():
            detail = f"resource: {show(resource)} is not one of {', '.join(resources())}."
            near = get_close_matches(resource[:100], resources(), n=1)
            detail = f"{detail} Is it {near[0]}?" if near else detail
            raise WrongDataError(detail=detail, field="resource", available=list(resources()))
        with self._store.read() as opened:
            rows = self._rows(
                opened, principal, database, connection, resource,
                skip=(number - 1) * amount, most=amount + 1,
            )  # fmt: skip
        return {
            "has_next": len(rows) > amount,
            "next_page": number + 1,
            "tables": [show_table(row, self._lookup.types) for row in rows[:amount]],
        }

    def list(self, principal: Principal, connection: str) -> JsonObject:
        """Return the first 1,000 tables of a connection, in short; deprecated, use `filter`."""
        database = self._lookup.enter(principal)
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
        """Return what `patch` would make of a table, with its first rows, as `TableTests` does."""
        return self._tests.preview(principal, connection, name, document)

    def test(self, principal: Principal, connection: str, name: str) -> JsonObject:
        """Open a table as it is stored, and keep what is found, as `TableTests` does."""
        return self._tests.test(principal, connection, name)

    def to_read(
        self, principal: Principal, connection: str, name: str
    ) -> tuple[StoredConnection, TableToOpen]:
        """Return a table and its connection with its secrets, as `TableTests` does."""
        return self._tests.to_read(principal, connection, name)

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
            self._lookup.check_connection(opened, principal.organization, database, connection)
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
        return show_table(row, self._lookup.types, url)

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
        return status, [ignored_status()]

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


def _without_empty_warnings(shown: JsonObject) -> JsonObject:
    return shown if shown["warnings"] else {k: v for k, v in shown.items() if k != "warnings"}
