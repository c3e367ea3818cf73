"""Where a job's result goes besides being fetched: a table of the sandbox, or the outbox.

A URL `td://…/database/table?mode=…`, or a connection of that type, writes into a table here. Its
modes are append (the usual one), replace (other columns and rows), truncate (other rows) and
update (rows with the same values in the `unique` columns go first; without any, as append).
Everything else is kept in the outbox as CSV with a header, since nothing is sent to anyone.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct, field

from argosy.sandbox.core.databases import check_name
from argosy.sandbox.core.errors import CoreError, forbidden, invalid
from argosy.sandbox.core.result_urls import masked_url
from argosy.sandbox.core.results import unpacked, written
from argosy.sandbox.records.batch import folded
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import Column, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.auth import Caller
    from argosy.sandbox.core.connections import Connections
    from argosy.sandbox.core.imports import Imports
    from argosy.sandbox.core.jobs import JobOptions
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Table

Columns = tuple[tuple[str, str], ...]

MODES: Final = ("append", "replace", "truncate", "update")
_OWN_TYPES: Final = frozenset({"td", "treasure_data"})
_WHOLE: Final = frozenset({"bigint", "integer", "smallint", "tinyint"})
_FRACTIONS: Final = frozenset({"double", "real"})


class Destination(Struct, frozen=True):
    """Where a result goes: a table here if `database` is set, else somewhere outside."""

    shown: str
    type: str
    database: str | None = None
    table: str = ""
    mode: str = "append"
    unique: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


class ResultTargets:
    """Write results to where they are to go."""

    def __init__(self, foundation: Foundation, imports: Imports, connections: Connections) -> None:
        self._store = foundation.store
        self._tables = foundation.tables
        self._outbox = foundation.outbox
        self._imports = imports
        self._connections = connections

    def destination(
        self, options: JobOptions, database: str | None, more: dict[str, Any] | None = None
    ) -> Destination | None:
        """Tell where a job's result goes; None for nowhere. Raise the 404 or 422 answer."""
        settings = options.connection_settings | (more or {})
        if options.connection is not None:
            connection = self._connections.find(options.connection)
            url = connection.url
        elif options.result is not None:
            named = self._connections.named(options.result.partition(":")[0])
            has_scheme = "://" in options.result
            url = named.url if named is not None and not has_scheme else options.result
        else:
            return None
        return read_destination(url, settings, database)

    def check(
        self,
        caller: Caller,
        options: JobOptions,
        database: str | None,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Refuse a place that can't be written to, or that the caller may not write to."""
        found = self.destination(options, database, more)
        name = None if found is None else found.database
        if name is not None and not caller.may("import", name):
            raise forbidden(f"import into the database {name}")

    def deliver(
        self,
        job: str,
        options: JobOptions,
        database: str | None,
        columns: Columns,
        content: bytes,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Write a result (msgpack.gz) to where its job says, if it says so.

        `more` are settings that go before those of the connection.
        """
        target = self.destination(options, database, more)
        if target is None:
            return
        names = [name for name, _ in columns]
        if target.database is not None:
            rows = [dict(zip(names, row, strict=True)) for row in unpacked(content)]
            self.write(target, columns, rows)
            return
        file = written(content, "csv", names, header=True, nullify_special=False)
        facts: Json = {"job_id": job, "type": target.type, "columns": columns}
        self._outbox.put(f"job:{job}", target.shown, f"job-{job}.csv", file, facts)

    def write(self, target: Destination, columns: Columns, rows: Sequence[dict[str, Json]]) -> None:
        """Write rows into a table, which is made if it is missing; its database must be there."""
        database = target.database
        assert database is not None  # noqa: S101 - asked for by the caller
        if not self._tables.has_database(database):
            raise CoreError(404, f"Couldn't find UserDatabase with name = {database}")
        with self._store.transaction():
            table = self._tables.table(database, target.table)
            if table is None:
                table = self._tables.create_table(database, target.table)
            if target.mode in {"replace", "truncate"}:
                self._store.run(f"DELETE FROM {path(database, target.table)}")
            if target.mode == "replace":
                self._drop_columns(table)
            elif target.mode == "update":
                self._drop_matching(table, target.unique, rows)
            self._provide(table, columns)
            self._imports.take(table, rows)

    def _drop_columns(self, table: Table) -> None:
        where = path(table.database, table.name)
        for column in list(self._tables.columns(table.database, table.name)):
            if column.name != "time":
                self._store.run(f"ALTER TABLE {where} DROP COLUMN {quoted(column.name)}")
        self._tables.forget_columns()

    def _provide(self, table: Table, columns: Columns) -> None:
        """Make columns that rows might not bring, since all their values may be null."""
        here = {folded(one.name) for one in self._tables.columns(table.database, table.name)}
        for name, kind in columns:
            if folded(name) not in here:
                made = Column(name, _column_type(kind))
                self._tables.add_column(table.database, table.name, made)
                here.add(folded(name))

    def _drop_matching(
        self, table: Table, unique: tuple[str, ...], rows: Sequence[dict[str, Json]]
    ) -> None:
        here = {folded(one.name) for one in self._tables.columns(table.database, table.name)}
        if not unique or not {folded(name) for name in unique} <= here:
            return
        where = path(table.database, table.name)
        tests = " AND ".join(f"{quoted(name)}::VARCHAR = ?" for name in unique)
        for values in {tuple(_as_text(row.get(name)) for name in unique) for row in rows}:
            self._store.run(f"DELETE FROM {where} WHERE {tests}", values)


def read_destination(
    url: str, settings: dict[str, Any], database: str | None = None
) -> Destination:
    """Read a result URL, and settings that go before what it says; raise the 422 answer."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query)) | {
        key: str(value) for key, value in settings.items() if value is not None
    }
    kind = parts.scheme or url
    if kind not in _OWN_TYPES:
        return Destination(masked_url(url), kind, settings=settings)
    words = [word for word in parts.path.split("/") if word]
    named = options.get("database") or options.get("database_name")
    owner = named or (words[-2] if len(words) > 1 else database)
    table = options.get("table") or options.get("table_name") or (words[-1] if words else "")
    mode = options.get("mode", "append")
    if owner is None or not table:
        raise invalid("Validation failed: the result URL names no database and table")
    if mode not in MODES:
        raise invalid(f"Validation failed: mode {mode!r} is none of {', '.join(MODES)}")
    check_name(table)
    unique = options.get("unique") or options.get("key") or ""
    keys = tuple(one.strip() for one in unique.split(",") if one.strip())
    return Destination(masked_url(url), kind, owner, table, mode, keys)


def _column_type(kind: str) -> str:
    """Give the column type for a type of Presto's in a result."""
    if kind in _WHOLE:
        return "BIGINT"
    if kind in _FRACTIONS:
        return "DOUBLE"
    if kind == "boolean":
        return "BOOLEAN"
    return "JSON" if kind.startswith(("array", "map", "row")) else "VARCHAR"


def _as_text(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)
