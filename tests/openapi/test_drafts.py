"""What becomes of the parts of a document; every import here passes the check without a finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from argosy.openapi import Imported
from tests.openapi.conftest import document, made_capability, made_manifest

Take = Callable[..., Imported]

OK: dict[str, Any] = {"responses": {"200": {"description": "Done"}}}


def answer(schema: Any, media: str = "application/json", status: str = "200") -> dict[str, Any]:
    return {"responses": {status: {"description": "Done", "content": {media: {"schema": schema}}}}}


def body(schema: Any, media: str = "application/json", *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {media: {"schema": schema}}}}


class TestNames:
    @pytest.mark.parametrize(
        ("operation", "method", "path", "expected"),
        [
            ({"operationId": "getUserByID"}, "get", "/x", "get-user-by-id"),
            ({"operationId": "users_list.v2"}, "get", "/x", "users-list-v2"),
            ({"operationId": "Grün ändern"}, "put", "/x", "grun-andern"),
            ({"operationId": "日本"}, "get", "/orders", "get-orders"),
            ({"operationId": "2fa"}, "get", "/x", "n2-fa"),
            (answer({"type": "array", "items": {}}), "get", "/v1/orders", "list-orders"),
            ({}, "get", "/companies/{id}", "get-company"),
            (answer({"type": "array"}), "get", "/users/{id}/orders", "list-user-orders"),
            ({}, "post", "/orders", "create-order"),
            ({}, "post", "/orders/{id}/cancel", "cancel-order"),
            ({}, "put", "/orders/{id}", "replace-order"),
            ({}, "patch", "/orders/{id}", "update-order"),
            ({}, "delete", "/boxes/{id}", "delete-box"),
            ({}, "get", "/", "get"),
        ],
    )
    def test_an_operation_gets_its_own_id_or_one_of_its_path(
        self, take: Take, operation: dict[str, Any], method: str, path: str, expected: str
    ) -> None:
        made = take(document({path: {method: {**OK, **operation}}}))

        assert made.capabilities == (expected,)

    def test_two_of_one_name_get_two(self, take: Take) -> None:
        same = {**OK, "operationId": "get-it"}

        made = take(
            document({"/a": {"get": same}, "/b": {"get": {**same, "operationId": "getIt"}}})
        )

        assert made.capabilities == ("get-it", "get-it-2")

    def test_inputs_that_the_host_reads_itself_give_way(self, take: Take) -> None:
        names = ["region", "all", "wait", "user-id", "userId", "User_ID"]
        parameters = [{"name": one, "in": "query", "schema": {"type": "string"}} for one in names]

        made = take(document({"/a": {"get": {**OK, "parameters": parameters}}}))

        found = made_capability(made, "get-a")
        assert found["request"]["query"] == {
            "region": "{{ inputs.regionValue }}",
            "all": "{{ inputs.allValue }}",
            "wait": "{{ inputs.waitValue }}",
            "user-id": "{{ inputs.userId }}",
            "userId": "{{ inputs.userId2 }}",
            "User_ID": "{{ inputs.userId3 }}",
        }

    def test_words_are_made_plain(self, take: Take) -> None:
        operation = {
            **OK,
            "summary": "Please **list** [all](https://x.example.com) <b>things</b>! Now! And more.",
            "description": "Line one.\n\n* item `x` &amp; y",
            "tags": ["Things & co"],
        }

        found = made_capability(take(document({"/a": {"get": operation}})), "get-a")

        assert found["summary"] == "List all things."
        assert found["description"] == "Line one. item x & y"
        assert found["group"] == "Things Co"


class TestAddresses:
    def test_servers_are_regions(self, take: Take) -> None:
        servers = [
            {"url": "https://api.example.com/v1/", "description": "Production"},
            {
                "url": "https://{site}.example.com:{port}/v1",
                "variables": {
                    "site": {"default": "eu", "enum": ["eu", "us"]},
                    "port": {"default": "8443"},
                },
            },
            {"url": "http://api.example.com", "description": "Plain"},
            {"url": "https://user:pw@api.example.com"},
        ]

        made = take(document({"/a": {"get": OK}}, servers=servers))

        regions = made_manifest(made)["regions"]
        assert {name: one["endpoints"]["api"] for name, one in regions.items()} == {
            "production": "https://api.example.com/v1",
            "eu": "https://eu.example.com:8443/v1",
            "us": "https://us.example.com:8443/v1",
        }
        assert "region" in made_capability(made, "get-a")["inputs"]["properties"]
        told = [note.text for note in made.notes]
        assert any("an address is https" in one for one in told)
        assert any("no user and no password" in one for one in told)

    def test_one_server_needs_no_region(self, take: Take) -> None:
        made = take(document({"/a": {"get": OK}}))

        assert made.regions == ("main",)
        assert made.settings == ()
        assert made_capability(made, "get-a")["inputs"]["properties"] == {}

    def test_a_relative_server_goes_below_the_one_that_is_given(self, take: Take) -> None:
        given = document({"/a": {"get": OK}}, servers=[{"url": "/v3"}])

        made = take(given, server="https://here.example.com/base", family="things")

        endpoints = made_manifest(made)["regions"]["main"]["endpoints"]
        assert endpoints == {"things": "https://here.example.com/base/v3"}

    def test_an_operation_with_a_server_of_its_own_has_a_family_of_its_own(
        self, take: Take
    ) -> None:
        own = {**OK, "servers": [{"url": "https://uploads.example.com"}]}

        made = take(document({"/a": {"get": OK, "post": own}}))

        assert made_capability(made, "create-a")["family"] == "uploads"
        endpoints = made_manifest(made)["regions"]["main"]["endpoints"]
        assert endpoints == {
            "api": "https://things.example.com",
            "uploads": "https://uploads.example.com",
        }


class TestSecurity:
    @pytest.mark.parametrize(
        ("scheme", "auth", "settings"),
        [
            (
                {"type": "apiKey", "in": "query", "name": "key"},
                {"query": "key", "value": "{{ connection.apiKey }}"},
                ("apiKey",),
            ),
            (
                {"type": "apiKey", "in": "cookie", "name": "sid"},
                {"header": "Cookie", "value": "sid={{ connection.apiKey }}"},
                ("apiKey",),
            ),
            (
                {"type": "http", "scheme": "Bearer"},
                {"header": "Authorization", "value": "Bearer {{ connection.token }}"},
                ("token",),
            ),
            (
                {"type": "http", "scheme": "basic"},
                {
                    "header": "Authorization",
                    "value": "Basic {{ (connection.username ~ ':' ~ "
                    "(connection.password | default(''))) | base64 }}",
                },
                ("username", "password"),
            ),
            (
                {"type": "http", "scheme": "TD1"},
                {"header": "Authorization", "value": "TD1 {{ connection.apiKey }}"},
                ("apiKey",),
            ),
            (
                {"type": "oauth2", "flows": {"authorizationCode": {"tokenUrl": "https://x"}}},
                {"header": "Authorization", "value": "Bearer {{ connection.accessToken }}"},
                ("accessToken",),
            ),
            (
                {"type": "openIdConnect", "openIdConnectUrl": "https://x"},
                {"header": "Authorization", "value": "Bearer {{ connection.accessToken }}"},
                ("accessToken",),
            ),
        ],
    )
    def test_a_scheme_is_a_credential_and_its_settings(
        self, take: Take, scheme: dict[str, Any], auth: Any, settings: tuple[str, ...]
    ) -> None:
        components = {"securitySchemes": {"login": scheme}}

        made = take(document({"/a": {"get": OK}}, components=components, security=[{"login": []}]))

        assert made_manifest(made)["auth"] == auth
        assert made.settings == settings
        assert made_manifest(made)["settings"]["required"] == list(settings)[:1]

    def test_the_first_alternative_that_can_be_used_is_taken(self, take: Take) -> None:
        schemes = {
            "signed": {"type": "mutualTLS"},
            "digest": {"type": "http", "scheme": "digest"},
            "app": {"type": "apiKey", "in": "header", "name": "X-App"},
            "user": {"type": "apiKey", "in": "header", "name": "X-User"},
        }
        security: list[dict[str, Any]] = [
            {},
            {"signed": []},
            {"digest": []},
            {"app": [], "user": []},
        ]
        components = {"securitySchemes": schemes}

        made = take(document({"/a": {"get": OK}}, components=components, security=security))

        assert made_manifest(made)["auth"] == [
            {"header": "X-App", "value": "{{ connection.apiKey }}"},
            {"header": "X-User", "value": "{{ connection.userApiKey }}"},
        ]

    def test_a_key_that_is_declared_as_a_parameter_is_a_setting(self, take: Take) -> None:
        parameter = {"name": "authorization", "in": "header", "required": True, "schema": {}}

        made = take(document({"/a": {"get": {**OK, "parameters": [parameter]}}}))

        assert made.settings == ("authorization",)
        assert made_manifest(made)["auth"]["value"] == "{{ connection.authorization }}"
        assert made_capability(made, "get-a")["inputs"]["properties"] == {}

    def test_an_operation_may_authenticate_in_its_own_way(self, take: Take) -> None:
        schemes = {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {"type": "http", "scheme": "bearer"},
        }
        paths = {
            "/a": {"get": OK, "put": OK, "post": {**OK, "security": [{"login": []}]}},
            "/b": {"get": {**OK, "security": []}},
        }

        made = take(
            document(paths, components={"securitySchemes": schemes}, security=[{"key": []}])
        )

        assert "auth" not in made_capability(made, "get-a")
        assert made_capability(made, "create-a")["auth"]["value"] == (
            "Bearer {{ connection.token }}"
        )
        assert made_capability(made, "get-b")["auth"] is False


class TestInputs:
    def test_parameters_keep_their_limits_and_tell_their_defaults(self, take: Take) -> None:
        schema = {
            "type": "integer",
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 9,
            "default": 3,
        }
        parameters = [
            {"name": "size", "in": "query", "description": "How many", "schema": schema},
            {
                "name": "q",
                "in": "query",
                "required": True,
                "schema": {"type": ["string", "null"], "pattern": "^[a-z]+$", "example": "abc"},
            },
        ]

        made = take(document({"/a": {"get": {**OK, "parameters": parameters}}}))

        inputs = made_capability(made, "get-a")["inputs"]
        assert inputs["required"] == ["q"]
        assert inputs["properties"]["size"] == {
            "title": "Size",
            "description": "How many. The API's default is 3.",
            "type": "integer",
            "exclusiveMinimum": 0,
            "maximum": 9,
        }
        assert inputs["properties"]["q"]["pattern"] == "^[a-z]+$"

    def test_a_parameter_of_the_path_item_gives_way_to_the_operations(self, take: Take) -> None:
        shared = {"name": "id", "in": "path", "schema": {"type": "integer"}}
        own = {"name": "id", "in": "path", "schema": {"type": "string", "enum": ["a", "b"]}}
        item = {"parameters": [shared], "get": {**OK, "parameters": [own]}, "put": OK}

        made = take(document({"/a/{id}": item}))

        get, put = (made_capability(made, name) for name in ("get-a", "replace-a"))
        assert get["inputs"]["properties"]["id"]["enum"] == ["a", "b"]
        assert put["inputs"]["properties"]["id"]["type"] == "integer"

    def test_a_placeholder_that_nothing_declares_is_an_input(self, take: Take) -> None:
        made = take(document({"/a/{some-id}.{ext}": {"get": OK}}))

        found = made_capability(made, "get-a")
        assert found["request"]["path"] == "/a/{someId}.{ext}"
        assert found["inputs"]["required"] == ["someId", "ext"]

    def test_a_query_in_the_path_is_sent_as_it_stands(self, take: Take) -> None:
        made = take(document({"/a?kind=x&y=": {"get": OK}, "/a#other": {"get": OK}}))

        found = made_capability(made, "get-a")
        assert (found["request"]["path"], found["request"]["query"]) == (
            "/a",
            {"kind": "x", "y": ""},
        )
        assert len(made.capabilities) == 2

    def test_a_body_that_is_no_record_is_one_input(self, take: Take) -> None:
        schemas: list[Any] = [
            {"type": "array", "items": {"type": "integer"}},
            {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]},
            {"type": "object"},
            True,
        ]
        paths = {f"/{n}": {"post": {**OK, **body(one)}} for n, one in enumerate(schemas)}

        made = take(document(paths))

        for name in made.capabilities:
            found = made_capability(made, name)
            assert found["request"]["body"] == "{{ inputs.body }}"
            assert found["inputs"]["required"] == ["body"]

    def test_a_body_that_may_be_left_out_is_given_whole_or_not_at_all(self, take: Take) -> None:
        properties = {"a": {"type": "string"}, "b": {"type": "string", "example": "x"}}
        schema = {"type": "object", "required": ["a"], "properties": properties}
        unsaid = body(schema)
        del unsaid["requestBody"]["required"]
        paths = {"/a": {"post": {**OK, **body(schema, required=False)}, "put": {**OK, **unsaid}}}

        made = take(document(paths))

        inputs = made_capability(made, "create-a")["inputs"]
        assert "required" not in inputs
        assert inputs["dependentRequired"] == {"a": ["a"], "b": ["a"]}
        assert made_capability(made, "replace-a")["inputs"]["required"] == ["a"]

    def test_a_path_carries_text_and_whole_numbers(self, take: Take) -> None:
        kinds: dict[str, Any] = {
            "n": {"type": "integer", "minimum": 1},
            "x": {"type": "number"},
            "y": {"type": "boolean"},
            "z": {"type": "array", "items": {}},
        }
        parameters = [{"name": one, "in": "path", "schema": kinds[one]} for one in kinds]

        made = take(document({"/{n}/{x}/{y}/{z}": {"get": {**OK, "parameters": parameters}}}))

        found = made_capability(made, made.capabilities[0])["inputs"]["properties"]
        assert {name: one["type"] for name, one in found.items()} == {
            "n": "integer",
            "x": "string",
            "y": "string",
            "z": "string",
        }
        assert found["y"]["enum"] == ["true", "false"]

    def test_text_and_bytes_are_sent_as_they_are(self, take: Take) -> None:
        paths = {
            "/text": {"post": {**OK, **body({"type": "string"}, "text/csv")}},
            "/file": {"post": {**OK, **body({}, "application/gzip")}},
        }

        made = take(document(paths))

        text, data = (made_capability(made, f"create-{name}") for name in ("text", "file"))
        assert text["request"]["headers"] == {"Content-Type": "text/csv"}
        assert "contentEncoding" not in text["inputs"]["properties"]["body"]
        assert data["inputs"]["properties"]["body"]["contentEncoding"] == "base64"
        assert (text["request"]["encoding"], data["request"]["encoding"]) == ("bytes", "bytes")

    def test_shapes_with_a_name_become_files_even_where_they_hold_themselves(
        self, take: Take
    ) -> None:
        node = {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z]{3}$"},
                "parent": {"allOf": [{"$ref": "#/components/schemas/Node"}], "nullable": True},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            },
        }
        schema = {"type": "object", "properties": {"root": {"$ref": "#/components/schemas/Node"}}}

        made = take(
            document(
                {"/a": {"post": {**OK, **body(schema)}}}, components={"schemas": {"Node": node}}
            )
        )

        assert [one.name for one in made.folder.glob("schemas/*")] == ["node.schema.json"]
        found = made_capability(made, "create-a")["inputs"]["properties"]["root"]
        assert found["$ref"] == "../../schemas/node.schema.json"

    def test_a_limit_that_no_value_is_found_for_is_left_out_and_told(self, take: Take) -> None:
        odd = {"type": "string", "pattern": "^(?=b)a$"}
        parameters = [{"name": "odd", "in": "query", "required": True, "schema": odd}]

        made = take(document({"/a": {"get": {**OK, "parameters": parameters}}}))

        assert "pattern" not in made_capability(made, "get-a")["inputs"]["properties"]["odd"]
        assert [(note.where, note.text) for note in made.notes] == [
            ("GET /a", "no value fits the limits of 'odd'; they are left out")
        ]


class TestAnswers:
    @pytest.mark.parametrize(
        ("operation", "outputs"),
        [
            (answer({"type": "object", "properties": {"a-b": {}, "next": {}, "x": {}}}), None),
            (answer({"type": "array", "items": {"type": "string"}}), {"things": "{{ body }}"}),
            (answer({"type": "string"}), {"result": "{{ body }}"}),
            (answer({"anyOf": [{"type": "string"}]}), {"result": "{{ body }}"}),
            (answer({"type": "string"}, "text/plain"), {"text": "{{ body }}"}),
            (answer({}, "application/x-ndjson"), {"things": "{{ body }}"}),
            (answer({}, "application/zip"), {}),
            ({"responses": {"204": {"description": "Nothing"}}}, {}),
            ({}, {}),
        ],
    )
    def test_an_answer_gives_named_outputs(
        self, take: Take, operation: dict[str, Any], outputs: dict[str, str] | None
    ) -> None:
        operation = {"operationId": "readThings", **operation}

        found = made_capability(take(document({"/things": {"get": operation}})), "read-things")

        expected = {"aB": "{{ body['a-b'] }}", "nextValue": "{{ body.next }}", "x": "{{ body.x }}"}
        assert found.get("response", {}).get("outputs", {}) == (
            expected if outputs is None else outputs
        )

    def test_other_statuses_are_told(self, take: Take) -> None:
        responses = {
            "200": {"description": "Done"},
            "404": {"description": "Not here!"},
            "5XX": {"description": "Down"},
            "409": {"description": ""},
        }

        found = made_capability(take(document({"/a": {"get": {"responses": responses}}})), "get-a")

        assert found["errors"] == [{"status": 404, "note": "Not here."}]

    def test_an_example_that_contradicts_its_schema_does_no_harm(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {"keys": {"type": "array", "items": {}, "example": "[a, b]"}},
            "example": {"keys": "[a, b]"},
        }

        found = made_capability(take(document({"/a": {"get": answer(schema)}})), "list-a")

        assert found["outputs"]["properties"]["keys"]["type"] == ["array", "null"]
        assert found["examples"][0]["outputs"] == {"keys": ["text"]}


LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}


def _parameter(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer", **schema}}


class TestPaging:
    @pytest.mark.parametrize(
        ("members", "parameter", "paging"),
        [
            (
                {"next_page_token": {"type": "string"}},
                _parameter("page_token", type="string"),
                {"next": {"pageToken": "{{ body.next_page_token }}"}},
            ),
            (
                {"meta": {"type": "object", "properties": {"cursor": {"type": "string"}}}},
                _parameter("page_cursor", type="string"),
                {"next": {"pageCursor": "{{ body.meta.cursor }}"}},
            ),
            (
                {"links": {"type": "object", "properties": {"next": {"type": "string"}}}},
                _parameter("page"),
                {"link": "{{ body.links.next }}"},
            ),
            (
                {"next_page": {"type": "integer"}},
                _parameter("page"),
                {"next": {"page": "{{ body.next_page }}"}},
            ),
            (
                {"has_more": {"type": "boolean"}},
                _parameter("page", default=1),
                {
                    "next": {"page": "{{ (inputs.page | default(1)) + 1 }}"},
                    "more": "{{ body.has_more }}",
                },
            ),
            (
                {},
                _parameter("offset"),
                {
                    "next": {
                        "offset": "{{ (inputs.offset | default(0)) + (outputs.data | length) }}"
                    }
                },
            ),
            (
                {"has_more": {"type": "boolean"}},
                _parameter("starting_after", type="string"),
                {
                    "next": {"startingAfter": "{{ (outputs.data | last).id }}"},
                    "more": "{{ body.has_more }}",
                },
            ),
            ({}, _parameter("page"), None),
            ({}, _parameter("start"), None),
            ({"other": LIST}, _parameter("page", default=1), None),
            ({"count": {"type": "integer"}}, _parameter("limit"), None),
        ],
    )
    def test_a_list_goes_on_as_the_document_plainly_says(
        self, take: Take, members: Any, parameter: Any, paging: Any
    ) -> None:
        schema = {"type": "object", "properties": {"data": LIST, **members}}
        operation = {**answer(schema), "operationId": "list", "parameters": [parameter]}

        found = made_capability(take(document({"/a": {"get": operation}})), "list")

        assert found.get("paging") == (paging and {"items": "data", **paging})
        assert ("maxItems" in found["inputs"]["properties"]) is bool(paging)

    def test_a_link_header_is_followed(self, take: Take) -> None:
        operation = answer(LIST)
        operation["responses"]["200"]["headers"] = {"Link": {"schema": {"type": "string"}}}

        found = made_capability(take(document({"/users": {"get": operation}})), "list-users")

        assert found["paging"] == {"items": "users", "link": "{{ headers.link | next_link }}"}


JOB: Any = {
    "type": "object",
    "properties": {
        "job_id": {"type": "string"},
        "state": {"enum": ["Pending", "In Progress", "Done", "Timed-Out"], "type": "string"},
    },
}


class TestWaiting:
    def test_what_has_a_status_to_ask_for_can_be_waited_for(self, take: Take) -> None:
        paths = {
            "/users/{user}/jobs": {"post": answer(JOB)},
            "/users/{user}/jobs/{job_id}": {"get": answer(JOB)},
        }

        made = take(document(paths))

        assert made_capability(made, "create-user-job")["waiting"] == {
            "capability": "get-user-job",
            "inputs": {"user": "{{ inputs.user }}", "jobId": "{{ outputs.jobId }}"},
            "status": "{{ body.state }}",
            "succeeded": ["Done"],
            "failed": ["Timed-Out"],
            "outputs": {"jobId": "{{ body.job_id }}", "state": "{{ body.state }}"},
        }
        assert made_capability(made, "get-user-job")["waiting"]["inputs"] == {
            "user": "{{ inputs.user }}",
            "jobId": "{{ inputs.jobId }}",
        }

    @pytest.mark.parametrize(
        "words",
        [
            ["active", "blocked"],
            ["available", "pending", "sold"],
            ["done", "failed"],
            ["pending", "completed"],
        ],
    )
    def test_a_status_that_is_no_progress_is_not_waited_for(
        self, take: Take, words: list[str]
    ) -> None:
        schema = {
            "type": "object",
            "properties": {"id": {"type": "string"}, "status": {"type": "string", "enum": words}},
        }
        paths = {"/a": {"post": answer(schema)}, "/a/{id}": {"get": answer(schema)}}

        made = take(document(paths))

        assert all("waiting" not in made_capability(made, name) for name in made.capabilities)


class TestWhatCannotBe:
    def test_operations_that_do_nothing_for_a_flow_are_told(self, take: Take) -> None:
        made = take(document({"/a": {"get": OK, "options": OK, "trace": OK}}))

        assert [note.where for note in made.notes] == ["OPTIONS /a", "TRACE /a"]

    def test_an_operation_that_cannot_be_said_is_left_out_with_the_reason(self, take: Take) -> None:
        made = take(document({"/a": {"get": OK}, "/b/{c": {"get": OK}, "/{{d}}": {"get": OK}}))

        assert made.capabilities == ("get-a",)
        assert [(one.operation, one.reason) for one in made.left_out] == [
            ("GET /b/{c", "the path '/b/{c' cannot be said"),
            ("GET /{{d}}", "the path '/{{d}}' cannot be said"),
        ]

    @pytest.mark.parametrize(
        "reference",
        [
            "other.yaml#/X",
            "https://evil.example.com/x.json",
            "file:///etc/passwd",
            "#/components/schemas/None",
            "#/paths",
            "#x",
        ],
    )
    def test_a_reference_out_of_the_document_is_not_followed(
        self, take: Take, reference: str
    ) -> None:
        operation = {**answer({"$ref": reference}), **body({"$ref": reference})}

        made = take(document({"/a": {"post": operation}}))

        assert made.capabilities == ("create-a",)

    def test_references_in_a_circle_come_to_an_end(self, take: Take) -> None:
        schemas = {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"$ref": "#/components/schemas/A"},
            "C": {"allOf": [{"$ref": "#/components/schemas/C"}, {"type": "object"}]},
            "D": {
                "allOf": [{"$ref": "#/components/schemas/D"}, {"$ref": "#/components/schemas/E"}],
                "properties": {"d": {"allOf": [{"$ref": "#/components/schemas/D"}, {"x": 1}]}},
            },
            "E": {"properties": {"d": {"$ref": "#/components/schemas/D"}}},
        }
        paths = {
            f"/{name}": {
                "post": {
                    **answer({"$ref": f"#/components/schemas/{name}"}),
                    **body({"$ref": f"#/components/schemas/{name}"}),
                }
            }
            for name in schemas
        }

        made = take(document(paths, components={"schemas": schemas}))

        assert len(made.capabilities) == len(schemas)

    def test_texts_that_look_like_templates_are_never_rendered(self, take: Take) -> None:
        evil = "{{ connection.apiKey }}"
        parameters = [
            {"name": evil, "in": "query", "schema": {"type": "string"}},
            {"name": "a'b", "in": "query", "schema": {"type": "string"}},
            {"name": "ok", "in": "query", "description": evil, "example": evil},
        ]
        schema = {"type": "object", "properties": {evil: {"type": "string"}, "...": {}, "x": {}}}
        operation = {**answer(schema), **body(schema), "summary": evil, "parameters": parameters}
        components = {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
        }

        made = take(
            document({"/a": {"post": operation}}, components=components, security=[{"key": []}])
        )

        found = made_capability(made, "create-a")
        assert found["request"]["query"] == {"ok": "{{ inputs.ok }}"}
        assert found["request"]["body"] == {
            evil: "{{ inputs.connectionApiKey }}",  # the name of a member is no template
            "x": "{{ inputs.x }}",
        }
        assert found["response"]["outputs"] == {
            "value": "{{ body['...'] }}",
            "x": "{{ body.x }}",
        }
        assert len(made.notes) == 3
