"""Rows of JSON parsed by polars, many at once, and then proved to be all that the text says.

polars is quick, and strict with numbers, but it leaves out members that it was not told of, takes
the first of two with one name, and makes text of whatever stands where a text should. Each of these
shows in how many colons and quotes there are: a member has one colon and two quotes of its own, a
text two quotes more, and all others lie within the texts. What does not come out even is not taken,
and other parsers tell why.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from argosy.tables.formats.counting import count_of

#: How many colons and quotes there are.
_Marks = NDArray[np.int64]

#: A colon or a quote that stands in a text as its number, or half of a character (polars makes a
#: NUL of that), if it is not after a backslash.
_NUMBERED = re.compile(rb"\\u(?:00[23]|[dD])")
#: How many blocks of a file may fail before no other is tried: one has nulls, the next has as well.
_MOST_FAILURES = 3
_NONE: _Marks = np.array([0, 0])
_OF_NAME: _Marks = np.array([1, 2])
_OF_TEXT: _Marks = np.array([0, 2])


class Proved:
    """Parses rows of one schema. Threads may share it."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        empty: Any = pl.from_arrow(schema.empty_table())
        self._columns = empty.schema
        self._failures = _MOST_FAILURES if _has_odd_name(pa.struct(list(schema))) else 0

    def parse(self, rows: bytes, count: int) -> pa.RecordBatch | None:
        """Return the rows, one from each of the lines; None where they are not proved.

        Where members are null they never are: such a member could be of any name.
        """
        if self._failures >= _MOST_FAILURES or (b"\\" in rows and _NUMBERED.search(rows)):
            return None
        batch = self._parse(rows)
        if batch is None or batch.num_rows != count or not _is_all(rows, batch):
            self._failures += 1
            return None
        return batch

    def _parse(self, rows: bytes) -> pa.RecordBatch | None:
        try:
            frame = pl.read_ndjson(rows, schema=self._columns)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # others tell why
            return None
        table = frame.to_arrow(compat_level=pl.CompatLevel.newest()).combine_chunks()
        return table.cast(self._schema).to_batches()[0]


def _has_odd_name(type_: Any) -> bool:
    """Whether the name of a member has characters that are counted."""
    if pa.types.is_list(type_):
        return _has_odd_name(type_.value_type)
    fields = list(type_) if pa.types.is_struct(type_) else []
    return any('"' in one.name or ":" in one.name or _has_odd_name(one.type) for one in fields)


def _is_all(rows: bytes, batch: pa.RecordBatch) -> bool:
    objects = pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema))
    return bool(np.array_equal(_counted(rows), _marks(objects)))


def _marks(values: Any) -> _Marks:
    """Return how many colons and quotes there are in the text that values come from."""
    if pa.types.is_string(values.type) and len(values):
        _, offsets, data = values.buffers()
        ends = memoryview(offsets).cast("i")[values.offset :]
        text = memoryview(data or b"")[ends[0] : ends[len(values)]]
        return _counted(text) + _OF_TEXT * int(len(values) - values.null_count)
    if pa.types.is_list(values.type):
        return _marks(values.flatten())
    columns = values.flatten() if pa.types.is_struct(values.type) else []
    found = (_marks(one) + _OF_NAME * int(len(one) - one.null_count) for one in columns)
    return sum(found, start=_NONE)


def _counted(text: bytes | memoryview) -> _Marks:
    return np.array([count_of(b":", text), count_of(b'"', text)])
