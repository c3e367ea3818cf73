"""Segments over HTTP, in both styles, and questions about rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import JAPAN, equal, rule, shop_seed, value
from tests.sandbox.conftest import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

ADULTS = rule(value("age", {"type": "Greater", "not": False, "rightValue": 30}))
SEGMENTS = "/audiences/101/segments"


def create(shop: Client, name: str = "Adults", **more: Any) -> Any:
    """Make a segment, REST."""
    answer = shop.call("POST", SEGMENTS, {"name": name, "kind": 0, "rule": ADULTS} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def resource(name: str = "Adults", folder: str = "201", **attributes: Any) -> Any:
    """Make a resource object of a segment."""
    return {
        "type": "segment-batch",
        "attributes": {"name": name, "rule": ADULTS} | attributes,
        "relationships": {"parentFolder": {"data": {"id": folder, "type": "folder-segment"}}},
    }


def test_a_segment_is_made_counted_and_read_in_both_styles(shop: Client) -> None:
    made = create(shop, description="Over 30", segmentFolderId=202)

    assert (made["population"], made["kind"], made["segmentFolderId"]) == (3, 0, "202")
    read = shop.call("GET", f"/entities/segments/{made['id']}").json()["data"]
    assert read["type"] == "segment-batch"
    assert read["attributes"]["population"] == 3
    assert read["attributes"]["rule"] == ADULTS
    assert read["attributes"]["isEmptyRule"] is False
    assert read["relationships"]["parentFolder"]["data"]["id"] == "202"


def test_a_resource_is_made_changed_moved_and_deleted(shop: Client) -> None:
    made = shop.call("POST", "/entities/segments", resource()).json()["data"]
    path = f"/entities/segments/{made['id']}"

    changed = shop.call("PATCH", path, resource("Grown", "202", rule=JAPAN)).json()["data"]
    deleted = shop.call("DELETE", path).json()["data"]

    assert changed["attributes"]["population"] == 2
    assert changed["relationships"]["parentFolder"]["data"]["id"] == "202"
    assert deleted == changed
    assert shop.call("GET", path).status_code == 404


def test_a_change_leaves_what_it_does_not_name(shop: Client) -> None:
    made = create(shop, description="Over 30")

    changed = shop.call("PUT", f"{SEGMENTS}/{made['id']}", {"name": "Grown"}).json()

    assert (changed["name"], changed["description"], changed["rule"]) == (
        "Grown",
        "Over 30",
        ADULTS,
    )
    assert changed["population"] == 3


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"rule": ADULTS}, "/name", "CANNOT_BE_BLANK"),
        ({"name": "Japan"}, "/name", "VIOLATES_UNIQUENESS_CONSTRAINT"),
        ({"name": "A", "kind": 7}, "/kind", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"name": "A", "kind": 2}, "/funnel_stage", "CANNOT_BE_BLANK"),
        (
            {"name": "A", "segmentFolderId": 999},
            "/segmentFolderId",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
        ({"name": "A", "audienceId": 7}, "/audienceId", "IS_IMMUTABLE"),
        (
            {"name": "A", "rule": rule(value("nothing", equal(1)))},
            "/rule/conditions/0/conditions/0/leftValue/name",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
    ],
)
def test_a_wrong_segment_is_refused(shop: Client, body: Any, pointer: str, code: str) -> None:
    answer = shop.call("POST", SEGMENTS, body)

    assert answer.status_code == 400
    assert (answer.json()["pointer"], answer.json()["validationCode"]) == (pointer, code)


def test_a_wrong_resource_is_refused_with_pointers(shop: Client) -> None:
    body = resource("Japan", rule=rule(value("nothing", equal(1))))

    answer = shop.call("POST", "/entities/segments", body)

    assert answer.status_code == 400
    assert [
        (one["source"]["pointer"], one["meta"]["validationCode"]) for one in answer.json()["errors"]
    ] == [
        ("/attributes/name", "VIOLATES_UNIQUENESS_CONSTRAINT"),
        (
            "/attributes/rule/conditions/0/conditions/0/leftValue/name",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
    ]


def test_a_segment_that_others_refer_to_stays(shop: Client) -> None:
    reference = rule({"type": "Reference", "id": "301", "exclude": False})
    using = create(shop, rule=reference)["id"]

    rest = shop.call("DELETE", f"{SEGMENTS}/301")
    plain = shop.call("DELETE", "/entities/segments/301")
    jsonapi = shop.call("DELETE", "/entities/segments/301", headers={"Accept": SEVERAL})

    assert (rest.status_code, plain.status_code, jsonapi.status_code) == (409, 409, 409)
    assert rest.json()["referencedBySegments"] == [{"id": using}]
    assert plain.json()["referencedBySegments"] == [{"id": using}]
    assert jsonapi.headers["Content-Type"] == SEVERAL
    meta = jsonapi.json()["errors"][0]["meta"]
    assert meta["referencedBySegments"] == [using]
    shop.call("DELETE", f"{SEGMENTS}/{using}")
    assert shop.call("DELETE", f"{SEGMENTS}/301").status_code == 200


def test_a_segment_may_not_come_to_refer_to_itself(shop: Client) -> None:
    first = create(shop)["id"]
    second = create(
        shop, "Second", rule=rule({"type": "Reference", "id": first, "exclude": False})
    )["id"]

    circle = rule({"type": "Reference", "id": second, "exclude": False})
    answer = shop.call("PUT", f"{SEGMENTS}/{first}", {"rule": circle})

    assert answer.status_code == 400
    assert "refers back to itself" in answer.json()["message"]


def test_populations_are_those_of_the_last_run(shop: Client) -> None:
    made = create(shop)
    shop.single({"customer_id": "c9", "age": 99}, "shop/customers")

    before = shop.call("GET", f"{SEGMENTS}/{made['id']}").json()["population"]
    shop.call("POST", "/audiences/101/run")
    after = shop.call("GET", f"{SEGMENTS}/{made['id']}").json()["population"]

    assert (before, after) == (3, 4)
    history = shop.call("GET", f"{SEGMENTS}/{made['id']}/statistics").json()
    assert [count for _, count, _ in history] == [4]


def test_segments_are_listed_by_parent_segment_and_folder(shop: Client) -> None:
    made = create(shop, segmentFolderId="202")["id"]

    listed = [one["id"] for one in shop.call("GET", SEGMENTS).json()]
    inside = shop.call("GET", "/audiences/101/folders/202/segments").json()

    assert listed == ["301", "302", "303", made]
    assert [one["id"] for one in inside] == [made]


def test_what_needs_a_model_is_kept_and_not_counted(shop: Client) -> None:
    score = {
        "type": "PredictiveScoreReference",
        "id": "1",
        "minGrade": 0,
        "maxGrade": 50,
        "includeConvertedCustomers": False,
    }

    made = create(shop, rule=rule(score))
    asked = shop.call("POST", f"{SEGMENTS}/query", {"format": "sql", "rule": rule(score)})

    assert made["population"] is None
    assert asked.status_code == 501
    assert "trained model" in asked.json()["message"]


def ask(shop: Client, **body: Any) -> Any:
    """Begin a segment query."""
    answer = shop.call("POST", f"{SEGMENTS}/queries", {"kind": 0, "rule": ADULTS} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(shop: Client, key: str, number: int = 1) -> Any:
    """Give a page of a segment query."""
    return shop.call("GET", f"{SEGMENTS}/queries/{key}/customers?page={number}").json()


def test_the_sql_runs_as_a_job_and_counts_the_population(shop: Client) -> None:
    sql = shop.call("POST", f"{SEGMENTS}/query", {"format": "sql", "rule": ADULTS}).json()["sql"]

    job = shop.call(
        "POST", "/v3/job/issue/presto/shop", {"query": f"SELECT COUNT(*) FROM ({sql}) m"}
    ).json()["job"]

    result = shop.call("GET", f"/v3/job/result/{job}?format=json").text
    assert result.strip() == "[3]"
    assert ask(shop)["count"] == 3


def test_a_realtime_rule_has_more_to_tell(shop: Client) -> None:
    asked = shop.call("POST", f"{SEGMENTS}/query", {"format": "sql", "kind": 1, "rule": ADULTS})

    assert set(asked.json()) == {"sql", "statement", "batch_workflows"}


def test_a_query_goes_from_running_to_success_and_pages_from_pending_to_end(
    start_client: Callable[..., Client],
) -> None:
    shop = start_client(seed=shop_seed(), pace="polls:2")

    begun = ask(shop, columns=["customer_id", "age", "tags"], pageSize=2)
    key = begun["id"]
    first = page(shop, key)
    done = shop.call("GET", f"{SEGMENTS}/queries/{key}").json()
    pages = [page(shop, key, number) for number in (1, 2, 3)]

    assert (begun["status"], begun["count"], begun["queryId"]) == ("running", None, key)
    assert first["type"] == "pending"
    assert (done["status"], done["count"], done["maxPage"]) == ("success", 3, 2)
    assert [one["type"] for one in pages] == ["rows", "rows", "end"]
    assert pages[0]["names"] == ["customer_id", "age", "tags"]
    found = {row[0]: row[1:] for one in pages[:2] for row in one["rows"]}
    assert found == {"c1": [36, '["new","vip"]'], "c3": [51, "[]"], "c4": [36, None]}
    jobs = [
        shop.call("GET", f"/v3/job/status/{done[one]}").json() for one in ("jobid", "countJobid")
    ]
    assert [one["status"] for one in jobs] == ["success", "success"]


def test_a_killed_query_has_no_pages(start_client: Callable[..., Client]) -> None:
    shop = start_client(seed=shop_seed(), pace="polls:3")
    key = ask(shop)["id"]

    answer = shop.call("POST", f"{SEGMENTS}/queries/{key}/kill")

    assert answer.json()["message"]
    assert shop.call("GET", f"{SEGMENTS}/queries/{key}").json()["status"] == "killed"
    assert page(shop, key)["type"] == "killed"


@pytest.mark.parametrize("path", ["query", "queries"])
def test_a_query_of_a_kind_there_is_not_is_refused(shop: Client, path: str) -> None:
    answer = shop.call("POST", f"{SEGMENTS}/{path}", {"kind": 9, "rule": ADULTS})

    assert (answer.status_code, answer.json()["pointer"]) == (400, "/kind")


def test_a_query_for_a_column_there_is_not_ends_as_an_error(shop: Client) -> None:
    key = ask(shop, columns=["nothing"])["id"]

    status = shop.call("GET", f"{SEGMENTS}/queries/{key}").json()
    assert status["status"] == "error"
    assert "nothing" in status["error"]
    assert page(shop, key)["type"] == "error"


def test_pages_are_limited_and_filtered(shop: Client) -> None:
    limited = ask(shop, rule={}, columns=["email"], pageSize=2, maxPage=1)
    filtered = ask(shop, rule={}, columns=["email", "tags"], filterString="ADA")

    assert (limited["count"], limited["maxPage"]) == (5, 1)
    assert page(shop, limited["id"], 2)["type"] == "end"
    assert [row[0] for row in page(shop, filtered["id"])["rows"]] == ["ada@example.com"]


def test_a_query_counts_the_groups_of_its_members(shop: Client) -> None:
    assert ask(shop, rule=JAPAN)["customerGroupCount"] == 1
    assert ask(shop, rule={})["customerGroupCount"] == 2


def test_a_query_may_be_for_a_funnels_stage(shop: Client) -> None:
    stage = {"funnel_id": 701, "stage_id": 711}
    found = ask(shop, rule=None, kind=2, funnel_stage=stage)

    assert found["count"] == 2


def test_a_query_of_another_parent_segment_is_unknown(shop: Client) -> None:
    key = ask(shop)["id"]
    other = shop.call("POST", "/audiences", {"name": "Other"}).json()["id"]

    assert shop.call("GET", f"/audiences/{other}/segments/queries/{key}").status_code == 404
    assert shop.call("GET", f"{SEGMENTS}/queries/nonsense").status_code == 404


def test_a_rule_of_a_parent_segment_that_was_never_run_cannot_be_asked(shop: Client) -> None:
    other = shop.call("POST", "/audiences", {"name": "Other"}).json()["id"]

    answer = shop.call("POST", f"/audiences/{other}/segments/query", {"rule": {}})

    assert answer.status_code == 501
    assert "has not been run" in answer.json()["message"]
