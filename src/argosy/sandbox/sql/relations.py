"""What makes rows out of values: UNNEST, LATERAL VIEW, VALUES; and sessions out of rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.presto_nested import json_path
from argosy.sandbox.sql.rules import MADE, call, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNNAMED: Final = "unnamed:"
"""What the name of a column that the query doesn't name starts with, until it is shown."""

_OPENED: Final = "opened:"


def name_projections(select: exp.Select) -> None:
    """Give a name of ours to what a SELECT computes without one."""
    for place, node in enumerate(select.expressions):
        if isinstance(node, exp.Alias | exp.Column | exp.Star):
            continue
        is_field = isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier)
        name = node.expression.name if is_field else f"{UNNAMED}{place}"
        alias = exp.to_identifier(name, quoted=True)
        node.replace(exp.Alias(this=node.copy(), alias=alias))


def unnested(node: exp.Unnest) -> exp.Expr:
    """Make UNNEST a subquery beside its neighbours; a map gives two columns, a row its fields."""
    alias = node.args.get("alias") or exp.TableAlias()
    names: list[exp.Expr] = [*alias.args.get("columns", [])]
    offset = node.args.get("offset")
    opened = [call("x_entries", one) for one in node.expressions]
    deep = len(names) > len(opened)
    projections = [_unnest(one, deep=deep) for one in opened]
    if offset:
        projections.append(_numbered(opened))
        names.append(
            offset if isinstance(offset, exp.Identifier) else exp.to_identifier("ordinality")
        )
    if not alias.args.get("columns"):
        names = []
    return _beside(projections, alias.args.get("this"), names)


def _unnest(value: exp.Expr, *, deep: bool = False) -> exp.Expr:
    if not deep:
        return call("unnest", value)
    depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=number(2))
    return call("unnest", value, depth)


def _numbered(values: Sequence[exp.Expr]) -> exp.Expr:
    sizes = [call("len", value.copy()) for value in values]
    longest = sizes[0] if len(sizes) == 1 else call("greatest", *sizes)
    return call("unnest", call("range", number(1), exp.Add(this=longest, expression=number(1))))


def _beside(
    projections: Sequence[exp.Expr],
    name: exp.Expr | None,
    columns: Sequence[exp.Expr],
) -> exp.Expr:
    alias = exp.TableAlias(
        this=name or exp.to_identifier(_OPENED), columns=[one.copy() for one in columns]
    )
    inner = exp.Subquery(this=exp.Select(expressions=list(projections)))
    return exp.Lateral(this=inner, view=False, outer=False, alias=alias)


def opened_views(select: exp.Select) -> None:
    """Turn Hive's LATERAL VIEWs of a SELECT into joins."""
    views = select.args.get("laterals") or []
    if not views:
        return
    joins = list(select.args.get("joins") or [])
    for view in views:
        if not isinstance(view.this, exp.Anonymous):
            raise unsupported("This LATERAL VIEW")
        alias = view.args.get("alias") or exp.TableAlias()
        names = list(alias.args.get("columns", []))
        lateral = _beside(_table_function(view.this, len(names)), alias.args.get("this"), names)
        if view.args.get("outer"):
            joins.append(exp.Join(this=lateral, side="LEFT", on=exp.true()))
        else:
            joins.append(exp.Join(this=lateral, kind="CROSS"))
    select.set("laterals", None)
    select.set("joins", joins)


def exploded(select: exp.Select) -> None:
    """Make a LATERAL VIEW of Hive's SELECT of nothing but a table function."""
    if len(select.expressions) != 1:
        return
    node = select.expressions[0]
    if isinstance(node, exp.Alias) and isinstance(node.this, exp.Aliases):
        node = node.this
    function = node.this if isinstance(node, exp.Alias | exp.Aliases) else node
    if not isinstance(function, exp.Anonymous) or function.name.lower() not in _TABLE_FUNCTIONS:
        return
    if isinstance(node, exp.Aliases):
        names = [one.name for one in node.expressions]
    elif isinstance(node, exp.Alias) and not node.alias.startswith(UNNAMED):
        names = [node.alias]
    else:
        names = _own_names(function)
    columns = [exp.to_identifier(name, quoted=True) for name in names]
    made = exp.to_identifier(f"{_OPENED}own", quoted=True)
    alias = exp.TableAlias(this=made, columns=columns)
    select.append("laterals", exp.Lateral(this=function.copy(), view=True, alias=alias))
    select.set("expressions", [exp.column(one.copy(), made.copy()) for one in columns])
    if not select.args.get("from_"):
        nothing = exp.Subquery(
            this=exp.Select(expressions=[exp.alias_(exp.Null(), "nothing")]),
            alias=exp.TableAlias(this=exp.to_identifier(f"{_OPENED}nothing", quoted=True)),
        )
        select.set("from_", exp.From(this=nothing))


def _own_names(function: exp.Anonymous) -> list[str]:
    """Give the names that a table function's columns have where the query gives none."""
    name, arguments = function.name.lower(), function.expressions
    if name == "posexplode":
        return ["pos", "col"]
    if name == "explode":
        first = arguments[0] if arguments else None
        is_map = isinstance(first, exp.Anonymous) and first.name.lower() in {"map", "str_to_map"}
        return ["key", "value"] if is_map else ["col"]
    if name in {"json_tuple", "parse_url_tuple"}:
        return [f"c{place}" for place in range(len(arguments) - 1)]
    if name == "td_numeric_range":
        return ["n"]
    raise unsupported(f"{name} without names for its columns")


def _table_function(function: exp.Anonymous, columns: int) -> list[exp.Expr]:
    name, arguments = function.name.lower(), function.expressions
    made = _TABLE_FUNCTIONS.get(name)
    if made is None or not made[0] <= len(arguments) <= made[1]:
        raise QueryFailedError(f"FAILED: SemanticException Invalid table function {name}")
    return made[2](arguments, columns)


def _explode(arguments: list[exp.Expr], columns: int) -> list[exp.Expr]:
    return [_unnest(call("x_entries", arguments[0]), deep=columns == 2)]


def _posexplode(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    size = call("len", arguments[0].copy())
    return [call("unnest", call("range", size)), call("unnest", arguments[0])]


def _inline(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    return [_unnest(arguments[0], deep=True)]


def _json_tuple(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    document, *keys = arguments
    return [call("x_json_text_at", document.copy(), json_path(_as_path(key))) for key in keys]


def _numeric_range(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    return [call("unnest", call("t_range", *arguments))]


def _parse_url_tuple(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    return [call("h_parse_url", arguments[0].copy(), part) for part in arguments[1:]]


def _as_path(key: exp.Expr) -> exp.Expr:
    if not (isinstance(key, exp.Literal) and key.is_string) or '"' in key.this:
        raise QueryFailedError("json_tuple: a key must be a constant text")
    return text(f'$["{key.this}"]')


def _stacked(arguments: list[exp.Expr], _: int) -> list[exp.Expr]:
    count, *values = arguments
    digits = str(count.this) if isinstance(count, exp.Literal) else ""
    rows = int(digits) if re.fullmatch(r"[1-9]\d{0,5}", digits) else 0
    if not 0 < rows <= len(values):
        raise QueryFailedError("stack: the number of rows must be a constant, and fit the values")
    width = -(-len(values) // rows)
    padded = [*values, *(exp.Null() for _ in range(width * rows - len(values)))]
    return [call("unnest", exp.Array(expressions=padded[place::width])) for place in range(width)]


_TABLE_FUNCTIONS: Final[dict[str, tuple[int, int, Callable[..., list[exp.Expr]]]]] = {
    "explode": (1, 1, _explode),
    "posexplode": (1, 1, _posexplode),
    "inline": (1, 1, _inline),
    "json_tuple": (2, 1000, _json_tuple),
    "stack": (2, 10_000, _stacked),
    "td_numeric_range": (1, 3, _numeric_range),
    "parse_url_tuple": (2, 100, _parse_url_tuple),
}


def regrouped(group: exp.Group) -> None:
    """Write Hive's WITH ROLLUP and its sets behind the columns as the standard does."""
    columns = group.expressions
    for name, kind in (("rollup", exp.Rollup), ("cube", exp.Cube)):
        for clause in group.args.get(name) or []:
            if not clause.expressions:
                group.set("expressions", [kind(expressions=columns)])
                group.set(name, None)
    sets = group.args.get("grouping_sets")
    if sets and columns:
        group.set("expressions", sets)
        group.set("grouping_sets", None)


def sort_keys_below(node: exp.Expr) -> exp.Order | None:
    """Give the order of the one subquery that a SELECT reads from, as TD_X_RANK relies on it."""
    select = node.find_ancestor(exp.Select)
    source = select.args.get("from_") if select else None
    inner = source.this.this if source and isinstance(source.this, exp.Subquery) else None
    if not isinstance(inner, exp.Select):
        return None
    keys = next(
        (inner.args[key] for key in ("sort", "order", "cluster") if inner.args.get(key)), None
    )
    return None if keys is None else exp.Order(expressions=[one.copy() for one in keys.expressions])


def sessionized(select: exp.Select) -> None:
    """Compute TD_SESSIONIZE_WINDOW: a session ends where the next row is `timeout` or more later.

    Each row is marked whether it starts a session, and the marks are summed up one level higher;
    the id is made of the partition's keys and the sum, so that it is the same at every run.
    """
    found = [
        node
        for node in select.expressions
        if isinstance(_bare(node), exp.Window) and _is_session(_bare(node).this)
    ]
    if not found:
        return
    if len(found) > 1:
        raise unsupported("More than one session in a SELECT")
    session = found[0]
    window = _bare(session)
    moment, timeout = window.this.expressions
    keys = list(window.args.get("partition_by") or [])
    order = window.args.get("order") or exp.Order(expressions=[exp.Ordered(this=moment.copy())])
    name = (
        session.alias
        if isinstance(session, exp.Alias)
        else f"{UNNAMED}{select.expressions.index(session)}"
    )
    _mark_starts(select, session, (name, moment, timeout, keys, order))
    _wrap(
        select,
        name,
        len(keys),
        len(order.expressions),
        [bool(o.args.get("desc")) for o in order.expressions],
    )


def _bare(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Alias) else node


def _is_session(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Anonymous)
        and node.name.lower() == "td_sessionize_window"
        and len(node.expressions) == 2
    )


def _mark_starts(
    select: exp.Select,
    session: exp.Expr,
    parts: tuple[str, exp.Expr, exp.Expr, list[exp.Expr], exp.Order],
) -> None:
    name, moment, timeout, keys, order = parts
    before = exp.Window(
        this=call("lag", moment.copy()),
        partition_by=[key.copy() for key in keys],
        order=order.copy(),
        over="OVER",
    )
    gap = exp.Sub(this=exp.Paren(this=moment.copy()), expression=before)
    goes_on = exp.LT(this=gap, expression=exp.Paren(this=timeout.copy()))
    mark = exp.Case(ifs=[exp.If(this=goes_on, true=number(0))], default=number(1))
    session.replace(exp.alias_(mark, name, quoted=True))
    for place, key in enumerate(keys):
        select.append("expressions", exp.alias_(key.copy(), f"session:key{place}", quoted=True))
    for place, one in enumerate(order.expressions):
        select.append("expressions", exp.alias_(one.this.copy(), f"session:by{place}", quoted=True))


def _wrap(select: exp.Select, name: str, keys: int, bys: int, descending: list[bool]) -> None:
    key_names = [f"session:key{place}" for place in range(keys)]
    by_names = [f"session:by{place}" for place in range(bys)]
    marks = exp.Window(
        this=call("sum", exp.column(name, quoted=True)),
        partition_by=[exp.column(one, quoted=True) for one in key_names],
        order=exp.Order(
            expressions=[
                exp.Ordered(this=exp.column(one, quoted=True), desc=down, nulls_first=False)
                for one, down in zip(by_names, descending, strict=True)
            ]
        ),
        over="OVER",
    )
    values = [exp.column(one, quoted=True) for one in key_names]
    shown = exp.cast(call("row", *values, marks), "VARCHAR")
    shown.meta[MADE] = True
    outer = exp.Select(
        expressions=[
            exp.Star(
                except_=[exp.to_identifier(one, quoted=True) for one in (*key_names, *by_names)],
                replace=[exp.alias_(call("t_session", shown), name, quoted=True)],
            )
        ]
    )
    inner = select.copy()
    for part in ("order", "limit", "offset", "distinct", "with_"):
        moved = inner.args.get(part)
        inner.set(part, None)
        outer.set(part, moved)
    outer = outer.from_(
        exp.Subquery(
            this=inner, alias=exp.TableAlias(this=exp.to_identifier("session:rows", quoted=True))
        )
    )
    if select.parent:
        select.replace(outer)
    else:
        _become(select, outer)


def _become(select: exp.Select, other: exp.Select) -> None:
    for part in list(select.args):
        select.set(part, None)
    for part, value in other.args.items():
        select.set(part, value)
