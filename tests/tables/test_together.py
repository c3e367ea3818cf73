"""Tables of several files: what one file says nothing of is read as the others say it is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import argosy.tables
from argosy.connections.opener import Opened, TableToOpen
from argosy.connections.stored import LOCAL, StoredConnection
from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Contents, Files
from argosy.tables.sources.local import LocalContent
from argosy.tables.together import MOST_LOOKED_INTO, Together
from argosy.tables.values import json_rows
from tests.tables.contents import MemoryContent
from tests.tables.local import files_at, opened_all, stored_all, table_of

CONNECTION = StoredConnection("org", LOCAL, LOCAL)
WORDS = {"int64": "integer", "double": "number", "string": "text", "bool": "boolean"}


def table(form: str) -> Any:
    options = {"options": {"infer": True}} if form == "CSV" else {}
    return table_of("user", {"user_id": "id", "n": "n"}, file_format=form, **options)


def put(folder: Path, *files: str) -> None:
    for at, text in enumerate(files):
        (folder / f"{at:02}").write_text(text)


def opened(folder: Path, form: str) -> Opened:
    return opened_all(folder, table(form))


def read(folder: Path, form: str) -> tuple[list[Any], dict[str, str]]:
    """Return the rows of a reading, and its columns' types in words."""
    with argosy.tables.open(stored_all(folder, table(form))) as reader:
        rows = [row for batch in reader for row in json_rows(batch)]
        assert reader.tally.rows_read == len(rows)
        types = {one.name: str(one.type) for one in reader.schema}
    return rows, {name: WORDS.get(type_, type_.split("<")[0]) for name, type_ in types.items()}


def refusal(folder: Path, form: str) -> TableError:
    with pytest.raises(TableError) as caught:
        read(folder, form)
    return caught.value


def csv(*cells: str) -> str:
    return "id,n\n" + "".join(f"7,{cell}\n" for cell in cells)


def lines(*values: Any) -> str:
    return "".join(json.dumps({"id": 7, "n": value}) + "\n" for value in values)


def array(*values: Any) -> str:
    return json.dumps([{"id": 7, "n": value} for value in values])


def without_nulls(value: Any) -> Any:
    """Return what a preview shows of an object: members that are there."""
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if one is not None}
    return value


WRITERS: dict[str, Callable[..., str]] = {"CSV": csv, "NDJSON": lines, "JSON": array}
FILES: list[tuple[str, tuple[list[Any], ...], str, list[Any]]] = [
    ("CSV", ([], ["1"]), "integer", [1]),
    ("CSV", (["1"], []), "integer", [1]),
    ("CSV", ([""], ["1"]), "integer", [None, 1]),
    ("CSV", (["1"], [""]), "integer", [1, None]),
    ("CSV", (["1"], ["1.5"]), "number", [1.0, 1.5]),
    ("CSV", (["1.5"], ["1"]), "number", [1.5, 1.0]),
    ("CSV", (["1"], ["007"]), "text", ["1", "007"]),
    ("CSV", (["x"], ["1"]), "text", ["x", "1"]),
    ("CSV", (["9007199254740993"], ["1.5"]), "text", ["9007199254740993", "1.5"]),
    (
        "CSV",
        (["1.5"], ["1"], ["-9223372036854775808"]),
        "text",
        ["1.5", "1", "-9223372036854775808"],
    ),
    ("CSV", ([""], [""]), "text", ["", ""]),
]
for each in ("NDJSON", "JSON"):
    FILES += [
        (each, ([None], [1]), "integer", [None, 1]),
        (each, ([1], [None]), "integer", [1, None]),
        (each, ([1], [1.5]), "number", [1.0, 1.5]),
        (each, ([1.5], [1]), "number", [1.5, 1.0]),
        (each, ([None], [True]), "boolean", [None, True]),
        (each, ([[]], [[1]]), "list", [[], [1]]),
        (each, ([[1]], [[]]), "list", [[1], []]),
        (each, ([[]], [[{"a": 1}]]), "list", [[], [{"a": 1}]]),
        (each, ([None], [{"a": 1}]), "struct", [None, {"a": 1}]),
        (each, ([{"a": 1}], [None]), "struct", [{"a": 1}, None]),
        (each, ([{"a": 1}], [{"b": 2}]), "struct", [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        (each, ([None], [None]), "text", [None, None]),
    ]
FILES += [("JSON", ([], [1]), "integer", [1]), ("JSON", ([1], []), "integer", [1])]
SHOWN = {"list": {"list"}, "struct": {"object"}, "text": {"text", "null"}}


@pytest.mark.parametrize(("form", "files", "type_", "values"), FILES)
def test_files_are_read_as_they_are_previewed(
    tmp_path: Path, form: str, files: Any, type_: str, values: list[Any]
) -> None:
    put(tmp_path, *(WRITERS[form](*cells) for cells in files))

    rows, types = read(tmp_path, form)
    found = opened(tmp_path, form)

    assert rows == [{"user_id": 7, "n": value} for value in values]
    assert types == {"user_id": "integer", "n": type_}
    assert found.status == "available"
    assert {one.name: one.type for one in found.columns}["n"] in SHOWN.get(type_, {type_})
    assert [without_nulls(one["n"]) for one in found.rows] == [without_nulls(one) for one in values]


@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
@pytest.mark.parametrize(
    ("files", "told"),
    [
        (([1], ["x"]), "text here and integer"),
        (([{"a": 1}], [7]), "integer here and object"),
        (([1.5], [2**53 + 1]), "integer here and number"),
        (([{"a": 2**53 + 1}], [{"a": 1}], [{"a": 1.5}]), "number here and integer"),
        (([None], [[1]], ["x"]), "text here and list"),
    ],
)
def test_other_kinds_of_values_are_refused_by_both(
    tmp_path: Path, form: str, files: Any, told: str
) -> None:
    put(tmp_path, *(WRITERS[form](*cells) for cells in files))

    found, error = opened(tmp_path, form), refusal(tmp_path, form)

    assert f": it is {told} in the files before" in error.message
    assert (found.status, found.reason) == ("wrong_specification", "mixed_files")
    assert found.checks[1].message == error.finding


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (('{"id": 1, "n": 2, "a": 3}', '{"id": 1, "n": 2, "b": 3}'), "has b besides"),
        (('{"id": 1, "n": 2, "a": 3}', '{"id": 1, "n": 2, "b": 3, "c": 4}'), "lacks a"),
    ],
)
def test_files_of_json_with_columns_of_their_own_are_refused_by_both(
    tmp_path: Path, files: Any, told: str
) -> None:
    put(tmp_path, *files)

    found, error = opened(tmp_path, "NDJSON"), refusal(tmp_path, "NDJSON")

    assert told in error.message
    assert found.reason == error.reason == "mixed_files"
    assert found.checks[1].message == error.finding


def test_a_file_of_json_may_lack_columns_as_its_rows_may(tmp_path: Path) -> None:
    put(tmp_path, '{"id": 1}', '{"id": 2, "n": 3}', '{"n": 4, "id": 5}')

    rows, _ = read(tmp_path, "NDJSON")

    assert opened(tmp_path, "NDJSON").status == "available"
    assert [(row["user_id"], row["n"]) for row in rows] == [(1, None), (2, 3), (5, 4)]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("CSV", "line 2, column 'n': 'x' in a column of integers."),
        ("NDJSON", "line 1, column 'n': the text \"x\" in a column of integers."),
    ],
)
def test_a_file_that_no_preview_looks_into_is_held_to_the_types_of_the_others(
    tmp_path: Path, form: str, told: str
) -> None:
    write = WRITERS[form]
    more = [write("" if form == "CSV" else None)] * (MOST_LOOKED_INTO - 1)
    put(tmp_path, *more, write("1" if form == "CSV" else 1), write("x"))

    error = refusal(tmp_path, form)

    assert f"{MOST_LOOKED_INTO:02}, {told}" in error.message
    assert opened(tmp_path, form).status == "available"


def test_a_preview_refuses_a_value_that_its_reading_would_refuse() -> None:
    texts = [csv("1")] * MOST_LOOKED_INTO + [csv("2", "9007199254740993.5")]
    files = [MemoryContent(str(at), text.encode()) for at, text in enumerate(texts)]
    together = Together(files, FileSpec("CSV", options={"infer": True}), Limits())

    with pytest.raises(TableError) as previewed:
        together.preview(files[-1], Tally(), 20)
    with pytest.raises(TableError) as read_:
        list(together.open(files[-1], Tally()))

    assert "line 3, column 'n': '9007199254740993.5' in a column of" in read_.value.message
    assert previewed.value.message == read_.value.message


def test_a_file_of_json_that_no_preview_looks_into_may_have_no_other_columns(
    tmp_path: Path,
) -> None:
    put(tmp_path, *[lines(1)] * MOST_LOOKED_INTO, '{"entries": 3}\n')

    assert "has entries besides" in refusal(tmp_path, "NDJSON").message


def test_what_comes_up_late_in_a_file_is_no_column_in_both(tmp_path: Path) -> None:
    late = lines(*["x" * 1_000] * 100) + '{"id": 7, "n": "y", "late": 1}\n'
    put(tmp_path, lines("x"), late)

    rows, types = read(tmp_path, "NDJSON")

    assert len(rows) == 102
    assert list(types) == ["user_id", "n"]
    assert opened(tmp_path, "NDJSON").status == "available"


def test_a_long_first_row_tells_the_columns_too() -> None:
    limits = Limits(preview_fetched=4_096)
    files = [
        MemoryContent("a", f'{{"id": 1, "n": "{"x" * 9_000}", "own": 1}}\n'.encode()),
        MemoryContent("b", b'{"id": 2, "n": "x"}\n'),
    ]
    together = Together(files, FileSpec("NDJSON"), limits)

    shown = together.preview(files[0], Tally(), 1, limits.row)
    reader = together.open(files[0], Tally())
    reader.close()

    assert [one.name for one in shown.columns] == reader.schema.names == ["id", "n", "own"]


@pytest.mark.parametrize(("form", "count"), [("CSV", 3), ("NDJSON", 3), ("NDJSON", 1)])
def test_small_files_are_fetched_once(form: str, count: int) -> None:
    data = WRITERS[form](1).encode()
    files = [MemoryContent(str(at), data) for at in range(count)]
    options = {"infer": True} if form == "CSV" else {}
    together = Together(files, FileSpec(form, options=options), Limits())
    tally = Tally()

    for file in files:
        rows = [row for batch in together.open(file, tally) for row in batch.to_pylist()]
        assert rows == [{"id": 7, "n": 1}]

    assert [one.reads for one in files] == [[(0, len(data))]] * count
    assert tally.bytes_read == count * len(data)


def test_no_more_files_are_looked_into_than_there_is_time_for() -> None:
    files = [MemoryContent(str(at), lines(value).encode()) for at, value in enumerate([None, 1, 2])]
    left = iter([True, False])
    together = Together(files, FileSpec("NDJSON"), Limits(), lambda: next(left))

    shown = together.preview(files[0], Tally(), 1)

    assert [one.type for one in shown.columns] == ["integer", "integer"]
    assert [len(one.reads) for one in files] == [1, 1, 0]


def test_what_was_looked_into_is_not_fetched_again() -> None:
    long = lines(*["x" * 1_000] * 900).encode()
    files = [MemoryContent("a", long), MemoryContent("b", long)]
    together, tally = Together(files, FileSpec("NDJSON"), Limits()), Tally()

    together.preview(files[0], tally, 20)
    reads = len(files[0].reads)
    together.preview(files[0], tally, 20)
    for file in files:
        assert sum(batch.num_rows for batch in together.open(file, tally)) == 900

    assert len(files[0].reads) == reads
    assert tally.bytes_read == 2 * len(long)


def test_what_is_odd_about_a_file_is_told_once() -> None:
    data = gzip.compress(lines(1).encode()) + b"more"
    files = [MemoryContent("a.gz", data), MemoryContent("b.gz", data)]
    together, tally = Together(files, FileSpec("NDJSON"), Limits()), Tally()

    for file in files:
        assert sum(batch.num_rows for batch in together.open(file, tally)) == 1

    assert [one.partition(":")[0] for one in tally.warnings] == ["a.gz", "b.gz"]


@pytest.mark.parametrize("form", ["CSV", "NDJSON", "JSON"])
def test_files_that_are_shown_by_the_same_name_are_each_read(form: str) -> None:
    files = [MemoryContent("the same", WRITERS[form](value).encode()) for value in (1, 2)]
    options = {"infer": True} if form == "CSV" else {}
    together, tally = Together(files, FileSpec(form, options=options), Limits()), Tally()

    rows = [
        row for one in files for batch in together.open(one, tally) for row in batch.to_pylist()
    ]

    assert [row["n"] for row in rows] == [1, 2]


LONG_HEAD = f"id,{'c' * 70_000}\n1,x\n"
LATER_FILES = [
    ("CSV", {}, LONG_HEAD, LONG_HEAD),
    ("CSV", {"infer": True}, LONG_HEAD, LONG_HEAD),
    ("CSV", {}, "id,t\n1,x\n", f"id,t\n2,{'x' * 70_000}\n"),
    ("NDJSON", {}, '{"id": 1}\n', f'{{"t": "{"x" * 70_000}", "id": 2}}\n'),
    ("JSON", {}, '[{"id": 1}]', f'[{{"t": "{"x" * 70_000}", "id": 2}}]'),
]


@pytest.mark.parametrize(("form", "options", "first", "second"), LATER_FILES)
def test_a_later_file_whose_beginning_is_long_is_not_judged(
    tmp_path: Path, form: str, options: dict[str, bool], first: str, second: str
) -> None:
    put(tmp_path, first, second)

    found = opened_all(tmp_path, table_of(file_format=form, options=options))

    assert found.ok, found.checks
    assert (len(found.rows), found.warnings, found.truncated) == (1, (), True)


def test_a_column_without_values_has_the_type_that_the_next_file_shows(tmp_path: Path) -> None:
    put(tmp_path, "id,b,c\n", "c,b,id\n,x,1\n")

    found = opened_all(tmp_path)

    types = {one.name: one.type for one in found.columns}
    assert types == {"id": "integer", "b": "text", "c": "null"}


def slow_opener(folder: Path, finding: float) -> ReadingOpener:
    """Return one whose files take `finding` seconds to be found, and each 1 s until the 5th."""
    now = [0.0]

    class Slow(LocalContent):
        __slots__ = ()

        def read(self, start: int, length: int) -> bytes:
            now[0] += 1
            if now[0] > 5:
                raise TableError(detail="no answer in time.", reason="timed_out", passes=True)
            return LocalContent.read(self, start, length)

    class SlowFiles(Files):
        __slots__ = ()

        def find(self, *_: Any, **__: Any) -> Contents:
            now[0] += finding
            return Contents([Slow(one, one.name) for one in sorted(folder.iterdir())], lambda: None)

    usual = files_at(folder)
    files = SlowFiles(usual.prober, usual.types, usual.local_file)
    return ReadingOpener(files, now=lambda: 0.0, clock=lambda: now[0])


@pytest.mark.parametrize(
    ("finding", "options", "looked"), [(0.5, {}, 4), (3.0, {"infer": True}, 2)]
)
def test_what_was_seen_in_time_is_shown(
    tmp_path: Path, finding: float, options: dict[str, bool], looked: int
) -> None:
    put(tmp_path, *["id\n1\n"] * 8)
    opener = slow_opener(tmp_path, finding)
    table = table_of(options=options)

    found = opener.open(CONNECTION, TableToOpen("db", "all", table), 5.0)

    assert found.ok, found.checks
    assert (len(found.rows), found.truncated) == (looked, True)
    assert found.warnings == (f"{looked} of 8 files were looked into.",)
