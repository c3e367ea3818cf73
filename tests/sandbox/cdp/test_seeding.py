"""What a seed says of parent segments, and what is wrong in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import DAY, PARENT, equal, rule, shop_seed, value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import Client


def activation(**parameters: Any) -> Any:
    """Make an activation of a seed."""
    columns = [{"column": "mail", "source": {"column": "email"}}]
    return {
        "id": "801",
        "segment": "301",
        "name": "Mail",
        "parameters": {"columns": columns, "repeatUnit": "day"} | parameters,
    }


def test_everything_of_a_seed_is_there_and_built(shop: Client) -> None:
    tree = shop.call("GET", "/tree/audiences/101/segment_folders").json()["data"]
    funnel = shop.call("GET", "/audiences/101/funnels/701").json()
    segments = shop.call("GET", "/audiences/101/segments").json()

    assert [(one["id"], one["parentFolderId"]) for one in tree] == [("201", None), ("202", "201")]
    assert [stage["segmentId"] for stage in funnel["stages"]] == ["303", None, None]
    assert [(one["id"], one["population"]) for one in segments] == [
        ("301", 2),
        ("302", 5),
        ("303", 2),
    ]
    assert shop.call("GET", "/audiences/101/executions").json() == []
    assert [count for _, count, _ in shop.call("GET", "/audiences/101/statistics").json()] == [5]


def test_a_planted_activation_is_scheduled(shop: Client) -> None:
    shop.control("POST", "seed", shop_seed(activations=[activation()]))

    shop.control("PUT", "clock", {"advance": 2 * DAY})

    read = shop.call("GET", "/entities/segments/301/syndications/801").json()["data"]
    assert len(read["attributes"]["executions"]) == 2


def test_profiles_become_the_master_table(client: Client) -> None:
    rows = client.rows("sandbox/customers")

    assert rows[0]["email"] == "ada@example.com"
    assert client.types("sandbox/customers") == {
        "time": "BIGINT",
        "td_client_id": "VARCHAR",
        "email": "VARCHAR",
        "first_name": "VARCHAR",
        "country": "VARCHAR",
        "orders": "BIGINT",
        "is_member": "BOOLEAN",
    }


def test_profiles_may_have_arrays_and_gaps(client: Client) -> None:
    profiles = [
        {"attributes": {"id": "a", "tags": ["x", "y"], "score": 1}, "segments": ["301"]},
        {"attributes": {"id": "b", "tags": None, "score": 0.5}},
        {"attributes": {"id": "c", "size": [1, 2]}},
    ]
    parent = {
        "id": "101",
        "name": "Some",
        "folders": [{"id": "201", "name": "Some"}],
        "segments": [{"id": "301", "name": "A"}, {"id": "302", "name": "X"}],
        "profiles": profiles,
    }
    parent["segments"][1]["rule"] = rule(value("tags", equal("x")))  # type: ignore[index]  # a list
    client.control("POST", "seed", {"parentSegments": [parent]})

    listed = client.call("GET", "/audiences/101/segments").json()
    attributes = client.call("GET", "/audiences/101").json()["attributes"]

    assert [one["population"] for one in listed] == [1, 1]
    assert {one["name"]: one["type"] for one in attributes} == {
        "id": "string",
        "tags": "string_array",
        "score": "number",
        "size": "number_array",
    }


def test_two_parent_segments_may_have_profiles(client: Client) -> None:
    parents = [
        {
            "id": f"10{n}",
            "name": f"P{n}",
            "folders": [{"id": f"20{n}", "name": "Root"}],
            "profiles": [{"attributes": {"id": "a"}}] * n,
        }
        for n in (1, 2)
    ]
    parents[1]["profiles"] = [{"attributes": {"id": name}} for name in "ab"]

    client.control("POST", "seed", {"parentSegments": parents})

    assert [one["population"] for one in client.call("GET", "/audiences").json()] == [1, 2]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"master": {"database": "shop", "table": "none"}}, "/master: there is no table shop.none"),
        (
            {"profiles": [{"attributes": {"a": 1}}]},
            "/master: the table shop.customers has rows of its own",
        ),
        ({"timezone": "Mars"}, "/timezone: there is no time zone 'Mars'"),
        (
            {"attributes": [{"name": "x", "type": "string"}]},
            "it can't be built. The table shop.customers has no column 'x'",
        ),
        ({"attributes": [{"name": "x", "type": "text"}]}, "/attributes/0/type: 'text' is not one"),
        (
            {"behaviors": [{"name": "x", "database": "shop", "table": "orders"}]},
            "/behaviors/0: 'key' is missing",
        ),
        (
            {"segments": [{"id": "301", "name": "A", "rule": rule(value("nothing", equal(1)))}]},
            "/segments/0/rule/conditions/0/conditions/0/leftValue/name: There is no attribute",
        ),
        (
            {"funnels": [{"id": "701", "name": "F", "stages": [{"name": "A"}]}]},
            "/funnels/0/stages: an array of at least 3",
        ),
        (
            {"activations": [activation() | {"segment": "999"}]},
            "/activations/0/segment: '999' is not one of",
        ),
        (
            {"activations": [activation(repeatUnit="year")]},
            "/activations/0/parameters/repeatUnit: Must be one of",
        ),
        ({"customerGroup": {"name": "x"}}, "/customerGroup: 'parentDatabaseName' is missing"),
        (
            {"folders": [{"id": "201", "name": "A", "folders": [{"id": "201", "name": "B"}]}]},
            "/folders/0/folders/0/id: there is a folder '201' already",
        ),
    ],
)
def test_a_wrong_seed_says_where(shop: Client, changes: Any, problem: str) -> None:
    answer = shop.call("POST", "/_sandbox/seed", shop_seed(**changes), key=None)

    assert answer.status_code == 400
    assert f"/parentSegments/0{problem}" in answer.json()["message"] or problem.startswith("it ")
    assert problem in answer.json()["message"]
    assert shop.call("GET", "/audiences/101").json()["name"] == PARENT["name"]


def test_what_is_built_survives_a_restart(
    start_client: Callable[..., Client], tmp_path: Path
) -> None:
    first = start_client(seed=shop_seed(activations=[activation()]), data=tmp_path)
    made = first.call(
        "POST", "/audiences/101/segments", {"name": "A", "kind": 0, "rule": {}}
    ).json()
    first.sandbox.close()

    second = start_client(data=tmp_path, now=1_700_000_000 + DAY)

    read = second.call("GET", f"/audiences/101/segments/{made['id']}").json()
    assert (read["population"], read["name"]) == (5, "A")
    ran = second.call("GET", "/entities/segments/301/syndications/801").json()["data"]
    assert len(ran["attributes"]["executions"]) == 1
