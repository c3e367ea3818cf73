"""wait-for-attempt and diagnose-attempt: how a run ended, why, and what took long."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import FailedLaterError, NotFinishedError
from handlers._attempts import error_of, failed_tasks, spans_of, spoken
from handlers._logs import tail, unpacked_end
from tests.handlers.conftest import Vendor
from tests.servers import Say
from tests.steering import Steering

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ATTEMPT = "GET /api/attempts/9001"
TASKS = "GET /api/attempts/9001/tasks"
RETRIES = "GET /api/attempts/9001/retries"
LOGS = "GET /api/logs/9001/files"


def attempt(status: str = "success", **more: Any) -> dict[str, Any]:
    done = status in {"success", "error", "killed"}
    times = {"createdAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:03:00Z"}
    return {
        "id": "9001",
        "index": 1,
        "project": {"id": "12", "name": "orders"},
        "workflow": {"id": "340", "name": "load"},
        "sessionId": "701",
        "status": status,
        "done": done,
        "success": status == "success",
        "retryAttemptName": None,
        **(times if done else {"createdAt": times["createdAt"]}),
        **more,
    }


def task(name: str, state: str, *ups: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "fullName": f"+load+{name}",
        "parentId": "root",
        "upstreams": list(ups),
        "isGroup": False,
        "state": state,
        "config": {"td>": "a.sql"},
        "error": {},
        "stateParams": {},
        "startedAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:01:00Z",
        **more,
    }


def root(state: str) -> dict[str, Any]:
    return {**task("root", state), "fullName": "+load", "parentId": None, "isGroup": True}


FAILED = [
    root("group_error"),
    task("extract", "success", updatedAt="2026-01-01T00:02:00Z"),
    task(
        "store",
        "error",
        "extract",
        error={"message": "Table not found: orders"},
        stateParams={"retry_count": 2},
        startedAt="2026-01-01T00:02:10Z",
        updatedAt="2026-01-01T00:02:40Z",
    ),
    task("mail", "blocked", "store", startedAt=None),
    task("report", "canceled", "store", startedAt=None),
]


def log_file(name: str, task_name: str, time: str) -> dict[str, Any]:
    return {"fileName": name, "taskName": task_name, "fileTime": time, "fileSize": 1}


@pytest.fixture
def failed(vendor: Vendor) -> Vendor:
    """A vendor with an attempt that has failed."""
    vendor.says(ATTEMPT, attempt("error"))
    vendor.says(TASKS, {"tasks": FAILED})
    first = attempt("error", id="9000", retryAttemptName=None)
    vendor.says(RETRIES, {"attempts": [first, attempt("error", index=2, retryAttemptName="x")]})
    files = [
        log_file("new.log.gz", "+load+store", "2026-01-01T00:02:20Z"),
        log_file("old.log.gz", "+load+store", "2026-01-01T00:02:10Z"),
        log_file("other.log.gz", "+load+store+more", "2026-01-01T00:02:30Z"),
    ]
    vendor.says(LOGS, {"files": files})
    log = gzip.compress(b"one\ntwo\nthree\n")
    vendor.says(f"{LOGS}/new.log.gz", Say(200, log, {"Content-Type": "application/gzip"}))
    return vendor


class TestWaitForAttempt:
    def test_gives_it_once_it_has_succeeded(self, vendor: Vendor, steering: Steering) -> None:
        running = attempt("running")
        vendor.says(ATTEMPT, running, running, running, attempt())

        outputs = vendor.call("wait-for-attempt", attemptId="9001").unwrap()

        assert (outputs["status"], outputs["durationSeconds"]) == ("success", 180)
        assert steering.slept == [2, 3]

    def test_tells_the_failed_task_and_its_error(self, failed: Vendor) -> None:
        result = failed.call("wait-for-attempt", attemptId="9001")

        assert isinstance(result.error, FailedLaterError)
        assert str(result.error) == (
            "What 'wait-for-attempt' waited for has ended as error: "
            "+load+store: Table not found: orders"
        )
        assert result.outputs["reason"] == "+load+store: Table not found: orders"
        assert result.outputs["attempt"]["id"] == "9001"

    def test_fails_though_the_tasks_cannot_be_read(self, failed: Vendor) -> None:
        failed.says(TASKS, Say(403, {}))

        result = failed.call("wait-for-attempt", attemptId="9001")

        assert str(result.error) == "What 'wait-for-attempt' waited for has ended as error."

    def test_names_what_goes_on_where_the_time_is_over(self, vendor: Vendor) -> None:
        vendor.says(ATTEMPT, attempt("running"))

        result = vendor.call("wait-for-attempt", attemptId="9001", waitSeconds=10)

        assert isinstance(result.error, NotFinishedError)
        assert result.error.problems[0].message == "attempt 9001 goes on"
        assert result.outputs["status"] == "running"


class TestAFailedAttempt:
    def test_is_summed_up(self, failed: Vendor) -> None:
        outputs = failed.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["summary"] == (
            "Attempt 9001 of load in orders failed after 3 min: +load+store failed with "
            "Table not found: orders. Tasks: 1 blocked, 1 canceled, 1 error, 1 success. "
            "It is one of 2 attempts of its session."
        )

    def test_shows_the_failed_task_with_the_end_of_its_latest_log(self, failed: Vendor) -> None:
        outputs = failed.call("diagnose-attempt", attemptId="9001", logLines=2).unwrap()

        assert outputs["failedTasks"] == [
            {
                "id": "store",
                "name": "+load+store",
                "state": "error",
                "operator": "td>",
                "error": "Table not found: orders",
                "retries": 2,
                "startedAt": "2026-01-01T00:02:10Z",
                "durationSeconds": 30,
                "log": "two\nthree",
            }
        ]
        assert outputs["taskRetries"] == 2

    def test_shows_the_critical_path_and_the_slowest(self, failed: Vendor) -> None:
        outputs = failed.call("diagnose-attempt", attemptId="9001", slowest=1).unwrap()

        path = [(s["name"], s["durationSeconds"]) for s in outputs["criticalPath"]]
        assert path == [("+load+extract", 120), ("+load+store", 30)]
        assert outputs["criticalPath"][1]["waitedSeconds"] == 10
        assert [one["name"] for one in outputs["slowestTasks"]] == ["+load+extract"]

    def test_counts_states_and_tells_its_history(self, failed: Vendor) -> None:
        outputs = failed.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["taskStates"] == {"blocked": 1, "canceled": 1, "error": 1, "success": 1}
        assert [(h["attemptId"], h["status"]) for h in outputs["history"]] == [
            ("9000", "error"),
            ("9001", "error"),
        ]

    @pytest.mark.parametrize("request_", [RETRIES, LOGS, f"{LOGS}/new.log.gz"])
    def test_is_explained_without_what_cannot_be_read(self, failed: Vendor, request_: str) -> None:
        failed.says(request_, Say(403, {"message": "no"}))

        outputs = failed.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["failedTasks"][0]["error"] == "Table not found: orders"

    def test_has_no_log_where_the_vendor_has_none(self, failed: Vendor) -> None:
        failed.says(LOGS, {"files": []})

        outputs = failed.call("diagnose-attempt", attemptId="9001").unwrap()

        assert "log" not in outputs["failedTasks"][0]

    def test_reads_no_logs_where_none_are_wanted(self, failed: Vendor) -> None:
        failed.call("diagnose-attempt", attemptId="9001", logLines=0).unwrap()

        assert not any("logs" in one for one in failed.asked)


class TestOtherAttempts:
    def test_that_run_say_what_they_do(self, vendor: Vendor, steering: Steering) -> None:
        steering.now = datetime(2026, 1, 1, 0, 5, tzinfo=UTC).timestamp()
        vendor.says(ATTEMPT, attempt("running"))
        tasks = [root("running"), task("a", "success"), task("b", "running", "a")]
        vendor.says(TASKS, {"tasks": tasks})

        outputs = vendor.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["durationSeconds"] == 300
        assert outputs["runningTasks"][0]["durationSeconds"] == 300
        assert outputs["summary"] == (
            "Attempt 9001 of load in orders is running in +load+b since 5 min. "
            "Tasks: 1 running, 1 success."
        )

    def test_that_succeeded_say_what_took_long(self, vendor: Vendor) -> None:
        vendor.says(ATTEMPT, attempt())
        vendor.says(TASKS, {"tasks": [root("success"), task("a", "success")]})

        outputs = vendor.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["summary"] == (
            "Attempt 9001 of load in orders succeeded after 3 min; +load+a took longest, 60 s. "
            "Tasks: 1 success."
        )
        assert outputs["failedTasks"] == []

    @pytest.mark.parametrize(
        ("done", "success", "status"),
        [(False, False, "running"), (True, True, "success"), (True, False, "error")],
    )
    def test_of_older_servers_have_a_status_too(
        self, vendor: Vendor, done: bool, success: bool, status: str
    ) -> None:
        old = {"id": "9001", "done": done, "success": success}
        vendor.says(ATTEMPT, old)
        vendor.says(TASKS, {"tasks": []})

        outputs = vendor.call("diagnose-attempt", attemptId="9001").unwrap()

        assert outputs["status"] == status
        assert "an unknown time" in outputs["summary"]

    def test_that_are_not_there_are_the_vendors_error(self, vendor: Vendor) -> None:
        result = vendor.call("diagnose-attempt", attemptId="9001")

        assert result.error is not None
        assert result.error.code == "not-found"


class TestFailedTasks:
    def test_are_no_groups_that_fail_with_them(self) -> None:
        assert [one["id"] for one in failed_tasks(FAILED)] == ["store"]

    def test_are_groups_that_fail_by_themselves(self) -> None:
        alone = [root("group_error"), {**task("g", "group_error"), "isGroup": True}]

        assert [one["id"] for one in failed_tasks(alone)] == ["g"]

    def test_are_the_innermost_of_groups_in_groups(self) -> None:
        outer = {**task("g", "group_error"), "isGroup": True, "fullName": "+load+g"}
        inner = {**task("h", "group_error"), "isGroup": True, "fullName": "+load+g+h"}
        alone = [root("group_error"), outer, {**inner, "parentId": "g"}]

        assert [one["id"] for one in failed_tasks(alone)] == ["h"]

    def test_of_several_tries_are_the_last(self) -> None:
        tries = [{**task("a", "error"), "id": "1"}, {**task("a", "success"), "id": "2"}]

        assert failed_tasks(tries) == []
        assert [one["id"] for one in failed_tasks(tries[::-1])] == ["1"]

    def test_are_in_the_order_in_which_they_ended(self) -> None:
        tasks = [
            task("late", "error", updatedAt="2026-01-01T00:09:00Z"),
            task("soon", "failed", updatedAt="2026-01-01T00:08:00Z"),
        ]

        assert [one["id"] for one in failed_tasks(tasks)] == ["soon", "late"]


def test_what_the_engine_adds_waits_for_what_was_there() -> None:
    added = {**task("alert", "success"), "fullName": "+load^failure-alert"}
    spans = spans_of([root("group_error"), task("a", "error"), task("b", "success"), added], NOW)

    assert spans["alert"].upstreams == ("a", "b")
    assert spans["b"].upstreams == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [({}, ""), (None, ""), ({"message": "no"}, "no"), ({"code": 7}, "{'code': 7}"), ("odd", "odd")],
)
def test_an_error_is_told_whatever_its_form(error: Any, words: str) -> None:
    assert error_of({"error": error}) == words


class TestLogs:
    @given(st.lists(st.binary(max_size=200), max_size=4))
    def test_in_pieces_are_one(self, pieces: list[bytes]) -> None:
        packed = b"".join(gzip.compress(piece) for piece in pieces)

        assert unpacked_end(packed) == b"".join(pieces)

    @given(st.binary(max_size=300), st.integers(0, 300))
    def test_that_are_cut_off_give_what_there_is(self, log: bytes, end: int) -> None:
        packed = gzip.compress(log)[:end]

        found = unpacked_end(packed)

        assert log.startswith(found) or found == packed

    def test_that_are_bombs_are_not_unpacked_whole(self) -> None:
        bomb = gzip.compress(b"\0" * 5_000_000)

        assert len(unpacked_end(bomb, most=1000)) == 1000

    def test_that_are_not_packed_count_as_they_are(self) -> None:
        assert tail(b"one\ntwo", 1) == "two"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "an unknown time"),
        (0, "0 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (150, "2 min 30 s"),
        (7200, "2 h"),
        (9000, "2 h 30 min"),
    ],
)
def test_a_duration_is_told_as_people_say_it(seconds: float | None, words: str) -> None:
    assert spoken(seconds) == words
