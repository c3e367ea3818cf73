"""Snapshots, pace and outbox through the control routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sandbox.conftest import Client


@pytest.fixture(params=["memory", "folder"])
def one(
    request: pytest.FixtureRequest, start_client: Callable[..., Client], tmp_path: Path
) -> Client:
    return start_client(data=tmp_path / "data" if request.param == "folder" else None)


def databases(client: Client) -> dict[str, Any]:
    return {one["name"]: one["tables"] for one in client.control("GET", "databases")["databases"]}


def test_a_snapshot_brings_everything_back(one: Client) -> None:
    one.several([{"n": 1, "nested": {"a": [1]}}, {"n": 2}])
    token = one.create_token("Kept")
    before = one.table()
    assert one.control("POST", "snapshots", {"name": "a"}) == {"snapshots": ["a"]}

    one.several([{"n": "text", "more": True}])
    one.single({"n": 1}, "other/table")
    one.call("DELETE", f"/entities/tokens/{token['id']}")
    assert one.control("POST", "snapshots/a/restore", {}) == {"restored": "a"}

    assert one.table() == before
    assert one.call("GET", f"/entities/tokens/{token['id']}").json()["data"] == token
    assert "other" not in databases(one)
    assert one.several([{"n": 3}, {"n": 4.5}]).status_code == 200
    assert len(one.rows()) == 4


def test_a_snapshot_can_be_restored_again_and_outlives_a_reset(one: Client) -> None:
    one.single({"n": 1})
    one.control("POST", "snapshots", {"name": "a"})
    for _ in range(2):
        one.control("POST", "reset", {})
        assert databases(one)["shop"] == []
        one.control("POST", "snapshots/a/restore", {})
        assert len(one.rows()) == 1


def test_after_a_return_the_same_requests_make_the_same_ids(one: Client) -> None:
    one.control("POST", "snapshots", {"name": "a"})
    ids = []
    for _ in range(2):
        ids.append([one.single({"n": n}).json()["uuid"] for n in range(2)])
        one.control("POST", "snapshots/a/restore", {})

    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_a_snapshot_takes_the_place_of_one_with_its_name(one: Client) -> None:
    one.control("POST", "snapshots", {"name": "a"})
    one.single({"n": 1})
    one.control("POST", "snapshots", {"name": "a"})
    one.single({"n": 2})

    one.control("POST", "snapshots/a/restore", {})

    assert [row["n"] for row in one.rows()] == [1]
    assert one.control("DELETE", "snapshots/a") == {"snapshots": []}


def test_snapshots_in_a_folder_survive(start_client: Callable[..., Client], tmp_path: Path) -> None:
    first = start_client(data=tmp_path)
    first.single({"n": 1})
    first.control("POST", "snapshots", {"name": "a"})
    first.sandbox.close()

    again = start_client(data=tmp_path)
    again.single({"n": 2})
    again.control("POST", "snapshots/a/restore", {})

    assert [row["n"] for row in again.rows()] == [1]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "x" * 61, "a b", 7])
def test_a_snapshot_needs_a_plain_name(client: Client, name: object) -> None:
    answer = client.call("POST", "/_sandbox/snapshots", {"name": name}, key=None)

    assert answer.status_code == 400
    assert "/name" in answer.json()["message"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "x"), ("POST", "x/restore")])
def test_an_unknown_snapshot_is_not_found(client: Client, method: str, path: str) -> None:
    assert client.call(method, f"/_sandbox/snapshots/{path}", {}, key=None).status_code == 404


def test_the_pace_can_be_set_and_a_reset_brings_it_back(client: Client) -> None:
    assert client.control("GET", "pace") == {"pace": "immediate"}
    assert client.control("PUT", "pace", {"pace": "polls:3"}) == {"pace": "polls:3"}
    assert client.control("PUT", "pace", {"pace": "seconds:0.5"}) == {"pace": "seconds:0.5"}

    client.control("POST", "reset", {})

    assert client.control("GET", "pace") == {"pace": "immediate"}


@pytest.mark.parametrize("pace", ["", "polls", "polls:0", "polls:1.5", "seconds:-1", "soon:3"])
def test_a_wrong_pace_is_refused(client: Client, pace: str) -> None:
    answer = client.call("PUT", "/_sandbox/pace", {"pace": pace}, key=None)

    assert answer.status_code == 400
    assert "none of immediate, polls:N, seconds:N" in answer.json()["message"]


def test_the_outbox_is_empty_at_first(client: Client) -> None:
    assert client.control("GET", "outbox") == {"deliveries": []}
    assert client.call("GET", "/_sandbox/outbox/1", key=None).status_code == 404
