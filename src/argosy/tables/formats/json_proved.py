"""Rows of JSON parsed by polars, many at once, and then proved to be all that the text says.

polars is quick, and strict with numbers, but it leaves out members that it was not told of, takes
the first of two with one name, and makes text of whatever stands where a text should. Each of these
shows in how many colons and quotes there are: a member has one colon and two quotes of its own, a
text two quotes more, and all others lie within the texts. So extras leave colons over, values that
were lost too, and what was made a text needs quotes that are not there. What does not come out even
is not taken, and other parsers tell why.
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

#: A colon, a quote, or half of a character, of which polars makes a NUL, written as a number.
_NUMBERED = re.compile(rb"\\u(?:003[aA]|0022|[dD][89a-fA-F])")
#: Where the first rows have a null, others have as well: so far is looked.
_LOOKED_AT = 64 * 1024
#: After so many blocks that were not proved no other is tried.
_MOST_FAILURES = 3
_NONE: _Marks = np.array([0, 0])
_OF_NAME: _Marks = np.array([1, 2])
_OF_TEXT: _Marks = np.array([0, 2])


class Proved:
    """Parses rows of one schema, which has no lists, and no colons and quotes in its names.

    Threads may share it.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        empty: Any = pl.from_arrow(schema.empty_table())
        self._columns = empty.schema
        self._failures = 0

    @property
    def is_over(self) -> bool:
        """Whether it has failed so often that no other block is to be tried."""
        return self._failures >= _MOST_FAILURES

    def parse(self, rows: bytes, count: int) -> pa.RecordBatch | None:
        """Return so many rows, one from each of the lines; None where they are not proved.

        Where members are null they never are: such a member could be of any name. The first line
        begins with an object, or polars takes it for a compressed file.
        """
        batch = self._parse(rows)
        if batch is None or batch.num_rows != count or not _is_all(rows, batch):
            self._failures += 1
            return None
        return batch

    def _parse(self, rows: bytes) -> pa.RecordBatch | None:
        if b"null" in rows[:_LOOKED_AT] or (b"\\" in rows and _NUMBERED.search(rows)):
            return None
        try:
            frame = pl.read_ndjson(rows, schema=self._columns)
            table = frame.to_arrow(compat_level=pl.CompatLevel.newest()).combine_chunks()
            return table.cast(self._schema).to_batches()[0]
        except (Exception, pl.exceptions.PanicException):  # noqa: BLE001, RUF100 - others tell why
            return None


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
    columns = values.flatten() if pa.types.is_struct(values.type) else []
    found = (_marks(one) + _OF_NAME * int(len(one) - one.null_count) for one in columns)
    return sum(found, start=_NONE)


def _counted(text: bytes | memoryview) -> _Marks:
    return np.array([count_of(b":", text), count_of(b'"', text)])
