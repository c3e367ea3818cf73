"""Archives of several files: one table, whose columns preview and reading find alike."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import random
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.model import JsonObject
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from tests.tables.contents import MemoryContent

INFER: dict[str, Any] = {"infer": True}
SAME_COLUMNS = "Keep one in the archive, or give all of them the same columns."


def archive(*files: str, ending: str = "csv", method: int = zipfile.ZIP_DEFLATED) -> MemoryContent:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as made:
        for name, text in zip("abcdefghijklmnopqrstuvwxyz", files, strict=False):
            made.writestr(f"{name}.{ending}", text)
    return MemoryContent("rows.zip", data.getvalue())


def read(content: MemoryContent, form: str = "CSV", **options: Any) -> list[dict[str, Any]]:
    tally = Tally()
    reader = open_file(content, FileSpec(form, "zip", options), Limits(), tally)
    rows = [row for batch in reader for row in batch.to_pylist()]
    assert tally.rows_read == len(rows)
    return rows


def preview(content: MemoryContent, form: str = "CSV", **options: Any) -> Any:
    return preview_file(content, FileSpec(form, "zip", options), Limits(), Tally())


def columns(content: MemoryContent, form: str = "CSV", **options: Any) -> dict[str, str]:
    return {one.name: one.type for one in preview(content, form, **options).columns}


def refusal(content: MemoryContent, form: str = "CSV", **options: Any) -> TableError:
    with pytest.raises(TableError) as caught:
        read(content, form, **options)
    return caught.value


@pytest.mark.parametrize(
    ("cells", "type_", "values"),
    [
        (("1", "1.5"), "number", [1.0, 1.5]),
        (("1.5", "1"), "number", [1.5, 1.0]),
        (("1", ""), "integer", [1, None]),
        (("", "1"), "integer", [None, 1]),
        (("1", "x"), "text", ["1", "x"]),
        (("2026-01-01", "true"), "text", ["2026-01-01", "true"]),
        (("", ""), "null", ["", ""]),
    ],
)
def test_types_are_inferred_of_all_members(cells: Any, type_: str, values: list[Any]) -> None:
    content = archive(*(f"id,n\n7,{cell}\n" for cell in cells))

    assert columns(content, **INFER) == {"id": "integer", "n": type_}
    assert read(content, **INFER) == [{"id": 7, "n": value} for value in values]


def test_a_member_that_has_only_a_header_says_nothing_of_the_types() -> None:
    content = archive("id,n\n", "id,n\n1,2\n", "id,n\n")

    shown = preview(content, **INFER)

    assert shown.rows == ({"id": 1, "n": 2},)
    assert [one.type for one in shown.columns] == ["integer", "integer"]
    assert read(content, **INFER) == [{"id": 1, "n": 2}]


def test_members_without_a_row_are_a_table_without_one() -> None:
    content = archive("id,n\n", "id,n\n")

    assert columns(content, **INFER) == {"id": "null", "n": "null"}
    assert read(content, **INFER) == []


def test_a_later_value_that_does_not_fit_is_told_with_its_member_line_and_column() -> None:
    later = "id\n" + "1\n" * 2_000 + "x\n"

    error = refusal(archive("id\n1\n", later), **INFER)

    assert error.message == (
        "rows.zip (b.csv), line 2002, column 'id': 'x' in a column of integers. Correct it, add "
        "it to the option null_values if it stands for no value, or set infer to false to take "
        "all values as text."
    )


def test_members_that_a_preview_does_not_look_into_are_read_with_the_same_types() -> None:
    content = archive(*["id\n1\n"] * 16, "id\n1.5\n")

    assert columns(content, **INFER) == {"id": "integer"}
    assert "rows.zip (q.csv), line 2, column 'id': '1.5' in a column of integers." in (
        refusal(content, **INFER).message
    )


def lines(*rows: JsonObject) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.parametrize("form", ["NDJSON", "JSON"])
@pytest.mark.parametrize(
    ("rows", "type_", "values"),
    [
        (({"n": 1}, {"n": None}), "integer", [1, None]),
        (({"n": None}, {"n": 1}), "integer", [None, 1]),
        (({"n": 1}, {"n": 1.5}), "number", [1.0, 1.5]),
        (({"n": 1.5}, {"n": 1}), "number", [1.5, 1.0]),
        (({"n": 1}, {}), "integer", [1, None]),
        (({}, {"n": 1}), "integer", [None, 1]),
        (({"n": {"a": 1}}, {"n": {"b": 2}}), "object", [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        (({"n": []}, {"n": [1]}), "list", [[], [1]]),
        (({"n": [1]}, {"n": [1.5, None]}), "list", [[1.0], [1.5, None]]),
    ],
)  # fmt: skip
def test_members_of_json_are_read_as_one_file_would_be(
    rows: Any, type_: str, values: list[Any], form: str
) -> None:
    content = archive(*(lines({"id": 7, **row}) for row in rows), ending="json")

    assert columns(content, form) == {"id": "integer", "n": type_}
    assert read(content, form) == [{"id": 7, "n": value} for value in values]


def test_members_of_json_may_name_their_columns_in_any_order() -> None:
    content = archive(lines({"id": 1, "n": 2}), lines({"n": 3, "id": 4}), ending="json")

    assert read(content, "NDJSON") == [{"id": 1, "n": 2}, {"id": 4, "n": 3}]


@pytest.mark.parametrize("form", ["CSV", "NDJSON"])
def test_an_empty_member_is_refused_before_any_row(form: str) -> None:
    content = archive("id\n1\n" if form == "CSV" else '{"id": 1}', "")

    error = refusal(content, form)

    assert error.message.startswith("rows.zip (b.csv): is empty. ")
    with pytest.raises(TableError) as previewed:
        preview(content, form)
    assert previewed.value.message == error.message


@pytest.mark.parametrize("of_first", [1, [1], {"a": 1}])
def test_members_of_json_with_other_kinds_of_values_are_refused_before_any_row(
    of_first: Any,
) -> None:
    content = archive(lines({"o": {"n": of_first}}), lines({"o": {"n": "x"}}), ending="json")
    word = {int: "integer", list: "list", dict: "object"}[type(of_first)]

    error = refusal(content, "NDJSON")

    assert error.message == (
        f"rows.zip (b.json), column 'o.n': it is text here and {word} in the files before. "
        "Write the same kind of value in all files."
    )
    assert error.reason == "mixed_files"
    with pytest.raises(TableError) as previewed:
        preview(content, "NDJSON")
    assert previewed.value.message == error.message


def test_members_of_json_with_columns_of_their_own_are_not_one_table() -> None:
    error = refusal(archive(lines({"id": 1, "a": 1}), lines({"id": 1, "b": 1})), "NDJSON")

    assert error.message == f"rows.zip: holds 2 files of data: a.csv, b.csv. {SAME_COLUMNS}"


@settings(deadline=None, max_examples=50)
@given(
    files=st.lists(
        st.lists(st.sampled_from(["", "1", "-2", "1.5", "x", "true", "2026-01-01"]), max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_a_reading_of_an_archive_finds_the_types_that_its_preview_shows(
    files: list[list[str]],
) -> None:
    content = archive(*("id,n\n" + "".join(f"7,{one}\n" for one in file) for file in files))

    types = {type(row["n"]) for row in read(content, **INFER)} - {type(None)}

    shown = columns(content, **INFER)["n"]
    assert len(types) <= 1
    words = {"int": "integer", "float": "number", "bool": "boolean", "date": "date"}
    for type_ in types:
        assert shown in {words.get(type_.__name__, "text"), "null"}


ROW = "1," + "x" * 3_000 + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("before", range(20, 361, 20))
def test_a_reading_of_one_file_finds_the_types_that_its_preview_shows(
    encoding: str, before: int
) -> None:
    data = f"id,p\n{ROW * before}abc,x\n{ROW * 20}".encode(encoding)
    spec = FileSpec("CSV", "none", {**INFER, "encoding": encoding})
    content = MemoryContent("rows.csv", data)

    shown = preview_file(content, spec, Limits(), Tally()).columns[0].type
    reader = open_file(content, spec, Limits(), Tally())
    reader.close()

    assert str(reader.schema.field("id").type) == {"integer": "int64", "text": "string"}[shown]


@pytest.mark.parametrize("compression", ["bz2", "gzip", "zip"])
def test_a_reading_of_compressed_json_has_the_columns_that_its_preview_shows(
    compression: str,
) -> None:
    words = random.Random(1)
    rows: list[JsonObject] = [
        {"id": at, "h": base64.b64encode(words.randbytes(150)).decode()} for at in range(1_600)
    ]
    limits = Limits(preview_fetched=131_072, preview_expanded=131_072)
    for late in (420, 460, 540, 600):
        text = lines(*rows[:late], {**rows[late], "late": 1}, *rows[late:])
        content = archive(text, method=zipfile.ZIP_STORED)
        if compression == "bz2":  # comes in blocks of 100,000 bytes
            content = MemoryContent("rows.bz2", bz2.compress(text.encode(), 1))
        elif compression == "gzip":
            content = MemoryContent("rows.gz", gzip.compress(text.encode(), 1))
        spec = FileSpec("NDJSON", compression)

        shown = preview_file(content, spec, limits, Tally()).columns
        reader = open_file(content, spec, limits, Tally())
        reader.close()

        assert reader.schema.names == [one.name for one in shown], late


@pytest.mark.parametrize("form", ["CSV", "NDJSON"])
def test_what_a_preview_fetches_of_an_archives_directory_changes_no_type(form: str) -> None:
    word = "x" * 3_000
    rows = [{"id": 1, "p": word}] * 400
    for before in range(270, 350, 10):
        several = [*rows[:before], {"id": 1.5, "p": word}, *rows[before:]]
        text = lines(*several)
        if form == "CSV":
            text = "id,p\n" + "".join(f"{one['id']},{one['p']}\n" for one in several)
        content = archive(text, method=zipfile.ZIP_STORED)
        spec = FileSpec(form, "zip", INFER if form == "CSV" else {})

        shown = preview_file(content, spec, Limits(), Tally()).columns[0].type
        reader = open_file(content, spec, Limits(), Tally())
        reader.close()

        found = str(reader.schema.field("id").type)
        assert found == {"integer": "int64", "number": "double"}[shown], before
