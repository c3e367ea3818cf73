"""Avro files: two readers that give the same rows, and a reason where a file is broken."""

from __future__ import annotations

import gzip
import io
import math
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import fastavro
import polars as pl
import pytest

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Tally
from argosy.tables.formats.avro import open_avro, preview_avro
from argosy.tables.formats.dat import open_dat, preview_dat
from tests.tables.contents import MemoryContent
from tests.tables.formats.avro_files import (
    CODECS,
    DATA,
    FIELDS,
    LIMITS,
    RANDOM,
    ROWS,
    SPEC,
    block,
    content,
    head,
    is_quick,
    long,
    of_x,
    preview,
    read,
    record,
    slowly,
    written,
)


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_is_read_and_previewed(codec: str) -> None:
    tally = Tally()
    data = written(record(*FIELDS), ROWS, codec)

    assert read(data, tally=tally).to_pylist() == ROWS
    assert (tally.rows_read, tally.rows_refused) == (200, 0)
    shown = preview(data)
    assert list(shown.rows) == ROWS[:20]
    assert not shown.is_whole
    assert [(one.name, one.type) for one in shown.columns] == [
        ("id", "integer"),
        ("name", "text"),
        ("note", "text"),
    ]


def test_what_polars_writes_is_read() -> None:
    sink = io.BytesIO()
    pl.DataFrame(ROWS, schema={"id": pl.Int64, "name": pl.String, "note": pl.String}).write_avro(
        sink, compression="snappy"
    )

    assert read(sink.getvalue()).to_pylist() == ROWS


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_what_fastavro_writes_is_read(codec: str) -> None:
    sink = io.BytesIO()
    fastavro.writer(sink, fastavro.parse_schema(record(*FIELDS)), ROWS, codec=codec)

    assert read(sink.getvalue()).to_pylist() == ROWS
    assert list(preview(sink.getvalue()).rows) == ROWS[:20]


def test_a_file_within_a_compressed_one_is_read() -> None:
    assert read(gzip.compress(DATA)).to_pylist() == ROWS
    assert list(preview(gzip.compress(DATA)).rows) == ROWS[:20]


def test_batches_are_of_a_few_blocks() -> None:
    reader = open_avro(content(DATA), SPEC, replace(LIMITS, batch_rows=90), Tally())

    assert [batch.num_rows for batch in reader] == [50, 50, 50, 50]


def test_a_block_of_many_rows_comes_in_batches() -> None:
    data = written(record(*FIELDS), ROWS, per_block=200)
    reader = open_avro(content(data), SPEC, replace(LIMITS, batch_rows=90), Tally())

    assert [batch.num_rows for batch in reader] == [67, 67, 66]


@pytest.mark.parametrize("codec", CODECS)
def test_a_preview_reads_the_beginning_of_a_block_that_is_too_long(codec: str) -> None:
    rows = [{"id": n, "name": RANDOM.randbytes(16).hex(), "note": None} for n in range(100_000)]
    data = written(record(*FIELDS), rows, codec, per_block=len(rows))
    tally = Tally()

    shown = preview_avro(content(data), SPEC, LIMITS, tally, 20)

    assert list(shown.rows) == rows[:20]
    assert not shown.is_whole
    assert tally.bytes_read <= LIMITS.preview_fetched
    assert tally.rows_read == 20


def test_a_preview_of_few_rows_is_whole() -> None:
    assert preview(written(record(*FIELDS), ROWS[:20])).is_whole
    assert preview(written(record(*FIELDS), ROWS[:20], per_block=3)).is_whole
    assert not preview(written(record(*FIELDS), ROWS[:21], per_block=20)).is_whole


def test_a_row_that_is_longer_than_a_preview_is_told() -> None:
    data = written(of_x("string"), [{"x": "x" * 2_000_000}])
    tally = Tally()

    shown = preview(data, tally=tally)

    assert (shown.rows, shown.is_whole) == ((), False)
    assert tally.warnings == [
        "rows.avro: its first row is longer than a preview reads, so it shows no rows."
    ]


def test_a_file_without_rows_has_its_columns() -> None:
    data = head(record(*FIELDS))

    assert read(data).schema.names == ["id", "name", "note"]
    assert read(data).num_rows == 0
    shown = preview(data)
    assert [one.name for one in shown.columns] == ["id", "name", "note"]
    assert shown.is_whole


NESTED = {
    "type": "record",
    "name": "place",
    "fields": [{"name": "city", "type": "string"}, {"name": "zip", "type": ["null", "string"]}],
}
MOMENT = datetime(2024, 5, 1, 12, 30, 15, 250_000, UTC)
#: A type, a value as fastavro writes it, the type of the column, and the value that is read.
TYPES: list[tuple[Any, Any, str, Any]] = [
    ("null", None, "null", None),
    ("boolean", True, "bool", True),
    ("int", -5, "int32", -5),
    ("long", 2**62, "int64", 2**62),
    ("float", 1.5, "float", 1.5),
    ("double", 0.1, "double", 0.1),
    ("bytes", b"\x00\xff", "binary", b"\x00\xff"),
    ("string", "é", "string", "é"),
    (["null", "long"], None, "int64", None),
    (["long", "null"], 7, "int64", 7),
    ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, "B", "string", "B"),
    (["null", {"type": "enum", "name": "e", "symbols": ["A"]}], "A", "string", "A"),
    ({"type": "fixed", "name": "f", "size": 3}, b"abc", "fixed_size_binary[3]", b"abc"),
    (
        {"type": "array", "items": ["null", "string"]},
        ["a", None],
        "list<item: string>",
        ["a", None],
    ),
    (
        {"type": "array", "items": {"type": "enum", "name": "e", "symbols": ["A"]}},
        ["A"],
        "list<item: string>",
        ["A"],
    ),
    ({"type": "map", "values": "long"}, {"a": 1}, "map<string, int64>", [("a", 1)]),
    (
        NESTED,
        {"city": "Rome", "zip": None},
        "struct<city: string, zip: string>",
        {"city": "Rome", "zip": None},
    ),
    (["null", NESTED], None, "struct<city: string, zip: string>", None),
    (
        {"type": "array", "items": NESTED},
        [{"city": "Rome", "zip": "00118"}],
        "list<item: struct<city: string, zip: string>>",
        [{"city": "Rome", "zip": "00118"}],
    ),
    (["int", "long"], 2**40, "int64", 2**40),
    (["null", "int", "double"], 1.5, "double", 1.5),
    (["int", "string"], 5, "string", "5"),
    (["int", "string"], "five", "string", "five"),
    (
        ["null", "int", NESTED],
        {"city": "Rome", "zip": None},
        "string",
        '{"city": "Rome", "zip": null}',
    ),
    (["long", {"type": "array", "items": "bytes"}], [b"a"], "string", '["YQ=="]'),
    ({"type": "int", "logicalType": "date"}, date(2024, 5, 1), "date32[day]", date(2024, 5, 1)),
    ({"type": "int", "logicalType": "time-millis"}, time(1, 2, 3), "time32[ms]", time(1, 2, 3)),
    ({"type": "long", "logicalType": "time-micros"}, time(1, 2), "time64[us]", time(1, 2)),
    ({"type": "long", "logicalType": "timestamp-millis"}, MOMENT, "timestamp[ms, tz=UTC]", MOMENT),
    ({"type": "long", "logicalType": "timestamp-micros"}, MOMENT, "timestamp[us, tz=UTC]", MOMENT),
    (
        {"type": "long", "logicalType": "local-timestamp-millis"},
        MOMENT.replace(tzinfo=None),
        "timestamp[ms]",
        MOMENT.replace(tzinfo=None),
    ),
    (
        ["null", {"type": "long", "logicalType": "local-timestamp-micros"}],
        MOMENT.replace(tzinfo=None),
        "timestamp[us]",
        MOMENT.replace(tzinfo=None),
    ),
    (
        {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        Decimal("-1.25"),
        "decimal128(9, 2)",
        Decimal("-1.25"),
    ),
    (
        {
            "type": "fixed",
            "name": "d",
            "size": 5,
            "logicalType": "decimal",
            "precision": 9,
            "scale": 2,
        },
        Decimal("1.25"),
        "decimal128(9, 2)",
        Decimal("1.25"),
    ),
    (
        {"type": "bytes", "logicalType": "decimal", "precision": 60, "scale": 2},
        Decimal(10**57).scaleb(0),
        "decimal256(60, 2)",
        Decimal(f"{10**57}.00"),
    ),
    ({"type": "string", "logicalType": "unknown"}, "x", "string", "x"),
    (
        {"type": "fixed", "name": "u", "size": 16, "logicalType": "duration"},
        bytes(16),
        "fixed_size_binary[16]",
        bytes(16),
    ),
]


@pytest.mark.parametrize(("type_", "value", "arrow", "found"), TYPES, ids=lambda one: str(one)[:40])
def test_every_type_is_read_the_same_by_both_readers(
    type_: Any, value: Any, arrow: str, found: Any
) -> None:
    data = written(of_x(type_), [{"x": value}] * 3)

    table = read(data)

    assert str(table.schema.field("x").type).split(" ('")[0] == arrow
    assert table["x"].to_pylist() == [found] * 3
    assert slowly(data) == table
    assert len(preview(data).rows) == 3


def test_uuids_of_16_bytes_are_text() -> None:
    type_ = {"type": "fixed", "name": "u", "size": 16, "logicalType": "uuid"}
    data = head(of_x(type_)) + block(1, bytes(15) + b"\x05")

    assert read(data)["x"].to_pylist() == ["00000000-0000-0000-0000-000000000005"]


def test_an_object_within_itself_is_text() -> None:
    tree = record({"name": "v", "type": "long"}, {"name": "next", "type": ["null", "row"]})
    data = written(tree, [{"v": 1, "next": {"v": 2, "next": {"v": 3, "next": None}}}])

    assert read(data).to_pylist() == [{"v": 1, "next": '{"v": 2, "next": {"v": 3, "next": null}}'}]


def test_a_type_that_is_used_by_its_name_is_read() -> None:
    schema = record(
        {"name": "home", "type": NESTED},
        {"name": "work", "type": ["null", "place"]},
        {"name": "others", "type": {"type": "array", "items": "place"}},
    )
    rome = {"city": "Rome", "zip": None}
    rows = [{"home": rome, "work": rome, "others": [rome]}]
    data = written(schema, rows)

    assert is_quick(data)
    assert read(data).to_pylist() == slowly(data).to_pylist() == rows


def test_names_with_spaces_of_names_are_found() -> None:
    inner = {"type": "enum", "name": "kind", "symbols": ["A", "B"]}
    schema = {
        "type": "record",
        "name": "row",
        "namespace": "com.example",
        "fields": [{"name": "a", "type": inner}, {"name": "b", "type": "com.example.kind"}],
    }

    assert read(written(schema, [{"a": "A", "b": "B"}])).to_pylist() == [{"a": "A", "b": "B"}]


def test_columns_of_any_name_are_read() -> None:
    name = 'a "b"-é.c'
    data = head(record({"name": name, "type": "long"})) + block(1, long(4))

    assert read(data).to_pylist() == slowly(data).to_pylist() == [{name: 4}]


def test_a_row_of_nothing_is_read() -> None:
    data = head(of_x("null")) + block(3, b"")

    assert read(data).to_pylist() == [{"x": None}] * 3


def test_rows_before_a_broken_block_are_delivered_and_counted() -> None:
    data = bytearray(DATA)
    data[-1] ^= 1
    tally = Tally()
    reader = open_avro(content(bytes(data)), SPEC, replace(LIMITS, batch_rows=1), tally)

    with pytest.raises(TableError):
        for _ in reader:
            pass

    assert tally.rows_read == 150


def test_whoever_stops_and_comes_again_goes_on_with_what_is_left() -> None:
    tally = Tally()
    reader = open_avro(content(DATA), SPEC, replace(LIMITS, batch_rows=7), tally)
    found: list[Any] = []

    for batch in reader:
        found += batch["id"].to_pylist()
        break
    for batch in reader:
        found += batch["id"].to_pylist()

    assert found == list(range(200))
    assert tally.rows_read == 200
    reader.close()


def test_no_number_is_null_in_a_preview() -> None:
    shown = preview(written(of_x("double"), [{"x": math.nan}, {"x": math.inf}]))

    assert shown.rows == ({"x": None}, {"x": None})


def test_a_dat_file_has_no_columns_and_says_why() -> None:
    tally = Tally()
    file, spec = MemoryContent("reco.dat", b"\x00\x01"), FileSpec("dat")

    shown = preview_dat(file, spec, LIMITS, tally, 20)

    assert (shown.columns, shown.rows) == ((), ())
    assert tally.warnings == [
        "reco.dat: is a dat file, which is kept as it is; it has no columns to show."
    ]
    assert file.reads == []


def test_the_rows_of_a_dat_file_are_not_read() -> None:
    with pytest.raises(TableError) as raised:
        open_dat(MemoryContent("reco.dat"), FileSpec("dat"), LIMITS, Tally())

    assert raised.value.reason == "unsupported"
    assert raised.value.message == (
        "reco.dat: is a dat file: results that were computed before, in a form of their own. "
        "It is kept and given on as a whole, and has no rows or columns to read. "
        "To read rows, upload them as CSV, NDJSON, Parquet or Avro."
    )
