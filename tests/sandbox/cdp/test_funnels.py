"""Funnels over HTTP, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import JAPAN, equal, rule, value

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

FUNNELS = "/audiences/101/funnels"
STAGES = [{"name": "Visited"}, {"name": "Signed up"}, {"name": "Bought"}]
POLAND = rule(value("country", equal("PL")))


def create(shop: Client, name: str = "Sales", **more: Any) -> Any:
    """Make a funnel, REST."""
    body = {"name": name, "segmentFolderId": 201, "stages": STAGES} | more
    answer = shop.call("POST", FUNNELS, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def define(shop: Client, funnel: Any, place: int, name: str, who: Any) -> Any:
    """Make the segment that defines a stage."""
    stage = {"funnel_id": int(funnel["id"]), "stage_id": int(funnel["stages"][place]["id"])}
    body = {"name": name, "kind": 2, "rule": who, "funnel_stage": stage}
    answer = shop.call("POST", "/audiences/101/segments", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_funnel_counts_the_profiles_of_its_stages_together(shop: Client) -> None:
    funnel = create(shop)
    define(shop, funnel, 0, "In Japan", JAPAN)
    define(shop, funnel, 1, "In Poland", POLAND)

    read = shop.call("GET", f"{FUNNELS}/{funnel['id']}").json()

    assert read["population"] == 3
    assert [stage["segmentId"] is None for stage in read["stages"]] == [False, False, True]
    statistics = shop.call("GET", f"{FUNNELS}/{funnel['id']}/statistics").json()
    assert statistics["population"] == 3
    assert [[count for _, count, _ in one["history"]] for one in statistics["stages"]] == [
        [2],
        [1],
        [],
    ]
    path = f"/entities/funnels/{funnel['id']}/stages/{funnel['stages'][1]['id']}/statistics"
    assert [count for _, count, _ in shop.call("GET", path).json()] == [1]


def test_a_stage_is_defined_once(shop: Client) -> None:
    funnel = create(shop)
    define(shop, funnel, 0, "In Japan", JAPAN)
    stage = {"funnel_id": int(funnel["id"]), "stage_id": int(funnel["stages"][0]["id"])}

    again = shop.call(
        "POST", "/audiences/101/segments", {"name": "B", "kind": 2, "funnel_stage": stage}
    )

    assert again.json()["validationCode"] == "VIOLATES_UNIQUENESS_CONSTRAINT"


def test_a_change_keeps_stages_by_their_ids_and_drops_the_others(shop: Client) -> None:
    funnel = create(shop)
    dropped = define(shop, funnel, 2, "In Japan", JAPAN)
    kept = funnel["stages"][0]["id"]
    stages = [{"id": int(kept), "name": "Seen"}, {"name": "New"}, {"id": None, "name": "Last"}]

    changed = shop.call("PUT", f"{FUNNELS}/{funnel['id']}", {"stages": stages}).json()

    assert (changed["name"], changed["segmentFolderId"]) == ("Sales", "201")
    assert [stage["name"] for stage in changed["stages"]] == ["Seen", "New", "Last"]
    assert changed["stages"][0]["id"] == kept
    assert shop.call("GET", f"/entities/segments/{dropped['id']}").status_code == 404


def test_a_clone_has_stages_and_segments_of_its_own(shop: Client) -> None:
    funnel = create(shop)
    define(shop, funnel, 0, "In Japan", JAPAN)

    body = {"name": "Copy", "segmentFolderId": 202}
    clone = shop.call("POST", f"{FUNNELS}/{funnel['id']}/clone", body).json()

    assert (clone["name"], clone["segmentFolderId"], clone["population"]) == ("Copy", "202", 2)
    assert {one["id"] for one in clone["stages"]}.isdisjoint(
        {one["id"] for one in funnel["stages"]}
    )
    assert clone["stages"][0]["segmentId"] not in {None, funnel["stages"][0]["segmentId"]}


def test_a_deleted_funnel_takes_its_segments_along_unless_they_are_needed(shop: Client) -> None:
    funnel = create(shop)
    define(shop, funnel, 0, "In Japan", JAPAN)
    stage = funnel["stages"][0]["id"]
    reference = rule({"type": "FunnelStageReference", "id": stage, "exclude": False})
    using = shop.call(
        "POST", "/audiences/101/segments", {"name": "Using", "kind": 0, "rule": reference}
    ).json()

    refused = shop.call("DELETE", f"{FUNNELS}/{funnel['id']}")
    shop.call("DELETE", f"/audiences/101/segments/{using['id']}")
    deleted = shop.call("DELETE", f"{FUNNELS}/{funnel['id']}")

    assert using["population"] == 2
    assert refused.status_code == 409
    assert deleted.json()["id"] == funnel["id"]
    assert len(shop.call("GET", "/audiences/101/segments").json()) == 3


def test_a_funnel_is_a_resource_too(shop: Client) -> None:
    body = {
        "type": "funnel",
        "attributes": {"name": "Sales", "stages": STAGES},
        "relationships": {"parentFolder": {"data": {"id": "202", "type": "folder-segment"}}},
    }
    made = shop.call("POST", "/entities/funnels", body).json()["data"]
    path = f"/entities/funnels/{made['id']}"

    body["attributes"] = {"name": "Buying more"}
    changed = shop.call("PATCH", path, body).json()["data"]
    listed = shop.call("GET", "/entities/parent_segments/101/funnels").json()["data"]
    deleted = shop.call("DELETE", path).json()["data"]

    assert made["relationships"]["parentFolder"]["data"]["id"] == "202"
    assert changed["attributes"]["name"] == "Buying more"
    assert changed["attributes"]["stages"] == made["attributes"]["stages"]
    assert [one["id"] for one in listed] == ["701", made["id"]]
    assert deleted == changed
    assert shop.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"name": None}, "/name", "CANNOT_BE_BLANK"),
        ({"name": "Buying"}, "/name", "VIOLATES_UNIQUENESS_CONSTRAINT"),
        ({"stages": STAGES[:2]}, "/stages", "IS_TOO_SHORT"),
        ({"stages": [{"name": str(n)} for n in range(9)]}, "/stages", "IS_TOO_LONG"),
        (
            {"stages": [*STAGES[:2], {"name": "Visited"}]},
            "/stages/2/name",
            "VIOLATES_UNIQUENESS_CONSTRAINT",
        ),
        (
            {"stages": [*STAGES[:2], {"id": 711, "name": "Of another"}]},
            "/stages/2/id",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
        ({"segmentFolderId": None}, "/segmentFolderId", "CANNOT_BE_BLANK"),
    ],
)
def test_a_wrong_funnel_is_refused(shop: Client, changes: Any, pointer: str, code: str) -> None:
    body = {"name": "Sales", "segmentFolderId": 201, "stages": STAGES} | changes

    answer = shop.call("POST", FUNNELS, body)

    assert answer.status_code == 400
    assert (answer.json()["pointer"], answer.json()["validationCode"]) == (pointer, code)


def test_an_unknown_funnel_or_stage_is_not_found(shop: Client) -> None:
    assert shop.call("GET", f"{FUNNELS}/999").status_code == 404
    assert shop.call("GET", "/entities/funnels/999").status_code == 404
    assert shop.call("GET", "/entities/funnels/701/stages/999/statistics").status_code == 404
