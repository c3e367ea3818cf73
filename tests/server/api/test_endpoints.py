"""The twelve endpoints of connections and tables: who may, what they answer, how they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connections.bodies import REPORT, SALESFORCE, USERS
from tests.connections.service.service import (
    ALLOWED,
    DOWN,
    GOOD,
    MISSING,
    REFUSED,
    ROLES,
    S3,
    SECRET,
)
from tests.server.api.conftest import Client, Site

TABLE = "/v1/connections/S3/tables/users/"
CONNECTION_CALLS = {
    "list connections": ("GET", "/v1/connections/", None),
    "get connection": ("GET", "/v1/connections/S3/", None),
    "put connection": ("PUT", "/v1/connections/S3/", S3),
    "delete connection": ("DELETE", "/v1/connections/SENDLANE/", None),
    "test credentials": ("POST", "/v1/connections/S3/test/", S3),
}
TABLE_CALLS = {
    "list tables": ("GET", "/v1/connections/S3/tables/", None),
    "patch table": ("PATCH", TABLE, USERS),
    "get table": ("GET", TABLE, None),
    "delete table": ("DELETE", "/v1/connections/S3/tables/going/", None),
    "preview table": ("POST", f"{TABLE}test/", USERS),
    "test table": ("GET", f"{TABLE}test/", None),
    "filter tables": ("GET", "/v1/tables/", None),
}
CALLS = {**CONNECTION_CALLS, **TABLE_CALLS}
WRONG = (400, 40, "WRONG_DATA_TYPE")
_SENDLANE = {"credentials": {"api_token": "token-of-sendlane-0001"}}


@pytest.fixture
def prepared(site: Site) -> Site:
    """A connection, and a table of it, in the first organization."""
    site.prober.result = GOOD
    site.clock.time += 100  # what was found before holds no more
    root = site.as_("root")
    there = {one["name"] for one in root.ask("GET", "/v1/connections/").json["connections"]}
    for name, body in (("S3", S3), ("SENDLANE", _SENDLANE)):
        if name not in there:
            assert root.ask("PUT", f"/v1/connections/{name}/", body).status == 200
    there = {one["name"] for one in root.ask("GET", "/v1/tables/?amt=64").json["tables"]}
    for name in {"users", "going"} - there:
        assert root.ask("PATCH", f"/v1/connections/S3/tables/{name}/", USERS).status == 200
    site.clock.time += 100
    return site


class TestRoles:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("name", CALLS)
    def test_root_manager_and_backend_may_and_others_may_not(
        self, prepared: Site, role: str, name: str
    ) -> None:
        found = prepared.as_(role).ask(*CALLS[name])

        if role in ALLOWED:
            assert found.status == 200, found.body
        else:
            assert found.error[:2] == (403, 50)
            assert role in found.json["error_data"]["error"]

    @pytest.mark.parametrize("name", CALLS)
    def test_nobody_may_without_a_token(self, site: Site, name: str) -> None:
        found = site.client.ask(*CALLS[name])

        assert found.error == (401, 21, "INCORRECT_JWT_TOKEN")
        assert found.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("name", CALLS)
    def test_a_token_that_has_ended_says_so(self, prepared: Site, name: str) -> None:
        client = prepared.as_("backend")
        prepared.clock.time += 3600

        assert client.ask(*CALLS[name]).error == (401, 22, "JWT_TOKEN_EXPIRED")

    @pytest.mark.parametrize("name", CALLS)
    def test_a_table_needs_a_database_and_a_connection_does_not(
        self, prepared: Site, name: str
    ) -> None:
        found = prepared.as_("backend", database=False).ask(*CALLS[name])

        if name in TABLE_CALLS:
            assert found.error == (403, 50, "DATABASE_NOT_SELECTED")
        else:
            assert found.status == 200

    @pytest.mark.parametrize("name", CALLS)
    def test_a_role_is_judged_before_the_body(self, site: Site, name: str) -> None:
        method, path, body = CALLS[name]

        found = site.as_("frontend").ask(method, path, None if body is None else {"resource": 7})

        assert found.error[:2] == (403, 50)


class TestErrors:
    @pytest.mark.parametrize("name", [one for one in CALLS if "/S3/" in CALLS[one][1]])
    def test_what_is_no_connection_is_wrong_data(self, prepared: Site, name: str) -> None:
        method, path, body = CALLS[name]

        found = prepared.as_("backend").ask(method, path.replace("/S3/", "/S4/"), body)

        assert found.error == WRONG
        assert found.json["error_data"]["error"].startswith("unknown connection 'S4'")
        assert "GCS" in found.json["error_data"]["available"]

    @pytest.mark.parametrize("name", ["get connection", "delete connection", "test credentials"])
    def test_a_type_that_is_not_set_up_is_not_found(self, prepared: Site, name: str) -> None:
        method, path, _ = CALLS[name]
        path = path.replace("SENDLANE", "GCS").replace("S3", "GCS")

        found = prepared.as_("backend").ask(method, path)

        assert found.error == (404, 60, "CONNECTION_NOT_FOUND")
        assert found.json["error_data"]["key"] == "GCS"

    @pytest.mark.parametrize("name", ["patch table", "preview table"])
    def test_a_table_of_a_type_that_is_not_set_up_is_not_found(
        self, prepared: Site, name: str
    ) -> None:
        method, path, body = CALLS[name]

        found = prepared.as_("backend").ask(method, path.replace("S3", "GCS"), body)

        assert found.error == (404, 60, "CONNECTION_NOT_FOUND")

    @pytest.mark.parametrize("name", ["get table", "delete table", "test table"])
    def test_a_table_that_is_not_there_is_not_found(self, prepared: Site, name: str) -> None:
        method, path, _ = CALLS[name]
        path = path.replace("users", "nobody").replace("going", "nobody")

        found = prepared.as_("backend").ask(method, path)

        assert found.error == (404, 60, "TABLE_NOT_FOUND")
        assert found.json["error_data"]["key"] == "nobody"

    @pytest.mark.parametrize(
        "name", ["get connection", "put connection", "delete connection", "test credentials"]
    )
    def test_local_is_built_in(self, prepared: Site, name: str) -> None:
        method, path, body = CALLS[name]
        path = path.replace("SENDLANE", "LOCAL").replace("S3", "LOCAL")

        assert prepared.as_("backend").ask(method, path, body).error == WRONG

    @pytest.mark.parametrize("result", [REFUSED, DOWN])
    @pytest.mark.parametrize("name", ["test credentials", "preview table", "test table"])
    def test_what_the_other_side_refuses_is_wrong_data_with_the_reason(
        self, prepared: Site, name: str, result: Any
    ) -> None:
        prepared.prober.result = result

        found = prepared.as_("backend").ask(*CALLS[name])

        data = found.json["error_data"]
        assert found.error == WRONG
        assert data["reason"] == result.reason
        assert data["retryable"] is result.retryable
        assert data["remote"]["code"] == "SignatureDoesNotMatch"
        assert data["checks"][0]["status"] == "failed"
        assert SECRET.encode() not in found.body

    @pytest.mark.parametrize("name", ["preview table", "test table"])
    def test_a_remote_thing_that_is_not_there_is_not_found(self, prepared: Site, name: str) -> None:
        prepared.prober.result = MISSING

        found = prepared.as_("backend").ask(*CALLS[name])

        assert found.error == (404, 60, "RESOURCE_NOT_FOUND")
        assert found.json["error_data"]["type"] == "object"

    @pytest.mark.parametrize(
        ("name", "body", "field"),
        [
            ("put connection", {}, "credentials"),
            ("put connection", {"credentials": "x"}, "credentials"),
            ("put connection", {"credentials": {}}, "credentials.aws_access_key_id"),
            ("put connection", {**S3, "metadata": []}, "metadata"),
            ("test credentials", {"credentials": []}, "credentials"),
            ("put connection", {"credentials": {"aws_access_key_id": 10**400}}, "credentials"),
            ("patch table", {"resource_params": {"a": 10**4000}}, "resource_params"),
            ("patch table", {"resource": "nix"}, "resource"),
            ("patch table", {"resource": 7}, "resource"),
            ("patch table", {"resource_params": "x"}, "resource_params"),
            ("preview table", {"connection_table_params": 1}, "connection_table_params"),
        ],
    )
    def test_wrong_parameters_are_wrong_data_that_names_the_field(
        self, prepared: Site, name: str, body: Any, field: str
    ) -> None:
        method, path, _ = CALLS[name]

        found = prepared.as_("backend").ask(method, path, body)

        assert found.error == WRONG
        assert found.json["error_data"]["field"] == field

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("page=0", "page"),
            ("page=x", "page"),
            ("page=1.5", "page"),
            ("page=99999999999999999999", "page"),
            ("amt=0", "amt"),
            ("amt=65", "amt"),
            ("amt=", "amt"),
            ("connection=S4", "connection"),
            ("resource=nix", "resource"),
        ],
    )
    def test_a_wrong_filter_is_wrong_data(self, prepared: Site, query: str, field: str) -> None:
        found = prepared.as_("backend").ask("GET", f"/v1/tables/?{query}")

        assert found.error == WRONG
        assert found.json["error_data"]["field"] == field

    def test_too_many_tests_are_told_when_the_next_is_run(self, prepared: Site) -> None:
        client = prepared.as_("manager", "two")
        assert client.ask("PUT", "/v1/connections/KLAVIYO/", _KLAVIYO).status == 200

        found = [
            client.ask("POST", "/v1/connections/KLAVIYO/test/", _klaviyo(n)) for n in range(20)
        ]

        refused = next(one for one in found if one.status != 200)
        wait = refused.json["error_data"]["retry_after"]
        assert refused.error == (429, 2, "RATE_LIMIT_OVERFLOW")
        assert refused.headers["retry-after"] == str(wait)
        assert 1 <= wait <= 60


def _klaviyo(number: int) -> dict[str, Any]:
    return {"credentials": {"api_key": f"pk_{number:034x}"}}


_KLAVIYO = _klaviyo(0)


class TestAnswers:
    def test_the_examples_of_the_brief_work_as_they_stand(self, site: Site) -> None:
        client = site.as_("manager")
        put = client.ask("PUT", "/connections/SALESFORCE/", SALESFORCE)
        tested = client.ask("POST", "/connections/SALESFORCE/test/", SALESFORCE)
        users = client.ask("PATCH", "/connections/LOCAL/tables/users list.csv/", USERS)
        reported = client.ask("PATCH", "/connections/LOCAL/tables/report/", REPORT)
        page = client.ask("GET", "/tables/?page=1&amt=10&connection=LOCAL&resource=user")

        assert [one.status for one in (put, tested, users, reported, page)] == [200] * 5
        assert put.json["credentials"] == {
            "domain": "fake-domain",
            "client_id": "fake-client_id",
            "client_secret": "******",
        }
        assert tested.json["ok"] is True
        assert reported.json["connection_table_metadata"] == REPORT["connection_table_metadata"]
        assert [one["name"] for one in page.json["tables"]] == ["users list.csv"]

    def test_a_secret_is_never_shown(self, prepared: Site) -> None:
        client = prepared.as_("root")

        for name, call in CALLS.items():
            assert SECRET.encode() not in client.ask(*call).body, name

    def test_what_a_read_has_shown_can_be_sent_back(self, prepared: Site) -> None:
        client = prepared.as_("backend")
        shown = client.ask("GET", "/v1/connections/S3/").json

        again = client.ask("PUT", "/v1/connections/S3/", shown)

        assert again.status == 200
        assert again.json["fingerprints"] == shown["fingerprints"]

    def test_a_connection_may_have_a_name_of_its_own(self, prepared: Site) -> None:
        client = prepared.as_("backend")
        path = "/v1/connections/réseau nº 7/"

        made = client.ask("PUT", path, {**S3, "type": "S3"})

        assert (made.json["name"], made.json["connection"]) == ("réseau nº 7", "S3")
        assert client.ask("DELETE", path).json == {}

    def test_null_inside_an_object_stays_null(self, prepared: Site) -> None:
        client = prepared.as_("backend")
        body = {**USERS, "connection_table_metadata": {"note": None}}

        made = client.ask("PATCH", "/v1/connections/S3/tables/nulls/", body)

        assert made.json["connection_table_metadata"] == {"note": None}

    def test_a_list_without_warnings_has_none(self, prepared: Site) -> None:
        assert "warnings" not in prepared.as_("backend").ask("GET", "/v1/connections/").json

    def test_the_deprecated_list_says_what_to_use(self, prepared: Site) -> None:
        found = prepared.as_("backend").ask("GET", "/v1/connections/S3/tables/")

        assert found.headers["deprecation"] == "@1764115200"
        assert found.headers["link"] == ('</v1/tables/?connection=S3>; rel="successor-version"')
        assert found.json["warnings"][0].startswith("This list is deprecated")

    def test_pages_follow_each_other(self, site: Site) -> None:
        client = site.as_("backend", "two")
        for number in range(5):
            client.ask("PATCH", f"/v1/connections/LOCAL/tables/t{number}/", {"resource": "item"})

        pages = [client.ask("GET", f"/v1/tables/?amt=2&page={n}").json for n in (1, 2, 3, 4)]

        assert [[one["name"] for one in page["tables"]] for page in pages] == [
            ["t0", "t1"],
            ["t2", "t3"],
            ["t4"],
            [],
        ]
        assert [(page["has_next"], page["next_page"]) for page in pages] == [
            (True, 2),
            (True, 3),
            (False, 4),
            (False, 5),
        ]

    def test_types_are_described_to_everybody(self, site: Site) -> None:
        client = site.as_("frontend")

        types = client.ask("GET", "/v1/connection-types/").json["connection_types"]
        one = client.ask("GET", "/v1/connection-types/S3/").json

        assert len(types) == 16
        assert one in types
        assert one["secret_fields"][0] == "aws_secret_access_key"
        assert client.ask("GET", "/v1/connection-types/S4/").error == (
            404,
            60,
            "CONNECTION_TYPE_NOT_FOUND",
        )


class TestOrganizations:
    @pytest.mark.parametrize("name", CALLS)
    def test_one_organization_sees_nothing_of_another(self, prepared: Site, name: str) -> None:
        method, path, body = CALLS[name]
        stranger = prepared.as_("root", "two")

        found = stranger.ask(method, path, body)

        if found.status == 200:  # its own, or none
            assert SECRET[:6].encode() not in found.body
            assert b"AKIA" not in found.body or method == "PUT"
        else:
            assert found.error[2] in {"CONNECTION_NOT_FOUND", "TABLE_NOT_FOUND"}
        if name == "put connection":
            stranger.ask("DELETE", path)

    def test_what_one_does_leaves_the_other_as_it_was(self, prepared: Site) -> None:
        mine, theirs = prepared.as_("root"), prepared.as_("root", "two")
        before = _view(mine)

        theirs.ask("PUT", "/v1/connections/S3/", S3)
        theirs.ask("PATCH", TABLE, {"resource": "item"})
        theirs.ask("DELETE", TABLE)
        theirs.ask("DELETE", "/v1/connections/S3/")

        assert _view(mine) == before


def _view(client: Client) -> list[Any]:
    return [
        client.ask("GET", path).json for path in ("/v1/connections/", "/v1/tables/?amt=64", TABLE)
    ]
