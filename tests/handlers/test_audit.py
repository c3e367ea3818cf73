"""audit-sessions: what ran in a period, read no further back than needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.audit_sessions import percentile
from tests.handlers.conftest import Vendor
from tests.servers import Received, Say
from tests.steering import Steering

ATTEMPTS = "GET /api/attempts"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
DAY: dict[str, Any] = {"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z"}


def ran(number: int, hours: float, status: str = "success", **more: Any) -> dict[str, Any]:
    """Return attempt `number`, which began some hours before noon and took `number` seconds."""
    begun = NOON - timedelta(hours=hours)
    done = status in {"success", "error", "killed"}
    end = {"finishedAt": (begun + timedelta(seconds=number)).isoformat()} if done else {}
    return {
        "id": str(number),
        "sessionId": f"s{number}",
        "project": {"id": "1", "name": "orders"},
        "workflow": {"id": "2", "name": "load"},
        "createdAt": begun.isoformat(),
        "status": status,
        "done": done,
        "success": status == "success",
        **end,
        **more,
    }


def pages_of(attempts: list[dict[str, Any]], size: int = 2) -> Any:
    """Answer attempts newest first, by `last_id`, in small pages."""

    def answer(request: Received) -> Say:
        last = int(dict(request.query).get("last_id", 10**9))
        return Say(200, {"attempts": [a for a in attempts if int(a["id"]) < last][:size]})

    return answer


def test_counts_outcomes_and_durations(vendor: Vendor) -> None:
    attempts = [ran(40, 1), ran(30, 2, "error"), ran(20, 3, "killed"), ran(10, 4)]
    vendor.says(ATTEMPTS, pages_of(attempts))

    outputs = vendor.call("audit-sessions", **DAY).unwrap()

    assert outputs["statuses"] == {"error": 1, "killed": 1, "success": 2}
    assert (outputs["attempts"], outputs["sessions"]) == (4, 4)
    assert outputs["failureRate"] == 0.25
    assert outputs["durations"] == {
        "medianSeconds": 25,
        "p95Seconds": 38.5,
        "longestSeconds": 40,
        "longestAttemptId": "40",
    }
    assert [one["attemptId"] for one in outputs["failures"]] == ["30"]


def test_reads_no_further_back_than_the_period(vendor: Vendor) -> None:
    attempts = [ran(number, 100 - number) for number in range(99, 0, -1)]
    vendor.says(ATTEMPTS, pages_of(attempts))

    outputs = vendor.call("audit-sessions", **DAY).unwrap()

    assert outputs["attempts"] == 12  # one to twelve hours before noon
    assert len(vendor.asked) == 7
    assert dict(vendor.server.received[0].query)["include_retried"] == "true"


def test_leaves_out_what_began_later(vendor: Vendor) -> None:
    vendor.says(ATTEMPTS, pages_of([ran(3, -13), ran(2, -12), ran(1, 1)]))

    assert vendor.call("audit-sessions", **DAY).unwrap()["attempts"] == 1


def test_looks_at_the_last_day_unless_told_otherwise(vendor: Vendor, steering: Steering) -> None:
    steering.now = NOON.timestamp()
    vendor.says(ATTEMPTS, pages_of([ran(3, 0.5), ran(2, 23.5), ran(1, 24.5)]))

    outputs = vendor.call("audit-sessions").unwrap()

    assert outputs["attempts"] == 2
    assert (outputs["from"], outputs["to"]) == (
        "2026-01-01T12:00:00+00:00",
        "2026-01-02T12:00:00+00:00",
    )


def test_tells_what_runs_and_what_was_tried_again(vendor: Vendor, steering: Steering) -> None:
    steering.now = NOON.timestamp()
    tried = [ran(3, 1, sessionId="s"), ran(2, 2, "error", sessionId="s")]
    vendor.says(ATTEMPTS, pages_of([ran(4, 0.5, "running"), *tried]))

    outputs = vendor.call("audit-sessions").unwrap()

    assert [(o["attemptId"], o["durationSeconds"]) for o in outputs["running"]] == [("4", 1800)]
    assert outputs["retried"] == [
        {
            "sessionId": "s",
            "project": "orders",
            "workflow": "load",
            "attempts": 2,
            "lastStatus": "success",
        }
    ]


def test_puts_the_workflow_that_fails_most_first(vendor: Vendor) -> None:
    other = {"workflow": {"name": "send"}}
    attempts = [ran(5, 1), ran(4, 2), ran(3, 3), ran(2, 4, "error", **other)]
    vendor.says(ATTEMPTS, pages_of(attempts))

    outputs = vendor.call("audit-sessions", **DAY).unwrap()

    assert [(w["workflow"], w["attempts"]) for w in outputs["workflows"]] == [
        ("send", 1),
        ("load", 3),
    ]
    assert outputs["workflows"][0]["failureRate"] == 1
    assert outputs["summary"].endswith("Most failures: send in orders, 1 of 1.")


def test_has_no_durations_where_the_vendor_gives_no_times(vendor: Vendor) -> None:
    vendor.says(ATTEMPTS, pages_of([ran(1, 1, finishedAt=None), ran(0, 1, createdAt="soon")]))

    outputs = vendor.call("audit-sessions", **DAY).unwrap()

    assert (outputs["attempts"], "durations" in outputs) == (1, False)
    assert outputs["summary"].endswith(": 1 success.")


def test_counts_up_to_the_most_and_says_so(vendor: Vendor) -> None:
    vendor.says(ATTEMPTS, pages_of([ran(number, 1) for number in range(9, 0, -1)]))

    outputs = vendor.call("audit-sessions", maxAttempts=4, **DAY).unwrap()

    assert (outputs["attempts"], outputs["isTruncated"]) == (4, True)


def test_of_nothing_is_nothing(vendor: Vendor) -> None:
    vendor.says(ATTEMPTS, {"attempts": []})

    outputs = vendor.call("audit-sessions", **DAY).unwrap()

    assert (outputs["attempts"], outputs["workflows"]) == (0, [])
    assert "failureRate" not in outputs
    assert outputs["summary"].startswith("Nothing ran from 2026-01-02")


def test_refuses_a_period_that_ends_before_it_begins(vendor: Vendor) -> None:
    result = vendor.call("audit-sessions", **{"from": DAY["to"], "to": DAY["from"]})

    assert result.error is not None
    assert [problem.pointer for problem in result.error.problems] == ["/from"]
    assert vendor.asked == []


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_a_percentile_lies_between_the_least_and_the_most(
    values: list[float], percent: float
) -> None:
    ordered = sorted(values)

    found = percentile(ordered, percent)

    assert ordered[0] - 0.001 <= found <= ordered[-1] + 0.001


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2.5), (100, 4)])
def test_a_percentile_is_between_two_values_in_proportion(percent: float, value: float) -> None:
    assert percentile([1, 2, 3, 4], percent) == value
