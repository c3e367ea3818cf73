"""Documents as they are met: odd, wrong or hostile in one place, and no harm done by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from argosy import Connection, Dispatcher, load
from argosy.openapi import Imported
from tests.openapi.conftest import document, made_capability, made_manifest
from tests.openapi.test_drafts import LIST, OK, answer, body
from tests.servers import Say, ScriptedServer

Take = Callable[..., Imported]
PAGE = {"type": "integer", "default": 1}


def query(name: str, **members: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, **members}


def prepared(made: Imported, name: str, inputs: dict[str, Any], **settings: str) -> Any:
    """Return the request that a capability would send."""
    with Dispatcher(load(made.folder), Connection(settings)) as dispatcher:
        return dispatcher.prepare(name, inputs)


class TestNames:
    def test_two_placeholders_of_one_name_stay_two(self, take: Take) -> None:
        made = take(document({"/x/{User_ID}/{userId}": {"get": OK}}))

        request = prepared(made, made.capabilities[0], {"userId": "a", "userId2": "b"})

        assert request.url == "https://things.example.com/x/a/b"

    def test_a_query_may_be_called_like_a_header_that_a_key_sets(self, take: Take) -> None:
        schemes = {"key": {"type": "apiKey", "in": "header", "name": "token"}}
        parameters = [query("token"), query("host"), query("connection"), query("accept")]
        operation = {**OK, "parameters": parameters}

        made = take(
            document(
                {"/a": {"get": operation}},
                components={"securitySchemes": schemes},
                security=[{"key": []}],
            )
        )

        names = ("token", "host", "connection", "accept")
        assert list(made_capability(made, "get-a")["request"]["query"]) == list(names)

    @pytest.mark.parametrize(
        ("place", "name"),
        [
            *(("header", one) for one in ("", "X Api Key", "é", "Content-Length", "Host")),
            *(("cookie", one) for one in ("", "a b", "a\r\nb", "{{ x }}")),
            *(("query", one) for one in ("", "{{ x }}")),
        ],
    )
    def test_a_key_without_a_name_that_can_be_sent_is_told(
        self, take: Take, place: str, name: str
    ) -> None:
        schemes = {"key": {"type": "apiKey", "in": place, "name": name}}

        made = take(
            document(
                {"/a": {"get": OK}}, components={"securitySchemes": schemes}, security=[{"key": []}]
            )
        )

        assert made.settings == ()
        assert any("no name that a" in note.text for note in made.notes)


class TestCookies:
    def test_all_that_are_needed_travel_in_one_header(self, take: Take) -> None:
        parameters = [
            {"name": one, "in": "cookie", "required": True, "schema": {"type": "string"}}
            for one in ("a%s", "b")
        ]

        made = take(document({"/a": {"get": {**OK, "parameters": parameters}}}))

        assert prepared(made, "get-a", {"aS": "1", "b": "2"}).headers["Cookie"] == "a%s=1; b=2"

    def test_two_keys_travel_in_one_header(self, take: Take) -> None:
        schemes = {n: {"type": "apiKey", "in": "cookie", "name": n} for n in ("sid", "csrf")}
        security: list[dict[str, Any]] = [{"sid": [], "csrf": []}]

        made = take(
            document(
                {"/a": {"get": OK}}, components={"securitySchemes": schemes}, security=security
            )
        )

        assert made_manifest(made)["auth"]["value"].startswith("sid={{ connection.apiKey }}; csrf=")

    def test_one_beside_a_key_leaves_the_operation_out(self, take: Take) -> None:
        schemes = {"sid": {"type": "apiKey", "in": "cookie", "name": "sid"}}
        cookie = {"name": "c", "in": "cookie", "required": True}
        paths = {"/a": {"get": {**OK, "parameters": [cookie]}}, "/b": {"get": OK}}

        made = take(
            document(paths, components={"securitySchemes": schemes}, security=[{"sid": []}])
        )

        assert [one.reason for one in made.left_out] == ["a key travels as a cookie already"]


class TestTokens:
    @pytest.mark.parametrize(
        ("url", "token"),
        [
            ("/o/token/", "https://things.example.com/o/token/"),
            ("https://login.example.com/t", "https://login.example.com/t"),
            ("https://[x", None),
            ("", None),
            (None, None),
            ("http://169.254.169.254/token", None),
            ("https://169.254.169.254/token", None),
            ("https://user:pw@login.example.com/t", None),
        ],
    )
    def test_are_fetched_where_the_document_says_or_set_by_hand(
        self, take: Take, url: str | None, token: str | None
    ) -> None:
        flow = {"scopes": {}, **({} if url is None else {"tokenUrl": url})}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}

        made = take(
            document(
                {"/a": {"get": OK}},
                components={"securitySchemes": {"login": scheme}},
                security=[{"login": []}],
            )
        )

        auth = made_manifest(made)["auth"]
        assert auth.get("token", {}).get("url") == token
        assert made.settings == (("clientId", "clientSecret") if token else ("accessToken",))


class TestBytes:
    def test_a_json_member_is_base64_only_where_it_says_so(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {
                "page": {"type": "string", "contentMediaType": "text/html"},
                "file": {"type": "string", "format": "byte"},
                "files": {"type": "array", "items": {"type": "string", "format": "byte"}},
            },
        }
        made = take(document({"/a": {"post": {**OK, **body(schema)}}}))
        inputs = {"page": "<p>", "file": b"\x00", "files": ["AA=="]}

        content = prepared(made, "create-a", inputs).content

        assert content == {"page": "<p>", "file": "AA==", "files": ["AA=="]}

    def test_a_form_holds_files_and_base64(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {
                "raw": {"type": "string", "format": "binary"},
                "text": {"type": "string", "format": "byte"},
            },
        }
        made = take(document({"/a": {"post": {**OK, **body(schema, "multipart/form-data")}}}))

        sent = prepared(made, "create-a", {"raw": b"\x00\x01", "text": b"\x00"}).body

        assert b"\x00\x01" in sent
        assert b"AA==" in sent

    @pytest.mark.parametrize("media", ["*/*", "application/json", "image/*", "application/pdf"])
    def test_an_answer_of_bytes_is_not_read_as_text(self, take: Take, media: str) -> None:
        found = made_capability(
            take(document({"/a": {"get": answer({"type": "string", "format": "binary"}, media)}})),
            "get-a",
        )

        assert found["response"]["format"] == "bytes"


class TestMediaTypes:
    @pytest.mark.parametrize(
        ("media", "schema", "sent"),
        [
            ("application/vnd.a+json; version=3", {"type": "object"}, None),
            ("application/*+json", {"type": "object"}, "application/json"),
            ("*/*", {"type": "array"}, "application/json"),
            ("image/*", {"type": "string"}, "application/octet-stream"),
        ],
    )
    def test_a_body_goes_as_one_type(
        self, take: Take, media: str, schema: dict[str, Any], sent: str | None
    ) -> None:
        made = take(document({"/a": {"post": {**OK, **body(schema, media)}}}))
        value: Any = [] if schema["type"] == "array" else {} if schema["type"] == "object" else b""

        request = prepared(made, "create-a", {"body": value})

        assert request.headers["Content-Type"] == (sent or media)

    def test_an_answer_is_asked_for_by_its_whole_type(self, take: Take) -> None:
        media = "application/vnd.a+json; version=3"

        made = take(document({"/a": {"get": answer({"type": "object"}, media)}}))

        assert prepared(made, "get-a", {}).headers["Accept"] == media


class TestSchemas:
    def test_one_of_some_members_is_enough_where_the_document_says_so(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        }

        made = take(document({"/x": {"post": {**OK, **body(schema)}}}))

        assert made.notes == ()
        assert prepared(made, "create-x", {"body": {"b": 1}}).content == {"b": 1}

    def test_members_of_the_kinds_of_a_body_may_be_sent(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {"kind": {"type": "string"}},
            "discriminator": {"propertyName": "kind"},
        }

        made = take(document({"/x": {"post": {**OK, **body(schema)}}}))

        inputs = {"kind": "cat", "otherMembers": {"lives": 9}}
        assert prepared(made, "create-x", inputs).content == {"kind": "cat", "lives": 9}

    def test_members_beside_a_reference_are_there(self, take: Take) -> None:
        schema = {
            "$ref": "#/components/schemas/A",
            "properties": {"b": {"type": "string"}},
            "required": ["b"],
        }
        components = {"schemas": {"A": {"type": "object", "properties": {"a": {}}}}}

        made = take(document({"/a": {"post": {**OK, **body(schema)}}}, components=components))

        assert prepared(made, "create-a", {"a": 1, "b": "x"}).content == {"a": 1, "b": "x"}

    def test_a_reference_that_may_be_null_stays_one(self, take: Take) -> None:
        reference = {"$ref": "#/components/schemas/A", "nullable": True, "x-note": 1}
        schema = {"type": "object", "properties": {"a": reference}}
        components = {"schemas": {"A": {"type": "object", "properties": {"b": {}}}}}

        made = take(document({"/x": {"post": {**OK, **body(schema)}}}, components=components))

        found = made_capability(made, "create-x")["inputs"]["properties"]["a"]["anyOf"]
        assert found == [{"$ref": "../../schemas/a.schema.json"}, {"type": "null"}]
        assert prepared(made, "create-x", {"a": None}).content == {"a": None}

    def test_a_tuple_keeps_its_places(self, take: Take) -> None:
        schema = {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "integer"}],
            "items": False,
            "minItems": 2,
        }

        made = take(document({"/a": {"post": {**OK, **body(schema)}}}))

        assert prepared(made, "create-a", {"body": ["x", 1]}).content == ["x", 1]

    def test_members_of_any_matching_name_may_be_sent(self, take: Take) -> None:
        schema = {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "patternProperties": {"^x-": {"type": "string"}},
            "additionalProperties": False,
        }

        made = take(document({"/a": {"post": {**OK, **body(schema)}}}))

        inputs = {"a": "1", "otherMembers": {"x-b": "2"}}
        assert prepared(made, "create-a", inputs).content == {"a": "1", "x-b": "2"}

    def test_deep_objects_have_a_bracket_for_each_level(self, take: Take) -> None:
        deep = {"style": "deepObject", "explode": True}
        schema = {"type": "object", "properties": {"ship": {"type": "object"}, "expand": {}}}
        operation = {**OK, **body(schema, "application/x-www-form-urlencoded")}
        content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
        content["encoding"] = {"ship": deep, "expand": deep}
        made = take(document({"/a": {"post": operation}}))
        inputs = {"ship": {"to": {"city": "Graz"}, "tags": ["a", "b"]}, "expand": ["x"]}

        sent = prepared(made, "create-a", inputs).body.decode()

        assert sent == (
            "ship%5Bto%5D%5Bcity%5D=Graz&ship%5Btags%5D%5B%5D=a&ship%5Btags%5D%5B%5D=b&expand%5B%5D=x"
        )

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "integer", "maximum": 10**400},
            {"type": "integer", "multipleOf": 1e-320},
            {"type": "number", "multipleOf": 0},
            {"type": ["string", "string"]},
            {"type": [{}, None, 3]},
            {"type": "string", "format": {"a": 1}, "pattern": ["x"], "enum": "abc"},
            {"type": "string", "minLength": -1, "maxLength": "9", "examples": {"a": 1}},
            {"type": "object", "properties": [1], "required": "a", "additionalProperties": 3},
            {"allOf": "x", "oneOf": 3, "anyOf": {}, "items": 4},
            {"type": "string", "pattern": "^(a|a)+$"},
            {"type": "object", "properties": {"$ref": {"type": "string"}, "default": {}}},
        ],
    )
    def test_keywords_with_values_that_make_no_sense_are_passed_over(
        self, take: Take, schema: dict[str, Any]
    ) -> None:
        inner = {"type": "object", "required": ["x"], "properties": {"x": schema}}
        operation = {**answer(inner), **body(inner), "parameters": [query("q", schema=schema)]}

        made = take(document({"/a": {"post": operation}}))

        assert made.capabilities == ("create-a",)

    @pytest.mark.parametrize(
        ("level", "last"),
        [
            (lambda n: {"allOf": [n, n]}, {"type": "object"}),
            (lambda n: {"oneOf": [n, n, n]}, {"type": "string"}),
            (lambda n: {"type": "object", "properties": {"a": n, "b": n}}, {"type": "string"}),
            (
                lambda n: {
                    "type": "object",
                    "required": [f"p{i}" for i in range(30)],
                    "properties": {f"p{i}": n for i in range(30)},
                },
                {"type": "string"},
            ),
        ],
    )
    @pytest.mark.parametrize("place", ["components", "x-defs"])
    def test_schemas_that_double_level_by_level_come_to_an_end(
        self, take: Take, level: Callable[[Any], Any], last: Any, place: str
    ) -> None:
        path = "#/components/schemas/S" if place == "components" else "#/x-defs/S"
        schemas = {f"S{n}": level({"$ref": f"{path}{n + 1}"}) for n in range(30)} | {"S30": last}
        members = (
            {"components": {"schemas": schemas}} if place == "components" else {place: schemas}
        )
        operation = {**answer({"$ref": f"{path}0"}), **body({"$ref": f"{path}0"})}

        assert take(document({"/a": {"post": operation}}, **members)).capabilities == ("create-a",)


class TestPaging:
    @pytest.mark.parametrize(
        ("parameters", "members", "expected"),
        [
            ([query("from", schema={"type": "integer", "default": 0})], {}, None),
            (
                [
                    query("from", schema={"type": "integer", "default": 0}),
                    query("size", schema={"type": "integer"}),
                ],
                {},
                {"from": "{{ (inputs.from | default(0)) + (outputs.data | length) }}"},
            ),
            (
                [
                    query("from", schema={"type": "integer", "default": 0}),
                    query("to", schema={"type": "integer"}),
                    query("limit", schema={"type": "integer"}),
                ],
                {},
                None,
            ),
            ([query("after")], {"next_cursor": {"type": "string"}}, None),
            (
                [query("cursor")],
                {"cursor": {"type": "string"}, "next_cursor": {"type": "string"}},
                {"cursor": "{{ body.next_cursor }}"},
            ),
            ([query("after"), query("token")], {"token": {"type": "string"}}, None),
            (
                [query("page", schema={"type": "integer"})],
                {"next_page": {"type": ["integer", "null"]}},
                {"page": "{{ body.next_page }}"},
            ),
        ],
    )
    def test_is_taken_over_only_where_it_is_plain(
        self, take: Take, parameters: Any, members: Any, expected: Any
    ) -> None:
        schema = {"type": "object", "properties": {"data": LIST, **members}}
        operation = {**answer(schema), "parameters": parameters}

        found = made_capability(take(document({"/a": {"get": operation}})), "list-a")

        assert found.get("paging", {}).get("next") == expected

    @pytest.mark.parametrize(
        ("told", "start"),
        [
            ("Page number (default 1)", 1),
            ("The page, starting from 0.", 0),
            ("1-based page", 1),
            ("The page. There are 10 a page.", None),
            ("", None),
        ],
    )
    def test_where_pages_begin_may_stand_in_words(
        self, take: Take, told: str, start: int | None
    ) -> None:
        schema = {"type": "object", "properties": {"data": LIST}}
        page = query("page", schema={"type": "integer"}, description=told)

        made = take(document({"/a": {"get": {**answer(schema), "parameters": [page]}}}))

        found = made_capability(made, "list-a").get("paging", {}).get("next", {}).get("page")
        assert found == (
            None if start is None else f"{{{{ (inputs.page | default({start})) + 1 }}}}"
        )
        assert bool(made.notes) is (start is None)

    @pytest.mark.parametrize("body_of_answer", [{}, {"data": None}, {"data": []}])
    def test_a_list_that_is_left_out_is_empty(
        self, take: Take, server: ScriptedServer, body_of_answer: Any
    ) -> None:
        schema = {"type": "object", "properties": {"data": LIST}}
        operation = {**answer(schema), "parameters": [query("page", schema=PAGE)]}
        server.answers(Say(body=body_of_answer))
        made = take(document({"/a": {"get": operation}}), server=server.url)

        with Dispatcher(load(made.folder), Connection()) as dispatcher:
            outputs = dispatcher.call("list-a", {"all": True}).unwrap()

        assert (outputs["data"], outputs["hasMore"]) == ([], False)

    def test_one_thing_that_holds_a_list_is_no_list(self, take: Take) -> None:
        schema = {"type": "object", "properties": {"id": {}, "parts": LIST}}
        operation = {**answer(schema), "parameters": [query("page", schema=PAGE)]}

        made = take(document({"/things/{id}": {"get": operation}}))

        assert made.capabilities == ("get-thing",)
        assert "paging" not in made_capability(made, "get-thing")


class TestWaiting:
    @pytest.mark.parametrize(
        ("given", "wanted", "expected"),
        [
            ("integer", "string", "{{ outputs.id ~ '' }}"),
            ("string", "integer", "{{ outputs.id | integer }}"),
            ("string", "string", "{{ outputs.id }}"),
        ],
    )
    def test_an_id_is_asked_with_as_the_path_wants_it(
        self, take: Take, given: str, wanted: str, expected: str
    ) -> None:
        status = {"type": "string", "enum": ["running", "done", "failed"]}
        schema = {"type": "object", "properties": {"id": {"type": given}, "status": status}}
        parameter = {"name": "id", "in": "path", "schema": {"type": wanted}}
        paths = {
            "/jobs": {"post": answer(schema)},
            "/jobs/{id}": {"get": {**answer(schema), "parameters": [parameter]}},
        }

        waiting = made_capability(take(document(paths)), "create-job")["waiting"]

        assert waiting["inputs"] == {"id": expected}

    @pytest.mark.parametrize(("status", "waits"), [("202", True), ("201", False)])
    def test_an_end_without_a_bad_one_is_one_where_http_says_that_it_goes_on(
        self, take: Take, status: str, waits: bool
    ) -> None:
        words = {"type": "string", "enum": ["pending", "done"]}
        schema = {"type": "object", "properties": {"id": {"type": "string"}, "status": words}}
        paths = {
            "/jobs": {"post": answer(schema, status=status)},
            "/jobs/{id}": {"get": answer(schema)},
        }

        assert ("waiting" in made_capability(take(document(paths)), "create-job")) is waits

    def test_an_end_that_may_be_a_bad_one_is_not_taken_for_a_good_one(self, take: Take) -> None:
        status = {"type": "string", "enum": ["queued", "completed", "failed"]}
        schema = {
            "type": "object",
            "properties": {"id": {}, "status": status, "conclusion": {"type": "string"}},
        }

        made = take(
            document({"/jobs": {"post": answer(schema)}, "/jobs/{id}": {"get": answer(schema)}})
        )

        assert "waiting" not in made_capability(made, "create-job")


class TestServers:
    def test_a_variable_that_stands_at_its_default_is_told(self, take: Take) -> None:
        servers = [
            {
                "url": "https://{store}.example.com",
                "variables": {"store": {"default": "your-store"}},
            }
        ]

        made = take(document({"/a": {"get": OK}}, servers=servers))

        assert [note.text for note in made.notes] == [
            "its 'store' is 'your-store'; where yours is another, say so with --server"
        ]

    def test_a_number_within_a_network_is_called_where_a_person_says_so(self, take: Take) -> None:
        made = take(document({"/a": {"get": OK}}), server="https://10.0.0.1/api")

        assert made_manifest(made)["regions"]["main"]["endpoints"]["api"] == "https://10.0.0.1/api"

    def test_an_operation_whose_own_server_cannot_be_called_is_left_out(self, take: Take) -> None:
        own = {**OK, "servers": [{"url": "http://up.example.net"}]}

        made = take(document({"/a": {"get": OK}, "/m": {"get": own}}))

        assert made.capabilities == ("get-a",)
        assert [(one.operation, one.reason) for one in made.left_out] == [
            ("GET /m", "no server that it names can be called")
        ]

    def test_operations_without_a_server_do_not_go_to_anothers(self, take: Take) -> None:
        own = {**OK, "servers": [{"url": "https://up.example.net"}]}
        paths = {"/a": {"get": OK}, "/m": {"get": own}}

        made = take(document(paths, servers=[{"url": "http://things.example.com"}]))

        assert made.capabilities == ("get-m",)
        assert [one.operation for one in made.left_out] == ["GET /a"]
        endpoints = made_manifest(made)["regions"]["main"]["endpoints"]
        assert list(endpoints.values()) == ["https://up.example.net"]

    def test_where_the_tokens_of_several_regions_come_from_is_told(self, take: Take) -> None:
        flow = {"tokenUrl": "/oauth/token", "scopes": {}}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
        servers = [{"url": f"https://{one}.example.com"} for one in ("eu", "us")]

        made = take(
            document(
                {"/a": {"get": OK}},
                components={"securitySchemes": {"login": scheme}},
                security=[{"login": []}],
                servers=servers,
            )
        )

        assert [note.text for note in made.notes] == [
            "'login': tokens of every region are fetched at eu.example.com"
        ]

    def test_addresses_that_cannot_be_called_are_left_out(self, take: Take) -> None:
        urls = [
            "https://a.example.com/x/../y",
            "https://[::1]:8",
            "http://169.254.169.254",
            "https://169.254.169.254",
            "https://10.0.0.1/api",
            "https://a.example.com?x=1",
            "ftp://a.example.com",
            "https://[",
            "https://a.example.com:99999",
        ]
        servers = [{"url": url} for url in [*urls, "https://good.example.com"]]

        made = take(document({"/a": {"get": OK}}, servers=servers))

        regions = made_manifest(made)["regions"]
        assert [one["endpoints"]["api"] for one in regions.values()] == ["https://good.example.com"]
        assert len(made.notes) == len(urls)


class TestSecurity:
    def test_of_two_that_set_one_header_the_first_is_used_and_told(self, take: Take) -> None:
        schemes = {n: {"type": "http", "scheme": "bearer"} for n in ("one", "two")}
        both: dict[str, list[str]] = {"one": [], "two": []}
        components = {"securitySchemes": schemes}

        made = take(document({"/a": {"get": OK}}, components=components, security=[both]))

        assert made.settings == ("token",)
        assert any("the first is used" in note.text for note in made.notes)

    def test_a_key_as_a_parameter_goes_beside_the_documents_own(self, take: Take) -> None:
        components = {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
        }
        parameter = {"name": "Authorization", "in": "header", "required": True}
        operation = {**OK, "security": None, "parameters": [parameter]}

        made = take(
            document({"/a": {"get": operation}}, components=components, security=[{"key": []}])
        )

        assert [one["header"] for one in made_manifest(made)["auth"]] == ["X-Key", "Authorization"]

    def test_keys_of_like_names_keep_settings_of_their_own(self, take: Take) -> None:
        names = ("my_key", "MyKey", "my.key", "my-key")
        schemes = {n: {"type": "apiKey", "in": "query", "name": n} for n in names}
        every: dict[str, list[str]] = {name: [] for name in names}
        components = {"securitySchemes": schemes}

        made = take(document({"/a": {"get": OK}}, components=components, security=[every]))

        assert len(made.settings) == len(names)


class TestAnswers:
    def test_an_answer_without_a_body_gives_no_output_and_no_error(
        self, take: Take, server: ScriptedServer
    ) -> None:
        server.answers(Say(204))
        made = take(document({"/a": {"get": answer(LIST)}}), server=server.url)

        with Dispatcher(load(made.folder), Connection()) as dispatcher:
            outputs = dispatcher.call("list-a", {}).unwrap()

        assert (outputs["statusCode"], "a" in outputs) == (204, False)

    def test_a_member_that_may_be_absent_may_be_null(self, take: Take) -> None:
        schema = {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        }

        found = made_capability(take(document({"/a/{x}": {"get": answer(schema)}})), "get-a")

        kinds = {name: one["type"] for name, one in found["outputs"]["properties"].items()}
        assert kinds == {"id": "string", "name": ["string", "null"]}

    def test_words_without_spaces_are_cut_and_not_lost(self, take: Take) -> None:
        operation = {**OK, "summary": "注" * 300}

        found = made_capability(take(document({"/a": {"get": operation}})), "get-a")

        assert found["summary"] == "注" * 108 + "."


def test_schemas_may_refer_to_each_other_at_any_length(take: Take) -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {
            "type": "object",
            "properties": {"next": {"$ref": f"#/components/schemas/S{n + 1}"}},
        }
        for n in range(150)
    }
    schemas["S150"] = {"type": "object", "properties": {"end": {"type": "string"}}}
    operation = {**OK, **body({"$ref": "#/components/schemas/S0"})}

    made = take(document({"/a": {"post": operation}}, components={"schemas": schemas}))

    assert made.notes == ()
    assert len(list(made.folder.glob("schemas/*"))) == 150
