"""Avro read whole, one by one and in a preview: the same rows, or the same refusal."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import Tally
from argosy.tables.formats import avro, avro_quick, avro_rows
from argosy.tables.formats.avro import open_avro, preview_avro
from argosy.tables.formats.shown import preview_of
from tests.tables.formats.avro_files import (
    CODECS,
    LIMITS,
    SPEC,
    block,
    content,
    encoded,
    head,
    is_quick,
    long,
    of_x,
    preview,
    read,
    record,
    refusal,
    sized,
    slowly,
    written,
)

Typed = tuple[Any, st.SearchStrategy[Any]]
NAMES = ["a", "b", "c", "d"]


def decimals(digits: int) -> st.SearchStrategy[Decimal]:
    return st.integers(1 - 10**digits, 10**digits - 1).map(lambda n: Decimal(n).scaleb(-3))


QUICK: dict[str, Typed] = {
    "boolean": ("boolean", st.booleans()),
    "int": ("int", st.integers(-(2**31), 2**31 - 1)),
    "long": ("long", st.integers(-(2**63), 2**63 - 1)),
    "float": ("float", st.floats(width=32, allow_nan=False)),
    "double": ("double", st.floats(allow_nan=False)),
    "bytes": ("bytes", st.binary(max_size=100)),
    "string": ("string", st.text(max_size=100)),
    "enum": ({"type": "enum", "symbols": [f"S{n}" for n in range(70)]}, st.integers(0, 69)),
    "fixed": ({"type": "fixed", "size": 3}, st.binary(min_size=3, max_size=3)),
    "date": ({"type": "int", "logicalType": "date"}, st.dates()),
    "at": (
        {"type": "long", "logicalType": "timestamp-micros"},
        st.datetimes(timezones=st.just(UTC)),
    ),
    "decimal": (
        {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 3},
        decimals(10),
    ),
    "wide": (
        {"type": "fixed", "size": 16, "logicalType": "decimal", "precision": 38, "scale": 3},
        decimals(28),
    ),
}
QUICK["enum"] = (QUICK["enum"][0], QUICK["enum"][1].map(lambda n: f"S{n}"))
SLOW: dict[str, Typed] = {
    "null": ("null", st.none()),
    "several": (["null", "int", "string"], st.none() | st.integers(0, 99) | st.text(max_size=3)),
    "map": (
        {"type": "map", "values": "int"},
        st.dictionaries(st.text(max_size=2), st.integers(0, 9), max_size=2),
    ),
}


@st.composite
def types(draw: st.DrawFn, simple: dict[str, Typed], depth: int = 2) -> Typed:
    nested = ["nullable", "array", "record"] if depth else []
    kind = draw(st.sampled_from([*simple, *nested]))
    if kind in simple:
        return simple[kind]
    if kind == "record":
        names = draw(st.sets(st.sampled_from(NAMES), min_size=1))
        parts = {name: draw(types(simple, depth - 1)) for name in sorted(names)}
        fields = [{"name": name, "type": type_} for name, (type_, _) in parts.items()]
        values = {name: one for name, (_, one) in parts.items()}
        return {"type": "record", "fields": fields}, st.fixed_dictionaries(values)
    inner, its_values = draw(types(simple, depth - 1))
    if kind == "array":
        is_nothing = inner == "null"
        return {"type": "array", "items": "int" if is_nothing else inner}, st.lists(
            st.integers(0, 9) if is_nothing else its_values, max_size=3
        )
    if isinstance(inner, list) or inner == "null":
        return inner, its_values
    order = draw(st.booleans())
    return ["null", inner] if order else [inner, "null"], st.none() | its_values


def named(type_: Any, numbers: Any) -> Any:
    """Return a type in which all that needs a name has one of its own."""
    if isinstance(type_, list):
        return [named(one, numbers) for one in type_]
    if not isinstance(type_, dict):
        return type_
    made = {key: named(value, numbers) for key, value in type_.items() if key != "symbols"}
    if type_.get("type") in ("record", "enum", "fixed"):
        made |= {"name": f"t{next(numbers)}"} | {
            key: type_[key] for key in type_ if key == "symbols"
        }
    return made


@st.composite
def files(draw: st.DrawFn, simple: dict[str, Typed]) -> tuple[Any, list[Any]]:
    names = draw(st.sets(st.sampled_from(NAMES), min_size=1))
    parts = {name: draw(types(simple)) for name in sorted(names)}
    numbers = itertools.count()
    fields = [{"name": name, "type": named(type_, numbers)} for name, (type_, _) in parts.items()]
    values = st.fixed_dictionaries({name: one for name, (_, one) in parts.items()})
    return record(*fields), draw(st.lists(values, max_size=12))


def shown(table: pa.Table) -> Any:
    batches = table.combine_chunks().to_batches()
    return preview_of(table.schema, batches, LIMITS, is_whole=True).rows


def outcome(work: Any) -> Any:
    try:
        return work()
    except TableError as error:
        return error.message


@settings(deadline=None)
@given(file=files(QUICK), codec=st.sampled_from(list(CODECS)), per_block=st.integers(1, 12))
def test_random_files_are_read_the_same_in_each_way(
    file: tuple[Any, list[Any]], codec: str, per_block: int
) -> None:
    schema, rows = file
    data = written(schema, rows, codec, per_block)

    assert is_quick(data)
    table = read(data)
    assert table == slowly(data)
    assert table.to_pylist() == rows
    assert preview(data).rows == shown(table)


@settings(deadline=None)
@given(file=files(QUICK), at_once=st.integers(1, 12))
def test_what_is_as_it_should_be_is_proved(file: tuple[Any, list[Any]], at_once: int) -> None:
    schema, rows = file
    data = written(schema, rows, per_block=5)
    reader: Any = open_avro(content(data), SPEC, LIMITS, Tally())
    blocks = list(reader._avro.blocks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(avro_quick, "_AT_ONCE", at_once)
        found = reader._quick.read(blocks)

    assert found.num_rows == len(rows) if rows else found is None
    reader.close()


#: Types of values of few bytes, so that one that is changed is likely a wrong value.
SHORT = {
    "boolean": QUICK["boolean"],
    "int": ("int", st.integers(0, 9)),
    "enum": ({"type": "enum", "symbols": ["A", "B"]}, st.sampled_from("AB")),
    "decimal": (
        {"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 0},
        st.integers(-9, 9).map(Decimal),
    ),
}


@settings(deadline=None, max_examples=300)
@given(data=st.data(), file=files(SHORT) | files({**QUICK, **SLOW}))
def test_blocks_of_changed_bytes_are_read_or_refused_alike_in_each_way(
    data: st.DataObject, file: tuple[Any, list[Any]]
) -> None:
    schema, rows = file
    made = head(schema)
    for part in (rows[:5], rows[5:]):
        found = bytearray(encoded(schema, part))
        for _ in range(data.draw(st.integers(0, 1)) if found else 0):
            at = data.draw(st.integers(0, len(found) - 1))
            found[at] = data.draw(st.sampled_from([0, 1, 2, 3, 4, 5, 0x7F, 0x80]))
        made += block(len(part), bytes(found))

    whole = outcome(lambda: shown(read(made)))

    assert outcome(lambda: shown(slowly(made))) == whole
    assert outcome(lambda: preview(made, rows=100).rows) == whole


@pytest.mark.parametrize(
    ("type_", "data", "found"),
    [
        ("long", b"\x80\x00", 0),
        ("long", b"\xff" * 9 + b"\x7f", -(2**63)),
        (["null", "int"], b"\x82\x00\x06", 3),
        (
            {"type": "array", "items": "int"},
            long(1) + long(1) + long(1) + long(2) + long(0),
            [1, 2],
        ),
        (
            {"type": "array", "items": ["null", "int"]},
            long(-2) + long(3) + long(0) + long(1) + long(2) + long(0),
            [None, 2],
        ),
    ],
)
def test_what_is_written_in_more_bytes_than_needed_is_read(
    type_: Any, data: bytes, found: Any
) -> None:
    file = head(of_x(type_)) + block(1, data)

    assert read(file)["x"].to_pylist() == [found]
    assert preview(file).rows == shown(read(file))


@pytest.mark.parametrize("size", [0, 1, 2, 16])
def test_decimals_of_any_number_of_bytes_are_read_the_quick_way(size: int) -> None:
    type_ = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 1}
    value = (-5).to_bytes(size, "big", signed=True) if size else b""
    data = head(of_x(["null", type_])) + block(2, long(1) + sized(value) + long(0))
    reader: Any = open_avro(content(data), SPEC, LIMITS, Tally())
    quick = reader._quick.read(list(reader._avro.blocks))

    assert quick.column(0).to_pylist() == [Decimal("-0.5") if size else Decimal(0), None]
    assert read(data) == slowly(data)


def test_what_a_block_lacks_is_not_taken_from_the_next() -> None:
    rows = encoded(of_x("string"), [{"x": "ab"}, {"x": "cd"}])
    more = head(of_x("string")) + block(1, rows[:4]) + block(1, rows[4:])
    less = head(of_x("string")) + block(1, rows[:2]) + block(1, rows[2:])

    assert "block 1 holds more than its rows" in refusal(more).message
    assert "the value of row 1 cannot be read: its block ends too soon" in refusal(less).message
    for data in (more, less):
        assert outcome(lambda data=data: preview(data)) == refusal(data).message


def test_a_block_of_no_rows_has_nothing() -> None:
    for type_ in ("long", ["null", "int", "string"]):
        data = head(of_x(type_)) + block(0, b"") + block(0, b"\x02")

        assert "block 2 holds more than its rows" in refusal(data).message
        assert outcome(lambda data=data: preview(data)) == refusal(data).message


@pytest.mark.parametrize("type_", [["null"], ["null", "null"], ["null", ["null", "int"]]])
def test_the_number_of_a_type_is_read_wherever_it_is_one_of_several(type_: Any) -> None:
    schema = record({"name": "x", "type": type_}, {"name": "y", "type": "int"})
    data = head(schema) + block(2, (long(0) + long(3)) * 2)

    assert read(data).to_pylist() == [{"x": None, "y": 3}] * 2
    assert preview(data).rows == ({"x": None, "y": 3},) * 2


@pytest.mark.parametrize("symbols", [["a-b", "c d", "é"], ["a", "a"], [""]])
def test_symbols_are_any_texts(symbols: list[str]) -> None:
    type_ = {"type": "enum", "name": "e", "symbols": symbols}
    schema = record({"name": "x", "type": type_}, {"name": "y", "type": ["null", "int", type_]})
    data = head(schema) + block(1, long(0) + long(2) + long(0))

    assert read(data).to_pylist() == [{"x": symbols[0], "y": symbols[0]}]
    assert preview(data).rows == ({"x": symbols[0], "y": symbols[0]},)


SEVERAL = ["null", "int", "string"]


def test_rows_that_are_read_one_by_one_come_in_pieces_and_before_what_is_broken() -> None:
    data = head(of_x(SEVERAL)) + block(1_000, bytes(999) + long(9))
    tally = Tally()
    reader = open_avro(content(data), SPEC, replace(LIMITS, batch_rows=100), tally)
    found: list[int] = []

    with pytest.raises(TableError) as raised:
        found.extend(batch.num_rows for batch in reader)

    assert found == [100] * 9
    assert tally.rows_read == 900
    assert "the value of row 1,000 cannot be read: 9 is the number" in raised.value.message


def test_rows_that_are_read_one_by_one_stop_when_their_time_is_over() -> None:
    data = head(of_x(SEVERAL)) + block(10_000, bytes(10_000))
    tally = Tally()
    tally.is_over = lambda: tally.rows_read >= 300
    reader = open_avro(content(data), SPEC, replace(LIMITS, batch_rows=100), tally)

    with pytest.raises(TableError) as raised:
        list(reader)

    assert raised.value.reason == "timed_out"
    assert tally.rows_read <= 600


@pytest.mark.parametrize("is_over_rows", [False, True])
def test_what_polars_would_make_too_much_of_is_read_in_pieces(
    monkeypatch: pytest.MonkeyPatch, *, is_over_rows: bool
) -> None:
    type_ = "string" if is_over_rows else {"type": "array", "items": "string"}
    value = b"" if is_over_rows else long(100) + bytes(100)
    data = head(of_x(["null", type_])) + block(1_000, (long(1) + value + long(0)) * 1_000)
    monkeypatch.setattr(avro_quick, "_MOST_MADE", 20_000)
    reader = open_avro(content(data), SPEC, replace(LIMITS, batch_rows=100), Tally())

    assert [batch.num_rows for batch in reader] == [100] * 10


def test_a_long_list_stops_when_its_time_is_over() -> None:
    type_ = ["int", {"type": "array", "items": SEVERAL}]
    data = head(of_x(type_)) + block(1, long(1) + long(200_000) + bytes(200_000) + long(0))
    asked: list[int] = []
    tally = Tally(is_over=lambda: asked.append(1) or len(asked) > 4)  # type: ignore[func-returns-value]

    with pytest.raises(TableError) as raised:
        preview(data, tally=tally)

    assert raised.value.reason == "timed_out"
    assert preview(data).rows[0]["x"].startswith("[null, null, null")


def test_symbols_that_are_long_make_short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_rows, "_MOST_BYTES", 10_000)
    enum = {"type": "enum", "name": "e", "symbols": ["x" * 1_000]}
    data = head(of_x(["null", "int", enum])) + block(100, (long(2) + long(0)) * 100)
    reader: Any = open_avro(content(data), SPEC, LIMITS, Tally())

    pieces = [one.num_rows for one in reader._avro.rows.read(reader._avro.blocks, 0)]

    assert pieces == [10] * 10
    assert read(data).num_rows == 100


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ({"type": "array", "items": SEVERAL}, long(300) + bytes(300) + long(0)),
        ({"type": "map", "values": "null"}, long(300) + sized(b"k") * 300 + long(0)),
        ([{"type": "array", "items": "int"}, "int"], long(0) + long(400) + bytes(400) + long(0)),
        (
            {
                "type": "array",
                "items": ["null", {"type": "enum", "name": "e", "symbols": ["x" * 9]}],
            },
            long(120) + (long(1) + long(0)) * 120 + long(0),
        ),
    ],
)
def test_a_value_with_too_much_in_it_is_refused_before_it_is_made(type_: Any, data: bytes) -> None:
    file = head(of_x(type_)) + block(1, data)
    limits = replace(LIMITS, cell=1_000)

    with pytest.raises(TableError) as raised:
        read(file, limits)
    with pytest.raises(TableError) as previewed:
        preview_avro(content(file), SPEC, limits, Tally(), 20)

    assert raised.value.message == (
        "rows.avro, column 'x': the value of row 1 is longer than 1,000 bytes. "
        "Shorten it, or leave the column out."
    )
    assert previewed.value.message == raised.value.message
    assert read(file).num_rows == 1


def test_a_preview_of_many_blocks_of_no_rows_makes_nothing_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batches: list[int] = []

    def counted(schema: Any, found: Any, *args: Any, **options: Any) -> Any:
        batches.append(len(found))
        return preview_of(schema, found, *args, **options)

    monkeypatch.setattr(avro, "preview_of", counted)
    data = head(of_x("int")) + block(0, b"") * 1_000 + block(1, long(5)) + block(0, b"") * 1_000

    assert preview(data).rows == ({"x": 5},)
    assert preview(data).is_whole
    assert batches == [1, 1]
    assert read(data)["x"].to_pylist() == [5]
