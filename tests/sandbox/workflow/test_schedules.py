"""Schedules: made by uploads, fired by the clock, skipped, stopped and made up for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.workflow.conftest import Workflows

DAILY = "schedule: {daily>: '07:00:00'}\n+a: {echo>: x}\n"
HOURLY = "schedule: {hourly>: '30:00'}\n+a: {echo>: x}\n"
HOUR = 3600


def schedule(api: Workflows) -> Any:
    return api.get("schedules")["schedules"][0]


def times(api: Workflows) -> list[str]:
    return [one["sessionTime"] for one in api.get("sessions")["sessions"][::-1]]


def advance(api: Workflows, seconds: float) -> None:
    api.client.control("PUT", "clock", {"advance": seconds})


@pytest.mark.parametrize(
    ("dig", "time", "run"),
    [
        ("schedule: {daily>: '07:00:00'}", "2023-11-15T00:00:00+00:00", "2023-11-15T07:00:00Z"),
        ("schedule: {hourly>: '30:00'}", "2023-11-14T22:00:00+00:00", "2023-11-14T22:30:00Z"),
        ("schedule: {minutes_interval>: 15}", "2023-11-14T22:15:00+00:00", "2023-11-14T22:15:00Z"),
        ("schedule: {weekly>: 'Sun,09:00'}", "2023-11-19T00:00:00+00:00", "2023-11-19T09:00:00Z"),
        ("schedule: {monthly>: '1,00:00:00'}", "2023-12-01T00:00:00+00:00", "2023-12-01T00:00:00Z"),
        ("schedule: {cron>: '5 4 * * *'}", "2023-11-15T04:05:00+00:00", "2023-11-15T04:05:00Z"),
        (
            "timezone: Asia/Tokyo\nschedule: {daily>: '09:00:00'}",
            "2023-11-15T00:00:00+09:00",
            "2023-11-15T00:00:00Z",
        ),
        (
            "schedule: {daily>: '00:00:00', start: 2024-01-05}",
            "2024-01-05T00:00:00+00:00",
            "2024-01-05T00:00:00Z",
        ),
        (
            "schedule: {daily>: '00:00:00', end: 2023-11-14}",
            "9999-01-01T00:00:00+00:00",
            "9999-01-01T00:00:00Z",
        ),
    ],
)
def test_a_schedule_tells_its_next_times(api: Workflows, dig: str, time: str, run: str) -> None:
    project = api.upload({"daily.dig": dig + "\n+a: {echo>: x}"})

    found = schedule(api)

    assert (found["nextScheduleTime"], found["nextRunTime"]) == (time, run)
    assert found["project"] == {"id": project["id"], "name": "shop"}
    assert found["workflow"]["name"] == "daily"
    assert found["disabledAt"] is None
    assert api.get(f"schedules/{found['id']}") == found
    of_project = api.get(f"projects/{project['id']}/schedules", workflow="daily")
    assert of_project == {"schedules": [found]}
    assert api.get(f"projects/{project['id']}/schedules", workflow="x") == {"schedules": []}
    assert api.get("schedules", last_id=found["id"]) == {"schedules": []}


def test_the_clock_fires_a_schedule(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})
    assert times(api) == []

    advance(api, 2 * HOUR)

    assert times(api) == ["2023-11-14T22:00:00+00:00", "2023-11-14T23:00:00+00:00"]
    attempts = api.get("attempts")["attempts"]
    assert [one["status"] for one in attempts] == ["success", "success"]
    assert attempts[0]["params"] == {
        "last_session_time": "2023-11-14T22:00:00+00:00",
        "next_session_time": "2023-11-15T00:00:00+00:00",
        "last_executed_session_time": "2023-11-14T22:00:00+00:00",
    }
    assert schedule(api)["nextRunTime"] == "2023-11-15T00:30:00Z"


def test_a_scheduled_run_sees_the_one_before_it(api: Workflows) -> None:
    times = "${last_executed_session_date_compact} ${last_executed_session_unixtime}"
    api.upload({"daily.dig": f"schedule: {{hourly>: '30:00'}}\n+a: {{echo>: '<{times}>'}}\n"})

    advance(api, 2 * HOUR)

    second, first = api.get("attempts")["attempts"]
    assert "< >" in api.log(first, "+daily+a")
    assert "<20231114 1699999200>" in api.log(second, "+daily+a")


def test_a_clock_that_jumps_far_makes_up_for_100_runs(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})

    advance(api, 365 * 24 * HOUR)

    shown = api.get("sessions")["sessions"]
    assert len(shown) == 100
    assert shown[-1]["sessionTime"] == "2023-11-14T22:00:00+00:00"
    assert api.get("sessions", last_id=shown[-1]["id"]) == {"sessions": []}
    assert schedule(api)["nextRunTime"] == "2024-11-13T22:30:00Z"


def test_a_session_run_by_hand_is_not_run_again(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})
    api.start(time="2023-11-14T22:00:00Z")

    advance(api, HOUR)

    assert len(api.get("attempts", include_retried="true")["attempts"]) == 1
    assert schedule(api)["nextScheduleTime"] == "2023-11-14T23:00:00+00:00"


def test_a_late_run_is_skipped_if_the_schedule_says_so(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY.replace("}\n+", ", skip_delayed_by: 10m}\n+")})

    advance(api, 3 * HOUR)

    assert times(api) == []
    assert schedule(api)["nextScheduleTime"] == "2023-11-15T01:00:00+00:00"


def test_a_run_over_time_skips_the_next_if_the_schedule_says_so(
    start_api: Callable[..., Workflows],
) -> None:
    api = start_api(pace="seconds:7200")
    api.upload({"daily.dig": HOURLY.replace("}\n+", ", skip_on_overtime: true}\n+")})

    for _ in range(4):
        advance(api, HOUR)

    assert times(api) == ["2023-11-14T22:00:00+00:00", "2023-11-15T01:00:00+00:00"]


def test_a_schedule_is_stopped_and_goes_on(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})
    key = schedule(api)["id"]

    stopped = api.send("POST", f"schedules/{key}/disable")
    advance(api, 3 * HOUR)

    assert stopped["disabledAt"] == "2023-11-14T22:13:20Z"
    assert times(api) == []
    again = api.send("POST", f"schedules/{key}/enable")
    assert (again["disabledAt"], again["nextRunTime"]) == (None, "2023-11-15T01:30:00Z")
    api.send("POST", f"schedules/{key}/disable")
    advance(api, 2 * HOUR)
    api.send("POST", f"schedules/{key}/enable", {"skipSchedule": False})
    assert times(api) == ["2023-11-15T01:00:00+00:00", "2023-11-15T02:00:00+00:00"]
    api.send("POST", f"schedules/{key}/disable")
    later = api.send("POST", f"schedules/{key}/enable", {"nextTime": "2023-11-20 00:00:00"})
    assert later["nextScheduleTime"] == "2023-11-20T00:00:00+00:00"


def test_runs_are_skipped(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})
    key = schedule(api)["id"]

    def skip(status: int = 200, **body: Any) -> Any:
        return api.send("POST", f"schedules/{key}/skip", {"dryRun": False} | body, status)

    by_count: dict[str, Any] = {"count": 2, "fromTime": "2023-11-14T22:13:20Z"}
    told = skip(**by_count, dryRun=True)
    assert told["nextScheduleTime"] == "2023-11-15T00:00:00+00:00"
    assert schedule(api)["nextScheduleTime"] == "2023-11-14T22:00:00+00:00"
    assert skip(**by_count) == told
    done = skip(nextTime="2023-11-16T00:00:00+00:00", nextRunTime="2023-11-16T05:00:00Z")
    assert (done["nextScheduleTime"], done["nextRunTime"]) == (
        "2023-11-16T00:00:00+00:00",
        "2023-11-16T05:00:00Z",
    )
    assert "already past" in skip(409, nextTime="2023-11-15T00:00:00+00:00")["message"]
    assert "are required" in skip(400)["message"]
    assert "count" in skip(400, count="2", fromTime="2023-11-14T22:13:20Z")["message"]
    assert "nextTime" in skip(400, nextTime="x")["message"]


def test_past_times_are_made_up_for(api: Workflows) -> None:
    api.upload({"daily.dig": DAILY})
    key = schedule(api)["id"]

    def backfill(status: int = 200, **body: Any) -> Any:
        usual = {"fromTime": "2023-11-12T00:00:00Z", "attemptName": "fill", "dryRun": False}
        return api.send("POST", f"schedules/{key}/backfill", usual | body, status)

    told = backfill(dryRun=True)
    assert [one["id"] for one in told["attempts"]] == ["0"] * 3
    assert times(api) == []
    done = backfill()
    expected = [f"2023-11-{day}T00:00:00+00:00" for day in (12, 13, 14)]
    assert [one["sessionTime"] for one in done["attempts"]] == expected
    assert [one["status"] for one in done["attempts"]] == ["success"] * 3
    assert {one["retryAttemptName"] for one in done["attempts"]} == {"fill"}
    assert (done["id"], done["workflow"]["name"]) == (key, "daily")
    assert "already exists" in backfill(409)["message"]
    again = backfill(skipExisting=True, fromTime="2023-11-11T00:00:00Z")
    assert [one["sessionTime"] for one in again["attempts"]] == ["2023-11-11T00:00:00+00:00"]
    more = backfill(attemptName="more", count=1)
    assert len(more["attempts"]) == 1
    assert "count is set to 9" in backfill(400, attemptName="x", count=9)["message"]
    assert "fromTime" in backfill(400, fromTime=None)["message"]
    assert "attemptName is required" in backfill(400, attemptName=None)["message"]
    assert "advanceSchedule" in backfill(400, advanceSchedule=True)["message"]
    many = backfill(400, attemptName="y", fromTime="2020-01-01T00:00:00Z")
    assert "Too many attempts running. Limit: 100" in many["message"]


def test_a_backfill_runs_one_after_another(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="polls:1")
    api.upload({"daily.dig": DAILY})
    body = {"fromTime": "2023-11-13T00:00:00Z", "attemptName": "fill", "dryRun": False}

    first, second = api.send("POST", f"schedules/{schedule(api)['id']}/backfill", body)["attempts"]

    assert (first["status"], second["status"]) == ("running", "blocked")
    assert api.finish(first)["status"] == "success"
    assert api.finish(second)["status"] == "success"


def test_a_schedule_moves_on_over_what_is_made_up_for(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY})
    key = schedule(api)["id"]
    api.send("POST", f"schedules/{key}/disable")
    advance(api, 3 * HOUR)

    body = {"skipExisting": True, "advanceSchedule": True, "dryRun": False}
    done = api.send("POST", f"schedules/{key}/backfill", body)

    assert len(done["attempts"]) == 4
    assert schedule(api)["nextScheduleTime"] == "2023-11-15T02:00:00+00:00"


def test_an_upload_keeps_starts_or_ends_schedules(api: Workflows) -> None:
    api.upload({"daily.dig": HOURLY, "other.dig": HOURLY})
    first = schedule(api)
    api.send("POST", f"schedules/{first['id']}/disable")
    api.send(
        "POST",
        f"schedules/{first['id']}/skip",
        {"nextTime": "2023-11-20T00:00:00+00:00", "dryRun": False},
    )

    api.upload({"daily.dig": HOURLY + "+b: {echo>: b}"}, revision="r2")
    same = api.get("schedules")["schedules"]
    assert [one["id"] for one in same] == [first["id"]]
    assert same[0]["nextScheduleTime"] == "2023-11-20T00:00:00+00:00"
    assert same[0]["disabledAt"] is not None
    assert same[0]["workflow"]["id"] != first["workflow"]["id"]

    api.upload({"daily.dig": DAILY}, revision="r3", skip_schedule="false")
    assert schedule(api)["nextScheduleTime"] == "2023-11-20T00:00:00+00:00"
    api.upload({"daily.dig": DAILY}, revision="r4", clear_schedule="daily")
    assert schedule(api)["nextScheduleTime"] == "2023-11-15T00:00:00+00:00"
    api.upload({"daily.dig": HOURLY}, revision="r5")
    assert schedule(api)["nextScheduleTime"] == "2023-11-14T22:00:00+00:00"
    api.upload({"daily.dig": "+a: {echo>: x}"}, revision="r6")
    assert api.get("schedules") == {"schedules": []}


def test_an_upload_may_start_a_schedule_in_the_past(api: Workflows) -> None:
    api.upload({"daily.dig": DAILY}, schedule_from="2023-11-12T00:00:00Z")

    assert times(api) == [f"2023-11-{day}T00:00:00+00:00" for day in (12, 13, 14)]


def test_a_schedule_that_is_not_there_is_not_found(api: Workflows) -> None:
    assert "schedule id=9" in api.get("schedules/9", 404)["message"]
    assert "schedule id=9" in api.send("POST", "schedules/9/enable", status=404)["message"]
