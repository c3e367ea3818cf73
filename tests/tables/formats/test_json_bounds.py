"""JSON files that take long, are cut by a preview, or are read by several, one after the other."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
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


PACKED: list[Callable[[str], bytes]] = [
    str.encode,
    lambda text: gzip.compress(text.encode()),
    lambda text: gzip.compress(text.encode("utf-16")),
]


def read(
    data: bytes, form: str, limits: Limits, tally: Tally | None = None, encoding: str = "utf-8"
) -> tuple[list[str], list[dict[str, Any]]]:
    content = MemoryContent(NAME, data)
    reader = open_file(
        content, FileSpec(form, options={"encoding": encoding}), limits, tally or Tally()
    )
    return reader.schema.names, [row for batch in reader for row in batch.to_pylist()]


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
def test_a_preview_and_a_reading_have_the_columns_of_the_same_rows(
    form: str, packed: Callable[[str], bytes]
) -> None:
    limits, seen = Limits(preview_fetched=100_000), []
    encoding = "utf-16" if packed is PACKED[2] else "utf-8"
    for late in [*range(40, 50), *range(85, 100)]:
        rows: list[dict[str, Any]] = [{"id": at, "text": "x" * 1_000} for at in range(120)]
        rows[late]["late"] = True
        lines = map(json.dumps, rows)
        data = packed("\n".join(lines) if form == "NDJSON" else f"[{','.join(lines)}]")

        names, found = read(data, form, limits, encoding=encoding)
        content, spec = MemoryContent(NAME, data), FileSpec(form, options={"encoding": encoding})
        shown = preview_file(content, spec, limits, Tally())

        assert names == [column.name for column in shown.columns]
        assert len(found) == 120
        seen.append("late" in names)
    assert sorted(seen, reverse=True) == seen
    assert seen[0]
    assert not seen[-1]


def test_a_column_that_comes_up_in_row_900_is_there() -> None:
    rows = [b'{"id":1,"text":"%b"}\n' % (b"x" * 1_000)] * 1_000
    rows[899] = b'{"id":2,"late":true}\n'
    data = b"".join(rows)

    assert read(data, "NDJSON", Limits())[0] == ["id", "text", "late"]
    assert [one.name for one in preview(data, "NDJSON", limits=Limits()).columns] == [
        "id", "text", "late",
    ]  # fmt: skip


def test_a_first_row_that_is_long_tells_the_columns_by_itself() -> None:
    data = gzip.compress(LONG + b'{"id":"x","late":1}\n')
    limits, told = Limits(preview_fetched=100_000), Tally()

    shown = preview(data, "NDJSON", told, limits)
    names, rows = read(data, "NDJSON", limits, tally := Tally())

    assert names == [column.name for column in shown.columns] == ["id"]
    assert rows[1] == shown.rows[1] == {"id": "x"}
    assert shown.is_whole
    assert told.warnings == tally.warnings == [
        "rows.json, line 2: 'late' is not among the columns, which are those of the first rows; "
        "it is left out, as all that come up later."
    ]  # fmt: skip


WIDE: dict[str, Any] = {
    **{f"c{at}": at for at in range(60)},
    "text": "x",
    "o": {**{f"k{at}": at for at in range(40)}, "p": {"q": "x", "r": [1]}},
    "l": [{**{f"m{at}": at for at in range(30)}, "n": {"z": True}}],
    "ll": [[{"u": 1, "v": "y"}]],
}
THIN: list[dict[str, Any]] = [
    {},
    {"c7": 1},
    {"text": None, "o": None, "l": None},
    {"o": {}},
    {"o": {"k3": None, "p": {}}, "c1": 5},
    {"o": {"p": {"r": []}}, "l": []},
    {"l": [None, None]},
    {"l": [{}, None, {"m4": 4}], "ll": [[], None, [{}, {"v": 'ü}\n{"'}]]},
    {"l": [{"n": {"z": False}}], "ll": [[None]]},
]


def padded(shape: Any, value: Any) -> Any:
    """Return a value with all members that it may have."""
    if isinstance(value, dict):
        return {name: padded(one, value.get(name)) for name, one in shape.items()}
    return [padded(shape[0], one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
@pytest.mark.parametrize("most", [1, 5_000, 1_000_000])
def test_rows_that_have_few_of_many_columns_come_in_batches_that_are_not_too_large(
    most: int, form: str, indent: int | None
) -> None:
    rows = [WIDE, *THIN * 20]
    lines = "\r\n".join(map(json.dumps, rows))
    data = (lines if form == "NDJSON" else json.dumps(rows, indent=indent)).encode()
    reader = open_file(MemoryContent(NAME, data), FileSpec(form), Limits(batch_bytes=most), Tally())

    batches = list(reader)

    found = [row for batch in batches for row in batch.to_pylist()]
    assert found == [padded(WIDE, row) for row in rows]
    assert len(batches) == {1: len(rows), 5_000: len(batches), 1_000_000: 1}[most]
    assert all(batch.nbytes <= 2 * most or batch.num_rows == 1 for batch in batches)


@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
def test_a_value_that_does_not_fit_has_its_line_in_rows_of_few_columns(form: str) -> None:
    rows = list(map(json.dumps, [WIDE, *THIN * 20, {"c5": "x"}, {}]))
    data = "\n".join(rows) if form == "NDJSON" else "[" + ",\n".join(rows) + "]"
    limits = Limits(batch_bytes=5_000, preview_fetched=6_000)

    with pytest.raises(TableError) as caught:
        read(data.encode(), form, limits)

    assert caught.value.message == (
        "rows.json, line 182, column 'c5': the text \"x\" in a column of integers. Write the same "
        "kind of value in all rows."
    )


def test_a_row_whose_lists_would_take_far_more_memory_than_their_text_is_refused() -> None:
    rows = [WIDE, {"l": [{}] * 1_000}]
    limits = Limits(row=100_000, batch_bytes=1_000)

    with pytest.raises(TableError) as caught:
        read("\n".join(map(json.dumps, rows)).encode(), "NDJSON", limits)

    assert caught.value.message == (
        "rows.json, line 2: it takes 264,824 bytes to hold all members of all the objects in the "
        "row's lists, most of which have no value. Write each of the objects as a row."
    )
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("within", ['{"o":%s}', '{"l":[{"o":%s}]}'])
def test_too_many_columns_within_objects_are_refused(within: str) -> None:
    data = (within % json.dumps(dict.fromkeys(map(str, range(51)), 1))).encode()
    for attempt in (read, preview):
        with pytest.raises(TableError) as caught:
            attempt(data, "NDJSON", limits=Limits(columns=10))

        assert caught.value.message == (
            "rows.json: 51 columns, counted within objects and lists, where a table has at most "
            "50 of those. Write fewer members, or objects with many of them as text."
        )
        assert caught.value.reason == "too_many_columns"


@pytest.mark.parametrize("row", [b'{"id":1}', b'{"id":1e300}'])
def test_a_reading_ends_with_its_time(row: bytes) -> None:
    is_over = False
    tally = Tally(is_over=lambda: is_over)
    reader = open_file(
        MemoryContent(NAME, b'{"id":0.5}\n' + (row + b"\n") * 1_000),
        FileSpec("NDJSON"),
        Limits(chunk=100),
        tally,
    )
    batches = iter(reader)
    next(batches)
    is_over = True

    with pytest.raises(TableError) as caught:
        next(batches)

    assert caught.value.reason == "timed_out"


def test_a_preview_of_one_long_list_ends_with_its_time() -> None:
    left = iter(range(20))
    tally = Tally(is_over=lambda: next(left, None) is None)

    with pytest.raises(TableError) as caught:
        preview(b'{"l":[' + b"{}," * 30_000 + b"{}]}", "NDJSON", tally)

    assert caught.value.reason == "timed_out"
