"""`argosy tables` over the store on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.cli.connections import KEYS, S3, private, steady
from tests.connections.bodies import ITEMS, REPORT, USERS
from tests.servers import Say, ScriptedServer

Run = Callable[..., Ran]
Golden = Callable[[Path, Any], None]
GOLDENS = Path(__file__).parent / "goldens"
ABSENT = (
    '<?xml version="1.0"?><Error><Code>NoSuchBucket</Code><Message>The specified bucket does not'
    " exist</Message></Error>"
)


@pytest.fixture(autouse=True)
def _known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)


@pytest.fixture
def s3(run: Run, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The connection S3, to a store without any bucket; the options that allow its address."""
    with ScriptedServer(Say(404, ABSENT, {"Content-Type": "application/xml"})) as store:
        document = private(tmp_path / "s3", {**S3, "endpoint_url": store.url})
        assert run("connections", "set", "S3", "--secrets-file", document).status == 0
        yield "--allow-endpoint", store.url


def one_line(text: str) -> str:
    return " ".join(text.split())


Allowed = tuple[str, str]


def test_the_example_of_the_brief_is_stored_listed_shown_and_deleted(
    run: Run, s3: Allowed, tmp_path: Path
) -> None:
    file = private(tmp_path / "users.json", USERS)
    made = run("tables", "set", "S3", "table_name_test", "--file", file, *s3)
    shown = run("tables", "show", "S3", "table_name_test", "--json").json()
    listed = run("tables", "list", "--json").json()
    deleted = run("tables", "delete", "S3", "table_name_test", "--yes")
    gone = run("tables", "show", "S3", "table_name_test")

    assert made.status == 0, made.err
    assert made.out.startswith("Stored table_name_test of S3; its status is ")
    assert {name: shown[name] for name in USERS} == USERS
    assert (listed["has_next"], listed["next_page"]) == (False, 2)
    assert [one["name"] for one in listed["tables"]] == ["table_name_test"]
    assert (deleted.status, deleted.out) == (0, "Deleted table_name_test of S3.\n")
    assert gone.status == 1
    assert "The table 'table_name_test' does not exist." in gone.err


def test_the_report_of_the_brief_is_stored_with_local_files(run: Run, tmp_path: Path) -> None:
    file = private(tmp_path / "report.json", REPORT)

    made = run("tables", "set", "LOCAL", "report", "--file", file)

    shown = run("tables", "show", "LOCAL", "report", "--json").json()
    assert made.status == 0, made.err
    assert "its status is uploading" in made.out
    assert "Its file is uploaded" in made.out
    assert shown["connection_table_metadata"] == REPORT["connection_table_metadata"]


def test_the_preview_of_the_brief_says_what_is_wrong_and_stores_nothing(
    run: Run, s3: Allowed, tmp_path: Path
) -> None:
    file = private(tmp_path / "items.json", ITEMS)

    ran = run("tables", "preview", "S3", "table name_test.csv", "--file", file, *s3)

    assert ran.status == 1
    assert "✗ open" in ran.out
    assert "my-test-bucket" in ran.out
    assert "Failed" in ran.out
    assert "not found" in ran.out
    assert run("tables", "list", "--json").json()["tables"] == []


def test_a_set_changes_a_member_within_what_is_stored(
    run: Run, s3: Allowed, tmp_path: Path
) -> None:
    run("tables", "set", "S3", "t", "--file", private(tmp_path / "users.json", USERS), *s3)

    ran = run(
        "tables", "set", "S3", "t", "--set", "bucket=other-bucket",
        "--set", "options.delimiter=;", "--set", "columns_mapping.age=customer.age",
        "--set", "connection_table_metadata.start_timestamp=1634000000.5", *s3,
    )  # fmt: skip

    after = run("tables", "show", "S3", "t", "--json").json()
    assert ran.status == 0, ran.err
    assert after["connection_table_params"] == {
        "file_format": "CSV",
        "bucket": "other-bucket",
        "options": {"compression": "zip", "delimiter": ";"},
    }
    assert after["resource_params"]["columns_mapping"] == {
        "user_id": "test_field_user_id",
        "age": "customer.age",
    }
    assert after["connection_table_metadata"] == {
        **USERS["connection_table_metadata"],
        "start_timestamp": 1634000000.5,
    }


def test_a_test_of_a_stored_table_ends_with_1_where_it_cannot_be_opened(
    run: Run, s3: Allowed
) -> None:
    run("tables", "set", "S3", "t", "--resource", "user", "--set", "bucket=a-bucket", *s3)

    ran = run("tables", "test", "S3", "t", *s3)
    as_json = run("tables", "test", "S3", "t", *s3, "--json")

    assert ran.status == 1
    assert "✗ open" in ran.out
    assert (as_json.status, as_json.json()["error_code"]) == (1, 60)


def test_lists_come_by_pages_or_all_at_once_and_filtered(run: Run) -> None:
    for number in range(12):
        resource = "item" if number % 2 else "user"
        run("tables", "set", "LOCAL", f"t{number:02}", "--resource", resource)

    first = run("tables", "list")
    second = run("tables", "list", "--page", "2", "--json").json()
    everything = run("tables", "list", "--all", "--json").json()
    items = run("tables", "list", "--resource", "item", "--connection", "LOCAL", "--json").json()

    assert len(first.out.splitlines()) == 11
    assert "There are more: --page 2, or --all." in first.err
    assert [one["name"] for one in second["tables"]] == ["t10", "t11"]
    assert len(everything["tables"]) == 12
    assert everything["has_next"] is False
    assert len(items["tables"]) == 6


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "S4", "t", "--resource", "user"), "unknown connection 'S4'; available: S3"),
        (("set", "S3", "t", "--resource", "user"), "does not exist. It is not set up yet:"),
        (("set", "LOCAL", "t"), "resource is missing"),
        (("set", "LOCAL", "t", "--set", "bucket"), "has no '='"),
        (("set", "LOCAL", "t", "--set", "buket=b"), "no such member; there is bucket"),
        (("set", "LOCAL", "t", "--set", "delimiter=;"), "no such member. Is it options.delimiter?"),
        (("set", "LOCAL", "t", "--set", "delimeter=;"), "no such member. Is it options.delimiter?"),
        (("set", "LOCAL", "t", "--set", "user_id=i"), "by columns_mapping.user_id=COLUMN."),
        (("set", "LOCAL", "t", "--set", "options.null_values=N"), """write a list as '["N"]':"""),
        (("set", "LOCAL", "t", "--set", "options=b"), "the value is not JSON"),
        (("set", "LOCAL", "t", "--set", "resource_params=b"), "name a member within it"),
        (("set", "LOCAL", "t", "--set", "path=a", "--set", "path=b"), "is given twice"),
        (("set", "LOCAL", "t", "--set", "path=a", "--unset", "path"), "contradict each other"),
        (("set", "LOCAL", "t", "--unset", "buket"), "--unset buket: a table has no such member"),
        (("set", "LOCAL", "t", "--unset", "resource_params"), "--unset resource_params: name"),
        (("set", "LOCAL", "t", "--file", "gone"), "--file gone cannot be read"),
        (("list", "--connection", "S4"), "unknown connection 'S4'"),
        (("list", "--resource", "users"), '"users" is not one of item, user, '),
        (("list", "--database", "nowhere"), "The database 'nowhere' does not exist."),
        (("test", "LOCAL", "t"), "The table 't' does not exist. LOCAL has no table yet."),
        (("delete", "LOCAL", "t"), "The table 't' does not exist."),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    ran = run("tables", *arguments)

    assert ran.status in {1, 2}
    assert told in one_line(ran.err)


@pytest.mark.parametrize("columns", ["60", "120"])
def test_what_a_terminal_shows(
    columns: str,
    run: Run,
    s3: Allowed,
    golden: Golden,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    run("tables", "set", "LOCAL", "report", "--file", private(tmp_path / "r.json", REPORT))
    document = private(tmp_path / "u.json", {**USERS, **ITEMS})
    run("tables", "set", "S3", "items-of-the-last-quarter.csv", "--file", document, *s3)
    shown = {
        "list": run("tables", "list").out,
        "show": run("tables", "show", "S3", "items-of-the-last-quarter.csv").out,
    }
    lines = {name: steady(text) for name, text in shown.items()}
    told = [line for text in lines.values() for line in text]

    assert max(map(len, told)) <= int(columns)
    golden(GOLDENS / f"tables-{columns}.golden.json", lines)


@pytest.mark.parametrize("columns", ["60", "120"])
def test_what_the_help_says(
    columns: str, run: Run, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    told = {
        name: run("tables", *name.split(), "--help").out.splitlines()
        for name in ("", "preview", "test", "upload")
    }

    assert max(len(line) for lines in told.values() for line in lines) <= int(columns)
    golden(GOLDENS / f"tables-help-{columns}.golden.json", told)


def test_a_member_is_taken_away_and_another_takes_its_place(run: Run, s3: Allowed) -> None:
    run(
        "tables", "set", "S3", "t", "--resource", "user", "--set", "bucket=b-one",
        "--set", "glob=a/*.csv", "--set", "options.delimiter=;", *s3,
    )  # fmt: skip

    ran = run(
        "tables", "set", "S3", "t", "--unset", "glob", "--set", "prefix=a/",
        "--unset", "options.delimiter", "--unset", "columns_mapping.none", *s3,
    )  # fmt: skip

    after = run("tables", "show", "S3", "t", "--json").json()
    assert ran.status == 0, ran.err
    assert after["connection_table_params"] == {"bucket": "b-one", "prefix": "a/", "options": {}}


@pytest.mark.parametrize("command", ["preview", "test"])
def test_a_table_without_its_file_names_the_command_that_uploads_it(run: Run, command: str) -> None:
    run("tables", "set", "LOCAL", "my users", "--resource", "user", "--set", "file_format=CSV")

    ran = run("tables", command, "LOCAL", "my users")
    as_json = run("tables", command, "LOCAL", "my users", "--json")

    mark = "○" if command == "preview" else "✗"
    assert (ran.status, as_json.status) == (1, 1)
    assert "Passed" not in ran.out
    assert f"{mark} open  No file has been uploaded yet." in ran.out
    assert ran.out.endswith("\nNothing to open yet: argosy tables upload 'my users' FILE\n")


def test_a_preview_without_a_file_comes_with_its_warnings(run: Run) -> None:
    run("tables", "set", "LOCAL", "t", "--resource", "user", "--set", "file_format=CSV")

    ran = run("tables", "preview", "LOCAL", "t", "--set", "options.delimeter=;")

    assert "Is it delimiter?" in one_line(ran.err)
    assert "No file" not in ran.err  # the check has said it


def test_an_endpoint_that_is_not_allowed_names_the_option_that_allows_it(
    run: Run, s3: Allowed
) -> None:
    table = ("S3", "t", "--resource", "user", "--set", "bucket=b-one")

    previewed = run("tables", "preview", *table)
    made = run("tables", "set", *table)
    tested = run("connections", "test", "S3")
    read = run("call", "table-rows", "--set", "connection=S3", "--set", "table=t")

    for text in (previewed.out, made.err, tested.out, read.err):
        assert "--allow-endpoint ORIGIN allows a store" in one_line(text)


def test_a_table_that_cannot_be_opened_comes_with_its_warnings(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "semi.csv"
    file.write_text("id;name\n1;Ada\n")
    named = (
        "--resource",
        "user",
        "--set",
        "file_format=CSV",
        "--set",
        "columns_mapping.user_id=id",
    )
    run("tables", "upload", "semi.csv", str(file), "--create", *named)

    ran = run("tables", "preview", "LOCAL", "semi.csv", "--set", "options.delimeter=;")
    as_json = run("tables", "preview", "LOCAL", "semi.csv", "--json").json()
    refused = run(
        "tables", "set", "LOCAL", "new", "--file", private(tmp_path / "b", {"resorce": 1})
    )

    likely = "local://semi.csv has one column, 'id;name'. Is ';' its delimiter?"
    assert ran.status == 1
    assert f"Warning: {likely}" in one_line(ran.err)
    assert "Is it delimiter?" in one_line(ran.err)
    assert as_json["error_data"]["warnings"] == [likely]
    assert "Warning: resorce is not known and left aside" in one_line(refused.err)
