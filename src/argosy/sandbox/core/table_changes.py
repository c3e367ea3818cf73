"""What the core API does to whole tables: rename, swap, move, delete so that it can come back.

A deleted table keeps its id and its rows, under a name that no table can have, until its
database is deleted or it is recovered. Not documented, so assumed: there is no time limit.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.core.databases import check_name
from argosy.sandbox.core.errors import CoreError, already_there
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import Table, path

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Database

_DELETED: Final = "deleted-table"
_IMPORT: Final = "import-id"
_EXPIRY: Final = "table-expiry"
_DAY: Final = 86_400
_VALUE_BYTES: Final = 8


class DeletedTable(Struct, frozen=True):
    """A table that was deleted and can be recovered."""

    table: Table
    database_id: str
    deleted_at: float


class TableChanges:
    """Changes to whole tables."""

    def __init__(self, foundation: Foundation) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._tables = foundation.tables
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        foundation.agenda.handlers[_EXPIRY] = self._expire

    def size(self, table: Table) -> int:
        """Estimate a table's bytes: the vendor's is compressed, this counts eight a value."""
        columns = self._tables.columns(table.database, table.name)
        return self._tables.count(table.database, table.name) * len(columns) * _VALUE_BYTES

    def newest_time(self, table: Table) -> int | None:
        """Give the largest `time` in a table; None if it has no rows."""
        where = path(table.database, table.name)
        found: int | None = self._store.run(f"SELECT max(time) FROM {where}")[0][0]
        return found

    def touch(self, table: Table) -> Table:
        """Note that a table has changed now."""
        changed = replace(table, updated_at=self._clock.now())
        self._tables.change_table(changed)
        return changed

    def rename(self, table: Table, name: str, *, overwrite: bool = False) -> Table:
        """Give a table another name; `overwrite` deletes the one that has it."""
        check_name(name)
        if name == table.name:
            return table
        taken = self._tables.table(table.database, name)
        if taken is not None and not overwrite:
            raise already_there("Table", name)
        with self._store.transaction():
            if taken is not None:
                self.delete(taken)
            return self._named(table, name)

    def _named(self, table: Table, name: str) -> Table:
        self._rename_rows(table.database, table.name, name)
        changed = replace(table, name=name, updated_at=self._clock.now())
        self._tables.change_table(changed)
        return changed

    def _rename_rows(self, database: str, old: str, new: str) -> None:
        self._store.run(f"ALTER TABLE {path(database, old)} RENAME TO {quoted(new)}")
        self._tables.forget_columns()

    def swap(self, one: Table, other: Table) -> None:
        """Let two tables of a database trade names."""
        if one.id == other.id:
            return
        with self._store.transaction():
            self._rename_rows(one.database, one.name, _hidden(one))
            self._named(other, one.name)
            self._rename_rows(one.database, _hidden(one), other.name)
            now = self._clock.now()
            self._tables.change_table(replace(one, name=other.name, updated_at=now))

    def move(self, table: Table, database: str) -> Table:
        """Put a table into another database."""
        if not self._tables.has_database(database):
            raise CoreError(404, "Destination database is not found")
        if self._tables.has_table(database, table.name):
            raise CoreError(409, "Table table already exists in the destination")
        return self.transfer(table, database, table.name)

    def transfer(self, table: Table, database: str, name: str) -> Table:
        """Put a table into another database, where the name is free."""
        check_name(name)
        with self._store.transaction():
            self._copy_rows(table.database, table.name, database, name)
            self._store.run(f"DROP TABLE {path(table.database, table.name)}")
            self._documents.remove("table", table.id)
            now = self._clock.now()
            moved = replace(table, database=database, name=name, updated_at=now)
            self._tables.adopt_table(moved)
        return moved

    def _copy_rows(self, database: str, name: str, to: str, new: str) -> None:
        # in the order they came, which is how they are shown
        source = f"SELECT * FROM {path(database, name)} ORDER BY rowid"
        self._store.run(f"CREATE TABLE {path(to, new)} AS {source}")

    def delete(self, table: Table) -> None:
        """Delete a table so that it can be recovered."""
        if table.delete_protected:
            raise CoreError(403, f"Table {table.name} is delete protected")
        owner = self._tables.database(table.database)
        assert owner is not None  # noqa: S101 - the table was found in it
        document = {
            "table": asdict(table),
            "database_id": owner.id,
            "deleted_at": self._clock.now(),
        }
        with self._store.transaction():
            self._rename_rows(table.database, table.name, _hidden(table))
            self._documents.remove("table", table.id)
            self._documents.add(_DELETED, owner.id, {table.id: document})

    def deleted(
        self, database: str | None = None, after: int = -1, most: int = -1
    ) -> list[DeletedTable]:
        """Give deleted tables, of one database (its id) or of all, by ascending id."""
        found = self._documents.page(_DELETED, database, after=after, most=most)
        return [_deleted(document) for document in found]

    def deleted_table(self, key: str) -> DeletedTable | None:
        """Give a deleted table by its id."""
        document = self._documents.find(_DELETED, key)
        return None if document is None else _deleted(document)

    def recover(self, deleted: DeletedTable, database: str, name: str) -> Table:
        """Bring a deleted table back into a database, under a name that is free."""
        check_name(name)
        old = deleted.table
        if self._tables.has_table(database, name):
            raise already_there("Table", name)
        with self._store.transaction():
            if database == old.database:
                self._rename_rows(database, _hidden(old), name)
            else:
                self._copy_rows(old.database, _hidden(old), database, name)
                self._store.run(f"DROP TABLE {path(old.database, _hidden(old))}")
            self._documents.remove(_DELETED, old.id)
            now = self._clock.now()
            table = replace(old, database=database, name=name, updated_at=now)
            self._tables.adopt_table(table)
        return table

    def forget_deleted(self, database: Database) -> None:
        """Let go of a database's deleted tables: it goes itself."""
        for one in self.deleted(database.id):
            self._store.run(f"DROP TABLE {path(database.name, _hidden(one.table))}")
            self._documents.remove(_DELETED, one.table.id)
            self.forget_imports(one.table)
        for name in self._tables.every_table(database.name):
            self.forget_imports(name)

    def knows_import(self, table: Table, unique_id: str) -> bool:
        """Say whether an import with this id was taken before."""
        return self._documents.named(_IMPORT, unique_id, table.id) is not None

    def remember_import(self, table: Table, unique_id: str) -> None:
        """Note that an import with this id was taken."""
        key = self._documents.new_id(_IMPORT)
        self._documents.add(_IMPORT, table.id, {key: {"id": key, "name": unique_id}})

    def forget_imports(self, table: Table) -> None:
        """Forget the ids of the imports of a table that goes."""
        for one in self._documents.every(_IMPORT, table.id):
            self._documents.remove(_IMPORT, one["id"])

    def delete_range(self, table: Table, first: int, end: int) -> int:
        """Delete the rows from one epoch to before another; give how many there were."""
        where = path(table.database, table.name)
        sql = f"DELETE FROM {where} WHERE time >= ? AND time < ?"
        return int(self._store.run(sql, [first, end])[0][0])

    def plan_expiry(self, table: Table) -> None:
        """See to it that a table's rows go when they are too old, from now on once a day."""
        self._agenda.drop(_EXPIRY, table.id)
        if table.expire_days:
            self._agenda.at(_EXPIRY, table.id, self._clock.now())

    def _expire(self, key: str, _stage: str) -> None:
        document = self._documents.find("table", key)
        found = None if document is None else document["expire_days"]
        if document is None or not found:
            return
        table = self._tables.table(document["database"], document["name"])
        assert table is not None  # noqa: S101 - its document was just read
        now = self._clock.now()
        self.delete_range(table, -(10**12), int(now) - found * _DAY)
        self._agenda.at(_EXPIRY, key, now + _DAY)


def _hidden(table: Table) -> str:
    return f"deleted:{table.id}"


def _deleted(document: Json) -> DeletedTable:
    found = document["table"]
    schema = tuple(tuple(one) for one in found["schema"])
    table = Table(**(found | {"schema": schema}))
    return DeletedTable(table, document["database_id"], document["deleted_at"])
