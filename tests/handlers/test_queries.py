"""run-query and wait-for-job: a query's rows, its errors, and that it runs once."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import FailedLaterError, ForbiddenError, NotFinishedError, UnreachableError
from argosy.sdk import UnwritableFileError
from handlers._jobs import unique_names
from handlers._rows import parquet_type, read_rows
from tests.handlers.conftest import Vendor
from tests.servers import Reset, Say
from tests.steering import Steering

ISSUE = "POST /v3/job/issue/trino/shop"
STATUS = "GET /v3/job/status/1001"
SHOW = "GET /v3/job/show/1001"
RESULT = "GET /v3/job/result/1001"
KILL = "POST /v3/job/kill/1001"
QUERY: dict[str, Any] = {"database": "shop", "query": "SELECT plan, customers FROM plans"}
COLUMNS = [["plan", "varchar"], ["customers", "bigint"]]


def job(status: str = "success", **more: Any) -> dict[str, Any]:
    return {"job_id": "1001", "status": status, "duration": 4, "num_records": 2, **more}


def shown(status: str = "success", columns: Any = COLUMNS, **more: Any) -> dict[str, Any]:
    schema = None if columns is None else json.dumps(columns)
    return job(status, **{"hive_result_schema": schema, "debug": {}, **more})


@pytest.fixture
def shop(vendor: Vendor) -> Vendor:
    """A vendor whose query runs for two looks and finds two rows."""
    vendor.says(ISSUE, {"job": "1001", "job_id": "1001", "database": "shop"})
    vendor.says(STATUS, job("queued"), job("running"), job())
    vendor.says(SHOW, shown())
    vendor.says(RESULT, Say(200, b'["pro",2]\n["free",null]\n'))
    vendor.says(KILL, {"job_id": "1001", "former_status": "running"})
    return vendor


class TestRows:
    def test_come_by_column_name_with_types_and_number(self, shop: Vendor) -> None:
        outputs = shop.call("run-query", **QUERY).unwrap()

        assert outputs["rows"] == [
            {"plan": "pro", "customers": 2},
            {"plan": "free", "customers": None},
        ]
        assert outputs["columns"] == [
            {"name": "plan", "type": "varchar"},
            {"name": "customers", "type": "bigint"},
        ]
        assert (outputs["rowCount"], outputs["isTruncated"]) == (2, False)
        assert (outputs["jobId"], outputs["status"]) == ("1001", "success")
        assert outputs["durationSeconds"] == 4

    def test_come_in_the_order_of_the_columns_where_asked_for(self, shop: Vendor) -> None:
        outputs = shop.call("run-query", rowForm="arrays", **QUERY).unwrap()

        assert outputs["rows"] == [["pro", 2], ["free", None]]

    def test_keep_every_value_where_a_column_name_comes_twice(self, shop: Vendor) -> None:
        shop.says(SHOW, shown(columns=[["a", "bigint"], ["a", "bigint"], ["a_2", "bigint"]]))
        shop.says(RESULT, Say(200, b"[1,2,3]\n"))

        outputs = shop.call("run-query", **QUERY).unwrap()

        assert outputs["rows"] == [{"a": 1, "a_3": 2, "a_2": 3}]

    def test_beyond_the_most_are_counted_and_not_held(self, shop: Vendor) -> None:
        outputs = shop.call("run-query", maxRows=1, **QUERY).unwrap()

        assert outputs["rows"] == [{"plan": "pro", "customers": 2}]
        assert (outputs["rowCount"], outputs["isTruncated"]) == (2, True)

    def test_are_none_where_a_statement_has_no_result(self, shop: Vendor) -> None:
        shop.says(SHOW, shown(columns=None, num_records=0))

        outputs = shop.call("run-query", **QUERY).unwrap()

        assert (outputs["rows"], outputs["columns"], outputs["rowCount"]) == ([], [], 0)
        assert RESULT not in shop.asked

    @pytest.mark.parametrize("schema", ["no JSON", "7", '[["alone"], 7]'])
    def test_of_columns_that_cannot_be_read_are_left_alone(self, shop: Vendor, schema: Any) -> None:
        shop.says(SHOW, {**shown(), "hive_result_schema": schema})

        result = shop.call("run-query", **QUERY)

        assert result.outputs["columns"] == []

    def test_skip_empty_lines_and_name_values_that_have_no_column(self, shop: Vendor) -> None:
        shop.says(RESULT, Say(200, b'\n["pro",2,3]\n\n'))

        outputs = shop.call("run-query", **QUERY).unwrap()

        assert outputs["rows"] == [{"plan": "pro", "customers": 2, "column3": 3}]

    def test_that_are_none_are_an_error_of_the_answer(self, shop: Vendor) -> None:
        shop.says(RESULT, Say(200, b'["pro",2]\n<html>\n'))

        result = shop.call("run-query", **QUERY)

        assert str(result.error) == "line 2 of the result is no row"
        assert result.outputs["jobId"] == "1001"

    def test_pass_on_what_the_query_is_given(self, shop: Vendor) -> None:
        shop.call("run-query", priority=1, poolName="night", domainKey="today", **QUERY).unwrap()

        assert shop.received(ISSUE)[0].json == {
            "query": QUERY["query"],
            "priority": 1,
            "pool_name": "night",
            "domain_key": "today",
        }


class TestFiles:
    def test_are_csv_with_column_names(self, shop: Vendor, tmp_path: Path) -> None:
        shop.says(RESULT, Say(200, b'["a, \\"b\\"",2]\n[null,[1,{"x":true}]]\n'))

        outputs = shop.call("run-query", save_to=tmp_path / "rows.csv", **QUERY).unwrap()

        with (tmp_path / "rows.csv").open(newline="") as lines:
            rows = list(csv.reader(lines))
        assert rows == [["plan", "customers"], ['a, "b"', "2"], ["", '[1, {"x": true}]']]
        assert (outputs["rowCount"], outputs["format"]) == (2, "csv")
        assert outputs["size"] == (tmp_path / "rows.csv").stat().st_size
        assert "rows" not in outputs

    @pytest.mark.parametrize("name", ["rows.jsonl", "rows.ndjson"])
    def test_are_json_lines_by_their_ending(self, shop: Vendor, tmp_path: Path, name: str) -> None:
        shop.call("run-query", save_to=tmp_path / name, **QUERY).unwrap()

        lines = (tmp_path / name).read_text().splitlines()
        assert [json.loads(line) for line in lines] == [
            {"plan": "pro", "customers": 2},
            {"plan": "free", "customers": None},
        ]

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_are_one_json_list(self, shop: Vendor, tmp_path: Path, count: int) -> None:
        shop.says(RESULT, Say(200, b'["pro",2]\n' * count))

        shop.call("run-query", save_to=tmp_path / "rows", format="json", **QUERY).unwrap()

        rows = json.loads((tmp_path / "rows").read_text())
        assert rows == [{"plan": "pro", "customers": 2}] * count

    @pytest.mark.parametrize("count", [0, 3])
    def test_are_parquet_with_the_engines_types(
        self, shop: Vendor, tmp_path: Path, count: int
    ) -> None:
        columns = [
            ['na"me', "varchar"],
            ["big", "bigint"],
            ["part", "double"],
            ["when", "timestamp(3)"],
            ["price", "decimal(10,2)"],
            ["tags", "array(varchar)"],
            ["more", "map(varchar,bigint)"],
        ]
        row = ["x", 2**60, 0.5, "2026-01-01 00:00:01.500", "1.25", ["a", "b"], {"k": 1}]
        shop.says(SHOW, shown(columns=columns))
        shop.says(RESULT, Say(200, (json.dumps(row) + "\n").encode() * count))
        target = tmp_path / "rows.parquet"

        outputs = shop.call("run-query", save_to=target, **QUERY).unwrap()

        found = duckdb.from_parquet(str(target))
        assert found.columns == [column[0] for column in columns]
        assert [str(kind) for kind in found.types] == [
            "VARCHAR",
            "BIGINT",
            "DOUBLE",
            "TIMESTAMP",
            "DECIMAL(10,2)",
            "VARCHAR[]",
            "VARCHAR",
        ]
        rows = found.fetchall()
        assert (len(rows), outputs["rowCount"]) == (count, count)
        for one in rows:
            assert one[1] == 2**60
            assert str(one[4]) == "1.25"
            assert (one[5], json.loads(one[6])) == (["a", "b"], {"k": 1})

    def test_that_cannot_be_written_leave_nothing_behind(
        self, shop: Vendor, tmp_path: Path
    ) -> None:
        shop.says(SHOW, shown(columns=[["n", "bigint"], ["m", "bigint"]]))

        result = shop.call("run-query", save_to=tmp_path / "rows.parquet", **QUERY)

        assert "cannot be written as Parquet" in str(result.error)
        assert list(tmp_path.iterdir()) == []

    def test_have_as_many_values_as_columns_in_parquet(self, shop: Vendor, tmp_path: Path) -> None:
        shop.says(RESULT, Say(200, b'["pro"]\n'))

        result = shop.call("run-query", save_to=tmp_path / "rows.parquet", **QUERY)

        assert str(result.error) == "row 1 has 1 values, and there are 2 columns"

    def test_in_parquet_have_columns(self, shop: Vendor, tmp_path: Path) -> None:
        shop.says(SHOW, shown(columns=None))

        result = shop.call("run-query", save_to=tmp_path / "rows.parquet", **QUERY)

        assert str(result.error) == "Parquet needs columns, and the query has none"

    def test_in_parquet_need_duckdb(
        self, shop: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "duckdb", None)

        result = shop.call("run-query", save_to=tmp_path / "rows.parquet", **QUERY)

        assert "Parquet needs the package duckdb" in str(result.error)

    def test_in_a_folder_that_is_not_there_are_told(self, shop: Vendor, tmp_path: Path) -> None:
        result = shop.call("run-query", save_to=tmp_path / "no" / "rows.csv", **QUERY)

        assert isinstance(result.error, UnwritableFileError)
        assert result.outputs["jobId"] == "1001"


class TestFailures:
    def test_tell_the_querys_error_out_of_its_log(self, shop: Vendor) -> None:
        log = "started at 2026-01-01\nQuery 7 failed: line 1:8: Column 'plan' cannot be resolved"
        shop.says(STATUS, job("running"), job("error"))
        shop.says(SHOW, shown("error", debug={"cmdout": log, "stderr": ""}))

        result = shop.call("run-query", **QUERY)

        assert isinstance(result.error, FailedLaterError)
        assert str(result.error) == (
            "What 'run-query' waited for has ended as error: "
            "Query 7 failed: line 1:8: Column 'plan' cannot be resolved"
        )
        assert result.outputs["log"] == log
        assert (result.outputs["jobId"], result.outputs["status"]) == ("1001", "error")

    def test_tell_that_it_was_stopped(self, shop: Vendor) -> None:
        shop.says(STATUS, job("killed"))

        result = shop.call("run-query", **QUERY)

        expected = "What 'run-query' waited for has ended as killed: it was stopped"
        assert str(result.error) == expected

    def test_are_told_without_a_log_too(self, shop: Vendor) -> None:
        shop.says(STATUS, job("error"))
        shop.says(SHOW, Say(403, {"message": "no"}))

        result = shop.call("run-query", **QUERY)

        assert str(result.error) == "What 'run-query' waited for has ended as error."

    def test_name_the_job_where_the_time_is_over(self, shop: Vendor, steering: Steering) -> None:
        shop.says(STATUS, job("running"))

        result = shop.call("run-query", waitSeconds=60, **QUERY)

        assert isinstance(result.error, NotFinishedError)
        assert [problem.message for problem in result.error.problems] == ["job 1001 goes on"]
        assert (result.outputs["jobId"], result.outputs["status"]) == ("1001", "running")
        assert sum(steering.slept) == 60
        assert KILL not in shop.asked

    def test_stop_the_job_where_asked_for(self, shop: Vendor) -> None:
        shop.says(STATUS, job("running"))

        result = shop.call("run-query", waitSeconds=5, killOnTimeout=True, **QUERY)

        assert isinstance(result.error, FailedLaterError)
        assert "job 1001 was stopped, as it was not finished after 5 s" in str(result.error)
        assert result.outputs["status"] == "killed"
        assert shop.asked.count(KILL) == 1

    def test_tell_that_stopping_did_not_work(self, shop: Vendor) -> None:
        shop.says(STATUS, job("running"))
        shop.says(KILL, Say(403, {"message": "not yours"}))

        result = shop.call("run-query", waitSeconds=5, killOnTimeout=True, **QUERY)

        assert isinstance(result.error, NotFinishedError)
        assert "not yours" in result.error.problems[0].message

    def test_of_the_question_keep_the_job(self, shop: Vendor) -> None:
        shop.says(STATUS, Say(403, {"message": "write-only"}))

        result = shop.call("run-query", **QUERY)

        assert isinstance(result.error, ForbiddenError)
        assert result.outputs["jobId"] == "1001"


class TestAQueryRunsOnce:
    def test_though_the_answer_to_its_start_is_lost(self, shop: Vendor) -> None:
        conflict = {"message": "taken", "details": {"conflicts_with": 1001}}
        shop.says(ISSUE, Reset(), Say(409, conflict))

        outputs = shop.call("run-query", **QUERY).unwrap()

        keys = [request.json["domain_key"] for request in shop.received(ISSUE)]
        assert len(keys) == 2
        assert len(set(keys)) == 1
        assert outputs["domainKey"] == keys[0]
        assert outputs["rowCount"] == 2

    def test_and_its_key_leads_to_the_rows_of_that_run(self, shop: Vendor) -> None:
        shop.says(ISSUE, Say(409, {"message": "x", "details": {"conflicts_with": "1001"}}))

        outputs = shop.call("run-query", domainKey="today", **QUERY).unwrap()

        assert (outputs["jobId"], outputs["isReused"]) == ("1001", True)

    @pytest.mark.parametrize("body", [{"message": "x"}, {"details": 7}, [1]])
    def test_or_fails_where_a_conflict_names_no_job(self, shop: Vendor, body: Any) -> None:
        shop.says(ISSUE, Say(409, body))

        assert shop.call("run-query", **QUERY).error is not None

    def test_or_not_at_all_and_its_key_is_told(self, shop: Vendor, steering: Steering) -> None:
        shop.says(ISSUE, Reset())

        result = shop.call("run-query", **QUERY)

        assert isinstance(result.error, UnreachableError)
        assert result.outputs["domainKey"]
        assert (len(shop.asked), steering.slept) == (4, [1, 3, 9])


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("BIGINT", "BIGINT"),
        ("string", "VARCHAR"),
        ("timestamp(3) with time zone", "VARCHAR"),
        ("decimal(38,0)", "DECIMAL(38,0)"),
        ("decimal(39,1)", "VARCHAR"),
        ("decimal(2,9)", "VARCHAR"),
        ("array<bigint>", "BIGINT[]"),
        ("array(array(double))", "DOUBLE[][]"),
        ("array(map(varchar,bigint))", "VARCHAR"),
        ("array( varchar(10) )", "VARCHAR[]"),
        ("row(a bigint)", "VARCHAR"),
        ("'; DROP TABLE x; --", "VARCHAR"),
    ],
)
def test_a_columns_type_becomes_one_of_parquets(given: str, kind: str) -> None:
    assert parquet_type(given) == kind


def test_rows_are_held_up_to_so_many_bytes(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text('["aaaa"]\n' * 5)

    assert read_rows(tmp_path / "rows", 10, most_bytes=10) == ([["aaaa"]] * 2, False)


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", ""])))
def test_names_become_unique_and_the_first_of_each_stays(names: list[str]) -> None:
    unique = unique_names(names)

    assert len(set(unique)) == len(unique) == len(names)
    assert all(unique[names.index(name)] == name for name in names)


class TestWaitForJob:
    def test_gives_the_job_once_it_has_ended(self, shop: Vendor) -> None:
        outputs = shop.call("wait-for-job", jobId=1001).unwrap()

        assert outputs["job"]["hive_result_schema"]
        assert (outputs["status"], outputs["durationSeconds"]) == ("success", 4)

    def test_reads_the_duration_out_of_the_times_where_it_is_not_told(self, shop: Vendor) -> None:
        times = {"start_at": "2026-01-01 00:00:01 UTC", "end_at": "2026-01-01 00:00:03 UTC"}
        shop.says(SHOW, shown(duration=None, **times))

        assert shop.call("wait-for-job", jobId="1001").unwrap()["durationSeconds"] == 2

    def test_tells_why_one_failed(self, shop: Vendor) -> None:
        shop.says(STATUS, job("error"))
        shop.says(SHOW, shown("error", debug={"cmdout": "a\nb", "stderr": None}))

        result = shop.call("wait-for-job", jobId=1001)

        assert str(result.error) == "What 'wait-for-job' waited for has ended as error: b"
        assert result.outputs["reason"] == "b"
