"""Parquet files: read and previewed where they lie, and refused with a reason where broken."""

from __future__ import annotations

import base64
import gzip
import io
import os
import tempfile
import threading
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import parquet as parquet_module
from argosy.tables.formats import parquet_chunks
from argosy.tables.formats.parquet import open_parquet, preview_parquet
from argosy.tables.formats.pieces import plain_pieces
from tests.tables.contents import MemoryContent

LIMITS = Limits()
SPEC = FileSpec("PARQUET")
FORMAT = "connection_table_params.file_format"
TABLE = pa.table({"id": list(range(100)), "name": [f"name {n}" for n in range(100)]})


def written(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


DATA = written(TABLE, row_group_size=40)


def content(data: bytes = DATA, name: str = "s3://bucket/rows.parquet") -> MemoryContent:
    return MemoryContent(name, data)


def read(data: bytes, spec: FileSpec = SPEC, limits: Limits = LIMITS) -> pa.Table:
    reader = open_parquet(content(data), spec, limits, Tally())
    try:
        return pa.Table.from_batches(list(reader), reader.schema)
    finally:
        reader.close()


def refusal(data: bytes, name: str = "rows.parquet") -> TableError:
    with pytest.raises(TableError) as raised:
        list(open_parquet(content(data, name), SPEC, LIMITS, Tally()))
    with pytest.raises(TableError) as previewed:
        preview_parquet(content(data, name), SPEC, LIMITS, Tally(), 20)
    assert previewed.value.message == raised.value.message
    return raised.value


def test_all_rows_are_read_and_counted() -> None:
    tally = Tally()

    reader = open_parquet(content(), SPEC, LIMITS, tally)
    batches = list(reader)
    reader.close()

    assert pa.Table.from_batches(batches) == TABLE
    assert (tally.rows_read, tally.rows_refused, tally.rows_delivered) == (100, 0, 100)
    assert all(batch.schema == reader.schema for batch in batches)


def test_a_batch_has_no_more_rows_and_bytes_than_the_limits_say() -> None:
    limits = replace(LIMITS, batch_rows=7)
    reader = open_parquet(content(), SPEC, limits, Tally())
    assert max(batch.num_rows for batch in reader) == 7

    wide = pa.table({"text": ["x" * 10_000] * 1_000})
    limits = replace(LIMITS, batch_bytes=100_000)
    reader = open_parquet(content(written(wide)), SPEC, limits, Tally())
    batches = list(reader)
    assert sum(batch.num_rows for batch in batches) == 1_000
    assert max(batch.nbytes for batch in batches) <= 110_000


def test_a_preview_shows_the_first_rows() -> None:
    tally = Tally()

    preview = preview_parquet(content(), SPEC, LIMITS, tally, 20)

    assert [(one.name, one.type) for one in preview.columns] == [
        ("id", "integer"),
        ("name", "text"),
    ]
    assert preview.rows == tuple(TABLE.slice(0, 20).to_pylist())
    assert not preview.is_whole
    assert tally.rows_read == 20


def test_a_preview_goes_on_in_the_next_row_group() -> None:
    preview = preview_parquet(content(written(TABLE, row_group_size=3)), SPEC, LIMITS, Tally(), 20)

    assert preview.rows == tuple(TABLE.slice(0, 20).to_pylist())


def test_a_preview_of_few_rows_is_whole() -> None:
    preview = preview_parquet(content(written(TABLE.slice(0, 20))), SPEC, LIMITS, Tally(), 20)

    assert (len(preview.rows), preview.is_whole) == (20, True)


@pytest.mark.parametrize("rows", [TABLE.slice(0, 0), TABLE.schema.empty_table()])
def test_a_file_without_rows_has_its_columns(rows: pa.Table) -> None:
    data = written(rows)

    assert read(data).num_rows == 0
    preview = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20)
    assert [one.name for one in preview.columns] == ["id", "name"]
    assert (preview.rows, preview.is_whole) == ((), True)


def test_a_preview_of_a_large_file_reads_the_footer_and_the_first_pages() -> None:
    names = [os.urandom(20).hex() for _ in range(100_000)]
    data = written(
        pa.table({f"column {n}": names for n in range(3)}),
        use_dictionary=False,
        data_page_size=64 * 1024,
    )
    assert len(data) > 10 * LIMITS.preview_fetched
    tally, file = Tally(), content(data)

    preview = preview_parquet(file, SPEC, LIMITS, tally, 20)

    assert [row["column 2"] for row in preview.rows] == names[:20]
    assert tally.bytes_read <= LIMITS.preview_fetched
    assert tally.bytes_read == sum(min(length, len(data) - at) for at, length in file.reads)


@dataclass(slots=True)
class TogetherContent(MemoryContent):
    """Ranges behind the first column and before the footer are read two at a time, or not."""

    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(2))

    def read(self, start: int, length: int) -> bytes:
        if start > self.size // 4 and start + length < self.size:
            self.meeting.wait(timeout=10)
        return MemoryContent.read(self, start, length)


def test_a_preview_fetches_the_first_pages_of_columns_beside_each_other() -> None:
    words = [os.urandom(15).hex() for _ in range(20_000)]
    data = written(pa.table({f"column {n}": words * 3 for n in range(3)}), compression="none")
    tally, file = Tally(), TogetherContent("rows.parquet", data)
    limits = replace(LIMITS, preview_fetched=len(data) // 2)

    preview = preview_parquet(file, SPEC, limits, tally, 20)

    assert [row["column 2"] for row in preview.rows] == words[:20]
    assert len(file.reads) == 7  # head, footer; three beginnings; two dictionaries' rest
    assert tally.bytes_read == sum(length for _, length in file.reads)
    assert tally.bytes_read < 1.1 * len(data)


def test_a_preview_tells_what_fails_while_it_fetches_several_ranges() -> None:
    words = [os.urandom(15).hex() for _ in range(20_000)]
    data = written(pa.table({f"column {n}": words for n in range(3)}), compression="none")

    class Gone(MemoryContent):
        def read(self, start: int, length: int) -> bytes:
            if 100_000 < start < self.size - 100_000:
                raise TableError(detail="is gone.", file=self.name, reason="changed")
            return MemoryContent.read(self, start, length)

    limits = replace(LIMITS, preview_fetched=len(data) // 2)
    with pytest.raises(TableError) as raised:
        preview_parquet(Gone("rows.parquet", data), SPEC, limits, Tally(), 20)
    assert (raised.value.message, raised.value.reason) == ("rows.parquet: is gone.", "changed")


def test_a_preview_of_first_pages_beyond_all_bounds_shows_columns_and_says_so() -> None:
    table = pa.table({"text": [os.urandom(1_000).hex() for _ in range(2_000)]})
    data = written(table, use_dictionary=False, data_page_size=4 * 1024 * 1024, compression="none")
    limits = replace(LIMITS, preview_fetched=100_000)
    tally = Tally()

    preview = preview_parquet(content(data), SPEC, limits, tally, 20)

    assert [one.name for one in preview.columns] == ["text"]
    assert (preview.rows, preview.is_whole) == ((), False)
    assert tally.warnings == [
        "s3://bucket/rows.parquet: its first pages are too large for a preview (more than "
        "1,600,000 bytes), so it shows no rows."
    ]
    assert tally.rows_read == 0
    assert tally.bytes_read <= 1_700_000


def test_values_of_all_types_are_shown_as_json() -> None:
    moment = datetime(2024, 5, 1, 12, 30, 15, 250, UTC)
    columns = {
        "decimal": pa.array([Decimal("12.340")], pa.decimal128(9, 3)),
        "large": pa.array([2**60]),
        "at": pa.array([moment], pa.timestamp("us", "Europe/Paris")),
        "at_ns": pa.array([1_714_566_615_000_000_001], pa.timestamp("ns")),
        "far": pa.array([400_000_000_000], pa.timestamp("s")),
        "day": pa.array([date(2024, 5, 1)]),
        "took": pa.array([timedelta(seconds=5)], pa.duration("s")),
        "word": pa.array(["x"]).dictionary_encode(),
        "bytes": pa.array([b"\x00\xff"]),
        "nan": pa.array([float("nan")]),
        "half": pa.array([1.5], pa.float32()),
        "long": pa.array(["x" * 1_001]),
        "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        "list": pa.array([[1, None]]),
        "object": pa.array([{"city": "Rome", "zip": "00118"}]),
        "yes": pa.array([True]),
        "null": pa.nulls(1),
    }

    preview = preview_parquet(content(written(pa.table(columns))), SPEC, LIMITS, Tally(), 20)

    assert preview.rows[0] == {
        "decimal": "12.340",
        "large": str(2**60),
        "at": "2024-05-01T14:30:15.000250+02:00",
        "at_ns": "2024-05-01 12:30:15.000000001",
        "far": "14645-06-30 15:06:40.000",
        "day": "2024-05-01",
        "took": "0:00:05",
        "word": "x",
        "bytes": base64.b64encode(b"\x00\xff").decode(),
        "nan": None,
        "half": 1.5,
        "long": "x" * 1_000 + "…",
        "map": {"a": 1},
        "list": [1, None],
        "object": {"city": "Rome", "zip": "00118"},
        "yes": True,
        "null": None,
    }
    types = {one.name: one.type for one in preview.columns}
    assert (types["decimal"], types["word"], types["map"]) == ("number", "text", "object")
    assert [one.name for one in preview.columns[14].members] == ["city", "zip"]


def test_dictionaries_and_large_texts_come_as_plain_ones() -> None:
    texts = ["a", None, "b", "a"]
    columns = [
        pa.array(texts).dictionary_encode(),
        pa.array(texts, pa.large_string()),
        pa.array([["a"], None, [], ["b", None]], pa.large_list(pa.large_string())),
        pa.StructArray.from_arrays([pa.array(texts).dictionary_encode()], ["text"]),
    ]

    found = read(written(pa.table(dict(zip("wxyz", columns, strict=True)))))

    assert [str(one.type).replace("element", "item") for one in found.schema] == [
        "string",
        "string",
        "list<item: string>",
        "struct<text: string>",
    ]
    assert found["w"].to_pylist() == found["x"].to_pylist() == texts
    assert found["y"].to_pylist() == [["a"], None, [], ["b", None]]
    assert found["z"].to_pylist() == [{"text": text} for text in texts]


@pytest.mark.parametrize("has_schema", [True, False])
def test_uuids_are_text(has_schema: bool) -> None:
    ids = [uuid.UUID(int=n << 77 | n) for n in range(100)]
    given = [None if n % 7 == 3 else one.bytes for n, one in enumerate(ids)]
    expected = [None if n % 7 == 3 else str(one) for n, one in enumerate(ids)]
    table = pa.table(
        {"id": pa.array(given, pa.uuid()), "all": pa.array([one.bytes for one in ids], pa.uuid())}
    )
    data = written(table, store_schema=has_schema, row_group_size=33)

    for rows in (read(data), read(data, limits=replace(LIMITS, batch_rows=10))):
        assert rows.schema.types == [pa.string(), pa.string()]
        assert rows["id"].to_pylist() == expected
        assert rows["all"].to_pylist() == list(map(str, ids))
    shown = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20)
    assert [row["id"] for row in shown.rows] == expected[:20]
    assert [column.type for column in shown.columns] == ["text", "text"]


def test_old_timestamps_of_96_bits_are_read_also_far_ones() -> None:
    far = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - such columns have no zone
    table = pa.table({"at": pa.array([far], pa.timestamp("us"))})

    found = read(written(table, use_deprecated_int96_timestamps=True))

    assert found.schema.field("at").type == pa.timestamp("us")
    assert found["at"].to_pylist() == [far]


def test_an_empty_file_is_told() -> None:
    error = refusal(b"")

    assert error.message == (
        "rows.parquet: is empty (0 bytes); a Parquet file without rows has a footer still. "
        "Write the file again."
    )
    assert (error.status, error.reason) == ("wrong_specification", "broken_file")


def test_what_is_no_parquet_is_told() -> None:
    error = refusal(b"id,name\n1,Ada\n")

    assert error.message == (
        'rows.parquet: is not a Parquet file: it begins with the text "id,name". '
        f"Set `{FORMAT}` to the format that it has."
    )
    assert (error.reason, error.field) == ("wrong_format", FORMAT)


def test_a_truncated_file_is_told() -> None:
    error = refusal(DATA[:1_000])

    assert error.message == (
        "rows.parquet: begins as a Parquet file does, but has no footer at its end, byte 1,000. "
        "It was cut short when it was written or copied; put the whole file there."
    )
    assert error.reason == "broken_file"


def test_a_cut_at_any_byte_is_told() -> None:
    data = written(TABLE.slice(0, 3))

    for length in range(len(data)):
        with pytest.raises(TableError) as raised:
            list(open_parquet(content(data[:length]), SPEC, LIMITS, Tally()))
        assert raised.value.reason in {"broken_file", "wrong_format"}, length


def test_a_broken_page_names_its_row_group() -> None:
    data = bytearray(written(TABLE, row_group_size=40, compression="gzip", use_dictionary=False))
    start = pq.read_metadata(io.BytesIO(bytes(data))).row_group(1).column(1).data_page_offset
    data[start + 60 : start + 90] = b"\xff" * 30
    tally = Tally()
    reader = open_parquet(content(bytes(data)), SPEC, LIMITS, tally)

    with pytest.raises(TableError) as raised:
        list(reader)

    assert "s3://bucket/rows.parquet: is a broken Parquet file: row group 2 cannot be read (" in (
        raised.value.message
    )
    assert raised.value.message.endswith("). Write the file again.")
    assert tally.rows_read == 40


def test_a_wrong_checksum_of_a_page_is_told() -> None:
    data = bytearray(
        written(TABLE, compression="none", use_dictionary=False, write_page_checksum=True)
    )
    at = data.index(b"name 50")
    data[at] ^= 1

    assert "is a broken Parquet file: row group 1 cannot be read (" in refusal(bytes(data)).message


def test_an_encrypted_file_is_told() -> None:
    assert refusal(DATA[:-4] + b"PARE").message == (
        "rows.parquet: is encrypted, which is not read. Write the Parquet file without encryption."
    )


@pytest.mark.parametrize("count", [2_000, 2_001])
def test_columns_up_to_the_limit_are_read(count: int) -> None:
    data = written(pa.table({f"c{n}": [n] for n in range(count)}))
    if count == 2_000:
        assert read(data).num_columns == 2_000
        rows = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20).rows
        assert rows[0]["c1999"] == 1999
        return

    error = refusal(data)

    assert error.message == (
        "rows.parquet: 2,001 columns where a table has at most 2,000. Write fewer columns."
    )
    assert error.reason == "too_many_columns"


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1])] * 3, names=["id", "name", "id"])

    error = refusal(written(table))

    assert error.message == (
        "rows.parquet: columns 1 and 3 are both named 'id'. Give each column a name of its own."
    )
    assert error.reason == "duplicate_columns"


def test_a_file_without_columns_is_refused() -> None:
    error = refusal(written(pa.table({})))

    assert error.message == "rows.parquet: has no columns. Write at least one column."


def zipped(*members: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


@pytest.fixture
def spooled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [gzip.compress(DATA), zipped(("rows.parquet", DATA))])
@pytest.mark.usefixtures("spooled")
def test_a_file_within_a_compressed_one_is_unpacked_and_read(data: bytes) -> None:
    assert read(data) == TABLE
    preview = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20)
    assert preview.rows == tuple(TABLE.slice(0, 20).to_pylist())


@pytest.mark.usefixtures("spooled")
def test_trouble_within_a_compressed_file_is_told_with_its_name() -> None:
    error = refusal(zipped(("rows.parquet", DATA[:500])), "rows.zip")

    assert error.message.startswith("rows.zip (rows.parquet): begins as a Parquet file does, but")


@pytest.mark.usefixtures("spooled")
def test_a_bomb_around_a_parquet_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "_MOST_SPOOLED", 1_000_000)
    monkeypatch.setattr(parquet_module, "_MOST_SPOOLED_PREVIEW", 1_000_000)

    assert refusal(gzip.compress(bytes(20_000_000)), "rows").message == (
        "rows: expands to more than 1,000,000 bytes, and a Parquet file within a compressed one "
        "must be unpacked as a whole. Store the Parquet file as it is: it is compressed within."
    )


def test_two_parquet_files_in_an_archive_are_refused() -> None:
    assert refusal(zipped(("a.parquet", DATA), ("b.parquet", DATA)), "rows.zip").message == (
        "rows.zip: holds 2 files of data: a.parquet, b.parquet. "
        "Keep one in the archive, or give all of them the same columns."
    )


def test_a_file_that_is_replaced_while_it_is_read_is_told() -> None:
    class Replaced(MemoryContent):
        def read(self, start: int, length: int) -> bytes:
            if len(self.reads) > 1:
                raise TableError(detail="was replaced.", file=self.name, reason="changed")
            return MemoryContent.read(self, start, length)

    names = [os.urandom(20).hex() for _ in range(10_000)]
    data = written(pa.table({"name": names}), row_group_size=5_000)
    reader = open_parquet(Replaced("rows", data), SPEC, LIMITS, Tally())

    with pytest.raises(TableError, match="rows: was replaced"):
        list(reader)


def test_a_reader_that_is_closed_early_lets_go() -> None:
    reader = open_parquet(content(), SPEC, replace(LIMITS, batch_rows=1), Tally())
    next(iter(reader))

    reader.close()

    with pytest.raises(TableError, match="closed before its end"):
        next(iter(reader))


TYPES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "small": (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    "number": (pa.float64(), st.floats(allow_nan=False)),
    "text": (pa.string(), st.text(max_size=20)),
    "bytes": (pa.binary(), st.binary(max_size=20)),
    "boolean": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "at": (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
    "decimal": (
        pa.decimal128(20, 4),
        st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: Decimal(n).scaleb(-4)),
    ),
    "list": (pa.list_(pa.string()), st.lists(st.none() | st.text(max_size=5), max_size=4)),
    "object": (
        pa.struct([("a", pa.int64()), ("b", pa.string())]),
        st.fixed_dictionaries({"a": st.none() | st.integers(0, 9), "b": st.text(max_size=5)}),
    ),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    names = draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, unique=True))
    rows = draw(st.integers(0, 30))
    columns = {}
    for name in names:
        type_, values = TYPES[name]
        column = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        columns[name] = pa.array(column, type_)
    return pa.table(columns)


@settings(deadline=None)
@given(
    table=tables(),
    group=st.integers(1, 40),
    batch=st.integers(1, 40),
    compression=st.sampled_from(["none", "snappy", "gzip", "zstd", "brotli"]),
    version=st.sampled_from(["1.0", "2.0"]),
)
def test_random_tables_come_back_equal(
    table: pa.Table, group: int, batch: int, compression: str, version: str
) -> None:
    data = written(table, row_group_size=group, compression=compression, data_page_version=version)

    found = read(data, limits=replace(LIMITS, batch_rows=batch))

    assert found.to_pylist() == table.to_pylist()
    assert [str(one.type).replace("element", "item") for one in found.schema] == [
        str(one.type) for one in table.schema
    ]
    preview = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20)
    assert len(preview.rows) == min(20, table.num_rows)


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_changed_byte_gives_an_error_or_rows_and_never_another_exception(
    at: int, change: int
) -> None:
    data = bytearray(DATA)
    data[at % len(data)] ^= change

    try:
        found = read(bytes(data))
    except TableError:
        return
    assert found.num_columns == 2


MANY = written(pa.table({"id": [1] * 6, "tags": [["a"] * 3_000_000, *[[]] * 5]}))


def test_lists_of_millions_are_not_decoded_for_a_preview() -> None:
    tally = Tally()

    preview = preview_parquet(content(MANY), SPEC, LIMITS, tally, 20)

    assert [one.name for one in preview.columns] == ["id", "tags"]
    assert (preview.rows, preview.is_whole, tally.rows_read) == ((), False, 0)
    assert tally.warnings == [
        "s3://bucket/rows.parquet, column 'tags': its first rows have lists of 3,000,005 values. "
        "So the preview shows no rows."
    ]


def test_lists_that_are_too_large_on_average_are_refused_before_they_are_decoded() -> None:
    reader = open_parquet(content(MANY), SPEC, replace(LIMITS, cell=1_000_000), Tally())

    with pytest.raises(TableError) as raised:
        list(reader)

    assert raised.value.message == (
        "s3://bucket/rows.parquet, column 'tags': the lists of row group 1 have 2,000,003 bytes on "
        "average, and a value has at most 1,000,000 bytes. Shorten them, or leave the column out."
    )
    assert raised.value.reason == "too_large"


def test_a_preview_shows_the_first_items_of_a_list() -> None:
    inner = [list(range(30)), []]
    table = pa.table(
        {
            "list": pa.array([list(range(101)), list(range(100)), None]),
            "lists": pa.array([inner, None, []]),
            "map": pa.array(
                [[(str(n), n) for n in range(101)], [], None], pa.map_(pa.string(), pa.int64())
            ),
            "objects": pa.array([[{"a": "x" * 2_000}], [None], None]),
            "fixed": pa.array([b"\x00" * 2_000] * 3, pa.binary(2_000)),
        }
    )

    rows = preview_parquet(content(written(table)), SPEC, LIMITS, Tally(), 20).rows

    assert [row["list"] for row in rows] == [[*range(100), "…"], [*range(100)], None]
    assert [row["lists"] for row in rows] == [[[*range(25), "…"], []], None, []]
    members: Any = rows[0]["map"]
    assert (len(members), members["99"], members["…"]) == (101, 99, "…")
    assert [row["map"] for row in rows[1:]] == [{}, None]
    assert [row["objects"] for row in rows] == [[{"a": "x" * 1_000 + "…"}], [None], None]
    assert rows[0]["fixed"] == "A" * 1_000 + "…"


LONG = "x" * 10_000
CHOSEN = pa.array(["a", LONG, None, "b"]).dictionary_encode()


@pytest.mark.parametrize(
    "column",
    [
        CHOSEN,
        CHOSEN.dictionary_decode(),
        pa.StructArray.from_arrays([CHOSEN], ["text"]),
        pa.array([["a"], [LONG, "a"], None, []]),
        pa.array([[("k", "a")], [("l", LONG)], None, []], pa.map_(pa.string(), pa.string())),
        CHOSEN.dictionary_decode().cast(pa.binary()),
    ],
    ids=lambda column: str(column.type)[:12],
)
def test_a_text_that_many_rows_share_is_decoded_a_piece_at_a_time(column: Any) -> None:
    limits = replace(LIMITS, batch_bytes=200_000)
    table = pa.table({"n": list(range(4_000)), "x": pa.concat_arrays([column] * 1_000)})
    data = written(table)
    assert len(data) < 200_000
    tally = Tally()

    reader = open_parquet(content(data), SPEC, limits, tally)
    batches = list(reader)
    preview = preview_parquet(content(data), SPEC, limits, Tally(), 20)

    found = pa.Table.from_batches(batches)
    assert found["n"].to_pylist() == list(range(4_000))
    assert found["x"].to_pylist() == table["x"].to_pylist()
    assert max(batch.nbytes for batch in batches) <= 210_000
    assert tally.rows_read == 4_000
    assert len(preview.rows) == 20


def test_a_megabyte_that_thousands_of_rows_share_is_read_in_flat_memory() -> None:
    text = "x" * 1_000_000
    indices = pa.array([0] * 3_000, pa.int32())
    data = written(pa.table({"x": pa.DictionaryArray.from_arrays(indices, pa.array([text]))}))
    before, most = pa.total_allocated_bytes(), 0

    rows = 0
    for batch in open_parquet(content(data), SPEC, LIMITS, Tally()):
        rows += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)

    assert rows == 3_000
    assert most < 100_000_000
    (row, *_) = preview_parquet(content(data), SPEC, LIMITS, Tally(), 20).rows
    assert row["x"] == "x" * 1_000 + "…"


@pytest.mark.parametrize("is_coded", [True, False])
@pytest.mark.parametrize("type_", [pa.string(), pa.binary(), pa.large_string()])
def test_a_value_beyond_the_limit_is_refused_with_its_row_and_column(
    type_: Any, is_coded: bool
) -> None:
    limits = replace(LIMITS, cell=1_000)
    cells = [b"a", None, b"b" * 1_000, *[b"c"] * 100, b"d" * 1_001]
    column = pa.array(cells).cast(type_)
    table = pa.table({"n": column, "x": column.dictionary_encode() if is_coded else column})

    assert read(written(table.slice(0, 103)), limits=limits).num_rows == 103
    with pytest.raises(TableError) as raised:
        read(written(table.select(["x"])), limits=limits)

    assert raised.value.message == (
        "s3://bucket/rows.parquet, column 'x': the value of row 104 is longer than 1,000 bytes. "
        "Shorten it, or leave the column out."
    )
    assert raised.value.reason == "too_large"


def test_a_list_and_a_row_beyond_the_limits_are_refused() -> None:
    table = pa.table({"x": pa.array([[1]] * 50 + [[1] * 200])})
    with pytest.raises(TableError, match="column 'x': the value of row 51 is longer than"):
        read(written(table), limits=replace(LIMITS, cell=1_000))

    table = pa.table({f"c{n}": ["a"] * 3 + ["x" * 900] for n in range(4)})
    with pytest.raises(TableError) as raised:
        read(written(table), limits=replace(LIMITS, row=3_000, batch_bytes=3_000))
    assert raised.value.message == (
        "s3://bucket/rows.parquet: row 4 is longer than 3,000 bytes. "
        "Shorten its values, or leave columns out."
    )


def test_values_that_are_too_long_on_average_are_refused_before_they_are_decoded() -> None:
    data = written(pa.table({"x": [bytes(1_000_000), b""]}))

    with pytest.raises(TableError) as raised:
        read(data, limits=replace(LIMITS, cell=100_000))

    assert "column 'x': the values of row group 1 have 500,0" in raised.value.message
    assert raised.value.message.endswith(
        " bytes on average, and a value has at most 100,000 bytes. "
        "Shorten them, or leave the column out."
    )


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_page_that_expands_to_far_more_is_not_expanded_for_a_preview(version: Any) -> None:
    table = pa.table({"n": [1, 2], "x": [bytes(2_000_000), b""]})
    data = written(table, data_page_version=version)
    limits = replace(LIMITS, preview_expanded=100_000)
    tally = Tally()

    preview = preview_parquet(content(data), SPEC, limits, tally, 20)

    assert preview.rows == ()
    assert tally.warnings == [
        "s3://bucket/rows.parquet, column 'x': its first rows expand to more than 1 MiB. "
        "So the preview shows no rows."
    ]


def test_a_page_that_expands_to_far_more_is_not_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_chunks, "_MOST_PAGE", 1_000_000)

    with pytest.raises(TableError) as raised:
        read(written(pa.table({"x": [bytes(2_000_000), *[b""] * 50]})))

    assert "column 'x': a page of row group 1 expands to 2,000," in raised.value.message
    assert raised.value.reason == "too_large"


def test_a_preview_of_many_pages_looks_at_the_heads_of_the_first_ones() -> None:
    names = [os.urandom(20).hex() for _ in range(20_000)]
    data = written(pa.table({f"column {n}": names for n in range(5)}), data_page_size=8 * 1024)
    limits = replace(LIMITS, preview_expanded=100_000, preview_fetched=300_000)
    tally = Tally()

    preview = preview_parquet(content(data), SPEC, limits, tally, 20)

    assert tally.warnings == [
        "s3://bucket/rows.parquet, column 'column 1': its first rows expand to more than 1 MiB. "
        "So the preview shows no rows."
    ]
    tally = Tally()
    limits = replace(limits, preview_expanded=400_000)
    data = written(
        pa.table({f"column {n}": names for n in range(10)}),
        data_page_size=8 * 1024,
        write_batch_size=100,
        use_dictionary=False,
    )
    preview = preview_parquet(content(data), SPEC, limits, tally, 20)
    assert [row["column 4"] for row in preview.rows] == names[:20]
    assert tally.bytes_read <= limits.preview_fetched


def test_whoever_stops_and_comes_again_goes_on_with_what_is_left() -> None:
    tally = Tally()
    reader = open_parquet(content(), SPEC, replace(LIMITS, batch_rows=7), tally)
    found = []

    for batch in reader:
        found.append(batch)
        break
    found += list(reader)

    assert pa.Table.from_batches(found) == TABLE
    assert tally.rows_read == 100
    reader.close()


def test_a_preview_stops_when_its_time_is_over() -> None:
    with pytest.raises(TableError) as raised:
        preview_parquet(content(), SPEC, LIMITS, Tally(is_over=lambda: True), 20)

    assert raised.value.reason == "timed_out"


def test_what_a_library_raises_of_rows_is_told() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from TABLE.to_batches()
        raise pa.ArrowInvalid("Take operation overflowed\nand more")

    with pytest.raises(TableError) as raised:
        list(plain_pieces(batches(), TABLE.schema, LIMITS, Tally(), "rows"))

    assert raised.value.message == (
        "rows: cannot be read behind row 100 (Take operation overflowed). Write the file again."
    )
    assert raised.value.reason == "broken_file"


def test_no_changed_byte_of_a_footer_ends_the_process() -> None:
    data = written(TABLE.slice(0, 3).select(["name"]), store_schema=False)
    footer = pq.read_metadata(io.BytesIO(data)).serialized_size
    for at in range(len(data) - footer - 8, len(data)):
        for change in (1, 98, 128):
            changed = bytearray(data)
            changed[at] ^= change
            with suppress(TableError):
                read(bytes(changed))
            with suppress(TableError):
                preview_parquet(content(bytes(changed)), SPEC, LIMITS, Tally(), 20)
