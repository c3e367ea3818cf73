"""Casts: what a type of the query is in DuckDB, and how a value gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql import times
from argosy.sandbox.sql.errors import unsupported
from argosy.sandbox.sql.rules import call, number, text
from argosy.sandbox.sql.zones import zone_name

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import Engine

_Kind = exp.DataType.Type
_TEXTS: Final = frozenset({_Kind.VARCHAR, _Kind.TEXT, _Kind.CHAR, _Kind.NVARCHAR, _Kind.NCHAR})
_WHOLE: Final = frozenset({_Kind.BIGINT, _Kind.INT, _Kind.SMALLINT, _Kind.TINYINT})
_PLAIN: Final = {
    _Kind.BOOLEAN: "BOOLEAN",
    _Kind.TINYINT: "TINYINT",
    _Kind.SMALLINT: "SMALLINT",
    _Kind.INT: "INTEGER",
    _Kind.BIGINT: "BIGINT",
    _Kind.FLOAT: "REAL",
    _Kind.DOUBLE: "DOUBLE",
    _Kind.VARBINARY: "BLOB",
    _Kind.BINARY: "BLOB",
    _Kind.DATE: "DATE",
    _Kind.TIME: "TIME",
    _Kind.TIMESTAMP: "TIMESTAMP",
    _Kind.JSON: "JSON",
    _Kind.UUID: "UUID",
}


def duck_type(kind: exp.DataType) -> str:
    """Give a type of the query in DuckDB's spelling; refuse what isn't known."""
    name = kind.this
    if name in _TEXTS:
        return "VARCHAR"
    if name in _PLAIN:
        return _PLAIN[name]
    inner = kind.expressions
    if name == _Kind.DECIMAL:
        sizes = [int(one.this.this) for one in inner]
        precision, scale = [*sizes, 0][:2] if sizes else (38, 0)
        if not (0 < precision <= 38 and 0 <= scale <= precision):
            raise unsupported(f"DECIMAL({precision}, {scale})")
        return f"DECIMAL({precision}, {scale})"
    if name == _Kind.ARRAY and len(inner) == 1:
        return duck_type(inner[0]) + "[]"
    if name == _Kind.MAP and len(inner) == 2:
        return f"MAP({duck_type(inner[0])}, {duck_type(inner[1])})"
    if name == _Kind.STRUCT and inner:
        return f"STRUCT({', '.join(_field(one, place) for place, one in enumerate(inner))})"
    raise unsupported(f"The type {kind.sql().upper()}")


def _field(node: exp.Expr, place: int) -> str:
    if isinstance(node, exp.ColumnDef) and isinstance(node.kind, exp.DataType):
        name = node.name.replace('"', '""')
        return f'"{name}" {duck_type(node.kind)}'
    if isinstance(node, exp.DataType):
        return f"field{place} {duck_type(node)}"
    raise unsupported("This ROW type")


def plain_cast(value: exp.Expr, duck: str, *, safely: bool = False) -> exp.Expr:
    """Make DuckDB's own cast."""
    kind = exp.DataType.build(duck, dialect="duckdb")
    return (exp.TryCast if safely else exp.Cast)(this=value, to=kind)


def cast(node: exp.Cast, engine: Engine) -> exp.Expr:
    """Make what a cast of the query's is."""
    if engine == "hive":
        return _hive(node.this, node.to)
    made = _presto(node.this, node.to)
    return call("try", made) if isinstance(node, exp.TryCast) else made


_PRESTO_MACROS: Final = {
    _Kind.DATE: "p_date",
    _Kind.TIMESTAMP: "p_timestamp",
    _Kind.TIME: "p_time",
    _Kind.JSON: "p_json",
}


def _cut(shown: exp.Expr, kind: exp.DataType) -> exp.Expr:
    """Cut a text to the length of its type, if it has one."""
    size = kind.expressions[0].this if kind.expressions else None
    return shown if size is None else call("substr", shown, number(1), size.copy())


def _presto(value: exp.Expr, kind: exp.DataType) -> exp.Expr:
    name = kind.this
    if name in _TEXTS:
        return _cut(call("x_shown", value), kind)
    if name in _WHOLE:
        whole = call("p_bigint", value)
        return whole if name == _Kind.BIGINT else plain_cast(whole, duck_type(kind))
    if name in {_Kind.TIMESTAMPTZ, _Kind.TIMESTAMPLTZ}:
        return _zoned(value)
    by_macro = _PRESTO_MACROS.get(name)
    if by_macro and (name == _Kind.JSON or not isinstance(value, exp.Literal)):
        return call(by_macro, value)
    return plain_cast(value, duck_type(kind))


def _zoned(value: exp.Expr) -> exp.Expr:
    if not (isinstance(value, exp.Literal) and value.is_string):
        return call("p_zoned", value)
    moment, _, where = str(value.this).strip().rpartition(" ")
    if not moment or where[:1].isdigit():
        moment, where = str(value.this), "UTC"
    times.zone(where)
    name = zone_name(where)
    wall = plain_cast(text(moment), "TIMESTAMP")
    return call("x_at_zone", call("x_from_wall", wall, text(name)), text(name))


def _hive(value: exp.Expr, kind: exp.DataType) -> exp.Expr:
    name = kind.this
    if name in _TEXTS:
        return _cut(call("h_string", value), kind)
    if name in _WHOLE:
        whole = call("h_bigint", value)
        return whole if name == _Kind.BIGINT else plain_cast(whole, duck_type(kind), safely=True)
    if name == _Kind.BOOLEAN:
        return call("h_boolean", value)
    if name == _Kind.DATE:
        return call("h_day", value)
    if name in {_Kind.TIMESTAMP, _Kind.TIMESTAMPTZ, _Kind.TIMESTAMPLTZ}:
        return call("h_moment", value)
    return plain_cast(value, duck_type(kind), safely=True)
