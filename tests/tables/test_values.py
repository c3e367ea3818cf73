"""Rows of Arrow as JSON: nothing is rounded, and nothing that Arrow holds fails."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from argosy.tables.values import json_rows


@pytest.mark.parametrize(
    ("type_", "value", "shown"),
    [
        (pa.string(), "é", "é"),
        (pa.int64(), 2**62, 2**62),
        (pa.uint64(), 2**64 - 1, 2**64 - 1),
        (pa.bool_(), True, True),
        (pa.float64(), 1.5, 1.5),
        (pa.float64(), float("nan"), None),
        (pa.float64(), float("-inf"), None),
        (pa.decimal128(20, 2), Decimal("12345678901234567.10"), "12345678901234567.10"),
        (pa.date32(), date(2026, 1, 2), "2026-01-02"),
        (pa.time64("us"), time(1, 2, 3), "01:02:03"),
        (
            pa.timestamp("us", "UTC"),
            datetime(2026, 1, 2, tzinfo=UTC),
            "2026-01-02T00:00:00+00:00",
        ),
        (pa.timestamp("ns"), 1, "1970-01-01 00:00:00.000000001"),
        (pa.duration("s"), timedelta(seconds=90), 90.0),
        (pa.binary(), b"\xff\x00", "/wA="),
        (pa.list_(pa.float64()), [1.0, float("nan")], [1.0, None]),
        (pa.struct([("a", pa.date32())]), {"a": date(2026, 1, 2)}, {"a": "2026-01-02"}),
        (pa.map_(pa.string(), pa.int64()), [("a", 1)], {"a": 1}),
        (pa.null(), None, None),
    ],
)
def test_a_value_becomes_json(type_: pa.DataType, value: Any, shown: Any) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([value, None], type_)], names=["x"])

    found = json_rows(batch)

    assert found == [{"x": shown}, {"x": None}]
    json.dumps(found, allow_nan=False)
