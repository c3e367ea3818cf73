"""Declared columns of tables: reading, setting and adding them, and the schema's text.

The vendor keeps a schema beside the rows and reads them through it; here the columns are real.
Not documented, so assumed or else: setting a schema gives columns their declared types, where
values that can't be read become null, as they would read; columns it doesn't name stay if any
row has a value there, so that nothing is lost, and go otherwise.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from msgspec.structs import replace

from argosy.sandbox.core.column_types import duckdb_type, vendor_type
from argosy.sandbox.core.errors import invalid
from argosy.sandbox.records.batch import MOST_COLUMNS, check_column_name, folded
from argosy.sandbox.records.errors import RefusedRecordError
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import Column, path

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Table

Declared = tuple[tuple[str, ...], ...]

_IMPLICIT: Final = frozenset({"time", "v"})
_NESTED_TEXT: Final = frozenset({"VARCHAR", "JSON"})


class Schemas:
    """The declared columns of a store's tables."""

    def __init__(self, foundation: Foundation) -> None:
        self._store = foundation.store
        self._tables = foundation.tables

    def set(self, table: Table, declared: Declared) -> Table:
        """Declare exactly these columns."""
        named = {folded(one[0]) for one in declared}
        with self._store.transaction():
            for column in self._columns(table):
                if folded(column.name) not in named and not self._has_values(table, column):
                    self._drop(table, column)
            return self._declare(replace(table, schema=declared), declared)

    def append(self, table: Table, added: Declared) -> Table:
        """Declare more columns; refuse one that is declared already with another type."""
        known = {folded(one[0]): one for one in table.schema}
        for one in added:
            other = known.get(folded(one[0]))
            if other is not None and duckdb_type(other[1]) != duckdb_type(one[1]):
                raise invalid(f"Validation failed: column {one[0]!r} already exists")
        new = tuple(one for one in added if folded(one[0]) not in known)
        with self._store.transaction():
            return self._declare(replace(table, schema=table.schema + new), new)

    def _declare(self, table: Table, declared: Declared) -> Table:
        """Make the columns of a part of a table's schema, and keep it."""
        here = {folded(column.name): column for column in self._columns(table)}
        for name, word, *_ in declared:
            wanted, known = duckdb_type(word), here.get(folded(name))
            if known is None:
                self._tables.add_column(table.database, table.name, Column(name, wanted))
            elif known.type != wanted:
                self._read_as(table, known, wanted)
        if len(self._tables.columns(table.database, table.name)) > MOST_COLUMNS:
            raise invalid(f"Validation failed: more than {MOST_COLUMNS} columns")
        self._tables.change_table(table)
        return table

    def _columns(self, table: Table) -> list[Column]:
        columns = self._tables.columns(table.database, table.name)
        return [column for column in columns if column.name != "time"]

    def _has_values(self, table: Table, column: Column) -> bool:
        where = path(table.database, table.name)
        sql = f"SELECT 1 FROM {where} WHERE {quoted(column.name)} IS NOT NULL LIMIT 1"
        return bool(self._store.run(sql))

    def _drop(self, table: Table, column: Column) -> None:
        where = path(table.database, table.name)
        self._store.run(f"ALTER TABLE {where} DROP COLUMN {quoted(column.name)}")
        self._tables.forget_columns()

    def _read_as(self, table: Table, column: Column, wanted: str) -> None:
        where, name = path(table.database, table.name), quoted(column.name)
        is_nested = wanted.endswith("]") or wanted.startswith("MAP")
        read = f"TRY_CAST({name} AS JSON)" if is_nested and column.type in _NESTED_TEXT else name
        cast = f"TYPE {wanted} USING TRY_CAST({read} AS {wanted})"
        self._store.run(f"ALTER TABLE {where} ALTER COLUMN {name} {cast}")
        self._tables.forget_columns()

    def text(self, table: Table, *, with_descriptions: bool = False) -> str:
        """Write a table's columns as JSON text: `[name, type]`, an alias, a description."""
        declared = {folded(one[0]): one for one in table.schema}
        places = {name: place for place, name in enumerate(declared)}
        columns = self._columns(table)
        columns.sort(key=lambda column: places.get(folded(column.name), len(places)))
        listed = []
        for column in columns:
            one = declared.get(folded(column.name), (column.name,))
            known = len(one) > 1 and duckdb_type(one[1]) == column.type
            word = one[1] if known else vendor_type(column.type)
            rest = one[2:4] if with_descriptions else one[2:3]
            listed.append([one[0], word, *rest])
        return orjson.dumps(listed).decode()


def read_schema(document: Json) -> Declared:
    """Read `[[name, type, alias, description], …]`; refuse anything else with 422."""
    if not isinstance(document, list | tuple) or len(document) > MOST_COLUMNS:
        raise invalid("'schema' parameter must be an array of columns")
    declared = tuple(_read_column(one) for one in document)
    if len({folded(one[0]) for one in declared}) < len(declared):
        raise invalid("Validation failed: Schema has a column twice")
    return declared


def _read_column(document: Json) -> tuple[str, ...]:
    is_column = isinstance(document, list | tuple) and 2 <= len(document) <= 4
    if not is_column or not all(isinstance(one, str) for one in document):
        raise invalid("Validation failed: a column is [name, type, alias, description]")
    name, word = document[:2]
    try:
        check_column_name(name)
    except RefusedRecordError as error:
        raise invalid(f"Validation failed: {error}") from error
    if folded(name) in _IMPLICIT:
        raise invalid(f"Validation failed: column {name!r} is implicit")
    duckdb_type(word)
    return tuple(document)
