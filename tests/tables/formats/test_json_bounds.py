"""JSON files that take long, are cut by a preview, or are read by several, one after the other."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from tests.tables.contents import MemoryContent

NAME = "rows.json"
LONG = b'{"id":"' + b"x" * 300_000 + b'"}\n'


def preview(
    data: bytes, form: str, tally: Tally | None = None, limits: Limits | None = None
) -> Any:
    limits = limits or Limits(preview_fetched=100_000)
    return preview_file(MemoryContent(NAME, data), FileSpec(form), limits, tally or Tally())


def test_a_preview_ends_with_its_time() -> None:
    left = iter(range(600))
    tally = Tally(is_over=lambda: next(left, None) is None)

    with pytest.raises(TableError) as caught:
        preview(gzip.compress(b"[" + b'{"id":1},' * 100_000 + b"{}]"), "JSON", tally)

    assert caught.value.reason == "timed_out"


@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
def test_who_stops_and_begins_again_goes_on_where_it_was(form: str) -> None:
    tally, content = Tally(), MemoryContent(NAME, b'{"id":1}\n' * 1_000)
    reader = open_file(content, FileSpec(form), Limits(batch_rows=100), tally)

    one, other = iter(reader), iter(reader)
    next(one)
    for _ in other:
        break
    assert tally.rows_read == 200
    assert sum(batch.num_rows for batch in reader) == 800
    assert tally.rows_read == 1_000


@pytest.mark.parametrize(
    ("data", "form"), [(LONG, "NDJSON"), (LONG, "JSON"), (b"[" + LONG + b"]", "JSON")]
)
def test_a_preview_of_a_row_that_is_longer_has_no_columns_and_says_why(
    data: bytes, form: str
) -> None:
    tally = Tally()

    shown = preview(data, form, tally)

    assert (shown.columns, shown.rows, shown.is_whole) == ((), (), False)
    size = 100_000 - data.startswith(b"[")
    assert tally.warnings == [
        f"rows.json: its first row is longer than the {size:,} bytes that a preview reads of it; "
        "so no column is shown."
    ]


def test_a_preview_of_a_row_that_is_longer_than_rows_may_be_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        preview(LONG, "NDJSON", limits=Limits(row=50_000))

    error = caught.value
    assert (error.reason, error.facts["line"]) == ("too_large", 1)
    assert (error.status, error.facts["file"]) == ("wrong_specification", NAME)


@pytest.mark.parametrize(("before", "form"), [(b"\n", "NDJSON"), (b"[ ", "JSON")])
def test_a_preview_that_sees_only_space_says_so(before: bytes, form: str) -> None:
    tally = Tally()

    shown = preview(gzip.compress(before + b"\n" * 10_000_000 + b'{"id":1}'), form, tally)

    assert (shown.columns, shown.rows, shown.is_whole) == ((), (), False)
    assert tally.warnings == [
        "rows.json: the 8 MiB that a preview reads hold no row but only space, so no column is "
        "shown."
    ]


@pytest.mark.parametrize("before", [b"", b'{"id":1}\n'])
def test_a_preview_refuses_a_nul_byte_in_what_is_cut_off(before: bytes) -> None:
    with pytest.raises(TableError, match="a NUL byte") as caught:
        preview(gzip.compress(before + b'{"id":"' + bytes(10_000_000)), "NDJSON")

    assert caught.value.facts["line"] == before.count(b"\n") + 1


@pytest.mark.parametrize("data", [b'[{"id":1},\n', b'[{"id":1}\n', b'[{"id":1}, '])
def test_a_preview_of_a_whole_file_tells_an_array_that_is_not_closed(data: bytes) -> None:
    with pytest.raises(TableError) as caught:
        preview(data, "JSON")

    assert "the array is not closed: the file ends within it." in caught.value.message
    assert caught.value.reason == "broken_file"
