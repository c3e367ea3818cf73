"""The quick way for batches that ask nothing of the table: known columns, fitting values.

Most batches are alike: the same names with the same types as before. A reader compiled for a
table's columns takes such a body in one go, and its records go to the store's journal. Whatever
is not plain (a new column, a value that widens one, a number of more than 64 bits, names that
differ in case, nested values) the reader refuses, and the batch is sorted record by record by the
rules in `batch`; both must agree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Struct

from argosy.sandbox.records.batch import LAST_SECOND

if TYPE_CHECKING:
    from argosy.sandbox.journal import Columns

MOST_RECORDS: Final = 500
UUID: Final = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

_TIME: Final = "time"
_UUID: Final = "uuid"
_ZERO_CHARACTER: Final = b"\\u0000"  # DuckDB reads none
_ESCAPED: Final = re.compile(r'["\\]')  # in a name, what JSON writes in another way
_SIZE: Final = 16
_time_of: Final = attrgetter(_TIME)
_uuid_of: Final = attrgetter(_UUID)

_Seconds = Annotated[int, msgspec.Meta(ge=-LAST_SECOND, le=LAST_SECOND)]
_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Uuid = Annotated[str, msgspec.Meta(pattern=f"^{UUID}$", max_length=36)]
_TYPES: Final[dict[str, Any]] = {
    "BIGINT": _Whole | None,
    "DOUBLE": _Whole | float | None,
    "BOOLEAN": bool | None,
    "VARCHAR": str | None,
}


class PlainBatch(Struct, frozen=True):
    """A batch ready for the journal; `sent` are the records' own uuids, of all or of none."""

    rows: bytes
    count: int
    sent: list[str]

    @property
    def uuids(self) -> list[bytes]:
        """The records' own uuids as bytes."""
        whole = bytes.fromhex("".join(self.sent).replace("-", ""))
        return [whole[start : start + _SIZE] for start in range(0, len(whole), _SIZE)]

    @classmethod
    def read(cls, body: bytes, columns: Columns, now: int) -> PlainBatch | None:
        """Read a body, or give None if it isn't plain.

        Records without a time get `now`. Either all records have a uuid of their own or none has.
        """
        if _ZERO_CHARACTER in body:
            return None
        try:
            batch = _reader(columns).decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        given = [one for one in (batch.records, batch.events) if one is not msgspec.UNSET]
        if len(given) != 1 or not given[0]:
            return None
        (records,) = given
        if msgspec.UNSET in map(_time_of, records):
            for record in records:
                record.time = now if record.time is msgspec.UNSET else record.time
        sent = list(map(_uuid_of, records))
        unsent = sent.count(msgspec.UNSET)
        if unsent not in {0, len(sent)}:
            return None
        # written anew: what DuckDB reads must be nothing that a sender can make odd
        return cls(msgspec.json.encode(records)[1:-1], len(records), [] if unsent else sent)


@lru_cache(maxsize=64)
def _reader(columns: Columns) -> msgspec.json.Decoder[Any]:
    """Compile the reader of batches for a table with these columns."""
    unset = msgspec.UNSET
    plain = {
        f"c{index}": (name, kind)
        for index, (name, kind) in enumerate(columns)
        if kind in _TYPES and name not in {_TIME, _UUID} and not _ESCAPED.search(name)
    }
    fields: list[Any] = [(_TIME, _Seconds | msgspec.UnsetType, unset)]
    fields += [(_UUID, _Uuid | msgspec.UnsetType, unset)]
    fields += [
        (field, _TYPES[kind] | msgspec.UnsetType, unset) for field, (_, kind) in plain.items()
    ]
    names = {field: name for field, (name, _) in plain.items()}
    record = msgspec.defstruct("Record", fields, rename=names, forbid_unknown_fields=True, gc=False)
    some = Annotated[list[record], msgspec.Meta(max_length=MOST_RECORDS)]  # type: ignore[valid-type]
    members: list[Any] = [(name, some | msgspec.UnsetType, unset) for name in ("records", "events")]
    batch = msgspec.defstruct("Batch", members, forbid_unknown_fields=True)
    return msgspec.json.Decoder(batch)
