"""Presto's functions of arrays, maps and JSON, and those that take a lambda."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.rules import (
    Arguments,
    Builder,
    call,
    constant_text,
    is_text,
    number,
    text,
)

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession


_MOST_GROUPS: Final = 50


def json_path(node: exp.Expr) -> exp.Expr:
    """Turn a JSON path of Presto's or Hive's into one of DuckDB's."""
    if not is_text(node):
        return node
    path = str(node.this)
    rest = path.removeprefix("$") if path.startswith("$") else f".{path}"
    steps: list[str] = []
    pattern = re.compile(
        r"""\.?\[(\d+)\]|\.?\[(\*)\]|\.?\[(["'])(.*?)\3\]|\.("[^"]*"|[^.\[\]"]+)"""
    )
    position = 0
    while position < len(rest):
        found = pattern.match(rest, position)
        if not found:
            raise QueryFailedError(f"Invalid JSON path: '{path}'")
        index, every, _, quoted, name = found.groups()
        key = (quoted if quoted is not None else (name or "")).strip('"')
        steps.append(f"[{index or every}]" if index or every else f'."{key}"')
        position = found.end()
    return text("$" + "".join(steps))


def is_of_many(path: exp.Expr) -> bool:
    """Say whether a path, as `json_path` makes them, leads to any number of values."""
    return is_text(path) and "[*]" in re.sub('"[^"]*"', "", str(path.this))


def _json_at(name: str) -> Builder:
    def build(arguments: Arguments, _: QuerySession) -> exp.Expr:
        path = json_path(arguments[1])
        if is_of_many(path) and name == "x_json_scalar_at":
            return exp.cast(exp.null(), "VARCHAR")  # an array is no scalar
        return call("x_json_list_at" if is_of_many(path) else name, arguments[0], path)

    return build


def _json_size(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("p_json_size", arguments[0], json_path(arguments[1]))


def _map(arguments: Arguments, _: QuerySession) -> exp.Expr:
    if len(arguments) == 1:
        raise QueryFailedError("Unexpected parameters for function map")
    return call("map", *arguments)


def _lambda(node: exp.Expr, count: int) -> exp.Lambda:
    if not isinstance(node, exp.Lambda) or len(node.expressions) != count:
        raise QueryFailedError(f"a lambda expression of {count} argument(s) is expected here")
    return node


def _list_filter(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("list_filter", arguments[0], _lambda(arguments[1], 1))


def _list_transform(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("list_transform", arguments[0], _lambda(arguments[1], 1))


def _matching(name: str) -> Builder:
    def build(arguments: Arguments, session: QuerySession) -> exp.Expr:
        return call(name, _list_transform(arguments, session))

    return build


def _none_match(arguments: Arguments, session: QuerySession) -> exp.Expr:
    return exp.Paren(this=exp.Not(this=call("p_any_match", _list_transform(arguments, session))))


def _reduce(arguments: Arguments, _: QuerySession) -> exp.Expr:
    values, first, step, last = arguments
    reduced = call("list_reduce", values, _lambda(step, 2), first)
    listed = exp.Array(expressions=[reduced])
    return exp.Bracket(
        this=call("list_transform", listed, _lambda(last, 1)), expressions=[number(1)]
    )


def _replaced(function: exp.Lambda, by: Arguments) -> exp.Expr:
    """Put expressions in place of a lambda's parameters."""
    names = [str(one.name) for one in function.expressions]
    values = dict(zip(names, by, strict=True))
    body = exp.Paren(this=function.this.copy())
    for node in list(body.find_all(exp.Identifier)):
        if node.name in values and isinstance(node.parent, exp.Expr):
            if isinstance(node.parent, exp.Column):
                node.parent.replace(values[node.name].copy())
            elif not (isinstance(node.parent, exp.Dot) and node.arg_key == "expression"):
                node.replace(values[node.name].copy())
    return body


def _member(of: str, field: str) -> exp.Expr:
    return exp.Dot(this=exp.to_identifier(of), expression=exp.to_identifier(field))


def _over_entries(node: exp.Expr, pair: exp.Lambda) -> tuple[exp.Expr, exp.Expr]:
    body = _replaced(pair, [_member("entry", "key"), _member("entry", "value")])
    return call("map_entries", node), body


def _of_entry(body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier("entry")])


def struct(**fields: exp.Expr) -> exp.Expr:
    """Make a row of named fields."""
    return call(
        "struct_pack",
        *(
            exp.PropertyEQ(this=exp.to_identifier(name), expression=value)
            for name, value in fields.items()
        ),
    )


def _map_filter(arguments: Arguments, _: QuerySession) -> exp.Expr:
    entries, body = _over_entries(arguments[0], _lambda(arguments[1], 2))
    return call("map_from_entries", call("list_filter", entries, _of_entry(body)))


def _transform_values(arguments: Arguments, _: QuerySession) -> exp.Expr:
    entries, body = _over_entries(arguments[0], _lambda(arguments[1], 2))
    made = struct(key=_member("entry", "key"), value=body)
    return call("map_from_entries", call("list_transform", entries, _of_entry(made)))


def _transform_keys(arguments: Arguments, _: QuerySession) -> exp.Expr:
    entries, body = _over_entries(arguments[0], _lambda(arguments[1], 2))
    made = struct(key=body, value=_member("entry", "value"))
    return call("map_from_entries", call("list_transform", entries, _of_entry(made)))


def _zip_with(arguments: Arguments, _: QuerySession) -> exp.Expr:
    first, second, function = arguments
    pair = exp.to_identifier("entry")
    at = [exp.Bracket(this=pair.copy(), expressions=[number(place)]) for place in (1, 2)]
    body = _replaced(_lambda(function, 2), list(at))
    return call("list_transform", call("list_zip", first, second), _of_entry(body))


def _map_zip_with(arguments: Arguments, _: QuerySession) -> exp.Expr:
    """Join two maps by a function of each key and its values, NULL where a map has none."""
    first, second, function = arguments
    key = exp.to_identifier("joined")
    values = [exp.Bracket(this=one.copy(), expressions=[key.copy()]) for one in (first, second)]
    body = _replaced(_lambda(function, 3), [key.copy(), *values])
    keys = call("p_array_union", call("map_keys", first), call("map_keys", second))
    entry = exp.Lambda(this=struct(key=key.copy(), value=body), expressions=[key])
    return call("map_from_entries", call("list_transform", keys, entry))


def _array_sort(arguments: Arguments, _: QuerySession) -> exp.Expr:
    """Sort; with a comparator, by how many elements are before each of them.

    That takes a comparison of each with each, and is stable as Presto's sort is.
    """
    if len(arguments) == 1:
        return call("p_array_sort", arguments[0])
    values, function = arguments
    item, place, other = (exp.to_identifier(name) for name in ("item", "place", "other"))
    order = _replaced(_lambda(function, 2), [other.copy(), item.copy()])
    is_before = exp.Lambda(this=exp.LT(this=order, expression=number(0)), expressions=[other])
    before = call("len", call("list_filter", values.copy(), is_before))
    ranked = struct(before=before, place=place.copy(), item=item.copy())
    all_ranked = call("list_transform", values, exp.Lambda(this=ranked, expressions=[item, place]))
    return call(
        "list_transform", call("list_sort", all_ranked), _of_entry(_member("entry", "item"))
    )


def replaced_by_function(value: exp.Expr, pattern: exp.Expr, function: exp.Expr) -> exp.Expr:
    """Replace what a constant pattern matches by a function of the list of its groups."""
    try:
        count = re.compile(constant_text(pattern, "The pattern of a function")).groups
    except (re.error, OverflowError, RecursionError):
        raise QueryFailedError("Invalid regular expression") from None
    if count > _MOST_GROUPS:
        raise unsupported(f"A pattern of more than {_MOST_GROUPS} groups")
    match = exp.to_identifier("entry")
    groups = exp.Array(
        expressions=[
            call("regexp_extract", match.copy(), pattern.copy(), number(group))
            for group in range(1, count + 1)
        ]
    )
    listed = exp.Array(expressions=[groups])
    made = _of_entry(
        exp.Bracket(
            this=call("list_transform", listed, _lambda(function, 1)), expressions=[number(1)]
        )
    )
    matches = call("regexp_extract_all", value.copy(), pattern.copy())
    parts = call("regexp_split_to_array", value, pattern)
    return call("p_woven", parts, call("list_transform", matches, made))


def _sql_json(name: str) -> Builder:
    """Make SQL/JSON's functions, with two arguments: a document and a path with its mode."""

    def build(arguments: Arguments, session: QuerySession) -> exp.Expr:
        path = constant_text(arguments[1], "A JSON path").strip()
        mode, _, rest = path.partition(" ")
        if mode not in {"lax", "strict"}:
            raise QueryFailedError(f"Invalid JSON path: '{path}'")
        return _json_at(name)([arguments[0], text(rest.strip())], session)

    return build


def _json_exists(arguments: Arguments, session: QuerySession) -> exp.Expr:
    return call("p_json_exists", arguments[0], _sql_json("x_json_at")(arguments, session))


NESTED_FUNCTIONS: Final[dict[str, tuple[int, int, Builder]]] = {
    "json_extract": (2, 2, _json_at("x_json_at")),
    "json_extract_scalar": (2, 2, _json_at("x_json_scalar_at")),
    "json_size": (2, 2, _json_size),
    "map": (0, 2, _map),
    "filter": (2, 2, _list_filter),
    "transform": (2, 2, _list_transform),
    "any_match": (2, 2, _matching("p_any_match")),
    "all_match": (2, 2, _matching("p_all_match")),
    "none_match": (2, 2, _none_match),
    "reduce": (4, 4, _reduce),
    "map_filter": (2, 2, _map_filter),
    "transform_values": (2, 2, _transform_values),
    "transform_keys": (2, 2, _transform_keys),
    "zip_with": (3, 3, _zip_with),
    "array_sort": (1, 2, _array_sort),
    "map_zip_with": (3, 3, _map_zip_with),
    "json_value": (2, 2, _sql_json("x_json_scalar_at")),
    "json_query": (
        2,
        2,
        lambda arguments, session: call(
            "p_json_format", _sql_json("x_json_at")(arguments, session)
        ),
    ),
    "json_exists": (2, 2, _json_exists),
}
