"""The outcomes against a real sandbox: what several calls in one come to."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from argosy import Connection, Connector, Dispatcher, Ports
from argosy.errors import FailedLaterError, NotFinishedError
from argosy.sandbox import RunningSandbox, Settings, start

NOON = 1_767_268_800  # 2026-01-01T12:00:00Z
CUSTOMERS = [
    ("c-1", "ada@example.com", "gold"),
    ("c-2", "kenji@example.com", "gold"),
    ("c-3", "marta@example.com", "free"),
]
GOLD = {
    "type": "And",
    "conditions": [
        {
            "type": "And",
            "conditions": [
                {
                    "type": "Value",
                    "leftValue": {"name": "plan"},
                    "operator": {"type": "Equal", "not": False, "rightValue": "gold"},
                    "arrayMatching": None,
                    "exclude": False,
                }
            ],
        }
    ],
}
DIG = """
+extract:
  echo>: extracting
+store:
  _retry: 1
  fail>: the warehouse is closed
+report:
  echo>: done
"""
SEED: dict[str, Any] = {
    "databases": {"shop": {}},
    "parentSegments": [
        {
            "id": "101",
            "name": "Customers",
            "attributes": [
                {"name": name, "type": "string"} for name in ("customer_id", "email", "plan")
            ],
            "folders": [{"id": "201", "name": "Customers"}],
            "segments": [
                {"id": "301", "name": "Gold", "kind": "batch", "rule": GOLD, "folder": "201"}
            ],
            "profiles": [
                {"attributes": dict(zip(("customer_id", "email", "plan"), row, strict=True))}
                for row in CUSTOMERS
            ],
        }
    ],
    "projects": [
        {
            "name": "orders",
            "files": {"load.dig": DIG, "good.dig": "+hello:\n  echo>: hello\n"},
            "createdAt": "2025-12-01T00:00:00Z",
            "runs": [
                {
                    "workflow": name,
                    "sessionTime": f"2026-01-01T0{hour}:00:00Z",
                    "startedAt": f"2026-01-01T0{hour}:00:00Z",
                }
                for name, hour in (("load", 1), ("good", 2), ("good", 3))
            ],
        },
        {
            "name": "cdp_audience_101",
            "files": {"a.dig": "+a:\n  echo>: a\n"},
            "metadata": {"sys": "cdp_audience"},
        },
    ],
}
NUMBERS = "SELECT * FROM (VALUES (1, 'one'), (2, NULL)) AS t (n, word) ORDER BY n"


@pytest.fixture(params=["immediate", "polls:3"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[RunningSandbox]:
    with start(Settings(seed=SEED, now=NOON, pace=request.param)) as running:
        yield running


@pytest.fixture
def dispatcher(connector: Connector, sandbox: RunningSandbox) -> Iterator[Dispatcher]:
    connection = Connection(properties={"apiKey": sandbox.master_key}, endpoint=sandbox.url)
    ports = Ports(sleep=lambda _seconds: None, now=lambda: float(NOON))
    with Dispatcher(connector, connection, ports) as made:
        yield made


def outputs_of(dispatcher: Dispatcher, capability: str, **inputs: Any) -> dict[str, Any]:
    return dispatcher.call(capability, inputs).unwrap()


class TestRunQuery:
    @pytest.mark.parametrize("engine", ["trino", "presto", "hive"])
    def test_gives_rows_with_names_and_types(self, dispatcher: Dispatcher, engine: str) -> None:
        query = NUMBERS if engine != "hive" else "SELECT 1 AS n, 'one' AS word"

        outputs = outputs_of(dispatcher, "run-query", database="shop", query=query, engine=engine)

        assert outputs["rows"][0] == {"n": 1, "word": "one"}
        assert [column["name"] for column in outputs["columns"]] == ["n", "word"]
        assert outputs["rowCount"] == len(outputs["rows"])

    def test_writes_what_it_finds_as_csv_and_parquet(
        self, dispatcher: Dispatcher, tmp_path: Path
    ) -> None:
        inputs = {"database": "shop", "query": NUMBERS}

        for name in ("rows.csv", "rows.parquet", "rows.json"):
            dispatcher.call("run-query", inputs, save_to=tmp_path / name).unwrap()

        with (tmp_path / "rows.csv").open(newline="") as lines:
            assert list(csv.reader(lines)) == [["n", "word"], ["1", "one"], ["2", ""]]
        found = duckdb.from_parquet(str(tmp_path / "rows.parquet"))
        assert found.fetchall() == [(1, "one"), (2, None)]
        assert json.loads((tmp_path / "rows.json").read_text())[1] == {"n": 2, "word": None}

    def test_tells_the_error_of_a_query(self, dispatcher: Dispatcher) -> None:
        query = "SELECT missing FROM (VALUES 1) AS t (n)"

        result = dispatcher.call("run-query", {"database": "shop", "query": query})

        assert isinstance(result.error, FailedLaterError)
        assert "missing" in str(result.error)
        assert result.outputs["status"] == "error"
        assert result.outputs["jobId"].isdecimal()

    def test_runs_once_under_one_key(self, dispatcher: Dispatcher) -> None:
        first = outputs_of(
            dispatcher, "run-query", database="shop", query=NUMBERS, domainKey="today"
        )
        second = outputs_of(
            dispatcher, "run-query", database="shop", query=NUMBERS, domainKey="today"
        )

        assert (first["jobId"], second["isReused"]) == (second["jobId"], True)
        assert second["rows"] == first["rows"]

    def test_waits_for_a_job_that_somebody_else_started(self, dispatcher: Dispatcher) -> None:
        started = outputs_of(
            dispatcher, "run-query-job", jobType="trino", database="shop", query=NUMBERS
        )

        outputs = outputs_of(dispatcher, "wait-for-job", jobId=started["jobId"])

        assert (outputs["status"], outputs["job"]["num_records"]) == ("success", 2)


class TestSegments:
    def test_of_a_rule_are_counted_and_read(self, dispatcher: Dispatcher) -> None:
        outputs = outputs_of(
            dispatcher, "query-segment", audienceId="101", rule=GOLD, columns=["email"]
        )

        assert outputs["count"] == 2
        assert sorted(one["email"] for one in outputs["profiles"]) == [
            "ada@example.com",
            "kenji@example.com",
        ]
        assert outputs["isTruncated"] is False

    def test_that_are_saved_are_counted_by_their_id(self, dispatcher: Dispatcher) -> None:
        outputs = outputs_of(
            dispatcher, "query-segment", audienceId="101", segmentId="301", maxProfiles=0
        )

        assert (outputs["count"], outputs["profiles"]) == (2, [])

    def test_are_read_in_pages(self, dispatcher: Dispatcher) -> None:
        outputs = outputs_of(
            dispatcher,
            "query-segment",
            audienceId="101",
            rule={},
            columns=["customer_id"],
            pageSize=1,
            maxPage=10,
            allProfiles=True,
        )

        assert sorted(one["customer_id"] for one in outputs["profiles"]) == ["c-1", "c-2", "c-3"]
        assert outputs["pages"] >= 3


class TestAttempts:
    def attempt(self, dispatcher: Dispatcher, workflow: str) -> dict[str, Any]:
        listed = outputs_of(
            dispatcher, "list-workflow-attempts", project="orders", workflow=workflow
        )
        found: dict[str, Any] = listed["attempts"][0]
        return found

    def test_that_failed_are_explained(self, dispatcher: Dispatcher) -> None:
        failed = self.attempt(dispatcher, "load")

        outputs = outputs_of(dispatcher, "diagnose-attempt", attemptId=failed["id"])
        waited = dispatcher.call("wait-for-attempt", {"attemptId": failed["id"]})

        assert outputs["status"] == "error"
        names = [task["name"] for task in outputs["failedTasks"]]
        assert "+load+store" in names
        first = outputs["failedTasks"][0]
        assert "the warehouse is closed" in first["error"]
        assert first["log"]
        assert "+load+store failed with" in outputs["summary"]
        assert [step["name"] for step in outputs["criticalPath"]][:2] == [
            "+load+extract",
            "+load+store",
        ]
        assert isinstance(waited.error, FailedLaterError)
        assert "the warehouse is closed" in str(waited.error)

    def test_that_succeeded_are_summed_up(self, dispatcher: Dispatcher) -> None:
        good = self.attempt(dispatcher, "good")

        outputs = outputs_of(dispatcher, "diagnose-attempt", attemptId=good["id"])

        assert (outputs["status"], outputs["failedTasks"]) == ("success", [])
        assert outputs["taskStates"]["success"] >= 1

    def test_that_start_now_are_waited_for(self, dispatcher: Dispatcher) -> None:
        started = outputs_of(
            dispatcher,
            "start-workflow-attempt",
            projectName="orders",
            workflowName="good",
            sessionTime="2026-01-01T05:00:00Z",
            params={},
        )

        outputs = outputs_of(dispatcher, "wait-for-attempt", attemptId=started["attempt"]["id"])

        assert outputs["status"] == "success"

    def test_of_a_day_are_counted(self, dispatcher: Dispatcher) -> None:
        outputs = outputs_of(
            dispatcher,
            "audit-sessions",
            **{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T12:00:00Z"},
        )

        assert outputs["statuses"] == {"error": 1, "success": 2}
        assert outputs["workflows"][0]["workflow"] == "load"
        assert outputs["failureRate"] == pytest.approx(0.3333)


class TestProjects:
    def test_of_the_vendors_tools_are_told_apart(self, dispatcher: Dispatcher) -> None:
        outputs = outputs_of(dispatcher, "list-workflow-projects", all=True)

        origins = {one["name"]: one["origin"] for one in outputs["projects"]}
        assert origins["orders"] == "manual"
        assert origins["cdp_audience_101"] == "system"

    def test_go_down_and_up_again(self, dispatcher: Dispatcher, tmp_path: Path) -> None:
        target = tmp_path / "orders"
        dispatcher.call("download-project", {"project": "orders"}, save_to=target).unwrap()
        assert (target / "load.dig").read_text() == DIG

        (target / "new.dig").write_text("+new:\n  echo>: new\n")
        sent = outputs_of(dispatcher, "upload-project", project="orders", folder=target)

        again = outputs_of(dispatcher, "download-project", project="orders")
        assert (again["projectId"], again["revision"]) == (sent["projectId"], sent["revision"])
        assert sorted(again["contents"]) == ["good.dig", "load.dig", "new.dig"]


def test_a_query_that_goes_on_is_named_and_may_be_stopped(connector: Connector) -> None:
    with start(Settings(seed=SEED, now=NOON, pace="polls:1000000")) as sandbox:
        connection = Connection(properties={"apiKey": sandbox.master_key}, endpoint=sandbox.url)
        clock = iter(range(10**9))
        ports = Ports(sleep=lambda _seconds: None, clock=lambda: float(next(clock)))
        with Dispatcher(connector, connection, ports) as dispatcher:
            inputs = {"database": "shop", "query": NUMBERS, "waitSeconds": 30}
            late = dispatcher.call("run-query", inputs)
            stopped = dispatcher.call("run-query", {**inputs, "killOnTimeout": True})
            status = dispatcher.call("get-job-status", {"jobId": stopped.outputs["jobId"]})

    assert isinstance(late.error, NotFinishedError)
    assert late.outputs["jobId"].isdecimal()
    assert isinstance(stopped.error, FailedLaterError)
    assert status.outputs["jobStatus"]["status"] == "killed"
