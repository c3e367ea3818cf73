"""Opening a table: what was found, stage by stage, and what stands in the way."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from argosy.connections.opener import Opened
from argosy.errors import TableError
from argosy.tables.content import Limits
from argosy.tables.opener import _named
from tests.tables.local import opened_all, opened_at, table_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "users.csv"
    made.write_text('id,name,zip\n1,Ada,00501\n2,"Grace, H.",10001\n')
    return made


def told(found: Opened) -> list[tuple[str, str, str]]:
    return [(check.name, check.status, check.message) for check in found.checks]


def test_a_table_that_is_right_is_available(path: Path) -> None:
    found = opened_at(path)

    assert (found.ok, found.status, found.reason) == (True, "available", "")
    assert told(found) == [
        ("open", "passed", "local://users.csv was found, 44 bytes."),
        ("parse", "passed", "CSV: 3 columns; 2 rows were read, which is all."),
        ("mapping", "passed", "1 of 3 fields are mapped."),
    ]
    assert found.preview() == {
        "columns": [
            {"name": "id", "type": "integer", "nullable": True, "fields": ["user_id"]},
            {"name": "name", "type": "text", "nullable": True},
            {"name": "zip", "type": "text", "nullable": True},
        ],
        "rows": [
            {"id": "1", "name": "Ada", "zip": "00501"},
            {"id": "2", "name": "Grace, H.", "zip": "10001"},
        ],
        "rows_read": 2,
        "bytes_read": 44,
        "truncated": False,
    }


def test_an_id_column_fills_the_mapping(path: Path) -> None:
    path.write_text("user_id\n1\n")

    found = opened_at(path, table_of(mapping={}))

    assert found.filled == {"resource_params": {"columns_mapping": {"user_id": "user_id"}}}
    assert found.warnings == ("The field user_id is taken from the column of the same name.",)


def test_a_mapping_that_does_not_fit_shows_the_columns_all_the_same(path: Path) -> None:
    found = opened_at(path, table_of(mapping={"user_id": "ID"}))

    assert (found.ok, found.status, found.reason) == (
        False,
        "wrong_specification",
        "missing_column",
    )
    assert told(found)[2] == (
        "mapping",
        "failed",
        "The field 'user_id' is mapped to the column 'ID', which is not there.",
    )
    assert found.checks[2].hint == "There is id, name, zip. Is it 'id'?"
    assert found.checks[2].field == "resource_params.columns_mapping.user_id"
    assert found.facts == {"available": ["id", "name", "zip"]}
    assert [column.name for column in found.columns] == ["id", "name", "zip"]
    assert found.fingerprint is None


def test_a_file_that_is_not_there_is_told_and_the_rest_is_skipped(tmp_path: Path) -> None:
    found = opened_at(tmp_path / "none")

    assert (found.status, found.ok) == ("resource_not_found", False)
    assert [(name, status) for name, status, _ in told(found)] == [
        ("open", "failed"),
        ("parse", "skipped"),
        ("mapping", "skipped"),
    ]


def test_a_file_that_is_something_else_is_told_with_its_place(path: Path) -> None:
    path.write_bytes(b"PAR1" + b"\0" * 40 + b"PAR1")

    found = opened_at(path)

    assert (found.status, found.ok) == ("wrong_specification", False)
    assert told(found)[1][:2] == ("parse", "failed")
    assert "local://users.csv" in told(found)[1][2]


@pytest.mark.parametrize(
    ("name", "content", "file_format"),
    [
        ("a.csv", b"id\n1\n", "CSV"),
        ("a.TSV", b"id\tb\n1\t2\n", "CSV"),
        ("a.ndjson", b'{"id": 1}\n', "NDJSON"),
        ("a.jsonl", b'{"id": 1}\n', "NDJSON"),
        ("a.json", b'[{"id": 1}]', "JSON"),
    ],
)
def test_a_format_that_is_not_given_is_taken_from_the_name(
    tmp_path: Path, name: str, content: bytes, file_format: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    found = opened_at(path, _without_format())

    assert found.ok, found.checks
    assert found.filled["connection_table_params"]["file_format"] == file_format
    text = f"The format {file_format} is taken from the name of the file."
    assert found.warnings[0] == text


def test_a_name_that_tells_no_format_is_told(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("id\n1\n")

    found = opened_at(path, _without_format())

    assert found.checks[1].message == (
        "local://users: the table names no file format, and the file's name does not tell one."
    )
    assert found.checks[1].hint == "Set file_format to CSV, JSON, NDJSON, PARQUET or AVRO."
    assert found.checks[1].field == "connection_table_params.file_format"


def _without_format() -> Any:
    table = table_of()
    del table["connection_table_params"]["file_format"]
    del table["connection_table_params"]["options"]
    return table


def test_columns_that_came_and_went_are_told(path: Path) -> None:
    known = opened_at(path).fingerprint
    path.write_text("id,name,city\n1,Ada,London\n")

    found = opened_at(path, known=known)

    assert found.status == "available"
    assert found.drift == {
        "added": ["city"],
        "removed": ["zip"],
        "retyped": [],
        "since_timestamp": 1_700_000_000,
    }
    assert found.warnings == (
        "New since 2023-11-14 22:13 UTC: city.",
        "Gone since 2023-11-14 22:13 UTC: zip.",
    )


def test_a_mapped_column_that_went_makes_another_table_of_it(path: Path) -> None:
    known = opened_at(path).fingerprint
    path.write_text("number,name,zip\n1,Ada,00501\n")

    found = opened_at(path, known=known)

    assert found.status == "wrong_specification"
    assert found.drift is not None
    assert found.drift["removed"] == ["id"]
    assert "Gone since 2023-11-14 22:13 UTC: id." in found.warnings


def test_texts_of_a_file_without_types_do_not_change_theirs(path: Path) -> None:
    known = opened_at(path).fingerprint
    path.write_text("id,name,zip\nx1,7,z\n")

    assert opened_at(path, known=known).drift is None


def test_a_mapped_column_of_another_type_makes_another_table_of_it(tmp_path: Path) -> None:
    path = tmp_path / "users.ndjson"
    path.write_text('{"id": 1, "age": 4}\n')
    table = table_of(file_format="NDJSON")
    known = opened_at(path, table).fingerprint
    path.write_text('{"id": "one", "age": "four"}\n')

    found = opened_at(path, table, known)

    assert (found.status, found.reason) == ("wrong_specification", "drift")
    assert found.checks[-1].message == (
        "column 'id': it was integer at 2023-11-14 22:13 UTC and is text now."
    )
    assert found.drift is not None
    assert [one["name"] for one in found.drift["retyped"]] == ["id", "age"]


def test_a_drift_that_was_set_again_is_good(path: Path) -> None:
    assert opened_at(path, known=None).drift is None


def test_numbers_may_be_whole_for_a_day(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    table = table_of(mapping={"user_id": "id", "age": "age"}, options={"infer": True})
    path.write_text("id,age\n1,2.5\n")
    known = opened_at(path, table).fingerprint
    path.write_text("id,age\n1,2\n")

    assert opened_at(path, table, known).drift is None


def test_rows_that_are_left_out_are_told(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("id,a\n1,2,3\n4,5\n6\n")

    found = opened_at(path, table_of(options={"ignore_errors_on_fields_mismatch": True}))

    assert (found.rows_read, found.rows_refused, len(found.rows)) == (3, 2, 1)
    [warning] = found.warnings
    assert warning.startswith("2 of the first 3 rows do not fit and are left out: line 2: ")
    assert [one["line"] for one in found.preview()["refusals"]] == [2, 4]


def test_a_file_that_others_have_indexed_is_held_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "reco"
    path.write_bytes(b"\0indexed")

    found = opened_at(path, table_of("item_to_items_reco", {}, file_format="dat"))

    assert (found.ok, found.status) == (True, "available")
    assert told(found)[1] == ("parse", "passed", "dat: kept as it is, and not looked into.")
    assert found.preview()["truncated"] is False


_ROW = 200_000
_SMALL = Limits(preview_fetched=1_000, preview_expanded=1_000, row=_ROW)
_LONG_FILES = {
    "CSV": "id,b\n1,{}\n2,c\n",
    "NDJSON": '{{"id": "1", "b": "{}"}}\n{{"id": "2", "b": "c"}}\n',
    "JSON": '[{{"id": "1", "b": "{}"}},\n{{"id": "2", "b": "c"}}]',
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("file_format", _LONG_FILES)
def test_a_first_row_that_is_longer_than_a_preview_is_read_all_the_same(
    tmp_path: Path, file_format: str, packed: bool
) -> None:
    content = _LONG_FILES[file_format].format("x" * (_ROW // 2)).encode()
    path = tmp_path / "rows"
    path.write_bytes(gzip.compress(content) if packed else content)

    found = opened_at(path, table_of(file_format=file_format), limits=_SMALL)

    assert (found.ok, found.status) == (True, "available"), found.checks
    assert (found.rows_read, found.truncated, found.warnings) == (1, True, ())
    assert [row["id"] for row in found.rows] == ["1"]


def test_a_first_row_without_a_header_may_be_long_too(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_text(f"1,{'x' * (_ROW // 2)}\n2,c\n")
    options = {"has_header": False, "column_names": ["id", "b"]}

    found = opened_at(path, table_of(options=options), limits=_SMALL)

    assert (found.status, found.rows_read) == ("available", 1)


@pytest.mark.parametrize(("file_format", "line"), [("CSV", 2), ("NDJSON", 1), ("JSON", 1)])
def test_a_bomb_is_not_available_and_told_with_its_line(
    tmp_path: Path, file_format: str, line: int
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(_LONG_FILES[file_format].format("x" * 9 * _ROW).encode()))

    found = opened_at(path, table_of(file_format=file_format), limits=_SMALL)

    assert (found.ok, found.status, found.reason) == (False, "wrong_specification", "too_large")
    assert found.facts == {"file": "local://bomb", "line": line}
    text = f"local://bomb, line {line}: the row is longer than 200,000 bytes."
    assert told(found)[1] == ("parse", "failed", text)


@pytest.mark.parametrize("file_format", ["CSV", "NDJSON"])
def test_a_bomb_of_empty_lines_is_not_available(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b"id,b\n" * (file_format == "CSV") + b"\n" * 9 * _ROW))

    found = opened_at(path, table_of(file_format=file_format), limits=_SMALL)

    assert (found.ok, found.status, found.reason) == (False, "wrong_specification", "too_large")
    text = "local://bomb: no row ends within its first 200,000 bytes, so none was seen."
    assert told(found)[1] == ("parse", "failed", text)


def test_what_nobody_has_foreseen_is_a_value_and_is_logged_without_its_words(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "s3cr3t"

    def fail(*_: Any) -> None:
        raise KeyError(secret)

    monkeypatch.setattr("argosy.tables.formats.preview_file", fail)

    found = opened_at(path)

    assert (found.ok, found.status, found.reason) == (False, "unknown_error", "unexpected")
    assert told(found)[1][2] == (
        "The table was not opened, since something unforeseen came up: KeyError."
    )
    assert "opening a table of LOCAL failed with KeyError" in caplog.text
    assert secret not in caplog.text + str(found)


@pytest.mark.parametrize(
    ("params", "remedy", "field"),
    [
        (
            {},
            "Check it. No object is named, so it was looked for by the table's own name, 't'. "
            "Set object to what it is called there.",
            "connection_table_params.table",
        ),
        ({"object": "u"}, "Check it.", "connection_table_params.object"),
        ({"table": "u"}, "Check it.", "connection_table_params.table"),
    ],
)
def test_what_is_not_there_is_told_by_the_name_that_was_looked_for(
    params: dict[str, str], remedy: str, field: str
) -> None:
    error = TableError(
        detail="There is no such table.",
        remedy="Check it.",
        status="resource_not_found",
        field="connection_table_params.table",
    )

    found = _named(error, {**params, "name": "t"})

    assert (found.remedy, found.field) == (remedy, field)


def test_an_opening_ends_in_time(path: Path) -> None:
    found = opened_at(path, budget=-1.0)

    assert found.status in {"available", "unknown_error"}


def _write_all(folder: Path, *contents: str) -> Path:
    for number, content in enumerate(contents):
        (folder / f"{number:02}.csv").write_text(content)
    return folder


def test_a_preview_goes_on_to_the_next_files(tmp_path: Path) -> None:
    _write_all(tmp_path, "id,b\n1,2\n", "b,id\n4,3\n", "id,b\n5,6\n")

    found = opened_all(tmp_path)

    assert found.rows == ({"id": "1", "b": "2"}, {"id": "3", "b": "4"}, {"id": "5", "b": "6"})
    assert [list(row) for row in found.rows] == [["id", "b"]] * 3
    assert (found.rows_read, found.truncated) == (3, False)
    assert told(found)[1][2] == "CSV: 2 columns; 3 rows were read, which is all."


@pytest.mark.parametrize(
    ("rows", "shown", "truncated"),
    [((7, 7, 7), 20, True), ((7, 7, 6), 20, False), ((20, 1), 20, True), ((20, 0), 20, False),
     ((30, 1), 20, True), ((0, 3), 3, False), ((1,) * 11, 11, False), ((1,) * 12, 11, True)],
)  # fmt: skip
def test_a_preview_says_that_it_is_all_only_where_it_is(
    tmp_path: Path, rows: tuple[int, ...], shown: int, truncated: bool
) -> None:
    found = opened_all(_write_all(tmp_path, *("id\n" + "1\n" * count for count in rows)))

    assert found.ok
    assert (len(found.rows), found.truncated) == (shown, truncated)
    assert found.rows_read == shown
    assert ("and there are more" in told(found)[1][2]) == truncated


def test_a_row_that_is_left_out_is_told_with_its_file_where_there_are_several(
    tmp_path: Path,
) -> None:
    table = table_of(options={"ignore_errors_on_fields_mismatch": True})

    found = opened_all(_write_all(tmp_path, "id,b\n1,2\n", "id,b\n3\n"), table)

    assert (found.rows_read, found.rows_refused, len(found.rows)) == (2, 1, 1)
    assert "local://01.csv, line 2: " in found.warnings[0]


def test_a_type_that_a_day_without_values_hides_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "users.ndjson"
    table = table_of(mapping={"user_id": "id", "age": "age"}, file_format="NDJSON")
    known = None
    for age in ("7", "null", "null"):
        path.write_text(f'{{"id": 1, "age": {age}}}\n')
        known = opened_at(path, table, known).fingerprint
        assert known is not None
    path.write_text('{"id": 1, "age": "seven"}\n')

    found = opened_at(path, table, known)

    assert (found.status, found.reason) == ("wrong_specification", "drift")


def test_a_mapped_column_within_an_object_of_another_type_makes_another_table(
    tmp_path: Path,
) -> None:
    path = tmp_path / "users.ndjson"
    table = table_of(mapping={"user_id": "id", "age": "c.age"}, file_format="NDJSON")
    path.write_text('{"id": 1, "c": {"age": 5, "x": 1}}\n')
    known = opened_at(path, table).fingerprint
    path.write_text('{"id": 1, "c": {"age": 5, "x": "one"}}\n')
    other = opened_at(path, table, known)
    path.write_text('{"id": 1, "c": {"age": "five", "x": 1}}\n')

    found = opened_at(path, table, known)

    assert other.drift is None
    assert (found.status, found.reason) == ("wrong_specification", "drift")
    assert found.facts["column"] == "c.age"
    assert found.checks[-1].message.startswith("column 'c.age': it was integer at ")


@pytest.mark.parametrize("field", ["connection_table_params.dataset", ""])
def test_the_name_of_a_table_is_not_to_blame_where_something_else_is_not_there(field: str) -> None:
    error = TableError(detail="It is not there.", status="resource_not_found", field=field)

    assert _named(error, {"name": "t"}) is error
