"""Seeds: what a sandbox holds when it starts, and after a reset.

A seed is one JSON document, or a folder with that document as `seed.json` beside files of rows:

    {"databases": {"shop": {"customers": [{"time": 1700000000, "email": "ada@example.com"}],
                            "orders": {"file": "rows/orders.csv"}}},
     "parentSegments": [...]}

Every member is optional; what stands in the others is told by the families that read them
(`cdp.seeding`, `core`, `workflow`). Rows are taken as the records API takes them, in as many
batches as they need. In a folder, `databases/DATABASE/TABLE.csv` (or `.parquet`, `.json`,
`.jsonl`) is a table without being named, and a table may name any such file in the folder.
Columns of a file keep their types where a table has them; dates and times become texts. With
`"asOf": epoch` the `time` of every row of a file moves by whole days, so that `asOf` is today.

A document is read and planted in one go, inside the caller's transaction: a ShapeError leaves
the store as it was.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import orjson
from msgspec import Struct

from argosy.sandbox.reading import Node, ShapeError
from argosy.sandbox.records.models import NAME, Ingestion, Target
from argosy.sandbox.records.plain import MOST_RECORDS
from argosy.sandbox.store import RESERVED, quoted
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.foundation import Family, Foundation
    from argosy.sandbox.settings import Json

_DOCUMENT: Final = "seed.json"
_ROWS: Final = "databases"
_AS_OF: Final = "asOf"
_RAW: Final = "temp.seed_rows"
_DAY: Final = 86_400
_READERS: Final = {
    ".csv": "read_csv",
    ".parquet": "read_parquet",
    ".json": "read_json",
    ".jsonl": "read_json",
}
_KEPT_TYPES: Final = frozenset({"BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "JSON"})
_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
_FRACTIONS: Final = ("FLOAT", "DECIMAL")
_NESTED: Final = ("STRUCT", "MAP", "UNION")


class Seed(Struct, frozen=True):
    """A seed's document, and the folder that its files are in, if it has one."""

    document: Json
    folder: Path | None = None

    @classmethod
    def of(cls, chosen: Mapping[str, Json] | Path | None) -> Seed:
        """Read a seed as the settings name it; raise ShapeError if a folder's can't be read."""
        if isinstance(chosen, Mapping):
            return cls(dict(chosen))
        return _read(built_in_seed() if chosen is None else chosen)


def built_in_seed() -> Path:
    """Give the folder of the seed that comes with the sandbox: a small shop."""
    return Path(str(resources.files("argosy.sandbox").joinpath("shop")))


def _read(folder: Path) -> Seed:
    """Read a folder's document, and note the tables that are there as files."""
    if not folder.is_dir():
        raise ShapeError(f"{folder}: there is no such folder.")
    file = folder / _DOCUMENT
    try:
        document = orjson.loads(file.read_bytes()) if file.exists() else {}
    except (OSError, ValueError) as error:
        raise ShapeError(f"{file}: this can't be read as JSON. {error}") from error
    databases = dict(Node(document).members().get(_ROWS, Node({}, f"/{_ROWS}")).members())
    tables = {name: dict(node.members()) for name, node in databases.items()}
    for found in sorted((folder / _ROWS).glob("*/*")):
        if found.suffix in _READERS:
            named = {"file": found.relative_to(folder).as_posix()}
            tables.setdefault(found.parent.name, {}).setdefault(found.stem, Node(named))
    values = {
        name: {table: node.value for table, node in one.items()} for name, one in tables.items()
    }
    return Seed(document | {_ROWS: values}, folder)


def plant(seed: Seed, foundation: Foundation, families: Sequence[Family]) -> None:
    """Plant a seed in an empty store; raise ShapeError where it is wrong."""
    allowed = [_ROWS, _AS_OF, *(name for family in families for name in family.seed_members)]
    members = Node(seed.document).members(*allowed)
    if _ROWS in members:
        planter = _RowPlanter(foundation, seed.folder, members.get(_AS_OF))
        for name, tables in members[_ROWS].members().items():
            planter.plant_database(name, tables)
    for family in families:
        own = {name: node for name, node in members.items() if name in family.seed_members}
        family.plant(own, seed.folder)


class _RowPlanter:
    """Read databases and their rows into the tables."""

    def __init__(self, foundation: Foundation, folder: Path | None, as_of: Node | None) -> None:
        self._store = foundation.store
        self._tables = foundation.tables
        self._clock = foundation.clock
        self._folder = folder
        today = self._clock.now() // _DAY
        self._later = 0 if as_of is None else int(today - as_of.whole() // _DAY) * _DAY
        self._ingestion = Ingestion(
            foundation.store, foundation.tables, foundation.clock, foundation.randomness
        )

    def plant_database(self, database: str, tables: Node) -> None:
        """Plant a database."""
        _check_name(database, tables)
        if database in RESERVED:
            tables.refuse(f"the sandbox cannot have a database named {database!r}.")
        self._tables.create_database(database)
        for table, rows in tables.members().items():
            _check_name(table, rows)
            if isinstance(rows.value, dict):
                self._plant_file(database, table, rows)
            else:
                self._plant_rows(database, table, rows.items())

    def _plant_rows(self, database: str, table: str, rows: list[Node]) -> None:
        target = Target(database, table, makes_database=True, makes_table=True)
        self._ingestion.provide(target)
        for row in rows:
            row.members()
        for first in range(0, len(rows), MOST_RECORDS):
            some = rows[first : first + MOST_RECORDS]
            receipts = self._ingestion.ingest(target, [row.value for row in some])
            for row, receipt in zip(some, receipts, strict=True):
                if receipt.error is not None:
                    row.refuse(receipt.error.description)

    def _plant_file(self, database: str, table: str, node: Node) -> None:
        node.members("file")
        file = seed_file(node.required("file"), self._folder)
        if file.suffix not in _READERS:
            node.refuse(f"{file.name!r} ends in none of {', '.join(_READERS)}.")
        source = f"{_READERS[file.suffix]}('{str(file).replace(chr(39), chr(39) * 2)}')"
        try:
            # read once: what a CSV file's columns are takes longer to find out than to read them
            self._store.run(f"CREATE OR REPLACE TEMP TABLE {_RAW} AS SELECT * FROM {source}")
            described = self._store.run(f"DESCRIBE {_RAW}")
            columns = {name: kind for name, kind, *_ in described}
            self._tables.create_table(database, table)
            where = path(database, table)
            self._store.run(f"CREATE OR REPLACE TABLE {where} AS {_selected(columns, _RAW)}")
            self._store.run(f"DROP TABLE {_RAW}")
            now = int(self._clock.now())
            self._store.run(f"UPDATE {where} SET time = coalesce(time + ?, ?)", [self._later, now])
        except duckdb.Error as error:
            node.refuse(f"the rows of {file.name!r} can't be read. {error}")
        self._tables.forget_columns()


def seed_file(node: Node, folder: Path | None) -> Path:
    """Give the file or folder that a seed names; raise ShapeError if it isn't in the seed's."""
    name = node.text()
    if folder is None:
        node.refuse("a seed that is no folder can't name files.")
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        node.refuse(f"{name!r} is not in the seed's folder.")
    if not found.exists():
        node.refuse(f"{name!r} is not there.")
    return found


def _selected(columns: Mapping[str, str], source: str) -> str:
    """Write the query that reads a file with the types a table has, its `time` first."""
    time = "time::BIGINT" if "time" in columns else "NULL::BIGINT"
    others = [
        f"{quoted(name)}::{_table_type(kind)} AS {quoted(name)}"
        for name, kind in columns.items()
        if name != "time"
    ]
    return f"SELECT {', '.join([f'{time} AS time', *others])} FROM {source}"


def _table_type(kind: str) -> str:
    """Give the type a table has for a type that DuckDB found in a file."""
    if kind in _KEPT_TYPES:
        return kind
    if kind.endswith("[]") or kind.startswith(_NESTED):
        return "JSON"
    if kind in _WHOLE:
        return "BIGINT"
    return "DOUBLE" if kind.startswith(_FRACTIONS) else "VARCHAR"


def _check_name(name: str, node: Node) -> None:
    Node(name, node.where).text(NAME, f"a name that matches ^{NAME}$")
