"""Segment rules through the dispatcher: right ones take whom SQL takes, wrong ones are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from argosy import Connection, Connector, Dispatcher, load
from argosy.connector import bundle_schema
from argosy.sandbox import RunningSandbox, Settings, start
from argosy.validation import Validator

ROOT = Path(__file__).resolve().parents[2]
NOON = 1_700_000_000
DAY = 86_400
ROWS = [
    {
        "customer_id": "c1",
        "email": "ada@example.com",
        "plan": "pro",
        "age": 36,
        "joined": NOON - DAY,
    },
    {
        "customer_id": "c2",
        "email": "kenji@example.com",
        "plan": "pro",
        "age": 20,
        "joined": NOON - 9 * DAY,
    },
    {"customer_id": "c3", "email": "marta@example.com", "plan": "free", "age": 51},
    {"customer_id": "c4", "email": "lee@example.com", "age": 20},
]
ORDERS = [
    {"customer_id": "c1", "amount": 80, "time": NOON - DAY},
    {"customer_id": "c1", "amount": 30, "time": NOON - 2 * DAY},
    {"customer_id": "c3", "amount": 200, "time": NOON - 90 * DAY},
]
SEED = {
    "databases": {"shop": {"customers": [{"time": NOON} | row for row in ROWS], "orders": ORDERS}},
    "parentSegments": [
        {
            "id": "101",
            "name": "Customers",
            "master": {"database": "shop", "table": "customers"},
            "attributes": [{"name": "joined", "type": "timestamp"}],
            "behaviors": [
                {
                    "name": "orders",
                    "database": "shop",
                    "table": "orders",
                    "key": "customer_id",
                    "foreignKey": "customer_id",
                    "columns": [{"name": "amount", "type": "number"}],
                }
            ],
            "folders": [{"id": "201", "name": "Customers"}],
        }
    ],
}


def value(left: Any, operator: Any, **more: Any) -> dict[str, Any]:
    left = {"name": left} if isinstance(left, str) else left
    return {
        "type": "Value",
        "leftValue": left,
        "operator": operator,
        "arrayMatching": None,
        "exclude": False,
    } | more


def rule(*conditions: Any, **more: Any) -> dict[str, Any]:
    return {"type": "And", "conditions": [{"type": "And", "conditions": [*conditions]}]} | more


def orders(kind: str, conditions: Any = (), **aggregation: Any) -> dict[str, Any]:
    where = {"type": "And", "conditions": [*conditions]} if conditions else {}
    return {
        "aggregation": {"type": kind} | aggregation,
        "filter": where,
        "source": {"name": "orders"},
    }


PRO = {"type": "Equal", "not": False, "rightValue": "pro"}
RECENT = {"type": "TimeWithinPast", "unit": "day", "value": "30"}
IN_TIME = {"type": "Column", "column": "timestamp", "operator": RECENT, "arrayMatching": None}
RIGHT = [
    ({}, "1 = 1"),
    (rule(value("plan", PRO)), "plan = 'pro'"),
    (rule(value("plan", PRO, exclude=True)), "plan IS NULL OR plan <> 'pro'"),
    (rule(value("plan", PRO | {"not": True})), "plan <> 'pro'"),
    (
        rule(
            value(
                "age",
                {"type": "Between", "not": False, "minValue": 20, "maxValue": 40, "rightValue": 0},
            )
        ),
        "age BETWEEN 20 AND 40",
    ),
    (rule(value("age", {"type": "In", "not": False, "rightValues": [20, 51]})), "age IN (20, 51)"),
    (rule(value("plan", {"type": "IsNull", "not": False, "rightValue": ""})), "plan IS NULL"),
    (
        rule(value("email", {"type": "EndWith", "not": False, "rightValues": ["a@example.com"]})),
        "email LIKE '%a@example.com'",
    ),
    (
        rule(value("email", {"type": "Regexp", "not": False, "rightValue": "^[kl]"})),
        "regexp_like(email, '^[kl]')",
    ),
    (
        rule(
            value(
                "joined",
                {"type": "GreaterEqual", "not": False, "rightValue": {"last": 2, "unit": "day"}},
            )
        ),
        f"joined >= {NOON - 2 * DAY}",
    ),
    (
        rule(
            value(
                orders("Sum", column="amount"), {"type": "Greater", "not": False, "rightValue": 100}
            )
        ),
        "customer_id IN (SELECT customer_id FROM orders GROUP BY 1 HAVING SUM(amount) > 100)",
    ),
    (
        rule(
            value(
                orders("Count", [IN_TIME], groupingColumns=[]),
                {"type": "Equal", "not": False, "rightValue": 2},
            )
        ),
        "customer_id IN (SELECT customer_id FROM orders"
        f" WHERE time >= {NOON - 30 * DAY} GROUP BY 1 HAVING COUNT(*) = 2)",
    ),
    (
        {
            "type": "Composite",
            "expr": "1 or not 2",
            "conditions": [
                {"type": "And", "conditions": [value("plan", PRO)]},
                {
                    "type": "And",
                    "conditions": [value("age", {"type": "Less", "not": False, "rightValue": 30})],
                },
            ],
        },
        "plan = 'pro' OR age >= 30",
    ),
]


def changed(path: str, new: Any) -> dict[str, Any]:
    """Give a right rule with one member of its condition replaced, or taken off."""
    condition: Any = value("plan", dict(PRO))
    *parents, last = path.split("/")
    target = condition
    for name in parents:
        target = target[name]
    if new is None:
        del target[last]
    else:
        target[last] = new
    return rule(value("age", {"type": "Greater", "not": False, "rightValue": 1}), condition)


HERE = "/rule/conditions/0/conditions/1"
WRONG = [
    ("plan = pro", "/rule", "is not an object or null"),
    ({"type": "Maybe", "conditions": []}, "/rule/type", "is not one of"),
    (rule({"type": "And", "conditions": []}), "/rule/conditions/0/conditions/0/type", "Value"),
    (changed("type", "Vlaue"), f"{HERE}/type", "is not one of"),
    (changed("exclude", None), HERE, "'exclude' is missing"),
    (changed("exclude", "no"), f"{HERE}/exclude", "is not a boolean"),
    (changed("leftValue", {}), f"{HERE}/leftValue", "'name' is missing"),
    (changed("operator/type", "NotEqual"), f"{HERE}/operator/type", "Equal"),
    (changed("operator/rightValue", None), f"{HERE}/operator", "'rightValue' is missing"),
    (changed("operator/rightValue", ["pro"]), f"{HERE}/operator/rightValue", "is not a"),
    (changed("operator", {"type": "In", "not": False}), f"{HERE}/operator", "'rightValues'"),
    (
        changed("operator", {"type": "TimeWithinPast", "unit": "days", "value": "7"}),
        f"{HERE}/operator/unit",
        "day",
    ),
    (
        changed("operator", {"type": "TimeWithinPast", "unit": "day", "value": 7}),
        f"{HERE}/operator/value",
        "is not a string",
    ),
    (
        changed(
            "operator", {"type": "Less", "not": True, "rightValue": {"last": 1, "unit": "day"}}
        ),
        f"{HERE}/operator/not",
        "is not false",
    ),
    (
        changed("operator", {"type": "Less", "not": False, "rightValue": {"last": 1}}),
        f"{HERE}/operator/rightValue",
        "'unit' is missing",
    ),
    (changed("arrayMatching", "some"), f"{HERE}/arrayMatching", "is not one of any, all"),
    (
        changed("leftValue", orders("Sum")),
        f"{HERE}/leftValue/aggregation",
        "'column' is missing",
    ),
    (
        changed("leftValue", orders("Median", column="amount")),
        f"{HERE}/leftValue/aggregation/type",
        "Min, Max",
    ),
    (
        changed(
            "leftValue",
            orders("Count", [{"type": "Column", "column": "amount"}], groupingColumns=[]),
        ),
        f"{HERE}/leftValue/filter/conditions/0",
        "'operator' is missing",
    ),
    (changed("limit", {"type": "Some", "number": 1}), f"{HERE}/limit/type", "is not one of"),
    (
        {"type": "Composite", "conditions": [{"type": "And", "conditions": []}]},
        "/rule",
        "'expr' is missing",
    ),
]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with start(Settings(seed=SEED, now=NOON)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def calls(connector: Connector, running: RunningSandbox) -> Iterator[Dispatcher]:
    connection = Connection(properties={"apiKey": running.master_key}, endpoint=running.url)
    with Dispatcher(connector, connection) as made:
        yield made


def _customers(calls: Dispatcher, asked: Any) -> set[str]:
    inputs = {"audienceId": "101", "columns": ["customer_id"], "kind": 0, "rule": asked}
    query = calls.call("run-segment-query", inputs).unwrap()
    profiles = calls.call(
        "get-segment-query-profiles", {"audienceId": "101", "queryId": query["id"], "page": 1}
    ).unwrap()
    return {row[0] for row in profiles["rows"] or []}


def _by_hand(sandbox: RunningSandbox, sql: str) -> list[Any]:
    headers = {"Authorization": f"TD1 {sandbox.master_key}"}
    url = f"{sandbox.url}/v3/job"
    issued = requests.post(f"{url}/issue/presto/shop", {"query": sql}, headers=headers, timeout=10)
    result = requests.get(
        f"{url}/result/{issued.json()['job']}?format=json", headers=headers, timeout=10
    )
    assert result.status_code == 200, issued.text
    return [line.strip('["]') for line in result.text.splitlines()]


@pytest.mark.parametrize(("asked", "where"), RIGHT)
def test_a_right_rule_takes_whom_sql_takes(
    calls: Dispatcher, running: RunningSandbox, asked: Any, where: str
) -> None:
    expected = _by_hand(running, f"SELECT customer_id FROM customers WHERE {where}")

    assert expected
    assert _customers(calls, asked) == set(expected)


@pytest.mark.parametrize(("asked", "_where"), RIGHT)
def test_the_sql_of_a_rule_runs_as_a_query(
    calls: Dispatcher, running: RunningSandbox, asked: Any, _where: str
) -> None:
    written = calls.call(
        "get-segment-sql", {"audienceId": "101", "format": "sql", "kind": 0, "rule": asked}
    ).unwrap()

    counted = _by_hand(running, f"SELECT COUNT(*) FROM ({written['sql']['sql']}) members")
    assert counted == [str(len(_customers(calls, asked)))]


@pytest.mark.parametrize(
    "capability", ["get-segment-sql", "run-segment-query", "create-segment", "create-segment-rest"]
)
@pytest.mark.parametrize(("asked", "pointer", "text"), WRONG)
def test_a_wrong_rule_is_refused_at_its_wrong_condition(
    calls: Dispatcher, capability: str, asked: Any, pointer: str, text: str
) -> None:
    inputs = {"rule": asked}
    if capability == "create-segment":
        inputs |= {"name": "A", "type": "segment-batch", "parentFolderId": "201"}
    else:
        inputs |= {"audienceId": "101"}
    if capability == "create-segment-rest":
        inputs |= {"name": "A", "kind": 0}

    result = calls.call(capability, inputs)

    assert result.error is not None
    assert result.error.code == "invalid-inputs"
    found = [(one["pointer"], one["message"]) for one in result.error.to_json()["problems"]]
    assert [one for one in found if one[0] == pointer and text in one[1]], found


def test_what_only_the_vendor_can_know_is_refused_by_it_with_the_place(calls: Dispatcher) -> None:
    asked = rule(value("colour", PRO))

    result = calls.call("get-segment-sql", {"audienceId": "101", "format": "sql", "rule": asked})

    assert result.error is not None
    assert result.outputs["statusCode"] == 400
    assert "/rule/conditions/0/conditions/0/leftValue/name" in str(result.error)


def test_every_right_rule_fits_the_schema_and_no_wrong_one_does() -> None:
    connector = load(ROOT)
    reference = {"$ref": "segment-rule.schema.json"}
    validator = Validator(bundle_schema(connector, reference, "schemas/any.json"))

    assert [asked for asked, _ in RIGHT if not validator.is_valid(asked)] == []
    assert [asked for asked, _, _ in WRONG if validator.is_valid(asked)] == []
