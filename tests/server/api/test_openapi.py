"""The OpenAPI document: it is what the server does, and everything is in it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator

from tests.connections.bodies import USERS
from tests.connections.service.service import (
    S3,
)
from tests.server.api.conftest import PASSWORD, Site

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.errors import SerializationNotPossible
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

GOLDEN = Path(__file__).parent / "goldens" / "openapi.json"

BRIEF = {
    "GET /v1/connections/",
    "GET /v1/connections/{connection}/",
    "PUT /v1/connections/{connection}/",
    "DELETE /v1/connections/{connection}/",
    "POST /v1/connections/{connection}/test/",
    "GET /v1/connections/{connection}/tables/",
    "PATCH /v1/connections/{connection}/tables/{name}/",
    "GET /v1/connections/{connection}/tables/{name}/",
    "DELETE /v1/connections/{connection}/tables/{name}/",
    "POST /v1/connections/{connection}/tables/{name}/test/",
    "GET /v1/connections/{connection}/tables/{name}/test/",
    "GET /v1/tables/",
}


@pytest.fixture(scope="module")
def document(lite: Site) -> Any:
    return lite.client.ask("GET", "/openapi.json").json


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def with_references(document: Any, value: Any) -> Any:
    """Return a value with what it refers to in its place."""
    if isinstance(value, list):
        return [with_references(document, one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        found = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return with_references(document, found)
    return {name: with_references(document, one) for name, one in value.items()}


class TestDocument:
    def test_it_is_what_was_agreed(self, document: Any, golden: Any) -> None:
        """A change here is a change of the contract: regenerate it and read the difference."""
        golden(GOLDEN, document)

    def test_all_endpoints_of_the_brief_are_in_it(self, document: Any) -> None:
        assert {name for name, _ in operations(document)} >= BRIEF

    def test_it_is_openapi_3_1_with_names_of_its_own(self, document: Any) -> None:
        ids = [operation["operationId"] for _, operation in operations(document)]

        assert document["openapi"] == "3.1.0"
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch("[a-z_]+", one) for one in ids)
        known = {tag["name"] for tag in document["tags"]}
        assert all(set(operation["tags"]) <= known for _, operation in operations(document))

    def test_what_needs_a_token_says_so(self, document: Any) -> None:
        public = {name for name, one in operations(document) if not one.get("security")}

        assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
        assert public == {
            "GET /health",
            "POST /v1/login/individual/",
            "POST /v1/login/refresh-token/",
            "POST /v1/login/root/",
            "POST /v1/login/service/",
            "POST /v1/setup/",
            "PUT /v1/uploads/{database}/{name}/",
        }

    def test_every_operation_documents_its_errors(self, document: Any) -> None:
        for name, operation in operations(document):
            statuses = set(operation["responses"])
            assert statuses >= {"200", "400", "429", "500", "503"}, name
            assert "422" not in statuses, name
            if operation.get("security"):
                assert statuses >= {"401", "403"}, name
            for status in statuses - {"200", "308"}:
                response = with_references(document, operation["responses"][status])
                assert list(response["content"]) == ["application/problem+json"], name

    @pytest.mark.parametrize(
        ("name", "status", "errors"),
        [
            ("GET /v1/connections/{connection}/", "404", {"CONNECTION_NOT_FOUND"}),
            ("GET /v1/connections/{connection}/tables/{name}/", "404", {"TABLE_NOT_FOUND"}),
            (
                "GET /v1/connections/{connection}/tables/{name}/test/",
                "404",
                {"TABLE_NOT_FOUND", "RESOURCE_NOT_FOUND"},
            ),
            ("PUT /v1/connections/{connection}/", "400", {"WRONG_DATA_TYPE"}),
            ("GET /v1/tables/", "403", {"ForbiddenError", "DATABASE_NOT_SELECTED"}),
        ],
    )
    def test_errors_are_documented_by_name(
        self, document: Any, name: str, status: str, errors: set[str]
    ) -> None:
        response = dict(operations(document))[name]["responses"][status]

        assert set(response["content"]["application/problem+json"]["examples"]) == errors

    def test_every_example_fits_its_schema(self, document: Any) -> None:
        seen = 0
        for where, schema, example in examples(document):
            problems = [one.message for one in Draft202012Validator(schema).iter_errors(example)]
            assert not problems, where
            seen += 1
        assert seen > 100

    def test_a_password_is_marked_as_one(self, document: Any) -> None:
        login = document["components"]["schemas"]["IndividualLogin"]["properties"]

        assert login["password"]["format"] == "password"


def examples(document: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each example with its schema, of errors and of shapes."""
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for content in with_references(document, response).get("content", {}).values():
                for title, example in content.get("examples", {}).items():
                    yield f"{name} {status} {title}", content["schema"], example["value"]
    for name, schema in document["components"]["schemas"].items():
        whole = with_references(document, schema)
        for example in schema.get("examples", []):
            yield name, _without_required(whole, name), example


def _without_required(schema: Any, name: str) -> Any:
    """Examples of the brief leave out what we add: `status_detail` and the like."""
    if name in {"Table", "TablePage", "TablePreview", "ThinTables", "Connections"}:
        return {**schema, "required": []}
    return schema


class Nesting(HTMLParser):
    """Finds tags that are closed in another order than they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.within: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in {"meta", "input"}:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.within or self.within.pop() != tag:
            self.faults.append(f"{tag} at {self.getpos()}")


class TestPages:
    def test_the_docs_load_nothing(self, lite: Site, document: Any) -> None:
        found = lite.client.ask("GET", "/docs")
        html = found.body.decode()

        assert found.headers["content-type"] == "text/html; charset=utf-8"
        assert not re.search(r"<script|<link|<img|<iframe|src=|url\(|@import|https?://", html)
        assert "default-src 'none'; style-src 'sha256-" in found.headers["content-security-policy"]
        for name, operation in operations(document):
            assert f"<code>{name.partition(' ')[2]}</code>" in html or operation["deprecated"]

    @pytest.mark.parametrize("path", ["/docs", "/setup"])
    def test_every_tag_is_closed(self, lite: Site, path: str) -> None:
        reader = Nesting()

        reader.feed(lite.client.ask("GET", path).body.decode())

        assert reader.faults == []
        assert reader.within == []

    def test_the_set_up_page_runs_its_own_script_alone(self, lite: Site) -> None:
        found = lite.client.ask("GET", "/setup?token=argu_secret")
        policy = found.headers["content-security-policy"]

        assert found.status == 200
        assert b"argu_secret" not in found.body
        assert re.search(r"script-src 'sha256-[^']+'; connect-src 'self'", policy)
        assert "unsafe" not in policy


#: Ids in paths are made known ones half of the time, so that more than "not found" is seen.
KNOWN = {"connection": ["S3", "LOCAL", "GCS"], "name": ["users"], "type": ["S3"]}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 8


@pytest.fixture(scope="module")
def generated(lite: Site) -> Any:
    """The operations as schemathesis reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return schemathesis.openapi.from_wsgi("/openapi.json", lite.client.application)


def all_operations() -> list[str]:
    known = GOLDEN.read_bytes() if GOLDEN.is_file() else b'{"paths": {}}'
    return sorted(name for name, _ in operations(json.loads(known)))


@pytest.mark.parametrize("name", all_operations())
def test_no_request_breaks_the_contract(name: str, lite: Site, generated: Any) -> None:
    method, path = name.split()
    operation = generated[path][method]
    headers = {"Authorization": f"Bearer {_prepared(lite)}"}

    @seed(20_260_101)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        try:
            case = data.draw(operation.as_strategy(generation_mode=mode))
        except (Unsatisfiable, SerializationNotPossible):
            return  # nothing of it could be made wrong
        for parameter in case.path_parameters or {}:
            if parameter in KNOWN and data.draw(st.booleans()):
                case.path_parameters[parameter] = data.draw(st.sampled_from(KNOWN[parameter]))
        case.call_and_validate(headers=headers, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        send()


def _prepared(site: Site) -> str:
    """Return a token of root, in a database that is there with a table in it."""
    site.clock.time += 4000  # so that wrong logins are forgotten
    root = site.as_("root", database=False)
    root.ask("POST", "/v1/databases/", {"name": "shop"})
    body = {"email": "root@one.example.com", "password": PASSWORD, "db_name": "shop"}
    token = str(site.client.ask("POST", "/v1/login/individual/", body).json["token"])
    client = site.client.with_token(token)
    client.ask("PUT", "/v1/connections/S3/", S3)
    client.ask("PATCH", "/v1/connections/S3/tables/users/", USERS)
    return token
