"""Databases and tables over the core API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.core.conftest import NOON, Core

ADA = {"time": NOON, "name": "ada", "age": 36}


def schema(core: Core, table: str = "shop/people", **more: Any) -> Any:
    return json.loads(core.get(f"/table/show/{table}", **more)["schema"])


def test_databases_come_and_go(core: Core) -> None:
    assert core.post("/database/create/extra") == {"database": "extra"}
    assert core.refused("POST", "/database/create/extra")[0] == 409
    shown = core.get("/database/show/extra?require_permissions=true")
    assert shown["name"] == "extra"
    assert all(shown["database_permissions"].values())
    assert "database_permissions" not in core.get("/database/show/extra")
    core.post("/database/delete/extra")
    assert core.refused("GET", "/database/show/extra") == (
        404,
        "Couldn't find UserDatabase with name = extra",
    )
    names = {one["name"] for one in core.get("/database/list")["databases"]}
    assert "shop" in names
    assert "extra" not in names


@pytest.mark.parametrize("name", ["ab", "x" * 257])
def test_a_name_has_a_length(core: Core, name: str) -> None:
    status, message = core.refused("POST", f"/database/create/{name}")

    assert status == 400
    assert message.startswith(f"Name must be 3 to 256 characters, got {len(name)} characters.")


def test_declared_columns_are_real_ones(core: Core) -> None:
    declared = [["name", "string"], ["age", "long"], ["score", "float"], ["tags", "array<string>"]]
    core.post("/table/create/shop/typed", {"schema": json.dumps(declared)})
    core.bring([{"time": NOON, "age": 3, "tags": ["a", "b"], "more": True}], "shop/typed")
    core.bring([{"time": NOON, "tags": "no list"}], "shop/typed")

    assert schema(core, "shop/typed")[:3] == declared[:3]
    assert ["more", "string"] in schema(core, "shop/typed")
    found = core.rows("SELECT name, age, score FROM typed WHERE age = 3")
    assert found == [[None, 3, None]]


def test_array_columns_work_in_queries(core: Core) -> None:
    core.post("/table/create/shop/typed", {"schema": '[["tags","array<string>"]]'})
    core.bring([{"time": NOON, "tags": ["a", "b"]}], "shop/typed")

    assert schema(core, "shop/typed") == [["tags", "array<string>"]]
    assert core.rows("SELECT tag FROM typed CROSS JOIN UNNEST(tags) AS t (tag)") == [["a"], ["b"]]


def test_a_schema_is_set_and_added_to(core: Core) -> None:
    core.bring([ADA])
    core.post("/table/update-schema/shop/people", {"schema": '[["age","string"],["new","double"]]'})
    assert schema(core) == [["age", "string"], ["new", "double"], ["name", "string"]]
    assert core.rows("SELECT age FROM people") == [["36"]]

    core.post("/table/append-schema/shop/people", json={"schema": [["extra", "int", "e", "What."]]})
    assert ["extra", "int", "e"] in schema(core)
    shown = core.get("/table/show/shop/people?include_descriptions=true")
    assert ["extra", "int", "e", "What."] in json.loads(shown["schema"])
    assert (
        core.refused(
            "POST", "/table/append-schema/shop/people", {"schema": '[["extra","string"]]'}
        )[0]
        == 422
    )


@pytest.mark.parametrize(
    "wrong",
    [
        "{}",
        "nonsense",
        '[["a"]]',
        '[["time","long"]]',
        '[["a","text"]]',
        '[["a","int"],["A","int"]]',
    ],
)
def test_a_wrong_schema_changes_nothing(core: Core, wrong: str) -> None:
    assert core.refused("POST", "/table/update-schema/shop/people", {"schema": wrong})[0] == 422
    assert schema(core) == []


def test_parameters_come_in_any_way(core: Core) -> None:
    path = "/table/update/shop/people"
    for days, sent in enumerate(
        (
            {"params": {"expire_days": "1"}},
            {"data": {"expire_days": "2"}},
            {"files": {"expire_days": (None, "3")}},
            {"json": {"expire_days": 4}},
            {"json": {"description": "a"}, "params": {"expire_days": "5"}},
        ),
        start=1,
    ):
        core.post(path, **sent)  # type: ignore[arg-type]
        assert core.get("/table/show/shop/people")["expire_days"] == days
    assert core.send("POST", path, headers={"Content-Length": "0"}).status_code == 200


def test_a_form_that_cannot_be_read_is_refused(core: Core) -> None:
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert core.refused("POST", "/table/update/shop/people", data=b"--y", headers=broken)[0] == 400
    plain = {"Content-Type": "application/json"}
    assert core.refused("POST", "/table/update/shop/people", data=b"[1", headers=plain)[0] == 400


def test_tables_are_renamed_and_swapped(core: Core) -> None:
    core.bring([ADA])
    core.post("/table/create/shop/others")
    assert core.refused("POST", "/table/rename/shop/people/others")[0] == 409
    core.post("/table/swap/shop/people/others")
    assert core.get("/table/show/shop/others")["count"] == 1
    core.post("/table/rename/shop/others/people", {"overwrite": "true"})
    assert core.get("/table/show/shop/people")["count"] == 1
    assert [one["name"] for one in core.get("/table/list/shop")["tables"]] == ["people"]
    assert core.rows("SELECT name FROM people") == [["ada"]]


def test_a_table_moves_to_another_database(core: Core) -> None:
    core.bring([ADA])
    key = core.get("/table/show/shop/people")["id"]
    path = "/table/change_database/shop/people"
    assert core.refused("POST", path, {"dest_database_name": "nowhere"})[0] == 404
    core.post("/database/create/other")
    core.post(path, {"dest_database_name": "other"})

    assert core.get("/table/show/other/people")["id"] == key
    assert core.rows("SELECT name FROM people", database="other") == [["ada"]]
    assert core.refused("GET", "/table/show/shop/people")[0] == 404


def test_a_deleted_table_comes_back(core: Core) -> None:
    core.bring([ADA])
    key = core.get("/table/show/shop/people")["id"]
    core.post("/table/delete/shop/people")
    assert core.get("/table/list/shop")["tables"] == []
    assert core.rows("SHOW TABLES") == []
    (deleted,) = core.get("/table/deleted")["tables"]
    assert (deleted["id"], deleted["name"], deleted["database_name"]) == (key, "people", "shop")

    core.post("/table/create/shop/people")
    assert core.refused("POST", f"/table/recover/{key}", json={})[0] == 409
    core.post(f"/table/recover/{key}", json={"table_name": "back", "database_name": "shop"})
    assert core.get("/table/show/shop/back")["count"] == 1
    assert core.get("/table/deleted")["tables"] == []


def test_deleted_tables_come_in_pages_and_go_with_their_database(core: Core) -> None:
    core.post("/database/create/other")
    for name in ("one", "two", "three"):
        core.post(f"/table/create/other/table_{name}")
        core.post(f"/table/delete/other/table_{name}")
    first = core.get("/table/deleted?page_size=2")
    rest = core.get(f"/table/deleted?page_size=2&cursor_id={first['cursor_id']}")
    assert [one["name"] for one in first["tables"]] == ["table_one", "table_two"]
    assert [one["name"] for one in rest["tables"]] == ["table_three"]
    assert rest["cursor_id"] is None

    core.post("/database/delete/other")
    assert core.get("/table/deleted")["tables"] == []


def test_a_table_is_made_once_by_its_key_and_after_another(core: Core) -> None:
    core.post("/table/update/shop/people", {"schema": '[["a","long"]]', "description": "People."})
    path = "/table/create/shop/like_people/log"
    params = {"idempotent_key": "k1", "source_table": "people", "including_properties": "true"}
    core.post(path, params=params)
    core.post(path, params=params)
    assert core.refused("POST", path)[0] == 409

    shown = core.get("/table/show/shop/like_people?include_descriptions=true")
    assert (shown["description"], shown["schema"]) == ("People.", '[["a","long"]]')


def test_hours_are_deleted_by_a_job(core: Core) -> None:
    core.bring([{"time": 3600}, {"time": 7199}, {"time": 7200}])
    path = "/table/partialdelete/shop/people"
    assert core.refused("POST", path, {"from": "1", "to": "3600"})[0] == 422
    job = core.post(path, {"from": "3600", "to": "7200"})["job_id"]

    assert core.get(f"/job/status/{job}")["status"] == "success"
    assert core.get("/table/show/shop/people")["count"] == 1


def test_old_rows_expire(core: Core) -> None:
    core.bring([{"time": NOON}, {"time": NOON - 3 * 86_400}])
    core.post("/table/update/shop/people", {"expire_days": "2"})
    assert core.get("/table/show/shop/people")["count"] == 1
    core.client.control("PUT", "clock", {"advance": 3 * 86_400})
    assert core.get("/table/show/shop/people")["count"] == 0


def test_a_table_is_transferred_with_a_second_key(core: Core) -> None:
    core.bring([ADA])
    core.post("/database/create/other")
    form = {"dest_database_name": "other", "dest_table_name": "theirs", "idempotent_key": "t1"}
    path = "/table/transfer/shop/people"
    assert core.refused("POST", path, form)[0] == 401
    headers = {"Secondary-Authorization": "TD1 1/sandbox"}
    for _ in range(2):
        answer = core.post(path, form, headers=headers)
        assert answer == {"database_name": "other", "table_name": "theirs"}
    assert core.get("/table/show/other/theirs")["count"] == 1


def test_the_newest_rows_come_first(core: Core) -> None:
    core.bring([{"time": NOON + number, "number": number} for number in range(40)])

    assert [row["number"] for row in core.get("/table/tail/shop/people?count=2")] == [39, 38]
    assert len(core.get("/table/tail/shop/people.json")) == 30
    assert core.refused("GET", "/table/tail/shop/people?format=xml")[0] == 406


def test_no_table_has_a_distribution(core: Core) -> None:
    assert core.refused("GET", "/table/distribution/shop/people")[0] == 404
