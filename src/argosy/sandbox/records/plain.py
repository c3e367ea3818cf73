"""The quick way for batches that ask nothing of the table: known columns, fitting values.

Most batches are alike: the same names with the same types as before. Such a batch needs no
decision for each record, so it goes to the store's journal as JSON. Whatever is not plain
(a new column, a value that widens one, a number of more than 64 bits, names that differ in
case) is none, and is sorted record by record by the rules in `batch`; both must agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from argosy.sandbox.records.batch import LAST_SECOND
from argosy.sandbox.records.columns import has_long_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.records.batch import Record

_NONE: Final = type(None)
_CLASSES: Final[Mapping[str, frozenset[type]]] = {
    "BIGINT": frozenset({int, _NONE}),
    "DOUBLE": frozenset({int, float, _NONE}),
    "BOOLEAN": frozenset({bool, _NONE}),
    "VARCHAR": frozenset({str, _NONE}),
}
_TIME: Final = "time"
_UUID: Final = "uuid"
_MOST_SHAPES: Final = 50
_ZERO_CHARACTER: Final = b"\\u0000"  # DuckDB reads none
_UUIDS: Final = re.compile(
    r"([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\n)+"
)
_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class PlainBatch:
    """A batch ready for the journal; `uuids` are the records' own as sent and as bytes."""

    rows: bytes
    sent: list[str]
    uuids: list[bytes]

    @classmethod
    def of(
        cls, records: Sequence[Record], columns: Mapping[str, str], now: int
    ) -> PlainBatch | None:
        """Prepare a batch, or give None if it isn't plain.

        `columns` has the types of the table's columns by name. Records without a time get
        `now`. Either all records have a uuid of their own or none has.
        """
        shapes = {(*record, *map(type, record.values())) for record in records}
        if len(shapes) > _MOST_SHAPES or len({_UUID in shape for shape in shapes}) > 1:
            return None
        sent: list[str] = []
        if any(_UUID in shape for shape in shapes):
            sent = [uuid for record in records if isinstance(uuid := record[_UUID], str)]
            if len(sent) < len(records) or not _are_uuids(sent):
                return None
            records = [_without(record) for record in records]
            shapes = {_without_uuid(shape) for shape in shapes}
        if not all(_fits(shape, columns) for shape in shapes):
            return None
        rows = _rows(records, now)
        if rows is None:
            return None
        return cls(rows, sent, _as_bytes(sent))


def _without(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != _UUID}


def _fits(shape: tuple[Any, ...], columns: Mapping[str, str]) -> bool:
    half = len(shape) // 2
    return all(
        kind in _CLASSES.get(columns.get(name, ""), ()) and not (name == _TIME and kind is not int)
        for name, kind in zip(shape[:half], shape[half:], strict=True)
    )


def _without_uuid(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    half = len(shape) // 2
    kept = [index for index in range(half) if shape[index] != _UUID]
    return (*(shape[index] for index in kept), *(shape[half + index] for index in kept))


def _rows(records: Sequence[Record], now: int) -> bytes | None:
    timed = [record if _TIME in record else {_TIME: now, **record} for record in records]
    times = [record[_TIME] for record in timed]
    if max(times) > LAST_SECOND or min(times) < -LAST_SECOND:
        return None
    try:
        rows = orjson.dumps(timed)[1:-1]
    except TypeError:  # a whole number of more than 64 bits
        return None
    return None if _ZERO_CHARACTER in rows or has_long_number(rows) else rows


def _are_uuids(texts: Sequence[str]) -> bool:
    return _UUIDS.fullmatch("\n".join((*texts, ""))) is not None


def _as_bytes(uuids: Sequence[str]) -> list[bytes]:
    whole = bytes.fromhex("".join(uuids).replace("-", ""))
    return [whole[start : start + _SIZE] for start in range(0, len(whole), _SIZE)]
