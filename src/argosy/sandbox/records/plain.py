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
_MOST_GROUPS: Final = 50
_LARGEST: Final = 2**63 - 1
_ZERO_CHARACTER: Final = b"\\u0000"  # DuckDB reads none
_UUIDS: Final = re.compile(
    r"([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\n)+"
)
_SIZE: Final = 16

Groups = dict[tuple[str, ...], "list[Record]"]
"""Records by their names, in the order these are written."""


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
        groups: Groups = {}
        for record in records:
            groups.setdefault(tuple(record), []).append(record)
        if len(groups) > _MOST_GROUPS or len({_UUID in names for names in groups}) > 1:
            return None
        if not all(_fits(names, some, columns) for names, some in groups.items()):
            return None
        sent: list[str] = []
        if _UUID in next(iter(groups)):
            sent = [uuid for record in records if isinstance(uuid := record[_UUID], str)]
            if len(sent) < len(records) or not _are_uuids(sent):
                return None
            records = [_without_uuid(record) for record in records]
        if not all(_TIME in names for names in groups):
            records = [record if _TIME in record else {_TIME: now, **record} for record in records]
        rows = orjson.dumps(records)[1:-1]
        return None if _ZERO_CHARACTER in rows else cls(rows, sent, _as_bytes(sent))


def _fits(names: tuple[str, ...], records: list[Record], columns: Mapping[str, str]) -> bool:
    """Say whether the values of records with these names fit the columns as they are."""
    by_name = zip(names, zip(*map(dict.values, records), strict=True), strict=True)
    return all(
        name == _UUID or _fits_column(name, values, columns.get(name, ""))
        for name, values in by_name
    )


def _fits_column(name: str, values: tuple[Any, ...], column: str) -> bool:
    kinds = set(map(type, values))
    if name == _TIME:
        return kinds == {int} and _is_within(values, LAST_SECOND)
    if not kinds <= _CLASSES.get(column, frozenset()):
        return False
    if int not in kinds:
        return True
    numbers = [value for value in values if value is not None] if _NONE in kinds else values
    return _is_within(numbers, _LARGEST)


def _is_within(numbers: Sequence[int], most: int) -> bool:
    return max(numbers) <= most and min(numbers) >= -most


def _without_uuid(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != _UUID}


def _are_uuids(texts: Sequence[str]) -> bool:
    return _UUIDS.fullmatch("\n".join((*texts, ""))) is not None


def _as_bytes(uuids: Sequence[str]) -> list[bytes]:
    whole = bytes.fromhex("".join(uuids).replace("-", ""))
    return [whole[start : start + _SIZE] for start in range(0, len(whole), _SIZE)]
