"""Saved queries: kept, changed, run by hand and by the clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.sandbox.core.cron import WORDS, last_times, next_time
from tests.sandbox.core.conftest import NOON, Core

QUERY = {"query": "SELECT TD_SCHEDULED_TIME()", "database": "shop", "type": "presto"}
HOUR = 3600
NEXT_HOUR = NOON - NOON % HOUR + HOUR


def create(core: Core, name: str = "daily", **more: Any) -> Any:
    return core.post(f"/schedule/create/{name}", QUERY | more)


def history(core: Core, name: str = "daily", query: str = "") -> Any:
    return core.get(f"/schedule/history/{name}{query}")


def test_a_query_is_saved_changed_and_forgotten(core: Core) -> None:
    made = create(core, cron="@daily", timezone="Asia/Tokyo", result="td://user:hush@/shop/copies")
    assert made["start"] == "2023-11-15T15:00:00Z"
    core.post("/schedule/update/daily", {"name": "hourly", "cron": "0 * * * *", "delay": "60"})
    (listed,) = core.get("/schedule/list")["schedules"]
    assert (listed["name"], listed["cron"], listed["delay"]) == ("hourly", "0 * * * *", 60)
    assert listed["next_time"] == "2023-11-14T23:00:00Z"
    assert "hush" not in listed["result"]
    assert core.post("/schedule/delete/hourly")["query"] == QUERY["query"]
    assert core.get("/schedule/list")["schedules"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "nonsense"},
        {"cron": "0 0 31 2 *"},
        {"cron": "* * * * * *"},
        {"cron": "61 * * * *"},
        {"cron": "@daily", "timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"type": "basic"},
        {"delay": "-1"},
        {"priority": "9"},
        {"query": ""},
    ],
)
def test_what_cannot_be_saved(core: Core, wrong: dict[str, str]) -> None:
    assert core.refused("POST", "/schedule/create/daily", QUERY | wrong)[0] == 422
    assert core.get("/schedule/list")["schedules"] == []


def test_names_are_taken_once_and_not_too_short(core: Core) -> None:
    create(core)
    assert core.refused("POST", "/schedule/create/daily", QUERY)[0] == 409
    assert core.refused("POST", "/schedule/create/ab", QUERY) == (
        422,
        "Validation failed: Name is too short",
    )
    assert core.refused("POST", "/schedule/update/nobody", QUERY)[0] == 404


def test_a_query_runs_as_the_clock_comes_to_it(core: Core) -> None:
    create(core, cron="@hourly", delay="60")
    core.client.control("PUT", "clock", {"now": NEXT_HOUR + 59})
    assert history(core)["count"] == 0
    core.client.control("PUT", "clock", {"now": NEXT_HOUR + 60})
    (run,) = history(core)["history"]
    assert run["status"] == "success"
    answer = core.send("GET", f"/job/result/{run['job_id']}?format=csv")
    assert answer.text == f"{NEXT_HOUR}\n"


def test_missed_runs_are_made_up_for(core: Core) -> None:
    create(core, cron="@hourly")
    core.client.control("PUT", "clock", {"now": NEXT_HOUR + 2 * HOUR})
    assert [run["scheduled_at"] for run in history(core)["history"]] == [
        "2023-11-15 01:00:00 UTC",
        "2023-11-15 00:00:00 UTC",
        "2023-11-14 23:00:00 UTC",
    ]


def test_a_leap_of_years_is_bounded(core: Core) -> None:
    create(core, cron="* * * * *")
    core.client.control("PUT", "clock", {"advance": 5 * 365 * 86_400})
    assert history(core, query="?from=0&to=1000")["count"] == 100


def test_a_query_without_a_database_left_does_no_harm(core: Core) -> None:
    core.post("/database/create/other")
    create(core, cron="@hourly", database="other")
    core.post("/database/delete/other")
    core.client.control("PUT", "clock", {"advance": 3 * HOUR})
    assert history(core)["count"] == 0
    core.post("/schedule/delete/daily")


def test_a_query_runs_by_hand(core: Core) -> None:
    create(core, cron="@daily")
    jobs = core.post(f"/schedule/run/daily/{NOON}", {"num": "3"})["jobs"]
    assert [job["scheduled_at"] for job in jobs] == [
        "2023-11-14 22:13:20 UTC",
        "2023-11-15 00:00:00 UTC",
        "2023-11-16 00:00:00 UTC",
    ]
    assert core.refused("POST", f"/schedule/run/daily/{NOON}", {"num": "11"})[0] == 422
    first = history(core, query="?from=0&to=0")
    assert (first["count"], len(first["history"])) == (3, 1)


def test_a_query_runs_by_its_id(core: Core) -> None:
    key = create(core)["id"]
    path = f"/v4/queries/{key}/jobs"
    sent = {"scheduled_time": "2023-11-14T22:13:20Z", "domain_key": "once"}
    job = core.client.call("POST", path, sent).json()["id"]
    assert core.get("/job/status_by_domain_key/once")["job_id"] == job
    (run,) = history(core)["history"]
    assert (run["job_id"], run["scheduled_at"]) == (job, "2023-11-14 22:13:20 UTC")
    assert core.client.call("POST", "/v4/queries/999/jobs", sent).status_code == 404
    assert core.client.call("POST", path, {}).status_code == 422


@given(
    cron=st.one_of(
        st.sampled_from(sorted(WORDS)),
        st.tuples(st.integers(0, 59), st.integers(0, 23)).map(
            lambda one: f"{one[0]} {one[1]} * * *"
        ),
    ),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York", "Europe/Warsaw"]),
    start=st.integers(1_500_000_000, 2_000_000_000),
)
def test_runs_backwards_are_those_forwards(cron: str, zone: str, start: int) -> None:
    forwards = [next_time(cron, zone, float(start))]
    forwards += [next_time(cron, zone, forwards[0]) for _ in range(1)]

    assert forwards[0] > start
    assert forwards[1] > forwards[0]
    assert last_times(cron, zone, start + 1, forwards[1], 9) == forwards


def test_a_name_may_have_a_slash_which_clients_escape(core: Core) -> None:
    core.post("/schedule/create/daily%2Fsales", {"query": "SELECT 1", "database": "shop"})

    assert core.get("/schedule/list")["schedules"][0]["name"] == "daily/sales"
    assert len(core.post("/schedule/run/daily%2fsales/1700000000")["jobs"]) == 1
    assert core.refused("GET", "/database/show/a%2Fb") == (
        404,
        "Couldn't find UserDatabase with name = a/b",
    )
    assert core.post("/schedule/delete/daily%2Fsales")["name"] == "daily/sales"
