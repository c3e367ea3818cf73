"""Comparisons and sums that Presto refuses: DuckDB would cast a text, Presto never does.

Only what is certain is checked: constants, casts, and columns of tables that a SELECT reads
from directly. What comes out of a function or a subquery is left to DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.tables import place
from argosy.sandbox.sql.values import ZONED_TYPE, shown_type
from argosy.sandbox.sql.zones import is_zoned

if TYPE_CHECKING:
    from argosy.sandbox.sql.tables import TableNames

_SYMBOLS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.Neg: "-",
}
_NUMBERS: Final = ("tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
_FAMILIES: Final = ("varchar", "boolean", ZONED_TYPE)


def check_comparison(node: exp.Binary, names: TableNames) -> None:
    """Refuse a comparison of text with a number, or of either with a boolean."""
    left, right = type_of(node.this, names), type_of(node.expression, names)
    if left is None or right is None:
        return
    families = {family_of(left), family_of(right)}
    if None not in families and len(families) > 1:
        column = next(
            (side for side in (node.this, node.expression) if isinstance(side, exp.Column)), None
        )
        line, at = place(column.this) if column is not None else (None, None)
        raise QueryFailedError(
            f"'{_SYMBOLS[type(node)]}' cannot be applied to {left}, {right}", line=line, column=at
        )


def check_arithmetic(node: exp.Binary | exp.Neg, names: TableNames) -> None:
    """Refuse to reckon with texts and booleans, and with a moment and a plain number.

    A constant text beside what isn't known here gets its type, so that DuckDB refuses it too.
    """
    sides = [node.this] if isinstance(node, exp.Neg) else [node.this, node.expression]
    types = [type_of(side, names) for side in sides]
    known = [kind for kind in types if kind is not None]
    families = {family_of(kind) for kind in known}
    if len(known) == len(sides) and (
        families & {"varchar", "boolean"} or families == {"number", ZONED_TYPE}
    ):
        column = next((side for side in sides if isinstance(side, exp.Column)), None)
        line, at = place(column.this) if column is not None else (None, None)
        raise QueryFailedError(
            f"'{_SYMBOLS[type(node)]}' cannot be applied to {', '.join(known)}",
            line=line,
            column=at,
        )
    for side in sides:
        if isinstance(side, exp.Literal) and side.is_string:
            side.replace(exp.cast(side.copy(), "VARCHAR"))


def is_number(node: exp.Expr, names: TableNames) -> bool:
    """Say whether a translated expression is a number for sure, as far as can be known here."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Mod | exp.Neg):
        # what may be of dates and times has become a call
        return is_number(node.this, names)
    kind = type_of(node, names)
    return kind is not None and family_of(kind) == "number"


def family_of(kind: str) -> str | None:
    """Say which types a type can be compared with."""
    if kind.startswith(_NUMBERS):
        return "number"
    return next((name for name in _FAMILIES if kind.startswith(name)), None)


def type_of(node: exp.Expr, names: TableNames) -> str | None:
    """Give the type of a constant, of a table's column or of a moment with a zone."""
    if isinstance(node, exp.Paren):
        return type_of(node.this, names)
    if is_zoned(node):
        return ZONED_TYPE
    if isinstance(node, exp.Boolean):
        return "boolean"
    if isinstance(node, exp.Literal):
        if node.is_string:
            return f"varchar({len(node.this)})"
        return "integer" if str(node.this).isdigit() else "double"
    return _column_type(node, names) if isinstance(node, exp.Column) else None


def _column_type(column: exp.Column, names: TableNames) -> str | None:
    select = column.find_ancestor(exp.Query, exp.Lambda)
    if not isinstance(select, exp.Select) or column.args.get("db") or select.args.get("laterals"):
        return None
    source = select.args.get("from_")
    tables = [source.this] if source else []
    tables += [join.this for join in select.args.get("joins") or []]
    found: list[str] = []
    for table in tables:
        if not isinstance(table, exp.Table) or names.is_common(table):
            return None
        if column.table and column.table.lower() != table.alias_or_name.lower():
            continue
        found += [
            "varchar" if kind == "JSON" else shown_type(kind)
            for name, kind in names.columns(names.existing(table))
            if name.lower() == column.name.lower()
        ]
    return found[0] if len(found) == 1 else None
