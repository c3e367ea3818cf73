"""Activations over HTTP: made, changed, run, scheduled, listed, and what they send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from argosy.sandbox.core.result_urls import unmasked_settings
from tests.sandbox.cdp.conftest import DAY, shop_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

REST = "/audiences/101/segments/301/syndications"
ENTITIES = "/entities/segments/301/syndications"
EMAIL = [{"column": "mail", "source": {"column": "email"}}]


def create(shop: Client, name: str = "Mail", path: str = REST, **more: Any) -> Any:
    """Make an activation, REST."""
    body = {"name": name, "connectionId": 901, "connectorConfig": {}, "columns": EMAIL} | more
    answer = shop.call("POST", path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def run(shop: Client, activation: Any) -> Any:
    """Run an activation and give its execution."""
    return shop.call("POST", f"{REST}/{activation['id']}/run").json()


def sent(shop: Client) -> list[str]:
    """Give the content of what was delivered."""
    listed = shop.control("GET", "outbox")["deliveries"]
    return [shop.call("GET", f"/_sandbox/outbox/{one['id']}", key=None).text for one in listed]


def test_a_run_sends_the_members_with_the_mapped_columns(shop: Client) -> None:
    columns = [
        *EMAIL,
        {"column": "plan", "source": {"column": "plan"}},
        {"column": "tags", "source": {"column": "tags"}},
        {
            "column": "years",
            "source": {"column": "age", "functions": [{"function": "+", "arg": 1}]},
        },
        {"column": "home", "source": {"column": "city", "customerGroup": "household"}},
        {
            "column": "note",
            "source": {
                "string": "$1/$2/$3 on $4",
                "parameters": [
                    {"type": "AudienceId"},
                    {"type": "SegmentName"},
                    {"type": "String", "string": "it's"},
                    {"type": "Timestamp", "format": "yyyy-MM-dd"},
                ],
            },
        },
    ]
    activation = create(shop, columns=columns, timezone="Asia/Tokyo")

    execution = run(shop, activation)

    assert (execution["status"], execution["syndicationId"]) == ("success", activation["id"])
    header, *lines = sent(shop)[0].splitlines()
    assert header == "mail,plan,tags,years,home,note"
    assert sorted(lines) == [
        'ada@example.com,gold,"[""new"",""vip""]",37,Tokyo,101/Japan/it\'s on 2023-11-15',
        'kenji@example.com,,"[""vip""]",21,Tokyo,101/Japan/it\'s on 2023-11-15',
    ]


def test_all_columns_are_those_of_the_customers(shop: Client) -> None:
    run(shop, create(shop, allColumns=True, columns=[]))

    header = sent(shop)[0].splitlines()[0].split(",")
    assert header[0] == "cdp_customer_id"
    assert {"email", "plan", "signed_up", "tags"} < set(header)


@pytest.mark.parametrize(
    ("behavior", "lines"),
    [
        (
            {"joinStrategy": "All"},
            ["ada,hat", "ada,hat", "ada,tie", "kenji,coat", "kenji,hat"],
        ),
        ({"joinStrategy": "First"}, ["ada,hat", "kenji,hat"]),
        ({"joinStrategy": "Last"}, ["ada,hat", "kenji,coat"]),
        (
            {
                "joinStrategy": "Top-N",
                "joinRow": 2,
                "orderBy": [{"key": "amount", "order": "ascending"}],
            },
            ["ada,hat", "ada,tie", "kenji,coat", "kenji,hat"],
        ),
        ({"formatting": "cols", "joinRow": 2}, ["ada,hat,tie", "kenji,hat,coat"]),
    ],
)
def test_rows_of_behaviors_are_joined(shop: Client, behavior: Any, lines: list[str]) -> None:
    columns = [
        {
            "column": "who",
            "source": {
                "column": "email",
                "functions": [{"function": "regexp_extract", "pattern": "^[a-z]+", "group": 0}],
            },
        }
    ]
    item = {"column": "item", "source": {"column": "item"}}
    joined = {"behaviorTableName": "behavior_orders", "columns": [item]} | behavior

    run(shop, create(shop, columns=columns, syndicationBehaviors=[joined]))

    assert sorted(sent(shop)[0].splitlines()[1:]) == lines


def connect(shop: Client, name: str, url: str) -> int:
    """Keep a connection and give its id."""
    made = shop.call("POST", f"/v3/result/create/{name}", {"url": url})
    assert made.status_code == 200, made.text
    return int(shop.call("GET", f"/v3/connections/lookup?name={name}").json()["id"])


def test_a_connection_to_a_table_of_the_account_writes_rows_there(shop: Client) -> None:
    key = connect(shop, "mails", "td://@/shop/mails?mode=replace")
    activation = create(shop, connectionId=key)

    execution = run(shop, activation)

    assert execution["status"] == "success"
    assert {row["mail"] for row in shop.rows("shop/mails")} == {
        "ada@example.com",
        "kenji@example.com",
    }
    assert sent(shop) == []


def test_a_delivery_tells_where_it_went_without_secrets(shop: Client) -> None:
    key = connect(shop, "bucket", "s3://KEY:secret@/example-bucket/gold.csv")
    activation = create(shop, connectionId=key)
    run(shop, activation)

    delivery = shop.control("GET", "outbox")["deliveries"][0]

    assert delivery["source"] == f"activation:{activation['id']}"
    assert "example-bucket" in delivery["target"]
    assert "secret" not in str(delivery)
    assert delivery["facts"]["segment"] == "301"


def test_what_is_secret_in_a_connectors_settings_is_never_read_back(shop: Client) -> None:
    config = {"path": "/gold", "password": "hunter-2", "auth": {"api_key": "k-1"}}
    activation = create(shop, connectorConfig=config)
    path = f"{REST}/{activation['id']}"

    read = shop.call("GET", path)
    same = {"connectionId": 901, "connectorConfig": read.json()["connectorConfig"]}
    shop.call("PUT", path, {"name": "Other", **same})
    documents = [read, shop.call("GET", path), shop.call("GET", f"{ENTITIES}/{activation['id']}")]

    masked = {"path": "/gold", "password": "***", "auth": {"api_key": "***"}}
    assert activation["connectorConfig"] == masked
    assert [one.text for one in documents if "hunter-2" in one.text or "k-1" in one.text] == []
    kept = unmasked_settings(masked, config)
    assert kept == config


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"column": "nothing"}, "no column 'nothing'"),
        ({"column": "city", "customerGroup": "none"}, "no customer group 'none'"),
        ({"column": "email", "functions": [{"function": "td_ip_to_city_name"}]}, "doesn't do"),
    ],
)
def test_a_run_that_cannot_be_tells_why(shop: Client, source: Any, reason: str) -> None:
    activation = create(shop, columns=[{"column": "a", "source": source}])

    failed = run(shop, activation)

    assert failed["status"] == "error"
    assert reason in failed["error"]
    assert sent(shop) == []


def test_an_execution_goes_on_as_the_activation_is_looked_at(
    start_client: Callable[..., Client],
) -> None:
    shop = start_client(seed=shop_seed(), pace="polls:2")
    activation = create(shop)

    begun = run(shop, activation)
    seen = [shop.call("GET", f"{ENTITIES}/{activation['id']}").json()["data"] for _ in range(2)]

    assert begun["status"] == "queued"
    assert [one["attributes"]["runStatus"] for one in seen] == ["running", "success"]
    executions = seen[1]["attributes"]["executions"]
    assert [one["workflowAttemptId"] for one in executions] == [begun["workflowAttemptId"]]


def test_a_deleted_activation_sends_nothing_any_more(start_client: Callable[..., Client]) -> None:
    shop = start_client(seed=shop_seed(), pace="seconds:60")
    activation = create(shop, repeatUnit="hour")
    run(shop, activation)

    shop.call("DELETE", f"{REST}/{activation['id']}")
    shop.control("PUT", "clock", {"advance": DAY})

    assert shop.call("GET", f"{REST}/{activation['id']}").status_code == 404
    assert sent(shop) == []


@pytest.mark.parametrize(
    ("schedule", "advanced", "runs"),
    [
        ({"repeatUnit": "none"}, DAY, 0),
        ({"repeatUnit": "once", "startAt": "2023-11-15T00:00:00"}, 5 * DAY, 1),
        ({"repeatUnit": "hour", "startAt": "2023-11-14T23:00:00"}, 3 * 3600, 3),
        (
            {"repeatUnit": "minute", "repeatFrequency": 30, "startAt": "2023-11-14T23:00:00"},
            7200,
            3,
        ),
        ({"repeatUnit": "day", "startAt": "2023-11-01T09:00:00"}, 3 * DAY, 3),
        (
            {"repeatUnit": "day", "startAt": "2023-11-01T09:00:00", "endOn": "2023-11-16"},
            9 * DAY,
            2,
        ),
        (
            {"repeatUnit": "week", "repeatSubFrequency": [1, 3], "startAt": "2023-11-01T09:00:00"},
            7 * DAY,
            2,
        ),
        ({"repeatUnit": "month", "startAt": "2023-08-31T09:00:00"}, 20 * DAY, 1),
        ({"cron": "0 9 * * *"}, 2 * DAY, 2),
        ({"scheduleType": "daily", "scheduleOption": "09:00"}, 2 * DAY, 2),
    ],
)
def test_a_schedule_runs_by_the_clock(
    shop: Client, schedule: Any, advanced: int, runs: int
) -> None:
    activation = create(shop, **schedule)

    shop.control("PUT", "clock", {"advance": advanced})

    read = shop.call("GET", f"{REST}/{activation['id']}").json()
    assert len(read["executions"]) == runs
    assert len(sent(shop)) == runs


def test_a_schedule_is_that_of_its_time_zone(shop: Client) -> None:
    activation = create(
        shop, repeatUnit="once", startAt="2023-11-15T08:00:00", timezone="Asia/Tokyo"
    )

    shop.control("PUT", "clock", {"advance": 46 * 60})
    before = len(shop.call("GET", f"{REST}/{activation['id']}").json()["executions"])
    shop.control("PUT", "clock", {"advance": 120})
    after = len(shop.call("GET", f"{REST}/{activation['id']}").json()["executions"])

    assert (before, after) == (0, 1)


def test_a_changed_schedule_replaces_the_old_one(shop: Client) -> None:
    activation = create(shop, repeatUnit="hour")
    shop.call("PUT", f"{REST}/{activation['id']}", {"repeatUnit": "none"})

    shop.control("PUT", "clock", {"advance": DAY})

    assert shop.call("GET", f"{REST}/{activation['id']}").json()["executions"] == []


def test_an_activation_is_a_resource_too(shop: Client) -> None:
    attributes = {"name": "Mail", "connectionId": 901, "connectorConfig": {}, "columns": EMAIL}
    made = shop.call("POST", ENTITIES, {"type": "syndication", "attributes": attributes})
    data = made.json()["data"]
    path = f"{ENTITIES}/{data['id']}"

    changed = shop.call("PATCH", path, {"type": "syndication", "attributes": {"name": "Post"}})
    ran = shop.call("POST", f"{path}/run").json()
    deleted = shop.call("DELETE", path).json()["data"]

    assert data["relationships"]["segment"]["data"] == {"id": "301", "type": "segment-batch"}
    assert data["attributes"]["columns"][0]["source"] == {"column": "email"}
    assert changed.json()["data"]["attributes"]["name"] == "Post"
    assert changed.json()["data"]["attributes"]["connectionId"] == "901"
    assert (ran["type"], ran["attributes"]["status"]) == ("execution-syndication", "success")
    assert deleted["attributes"]["runStatus"] == "success"
    assert shop.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"name": ""}, "/name", "CANNOT_BE_BLANK"),
        ({"columns": [{"column": "a"}]}, "/columns/0/source", "CANNOT_BE_BLANK"),
        ({"columns": [{"source": {"column": "a"}}]}, "/columns/0/column", "CANNOT_BE_BLANK"),
        ({"columns": {}}, "/columns", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"repeatUnit": "year"}, "/repeatUnit", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"repeatSubFrequency": [0]}, "/repeatSubFrequency", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"startAt": "soon"}, "/startAt", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"cron": "every day"}, "/cron", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"timezone": "Mars"}, "/timezone", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"notifyOn": ["onFire"]}, "/notifyOn", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"connectorConfig": "x"}, "/connectorConfig", "INVALID_FORMAT_OR_ASSOCIATION"),
        ({"syndicationBehaviors": [{}] * 5}, "/syndicationBehaviors", "IS_TOO_LONG"),
        (
            {"syndicationBehaviors": [{"columns": []}]},
            "/syndicationBehaviors/0/behaviorTableName",
            "CANNOT_BE_BLANK",
        ),
    ],
)
def test_a_wrong_activation_is_refused(shop: Client, changes: Any, pointer: str, code: str) -> None:
    answer = shop.call("POST", REST, {"name": "Mail", "connectionId": 901} | changes)

    assert answer.status_code == 400
    assert (answer.json()["pointer"], answer.json()["validationCode"]) == (pointer, code)


def test_a_name_is_taken_once_in_a_segment(shop: Client) -> None:
    create(shop)

    assert shop.call("POST", REST, {"name": "Mail"}).status_code == 400
    assert create(shop, path="/audiences/101/segments/302/syndications")["segmentId"] == "302"


def test_snake_case_members_are_taken_too(shop: Client) -> None:
    answer = shop.call(
        "POST", REST, {"name": "Mail", "connection_id": 901, "connector_config": {"a": 1}}
    )

    assert (answer.json()["connectionId"], answer.json()["connectorConfig"]) == ("901", {"a": 1})


def test_activations_are_listed_by_segment_parent_segment_and_folder(shop: Client) -> None:
    first = create(shop)
    second = create(shop, "Post", "/audiences/101/segments/302/syndications", repeatUnit="day")

    in_segment = shop.call("GET", REST).json()
    in_parent = shop.call("GET", "/audiences/101/syndications?without_detail=true").json()
    resources = shop.call("GET", ENTITIES).json()["data"]
    summaries = shop.call("GET", "/entities/parent_segments/101/syndications").json()["data"]

    assert [one["id"] for one in in_segment] == [first["id"]]
    assert [(one["id"], "executions" in one) for one in in_parent] == [
        (first["id"], False),
        (second["id"], False),
    ]
    assert [one["id"] for one in resources] == [first["id"]]
    assert [one["id"] for one in summaries] == [first["id"], second["id"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["A", "B", "C"]),
        ("sorted_by=name:desc", ["C", "B", "A"]),
        ("sorted_by=segment_name:asc", ["C", "A", "B"]),
        ("name_include=B", ["B"]),
        ("segment_name_include=every", ["C"]),
        ("schedule_status=active,scheduled", ["B", "C"]),
        ("repeat_unit=day", ["B"]),
        ("repeat_unit=day&repeat_unit=none", ["A", "B"]),
        ("start_after=2023-11-16T00:00:00Z", ["C"]),
        ("start_before=2023-11-16T00:00:00Z", ["B"]),
        ("created_by_td_user_id=1", ["A", "B", "C"]),
        ("created_by_td_user_id=2", []),
        ("activation_template_id=none", ["A", "B", "C"]),
        ("connection_type=s3", ["A"]),
    ],
)
def test_activations_below_a_folder_are_filtered_and_sorted(
    shop: Client, query: str, names: list[str]
) -> None:
    key = connect(shop, "bucket", "s3://@/example-bucket/gold.csv")
    create(shop, "A", connectionId=key)
    create(shop, "B", repeatUnit="day", startAt="2023-11-14T00:00:00")
    create(
        shop,
        "C",
        "/audiences/101/segments/302/syndications",
        repeatUnit="hour",
        startAt="2023-12-01T00:00:00",
    )

    found = shop.call("GET", f"/audiences/101/folders/201/syndications?{query}").json()

    assert [one["name"] for one in found["syndications"]] == names
    assert found["pagination"] == {"hasNext": False, "approximateCount": len(names)}


def test_activations_below_a_folder_come_page_by_page(shop: Client) -> None:
    for name in "ABC":
        create(shop, name)
    path = "/audiences/101/folders/201/syndications?page[size]=2"

    first = shop.call("GET", path).json()
    second = shop.call("GET", first["pagination"]["nextPage"]).json()

    assert [one["name"] for one in first["syndications"]] == ["A", "B"]
    assert [one["name"] for one in second["syndications"]] == ["C"]
    assert second["pagination"]["hasNext"] is False
    assert shop.call("GET", f"{path}&sorted_by=colour:asc").status_code == 400


def test_an_activation_of_another_segment_is_not_found(shop: Client) -> None:
    activation = create(shop)

    other = f"/audiences/101/segments/302/syndications/{activation['id']}"
    assert shop.call("GET", other).status_code == 404
    assert shop.call("POST", f"{other}/run").status_code == 404
