"""Moments in a zone, and their text by a pattern, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql import times
from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.rules import call, constant_text, folded, is_text, number, text

if TYPE_CHECKING:
    from collections.abc import Sequence


def in_zone(moment: exp.Expr, where: exp.Expr) -> exp.Expr:
    """Give the moment the clock of a zone."""
    name = constant_text(where, "The time zone")
    return call("x_at_zone", moment, text(zone_name(name)))


def zone_name(name: str) -> str:
    """Give the name by which DuckDB knows a zone; fail where there is none."""
    seconds = times.fixed_seconds(times.zone(name))
    if seconds is None:
        return times.RENAMED.get(name, name)
    if seconds == 0:
        return "UTC"
    if seconds % 3600:
        raise QueryFailedError(f"'{name}' is not a valid time zone here", "unsupported")
    return f"Etc/GMT{'-' if seconds > 0 else '+'}{abs(seconds) // 3600}"


def td_zone(where: exp.Expr | None) -> exp.Expr:
    """Give a zone as TD's macros take it: a name, or the seconds it is ahead of UTC."""
    if where is None:
        return number(0)
    if not is_text(where):
        return where
    name = str(where.this)
    seconds = times.constant_seconds(name)
    return (
        text(times.RENAMED.get(name, name))
        if seconds is None
        else exp.cast(number(seconds), "BIGINT")
    )


_KEEP_ZONE: Final = frozenset({"p_plus", "p_minus", "p_date_trunc", "coalesce", "try"})


_FAR: Final = frozenset({"x_at_zone", "p_like_zoned", "p_from_iso_timestamp"})
"""What gives a moment in a zone that may be another than UTC: a STRUCT, see `macros`."""


def is_zoned(node: exp.Expr, makers: frozenset[str] = _FAR | {"x_utc", "p_zoned"}) -> bool:
    """Say whether a translated expression surely is a moment with a zone.

    A column's type isn't known here: what comes out of a subquery is not found.
    """
    if isinstance(node, exp.Paren):
        return is_zoned(node.this, makers)
    if isinstance(node, exp.Case | exp.If):
        return any(is_zoned(one, makers) for one in _branches(node))
    if not isinstance(node, exp.Anonymous):
        return False
    if node.name in makers:
        return True
    parts = [is_zoned(one, makers) for one in node.expressions]
    # a moment minus a moment is a length
    return node.name in _KEEP_ZONE and any(parts) and not (node.name == "p_minus" and all(parts))


def _branches(node: exp.Case | exp.If) -> list[exp.Expr]:
    if isinstance(node, exp.If):
        return [node.args[part] for part in ("true", "false") if node.args.get(part)]
    default = node.args.get("default")
    return [one.args["true"] for one in node.args["ifs"]] + ([default] if default else [])


def align(values: Sequence[exp.Expr]) -> None:
    """Make all the values, in their places, of one type in DuckDB if one has a zone of its own.

    Those in UTC need nothing: DuckDB takes a moment without a zone to be in UTC, as Presto does.
    """
    if not any(is_zoned(one, _FAR) for one in values):
        return
    for one in values:
        if not (is_zoned(one, _FAR) or isinstance(one, exp.Null)):
            holder = call("p_like_zoned")
            one.replace(holder)
            holder.append("expressions", one)


def align_branches(node: exp.Case | exp.If) -> None:
    """Give all the values that a CASE or an IF may have a zone, if one has."""
    align(_branches(node))


def formatted(
    wall: exp.Expr,
    pieces: Sequence[str | times.ZonePart],
    zoned: tuple[exp.Expr, exp.Expr] | None,
) -> exp.Expr:
    """Write a wall clock's time by the pieces of a pattern.

    `zoned` is the unix time and the zone, for the places of the zone; None means UTC.
    """
    parts = [
        call("strftime", wall.copy(), text(piece))
        if isinstance(piece, str)
        else _zone_text(piece.letters, zoned)
        for piece in pieces
    ]
    if not parts:
        return call("strftime", wall, text(""))
    return folded(exp.DPipe, parts)


def _zone_text(letters: str, zoned: tuple[exp.Expr, exp.Expr] | None) -> exp.Expr:
    utc = {"z": "UTC", "zzz": "UTC", "Z": "+0000", "ZZ": "+00:00", "X": "Z", "XX": "Z", "XXX": "Z"}
    if zoned is None:
        return text(utc[letters])
    moment, where = zoned
    if isinstance(where, exp.Literal) and not where.is_string and where.this == "0":
        return text(utc[letters])
    if letters in {"z", "zzz"}:
        return where.copy() if is_text(where) else call("t_offset", moment.copy(), where.copy())
    offset = call("t_offset", moment.copy(), where.copy())
    return call("t_offset_colon", offset) if letters in {"ZZ", "XXX"} else offset
