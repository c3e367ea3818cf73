"""Routes of tables: list, show, create, delete, recover, change, and look at the newest rows.

`last_log_timestamp` is an integer in the specification, which the vendor's Python client
crashes on; it is a date here, as that client expects. No table has a distribution, since the
API has no way to give it one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgpack
from starlette.responses import Response

from argosy.sandbox.answers import json_answer
from argosy.sandbox.core.errors import (
    CoreError,
    already_there,
    invalid,
    no_database,
    no_table,
    not_found,
    unauthorized,
)
from argosy.sandbox.core.results import plain
from argosy.sandbox.core.schemas import read_schema
from argosy.sandbox.core.table_settings import TableSettings
from argosy.sandbox.core.times import iso, spaced
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import Doorkeeper
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.core.schemas import Schemas
    from argosy.sandbox.core.table_changes import DeletedTable, TableChanges
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Table, Tables

_FEW_ROWS: Final = 30
_MOST_ROWS: Final = 10_000
_SUFFIXES: Final = (".json", ".msgpack")
_HOUR: Final = 3600
_LAST_SECOND: Final = 99_999_999_999
_LAST_ID: Final = 10**17


class TableShapes:
    """Tables as they are answered."""

    def __init__(self, foundation: Foundation, changes: TableChanges, schemas: Schemas) -> None:
        self._tables = foundation.tables
        self._changes = changes
        self._schemas = schemas

    def table(self, table: Table, *, with_descriptions: bool = False) -> dict[str, Json]:
        """Give a table."""
        newest = self._changes.newest_time(table)
        count = self._tables.count(table.database, table.name)
        shape: dict[str, Json] = {
            "id": int(table.id),
            "name": table.name,
            "count": count,
            "estimated_storage_size": self._changes.size(table),
            "counter_updated_at": iso(table.updated_at) if count else None,
            "last_log_timestamp": None if newest is None else spaced(newest),
            "created_at": spaced(table.created_at),
            "updated_at": spaced(table.updated_at),
            "expire_days": table.expire_days,
            "include_v": table.include_v,
            "delete_protected": table.delete_protected,
            "type": "log",
            "schema": self._schemas.text(table, with_descriptions=with_descriptions),
        }
        return shape | ({"description": table.description} if with_descriptions else {})

    def deleted(self, deleted: DeletedTable) -> dict[str, Json]:
        """Give a deleted table."""
        return {
            "id": int(deleted.table.id),
            "name": deleted.table.name,
            "database_id": int(deleted.database_id),
            "database_name": deleted.table.database,
            "deleted_at": spaced(deleted.deleted_at),
            "created_at": spaced(deleted.table.created_at),
        }


class TableRoutes:
    """Routes of tables."""

    def __init__(
        self,
        desk: Desk,
        changes: TableChanges,
        schemas: Schemas,
        jobs: Jobs,
        foundation: Foundation,
    ) -> None:
        self._desk = desk
        self._changes = changes
        self._settings = TableSettings(foundation, changes, schemas)
        self._schemas = schemas
        self._jobs = jobs
        self._store = foundation.store
        self._tables: Tables = foundation.tables
        self._doorkeeper: Doorkeeper = foundation.doorkeeper
        self._shapes = TableShapes(foundation, changes, schemas)
        jobs.runners["partialdelete"] = self._delete_range

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk, one = self._desk, "{database}/{table}"
        return [
            desk.get("/table/deleted", self.deleted),
            desk.get("/table/list/{database}", self.listed),
            desk.get(f"/table/show/{one}", self.show),
            desk.get(f"/table/tail/{one}", self.tail),
            desk.get(f"/table/distribution/{one}", self.distribution),
            desk.post(f"/table/create/{one}", self.create),
            desk.post(f"/table/create/{one}/{{type}}", self.create),
            desk.post(f"/table/delete/{one}", self.delete),
            desk.post(f"/table/rename/{one}/{{name}}", self.rename),
            desk.post(f"/table/swap/{one}/{{other}}", self.swap),
            desk.post(f"/table/update/{one}", self.update),
            desk.post(f"/table/update-schema/{one}", self.update_schema),
            desk.post(f"/table/append-schema/{one}", self.append_schema),
            desk.post(f"/table/change_database/{one}", self.change_database),
            desk.post(f"/table/transfer/{one}", self.transfer),
            desk.post(f"/table/partialdelete/{one}", self.delete_range),
            desk.post("/table/recover/{table_id}", self.recover),
        ]

    def listed(self, ask: Ask) -> Json:
        """Give a database's tables."""
        database = self._desk.database(ask.caller, ask.path["database"])
        wanted = ask.values.flag("include_descriptions")
        tables = sorted(self._tables.every_table(database.name), key=lambda one: one.name)
        shapes = [self._shapes.table(one, with_descriptions=wanted) for one in tables]
        return {"database": database.name, "tables": shapes}

    def show(self, ask: Ask) -> Json:
        """Give one table."""
        table = self._desk.table(ask.caller, ask.path["database"], ask.path["table"])
        wanted = ask.values.flag("include_descriptions")
        return self._shapes.table(table, with_descriptions=wanted)

    def tail(self, ask: Ask) -> Response:
        """Give a table's newest rows, the newest first."""
        name, form = ask.path["table"], ask.values.text("format")
        for suffix in _SUFFIXES:
            if form is None and name.endswith(suffix):
                name, form = name.removesuffix(suffix), suffix[1:]
        table = self._desk.table(ask.caller, ask.path["database"], name, "query")
        count = ask.values.number("count", 1, _MOST_ROWS, _FEW_ROWS)
        rows = self._newest(table, count)
        if form == "msgpack":
            packed = b"".join(msgpack.packb(row) for row in rows)
            return Response(packed, media_type="application/octet-stream")
        if form not in {None, "json"}:
            raise CoreError(406, f"Unknown format: {form[:100] if form else form}")
        return json_answer(rows)

    def _newest(self, table: Table, count: int) -> list[dict[str, Json]]:
        columns = self._tables.columns(table.database, table.name)
        where = path(table.database, table.name)
        names = ", ".join(quoted(one.name) for one in columns)
        sql = f"SELECT {names} FROM {where} ORDER BY time DESC, rowid DESC LIMIT ?"  # noqa: S608
        kept = []
        for row in self._store.run(sql, [count]):
            pairs = zip(columns, row, strict=True)
            # the vendor's rows have no member for a column without a value
            kept.append({one.name: plain(value) for one, value in pairs if value is not None})
        return kept

    def distribution(self, ask: Ask) -> Json:
        """Say that a table has no distribution."""
        table = self._desk.table(ask.caller, ask.path["database"], ask.path["table"])
        raise CoreError(404, f"Couldn't find a distribution of table {table.name}")

    def create(self, ask: Ask) -> Json:
        """Make a table."""
        kind = ask.path.get("type", "log")
        if kind != "log":
            raise invalid(f"Validation failed: Type {kind!r} is not log")
        database = self._desk.database(ask.caller, ask.path["database"], "edit").name
        name = ask.path["table"]
        self._settings.create(database, name, ask.values)
        return _reference(database, name)

    def delete(self, ask: Ask) -> Json:
        """Delete a table so that it can be recovered."""
        table = self._edited(ask)
        self._changes.delete(table)
        return _reference(table.database, table.name)

    def rename(self, ask: Ask) -> Json:
        """Give a table another name."""
        table = self._edited(ask)
        overwrite = ask.values.flag("overwrite")
        changed = self._changes.rename(table, ask.path["name"], overwrite=overwrite)
        return _reference(changed.database, changed.name)

    def swap(self, ask: Ask) -> Json:
        """Let two tables trade names."""
        one = self._edited(ask)
        other = self._desk.table(ask.caller, one.database, ask.path["other"], "edit")
        self._changes.swap(one, other)
        return {"database": one.database, "table1": one.name, "table2": other.name}

    def update(self, ask: Ask) -> dict[str, Json]:
        """Change what is sent of a table's settings, and its name or schema with them."""
        changed = self._settings.update(self._edited(ask), ask.values)
        return _reference(changed.database, changed.name)

    def update_schema(self, ask: Ask) -> dict[str, Json]:
        """Declare a table's columns anew."""
        if ask.values.document("schema") is None:
            raise invalid("'schema' parameter is required")
        return self.update(ask)

    def append_schema(self, ask: Ask) -> Json:
        """Declare more columns."""
        table = self._edited(ask)
        document = ask.values.document("schema")
        if document is None:
            raise invalid("'schema' parameter is required")
        with self._store.transaction():
            self._changes.touch(self._schemas.append(table, read_schema(document)))
        return _reference(table.database, table.name)

    def change_database(self, ask: Ask) -> Json:
        """Put a table into another database."""
        table = self._edited(ask)
        target = ask.values.required("dest_database_name")
        self._destination(ask, target)
        moved = self._changes.move(table, target)
        return _reference(moved.database, moved.name)

    def _destination(self, ask: Ask, database: str) -> None:
        if self._tables.has_database(database) and not ask.caller.may("edit", database):
            raise CoreError(403, "Access denied for the destination; you are not authorized.")

    def transfer(self, ask: Ask) -> Json:
        """Put a table into a database of whoever the secondary key belongs to.

        The sandbox has one account, so the other key is another user's of the same. Not
        documented, so assumed: a repeated `idempotent_key` answers as the first time.
        """
        values = ask.values
        database, name = values.required("dest_database_name"), values.required("dest_table_name")
        answer = {"database_name": database, "table_name": name}
        key = values.text("idempotent_key")
        if key is not None and self._settings.knows(key):
            return answer
        other = self._doorkeeper.caller(ask.headers.get("secondary-authorization"))
        if other is None:
            raise unauthorized()
        table = self._edited(ask)
        self._desk.database(other, database, "edit")
        if self._tables.has_table(database, name):
            raise already_there("Table", name)
        with self._store.transaction():
            if database == table.database:
                self._changes.rename(table, name)
            else:
                self._changes.transfer(table, database, name)
            self._settings.remember(key, table.id)
        return answer

    def deleted(self, ask: Ask) -> Json:
        """Give the deleted tables that can be recovered, page by page."""
        size = ask.values.number("page_size", 1, 100, 25)
        after = ask.values.number("cursor_id", 0, _LAST_ID, 0)
        database = ask.values.whole("database_id", 0, _LAST_ID)
        found = [
            one
            for one in self._changes.deleted(None if database is None else str(database), after)
            if ask.caller.may("edit", one.table.database)
        ]
        page = found[:size]
        more = len(found) > size
        cursor = int(page[-1].table.id) if more else None
        return {"tables": [self._shapes.deleted(one) for one in page], "cursor_id": cursor}

    def recover(self, ask: Ask) -> Json:
        """Bring a deleted table back."""
        found = self._changes.deleted_table(ask.path["table_id"])
        if found is None:
            raise not_found("a deleted table", ask.path["table_id"])
        database = ask.values.text("database_name") or found.table.database
        name = ask.values.text("table_name") or found.table.name
        self._desk.database(ask.caller, found.table.database, "edit")
        if not self._tables.has_database(database):
            raise no_database(database)
        self._destination(ask, database)
        table = self._changes.recover(found, database, name)
        shape = self._shapes.table(table)
        shape["last_log_timestamp"] = self._changes.newest_time(table)  # no client reads a date
        return {key: value for key, value in shape.items() if key != "schema"}

    def delete_range(self, ask: Ask) -> Json:
        """Start a job that deletes the rows of some hours."""
        table = self._edited(ask)
        first = ask.values.whole("from", -_LAST_SECOND, _LAST_SECOND)
        end = ask.values.whole("to", -_LAST_SECOND, _LAST_SECOND)
        if first is None or end is None:
            raise invalid("'from' and 'to' parameters are required")
        if first % _HOUR or end % _HOUR or first >= end:
            raise invalid("'from' and 'to' must be whole hours, 'from' before 'to'")
        work = {"table": table.name, "from": first, "to": end}
        job = self._jobs.start("partialdelete", table.database, ask.caller.user, work=work)
        return {
            "job_id": job.id,
            "database": table.database,
            "table": table.name,
            "from": first,
            "to": end,
        }

    def _delete_range(self, job: Job) -> int:
        table = self._tables.table(str(job.database), job.work["table"])
        if table is None:
            raise no_table(job.work["table"])
        with self._store.transaction():
            return self._changes.delete_range(table, job.work["from"], job.work["to"])

    def _edited(self, ask: Ask) -> Table:
        return self._desk.table(ask.caller, ask.path["database"], ask.path["table"], "edit")


def _reference(database: str, table: str) -> dict[str, Json]:
    return {"database": database, "table": table, "type": "log"}
