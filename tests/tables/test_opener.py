"""Opening a table: what was found, stage by stage, and what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.connections.opener import Opened
from tests.tables.local import opened_at, table_of


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


def test_an_opening_ends_in_time(path: Path) -> None:
    found = opened_at(path, budget=-1.0)

    assert found.status in {"available", "unknown_error"}
