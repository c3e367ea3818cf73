"""Presto's functions of dates and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql import times
from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.rules import (
    Arguments,
    Builder,
    call,
    constant_text,
    number,
    text,
)
from argosy.sandbox.sql.zones import formatted, in_zone

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession


_PARTS: Final = {
    "year": "year",
    "quarter": "quarter",
    "month": "month",
    "week": "week",
    "week_of_year": "week",
    "day": "day",
    "day_of_month": "day",
    "day_of_week": "isodow",
    "dow": "isodow",
    "day_of_year": "dayofyear",
    "doy": "dayofyear",
    "hour": "hour",
    "minute": "minute",
    "second": "second",
    "year_of_week": "isoyear",
    "yow": "isoyear",
}


_STEPS: Final = {
    "millisecond": ("to_milliseconds", 1),
    "second": ("to_seconds", 1),
    "minute": ("to_minutes", 1),
    "hour": ("to_hours", 1),
    "day": ("to_days", 1),
    "week": ("to_days", 7),
    "month": ("to_months", 1),
    "quarter": ("to_months", 3),
    "year": ("to_months", 12),
}


def date_part(part: str, of: exp.Expr) -> exp.Expr:
    """Make the extraction of a part of a date or time."""
    name = part.lower()
    if name in {"millisecond", "milliseconds"}:
        return call("p_millisecond", of)
    if name not in _PARTS:
        raise QueryFailedError(f"Invalid EXTRACT field: {part}")
    return call(_PARTS[name], call("x_wall", of))


def _part_builder(name: str) -> Builder:
    return lambda arguments, _: date_part(name, arguments[0])


def added(unit: str, amount: exp.Expr, to: exp.Expr) -> exp.Expr:
    """Make `to` plus an amount of units."""
    if unit.lower() not in _STEPS:
        raise QueryFailedError(f"'{unit}' is not a valid TIMESTAMP field")
    name, factor = _STEPS[unit.lower()]
    amount = exp.Paren(this=amount)
    scaled = amount if factor == 1 else exp.Mul(this=amount, expression=number(factor))
    whole = scaled if name == "to_milliseconds" else exp.cast(scaled, "INT")
    return call("p_plus", to, call(name, whole))


def _date_add(arguments: Arguments, _: QuerySession) -> exp.Expr:
    unit, amount, to = arguments
    return added(constant_text(unit, "The unit"), amount, to)


def _unit(node: exp.Expr, *, milliseconds: bool) -> exp.Expr:
    unit = constant_text(node, "The unit").lower()
    if unit not in _STEPS or (unit == "millisecond" and not milliseconds):
        raise QueryFailedError(f"'{unit}' is not a valid TIMESTAMP field")
    return text(unit)


def _date_trunc(arguments: Arguments, _: QuerySession) -> exp.Expr:
    unit, value = arguments
    return call("p_date_trunc", _unit(unit, milliseconds=False), value)


def _date_diff(arguments: Arguments, _: QuerySession) -> exp.Expr:
    unit, first, second = arguments
    return call("p_date_diff", _unit(unit, milliseconds=True), first, second)


def _date_format(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value, pattern = arguments
    return call(
        "strftime",
        call("x_wall", value),
        text(times.mysql_pieces(constant_text(pattern, "The format"))),
    )


def _date_parse(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value, pattern = arguments
    return call("strptime", value, text(times.mysql_pieces(constant_text(pattern, "The format"))))


def _format_datetime(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value, pattern = arguments
    pieces = times.java_pieces(constant_text(pattern, "The format"))
    is_plain = all(isinstance(piece, str) for piece in pieces)
    zoned = None if is_plain else (call("x_epoch_of", value.copy()), call("x_zone", value.copy()))
    return formatted(call("x_wall", value), pieces, zoned)


def _parse_datetime(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value, pattern = arguments
    pieces = times.java_pieces(constant_text(pattern, "The format"))
    if any(isinstance(piece, times.ZonePart) for piece in pieces):
        parts = [piece if isinstance(piece, str) else "%z" for piece in pieces]
        parsed = call("strptime", value, text("".join(parts)))
        return call("x_at_zone", call("timezone", text("UTC"), parsed), text("UTC"))
    parsed = call("strptime", value, text("".join(str(piece) for piece in pieces)))
    return call("x_utc", parsed)


def _from_unixtime(arguments: Arguments, _: QuerySession) -> exp.Expr:
    moment = call("x_of_seconds", arguments[0])
    if len(arguments) == 1:
        return call("x_utc", moment)
    if len(arguments) == 2:
        return in_zone(moment, arguments[1])
    raise unsupported("from_unixtime with hours and minutes")


def _at_timezone(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return in_zone(arguments[0], arguments[1])


def _with_timezone(arguments: Arguments, _: QuerySession) -> exp.Expr:
    moment, where = arguments
    name = constant_text(where, "The time zone")
    times.zone(name)
    return call("x_at_zone", call("x_from_wall", moment, text(name)), text(name))


def _now(_: Arguments, session: QuerySession) -> exp.Expr:
    return zoned_now(session)


def now(session: QuerySession) -> exp.Expr:
    """Make the query's own time by the clock of UTC, in milliseconds as Presto has it."""
    return call("make_timestamp", number(int(session.now * 1000) * 1000))


def zoned_now(session: QuerySession) -> exp.Expr:
    """Make the query's own time with its zone, which is UTC as in the vendor's sessions."""
    return call("x_utc", now(session))


def _local_now(_: Arguments, session: QuerySession) -> exp.Expr:
    return now(session)


def _current_timezone(_: Arguments, __: QuerySession) -> exp.Expr:
    return text("UTC")


TIME_FUNCTIONS: Final[dict[str, tuple[int, int, Builder]]] = {
    **{name: (1, 1, _part_builder(name)) for name in _PARTS},
    "date_add": (3, 3, _date_add),
    "date_trunc": (2, 2, _date_trunc),
    "date_diff": (3, 3, _date_diff),
    "date_format": (2, 2, _date_format),
    "date_parse": (2, 2, _date_parse),
    "format_datetime": (2, 2, _format_datetime),
    "parse_datetime": (2, 2, _parse_datetime),
    "from_unixtime": (1, 3, _from_unixtime),
    "at_timezone": (2, 2, _at_timezone),
    "with_timezone": (2, 2, _with_timezone),
    "now": (0, 0, _now),
    "current_timestamp": (0, 1, _now),
    "localtimestamp": (0, 1, _local_now),
    "current_timezone": (0, 0, _current_timezone),
}
