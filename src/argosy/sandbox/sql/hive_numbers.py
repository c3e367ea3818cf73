"""Texts where Hive wants numbers: it makes doubles of them, and NULL of what isn't a number.

Presto refuses all of that, see `comparisons`. What is surely a number already is left alone, so
that most queries stay as they are; what isn't known before DuckDB binds the query goes through a
macro that DuckDB chooses by the type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sqlglot import exp

from argosy.sandbox.sql.comparisons import family_of, type_of
from argosy.sandbox.sql.rules import call, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.sandbox.sql.tables import TableNames

_Kind = Literal["number", "text", "other"]

NUMERIC: Final = words(
    "sum avg stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp "
    "percentile percentile_approx abs ceil ceiling floor round sqrt cbrt exp ln log log2 log10 "
    "pow power sign sin cos tan asin acos atan degrees radians pmod negative"
)
"""Functions of numbers, which take texts as well; they are aggregates or have few arguments."""

_NUMBERS: Final = words(
    "h_number h_bigint h_divide h_mod h_div h_round h_datediff h_unix_timestamp h_size h_year "
    "h_month h_dayofmonth h_hour h_minute h_second h_instr h_locate count sum avg row_number rank "
    "dense_rank ntile percent_rank length floor ceil sqrt abs quantile_cont t_epoch t_date_trunc"
)
"""What gives nothing but numbers."""
_OPERATORS: Final = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg)


def as_number(node: exp.Expr, names: TableNames) -> None:
    """Make a number of a value, in its place, unless it is one."""
    if isinstance(node, exp.Distinct):
        for one in list(node.expressions):
            as_number(one, names)
    elif not isinstance(node, exp.Null | exp.Interval | exp.Star) and (
        _kind_of(node, names) in {"text", None}
    ):
        _wrap(node, "h_number")


def alike(
    values: Sequence[exp.Expr], names: TableNames, spend: Callable[[list[exp.Expr]], None]
) -> None:
    """Make values that are compared with the first of them comparable, in their places.

    Beside a number a text is a double. Beside a date or time it is one; Hive's releases differ
    there, and for texts that are written as usual all come to the same. `spend` is told of all
    that is copied.
    """
    kinds = [_kind_of(one, names) for one in values]
    if any(isinstance(one, exp.Any | exp.All | exp.Tuple) for one in values):
        return
    if "number" in kinds:
        for one in values:
            as_number(one, names)
        return
    if any(isinstance(one, exp.Null) for one in values):
        return
    first, second = values[0].copy(), values[1].copy()
    for place, one in enumerate(values):
        other = first if place else second
        if kinds[place] in {"text", None} and kinds[0 if place else 1] is None:
            spend([other])
            _wrap(one, "h_beside", other.copy())


def _wrap(node: exp.Expr, name: str, *more: exp.Expr) -> None:
    holder = call(name)
    node.replace(holder)
    holder.set("expressions", [node, *more])


def _kind_of(node: exp.Expr, names: TableNames) -> _Kind | None:
    """Say what a translated expression is, as far as that can be known here."""
    while isinstance(node, exp.Paren | exp.Window | exp.Filter):
        node = node.this
    if _is_number(node):
        return "number"
    if isinstance(node, exp.Interval | exp.Predicate | exp.Connector | exp.Not):
        return "other"
    kind = type_of(node, names)
    if kind is None:
        return None
    families: dict[str | None, _Kind] = {"number": "number", "varchar": "text"}
    return families.get(family_of(kind), "other")


def _is_number(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name in _NUMBERS
    if isinstance(node, exp.Cast) and isinstance(node.to, exp.DataType):
        return bool(node.to.is_type(*exp.DataType.NUMERIC_TYPES))
    return isinstance(node, _OPERATORS)
