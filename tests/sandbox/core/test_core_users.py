"""Users, keys, and what each of them may do."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.core.conftest import NOON, Core, packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

ADA = {"email": "ada@example.com", "password": "correct horse"}


def sign_in(core: Core) -> Core:
    answer = core.by("nobody").send(
        "POST", "/user/authenticate", {"user": ADA["email"], "password": ADA["password"]}
    )
    return core.by(answer.json()["apikey"])


def test_the_server_status_needs_no_key(core: Core) -> None:
    assert core.by("unknown").get("/system/server_status") == {"status": "ok"}


@pytest.mark.parametrize("key", ["", "unknown", "1/sandbox "[:5]])
def test_an_unknown_key_is_401(core: Core, key: str) -> None:
    assert core.by(key).refused("GET", "/database/list") == (401, "Failed to Login")


def test_a_user_comes_and_goes(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    assert core.refused("POST", "/user/add/ada", ADA)[0] == 409
    assert (
        core.refused("POST", "/user/add/other", {"email": "no address", "password": "x"})[0] == 422
    )
    ada = sign_in(core)
    assert ada.get("/user/show")["email"] == "ada@example.com"
    validated = ada.get("/user/apikey/validate")
    assert (validated["key_type"], validated["administrator"]) == ("master", False)
    core.post("/user/email/change/ada", {"email": "byron@example.com"})
    assert {user["email"] for user in core.get("/user/list")["users"]} >= {"byron@example.com"}
    core.post("/user/remove/ada")
    assert ada.refused("GET", "/user/show")[0] == 401
    assert core.refused("POST", "/user/remove/Sandbox")[0] == 403


def test_passwords_and_keys_are_never_told(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    made = core.post("/user/apikey/add/ada")["apikey"]
    told = json.dumps([core.get("/user/list"), core.get("/user/apikey/list/ada")])

    assert made not in told
    assert ADA["password"] not in told
    assert core.by(made).get("/user/show")["name"] == "ada"
    (masked,) = [
        one for one in core.get("/user/apikey/list/ada")["apikeys"] if made.startswith(one[:8])
    ]
    core.post("/user/apikey/remove/ada", {"apikey": masked})
    assert core.by(made).refused("GET", "/user/show")[0] == 401


def test_passwords_change(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    ada = sign_in(core)
    path = "/user/password/change"
    assert ada.refused("POST", path, {"old_password": "wrong", "password": "new"})[0] == 401
    ada.post(path, {"old_password": ADA["password"], "password": "new"})
    form = {"user": ADA["email"], "password": ADA["password"]}
    assert core.refused("POST", "/user/authenticate", form)[0] == 401
    assert ada.refused("POST", "/user/password/change/Sandbox", {"password": "x"})[0] == 403


def test_a_write_only_key_imports_and_no_more(core: Core) -> None:
    writer = core.by("2/sandbox")
    writer.bring([{"time": NOON}])
    for method, path in (
        ("GET", "/database/list"),
        ("GET", "/table/list/shop"),
        ("GET", "/job/status/1"),
        ("POST", "/job/issue/presto/shop"),
        ("POST", "/table/delete/shop/people"),
        ("GET", "/bulk_import/list"),
    ):
        status, message = writer.refused(method, path)
        assert (status, "not authorized" in message) == (403, True)


def test_a_user_may_do_what_they_are_permitted(core: Core) -> None:
    core.post("/database/create/hidden")
    core.post("/user/add/ada", ADA)
    ada = sign_in(core)
    assert ada.get("/database/list") == {"databases": []}
    assert ada.refused("POST", "/database/create/mine")[0] == 403
    key = core.get("/database/show/shop")["id"]
    user = str(ada.get("/user/show")["id"])
    policy = core.post("/access_control/policies", json={"policy": {"name": "readers"}})["id"]
    path = f"/access_control/policies/{policy}"
    core.send(
        "PATCH", f"{path}/permissions", json={"Databases": [{"operation": "query", "ids": key}]}
    )
    core.post(f"{path}/users/{user}")

    (seen,) = ada.get("/database/list")["databases"]
    assert (seen["name"], seen["permission"]) == ("shop", "query_only")
    assert ada.rows("SELECT 1") == [[1]]
    for query in (
        "INSERT INTO people (time) VALUES (1)",
        "DROP TABLE people",
        "CREATE TABLE other AS SELECT 1 AS a",
        "DELETE FROM people",
        "SELECT * FROM hidden.nothing",
        f"SELECT * FROM hidden.nothing WHERE {'(' * 100}1 = 1{')' * 100}",
        "EXPLAIN SELECT * FROM hidden.nothing",
        "SHOW TABLES FROM hidden",
        "SHOW COLUMNS FROM hidden.nothing",
    ):
        shown = ada.get(f"/job/show/{ada.query(query)}")
        assert (shown["status"], "Access Denied" in shown["debug"]["stderr"]) == ("error", True)
    assert ada.refused("PUT", "/table/import/shop/people/msgpack.gz", data=packed([]))[0] == 403
    assert ada.refused("POST", "/table/delete/shop/people")[0] == 403
    form = {"query": "SELECT 1", "result": "td://@/shop/people"}
    assert ada.refused("POST", "/job/issue/presto/shop", form)[0] == 403
    job = core.query("SELECT 1")
    assert ada.refused("GET", f"/job/show/{job}")[0] == 404
    core.send("DELETE", f"{path}/users/{user}")
    assert ada.get("/database/list") == {"databases": []}


def test_a_database_of_the_same_name_brings_no_permissions_back(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    core.post("/database/create/other")
    key = core.get("/database/show/other")["id"]
    ada = sign_in(core)
    policy = core.post("/access_control/policies", json={"policy": {"name": "readers"}})["id"]
    body = {"Databases": [{"operation": "edit", "ids": key}]}
    core.send("PATCH", f"/access_control/policies/{policy}/permissions", json=body)
    core.send(
        "PATCH",
        f"/access_control/policies/{policy}/users",
        json={"user_ids": [ada.get("/user/show")["id"]]},
    )
    assert len(ada.get("/database/list")["databases"]) == 1
    core.post("/database/delete/other")
    core.post("/database/create/other")
    assert ada.get("/database/list") == {"databases": []}


def test_policies_groups_and_tags(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    (ada,) = [one["id"] for one in core.get("/user/list")["users"] if one["name"] == "ada"]
    policies = "/access_control/policies"
    made = core.post(policies, json={"policy": {"name": "first", "description": "One."}})
    path = f"{policies}/{made['id']}"
    assert core.refused("POST", policies, json={"policy": {"name": "first"}})[0] == 409
    assert (
        core.send("PATCH", path, json={"policy": {"name": "renamed"}}).json()["name"] == "renamed"
    )
    columns = {"column_permissions": [{"tags": ["pii"], "except": False, "masking": "hash"}]}
    assert core.send("PATCH", f"{path}/column_permissions", json=columns).status_code == 200
    assert [one["id"] for one in core.get(f"{policies}?column_permission_tag=pii")] == [made["id"]]
    assert core.get(f"{policies}?column_permission_tag=other") == []
    user = f"/access_control/users/{ada}"
    body = {"policy_ids": [str(made["id"])]}
    assert core.send("PATCH", f"{user}/policies", json=body).json()[0]["user_count"] == 1
    core.send("PATCH", f"{user}/permissions", json={"Segmentation": [{"operation": "full"}]})
    shown = core.get(user)
    assert (len(shown["policies"]), list(shown["permissions"])) == (1, ["Segmentation"])
    option = f"{user}/profile_options/theme"
    assert core.send("PUT", option, json={"value": "dark"}).json() == {"theme": "dark"}
    assert core.send("DELETE", option).status_code == 204
    assert core.get(option) == {"theme": None}

    groups = "/access_control/policy_groups"
    group = core.post(groups, json={"name": "Asia Pacific"})
    assert group["taggable_name"] == "asia_pacific"
    core.send("PATCH", f"{groups}/asia_pacific/policies", json={"policy_ids": [made["id"]]})
    assert core.get(f"{groups}/{group['id']}")["policy_count"] == 1
    tag = "/policy_group_tags/asia_pacific/users"
    assert core.send("PATCH", tag, json={"user_ids": [str(ada)]}).status_code == 204
    assert core.get(tag) == {"user_ids": [str(ada)]}
    core.post("/user/remove/ada")
    assert core.get(tag) == {"user_ids": []}
    assert core.get(path)["user_count"] == 0
    core.send("DELETE", path)
    assert core.get(f"{groups}/asia_pacific")["policy_count"] == 0
    assert core.send("DELETE", f"{groups}/asia_pacific").status_code == 200
    assert core.refused("GET", tag)[0] == 404


def test_delegated_admins_and_the_account(core: Core) -> None:
    core.post("/user/add/ada", ADA)
    path = "/user/delegated_admin"
    assert core.post(f"{path}/add/ada@example.com")["delegated_admin"] is True
    assert core.post(f"{path}/remove/ada@example.com")["delegated_admin"] is False
    assert core.get("/account/show")["account"]["id"] == 1
    assert core.get("/data_connector_restrictions") == {}


def test_connections_keep_their_secrets(core: Core) -> None:
    url = "mysql://root:hu/sh?@db.example.com/main?password=hush&table=t"
    core.post("/result/create/warehouse", {"url": url})
    assert core.refused("POST", "/result/create/warehouse", {"url": url}) == (
        409,
        "Result must be unique",
    )
    assert core.refused("POST", "/result/create/ab", {"url": url})[0] == 422
    assert core.refused("POST", "/result/create/other") == (422, "'url' parameter is required")
    (shown,) = core.get("/result/list")["results"]
    assert shown["url"].startswith("mysql://root:***@db.example.com/main")
    assert shown["url"].endswith("/main?password=***&table=t")
    key = core.get("/connections/lookup?name=warehouse")["id"]
    form = {
        "type": "mysql",
        "settings": '{"host":"h","password":"hush"}',
        "connection_id": str(key),
    }
    checked = core.post("/connector_configs/validate_with_connection", form)
    assert checked == {"type": "mysql", "settings": {"host": "h", "password": "***"}}
    core.post("/result/delete/warehouse")
    assert core.refused("GET", "/connections/lookup?name=warehouse")[0] == 404


def test_bulk_imports_are_for_writers_too(core: Core) -> None:
    writer = core.by("2/sandbox")
    path = "/bulk_import"
    assert core.refused("POST", f"{path}/create/ab/shop/people")[0] == 422
    assert core.refused("POST", f"{path}/create/session/shop/nobody")[0] == 404
    writer.post(f"{path}/create/session/shop/people")
    assert core.refused("POST", f"{path}/create/session/shop/people")[0] == 409
    assert writer.refused("POST", f"{path}/commit/session")[0] == 422
    writer.send("PUT", f"{path}/upload_part/session/one", data=packed([{"time": NOON}, {"x": 1}]))
    writer.send("PUT", f"{path}/upload_part/session/two", data=b"nonsense")
    assert core.refused("PUT", f"{path}/upload_part/session/a.b.c", data=b"")[0] == 422
    core.post(f"{path}/freeze/session")
    assert core.refused("PUT", f"{path}/upload_part/session/three", data=b"")[0] == 422
    writer.post(f"{path}/perform/session")
    shown = core.get(f"{path}/show/session")
    found = {name: shown[name] for name in shown if name.startswith(("valid", "error"))}
    assert found == {"valid_records": 1, "error_records": 1, "valid_parts": 1, "error_parts": 1}
    bad = core.send("GET", f"{path}/error_records/session").content
    assert b"'time' is missing" in gzip.decompress(bad)
    writer.post(f"{path}/commit/session")
    assert core.get(f"{path}/show/session")["status"] == "committed"
    assert core.get("/table/show/shop/people")["count"] == 1
    core.post(f"{path}/delete/session")
    assert core.get(f"{path}/list") == {"bulk_imports": []}


def test_bulk_loads_are_kept_with_their_secrets_masked(core: Core) -> None:
    config = {"in": {"type": "s3", "secret_access_key": "hush"}}
    body = {
        "name": "load",
        "database": "shop",
        "table": "people",
        "config": config,
        "cron": "@daily",
    }
    made = core.post("/bulk_loads", json=body)
    assert made["config"]["in"]["secret_access_key"] == "***"
    assert core.refused("POST", "/bulk_loads", json=body)[0] == 409
    assert core.refused("POST", "/bulk_loads/guess", json={"config": config})[0] == 501
    large = {"in": {"type": "s3", "path": "x" * 70_000}}
    assert (
        core.refused("POST", "/bulk_loads", json=body | {"name": "big", "config": large})[0] == 422
    )
    core.client.control("PUT", "clock", {"advance": 86_400})
    (run,) = core.get("/bulk_loads/load/jobs")
    assert (run["status"], run["database"]["name"]) == ("error", "shop")
    core.send("PUT", "/bulk_loads/load", json={"cron": None})
    assert core.get("/bulk_loads/load")["cron"] is None
    core.send("DELETE", "/bulk_loads/load")
    assert core.get("/bulk_loads") == []


def seeded(start_client: Callable[..., Client], **members: Any) -> Core:
    databases = {"databases": {"shop": {"people": [{"time": 1, "name": "ada"}]}}}
    return Core(start_client(seed=databases | members))


def test_a_seed_brings_users_connections_queries_and_jobs(
    start_client: Callable[..., Client],
) -> None:
    core = seeded(
        start_client,
        users=[
            {
                "name": "ada",
                "email": "ada@example.com",
                "databases": {"shop": "query_only"},
                "keys": [{"key": "1/ada", "kind": "master"}],
            }
        ],
        connections=[{"id": "501", "name": "warehouse", "url": "s3://id:hush@bucket/x"}],
        savedQueries=[
            {
                "name": "daily",
                "type": "presto",
                "database": "shop",
                "query": "SELECT name FROM people",
                "cron": "@daily",
                "user": "ada@example.com",
            }
        ],
        jobs=[
            {
                "type": "presto",
                "database": "shop",
                "query": "SELECT name FROM people",
                "at": NOON - 86_400,
                "savedQuery": "daily",
            }
        ],
    )
    ada = core.by("1/ada")

    assert ada.rows("SELECT name FROM people") == [["ada"]]
    assert core.get("/connections/lookup?name=warehouse") == {"id": 501}
    (run,) = core.get("/schedule/history/daily")["history"]
    assert (run["status"], run["created_at"]) == ("success", "2023-11-13 22:13:20 UTC")
    assert core.send("GET", f"/job/result/{run['job_id']}?format=csv").text == "ada\n"


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"users": [{"name": "a"}]}, "/users/0"),
        ({"users": [{"name": "a", "email": "x"}]}, "/users/0: Validation failed"),
        ({"connections": [{"name": "ab", "url": "x"}]}, "/connections/0"),
        ({"savedQueries": [{"name": "abc", "type": "pig"}]}, "/savedQueries/0/type"),
        (
            {"jobs": [{"type": "hive", "database": "none", "query": "x"}]},
            "/jobs/0/database: the seed has no database 'none'",
        ),
    ],
    ids=range(5),
)
def test_a_wrong_seed_says_where(client: Client, members: Any, where: str) -> None:
    answer = client.call("POST", "/_sandbox/seed", members, key=None)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(where)
