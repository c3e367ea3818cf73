"""The CDP answers, held against the schemas of the vendor's own specification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from tests.sandbox.conftest import token

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import Client


def translated(schema: Any) -> Any:
    """Turn an OpenAPI 3.0 schema into JSON Schema: `nullable` becomes a type of its own."""
    if isinstance(schema, list):
        return [translated(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: translated(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if schema.get("nullable") is True else plain


@pytest.fixture(scope="session")
def schemas(contract_file: Path) -> Any:
    """Read the specification's schemas."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with contract_file.open("rb") as file:
        schemas = translated(yaml.load(file, loader)["components"]["schemas"])
    # A slip of the specification: it puts `data` around each reference once more, so that both
    # alternatives take any reference, and none can be taken by exactly one of them.
    references = schemas["RelationshipsSegmentJsonApiResource"]["properties"]["data"]["items"]
    references["anyOf"] = [one["properties"]["data"] for one in alternatives(schemas, references)]
    return schemas


def alternatives(schemas: Any, references: Any) -> list[Any]:
    """Take the alternatives out of a schema and follow their references."""
    return [schemas[one["$ref"].rpartition("/")[2]] for one in references.pop("oneOf")]


def problems(schemas: Any, schema: Any, document: Any) -> list[str]:
    """Hold a document against a schema of the specification."""
    whole = {**schema, "components": {"schemas": schemas}}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def named(name: str) -> dict[str, str]:
    """Point at a schema of the specification."""
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_token_document_fits(client: Client, schemas: Any) -> None:
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
        assert problems(schemas, named("EntitiesGetTokenJsonApiResponse"), document) == []


def test_the_list_of_tokens_fits(client: Client, schemas: Any) -> None:
    client.create_token(segments=("301",))

    document = client.call("GET", "/audiences/101/tokens").json()

    assert len(document) == 1
    assert problems(schemas, {"items": named("Token")}, document) == []


def test_parent_segments_fit(client: Client, schemas: Any) -> None:
    document = client.call("GET", "/entities/parent_segments/101").json()
    listed = client.call("GET", "/entities/parent_segments").json()

    name = "EntitiesGetParentSegmentJsonApiResponse"
    assert problems(schemas, named(name), document) == []
    assert listed == {"data": [document["data"]]}


def test_audiences_fit(client: Client, schemas: Any) -> None:
    document = client.call("GET", "/audiences/101").json()

    assert problems(schemas, named("Audience"), document) == []
    assert client.call("GET", "/audiences").json() == [document]


def test_folders_fit(client: Client, schemas: Any) -> None:
    document = client.call("GET", "/audiences/101/folders").json()

    schema = {"items": named("SegmentFolderReadRepresentation"), "minItems": 1}
    assert problems(schemas, schema, document) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/entities/tokens", {"type": "token"}, "JsonApiValidationError"),
        ("POST", "/entities/tokens", [], "JsonApiBadParameterError"),
        ("GET", "/entities/tokens/999", None, "JsonApiNotFoundError"),
        ("GET", "/entities/parent_segments/999", None, "JsonApiNotFoundError"),
    ],
)
def test_resource_errors_fit(
    client: Client, schemas: Any, method: str, path: str, body: Any, name: str
) -> None:
    errors = client.call(method, path, body).json()["errors"]

    assert errors
    assert problems(schemas, named(name), errors[0]) == []


def test_a_move_that_cannot_be_fits(client: Client, schemas: Any) -> None:
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
    assert problems(schemas, named(name), answer.json()["errors"][0]) == []


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/audiences/999", "1/sandbox", 404),
        ("/audiences", None, 401),
        ("/audiences", "2/sandbox", 401),
        ("/entities/tokens/1", None, 401),
    ],
)
def test_flat_errors_fit(
    client: Client, schemas: Any, path: str, key: str | None, status: int
) -> None:
    answer = client.call("GET", path, key=key)

    assert answer.status_code == status
    assert problems(schemas, named("Error"), answer.json()) == []


def test_the_check_itself_can_fail(schemas: Any) -> None:
    wrong = {"data": {"id": "01x", "type": "token", "attributes": {}}, "included": []}

    assert problems(schemas, named("EntitiesGetTokenJsonApiResponse"), wrong)
