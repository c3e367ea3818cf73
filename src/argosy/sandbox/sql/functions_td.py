"""Treasure Data's own functions, which both engines have.

A time is a number of seconds since 1970, or a text that starts with yyyy-MM-dd; a zone is a
name, an abbreviation or an offset, and UTC where none is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql import times
from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.rules import (
    Arguments,
    Builder,
    Rule,
    builders,
    call,
    constant_text,
    folded,
    is_null,
    is_text,
    number,
    text,
)
from argosy.sandbox.sql.zones import formatted, td_zone

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession

_STRINGS: Final = {
    "y": "yyyy",
    "q": "yyyy-MM",
    "M": "yyyy-MM",
    "w": "yyyy-MM-dd",
    "d": "yyyy-MM-dd",
    "h": "yyyy-MM-dd HH",
    "m": "yyyy-MM-dd HH:mm",
    "s": "yyyy-MM-dd HH:mm:ss",
}
_UNITS: Final = {
    "y": "year",
    "q": "quarter",
    "M": "month",
    "w": "week",
    "d": "day",
    "h": "hour",
    "m": "minute",
    "s": "second",
}
NEEDS_DATA: Final = {
    **dict.fromkeys(
        (
            "td_ip_to_country_code",
            "td_ip_to_country_name",
            "td_ip_to_subdivision_names",
            "td_ip_to_most_specific_subdivision_name",
            "td_ip_to_least_specific_subdivision_name",
            "td_ip_to_city_name",
            "td_ip_to_latitude",
            "td_ip_to_longitude",
            "td_ip_to_metro_code",
            "td_ip_to_time_zone",
            "td_ip_to_postal_code",
            "td_ip_to_connection_type",
            "td_ip_to_domain",
            "td_lat_long_to_country",
        ),
        "needs the vendor's database of places, which the sandbox doesn't have",
    ),
    "td_parse_user_agent": "needs the vendor's list of browsers, which the sandbox doesn't have",
    "td_parse_agent": "needs the vendor's list of browsers, which the sandbox doesn't have",
    "td_currency_conv": "needs the vendor's exchange rates, which the sandbox doesn't have",
    "td_substr_inencoding": "needs text encodings that DuckDB doesn't have",
}
"""Functions that exist, and why the sandbox can't compute them."""


def _zone_at(arguments: Arguments, place: int) -> exp.Expr | None:
    if len(arguments) <= place or is_null(arguments[place]):
        return None
    return arguments[place]


def _epoch(node: exp.Expr, zone: exp.Expr | None) -> exp.Expr:
    """Give the unix time of a time, at once where it is a constant."""
    if is_text(node) and (zone is None or is_text(zone)):
        where = times.zone("UTC" if zone is None else str(zone.this))
        epoch = times.epoch_of(str(node.this), where)
        return exp.Null() if epoch is None else exp.cast(number(epoch), "BIGINT")
    if isinstance(node, exp.Literal) and str(node.this).isdigit():
        return node
    return call("t_epoch", node, td_zone(zone))


def _time_range(arguments: Arguments, _: QuerySession) -> exp.Expr:
    moment, zone = arguments[0], _zone_at(arguments, 3)
    tests: Arguments = []
    for place, kind in ((1, exp.GTE), (2, exp.LT)):
        if len(arguments) <= place or is_null(arguments[place]):
            continue
        bound = _epoch(arguments[place], zone)
        if is_null(bound):
            shown = constant_text(arguments[place], "The bound")
            raise QueryFailedError(f"TD_TIME_RANGE: invalid time '{shown}'")
        test: exp.Expr = kind(this=moment.copy(), expression=bound)
        if not isinstance(bound, exp.Cast | exp.Literal):  # a bound that turns out NULL is open
            test = call("coalesce", test, exp.Is(this=bound.copy(), expression=exp.Null()))
        tests.append(test)
    if not tests:
        return exp.Paren(this=exp.Not(this=exp.Is(this=moment, expression=exp.Null())))
    return folded(exp.And, tests) if len(tests) > 1 else exp.Paren(this=tests[0])


def _time_format(arguments: Arguments, _: QuerySession) -> exp.Expr:
    pattern = constant_text(arguments[1], "The format")
    zone = td_zone(_zone_at(arguments, 2))
    shown = arguments[2] if len(arguments) > 2 and is_text(arguments[2]) else zone
    return _in_pattern(arguments[0], pattern, zone, shown)


def _in_pattern(moment: exp.Expr, pattern: str, zone: exp.Expr, shown: exp.Expr) -> exp.Expr:
    wall = call("t_wall", moment, zone)
    pieces = times.java_pieces(pattern)
    by_name = any(isinstance(p, times.ZonePart) and p.letters in {"z", "zzz"} for p in pieces)
    return formatted(wall, pieces, (moment, shown if by_name and is_text(shown) else zone))


def _time_string(arguments: Arguments, _: QuerySession) -> exp.Expr:
    code = constant_text(arguments[1], "The format")
    letter = code.removesuffix("!")
    if letter not in _STRINGS:
        raise QueryFailedError(f"TD_TIME_STRING: invalid format '{code}'")
    zone = td_zone(_zone_at(arguments, 2))
    start = call("t_date_trunc", text(_UNITS[letter]), arguments[0], zone)
    pattern = _STRINGS[letter] if code.endswith("!") else "yyyy-MM-dd HH:mm:ssZ"
    return _in_pattern(start, pattern, zone, zone)


def _time_parse(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return _epoch(arguments[0], _zone_at(arguments, 1))


def _time_add(arguments: Arguments, _: QuerySession) -> exp.Expr:
    if is_null(arguments[1]):
        return exp.Null()
    seconds = times.seconds_of(constant_text(arguments[1], "The duration"))
    moment = _epoch(arguments[0], _zone_at(arguments, 2))
    return exp.Paren(this=exp.Add(this=moment, expression=exp.cast(number(seconds), "BIGINT")))


def _date_trunc(arguments: Arguments, _: QuerySession) -> exp.Expr:
    unit = constant_text(arguments[0], "The unit").lower()
    if unit not in _UNITS.values():
        raise QueryFailedError(f"TD_DATE_TRUNC: invalid unit '{unit}'")
    return call("t_date_trunc", text(unit), arguments[1], td_zone(_zone_at(arguments, 2)))


def _range_of(
    interval: exp.Expr, zone: exp.Expr | None, session: QuerySession
) -> tuple[exp.Expr, exp.Expr]:
    where = times.zone("UTC" if zone is None else constant_text(zone, "The time zone"))
    length = constant_text(interval, "The interval")
    start, end = times.interval_range(length, session.scheduled_time, where)
    return number(start), number(end)


def _interval(arguments: Arguments, session: QuerySession) -> exp.Expr:
    moment = arguments[0]
    start, end = _range_of(arguments[1], _zone_at(arguments, 2), session)
    from_start = exp.GTE(this=moment, expression=start)
    return folded(exp.And, [from_start, exp.LT(this=moment.copy(), expression=end)])


def _interval_range(arguments: Arguments, session: QuerySession) -> exp.Expr:
    bounds = _range_of(arguments[0], _zone_at(arguments, 1), session)
    return exp.Array(expressions=[exp.cast(bound, "BIGINT") for bound in bounds])


def _scheduled_time(_: Arguments, session: QuerySession) -> exp.Expr:
    return exp.cast(number(session.scheduled_time), "BIGINT")


def _first_or_last(name: str) -> Builder:
    def build(arguments: Arguments, _: QuerySession) -> exp.Expr:
        value, *by = arguments
        return call(name, value, by[0] if len(by) == 1 else call("row", *by))

    return build


def _sum_if(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("sum", exp.Case(ifs=[exp.If(this=arguments[1], true=arguments[0])]))


def _average_if(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("avg", exp.Case(ifs=[exp.If(this=arguments[1], true=arguments[0])]))


def _row_number(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return exp.Window(this=call("row_number"), partition_by=arguments, over="OVER")


def _as_call(name: str) -> Builder:
    return lambda arguments, _: call(name, *arguments)


def _approx_distinct(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("count", exp.Distinct(expressions=arguments))


_CODED: Final[dict[str, tuple[int, int, Builder]]] = {
    "td_time_range": (2, 4, _time_range),
    "td_time_format": (2, 3, _time_format),
    "td_time_string": (2, 3, _time_string),
    "td_time_parse": (1, 2, _time_parse),
    "td_time_add": (2, 3, _time_add),
    "td_date_trunc": (2, 3, _date_trunc),
    "td_interval": (2, 3, _interval),
    "td_interval_range": (1, 2, _interval_range),
    "td_scheduled_time": (0, 0, _scheduled_time),
    "td_x_rank": (1, 100, _row_number),
    "td_md5": (1, 1, _as_call("md5")),
    "td_url_decode": (1, 1, _as_call("x_decoded")),
    "td_url_encode": (1, 1, _as_call("p_url_encode")),
    "td_array_index": (2, 2, _as_call("t_array_at")),
}


def td_rules() -> dict[str, Rule]:
    """Give the rules of Treasure Data's functions."""
    return builders(_CODED) | {
        "td_first": Rule(2, 20, _first_or_last("arg_min"), is_aggregate=True),
        "td_last": Rule(2, 20, _first_or_last("arg_max"), is_aggregate=True),
        "td_sumif": Rule(2, 2, _sum_if, is_aggregate=True),
        "td_avgif": Rule(2, 2, _average_if, is_aggregate=True),
        "td_approx_distinct": Rule(1, 1, _approx_distinct, is_aggregate=True),
    }
