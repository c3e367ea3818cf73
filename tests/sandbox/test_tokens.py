"""Profiles API tokens: create, read, change, delete, list, and all that can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.sandbox.conftest import SEVERAL, token

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

TWO_PARENTS = {
    "parentSegments": [
        {"id": "101", "name": "One", "folders": [{"id": "201", "name": "One"}]},
        {
            "id": "102",
            "name": "Two",
            "folders": [{"id": "202", "name": "Two"}],
            "segments": [{"id": "301", "name": "Theirs"}],
        },
    ]
}


def problems(answer: Any) -> list[tuple[str, str]]:
    """Give pointer and code of each error of an answer."""
    found = []
    for error in answer.json()["errors"]:
        code = error["meta"].get("validationCode") or error["meta"]["parameterCode"]
        found.append((error["source"]["pointer"], code))
    return found


def test_a_created_token_is_answered_as_a_document(client: Client) -> None:
    body = token("Site", segments=("301",), attributeColumns=["email"], description="For pages.")

    answer = client.call("POST", "/entities/tokens", body, media_type=SEVERAL)

    data = answer.json()["data"]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == SEVERAL
    assert data["id"].isdigit()
    assert UUID(data["attributes"].pop("token"))
    assert data["attributes"] == {
        "audienceId": "101",
        "name": "Site",
        "description": "For pages.",
        "keyColumn": "td_global_id",
        "attributeColumns": ["email"],
        "createdAt": "2023-11-14T22:13:20.000Z",
        "updatedAt": "2023-11-14T22:13:20.000Z",
    }
    assert data["relationships"] == {
        "segments": {"data": [{"id": "301", "type": "segment-batch"}]},
        "parentFolder": {"data": {"id": "201", "type": "folder-segment"}},
        "createdBy": {"data": {"id": "1", "type": "user"}},
        "updatedBy": {"data": {"id": "1", "type": "user"}},
    }


def test_the_user_and_the_segments_are_included(client: Client) -> None:
    answer = client.call("POST", "/entities/tokens", token(segments=("301", "302")))

    assert answer.json()["included"] == [
        {"id": "1", "type": "user", "attributes": {"tdUserId": "1", "name": "Sandbox"}},
        {
            "id": "301",
            "type": "segment-batch",
            "attributes": {"name": "Members", "description": "", "population": 2},
            "relationships": {"parentFolder": {"data": {"id": "201", "type": "folder-segment"}}},
        },
        {
            "id": "302",
            "type": "segment-realtime",
            "attributes": {"name": "Active now", "description": "", "population": 1},
            "relationships": {"parentFolder": {"data": {"id": "201", "type": "folder-segment"}}},
        },
    ]


def test_a_created_token_can_be_read(client: Client) -> None:
    created = client.call("POST", "/entities/tokens", token()).json()

    read = client.call("GET", f"/entities/tokens/{created['data']['id']}")

    assert read.status_code == 200
    assert read.headers["Content-Type"] == SEVERAL
    assert read.json() == created


def test_an_id_in_a_create_is_ignored(client: Client) -> None:
    answer = client.call("POST", "/entities/tokens", token() | {"id": "7"})

    assert answer.status_code == 200
    assert answer.json()["data"]["id"] != "7"


def test_an_empty_key_column_is_filled(client: Client) -> None:
    assert client.create_token(keyColumn="")["attributes"]["keyColumn"] == "td_global_id"
    assert client.create_token("B", keyColumn="email")["attributes"]["keyColumn"] == "email"


def test_segments_may_be_left_out_or_null(client: Client) -> None:
    for name, segments in (("A", {}), ("B", {"segments": None}), ("C", {"segments": {"data": []}})):
        body = token(name)
        del body["relationships"]["segments"]
        body["relationships"] |= segments
        assert client.call("POST", "/entities/tokens", body).status_code == 200


def test_ids_of_references_may_be_numbers(client: Client) -> None:
    body = token()
    body["relationships"]["parentFolder"]["data"]["id"] = 201

    assert client.call("POST", "/entities/tokens", body).status_code == 200


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"name": ""}, [("/attributes/name", "CANNOT_BE_BLANK")]),
        ({"name": None}, [("/attributes/name", "CANNOT_BE_BLANK")]),
        ({"name": 7}, [("/attributes/name", "INVALID_FORMAT")]),
        ({"name": "1st"}, [("/attributes/name", "INVALID_FORMAT_OR_ASSOCIATION")]),
        ({"name": "a-b"}, [("/attributes/name", "INVALID_FORMAT_OR_ASSOCIATION")]),
        ({"name": "a\n"}, [("/attributes/name", "INVALID_FORMAT_OR_ASSOCIATION")]),
        ({"description": 7}, [("/attributes/description", "INVALID_FORMAT")]),
        ({"keyColumn": ["a"]}, [("/attributes/keyColumn", "INVALID_FORMAT")]),
        ({"attributeColumns": None}, [("/attributes/attributeColumns", "SHOULD_BE_ARRAY")]),
        ({"attributeColumns": "email"}, [("/attributes/attributeColumns", "SHOULD_BE_ARRAY")]),
        ({"attributeColumns": [1]}, [("/attributes/attributeColumns", "INVALID_FORMAT")]),
        ({"attributeColumns": list("abcdef")}, [("/attributes/attributeColumns", "IS_TOO_LONG")]),
    ],
)
def test_a_wrong_attribute_is_pointed_at(
    client: Client, changes: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    body = token()
    body["attributes"] |= changes

    answer = client.call("POST", "/entities/tokens", body)

    assert answer.status_code == 400
    assert problems(answer) == found


def test_five_attribute_columns_are_allowed(client: Client) -> None:
    assert client.create_token(attributeColumns=list("abcde"))


@pytest.mark.parametrize(
    ("relationships", "found"),
    [
        ({}, [("/relationships/parentFolder", "CANNOT_BE_BLANK")]),
        (
            {"parentFolder": {"data": {"id": "999", "type": "folder-segment"}}},
            [("/relationships/parentFolder", "INVALID_FORMAT_OR_ASSOCIATION")],
        ),
        (
            {"parentFolder": {"data": {"id": "201", "type": "folder"}}},
            [("/relationships/parentFolder", "INVALID_FORMAT_OR_ASSOCIATION")],
        ),
        (
            {"parentFolder": None},
            [("/relationships/parentFolder", "INVALID_FORMAT_OR_ASSOCIATION")],
        ),
        (
            {"segments": {"data": [{"id": "301", "type": "segment-batch"}, {"id": "9"}]}},
            [
                ("/relationships/parentFolder", "CANNOT_BE_BLANK"),
                ("/relationships/segments/data/1", "INVALID_FORMAT_OR_ASSOCIATION"),
            ],
        ),
        (
            {"segments": {"data": "301"}},
            [
                ("/relationships/parentFolder", "CANNOT_BE_BLANK"),
                ("/relationships/segments/data", "SHOULD_BE_ARRAY"),
            ],
        ),
    ],
)
def test_a_wrong_relationship_is_pointed_at(
    client: Client, relationships: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    answer = client.call("POST", "/entities/tokens", token() | {"relationships": relationships})

    assert answer.status_code == 400
    assert problems(answer) == found


def test_a_segment_of_another_kind_is_refused(client: Client) -> None:
    body = token(segments=("301",))
    body["relationships"]["segments"]["data"][0]["type"] = "segment-realtime"

    answer = client.call("POST", "/entities/tokens", body)

    assert problems(answer) == [("/relationships/segments/data/0", "INVALID_FORMAT_OR_ASSOCIATION")]


def test_a_segment_of_another_parent_segment_is_refused(client: Client) -> None:
    client.control("POST", "seed", TWO_PARENTS)

    answer = client.call("POST", "/entities/tokens", token(segments=("301",)))

    assert problems(answer) == [("/relationships/segments/data/0", "INVALID_FORMAT_OR_ASSOCIATION")]


def test_at_most_15_segments_are_allowed(client: Client) -> None:
    assert client.call("POST", "/entities/tokens", token("A", segments=("301",) * 15)).ok
    answer = client.call("POST", "/entities/tokens", token("B", segments=("301",) * 16))

    assert problems(answer) == [("/relationships/segments/data", "IS_TOO_LONG")]


def test_everything_wrong_is_reported_at_once(client: Client) -> None:
    answer = client.call("POST", "/entities/tokens", {})

    assert problems(answer) == [
        ("/type", "CANNOT_BE_BLANK"),
        ("/attributes/name", "CANNOT_BE_BLANK"),
        ("/attributes/attributeColumns", "CANNOT_BE_BLANK"),
        ("/relationships/parentFolder", "CANNOT_BE_BLANK"),
    ]


def test_another_type_is_refused(client: Client) -> None:
    answer = client.call("POST", "/entities/tokens", token() | {"type": "segment-batch"})

    assert problems(answer) == [("/type", "INVALID_FORMAT_OR_ASSOCIATION")]


@pytest.mark.parametrize("part", ["attributes", "relationships"])
def test_a_part_that_is_no_object_is_refused(client: Client, part: str) -> None:
    answer = client.call("POST", "/entities/tokens", token() | {part: []})

    assert (f"/{part}", "INVALID_FORMAT") in problems(answer)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_a_body_that_is_not_json_is_refused(client: Client, body: bytes) -> None:
    answer = client.call("POST", "/entities/tokens", body)

    assert answer.status_code == 400
    assert problems(answer) == [("/", "INVALID_FORMAT")]


@pytest.mark.parametrize("body", [[], "x", 1])
def test_a_body_that_is_no_object_is_refused(client: Client, body: Any) -> None:
    answer = client.call("POST", "/entities/tokens", body)

    assert answer.status_code == 400
    assert problems(answer)[0] == ("/", "INVALID_FORMAT")


def test_a_body_of_another_media_type_is_refused(client: Client) -> None:
    answer = client.call("POST", "/entities/tokens", token(), media_type="text/plain")

    assert answer.status_code == 415


def test_a_name_is_taken_once_in_a_parent_segment(client: Client) -> None:
    client.control("POST", "seed", TWO_PARENTS)
    client.create_token("Site")

    again = client.call("POST", "/entities/tokens", token("Site"))
    elsewhere = client.call("POST", "/entities/tokens", token("Site", folder="202"))

    assert again.status_code == 400
    assert again.json()["errors"] == [
        {
            "code": "validation-error",
            "status": "400",
            "detail": "Name has already been taken",
            "source": {"pointer": "/attributes/name"},
            "meta": {"validationCode": "VIOLATES_UNIQUENESS_CONSTRAINT"},
        }
    ]
    assert elsewhere.status_code == 200


def test_a_name_is_free_again_after_a_delete(client: Client) -> None:
    created = client.create_token("Site")
    client.call("DELETE", f"/entities/tokens/{created['id']}")

    assert client.create_token("Site")["id"] != created["id"]


def test_a_change_merges_into_what_there_is(client: Client) -> None:
    created = client.create_token("Site", segments=("301",), attributeColumns=["email"])
    client.control("PUT", "clock", {"advance": 60})

    answer = client.call(
        "PATCH",
        f"/entities/tokens/{created['id']}",
        {"id": created["id"], "type": "token", "attributes": {"description": "New."}},
    )

    expected = dict(created)
    expected["attributes"] = created["attributes"] | {
        "description": "New.",
        "updatedAt": "2023-11-14T22:14:20.000Z",
    }
    assert answer.status_code == 200
    assert answer.json()["data"] == expected
    assert client.call("GET", f"/entities/tokens/{created['id']}").json() == answer.json()


def test_a_change_may_replace_everything(client: Client) -> None:
    created = client.create_token("Site", segments=("301",), attributeColumns=["email"])
    body = token("Page", segments=("302",), attributeColumns=["country"], keyColumn="email")

    data = client.call("PATCH", f"/entities/tokens/{created['id']}", body).json()["data"]

    assert data["attributes"]["name"] == "Page"
    assert data["attributes"]["attributeColumns"] == ["country"]
    assert data["attributes"]["keyColumn"] == "email"
    assert data["attributes"]["token"] == created["attributes"]["token"]
    assert data["relationships"]["segments"]["data"] == [{"id": "302", "type": "segment-realtime"}]


def test_a_change_may_keep_the_name(client: Client) -> None:
    created = client.create_token("Site")

    answer = client.call("PATCH", f"/entities/tokens/{created['id']}", token("Site"))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"id": "7"}, ("/id", "IS_IMMUTABLE")),
        ({"attributes": {"name": "-"}}, ("/attributes/name", "INVALID_FORMAT_OR_ASSOCIATION")),
        ({"attributes": {"name": "Other"}}, ("/attributes/name", "VIOLATES_UNIQUENESS_CONSTRAINT")),
    ],
)
def test_a_wrong_change_changes_nothing(client: Client, body: Any, found: tuple[str, str]) -> None:
    client.create_token("Other")
    path = f"/entities/tokens/{client.create_token('Site')['id']}"
    before = client.call("GET", path).json()

    answer = client.call("PATCH", path, {"type": "token"} | body)

    assert answer.status_code == 400
    assert problems(answer) == [found]
    assert client.call("GET", path).json() == before


def test_a_token_cannot_move_to_another_parent_segment(client: Client) -> None:
    client.control("POST", "seed", TWO_PARENTS)
    created = client.create_token()

    answer = client.call("PATCH", f"/entities/tokens/{created['id']}", token(folder="202"))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["meta"] == {"unprocessableEntityCode": "CANNOT_MOVE"}


def test_a_deleted_token_is_answered_a_last_time(client: Client) -> None:
    created = client.create_token()

    answer = client.call("DELETE", f"/entities/tokens/{created['id']}")

    assert answer.status_code == 200
    assert answer.json()["data"] == created
    assert client.call("GET", f"/entities/tokens/{created['id']}").status_code == 404
    assert client.call("DELETE", f"/entities/tokens/{created['id']}").status_code == 404


@pytest.mark.parametrize("key", ["999", "abc", "-1", "1e3", "9" * 400, "%00", "१"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_token_is_not_found(client: Client, method: str, key: str) -> None:
    answer = client.call(method, f"/entities/tokens/{key}", {} if method == "PATCH" else None)

    assert answer.status_code == 404
    assert answer.json() == {
        "errors": [
            {"code": "record-not-found-error", "status": "404", "detail": "Record not found"}
        ]
    }


def test_the_tokens_of_a_parent_segment_are_listed_flat(client: Client) -> None:
    created = client.create_token("Site", segments=("302",), attributeColumns=["email"])

    answer = client.call("GET", "/audiences/101/tokens")

    user = {"id": "1", "td_user_id": "1", "name": "Sandbox"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == [
        {
            "id": created["id"],
            "audienceId": "101",
            "token": created["attributes"]["token"],
            "description": "",
            "keyColumn": "td_global_id",
            "attributeColumns": ["email"],
            "segments": [
                {
                    "id": 302,
                    "name": "Active now",
                    "realtime": True,
                    "kind": 1,
                    "description": "",
                    "segmentFolderId": 201,
                    "population": 1,
                }
            ],
            "v2": True,
            "createdAt": "2023-11-14T22:13:20.000Z",
            "updatedAt": "2023-11-14T22:13:20.000Z",
            "createdBy": user,
            "updatedBy": user,
        }
    ]


def test_tokens_are_listed_for_their_own_parent_segment(client: Client) -> None:
    client.control("POST", "seed", TWO_PARENTS)
    client.create_token("Site")

    assert len(client.call("GET", "/audiences/101/tokens").json()) == 1
    assert client.call("GET", "/audiences/102/tokens").json() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/entities/tokens/401"),
        ("GET", "/entities/journeys/401/statistics"),
        ("POST", "/entities/predictive_segments/401/run"),
    ],
)
def test_what_the_sandbox_does_not_do_says_so(client: Client, method: str, path: str) -> None:
    answer = client.call(method, path, {} if method in {"POST", "PUT"} else None)

    assert answer.status_code == 501
    assert answer.json()["code"] == "not-implemented"
    assert f"{method} {path}" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/nowhere", "/a/b/c", "/_sandbox/nothing"])
def test_a_path_nobody_has_is_not_found(client: Client, path: str) -> None:
    answer = client.call("GET", path)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
