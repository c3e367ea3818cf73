"""Comparisons that Presto refuses: DuckDB would cast one side, Presto never casts text.

Only what is certain is checked: constants, casts, and columns of tables that a SELECT reads
from directly. What comes out of a function or a subquery is left to DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.tables import place
from argosy.sandbox.sql.values import shown_type

if TYPE_CHECKING:
    from argosy.sandbox.sql.tables import TableNames

_SYMBOLS: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_NUMBERS: Final = ("tinyint", "smallint", "integer", "bigint", "real", "double", "decimal")
_FAMILIES: Final = ("varchar", "boolean")


def check_comparison(node: exp.Binary, names: TableNames) -> None:
    """Refuse a comparison of text with a number, or of either with a boolean."""
    left, right = _type_of(node.this, names), _type_of(node.expression, names)
    if left is None or right is None:
        return
    families = {_family(left), _family(right)}
    if None not in families and len(families) > 1:
        column = next(
            (side for side in (node.this, node.expression) if isinstance(side, exp.Column)), None
        )
        line, at = place(column.this) if column is not None else (None, None)
        raise QueryFailedError(
            f"'{_SYMBOLS[type(node)]}' cannot be applied to {left}, {right}", line=line, column=at
        )


def _family(kind: str) -> str | None:
    if kind.startswith(_NUMBERS):
        return "number"
    return next((name for name in _FAMILIES if kind.startswith(name)), None)


def _type_of(node: exp.Expr, names: TableNames) -> str | None:
    if isinstance(node, exp.Paren):
        return _type_of(node.this, names)
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
