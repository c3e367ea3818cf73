"""Types and values of results: from DuckDB's to what a job's result shows."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.times import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ZONED_TYPE: Final = "timestamp(3) with time zone"
_NAMES: Final = {
    "BIGINT": "bigint",
    "HUGEINT": "bigint",
    "UBIGINT": "bigint",
    "UHUGEINT": "bigint",
    "UINTEGER": "bigint",
    "INTEGER": "integer",
    "USMALLINT": "integer",
    "SMALLINT": "smallint",
    "UTINYINT": "smallint",
    "TINYINT": "tinyint",
    "DOUBLE": "double",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "VARCHAR": "varchar",
    "JSON": "json",
    "BLOB": "varbinary",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp(3)",
    "TIMESTAMP_NS": "timestamp(3)",
    "TIMESTAMP_MS": "timestamp(3)",
    "TIMESTAMP_S": "timestamp(3)",
    "TIMESTAMP WITH TIME ZONE": ZONED_TYPE,
    "INTERVAL": "interval day to second",
    "UUID": "uuid",
    '"NULL"': "unknown",
    "NULL": "unknown",
}
_ZONED: Final = re.compile(r'^STRUCT\("?instant"? TIMESTAMP, "?zone"? VARCHAR\)$')
_BOUND: Final = 2**63


def shown_type(duck: str) -> str:
    """Spell a type of DuckDB's as Presto does."""
    duck = duck.strip()
    if duck in _NAMES:
        return _NAMES[duck]
    if duck.startswith("DECIMAL") and duck.endswith(")"):
        return duck.lower()
    return _nested_type(duck)


def _nested_type(duck: str) -> str:
    if duck.endswith("[]"):
        return f"array({shown_type(duck[:-2])})"
    if _ZONED.match(duck):
        return ZONED_TYPE
    if duck.startswith("MAP("):
        return f"map({','.join(shown_type(one) for one in split_types(duck[4:-1]))})"
    if duck.startswith("TUPLE("):
        return f"row({', '.join(shown_type(one) for one in split_types(duck[6:-1]))})"
    if duck.startswith("STRUCT("):
        return f"row({', '.join(_field_type(one) for one in split_types(duck[7:-1]))})"
    return "varchar"


def _field_type(field: str) -> str:
    if found := re.match(r'^"((?:[^"]|"")*)" (.+)$', field, re.DOTALL):
        return f"{found[1].replace(chr(34) * 2, chr(34))} {shown_type(found[2])}"
    name, _, kind = field.partition(" ")
    if kind and re.fullmatch(r"\w+", name) and name.upper() not in _NAMES:
        return f"{name} {shown_type(kind)}"
    return shown_type(field)


def split_types(text: str) -> list[str]:
    """Split a list of types, or of fields, at the commas that aren't inside of one."""
    parts: list[str] = []
    depth, start, quoted = 0, 0, False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return parts


def shown_rows(
    rows: Sequence[tuple[Any, ...]], types: Sequence[str], engine: str
) -> list[tuple[Any, ...]]:
    """Turn rows as DuckDB gives them into what can be JSON or msgpack."""
    turns: list[Callable[[Any], Any] | None] = [
        None if kind in _AS_THEY_ARE else _turn_for(kind, engine) for kind in types
    ]
    if not any(turns):
        return list(rows)
    return [
        tuple(
            value if turn is None else turn(value) for turn, value in zip(turns, row, strict=True)
        )
        for row in rows
    ]


_AS_THEY_ARE: Final = frozenset(
    {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "DOUBLE", "BOOLEAN", "VARCHAR", "JSON"}
)


def _turn_for(kind: str, engine: str) -> Callable[[Any], Any]:
    if kind == "HUGEINT":
        return _wrapped if engine == "hive" else _within_bigint
    return _hive_value if engine == "hive" else _presto_value


def _within_bigint(value: int | None) -> int | None:
    """Fail where a sum, which DuckDB makes with 128 bits, is none of Presto's 64."""
    if value is not None and not -_BOUND <= value < _BOUND:
        raise QueryFailedError("bigint addition overflow")
    return value


def _wrapped(value: int | None) -> int | None:
    """Go on from the other end, as Java's whole numbers do in Hive."""
    return None if value is None else (value + _BOUND) % (2 * _BOUND) - _BOUND


def _presto_value(value: Any) -> Any:
    return shown(value, _milliseconds)


def _hive_value(value: Any) -> Any:
    return shown(value, _as_java_prints)


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}".rjust(23, "0")


def _as_java_prints(moment: datetime) -> str:
    whole = f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0")
    return f"{whole}.{moment.microsecond:06d}".rstrip("0").rstrip(".")


def shown(value: Any, moment: Callable[[datetime], str]) -> Any:
    """Turn one value, and what is inside of it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return moment(value)
        return f"{moment(value.astimezone(UTC).replace(tzinfo=None))} UTC"
    if isinstance(value, list | tuple | dict):
        return _nested(value, moment)
    if isinstance(value, int) and not -_BOUND <= value < _BOUND:
        return str(value)
    turn = _TURNS.get(type(value))
    return value if turn is None else turn(value)


def _nested(value: Any, moment: Callable[[datetime], str]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"instant", "zone"} and isinstance(value["instant"], datetime | None):
            return value["instant"] and _zoned(value["instant"], value["zone"], moment)
        return {_key(key, moment): shown(one, moment) for key, one in value.items()}
    return [shown(one, moment) for one in value]


def _key(key: Any, moment: Callable[[datetime], str]) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, float) and not math.isfinite(key):
        return "NaN" if math.isnan(key) else "Infinity" if key > 0 else "-Infinity"
    return str(shown(key, moment))


def _zoned(instant: datetime, where: str, moment: Callable[[datetime], str]) -> str:
    wall = instant.replace(tzinfo=UTC).astimezone(zone(where)).replace(tzinfo=None)
    return f"{moment(wall)} {_zone_text(where)}"


def _zone_text(where: str) -> str:
    """Write a zone; an offset has a zone's name in DuckDB, with the sign turned round."""
    if not where.startswith("Etc/GMT"):
        return where
    sign = "-" if where[7] == "+" else "+"
    return f"{sign}{where[8:]:0>2}:00"


def _duration(value: timedelta) -> str:
    sign = "-" if value < timedelta(0) else ""
    total = abs(value)
    hours, rest = divmod(total.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}.{total.microseconds // 1000:03d}"
    return f"{sign}{total.days} {clock}"


_TURNS: Final[dict[type, Callable[[Any], Any]]] = {
    date: str,
    time: str,
    UUID: str,
    Decimal: lambda value: format(value, "f"),
    timedelta: _duration,
    bytearray: bytes,
    memoryview: bytes,
}
