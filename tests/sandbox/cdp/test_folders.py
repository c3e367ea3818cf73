"""Folders over HTTP, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


def resource(name: str, within: str | None = "201", **attributes: Any) -> Any:
    """Make a resource object of a folder."""
    place = {"parentFolder": {"data": {"id": within, "type": "folder-segment"}}}
    return {
        "type": "folder-segment",
        "attributes": {"name": name} | attributes,
        "relationships": {} if within is None else place,
    }


def create(shop: Client, name: str, within: str = "201") -> Any:
    """Make a folder and give its resource."""
    answer = shop.call("POST", "/entities/folders", resource(name, within))
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def listed(shop: Client, path: str) -> list[tuple[str, str]]:
    """Give the types and names of what a folder holds."""
    data = shop.call("GET", f"/entities/by-folder/{path}").json()["data"]
    return [(one["type"], one["attributes"]["name"]) for one in data]


def test_a_folder_is_made_in_another_and_read_in_both_styles(shop: Client) -> None:
    made = create(shop, "Spring", "202")

    read = shop.call("GET", f"/entities/folders/{made['id']}").json()["data"]
    rest = shop.call("GET", f"/audiences/101/folders/{made['id']}").json()
    assert read == made
    assert made["relationships"]["parentFolder"]["data"]["id"] == "202"
    assert made["attributes"]["permissions"] == {"view": True, "edit": True}
    assert (rest["name"], rest["audienceId"]) == ("Spring", "101")


def test_a_folder_that_rest_makes_is_in_the_root_folder(shop: Client) -> None:
    body = {"name": "Spring", "description": "For April"}
    made = shop.call("POST", "/audiences/101/folders", body).json()
    path = f"/audiences/101/folders/{made['id']}"

    changed = shop.call("PATCH", path, {"name": "Summer"}).json()
    read = shop.call("GET", f"/entities/folders/{made['id']}").json()["data"]
    deleted = shop.call("DELETE", path)

    assert (changed["name"], changed["description"]) == ("Summer", "For April")
    assert read["relationships"]["parentFolder"]["data"]["id"] == "201"
    assert deleted.status_code == 200
    assert shop.call("GET", path).status_code == 404


def test_the_tree_names_the_folder_of_each_folder_page_by_page(shop: Client) -> None:
    made = create(shop, "Spring", "202")["id"]

    first = shop.call("GET", "/tree/audiences/101/segment_folders?page[size]=2").json()
    second = shop.call("GET", first["pagination"]["nextPage"]).json()

    assert [(one["id"], one["parentFolderId"]) for one in first["data"] + second["data"]] == [
        ("201", None),
        ("202", "201"),
        (made, "202"),
    ]
    assert second["pagination"] == {"nextPage": None}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("201?depth=0", 1),
        ("201?depth=1", 5),
        ("201?depth=2", 7),
        ("201", 7),
        ("202?depth=1", 3),
        ("202?depth=7&with_rule=false", 3),
    ],
)
def test_a_folder_lists_what_is_in_it_down_to_a_depth(
    shop: Client, path: str, expected: int
) -> None:
    create(shop, "Spring", "202")
    shop.call(
        "POST", "/audiences/101/segments", {"name": "Inner", "kind": 0, "segmentFolderId": 202}
    )

    assert len(listed(shop, path)) == expected


def test_everything_in_a_folder_is_listed_with_its_type(shop: Client) -> None:
    shop.call("POST", "/audiences/101/tokens", {"keyColumn": "email", "attributeColumns": []})

    assert [kind for kind, _ in listed(shop, "201?depth=1")] == [
        "folder-segment",
        "folder-segment",
        "segment-batch",
        "segment-batch",
        "funnel",
        "token",
    ]


def test_rules_are_left_out_if_asked(shop: Client) -> None:
    data = shop.call("GET", "/entities/by-folder/201?depth=1&with_rule=false").json()["data"]

    rules = [one["attributes"]["rule"] for one in data if one["type"].startswith("segment-")]
    assert rules == [{}, {}]


def test_a_folder_that_is_not_empty_stays(shop: Client) -> None:
    inner = create(shop, "Spring", "202")["id"]

    answer = shop.call("DELETE", "/entities/folders/202")

    assert answer.status_code == 409
    assert answer.json() == {"errors": {"deletion": ["Deletion SegmentFolder has folders"]}}
    shop.call("DELETE", f"/entities/folders/{inner}")
    assert shop.call("DELETE", "/entities/folders/202").status_code == 200
    assert shop.call("DELETE", "/entities/folders/201").status_code == 409


def test_a_folder_moves_but_not_into_itself_or_elsewhere(shop: Client) -> None:
    inner = create(shop, "Spring", "202")["id"]
    other = shop.call("POST", "/audiences", {"name": "Other"}).json()["id"]
    resource_of = shop.call("GET", f"/entities/parent_segments/{other}").json()["data"]
    foreign = resource_of["relationships"]["parentSegmentFolder"]["data"]["id"]

    moved = shop.call("PATCH", f"/entities/folders/{inner}", resource("Spring", "201"))
    back = shop.call("PATCH", f"/entities/folders/{inner}", resource("Spring", "202"))
    refused = [
        shop.call("PATCH", "/entities/folders/202", resource("Sub", inner)),
        shop.call("PATCH", "/entities/folders/202", resource("Sub", foreign)),
        shop.call("PATCH", "/entities/folders/201", resource("Customers", "202")),
    ]

    assert moved.json()["data"]["relationships"]["parentFolder"]["data"]["id"] == "201"
    assert back.status_code == 200
    assert [one.status_code for one in refused] == [422, 422, 422]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (resource(""), "/attributes/name", "CANNOT_BE_BLANK"),
        (resource("Sub"), "/attributes/name", "VIOLATES_UNIQUENESS_CONSTRAINT"),
        (resource("A", None), "/relationships/parentFolder", "CANNOT_BE_BLANK"),
        (resource("A", "999"), "/relationships/parentFolder", "INVALID_FORMAT_OR_ASSOCIATION"),
        (resource("A") | {"type": "folder"}, "/type", "INVALID_FORMAT_OR_ASSOCIATION"),
    ],
)
def test_a_wrong_folder_is_refused(shop: Client, body: Any, pointer: str, code: str) -> None:
    answer = shop.call("POST", "/entities/folders", body)

    error = answer.json()["errors"][0]
    assert answer.status_code == 400
    assert (error["source"]["pointer"], error["meta"]["validationCode"]) == (pointer, code)


def test_segments_are_put_into_a_folder_all_or_none(shop: Client) -> None:
    path = "/audiences/101/folders/202/put_in"

    refused = shop.call("POST", path, ["301", "999"])
    none = shop.call("GET", "/audiences/101/folders/202/segments").json()
    put = shop.call("POST", path, ["301", 302])

    assert (refused.status_code, none) == (400, [])
    assert (put.status_code, put.json()) == (200, {})
    moved = shop.call("GET", "/audiences/101/folders/202/segments").json()
    assert [one["id"] for one in moved] == ["301", "302"]


def test_a_folder_of_another_parent_segment_is_not_found(shop: Client) -> None:
    other = shop.call("POST", "/audiences", {"name": "Other"}).json()["id"]

    assert shop.call("GET", f"/audiences/{other}/folders/201").status_code == 404
    assert shop.call("GET", "/entities/folders/999").status_code == 404
    assert shop.call("GET", "/entities/by-folder/999?depth=1").status_code == 404
