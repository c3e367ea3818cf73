"""query-segment: a count, and as many profiles as wanted."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import FailedLaterError, NotFinishedError
from tests.handlers.conftest import Vendor
from tests.servers import Received, Say
from tests.steering import Steering

START = "POST /audiences/101/segments/queries"
STATUS = "GET /audiences/101/segments/queries/q-1"
PAGES = "GET /audiences/101/segments/queries/q-1/customers"
SEGMENT = "GET /audiences/101/segments/301"


def query(status: str = "success", **more: Any) -> dict[str, Any]:
    return {"id": "q-1", "queryId": "q-1", "status": status, "count": 5, "error": None, **more}


def page(kind: str, rows: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    names = ["id", "email"] if rows else None
    return {"queryId": "q-1", "type": kind, "names": names, "rows": rows, "error": None, **more}


def by_number(request: Received) -> Say:
    """Answer five profiles in pages of two."""
    number = int(dict(request.query)["page"])
    rows = [[n, f"n{n}@example.com"] for n in range(number * 2 - 1, min(number * 2, 5) + 1)]
    return Say(200, page("rows", rows) if rows else page("end"))


@pytest.fixture
def cdp(vendor: Vendor) -> Vendor:
    """A vendor whose query takes two looks and finds five profiles."""
    vendor.says(START, query("running", count=None))
    vendor.says(STATUS, query("running", count=None), query())
    vendor.says(PAGES, by_number)
    return vendor


def test_counts_and_reads_the_profiles_by_column_name(cdp: Vendor) -> None:
    outputs = cdp.call("query-segment", audienceId="101", rule={}).unwrap()

    assert (outputs["count"], outputs["status"], outputs["queryId"]) == (5, "success", "q-1")
    assert outputs["profiles"][4] == {"id": 5, "email": "n5@example.com"}
    assert [one["id"] for one in outputs["profiles"]] == [1, 2, 3, 4, 5]
    assert (outputs["columns"], outputs["isTruncated"]) == (["id", "email"], False)


def test_counts_only_where_no_profiles_are_wanted(cdp: Vendor) -> None:
    outputs = cdp.call("query-segment", audienceId="101", rule={}, maxProfiles=0).unwrap()

    assert (outputs["count"], outputs["profiles"], outputs["isTruncated"]) == (5, [], True)
    assert PAGES not in cdp.asked


@pytest.mark.parametrize(("most", "pages"), [(1, 1), (2, 1), (3, 2)])
def test_reads_no_further_than_wanted(cdp: Vendor, most: int, pages: int) -> None:
    outputs = cdp.call("query-segment", audienceId="101", rule={}, maxProfiles=most).unwrap()

    assert len(outputs["profiles"]) == most
    assert (outputs["pages"], outputs["isTruncated"]) == (pages, True)


def test_reads_every_page_where_asked_for(cdp: Vendor) -> None:
    outputs = cdp.call(
        "query-segment", audienceId="101", rule={}, maxProfiles=1, allProfiles=True
    ).unwrap()

    assert (len(outputs["profiles"]), outputs["isTruncated"]) == (5, False)


def test_asks_the_rule_of_a_segment(cdp: Vendor) -> None:
    rule = {"type": "And", "conditions": []}
    cdp.says(SEGMENT, {"id": "301", "audienceId": "101", "kind": 0, "rule": rule})

    cdp.call("query-segment", audienceId="101", segmentId="301", columns=["email"]).unwrap()

    assert cdp.received(START)[0].json == {"columns": ["email"], "kind": 0, "rule": rule}


def test_asks_the_rule_of_a_segment_as_another_kind_where_told_so(cdp: Vendor) -> None:
    cdp.says(SEGMENT, {"id": "301", "kind": 0, "rule": None})

    cdp.call("query-segment", audienceId="101", segmentId="301", kind=1).unwrap()

    assert cdp.received(START)[0].json == {"kind": 1, "rule": {}}


def test_names_columns_by_number_where_the_vendor_does_not(cdp: Vendor) -> None:
    cdp.says(PAGES, page("rows", [[1, "a"]], names=None), page("end"))

    outputs = cdp.call("query-segment", audienceId="101", rule={}).unwrap()

    assert outputs["profiles"] == [{"column1": 1, "column2": "a"}]


def test_asks_again_for_a_page_that_is_not_ready(cdp: Vendor, steering: Steering) -> None:
    cdp.says(PAGES, page("pending"), page("pending"), page("rows", [[1, "a"]]), page("end"))

    outputs = cdp.call("query-segment", audienceId="101", rule={}, allProfiles=True).unwrap()

    assert outputs["profiles"] == [{"id": 1, "email": "a"}]
    assert steering.slept[-2:] == [1, 2]


def test_names_the_query_where_pages_are_never_ready(cdp: Vendor) -> None:
    cdp.says(PAGES, page("pending"))

    result = cdp.call("query-segment", audienceId="101", rule={}, waitSeconds=20)

    assert isinstance(result.error, NotFinishedError)
    assert result.error.problems[0].message == "query q-1 goes on"
    assert (result.outputs["queryId"], result.outputs["count"]) == ("q-1", 5)


def test_names_the_query_where_the_count_never_comes(cdp: Vendor) -> None:
    cdp.says(STATUS, query("running", count=None))

    result = cdp.call("query-segment", audienceId="101", rule={}, waitSeconds=20)

    assert isinstance(result.error, NotFinishedError)
    assert (result.outputs["queryId"], result.outputs["status"]) == ("q-1", "running")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [("error", "no such column", "error: no such column"), ("killed", None, "it was stopped")],
)
def test_tells_why_the_query_failed(
    cdp: Vendor, status: str, error: str | None, words: str
) -> None:
    cdp.says(STATUS, query(status, count=None, error=error))

    result = cdp.call("query-segment", audienceId="101", rule={})

    assert isinstance(result.error, FailedLaterError)
    assert words in str(result.error)
    assert (result.outputs["queryId"], result.outputs["status"]) == ("q-1", status)


@pytest.mark.parametrize("kind", ["error", "killed"])
def test_keeps_the_profiles_that_were_read_where_a_page_fails(cdp: Vendor, kind: str) -> None:
    cdp.says(PAGES, page("rows", [[1, "a"]]), page(kind, error="it is gone"))

    result = cdp.call("query-segment", audienceId="101", rule={})

    assert isinstance(result.error, FailedLaterError)
    assert "it is gone" in str(result.error)
    assert result.outputs["profiles"] == [{"id": 1, "email": "a"}]


def test_is_the_vendors_error_where_a_page_is_refused(cdp: Vendor) -> None:
    cdp.says(PAGES, Say(403, {"message": "not for you"}))

    result = cdp.call("query-segment", audienceId="101", rule={})

    assert "not for you" in str(result.error)
    assert result.outputs["count"] == 5
