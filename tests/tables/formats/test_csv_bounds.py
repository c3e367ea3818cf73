"""CSV files that take long, are cut by a preview, or are read by several, one after the other."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from argosy.tables.formats.csv_dialect import Dialect
from argosy.tables.formats.csv_records import read_records
from tests.tables.contents import MemoryContent

NAME = "rows.csv"
NEVER_CLOSED = "a quote opens here and is never closed."


def preview(data: bytes, tally: Tally | None = None, **options: Any) -> Any:
    content, limits = MemoryContent(NAME, data), Limits(preview_fetched=65_536)
    return preview_file(content, FileSpec("CSV", "infer", options), limits, tally or Tally())


def failure(data: bytes, **options: Any) -> TableError:
    with pytest.raises(TableError) as caught:
        list(
            open_file(
                MemoryContent(NAME, data), FileSpec("CSV", "none", options), Limits(), Tally()
            )
        )
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        '1,"' + '""' * 1_000_000 + '"\n',
        '1,"' + '\\"' * 1_000_000 + '"\n',
        "\n" * 1_000_000 + "1\n",
        "1," * 1_000_000 + "1\n",
    ],
)
def test_what_is_all_alike_is_passed_over_in_few_steps(text: str) -> None:
    asked: list[int] = []

    records = list(read_records(text, Dialect(), 1, lambda: asked.append(1)))

    assert len(records) == 1
    assert not asked


@pytest.mark.parametrize(
    "text", ['1,"' + '"" ' * 10_000, '"",' * 10_000, '"a"\n' * 10_000, "1," + "\\\na" * 10_000]
)
def test_records_are_read_slowly_only_while_there_is_time(text: str) -> None:
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(read_records(text, Dialect(), 1, stop))


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_million_lines_are_skipped_at_once(end: bytes) -> None:
    data, limits = end * 400_000 + b"id,a" + end + b"1,2", Limits(preview_fetched=1024 * 1024)
    spec = FileSpec("CSV", "none", {"skip_rows_before_header": 399_990})

    assert preview_file(MemoryContent(NAME, data), spec, limits, Tally()).rows == (
        {"id": "1", "a": "2"},
    )


@given(text=st.text("\r\na", min_size=1, max_size=12), count=st.integers(0, 12))
def test_lines_are_skipped_as_they_end(text: str, count: int) -> None:
    ends = [found.end() for found in re.finditer("\r\n?|\n", text)]
    assume(count < len(ends))
    rest = text[ends[count - 1] if count else 0 :]
    names = [line for line in re.split("[\r\n]+", rest) if line]
    assume(names)

    shown = preview(text.encode(), skip_rows_before_header=count)

    assert [column.name for column in shown.columns] == names[:1]
    assert [row[names[0]] for row in shown.rows] == names[1:]


def test_a_preview_ends_with_its_time() -> None:
    left = iter(range(30))
    tally = Tally(is_over=lambda: next(left, None) is None)

    with pytest.raises(TableError) as caught:
        preview(gzip.compress(b'id,a\n1,"' + b'"" ' * 2_000_000), tally)

    assert caught.value.reason == "timed_out"


@pytest.mark.parametrize(
    "members", [None, ("id,a\n", "id,a\n")], ids=["one file", "an archive of two"]
)
def test_who_stops_and_begins_again_goes_on_where_it_was(members: Any) -> None:
    rows, data = 1_000, b""
    if members is None:
        data = b"id,a\n" + b"1,2\n" * rows
    else:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            for at, header in enumerate(members):
                archive.writestr(f"{at}.csv", header + "1,2\n" * (rows // 2))
        data = written.getvalue()
    tally, limits = Tally(), Limits(batch_rows=100)
    reader = open_file(MemoryContent(NAME, data), FileSpec("CSV"), limits, tally)

    one, other = iter(reader), iter(reader)
    next(one)
    for _ in other:
        break
    assert tally.rows_read == 200
    assert sum(batch.num_rows for batch in reader) == rows - 200
    assert list(other) == []
    assert tally.rows_read == rows


def test_a_reader_that_was_closed_before_its_end_says_so() -> None:
    content = MemoryContent(NAME, b"id\n" + b"1\n" * 10)
    reader = open_file(content, FileSpec("CSV"), Limits(batch_rows=3), Tally())
    next(iter(reader))
    reader.close()

    with pytest.raises(TableError, match="The reading was closed before"):
        list(reader)


def test_a_failure_is_raised_again() -> None:
    reader = open_file(MemoryContent(NAME, b"a,b\n1\n"), FileSpec("CSV"), Limits(), Tally())

    for _ in range(2):
        with pytest.raises(TableError, match="1 value where the header names 2"):
            list(reader)


@pytest.mark.parametrize("skipped", [0, 20_000_000])
def test_a_preview_that_ends_before_the_header_says_so(skipped: int) -> None:
    tally, data = Tally(), gzip.compress(b"\n" * 10_000_000 + b"id\n1\n")

    shown = preview(data, tally, skip_rows_before_header=skipped)

    assert (shown.columns, shown.rows, shown.is_whole) == ((), (), False)
    assert tally.warnings == [
        "rows.csv: the 8 MiB that a preview reads are lines that are empty or skipped, so no "
        "column is shown."
    ]


def test_a_preview_that_sees_only_empty_lines_after_the_header_says_so() -> None:
    tally = Tally()

    shown = preview(gzip.compress(b"id\n" + b"\n" * 10_000_000 + b"1\n"), tally)

    assert (len(shown.columns), shown.rows, shown.is_whole) == (1, (), False)
    assert tally.warnings == [
        "rows.csv: only empty lines follow in the 8 MiB that a preview reads; no row is shown."
    ]


def test_a_preview_finds_the_first_row_behind_many_empty_lines() -> None:
    shown = preview(gzip.compress(b"id\n" + b"\n" * 3_000_000 + b"7\n"))

    assert (shown.rows, shown.is_whole) == (({"id": "7"},), True)


@pytest.mark.parametrize("before", [b"id,a\n", b"id,a\n1,2\n"])
def test_a_preview_refuses_a_nul_byte_in_what_is_cut_off(before: bytes) -> None:
    with pytest.raises(TableError, match="a NUL byte") as caught:
        preview(gzip.compress(before + bytes(10_000_000)))

    assert caught.value.facts["line"] == before.count(b"\n") + 1


@pytest.mark.parametrize(
    ("rows", "options", "line", "detail"),
    [
        ("1,2\n3\n4,5\n6,\"7\n", {}, 3, "1 value where the header names 2."),
        ("1,2\nx,3\n4,\"5\n", {"infer": True}, 1_002, "'x' in a column of integers."),
        ("1,2\n4,\"5\n", {}, 3, NEVER_CLOSED),
        ("1\n2,\"3\n4\"\n", {"newlines_in_values": False}, 2, "1 value where the header names 2."),
    ],
)  # fmt: skip
def test_of_several_things_that_are_wrong_the_first_is_told(
    rows: str, options: dict[str, Any], line: int, detail: str
) -> None:
    first = "1,2\n" * (1_000 if options.get("infer") else 0)

    error = failure(f"a,b\n{first}{rows}".encode(), **options)

    expected = line + 1 if options.get("infer") else line
    assert (error.facts["line"], error.facts["detail"][: len(detail)]) == (expected, detail)


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (b"\xfd7zXZ\x00" + bytes(300), "Compress the file with gzip, zip, zstd or bz2, or not"),
        (bytes(257) + b"ustar" + bytes(300), "Compress the file with gzip, zip, zstd or bz2"),
        (b"%PDF" + bytes(300), "Save its rows as CSV, NDJSON, Parquet or Avro."),
    ],
)
def test_a_file_of_another_kind_is_told_with_what_to_do(data: bytes, remedy: str) -> None:
    with pytest.raises(TableError) as caught:
        preview(data)

    assert str(caught.value.facts["remedy"]).startswith(remedy)
