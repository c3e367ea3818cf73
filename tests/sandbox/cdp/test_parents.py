"""Parent segments over HTTP: made, changed, run, looked into, and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import DAY, NOON, shop_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

MASTER = {"parentDatabaseName": "shop", "parentTableName": "customers"}
ORDERS = {
    "name": "Web orders",
    "parentDatabaseName": "shop",
    "parentTableName": "orders",
    "parentKey": "customer",
    "foreignKey": "customer_id",
    "schema": [{"name": "Price", "type": "number", "parentColumn": "price"}],
}
PLAN = {
    "name": "plan",
    "type": "string",
    "parentDatabaseName": "shop",
    "parentTableName": "plans",
    "parentColumn": "plan",
    "parentKey": "id",
    "foreignKey": "customer_id",
    "groupingName": None,
}


def create(shop: Client, **more: Any) -> Any:
    """Make a parent segment over the shop's customers."""
    answer = shop.call("POST", "/audiences", {"name": "Buyers", "master": MASTER} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(shop: Client, key: str) -> Any:
    """Run a parent segment and give its execution."""
    return shop.call("POST", f"/audiences/{key}/run").json()


def rows_of(shop: Client, table: str) -> list[Any]:
    """Give the rows of a built table without what is made."""
    found = shop.control("GET", f"rows/{table}")["rows"]
    return [{k: v for k, v in one.items() if k not in {"cdp_customer_id", "time"}} for one in found]


def test_a_new_parent_segment_is_empty_until_it_is_run(shop: Client) -> None:
    made = create(shop, attributes=[PLAN], behaviors=[ORDERS])
    key = made["id"]

    assert (made["population"], made["matrixUpdatedAt"]) == (None, None)
    assert run(shop, key)["status"] == "success"
    built = shop.call("GET", f"/audiences/{key}").json()
    assert (built["population"], built["matrixUpdatedAt"]) == (5, "2023-11-14T22:13:20.000Z")
    customers = rows_of(shop, f"cdp_audience_{key}/customers")
    assert [(one["customer_id"], one.get("plan")) for one in customers] == [
        ("c1", "gold"),
        ("c2", None),
        ("c3", "basic"),
        ("c4", None),
        ("c5", None),
    ]
    behavior = rows_of(shop, f"cdp_audience_{key}/behavior_web_orders")
    assert [one["price"] for one in behavior] == [30, 20, 35, 200, 25, 15]


def test_a_joined_table_may_have_columns_of_the_same_names(shop: Client) -> None:
    rows = [{"customer_id": "c1", "country": "Japan"}, {"customer_id": "c3", "country": "Poland"}]
    shop.several(rows, "shop/places")
    place = PLAN | {"name": "place", "parentTableName": "places", "parentColumn": "country"}
    visits = ORDERS | {"parentTableName": "places", "parentKey": "customer_id", "schema": []}
    key = create(shop, attributes=[place | {"parentKey": "customer_id"}], behaviors=[visits])["id"]

    assert run(shop, key)["status"] == "success"
    customers = rows_of(shop, f"cdp_audience_{key}/customers")
    assert [(one["country"], one.get("place")) for one in customers][:3] == [
        ("JP", "Japan"),
        ("JP", None),
        ("PL", "Poland"),
    ]
    assert len(rows_of(shop, f"cdp_audience_{key}/behavior_web_orders")) == 2


def test_a_run_goes_from_queued_to_success_as_it_is_looked_at(
    start_client: Callable[..., Client],
) -> None:
    shop = start_client(seed=shop_seed(), pace="polls:2")
    key = create(shop)["id"]

    begun = run(shop, key)
    statuses = [
        shop.call("GET", f"/audiences/{key}/executions").json()[0]["status"] for _ in range(2)
    ]

    assert (begun["status"], begun["finishedAt"]) == ("queued", None)
    assert statuses == ["running", "success"]
    listed = shop.call("GET", f"/audiences/{key}/executions").json()
    assert [one["workflowAttemptId"] for one in listed] == [begun["workflowAttemptId"]]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"master": MASTER | {"parentTableName": "nothing"}}, "shop.nothing does not exist"),
        ({"attributes": [PLAN | {"parentColumn": "nothing"}]}, "no column 'nothing'"),
        ({"attributes": [PLAN | {"foreignKey": "nothing"}]}, "no column 'nothing'"),
        ({"behaviors": [ORDERS | {"parentKey": "nothing"}]}, "no column 'nothing'"),
        ({"behaviors": [ORDERS | {"foreignKey": "nothing"}]}, "nothing"),
        ({"audienceFilters": [{"columnName": "x", "rightValues": ["JP"]}]}, "no column 'x'"),
    ],
)
def test_a_run_that_cannot_be_tells_why(shop: Client, changes: Any, reason: str) -> None:
    key = create(shop, **changes)["id"]

    failed = run(shop, key)

    assert failed["status"] == "error"
    assert reason in failed["error"]
    assert shop.call("GET", f"/audiences/{key}").json()["population"] is None


def test_a_failed_run_leaves_what_the_last_one_built(shop: Client) -> None:
    key = create(shop)["id"]
    run(shop, key)
    shop.call("PUT", f"/audiences/{key}", {"attributes": [PLAN | {"parentColumn": "nothing"}]})

    failed = run(shop, key)

    assert failed["status"] == "error"
    assert len(rows_of(shop, f"cdp_audience_{key}/customers")) == 5


def test_a_change_without_a_master_leaves_the_rest(shop: Client) -> None:
    key = create(shop, attributes=[PLAN], behaviors=[ORDERS])["id"]

    changed = shop.call("PUT", f"/audiences/{key}", {"description": "New"}).json()

    assert changed["description"] == "New"
    assert changed["name"] == "Buyers"
    assert [one["name"] for one in changed["attributes"]] == ["plan"]
    assert [one["name"] for one in changed["behaviors"]] == ["Web orders"]


def test_a_change_with_a_master_replaces_what_is_built(shop: Client) -> None:
    made = create(shop, attributes=[PLAN], behaviors=[ORDERS])

    changed = shop.call(
        "PUT", f"/audiences/{made['id']}", {"master": MASTER, "behaviors": [ORDERS]}
    ).json()

    assert changed["name"] == "Buyers"
    assert changed["attributes"] == []
    assert [one["id"] for one in changed["behaviors"]] == [one["id"] for one in made["behaviors"]]


def test_filters_keep_others_out(shop: Client) -> None:
    filters = [{"columnName": "country", "rightValues": ["JP", "PL"]}]
    key = create(shop, audienceFilters=filters)["id"]
    run(shop, key)

    assert shop.call("GET", f"/audiences/{key}").json()["population"] == 3


def test_rows_that_differ_in_their_time_only_are_one_customer(shop: Client) -> None:
    for time in (NOON, NOON - 60):
        shop.single({"time": time, "customer_id": "c9"}, "shop/customers")
    key = create(shop)["id"]
    run(shop, key)

    assert shop.call("GET", f"/audiences/{key}").json()["population"] == 6


def test_ids_of_customers_stay_over_runs(shop: Client) -> None:
    key = create(shop)["id"]
    run(shop, key)
    before = shop.control("GET", f"rows/cdp_audience_{key}/customers")["rows"]
    run(shop, key)

    after = shop.control("GET", f"rows/cdp_audience_{key}/customers")["rows"]
    assert [one["cdp_customer_id"] for one in after] == [one["cdp_customer_id"] for one in before]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "CANNOT_BE_BLANK", "/name"),
        ({"name": "Customers"}, "VIOLATES_UNIQUENESS_CONSTRAINT", "/name"),
        ({"name": "A", "scheduleType": "yearly"}, "INVALID_FORMAT_OR_ASSOCIATION", "/scheduleType"),
        ({"name": "A", "timezone": "Mars/Base"}, "INVALID_FORMAT_OR_ASSOCIATION", "/timezone"),
        ({"name": "A", "master": {}}, "CANNOT_BE_BLANK", "/master/parentDatabaseName"),
        (
            {"name": "A", "attributes": [PLAN | {"type": "text"}]},
            "INVALID_FORMAT_OR_ASSOCIATION",
            "/attributes/0/type",
        ),
        (
            {"name": "A", "attributes": [PLAN, PLAN]},
            "VIOLATES_UNIQUENESS_CONSTRAINT",
            "/attributes/1/name",
        ),
        ({"name": "A", "behaviors": [{}]}, "CANNOT_BE_BLANK", "/behaviors/0/name"),
        (
            {"name": "A", "audienceFilters": [{"columnName": "a", "rightValues": []}] * 3},
            "IS_TOO_LONG",
            "/audienceFilters",
        ),
    ],
)
def test_a_wrong_parent_segment_is_refused(
    shop: Client, body: Any, code: str, pointer: str
) -> None:
    answer = shop.call("POST", "/audiences", body)

    assert answer.status_code == 400
    assert (answer.json()["validationCode"], answer.json()["pointer"]) == (code, pointer)


def test_a_deleted_parent_segment_takes_everything_along(shop: Client) -> None:
    deleted = shop.call("DELETE", "/audiences/101").json()

    assert deleted["id"] == "101"
    assert shop.call("GET", "/audiences").json() == []
    assert shop.call("GET", "/entities/segments/301").status_code == 404
    assert shop.call("GET", "/entities/folders/201").status_code == 404
    assert list(shop.databases()) == ["shop"]


def test_attributes_and_behaviors_tell_what_the_built_tables_call_them(shop: Client) -> None:
    attributes = {one["name"]: one for one in shop.call("GET", "/audiences/101/attributes").json()}
    behaviors = shop.call("GET", "/audiences/101/behaviors").json()

    assert attributes["Signed up"]["matrixColumnName"] == "signed_up"
    assert attributes["age"] == {"name": "age", "type": "number", "parentColumn": "age"}
    assert [one["id"] for one in behaviors] == ["151"]
    assert [one["matrixColumnName"] for one in behaviors[0]["schema"]] == ["item", "amount", "shop"]
    assert shop.call("GET", "/audiences/101/behaviors?realtime=true").json() == []


def test_sample_values_are_the_frequent_ones_and_their_shares(shop: Client) -> None:
    def asked(path: str) -> Any:
        return shop.call("GET", f"/audiences/101/{path}").json()

    assert asked("sample_values?column=country&limit=2") == [["JP", 0.4], ["GB", 0.2]]
    assert asked("sample_values?column=tags") == [["new", 0.5], ["vip", 0.5]]
    assert asked("behaviors/151/sample_values?column=item&limit=1") == [["hat", 0.5]]
    assert shop.call("GET", "/audiences/101/sample_values").status_code == 400
    assert shop.call("GET", "/audiences/101/sample_values?column=x").status_code == 400
    assert shop.call("GET", "/audiences/101/behaviors/9/sample_values?column=x").status_code == 404


def test_the_history_has_a_point_a_day(shop: Client) -> None:
    shop.control("PUT", "clock", {"advance": 2 * DAY})
    shop.single({"customer_id": "c9"}, "shop/customers")
    run(shop, "101")

    history = shop.call("GET", "/audiences/101/statistics").json()
    last = shop.call("GET", "/audiences/101/statistics?from=2023-11-17&to=2023-11-30").json()

    assert [(count, counted) for _, count, counted in history] == [
        (5, True),
        (5, False),
        (6, True),
    ]
    assert last == history[-1:]


def test_parent_segments_are_seen_in_every_list(shop: Client) -> None:
    key = create(shop)["id"]

    assert [one["id"] for one in shop.call("GET", "/master_segments").json()] == ["101", key]
    resource = shop.call("GET", f"/entities/parent_segments/{key}").json()["data"]
    root = resource["relationships"]["parentSegmentFolder"]["data"]["id"]
    assert shop.call("GET", f"/entities/folders/{root}").json()["data"]["id"] == root


def test_a_write_only_key_is_refused(shop: Client) -> None:
    for method, path in (("GET", "/audiences"), ("POST", "/audiences/101/run")):
        assert shop.call(method, path, key="2/sandbox").status_code == 401


@pytest.mark.parametrize(
    ("schedule", "hours", "runs"),
    [
        ({"scheduleType": "none"}, 48, 0),
        ({"scheduleType": "hourly"}, 3, 3),
        ({"scheduleType": "daily", "scheduleOption": "02:30"}, 48, 2),
        ({"scheduleType": "cron", "scheduleOption": "0 0 * * 5"}, 96, 1),
    ],
)
def test_a_schedule_runs_by_the_clock(shop: Client, schedule: Any, hours: int, runs: int) -> None:
    key = create(shop, **schedule)["id"]

    shop.control("PUT", "clock", {"advance": hours * 3600})

    assert len(shop.call("GET", f"/audiences/{key}/executions").json()) == runs


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/audiences"),
        ("PUT", "/audiences/101"),
        ("POST", "/audiences/101/segments"),
        ("POST", "/audiences/101/segments/queries"),
        ("POST", "/audiences/101/segments/query"),
        ("POST", "/audiences/101/segments/301/syndications"),
        ("POST", "/audiences/101/funnels"),
        ("POST", "/audiences/101/folders"),
        ("POST", "/audiences/101/tokens"),
        ("POST", "/entities/segments"),
        ("POST", "/entities/folders"),
        ("POST", "/entities/journeys"),
        ("PATCH", "/audiences/101/realtime_setting"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"7", b"[" * 500 + b"]" * 500, b'{"a":' * 400 + b"1" + b"}" * 400],
    ids=["no JSON", "an array", "a number", "deep arrays", "deep objects"],
)
def test_a_hostile_body_is_refused(shop: Client, method: str, path: str, body: bytes) -> None:
    assert shop.call(method, path, body).status_code == 400
