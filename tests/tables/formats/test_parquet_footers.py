"""Footers of Parquet files that say what is not so, or very much."""

from __future__ import annotations

import base64
import io
import os
import struct
import threading
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import encryption

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import parquet, parquet_chunks, parquet_thrift
from argosy.tables.formats.parquet import open_parquet, preview_parquet
from argosy.tables.formats.parquet_pages import PageWatch
from tests.tables.contents import MemoryContent

LIMITS = Limits()
SPEC = FileSpec("PARQUET")
WRITE_AGAIN = "Write the file again."


def written(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def read(data: bytes) -> int:
    reader = open_parquet(MemoryContent("rows.parquet", data), SPEC, LIMITS, Tally())
    try:
        return sum(batch.num_rows for batch in reader)
    finally:
        reader.close()


def preview(data: bytes, rows: int = 20) -> Any:
    return preview_parquet(MemoryContent("rows.parquet", data), SPEC, LIMITS, Tally(), rows)


def refusal(data: bytes) -> TableError:
    with pytest.raises(TableError) as raised:
        read(data)
    return raised.value


def number(value: int) -> bytes:
    """Return a number as footers have it."""
    value = (value << 1) ^ (value >> 63)
    made = b""
    while value > 0x7F:
        made += bytes([value & 0x7F | 0x80])
        value >>= 7
    return made + bytes([value])


def element(name: str, children: int = 0) -> bytes:
    """Return an optional integer, or an object with so many members."""
    kind = b"\x35" if children else b"\x15\x02\x25"
    text = name.encode()
    made = kind + number(1) + b"\x18" + bytes([len(text)]) + text
    return made + (b"\x15" + number(children) if children else b"") + b"\x00"


def file_of(*elements: bytes, columns: int, rows: int = 0) -> bytes:
    """Return a file without row groups."""
    count = len(elements) + 1
    length = b"\xfc" + bytes([count & 0x7F | 0x80, count >> 7 & 0x7F | 0x80, count >> 14])
    root = b"\x48\x01s\x15" + number(columns) + b"\x00"
    schema = b"\x19" + length + root + b"".join(elements)
    footer = b"\x15\x02" + schema + b"\x16" + number(rows) + b"\x19\x0c\x00"
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def test_a_file_without_row_groups_has_no_rows() -> None:
    data = file_of(element("id"), columns=1)

    assert read(data) == 0
    assert preview(data).is_whole


@pytest.mark.parametrize("rows", [5, -5])
def test_rows_that_are_in_no_row_group_are_missed(rows: int) -> None:
    data = file_of(element("id"), columns=1, rows=rows)

    error = refusal(data)

    assert error.message == (
        "rows.parquet: is a broken Parquet file: its rows cannot be read (its footer tells of "
        f"{rows}, its row groups of 0). {WRITE_AGAIN}"
    )
    assert error.reason == "broken_file"
    with pytest.raises(TableError) as previewed:
        preview(data)
    assert previewed.value.message == error.message


def changed(data: bytes, before: int, after: int, *, last: bool) -> bytes:
    """Return a file whose footer has another number in the place of the first or last such one."""
    start = len(data) - 8 - pq.read_metadata(io.BytesIO(data)).serialized_size
    seek = data.rfind if last else data.find
    at = seek(b"\x16" + number(before), start)
    made = bytearray(data)
    made[at + 1 : at + 1 + len(number(before))] = number(after)
    return bytes(made)


def test_a_footer_that_tells_of_more_rows_than_its_row_groups_is_told() -> None:
    data = written(pa.table({"id": range(50)}), store_schema=False)

    assert refusal(changed(data, 50, 60, last=False)).message == (
        "rows.parquet: is a broken Parquet file: its rows cannot be read (its footer tells of "
        f"60, its row groups of 50). {WRITE_AGAIN}"
    )


def test_a_row_group_with_fewer_rows_than_it_tells_is_told() -> None:
    data = written(pa.table({"id": range(50)}), store_schema=False)
    more = changed(changed(data, 50, 60, last=False), 50, 60, last=True)

    assert refusal(more).reason == "broken_file"
    with pytest.raises(TableError) as previewed:
        preview(more, 60)
    assert previewed.value.reason == "broken_file"


def test_a_column_with_a_dot_in_its_name_is_named_whole() -> None:
    table = pa.table({"a": [{"b": "x" * 100}] * 3, "a.b": ["x" * 100] * 3})

    assert preview(written(table)).rows[0]["a.b"] == "x" * 100
    assert read(written(table)) == 3


def test_thousands_of_members_of_an_object_are_opened_at_once() -> None:
    names = [f"x{n}" for n in range(18_000)]
    columns = [element(f"c{n}") for n in range(1_999)]
    data = file_of(*columns, element("o", 18_000), *map(element, names), columns=2_000)

    assert len(preview(data).columns[-1].members) == 18_000


def test_more_columns_within_objects_than_can_be_opened_are_refused() -> None:
    names = [f"x{n}" for n in range(20_001)]
    error = refusal(file_of(element("o", 20_001), *map(element, names), columns=1))

    assert error.message == (
        "rows.parquet: 20,001 columns, with those within objects, where a file has at most 20,000. "
        "Write fewer members, or some objects as text."
    )
    assert error.reason == "too_many_columns"


class Keys(encryption.KmsClient):
    """Wraps keys in nothing."""

    def __init__(self, _: Any) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return base64.b64encode(key_bytes).decode()


@pytest.mark.parametrize("is_footer_plain", [True, False])
def test_an_encrypted_file_is_told_also_where_its_footer_is_not(is_footer_plain: bool) -> None:
    sink, factory = io.BytesIO(), encryption.CryptoFactory(Keys)
    properties = factory.file_encryption_properties(
        encryption.KmsConnectionConfig(),
        encryption.EncryptionConfiguration(
            footer_key="f", column_keys={"c": ["id"]}, plaintext_footer=is_footer_plain
        ),
    )
    table = pa.table({"id": range(50), "name": ["x"] * 50})
    with pq.ParquetWriter(sink, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)

    error = refusal(sink.getvalue())

    assert error.message == (
        "rows.parquet: is encrypted, which is not read. Write the Parquet file without encryption."
    )
    with pytest.raises(TableError) as previewed:
        preview(sink.getvalue())
    assert previewed.value.message == error.message


def test_a_page_that_is_larger_than_the_footer_tells_is_not_expanded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_chunks, "_MOST_PAGE", 2_000_000)
    table = pa.table({"id": ["1"], "x": [bytes(3_000_000)]})
    data = written(table, compression="zstd", use_dictionary=False, store_schema=False)
    told = pq.read_metadata(io.BytesIO(data)).row_group(0).column(1).total_uncompressed_size
    low, high, *rest = number(2_000)
    assert not rest
    small = bytes([low, high | 0x80]) + b"\x80" * (len(number(told)) - 3) + b"\0"
    lying = data.replace(number(told), small)
    assert pq.read_metadata(io.BytesIO(lying)).row_group(0).column(1).total_uncompressed_size < told

    error = refusal(lying)

    assert "column 'x': a page of row group 1 expands to 3,000," in error.message
    assert error.reason == "too_large"
    tally, limits = Tally(), Limits(preview_expanded=128 * 1024)
    content = MemoryContent("rows.parquet", lying)
    assert preview_parquet(content, SPEC, limits, tally, 20).rows == ()
    assert tally.warnings == [
        "rows.parquet, column 'x': its first rows expand to more than 2 MiB. "
        "So the preview shows no rows."
    ]


def test_a_large_row_group_is_watched_while_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_GROUP", 10_000)
    monkeypatch.setattr(parquet_chunks, "_MOST_PAGE", 1_000_000)
    noise = [os.urandom(1_000) for _ in range(50)]
    data = written(pa.table({"id": noise, "x": [*[b""] * 49, bytes(2_000_000)]}))

    assert "column 'x': a page of row group 1 expands to 2,000," in refusal(data).message


def test_a_column_within_another_is_refused() -> None:
    watch = PageWatch([(4, 50), (60, 70), (0, 0), (50, 60)], lambda *_: None)
    watch(70, b"the footer")

    with pytest.raises(ValueError, match="its columns lie within each other"):
        PageWatch([(4, 50), (40, 60)], lambda *_: None)


@given(sizes=st.lists(st.integers(0, 2_000), max_size=6), step=st.integers(1, 700))
def test_pages_are_seen_before_they_are_whole_however_they_are_read(
    sizes: list[int], step: int
) -> None:
    seen: list[tuple[int, int]] = []
    heads = [
        b"\x15\x00\x15" + number(size * 1_000 + 1) + b"\x15" + number(size) + b"\x00"
        for size in sizes
    ]
    data = b"".join(head + bytes(size) for head, size in zip(heads, sizes, strict=True))
    watch = PageWatch([(7, 7 + len(data))], lambda at, size: seen.append((at, size)))

    for _ in range(2):  # whoever comes again sees nothing new
        for start in range(0, len(data), step):
            watch(7 + start, data[start : start + step])

    assert seen == [(0, size * 1_000 + 1) for size in sizes]


def test_a_text_that_is_not_utf_8_is_told_with_its_row_and_column() -> None:
    texts = [b"ok"] * 70_000 + [b"\xff"]
    raw = pa.array(texts)
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    data = written(pa.table({"id": range(len(texts)), "x": text}))

    assert refusal(data).message == (
        "rows.parquet, column 'x': the text of row 70,001 is not UTF-8. "
        "Write it as UTF-8, or the column as binary."
    )
    with pytest.raises(TableError) as previewed:
        preview(written(pa.table({"x": text.slice(69_999)})))
    assert "column 'x': the text of row 2 is not UTF-8." in previewed.value.message


def test_a_text_that_is_not_utf_8_is_told_with_its_row_within_objects_and_lists() -> None:
    raw = pa.array([b"a", b"b", b"\xff"])
    text = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    nested: list[Any] = [
        pa.StructArray.from_arrays([text], ["t"]),
        pa.ListArray.from_arrays([0, 1, 2, 3], text),
    ]
    for column in nested:
        data = written(pa.table({"x": column}))

        assert "column 'x': the text of row 3 is not UTF-8." in refusal(data).message
        with pytest.raises(TableError) as previewed:
            preview(data)
        assert "column 'x': the text of row 3 is not UTF-8." in previewed.value.message


def test_a_head_of_a_page_that_is_lists_within_lists_is_refused() -> None:
    data = bytearray(written(pa.table({"x": range(5_000)}), use_dictionary=False))
    at = pq.read_metadata(io.BytesIO(data)).row_group(0).column(0).data_page_offset
    data[at : at + 4_000] = b"\x19" * 4_000

    assert "it is nested too deeply" in refusal(bytes(data)).message


@pytest.mark.parametrize("kind", range(3, 13))
def test_a_list_of_more_values_than_there_are_bytes_ends_with_them(kind: int) -> None:
    endless = bytes([0x19, 0xF0 | kind]) + b"\xff" * 6 + b"\x01"

    with pytest.raises((IndexError, ValueError)):
        parquet_thrift.read_struct(endless, 0)


def test_two_members_of_one_name_are_refused() -> None:
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    data = written(pa.table({"x": pa.ListArray.from_arrays([0, 1], twice)}))

    assert refusal(data).message == (
        "rows.parquet, column 'x': two members of its objects are both named 'a'. "
        "Give each member a name of its own."
    )


def test_a_reader_that_another_thread_closes_says_so() -> None:
    data = written(pa.table({"id": range(1_000)}), row_group_size=10)
    reader = open_parquet(MemoryContent("rows.parquet", data), SPEC, LIMITS, Tally())
    batches = iter(reader)
    next(batches)

    closing = threading.Thread(target=reader.close)
    closing.start()
    closing.join()

    for _ in range(2):
        with pytest.raises(TableError, match="closed before its end"):
            list(batches)
