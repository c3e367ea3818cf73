"""What the sandbox keeps and gives back: templates, predictive segments, journeys, real-time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

PLACE = {"parentFolder": {"data": {"id": "202", "type": "folder-segment"}}}
STAGE = {"name": "Greeting", "entryCriteria": {"name": "New", "segmentId": "301"}}
EVENT = {"name": "Seen", "keyEventCriteria": {"keyEventId": "911", "keyEventFilters": {}}}
RESOURCES: list[tuple[str, str, dict[str, Any]]] = [
    ("activation_templates", "activation-template", {"connectionId": 901, "state": "published"}),
    ("predictive_segments", "predictive-segment", {"segmentId": 301}),
    (
        "journeys",
        "journey",
        {"state": "draft", "goal": None, "journeyStages": [STAGE], "reentryMode": "no_reentry"},
    ),
    (
        "realtime_journeys",
        "realtime-journey",
        {
            "audienceId": "101",
            "description": None,
            "goal": None,
            "realtimeJourneyStages": [{"name": "Reminder"}],
            "reentryMode": "no_reentry",
        },
    ),
    (
        "realtime_personalizations",
        "realtime-personalization",
        {"sections": [{"name": "Everyone", "entryCriteria": EVENT, "payload": None}]},
    ),
]
FLAT: list[tuple[str, dict[str, Any]]] = [
    ("predictive_segments", {"segmentId": 301, "gradeThresholds": [70, 40, 10]}),
    (
        "realtime_attributes",
        {
            "identifier": "last",
            "type": "single",
            "realtimeKeyEventId": "911",
            "filterRule": {},
            "valueColumn": "item",
            "dataType": "string",
            "duration": {"value": 1, "unit": "day"},
        },
    ),
    (
        "realtime_key_events",
        {"databaseName": "shop", "tableName": "orders", "filterRule": {"todo": "x"}},
    ),
    ("realtime_personalization_services", {"description": "Offers", "public": False}),
]


@pytest.mark.parametrize(("path", "kind", "attributes"), RESOURCES)
def test_a_resource_is_kept_changed_and_deleted(
    shop: Client, path: str, kind: str, attributes: Any
) -> None:
    body = {"type": kind, "attributes": {"name": "One"} | attributes, "relationships": PLACE}
    made = shop.call("POST", f"/entities/{path}", body)
    assert made.status_code == 200, made.text
    data = made.json()["data"]
    listed = shop.call("GET", "/entities/by-folder/202?depth=1").json()["data"]
    key = data.get("id") or listed[-1]["id"]
    one = f"/entities/{path}/{key}"

    read = shop.call("GET", one).json()["data"]
    change = {"type": kind, "attributes": attributes | {"name": "Two"}}
    changed = shop.call("PATCH", one, change).json()["data"]
    refused = shop.call("DELETE", "/entities/folders/202")
    deleted = shop.call("DELETE", one)

    assert read == data
    assert changed.get("attributes", changed)["name"] == "Two"
    assert refused.status_code == 409
    assert deleted.status_code == 200
    assert shop.call("GET", one).status_code == 404


@pytest.mark.parametrize(("path", "attributes"), FLAT)
def test_a_flat_thing_is_kept_changed_listed_and_deleted(
    shop: Client, path: str, attributes: Any
) -> None:
    many = f"/audiences/101/{path}"
    answer = shop.call("POST", many, {"name": "One"} | attributes)
    assert answer.status_code == 200, answer.text
    made = answer.json().get("data", answer.json())
    one = f"{many}/{made['id']}"

    changed = shop.call("PATCH", one, {"name": "Two"}).json()
    listed = shop.call("GET", many).json()
    again = shop.call("POST", many, {"name": "Two"} | attributes)
    deleted = shop.call("DELETE", one)

    assert changed | {"name": "One"} == made
    items = listed if isinstance(listed, list) else listed["data"]
    assert [item["id"] for item in items] == [made["id"]]
    assert again.json()["validationCode"] == "VIOLATES_UNIQUENESS_CONSTRAINT"
    assert deleted.status_code == 200
    assert shop.call("GET", one).status_code == 404


def test_a_journey_is_launched_paused_and_resumed_in_name(shop: Client) -> None:
    attributes = {"name": "Welcome", "state": "launched", "journeyStages": [STAGE]}
    body = {"type": "journey", "attributes": attributes, "relationships": PLACE}
    made = shop.call("POST", "/entities/journeys", body).json()["data"]
    one = f"/entities/journeys/{made['id']}"

    paused = shop.call("PATCH", f"{one}/pause").json()["data"]["attributes"]
    resumed = shop.call("PATCH", f"{one}/resume").json()["data"]["attributes"]
    listed = shop.call("GET", "/entities/journeys?folder_id=202").json()["data"]

    assert made["attributes"]["launchedAt"] == "2023-11-14T22:13:20.000Z"
    assert made["attributes"]["journeyStages"][0]["id"]
    assert (paused["paused"], paused["pausedAt"]) == (True, "2023-11-14T22:13:20.000Z")
    assert (resumed["paused"], resumed["pausedAt"]) == (False, None)
    assert [item["id"] for item in listed] == [made["id"]]
    assert shop.call("GET", f"{one}/statistics").status_code == 501
    assert shop.call("POST", f"{one}/run").status_code == 501


def test_a_journey_needs_a_stage(shop: Client) -> None:
    body = {"type": "journey", "attributes": {"name": "A"}, "relationships": PLACE}

    answer = shop.call("POST", "/entities/journeys", body)

    assert answer.json()["errors"][0]["source"]["pointer"] == "/attributes/journeyStages"


def test_lists_by_parent_segment(shop: Client) -> None:
    for path, kind, attributes in RESOURCES:
        body = {"type": kind, "attributes": {"name": "One"} | attributes, "relationships": PLACE}
        assert shop.call("POST", f"/entities/{path}", body).status_code == 200

    for name in ("activation_templates", "realtime_journeys", "realtime_personalizations"):
        listed = shop.call("GET", f"/entities/parent_segments/101/{name}").json()["data"]
        assert [one["attributes"]["name"] for one in listed] == ["One"]
    kinds = [one["type"] for one in shop.call("GET", "/entities/by-folder/202").json()["data"]]
    assert kinds == ["folder-segment", "predictive-segment", "activation-template", "journey"]


def test_lists_come_page_by_page(shop: Client) -> None:
    many = "/audiences/101/realtime_key_events"
    for name in ("b", "a", "ab"):
        shop.call("POST", many, {"name": name} | FLAT[2][1])

    first = shop.call("GET", f"{many}?name_include=A&sorted_by=name:desc&page[size]=1").json()
    whole = shop.call("GET", f"{many}?sorted_by=name:asc&page[size]=2").json()
    rest = shop.call("GET", whole["pagination"]["nextPage"]).json()

    assert [one["name"] for one in first["data"]] == ["ab"]
    assert [one["name"] for one in whole["data"]] == ["a", "ab"]
    assert rest["pagination"]["nextPage"] is None


def test_the_columns_of_event_tables_are_those_that_are_there(shop: Client) -> None:
    made = shop.call("POST", "/audiences/101/realtime_key_events", {"name": "A"} | FLAT[2][1])

    of_table = shop.call("GET", "/audiences/101/realtime_event_tables/shop/orders/columns")
    of_event = shop.call("GET", f"/audiences/101/realtime_key_events/{made.json()['id']}/columns")

    assert {one["dataColumn"]: one["dataType"] for one in of_table.json()} == {
        "time": "timestamp",
        "customer": "string",
        "item": "string",
        "price": "number",
        "shop": "string",
    }
    assert of_event.json() == of_table.json()
    missing = shop.call("GET", "/audiences/101/realtime_event_tables/shop/none/columns")
    assert missing.status_code == 404


def test_the_realtime_setting_is_kept(shop: Client) -> None:
    path = "/audiences/101/realtime_setting"

    before = shop.call("GET", path).json()
    changed = shop.call("PATCH", path, {"keyColumns": [{"name": "customer"}]}).json()

    assert (before["status"], before["keyColumns"]) == ("not_initialized", [])
    assert changed["keyColumns"] == [
        {"name": "customer", "validRegexp": None, "invalidTexts": [], "internal": False}
    ]
    assert shop.call("GET", path).json() == changed


def test_a_services_token_is_told_once(shop: Client) -> None:
    many = "/audiences/101/realtime_personalization_services"
    made = shop.call("POST", many, {"name": "Shop"}).json()

    body = {"name": "Server", "allowedIps": ["203.0.113.10"]}
    token = shop.call("POST", f"{many}/{made['id']}/tokens", body).json()

    read = shop.call("GET", f"{many}/{made['id']}").json()
    assert token["value"]
    assert read["tokens"] == [token | {"value": None}]
    assert shop.call("DELETE", f"{many}/{made['id']}/tokens/{token['id']}").status_code == 200
    assert shop.call("GET", f"{many}/{made['id']}").json()["tokens"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "Server", "allowedIps": ["home"]}, "/allowedIps/0"),
        ({"name": "Server", "allowedIps": ["::1", 7]}, "/allowedIps/1"),
    ],
)
def test_a_services_token_that_cannot_be(shop: Client, body: Any, pointer: str) -> None:
    many = "/audiences/101/realtime_personalization_services"
    one = f"{many}/{shop.call('POST', many, {'name': 'Shop'}).json()['id']}"

    answer = shop.call("POST", f"{one}/tokens", body)

    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)
    assert shop.call("GET", one).json()["tokens"] == []


def test_a_token_of_another_service_is_not_deleted(shop: Client) -> None:
    many = "/audiences/101/realtime_personalization_services"
    keys = [shop.call("POST", many, {"name": name}).json()["id"] for name in "AB"]
    token = shop.call("POST", f"{many}/{keys[0]}/tokens", {"name": "Server"}).json()["id"]

    assert shop.call("DELETE", f"{many}/{keys[1]}/tokens/{token}").status_code == 404
    assert len(shop.call("GET", f"{many}/{keys[0]}").json()["tokens"]) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "A"}, "/segmentId"),
        ({"name": "A", "segmentId": 301, "description": 7}, "/description"),
        ({"name": "A", "segmentId": 301, "gradeThresholds": "x"}, "/gradeThresholds"),
        ({"segmentId": 301}, "/name"),
    ],
)
def test_a_wrong_thing_is_refused(shop: Client, body: Any, pointer: str) -> None:
    answer = shop.call("POST", "/audiences/101/predictive_segments", body)

    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)


@pytest.mark.parametrize(
    "path", ["/entities/journeys/segment_rules", "/entities/realtime_journeys/abtest_variants"]
)
def test_what_is_told_of_journeys_that_move_is_not_taken_for_a_journey(
    shop: Client, path: str
) -> None:
    answer = shop.call("GET", f"{path}?audience_id=101")

    assert answer.status_code == 501
    assert f"does not do GET {path}: no profile moves" in answer.json()["message"]
