"""Files of one table whose types differ: what is the same in both is read, all else is told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.projection import alike

_OBJECT = pa.struct([("a", pa.int64()), ("b", pa.string())])


def as_the_first(column: pa.Array[Any], wanted: pa.DataType) -> list[Any]:
    """Return the values of a second file's column as the first file has it."""
    batch = pa.record_batch([column], names=["x"])
    schema = pa.schema([pa.field("x", wanted)])
    (made,) = alike([batch], batch.schema, schema, "two.parquet", "one.parquet")
    made.validate(full=True)
    assert made.schema == schema
    return made.column(0).to_pylist()


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pa.array([None, None]), pa.string()),
        (pa.array([None, None], pa.string()), _OBJECT),
        (pa.array([1, None], pa.int32()), pa.int64()),
        (pa.array([7], pa.int64()), pa.int8()),
        (pa.array([2**53, -3]), pa.float64()),
        (pa.array([1.5], pa.float32()), pa.float64()),
        (pa.array([2.0, None]), pa.int64()),
        (pa.array([Decimal("1.50")], pa.decimal128(5, 2)), pa.decimal128(20, 4)),
        (pa.array([1], pa.timestamp("s")), pa.timestamp("us")),
        (pa.array([dt.date(2024, 1, 2)], pa.date32()), pa.date64()),
        (pa.array([b"ab"], pa.binary(2)), pa.binary()),
        (pa.array([[1], None, []], pa.list_(pa.int32())), pa.list_(pa.float64())),
        (pa.array([[], None], pa.list_(pa.string())), pa.list_(_OBJECT)),
        (
            pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32())),
            pa.map_(pa.string(), pa.int64()),
        ),
    ],
)
def test_what_is_the_same_in_both_types_is_read(column: pa.Array[Any], wanted: pa.DataType) -> None:
    assert as_the_first(column, wanted) == column.to_pylist()


def test_an_object_that_lacks_members_or_has_them_in_another_order_is_read() -> None:
    assert as_the_first(pa.array([{"a": 1}, None]), _OBJECT) == [{"a": 1, "b": None}, None]
    swapped = pa.array([{"b": "x", "a": 1}], pa.struct([("b", pa.string()), ("a", pa.int32())]))
    assert as_the_first(swapped, _OBJECT) == [{"a": 1, "b": "x"}]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([7, None]), ["7", None]),
        (pa.array([0.1, 1e300]), ["0.1", "1e+300"]),
        (pa.array([True, False]), ["true", "false"]),
        (pa.array([dt.date(2024, 1, 2)]), ["2024-01-02"]),
        (pa.array([1], pa.timestamp("us", "UTC")), ["1970-01-01 00:00:00.000001Z"]),
    ],
)
def test_single_values_become_texts_where_the_first_file_has_text(
    column: pa.Array[Any], texts: list[Any]
) -> None:
    assert as_the_first(column, pa.string()) == texts


@pytest.mark.parametrize(
    ("column", "wanted", "place", "told"),
    [
        (pa.array([{"a": 1, "z": 2}]), _OBJECT, "x", "its objects have z here besides"),
        (pa.array([[{"z": 2}]]), pa.list_(_OBJECT), "x[]", "its objects have z here besides"),
        (pa.array([{"a": "1"}]), _OBJECT, "x.a", "it is text (string) here and integer (int64)"),
        (pa.array([7]), pa.bool_(), "x", "it is integer (int64) here and boolean (bool)"),
        (pa.array([True]), pa.int64(), "x", "it is boolean (bool) here and integer (int64)"),
        (pa.array(["2"]), pa.int64(), "x", "it is text (string) here and integer (int64)"),
        (pa.array(["0x10"]), pa.float64(), "x", "it is text (string) here and number (double)"),
        (pa.array(["true"]), pa.bool_(), "x", "it is text (string) here and boolean (bool)"),
        (pa.array([0.1]), pa.float32(), "x", "it is number (double) here and number (float)"),
        (pa.array([2049]), pa.float16(), "x", "it is integer (int64) here and number (halffloat)"),
        (pa.array([1.5]), pa.int64(), "x", "it is number (double) here and integer (int64)"),
        (pa.array([2**53 + 1]), pa.float64(), "x", "it is integer (int64) here and number"),
        (pa.array([2**40]), pa.int32(), "x", "it is integer (int64) here and integer (int32)"),
        (pa.array([1500], pa.timestamp("ms")), pa.timestamp("s"), "x", "it is timestamp"),
        (pa.array([1], pa.timestamp("s")), pa.timestamp("s", "UTC"), "x", "it is timestamp"),
        (pa.array([1], pa.timestamp("s")), pa.date32(), "x", "here and date (date32[day])"),
        (pa.array([b"\xff"]), pa.string(), "x", "it is binary here and text (string)"),
        (pa.array([{"a": 1}]), pa.map_(pa.string(), pa.int64()), "x", "it is object here and map"),
    ],
)
def test_what_would_be_lost_is_told(
    column: pa.Array[Any], wanted: pa.DataType, place: str, told: str
) -> None:
    with pytest.raises(TableError) as caught:
        as_the_first(column, wanted)

    error = caught.value
    assert (error.reason, error.status) == ("mixed_files", "wrong_specification")
    assert error.message.startswith(f"two.parquet, column {place!r}: ")
    assert told in error.message
    assert " in one.parquet" in error.message


def test_the_message_says_what_to_change() -> None:
    with pytest.raises(TableError) as caught:
        as_the_first(pa.array([{"n": 1}]), pa.string())

    assert caught.value.message == (
        "two.parquet, column 'x': it is object here and text (string) in one.parquet. Write it "
        "with one type in all files, or make a table of each form by path, prefix or glob."
    )


_CELLS = st.none() | st.lists(
    st.none() | st.fixed_dictionaries({"a": st.none() | st.integers(-9, 9)}), max_size=3
)


@given(st.lists(_CELLS, max_size=6), st.integers(0, 6))
def test_nested_values_come_through_as_they_are(cells: list[Any], start: int) -> None:
    found = pa.array(cells, pa.list_(pa.struct([("a", pa.int16())]))).slice(start)

    made = as_the_first(found, pa.list_(pa.struct([("a", pa.float64())])))

    assert made == cells[start:]
