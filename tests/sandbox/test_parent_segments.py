"""Parent segments and folders, in both styles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


def test_parent_segments_are_listed_flat(client: Client) -> None:
    listed = client.call("GET", "/audiences").json()

    assert [(one["id"], one["name"], one["population"]) for one in listed] == [
        ("101", "Customers", 3)
    ]


def test_a_parent_segment_tells_its_attributes(client: Client) -> None:
    audience = client.call("GET", "/audiences/101").json()

    assert [(one["name"], one["type"]) for one in audience["attributes"]][1] == ("email", "string")
    assert audience["master"] == {
        "parentDatabaseName": "sandbox",
        "parentTableName": "customers",
    }


def test_parent_segments_are_listed_as_resources(client: Client) -> None:
    listed = client.call("GET", "/entities/parent_segments")

    assert listed.headers["Content-Type"] == "application/vnd.treasuredata.v1+json"
    assert [one["id"] for one in listed.json()["data"]] == ["101"]


def test_a_parent_segment_names_its_root_folder(client: Client) -> None:
    data = client.call("GET", "/entities/parent_segments/101").json()["data"]

    assert data["type"] == "parentSegment"
    assert data["attributes"]["v4Id"] == 101
    assert data["relationships"]["parentSegmentFolder"] == {
        "data": {"id": "201", "type": "folder-segment"}
    }


def test_the_folders_of_a_parent_segment_are_listed(client: Client) -> None:
    folders = client.call("GET", "/audiences/101/folders").json()

    assert [(one["id"], one["audienceId"], one["name"]) for one in folders] == [
        ("201", "101", "Customers")
    ]


@pytest.mark.parametrize("key", ["999", "x", "1" * 30])
def test_an_unknown_parent_segment_is_not_found(client: Client, key: str) -> None:
    for path in (f"/audiences/{key}", f"/audiences/{key}/folders", f"/audiences/{key}/tokens"):
        answer = client.call("GET", path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not-found"


def test_an_unknown_parent_segment_is_not_found_as_a_resource(client: Client) -> None:
    answer = client.call("GET", "/entities/parent_segments/999")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "record-not-found-error"
