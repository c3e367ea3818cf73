"""Tables: made, changed member by member, listed in pages, previewed, tested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from argosy.connections.opener import Column, Opened
from argosy.connections.probing import Check
from argosy.connections.table_document import PARTS, place_of, read_changes
from argosy.connector import schema_folder
from argosy.errors import WrongDataError
from argosy.store import tables as store_tables
from tests.connections.bodies import ITEMS, REPORT, USERS
from tests.connections.service.service import (
    DOWN,
    MISSING,
    ON_SQLITE,
    REFUSED,
    ROOT,
    S3,
    SECRET,
    STRANGER,
    FakeProber,
    Service,
    error_of,
)

AVAILABLE = Opened(
    ok=True,
    status="available",
    checks=(Check("open", "passed", "It was opened."),),
    columns=(Column("id", "text", nullable=False), Column("age", "text")),
    rows=({"id": "00501", "age": "7"},),
    rows_read=1,
    bytes_read=9,
    filled={"resource_params": {"columns_mapping": {"item_id": "item_id"}}},
    fingerprint={"columns": [["id", "text"]]},
    duration_ms=3,
)
PASSING = Opened(
    ok=False,
    status="unknown_error",
    reason="timed_out",
    checks=(Check("open", "failed", "No answer in time.", "Test again."),),
    retryable=True,
)

BLOCKED = Opened(
    ok=False,
    status="wrong_specification",
    reason="blocked_host",
    checks=(Check("open", "failed", "10.0.0.1 may not be called."),),
)


@pytest.fixture
def ready(service: Service) -> Service:
    """A service with a connection."""
    service.connections.put(ROOT, "S3", S3)
    return service


class TestTheExamplesOfTheApi:
    def test_a_table_of_users(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "table_name_test", USERS)

        shown = ready.tables.get(ROOT, "S3", "table_name_test")
        assert USERS.items() <= shown.items()
        assert (shown["name"], shown["connection"]) == ("table_name_test", "S3")
        assert shown["created_timestamp"] == shown["modified_timestamp"] == 1_800_000_000

    @pytest.mark.parametrize("connection", ["LOCAL", "S3"])
    def test_a_report(self, ready: Service, connection: str) -> None:
        answer = ready.tables.patch(ROOT, connection, "report", REPORT)

        assert answer["connection_table_metadata"] == REPORT["connection_table_metadata"]
        assert answer["connection_table_params"]["file_format"] == "dat"
        warned = any("read where they are uploaded" in text for text in answer.get("warnings", []))
        assert warned == (connection == "S3")

    def test_a_preview(self, ready: Service) -> None:
        found = ready.opening(AVAILABLE).tables.preview(ROOT, "S3", "table name_test.csv", ITEMS)

        options = {"compression": "zip", "delimiter": ",", "escape": "\\"}
        assert found == {
            "name": "table name_test.csv",
            "resource": "item",
            "connection": "S3",
            "connection_type": "S3",
            "connection_table_params": {
                "file_format": "CSV",
                "bucket": "my-test-bucket",
                "options": options,
            },
            "resource_params": {"columns_mapping": {"item_id": "item_id"}},
            "connection_table_metadata": {"description": "list of items properties in a csv file"},
            "status": "available",
            "preview": {
                "columns": [
                    {"name": "id", "type": "text", "nullable": False},
                    {"name": "age", "type": "text", "nullable": True},
                ],
                "rows": [{"id": "00501", "age": "7"}],
                "rows_read": 1,
                "bytes_read": 9,
                "truncated": False,
            },
            "checks": [
                {
                    "name": "open",
                    "status": "passed",
                    "message": "It was opened.",
                    "hint": "",
                    "field": "",
                }
            ],
        }
        assert ready.tables.filter(ROOT)["tables"] == []

    def test_a_page_of_a_list(self, ready: Service) -> None:
        whitelist = {
            "resource": "user_id",
            "connection_table_params": {
                "file_format": "PARQUET",
                "bucket": "s3-bucket-test",
                "options": {"compression": "zip"},
            },
            "resource_params": {
                "columns_mapping": {"user_id": "customerID"},
                "whitelist_params": {},
            },
            "connection_table_metadata": {"description": "List of users imported from AWS S3"},
        }
        answer = ready.tables.patch(ROOT, "S3", "user_whitelist_test", whitelist)
        assert "PARQUET compresses within the file; with zip around it" in answer["warnings"][0]

        page = ready.tables.filter(ROOT, connection="S3", resource="user_id", page="2", amt="10")
        assert page == {"has_next": False, "next_page": 3, "tables": []}
        first = ready.tables.filter(ROOT, connection="S3", resource="user_id")["tables"]
        assert whitelist.items() <= first[0].items()


class TestAChange:
    def test_replaces_whole_members_and_no_more(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "users", {**USERS, "resource_params": {"a": 1, "b": 2}})
        ready.clock.time += 10

        answer = ready.tables.patch(ROOT, "S3", "users", {"resource_params": {"b": 3}})

        assert answer["resource_params"] == {"b": 3}
        assert answer["resource"] == "user"
        for part in ("connection_table_params", "connection_table_metadata"):
            assert answer[part] == USERS[part]
        assert answer["modified_timestamp"] == answer["created_timestamp"] + 10

    def test_is_judged_with_what_is_stored(self, ready: Service) -> None:
        whitelist = {"resource": "user_id", "resource_params": {"whitelist_params": {"x": 1}}}
        ready.tables.patch(ROOT, "S3", "users", whitelist)

        error = error_of(lambda: ready.tables.patch(ROOT, "S3", "users", {"resource": "user"}))

        assert error["error_data"]["field"] == "resource_params.whitelist_params"
        assert ready.tables.get(ROOT, "S3", "users")["resource"] == "user_id"

    def test_that_sends_an_answer_back_changes_nothing(self, ready: Service) -> None:
        before = ready.tables.patch(ROOT, "S3", "users", USERS)
        ready.clock.time += 60

        answer = ready.tables.patch(ROOT, "S3", "users", before)

        assert answer == before
        assert len(ready.prober.asked) == 1

    def test_of_notes_alone_opens_nothing(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "users", USERS)
        ready.clock.time += 60

        ready.tables.patch(ROOT, "S3", "users", {"connection_table_metadata": {"note": "x"}})

        assert len(ready.prober.asked) == 1

    def test_is_in_the_audit(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "users", USERS)
        ready.tables.patch(ROOT, "S3", "users", {"resource": "item", "resource_params": {}})
        ready.tables.delete(ROOT, "S3", "users")

        table = store_tables.audit.c
        query = select(table.action, table.target, table.fields).order_by(table.id)
        with ready.store.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)][1:]
        target = "table S3/users of database acme-shop"
        assert rows == [
            ("patch-table", target, list(USERS)[:1] + list(_PARTS)),
            ("patch-table", target, ["resource", "resource_params"]),
            ("remove-table", target, []),
        ]


_PARTS = ("resource_params", "connection_table_params", "connection_table_metadata")


@ON_SQLITE
class TestWords:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [("csv", "CSV"), ("Parquet", "PARQUET"), ("DAT", "dat"), (" ndjson ", "NDJSON"),
         ("json", "JSON"), ("AVRO", "AVRO")],
    )  # fmt: skip
    def test_a_format_is_known_whatever_its_case(
        self, ready: Service, given: str, kept: str
    ) -> None:
        body = {"resource": "item", "connection_table_params": {"file_format": given}}

        answer = ready.tables.patch(ROOT, "S3", "items", body)

        assert answer["connection_table_params"] == {"file_format": kept}

    @pytest.mark.parametrize(
        ("options", "kept"),
        [
            ({"compression": "GZIP"}, {"compression": "gzip"}),
            ({"delimiter": "\\t"}, {"delimiter": "\t"}),
            ({"delimiter": "\t", "escape": None}, {"delimiter": "\t"}),
            ({"quote": '"', "escape": '"'}, {"quote": '"', "escape": '"'}),
            ({"quote": ""}, {"quote": ""}),
        ],
    )
    def test_options_have_one_form(
        self, ready: Service, options: dict[str, Any], kept: dict[str, Any]
    ) -> None:
        body = {"resource": "item", "connection_table_params": {"options": options}}

        answer = ready.tables.patch(ROOT, "S3", "items", body)

        assert answer["connection_table_params"]["options"] == kept

    @pytest.mark.parametrize(
        ("member", "value", "field", "words"),
        [
            ("params", {"file_format": "xls"}, "file_format", '"xls" is not one of CSV, JSON'),
            ("params", {"file_format": 5}, "file_format", "5 is not one of CSV"),
            ("params", {"options": []}, "options", "[] is not an object"),
            ("params", {"options": {"compression": "rar"}}, "options.compression", "gzip, zip"),
            ("params", {"options": {"delimiter": ";;"}}, "options.delimiter", "more than one"),
            ("params", {"options": {"delimiter": "\n"}}, "options.delimiter", "no character"),
            ("params", {"options": {"delimiter": ""}}, "options.delimiter", "at least 1 is needed"),
            ("params", {"options": {"quote": "ab"}}, "options.quote", "more than one"),
            ("params", {"options": {"delimiter": "|", "quote": "|"}}, "options.quote", "the same"),
            ("params", {"options": {"delimiter": "|", "escape": "|"}}, "options.escape", "same"),
            ("params", {"options": {"has_header": "yes"}}, "options.has_header", "a boolean"),
            ("params", {"options": {"skip_rows_after_header": -1}}, "options.skip", "-1"),
            ("params", {"options": {"null_values": "x"}}, "options.null_values", "a list"),
            ("params", {"bucket": ""}, "bucket", "at least 1"),
            ("params", {"path": "a\nb"}, "path", "a line end or another character"),
            ("params", {"path": "a", "glob": "*"}, "glob", "path and glob exclude each other"),
            ("params", {"url": "https://example.com"}, "url", "made by the server"),
            (
                "params",
                {"file_format": "dat", "options": {"compression": "gzip"}},
                "options.compression",
                "is not compressed",
            ),
            ("resource", {"columns_mapping": []}, "columns_mapping", "an object"),
            ("resource", {"columns_mapping": {"a": 1}}, "columns_mapping.a", "1 is not a string"),
            ("resource", {"columns_mapping": {"a": ""}}, "columns_mapping.a", "at least"),
            ("resource", {"columns_mapping": {"a": "b\0"}}, "", "cannot be stored"),
            ("resource", {"whitelist_params": {}}, "whitelist_params", "belong to"),
            ("metadata", {"start_timestamp": 1e12}, "start_timestamp", "3500000000"),
            ("metadata", {"start_timestamp": "now"}, "start_timestamp", "a number"),
            ("metadata", {"start_timestamp": 2, "end_timestamp": 1}, "end_timestamp", "is after"),
            ("metadata", {"text": "x" * 17 * 1024}, "", "16 KiB are allowed"),
            ("metadata", {"description": 5}, "description", "5 is not a string"),
            ("metadata", {"text": {str(n): n for n in range(9000)}}, "", "values"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(
        self, ready: Service, member: str, value: Any, field: str, words: str
    ) -> None:
        part = {"params": "connection_table_params", "resource": "resource_params"}.get(
            member, "connection_table_metadata"
        )
        calls = (ready.tables.patch, ready.tables.preview)

        for call in calls:
            body = {"resource": "item", part: value}
            error = error_of(lambda call=call, body=body: call(ROOT, "S3", "items", body))  # type: ignore[misc]
            assert error["http"] == 400
            assert error["error_data"]["field"].startswith(f"{part}.{field}".rstrip("."))
            assert words in error["message"]
        assert ready.prober.asked == []

    def test_members_that_nobody_knows_are_kept_with_a_warning(self, ready: Service) -> None:
        params = {"file_fromat": "CSV", "options": {"delimeter": ";"}}
        body = {
            "resource": "item",
            "resource_params": {"odd": [1]},
            "connection_table_params": params,
            "connection_table_metadata": {"anything": {"goes": 1}, "api_key": "x"},
            "colour": "red",
        }

        answer = ready.tables.patch(ROOT, "S3", "items", body)

        assert answer["connection_table_params"] == params
        assert answer["resource_params"] == {"odd": [1]}
        assert "colour" not in answer
        text = "\n".join(answer["warnings"])
        assert "colour is not known and left aside: there is resource, resource_params" in text
        assert "odd is not known in resource_params; it is kept and has no effect." in text
        assert "has no effect. Is it file_format?" in text
        assert "delimeter is not known in connection_table_params.options" in text
        assert "connection_table_metadata.api_key looks like a secret" in text
        assert "anything" not in text

    @pytest.mark.parametrize("verb", ["patch", "preview"])
    def test_what_is_refused_comes_with_its_warnings(self, ready: Service, verb: str) -> None:
        call = getattr(ready.tables, verb)
        params = {"bukcet": "b", "options": {"compression": "rar"}}
        body = {"resorce": "user", "connection_table_params": params}

        error = error_of(lambda: call(ROOT, "S3", "users", body))

        left, unknown = error["error_data"]["warnings"]
        assert error["error_data"]["field"] == "resource"
        assert left.startswith("resorce is not known and left aside: there is resource, ")
        assert unknown.startswith("bukcet is not known in connection_table_params; it is kept")

    @pytest.mark.parametrize(
        ("params", "told"),
        [
            ({"path": "/a.csv"}, "path: keys rarely begin with /; is it 'a.csv'?"),
            ({"path": "a*.csv"}, "path is taken letter by letter, * too; a pattern is given as"),
            ({"bucket": "s3://b/"}, "bucket is the name alone: probably 'b'."),
            ({"bucket": "s3://b/x/y"}, "bucket is the name alone: probably 'b', and prefix 'x/y'."),
            (
                {"file_format": "PARQUET", "options": {"delimiter": ";", "compression": "none"}},
                "PARQUET has no use for the option delimiter.",
            ),
            (
                {"file_format": "NDJSON", "options": {"quote": "", "infer": True, "encoding": "x"}},
                "NDJSON has no use for the options quote, infer.",
            ),
        ],
    )
    def test_what_is_probably_not_meant_is_told(
        self, ready: Service, params: dict[str, Any], told: str
    ) -> None:
        body = {"resource": "user", "connection_table_params": params}

        answer = ready.tables.patch(ROOT, "S3", "users", body)

        assert [one for one in answer["warnings"] if one.startswith(told)], answer["warnings"]

    def test_a_name_that_is_not_there_is_told_with_those_near_it(self, ready: Service) -> None:
        none = error_of(lambda: ready.tables.get(ROOT, "S3", "user"))
        ready.tables.patch(ROOT, "S3", "users", USERS)
        near = error_of(lambda: ready.tables.test(ROOT, "S3", "user"))
        case = error_of(lambda: ready.tables.get(ROOT, "local", "users"))
        unset = error_of(lambda: ready.tables.patch(ROOT, "GCS", "users", USERS))

        assert none["error_data"]["error"] == "S3 has no table yet."
        assert near["error_data"]["error"] == "S3 has users."
        assert case["error_data"]["error"].endswith(" Is it 'LOCAL'?")
        assert unset["error_data"]["error"] == (
            "It is not set up yet: store its credentials first. There is S3."
        )

    def test_thousands_of_them_are_not_told_one_by_one(self, ready: Service) -> None:
        body = {"resource": "item", "resource_params": {str(n): n for n in range(4000)}}

        answer = ready.tables.patch(ROOT, "S3", "items", body)

        assert len(answer["warnings"]) < 30

    def test_a_secret_of_the_connection_is_refused(self, ready: Service) -> None:
        for part in _PARTS:
            body = {"resource": "item", part: {"note": [f"key={SECRET}"]}}
            error = error_of(lambda body=body: ready.tables.patch(ROOT, "S3", "t", body))  # type: ignore[misc]
            assert error["error_data"]["field"] == part
            assert SECRET not in str(error)


def test_the_schema_holds_the_bodies_of_the_api() -> None:
    schema = json.loads((schema_folder() / "connections-table.schema.json").read_text())

    assert USERS in schema["examples"]
    assert REPORT in schema["examples"]


@pytest.mark.parametrize(
    ("params", "place"),
    [
        ({}, "s3://users.csv"),
        ({"bucket": "b"}, "s3://b/users.csv"),
        ({"bucket": "b", "path": "a/c.csv"}, "s3://b/a/c.csv"),
        ({"bucket": "b", "prefix": "a/"}, "s3://b/a/"),
        ({"dataset": "d", "table": "t"}, "s3://d/t"),
    ],
)
def test_the_place_of_a_table(params: dict[str, str], place: str) -> None:
    assert place_of("S3", "users.csv", params) == place


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "table name_test.csv",
            "a..b",
            "\uff33\uff13.csv",
            "caf\u00e9",
            "cafe\u0301",
            "\u65e5\u672c (1).csv",
        ],
    )
    def test_may_be_the_keys_of_objects(self, ready: Service, name: str) -> None:
        ready.tables.patch(ROOT, "S3", name, USERS)

        assert ready.tables.get(ROOT, "S3", name)["name"] == name

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("users.csv ", "begins or ends with a space; write 'users.csv'."),
            (" users.csv", "begins or ends with a space; write 'users.csv'."),
            ("us\u200bers", "holds U+200B, which cannot be seen; write 'users'."),
            ("us\ners", "holds U+000A, which cannot be seen."),
        ],
    )
    def test_hold_nothing_that_cannot_be_seen(self, ready: Service, name: str, words: str) -> None:
        for call in (ready.tables.patch, ready.tables.preview):
            error = error_of(lambda call=call: call(ROOT, "S3", name, USERS))  # type: ignore[misc]
            assert error["error_data"]["error"] == f"the name of a table {words}"
            assert error["error_data"]["field"] == "table"


class TestAStatus:
    def test_of_a_client_is_ignored(self, ready: Service) -> None:
        answer = ready.tables.patch(ROOT, "S3", "users", {**USERS, "status": "available"})

        assert answer["status"] == "unknown_error"
        assert "status is the server's own; the one given is ignored." in answer["warnings"]

    def test_is_unknown_while_nobody_has_looked_inside(self, ready: Service) -> None:
        answer = ready.tables.patch(ROOT, "S3", "users", USERS)

        assert answer["status"] == "unknown_error"
        assert answer["warnings"] == ["The connection works; the table itself was not opened."]
        assert ready.tables.test(ROOT, "S3", "users")["status"] == "unknown_error"
        assert ready.tables.preview(ROOT, "S3", "users")["preview"]["rows"] == []

    @pytest.mark.parametrize(
        ("result", "status"),
        [
            (REFUSED, "wrong_credentials"),
            (MISSING, "resource_not_found"),
            (DOWN, "unknown_error"),
        ],
    )
    def test_comes_from_the_check_and_stops_no_change(
        self, ready: Service, result: Any, status: str
    ) -> None:
        ready.prober.result = result

        answer = ready.tables.patch(ROOT, "S3", "users", USERS)

        assert answer["status"] == status
        assert answer["warnings"] == ["S3 refused the secret key. Check it."]
        detail = answer["status_detail"]
        assert detail["field"] == "credentials.aws_secret_access_key"
        assert (detail["reason"], detail["failures"]) == (result.reason, 1)

    def test_is_tested_again_and_never_touches_the_time_of_a_change(self, ready: Service) -> None:
        opening = ready.opening(AVAILABLE)
        opening.tables.patch(ROOT, "S3", "users", USERS)
        opening.clock.time += 60

        found = opening.tables.test(ROOT, "S3", "users")

        assert found == {
            "ok": True,
            "status": "available",
            "checks": [check.to_json() for check in AVAILABLE.checks],
            "duration_ms": 3,
        }
        shown = opening.tables.get(ROOT, "S3", "users")
        assert shown["modified_timestamp"] == 1_800_000_000
        assert shown["last_tested_timestamp"] == 1_800_000_060
        assert shown["status_detail"]["last_good_timestamp"] == 1_800_000_060.25

    def test_that_is_available_survives_one_failure_that_may_pass(self, ready: Service) -> None:
        ready.opening(AVAILABLE).tables.patch(ROOT, "S3", "users", USERS)
        failing = ready.opening(PASSING)

        error = error_of(lambda: failing.tables.test(ROOT, "S3", "users"))
        assert error["error_data"]["status"] == "unknown_error"
        first = ready.tables.get(ROOT, "S3", "users")
        assert (first["status"], first["status_detail"]["failures"]) == ("available", 1)
        assert first["warnings"] == ["No answer in time. Test again."]

        failing.clock.time += 60
        error_of(lambda: failing.tables.test(ROOT, "S3", "users"))
        second = ready.tables.get(ROOT, "S3", "users")
        assert (second["status"], second["status_detail"]["failures"]) == ("unknown_error", 2)
        assert second["status_detail"]["last_good_timestamp"] == 1_800_000_000.25

        ready.clock.time += 60
        ready.opening(AVAILABLE).tables.test(ROOT, "S3", "users")
        third = ready.tables.get(ROOT, "S3", "users")
        assert third["status"] == "available"
        assert "failures" not in third["status_detail"]

    def test_of_a_changed_table_is_not_that_of_the_old_one(self, ready: Service) -> None:
        ready.opening(AVAILABLE).tables.patch(ROOT, "S3", "users", USERS)

        answer = ready.opening(PASSING).tables.patch(ROOT, "S3", "users", {"resource": "item"})

        assert answer["status"] == "unknown_error"

    def test_is_not_kept_where_the_table_was_changed_meanwhile(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "users", USERS)
        ready.clock.time += 60
        asked = len(ready.prober.asked)

        def change() -> None:
            if len(ready.prober.asked) == asked + 1:
                ready.prober.result = MISSING
                ready.tables.patch(ROOT, "S3", "users", {"resource": "item"})
                ready.prober.result = REFUSED

        ready.prober.before = change
        error_of(lambda: ready.tables.test(ROOT, "S3", "users"))

        assert ready.tables.get(ROOT, "S3", "users")["status"] == "resource_not_found"

    def test_stays_where_this_process_may_not_call_the_place(self, ready: Service) -> None:
        ready.opening(AVAILABLE).tables.patch(ROOT, "S3", "users", USERS)
        before = ready.tables.get(ROOT, "S3", "users")
        blocked = ready.opening(BLOCKED)
        blocked.clock.time += 60

        error = error_of(lambda: blocked.tables.test(ROOT, "S3", "users"))

        assert error["error_data"]["reason"] == "blocked_host"
        assert error["error_data"]["status"] == before["status"] == "available"
        assert ready.tables.get(ROOT, "S3", "users") == before

    def test_is_unknown_where_a_new_table_may_not_be_looked_at(self, ready: Service) -> None:
        answer = ready.opening(BLOCKED).tables.patch(ROOT, "S3", "users", USERS)

        assert answer["status"] == "unknown_error"
        assert answer["status_detail"]["reason"] == "blocked_host"
        assert "10.0.0.1 may not be called." in answer["warnings"]

    def test_that_is_bad_comes_with_all_warnings(self, ready: Service) -> None:
        warned = replace(PASSING, warnings=("It has one column. Is ';' its delimiter?",))
        opening = ready.opening(warned)
        options = {"options": {"delimeter": ";"}}
        changed = {**USERS, "connection_table_params": {"file_format": "CSV", **options}}

        error = error_of(lambda: opening.tables.preview(ROOT, "S3", "users", changed))
        opening.tables.patch(ROOT, "S3", "users", USERS)
        opening.clock.time += 60
        tested = error_of(lambda: opening.tables.test(ROOT, "S3", "users"))

        assert error["error_data"]["warnings"] == [
            "delimeter is not known in connection_table_params.options; it is kept and has no "
            "effect. Is it delimiter?",
            "It has one column. Is ';' its delimiter?",
        ]
        assert tested["error_data"]["warnings"] == ["It has one column. Is ';' its delimiter?"]

    def test_is_not_kept_where_the_connection_went_meanwhile(self, ready: Service) -> None:
        ready.prober.before = lambda: ready.connections.delete(ROOT, "S3")

        answer = ready.tables.patch(ROOT, "S3", "users", USERS)

        assert answer["status"] == "wrong_credentials"
        assert "The connection S3 was deleted." in answer["warnings"]

    @ON_SQLITE
    def test_is_asked_for_once_and_not_too_often(self, ready: Service) -> None:
        few = ready.having(opens_per_minute=2)
        few.tables.patch(ROOT, "S3", "users", USERS)
        few.tables.test(ROOT, "S3", "users")
        few.tables.preview(ROOT, "S3", "users")
        assert len(few.prober.asked) == 1
        few.tables.patch(ROOT, "S3", "items", ITEMS)

        error = error_of(lambda: few.tables.preview(ROOT, "S3", "more", USERS))
        assert error["http"] == 429
        answer = few.tables.patch(ROOT, "S3", "more", USERS)
        assert answer["status"] == "unknown_error"
        assert "The table was not opened. There are too many requests" in answer["warnings"][0]

    @ON_SQLITE
    def test_is_that_of_the_tables_own_bucket(self, ready: Service) -> None:
        ready.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "usual-bucket"}})

        ready.tables.patch(ROOT, "S3", "items", ITEMS)
        ready.tables.patch(ROOT, "S3", "users", USERS)

        buckets = [metadata["bucket"] for _, _, metadata, _ in ready.prober.asked]
        assert buckets == ["my-test-bucket", "usual-bucket"]


class TestLocalTables:
    @pytest.fixture
    def local(self, service: Service, tmp_path: Path) -> Service:
        """A service that takes uploads, and has no connection at all."""
        return service.having(origin="https://example.com", upload_folder=tmp_path / "uploads")

    def _upload(self, service: Service, name: str) -> None:
        file = service.tables.uploads.file("acme-shop", name)
        assert file is not None
        file.parent.mkdir(parents=True)
        file.write_text("user_id\n1\n")

    def test_get_an_address_and_wait_for_their_file(self, local: Service) -> None:
        answer = local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)

        url = answer["connection_table_params"]["url"]
        assert url.startswith("https://example.com/v1/uploads/acme-shop/users.csv?expires=")
        assert answer["status"] == "uploading"
        shown = local.tables.get(ROOT, "LOCAL", "users.csv")["connection_table_params"]["url"]
        assert shown.partition("&id=")[0] == url.partition("&id=")[0]
        assert local.prober.asked == []

    def test_keep_no_address(self, local: Service) -> None:
        answer = local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        local.tables.patch(ROOT, "LOCAL", "users.csv", answer)

        listed = local.tables.filter(ROOT)["tables"][0]
        assert "url" not in listed["connection_table_params"]
        with local.store.read() as connection:
            params = connection.execute(
                select(store_tables.data_tables.c.connection_table_params)
            ).scalar_one()
        assert params == USERS["connection_table_params"]

    @pytest.mark.parametrize(
        "member", ["bucket", "path", "prefix", "glob", "dataset", "table", "object", "query"]
    )
    @ON_SQLITE
    def test_lie_nowhere_else(self, local: Service, member: str) -> None:
        body = {"resource": "user", "connection_table_params": {member: "../x"}}

        error = error_of(lambda: local.tables.patch(ROOT, "LOCAL", "users.csv", body))

        assert f"it has no {member}" in error["message"]

    def test_are_available_once_the_uploader_says_so(self, local: Service) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        early = local.tables.patch(ROOT, "LOCAL", "users.csv", {"status": "available"})
        assert early["status"] == "uploading"
        assert early["warnings"] == ["The status stays uploading. No file has been uploaded yet."]

        self._upload(local, "users.csv")
        answer = local.tables.patch(ROOT, "LOCAL", "users.csv", {"status": "available"})

        assert answer["status"] == "available"
        assert "warnings" not in answer

    def test_have_a_preview_before_their_file(self, local: Service) -> None:
        new = local.tables.preview(ROOT, "LOCAL", "users.csv", USERS)
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        found = local.tables.preview(ROOT, "LOCAL", "users.csv", USERS)

        assert "url" not in new["connection_table_params"]
        assert new["status"] == found["status"] == "uploading"
        assert found["connection_table_params"]["url"].startswith("https://example.com/v1/uploads/")
        assert found["warnings"] == ["No file has been uploaded yet."]

    def test_test_as_missing_before_their_file(self, local: Service) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)

        error = error_of(lambda: local.tables.test(ROOT, "LOCAL", "users.csv"))

        assert error["error_data"]["name"] == "RESOURCE_NOT_FOUND"
        assert error["error_data"]["key"] == "local://users.csv"
        assert error["error_data"]["status"] == "uploading"
        assert error["error_data"]["checks"] == [
            {
                "name": "open",
                "status": "failed",
                "message": "No file has been uploaded yet.",
                "hint": "Upload it to the table's connection_table_params.url.",
                "field": "connection_table_params.url",
            }
        ]

    def test_are_opened_once_their_file_is_there(self, local: Service) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        self._upload(local, "users.csv")

        found = local.opening(AVAILABLE).tables.test(ROOT, "LOCAL", "users.csv")

        assert found["status"] == "available"
        assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "available"

    def test_stay_available_where_a_check_sees_nothing_of_them(self, local: Service) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        self._upload(local, "users.csv")
        assert local.tables.test(ROOT, "LOCAL", "users.csv")["status"] == "uploading"
        local.tables.patch(ROOT, "LOCAL", "users.csv", {"status": "available"})
        local.clock.time += 60

        found = local.tables.test(ROOT, "LOCAL", "users.csv")

        assert found["status"] == "available"
        assert found["warnings"] == ["The connection works; the table itself was not opened."]
        assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "available"

    def test_take_their_file_with_them(self, local: Service) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        self._upload(local, "users.csv")

        local.tables.delete(ROOT, "LOCAL", "users.csv")
        answer = local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)

        assert not local.tables.uploads.has_file("acme-shop", "users.csv")
        assert answer["status"] == "uploading"
        local.tables.delete(ROOT, "LOCAL", "users.csv")

    def test_do_not_give_their_file_to_a_table_that_is_made_anew(
        self, local: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        self._upload(local, "users.csv")
        with monkeypatch.context() as broken:
            broken.setattr(local.tables.uploads, "remove_file", lambda *_: None)
            local.tables.delete(ROOT, "LOCAL", "users.csv")

        answer = local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)

        assert answer["status"] == "uploading"
        assert not local.tables.uploads.has_file("acme-shop", "users.csv")

    def test_are_deleted_as_a_whole_or_not_at_all(
        self, local: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> None:
            raise OSError

        local.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        self._upload(local, "users.csv")
        with monkeypatch.context() as broken:
            broken.setattr(local.tables.uploads, "remove_file", fail)
            with pytest.raises(OSError):
                local.tables.delete(ROOT, "LOCAL", "users.csv")

        assert local.tables.get(ROOT, "LOCAL", "users.csv")["name"] == "users.csv"
        local.tables.delete(ROOT, "LOCAL", "users.csv")

    def test_need_no_connection(self, local: Service) -> None:
        assert local.tables.list(ROOT, "LOCAL")["tables"] == []
        assert local.tables.filter(ROOT, connection="LOCAL")["tables"] == []


class TestBounds:
    @ON_SQLITE
    def test_a_database_has_so_many_tables_and_no_more(self, service: Service) -> None:
        few = service.having(most_tables=2)
        for name in ("a", "b"):
            few.tables.patch(ROOT, "LOCAL", name, USERS)
        few.tables.patch(ROOT, "LOCAL", "a", {"resource": "item"})
        few.tables.patch(replace(ROOT, database="acme-blog"), "LOCAL", "c", USERS)

        error = error_of(lambda: few.tables.patch(ROOT, "LOCAL", "c", USERS))

        assert error["http"] == 400
        assert "the database has 2 tables, which is the most there can be" in error["message"]

    @ON_SQLITE
    def test_a_page_of_the_largest_tables_is_less_than_a_client_reads(
        self, service: Service
    ) -> None:
        kibibytes = dict.fromkeys(PARTS, 0)
        for part in PARTS:
            for size in range(1, 512):
                try:
                    read_changes({part: {"x": "y" * (size * 1024 - 10)}})
                except WrongDataError:
                    break
                kibibytes[part] = size
        largest = {part: {"x": "y" * (size * 1024 - 10)} for part, size in kibibytes.items()}
        service.tables.patch(ROOT, "LOCAL", "t" * 256, {"resource": "user", **largest})

        (shown,) = service.tables.filter(ROOT)["tables"]

        assert len(json.dumps(shown)) * 64 < 15.5 * 2**20

    @ON_SQLITE
    def test_the_list_in_short_reads_no_long_columns(self, ready: Service) -> None:
        ready.tables.patch(ROOT, "S3", "users.csv", USERS)
        with ready.store.write() as connection:
            text = "UPDATE data_tables SET connection_table_params = 'no JSON', fingerprint = '-'"
            connection.exec_driver_sql(text)

        (found,) = ready.tables.list(ROOT, "S3")["tables"]

        assert found["name"] == "users.csv"


class TestATypeThatIsNotKnown:
    @ON_SQLITE
    @pytest.mark.parametrize("ask", ["patch", "preview", "test"])
    def test_is_told(self, ready: Service, ask: str) -> None:
        ready.tables.patch(ROOT, "S3", "users.csv", USERS)
        with ready.store.write() as connection:
            connection.execute(store_tables.connections.update().values(type="FLOPPY"))
        given = () if ask == "test" else ({"resource": "item"},)

        error = error_of(lambda: getattr(ready.tables, ask)(ROOT, "S3", "users.csv", *given))

        assert error["http"] == 400
        assert "is of the type 'FLOPPY', which this release does not know" in error["message"]


class TestAConnectionMadeAgain:
    def test_has_tables_that_are_not_called_deleted(self, ready: Service) -> None:
        other = STRANGER
        ready.connections.put(other, "S3", S3)
        for who in (ROOT, replace(ROOT, database="acme-blog"), other):
            ready.tables.patch(who, "S3", "users.csv", USERS)
        ready.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
        ready.connections.delete(ROOT, "S3")
        ready.connections.delete(other, "S3")
        assert ready.tables.get(ROOT, "S3", "users.csv")["status"] == "wrong_credentials"

        ready.connections.put(ROOT, "S3", S3)

        for who in (ROOT, replace(ROOT, database="acme-blog")):
            found = ready.tables.get(who, "S3", "users.csv")
            assert (found["status"], found["status_detail"]) == ("unknown_error", None)
            assert "warnings" not in found
        assert ready.tables.get(other, "S3", "users.csv")["status"] == "wrong_credentials"
        assert ready.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "uploading"

    @ON_SQLITE
    def test_a_change_of_credentials_leaves_what_a_test_has_found(self, ready: Service) -> None:
        refused = replace(AVAILABLE, ok=False, status="wrong_credentials", reason="refused")
        ready.opening(refused).tables.patch(ROOT, "S3", "users.csv", USERS)

        ready.connections.put(ROOT, "S3", S3)

        assert ready.tables.get(ROOT, "S3", "users.csv")["status"] == "wrong_credentials"


class TestPages:
    @pytest.fixture
    def many(self, ready: Service) -> Service:
        """25 tables, made in another order than that of their names."""
        quick = ready.opening(AVAILABLE)
        for number in range(25):
            quick.clock.time += number % 2
            body = {"resource": "user" if number % 5 else "item"}
            quick.tables.patch(ROOT, "LOCAL" if number % 2 else "S3", f"t{99 - number}", body)
        return quick

    def test_hold_every_table_once_in_a_steady_order(self, many: Service) -> None:
        seen: list[dict[str, Any]] = []
        page, has_next = 1, True
        while has_next:
            answer = many.tables.filter(ROOT, page=page, amt=4)
            assert answer["next_page"] == page + 1
            seen += answer["tables"]
            page, has_next = answer["next_page"], answer["has_next"]

        names = [one["name"] for one in seen]
        assert len(set(names)) == 25
        order = [(one["created_timestamp"], one["connection"], one["name"]) for one in seen]
        assert order == sorted(order)
        assert page == 8

    @pytest.mark.parametrize(
        ("query", "count", "has_next"),
        [
            ({}, 10, True),
            ({"amt": "64"}, 25, False),
            ({"page": 3}, 5, False),
            ({"page": 4}, 0, False),
            ({"page": "1000000000"}, 0, False),
            ({"amt": 25}, 25, False),
            ({"amt": 24}, 24, True),
            ({"connection": "S3", "amt": 64}, 13, False),
            ({"resource": "item", "amt": 64}, 5, False),
            ({"resource": "item", "connection": "LOCAL", "amt": 2}, 2, False),
            ({"connection": "GCS"}, 0, False),
        ],
    )
    @ON_SQLITE
    def test_are_of_what_is_asked_for(
        self, many: Service, query: dict[str, Any], count: int, has_next: bool
    ) -> None:
        answer = many.tables.filter(ROOT, **query)

        assert (len(answer["tables"]), answer["has_next"]) == (count, has_next)
        assert all(one["warnings"] == [] for one in answer["tables"])

    def test_the_deprecated_list_has_none(self, many: Service) -> None:
        answer = many.tables.list(ROOT, "S3")

        assert "deprecated" in answer["warnings"][0]
        assert len(answer["tables"]) == 13
        assert set(answer["tables"][0]) == {
            "warnings", "name", "resource", "status", "created_timestamp", "modified_timestamp",
        }  # fmt: skip

    @ON_SQLITE
    def test_the_deprecated_list_is_cut(
        self, many: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("argosy.connections.tables._MOST_LISTED", 5)

        answer = many.tables.list(ROOT, "S3")

        assert len(answer["tables"]) == 5
        assert answer["warnings"][1] == "Only the first 5 tables are listed."


class TestTwoOrganizations:
    OTHER = replace(ROOT, organization="other", database="other-shop")

    def test_have_tables_of_the_same_name(self, ready: Service) -> None:
        ready.connections.put(self.OTHER, "S3", S3)
        ready.tables.patch(ROOT, "S3", "users", USERS)
        ready.tables.patch(self.OTHER, "S3", "users", ITEMS)

        assert ready.tables.get(ROOT, "S3", "users")["resource"] == "user"
        assert len(ready.tables.filter(self.OTHER)["tables"]) == 1
        ready.tables.delete(self.OTHER, "S3", "users")
        assert ready.tables.get(ROOT, "S3", "users")["name"] == "users"

    def test_do_not_see_each_others_connections_behind_tables(self, ready: Service) -> None:
        ready.connections.put(ROOT, "archive", {**S3, "type": "S3"})

        error = error_of(lambda: ready.tables.patch(self.OTHER, "archive", "users", USERS))

        assert error["error_data"]["field"] == "connection"
        assert "archive" not in error["error_data"]["available"]

    def test_lose_no_tables_when_the_other_deletes_its_connection(self, ready: Service) -> None:
        ready.connections.put(self.OTHER, "S3", S3)
        ready.opening(AVAILABLE).tables.patch(ROOT, "S3", "users", USERS)

        assert ready.connections.delete(self.OTHER, "S3") == {}
        assert ready.tables.get(ROOT, "S3", "users")["status"] == "available"


def test_a_prober_of_no_use_does_not_stop_the_rest(ready: Service) -> None:
    ready.tables.patch(ROOT, "S3", "users", USERS)
    broken = replace(ready, prober=FakeProber(REFUSED))

    assert error_of(lambda: broken.tables.test(ROOT, "S3", "users"))["http"] == 400
    assert broken.tables.get(ROOT, "S3", "users")["status"] == "wrong_credentials"
    assert broken.tables.delete(ROOT, "S3", "users") == {}
