"""What kinds of values columns hold, and how previews show them."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from argosy.tables.formats.csv_dialect import Dialect
from argosy.tables.formats.types import (
    TEXT,
    column_of,
    common_type,
    infer_type,
    preview_cell,
    preview_rows,
    typed,
    word_of,
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-2", ""], "integer"),
        (["0"], "integer"),
        (["-0"], "number"),
        (["+1"], "text"),
        (["01"], "text"),
        ([" 1"], "text"),
        (["0x1F"], "text"),
        (["9223372036854775807"], "integer"),
        (["9223372036854775808"], "text"),
        (["1", "2.5"], "number"),
        (["1e5"], "number"),
        (["00.5"], "text"),
        ([".5"], "text"),
        (["1.2345678901234567890"], "text"),
        (["9007199254740993", "0.5"], "text"),
        (["NaN"], "text"),
        (["1e999"], "text"),
        (["2024-02-29"], "date"),
        (["2023-02-29"], "text"),
        (["2024-02-29 23:59"], "timestamp"),
        (["2024-02-29T23:59:59.123456"], "timestamp"),
        (["2024-02-29T23:59:59.1234567"], "text"),
        (["2024-02-29T23:59:59Z", "2024-02-29T23:59:59+0100"], "timestamp"),
        (["2024-02-29T23:59:59Z", "2024-02-29T23:59:59"], "text"),
        (["true", "False"], "boolean"),
        (["true", "1"], "text"),
        (["", ""], "null"),
        ([], "null"),
        (["x"], "text"),
    ],
)
def test_a_type_is_told_only_where_all_values_have_it_and_none_would_change(
    texts: list[str], expected: str
) -> None:
    assert word_of(infer_type(pa.array(texts, TEXT), Dialect())) == expected


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (["1", "9007199254740993"], "integer"),
        (["1", "1.5"], "number"),
        (["9007199254740991", "1.5"], "number"),
        (["9007199254740993", "1", "1.5"], "text"),
        (["1.5", "-9007199254740993"], "text"),
        (["9007199254740993", ""], "integer"),
    ],
)
def test_a_common_type_would_change_no_value(samples: list[str], expected: str) -> None:
    types = [infer_type(pa.array([one]), Dialect()) for one in samples]

    assert word_of(common_type(types)) == expected


def test_null_values_are_no_values_whatever_the_type() -> None:
    dialect = Dialect(null_values=("NA",))

    assert word_of(infer_type(pa.array(["NA", "1"]), dialect)) == "integer"
    assert typed(pa.array(["NA", "x"]), TEXT, dialect)[0].to_pylist() == [None, "x"]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_come_back(numbers: list[int]) -> None:
    column, misfit = typed(pa.array([str(one) for one in numbers]), pa.int64(), Dialect())

    assert (column.to_pylist(), misfit) == (numbers, -1)


@given(st.lists(st.from_regex(r"-?[0-9]{1,21}", fullmatch=True), min_size=1))
@example(["9223372036854775808", "00"])
def test_the_first_text_that_is_no_integer_is_told(texts: list[str]) -> None:
    def fits(text: str) -> bool:
        return str(int(text)) == text and -(2**63) <= int(text) < 2**63

    expected = next((at for at, text in enumerate(texts) if not fits(text)), -1)

    assert typed(pa.array(texts), pa.int64(), Dialect())[1] == expected


@pytest.mark.parametrize(
    ("type_", "word"),
    [
        (pa.decimal128(10, 2), "number"),
        (pa.large_string(), "text"),
        (pa.binary(4), "binary"),
        (pa.list_(pa.int8()), "list"),
        (pa.map_(pa.string(), pa.int8()), "object"),
        (pa.dictionary(pa.int8(), pa.string()), "text"),
        (pa.time64("us"), "text"),
        (pa.uint64(), "integer"),
    ],
)
def test_types_have_words_for_people(type_: pa.DataType, word: str) -> None:
    assert word_of(type_) == word


def test_an_object_shows_its_members() -> None:
    column = column_of("a", pa.struct([("b", pa.struct([("c", pa.int64())]))]))

    assert column.members[0].members[0].name == "c"
    assert column.members[0].members[0].type == "integer"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (math.nan, None),
        (math.inf, None),
        (decimal.Decimal("1.10"), "1.10"),
        (b"\x00\xff", "AP8="),
        (dt.date(2024, 1, 31), "2024-01-31"),
        (dt.datetime(2024, 1, 31, tzinfo=dt.UTC), "2024-01-31T00:00:00+00:00"),
        ("x" * 31, "x" * 30 + "…"),
        ({"a": [math.nan, b"x"]}, {"a": [None, "eA=="]}),
        ([("k", 1)], [["k", 1]]),
    ],
)
def test_cells_of_a_preview_are_json(value: Any, expected: Any) -> None:
    shown = preview_cell(value, 30)

    assert shown == expected
    json.dumps(shown, allow_nan=False)


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([0] * 100, [0] * 100),
        ([0] * 101, [*[0] * 100, "…"]),
        (dict.fromkeys(range(101), 0), {**{str(n): 0 for n in range(100)}, "…": "…"}),
        ([[0] * 101, [0]], [[*[0] * 100, "…"], [0]]),
        (["x" * 1_000] * 12, [*["x" * 1_000] * 10, "…"]),
        ([["x" * 1_000] * 12, 1], [[*["x" * 1_000] * 10, "…"], "…"]),
        ({"x" * 1_001: 1}, {"x" * 1_000 + "…": 1}),
        (nested(20), nested(20)),
    ],
)
def test_of_lists_and_objects_a_preview_shows_the_beginning(value: Any, expected: Any) -> None:
    assert preview_cell(value, 1_000) == expected


def test_a_cell_of_a_preview_is_bounded_however_its_values_lie() -> None:
    for value in (
        nested(90),
        [[[[0] * 200] * 200] * 200] * 200,
        {str(n): {str(n): [str(n)] * 200 for n in range(200)} for n in range(200)},
        [["x" * 2_000] * 50] * 50,
    ):
        text = json.dumps(preview_cell(value, 1_000))

        assert len(text) <= 30_000
        assert json.dumps("…") in text


def test_cells_show_less_of_lists_where_there_are_many() -> None:
    row = {str(n): [{"a": [n] * 50}] * 50 for n in range(1_000)}

    shown = preview_rows([row] * 20, 1_000)

    assert len(json.dumps(shown)) <= 12_000_000
    assert shown[0]["7"] == [{"a": [*[7] * 17, "…"]}, "…"]


def test_many_texts_are_all_shown() -> None:
    row = {str(n): "x" * 1_000 for n in range(2_000)}

    assert preview_rows([row] * 3, 1_000) == (row, row, row)


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01", "0000-01-01 00:00:00", "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
    ],
)  # fmt: skip
def test_days_that_calendars_do_not_have_stay_text(text: str) -> None:
    assert infer_type(pa.array([text, None]), Dialect()) == pa.string()


@pytest.mark.parametrize(
    "text",
    [
        "0.12345678901234567890123", "9007199254740993.0", "123456789012345678.5", "1e-400",
        "1e400", "9007199254740993", "1.00000000000000000000",
    ],
)  # fmt: skip
def test_a_number_that_would_be_rounded_is_told_wherever_it_stands(text: str) -> None:
    texts = pa.array(["0", "1.5", None, "-0.0", "1.7976931348623157e308", text, text])

    assert typed(texts, pa.float64(), Dialect())[1] == 5
    assert infer_type(texts, Dialect()) == pa.string()
