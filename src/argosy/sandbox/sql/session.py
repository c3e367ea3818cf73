"""What a query runs in, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

Engine = Literal["presto", "hive"]
Kind = Literal["select", "insert", "create", "delete", "drop", "show", "describe", "explain", "set"]

Known = Mapping[str, Sequence[str]]
"""The databases there are, and the names of the tables in each."""

_HIVE_NAMES: Final = (
    ("timestamp(3) with time zone", "timestamp"),
    ("timestamp(3)", "timestamp"),
    ("varchar", "string"),
    ("integer", "int"),
    ("real", "float"),
    ("varbinary", "binary"),
    ("json", "string"),
    ("row(", "struct("),
)


class QuerySession(Struct, frozen=True):
    """Who asks, as far as an answer depends on it; times are in epoch seconds."""

    engine: Engine
    database: str
    scheduled_time: int
    now: float
    tables: Known


class ResultColumn(Struct, frozen=True):
    """A column of a result; the type is spelt as Presto does."""

    name: str
    type: str


class TableName(Struct, frozen=True):
    """A table in a database."""

    database: str
    table: str


class Outcome(Struct, frozen=True):
    """What a statement gave.

    `written` counts the rows inserted or deleted. `created` and `dropped` are the tables that
    the statement made or removed in DuckDB: the caller keeps its own catalogue in step.
    """

    kind: Kind
    columns: tuple[ResultColumn, ...] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    written: int = 0
    created: tuple[TableName, ...] = ()
    dropped: tuple[TableName, ...] = ()


def hive_type(presto_type: str) -> str:
    """Spell a result column's type as Hive does: string, int, array<string>."""
    text = presto_type
    for presto, hive in _HIVE_NAMES:
        text = text.replace(presto, hive)
    if text.startswith(("decimal(", "char(")):
        return text
    return _with_colons(text) if "(" in text else text


def _with_colons(text: str) -> str:
    shown = text.replace("(", "<").replace(")", ">").replace(", ", ",")
    return shown.replace(" ", ":") if "struct<" in shown else shown
