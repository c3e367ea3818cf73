"""The CDP answers, held against the schemas of the vendor's own specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contracts import errors, needs_contracts
from tests.sandbox.conftest import token

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


pytestmark = needs_contracts


def problems(schema: dict[str, Any], document: Any) -> list[str]:
    """Hold a document against a schema of the specification."""
    return [f"{error.json_path}: {error.message}" for error in errors("cdp-api", schema, document)]


def named(name: str) -> dict[str, str]:
    """Point at a schema of the specification."""
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_token_document_fits(client: Client) -> None:
    body = token("Site", segments=("301", "302"), attributeColumns=["email"])
    created = client.call("POST", "/entities/tokens", body).json()
    path = f"/entities/tokens/{created['data']['id']}"
    documents = [
        created,
        client.call("GET", path).json(),
        client.call("PATCH", path, {"type": "token", "attributes": {"name": "Page"}}).json(),
        client.call("DELETE", path).json(),
    ]

    for document in documents:
        assert problems(named("EntitiesGetTokenJsonApiResponse"), document) == []


def test_the_list_of_tokens_fits(client: Client) -> None:
    client.create_token(segments=("301",))

    document = client.call("GET", "/audiences/101/tokens").json()

    assert len(document) == 1
    assert problems({"items": named("Token")}, document) == []


def test_parent_segments_fit(client: Client) -> None:
    document = client.call("GET", "/entities/parent_segments/101").json()
    listed = client.call("GET", "/entities/parent_segments").json()

    name = "EntitiesGetParentSegmentJsonApiResponse"
    assert problems(named(name), document) == []
    assert listed == {"data": [document["data"]]}


def test_audiences_fit(client: Client) -> None:
    document = client.call("GET", "/audiences/101").json()

    assert problems(named("Audience"), document) == []
    assert client.call("GET", "/audiences").json() == [document]


def test_folders_fit(client: Client) -> None:
    document = client.call("GET", "/audiences/101/folders").json()

    schema = {"items": named("SegmentFolderReadRepresentation"), "minItems": 1}
    assert problems(schema, document) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/entities/tokens", {"type": "token"}, "JsonApiValidationError"),
        ("POST", "/entities/tokens", [], "JsonApiBadParameterError"),
        ("GET", "/entities/tokens/999", None, "JsonApiNotFoundError"),
        ("GET", "/entities/parent_segments/999", None, "JsonApiNotFoundError"),
    ],
)
def test_resource_errors_fit(client: Client, method: str, path: str, body: Any, name: str) -> None:
    errors = client.call(method, path, body).json()["errors"]

    assert errors
    assert problems(named(name), errors[0]) == []


def test_a_move_that_cannot_be_fits(client: Client) -> None:
    created = client.create_token()
    client.control(
        "POST",
        "seed",
        {
            "parentSegments": [
                {
                    "id": "101",
                    "name": "One",
                    "folders": [{"id": "201", "name": "One"}],
                    "tokens": [{"id": created["id"], "name": "Site"}],
                },
                {"id": "102", "name": "Two", "folders": [{"id": "202", "name": "Two"}]},
            ]
        },
    )

    answer = client.call("PATCH", f"/entities/tokens/{created['id']}", token(folder="202"))

    name = "JsonApiUnprocessableEntityError"
    assert problems(named(name), answer.json()["errors"][0]) == []


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/audiences/999", "1/sandbox", 404),
        ("/audiences", None, 401),
        ("/audiences", "2/sandbox", 401),
        ("/entities/tokens/1", None, 401),
    ],
)
def test_flat_errors_fit(client: Client, path: str, key: str | None, status: int) -> None:
    answer = client.call("GET", path, key=key)

    assert answer.status_code == status
    assert problems(named("Error"), answer.json()) == []


def test_the_check_itself_can_fail() -> None:
    wrong = {"data": {"id": "01x", "type": "token", "attributes": {}}, "included": []}

    assert problems(named("EntitiesGetTokenJsonApiResponse"), wrong)
