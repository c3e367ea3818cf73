"""Sort one request's records into rows and refusals, by the rules for names and values.

Nothing is stored here: a Batch plans which columns must be made or widened, and which rows go
in, so that the store can do it at once afterwards. A refused record leaves no trace in the plan.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from msgspec import Struct, field

from argosy.sandbox.records.columns import json_text, needed_type, widened
from argosy.sandbox.records.errors import RefusedRecordError
from argosy.sandbox.tables import Column

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

MOST_COLUMNS: Final = 512
LONGEST_COLUMN_NAME: Final = 128

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LAST_SECOND: Final = 99_999_999_999
_UPPER: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")

Record = dict[str, Any]
"""A record as it came: column names and values."""


class Batch(Struct):
    """One request's records while they are sorted into rows and refusals.

    Columns and rows go by folded names. `changed` are the columns that are to be made or
    widened; `keys` are the names checked so far, with their folded forms.
    """

    now: float
    columns: dict[str, Column]
    seen: set[bytes]
    changed: dict[str, Column] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Json]] = field(default_factory=list)
    uuids: list[bytes] = field(default_factory=list)

    def take(self, record: Record, uuid: bytes) -> None:
        """Turn a record into a row unless its uuid is known; raise RefusedRecordError if bad."""
        row: dict[str, Json] = {}
        changed: dict[str, Column] = {}
        for name, value in ({"time": int(self.now)} | record).items():
            if name == "uuid":
                continue
            key = self._key(name)
            if key in row:
                refuse_name("Two names differ only in upper and lower case.")
            row[key] = value
            column = self._changed(key, name, value)
            if column is not None:
                changed[key] = column
        check_time(row["time"])
        if changed and len(self.columns.keys() | changed.keys()) > MOST_COLUMNS:
            refuse_name(f"The table would have more than {MOST_COLUMNS} columns.")
        if uuid not in self.seen:
            self._add(row, changed, uuid)

    def _key(self, name: str) -> str:
        """Give a name's folded form; refuse one that no column can have."""
        if name not in self.keys:
            check_column_name(name)
            self.keys[name] = folded(name)
        return self.keys[name]

    def _changed(self, key: str, name: str, value: Json) -> Column | None:
        """Give the column a value needs, unless it is there already."""
        needed = needed_type(value)
        if needed == "JSON":
            json_text(value)  # refuses what can't be kept, while it is one record's matter
        if needed is None:
            return None
        known = self.columns.get(key)
        if known is None:
            return Column(name, needed)
        wider = widened(known.type, needed)
        return None if wider == known.type else Column(known.name, wider)

    def _add(self, row: dict[str, Json], changed: dict[str, Column], uuid: bytes) -> None:
        self.columns |= changed
        self.changed |= changed
        self.rows.append(row)
        self.uuids.append(uuid)
        self.seen.add(uuid)


def folded(name: str) -> str:
    """Give a column's name as DuckDB compares it: without upper case in ASCII."""
    return name.translate(_UPPER)


def check_time(value: Json) -> None:
    """Refuse a `time` that isn't in whole Unix seconds."""
    if type(value) is not int:
        refuse_value("The value of 'time' is not a whole number of seconds.")
    if abs(value) > LAST_SECOND:
        refuse_value("The value of 'time' is not in seconds; it looks like milliseconds.")


def check_column_name(name: str) -> None:
    """Refuse a name that no column can have."""
    if not name:
        refuse_name("A name is empty.")
    if len(name) > LONGEST_COLUMN_NAME:
        refuse_name(f"A name is longer than {LONGEST_COLUMN_NAME} characters.")
    if _CONTROL_CHARACTER.search(name):
        refuse_name("A name has a control character.")


def refuse_name(description: str) -> NoReturn:
    """Raise the refusal of a record for one of its names."""
    raise RefusedRecordError("InvalidPropertyNameError", description)


def refuse_value(description: str) -> NoReturn:
    """Raise the refusal of a record for one of its values."""
    raise RefusedRecordError("InvalidPropertyValueError", description)
