"""UUIDs as people write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BYTES, _LETTERS = 16, 36
_DASHES = {8, 13, 18, 23}
_DIGITS = [at for at in range(_LETTERS) if at not in _DASHES]


def uuid_texts(column: Any) -> pa.StringArray:
    """Return an array of UUIDs as texts."""
    count = len(column)
    stored = column.storage.fill_null(bytes(_BYTES))
    start, end = stored.offset * _BYTES, (stored.offset + count) * _BYTES
    digits = memoryview(stored.buffers()[1])[start:end].hex().encode()
    texts = np.full((count, _LETTERS), ord("-"), np.uint8)
    texts[:, _DIGITS] = np.frombuffer(digits, np.uint8).reshape(count, len(_DIGITS))
    ends = np.arange(count + 1, dtype=np.int32) * _LETTERS
    buffers = pa.py_buffer(ends.tobytes()), pa.py_buffer(texts.tobytes())
    made = pa.StringArray.from_buffers(count, *buffers)
    return pc.if_else(column.is_valid(), made, None) if column.null_count else made
