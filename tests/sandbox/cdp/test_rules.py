"""What each operator of the rules takes, against SQL written by hand over the source tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import DAY, JAPAN, NOON, equal, rule, value

if TYPE_CHECKING:
    from tests.sandbox.cdp.conftest import Shop

TODAY = 1_699_974_000
"""Midnight in Tokyo before the clock's present."""


def op(kind: str, right: Any = None, **more: Any) -> dict[str, Any]:
    """Make an operator."""
    return {"type": kind, "not": False} | ({} if right is None else {"rightValue": right}) | more


def several(kind: str, *rights: Any, negated: bool = False) -> dict[str, Any]:
    """Make an operator with several values."""
    return {"type": kind, "not": negated, "rightValues": [*rights]}


SCALARS = [
    (value("country", equal("JP")), "country = 'JP'"),
    (value("country", equal("JP", negated=True)), "country <> 'JP'"),
    (value("country", equal("JP"), exclude=True), "country IS NULL OR country <> 'JP'"),
    (value("plan", equal("gold"), exclude=True), "customer_id <> 'c1'"),
    (value("email", equal("o'hara@example.com")), "email = 'o''hara@example.com'"),
    (value("age", equal(36)), "age = 36"),
    (value("age", equal("36")), "age = 36"),
    (value("score", equal(0.5)), "score = 0.5"),
    (value("is_member", equal(right=True)), "is_member"),
    (value("is_member", equal("false")), "is_member = false"),
    (value("is_member", several("In", "true")), "is_member"),
    (value("age", op("Greater", 36)), "age > 36"),
    (value("age", op("GreaterEqual", 36)), "age >= 36"),
    (value("age", op("Less", 36)), "age < 36"),
    (value("age", op("LessEqual", 36)), "age <= 36"),
    (value("age", op("LessEqual", 36, **{"not": True})), "age > 36"),
    (value("score", op("Less", 0)), "score < 0"),
    (value("country", op("Greater", "JP")), "country > 'JP'"),
    (value("score", op("IsNull", "")), "score IS NULL"),
    (value("score", op("IsNull", "", **{"not": True})), "score IS NOT NULL"),
    (value("tags", op("IsNull", "")), "tags IS NULL"),
    (value("country", several("In", "JP", "GB")), "country IN ('JP', 'GB')"),
    (value("country", several("In", "JP", "GB", negated=True)), "country NOT IN ('JP', 'GB')"),
    (value("age", several("In", 20, "51")), "age IN (20, 51)"),
    (value("email", several("Contain", "ad", "art")), "email LIKE '%ad%' OR email LIKE '%art%'"),
    (value("email", several("Contain", "'")), "email LIKE '%''%'"),
    (value("email", several("Contain", "%")), "false"),
    (value("email", several("Contain", "a@", negated=True)), "email NOT LIKE '%a@%'"),
    (value("email", several("StartWith", "ad", "o'")), "email LIKE 'ad%' OR email LIKE 'o''%'"),
    (value("email", several("EndWith", "ji@example.com")), "email LIKE '%ji@example.com'"),
    (value("country", several("EndWith", "longer than that")), "false"),
    (value("email", op("Regexp", "^[am]")), "regexp_matches(email, '^[am]')"),
    (value("email", op("Regexp", "^[am]", **{"not": True})), "NOT regexp_matches(email, '^[am]')"),
    (value("age", op("Between", 0, minValue=20, maxValue=36)), "age BETWEEN 20 AND 36"),
    (
        value("age", op("Between", 0, minValue=20, maxValue=36, **{"not": True})),
        "age NOT BETWEEN 20 AND 36",
    ),
    (value("Signed up", op("Less", NOON)), f"signed_up < {NOON}"),
    (value("signed_up", op("Less", "2023-01-01")), "signed_up < 1672498800"),
    (value("plan", equal("gold")), "customer_id = 'c1'"),
    (value("plan", equal("basic")), "customer_id = 'c3'"),
    (value({"customerGroup": "household", "name": "city"}, equal("Tokyo")), "household = 'h1'"),
    (
        value({"customerGroup": "household", "name": "members"}, op("Less", 2), exclude=True),
        "household IS NULL OR household <> 'h2'",
    ),
]

ARRAYS = [
    (value("tags", equal("vip")), "list_contains(tags::VARCHAR[], 'vip')"),
    (value("tags", equal("vip"), arrayMatching="any"), "customer_id IN ('c1', 'c2')"),
    (value("tags", equal("vip"), arrayMatching="all"), "customer_id IN ('c2', 'c3')"),
    (value("tags", equal("vip", negated=True), arrayMatching="any"), "customer_id IN ('c1', 'c5')"),
    (value("sizes", equal(38), arrayMatching={"atLeast": 2}), "customer_id = 'c3'"),
    (value("sizes", equal(38), arrayMatching={"atMost": 1}), "customer_id IN ('c1', 'c2')"),
    (value("sizes", equal(38), arrayMatching={"exactly": 1}), "customer_id = 'c1'"),
    (value("sizes", op("Greater", 39), arrayMatching="any"), "customer_id IN ('c1', 'c2')"),
    (value("tags", several("StartWith", "n")), "customer_id IN ('c1', 'c5')"),
]

TIMES = [
    (op("Equal", {"timestamp": str(NOON - 3 * DAY)}), f"signed_up = {NOON - 3 * DAY}"),
    (op("Greater", {"timestamp": "2023-11-01"}), "signed_up > 1698764400"),
    (op("Less", {"timestamp": "2023-11-01T00:00:00Z"}), "signed_up < 1698796800"),
    (op("GreaterEqual", {"last": 40, "unit": "day"}), f"signed_up >= {NOON - 40 * DAY}"),
    (op("Greater", {"last": 40, "unit": "day"}), f"signed_up > {NOON - 40 * DAY}"),
    (
        op("LessEqual", {"last": {"day": 2, "hour": 24}, "unit": "day"}),
        f"signed_up <= {NOON} - 259200",
    ),
    (op("Less", {"last": 1, "unit": "year"}), "signed_up < 1668464000"),
    (
        {
            "type": "Between",
            "not": False,
            "minValue": {"last": 40, "unit": "day"},
            "maxValue": {"timestamp": str(NOON)},
        },
        f"signed_up BETWEEN {NOON - 40 * DAY} AND {NOON}",
    ),
    ({"type": "TimeToday"}, f"signed_up >= {TODAY} AND signed_up < {TODAY + DAY}"),
    (
        {"type": "TimeThis", "from": {"unit": "week"}},
        f"signed_up >= {TODAY} - 172800 AND signed_up < {TODAY} + 432000",
    ),
    (
        {"type": "TimeThis", "from": {"unit": "month"}},
        "signed_up >= 1698764400 AND signed_up < 1701356400",
    ),
    (
        {"type": "TimeNext", "from": {"unit": "day"}},
        f"signed_up >= {TODAY + DAY} AND signed_up < {TODAY + 2 * DAY}",
    ),
    ({"type": "TimeNext", "from": {"unit": "year"}}, "false"),
    (
        {"type": "TimeWithinPast", "unit": "day", "value": "3"},
        f"signed_up BETWEEN {NOON - 3 * DAY} AND {NOON}",
    ),
    (
        {"type": "TimeWithinPast", "unit": "month", "value": "2"},
        f"signed_up BETWEEN 1694729600 AND {NOON}",
    ),
    (
        {"type": "TimeWithinNext", "unit": "hour", "value": "48"},
        f"signed_up BETWEEN {NOON} AND {NOON + 2 * DAY}",
    ),
    (
        {
            "type": "TimeInBetweenNext",
            "not": False,
            "from": {"next": 1, "unit": "day"},
            "to": {"next": 3, "unit": "day"},
        },
        "customer_id = 'c5'",
    ),
    (
        {
            "type": "TimeRange",
            "not": False,
            "reverse": False,
            "from": {"last": 41, "unit": "day"},
            "duration": {"day": 2},
        },
        "customer_id = 'c2'",
    ),
    (
        {
            "type": "TimeRange",
            "not": False,
            "reverse": True,
            "from": {"last": 2, "unit": "day"},
            "duration": {"week": 1},
        },
        "customer_id = 'c1'",
    ),
    (
        {
            "type": "TimeRange",
            "not": True,
            "reverse": True,
            "from": {"last": 2, "unit": "day"},
            "duration": {"week": 1},
        },
        "signed_up IS NOT NULL AND customer_id <> 'c1'",
    ),
    ({"type": "TimeRange", "not": False, "from": {"unit": "month"}}, "customer_id = 'c1'"),
]


@pytest.mark.parametrize(("condition", "where"), SCALARS)
def test_a_condition_on_an_attribute_takes_whom_sql_takes(
    resting_shop: Shop, condition: Any, where: str
) -> None:
    assert resting_shop.members(rule(condition)) == resting_shop.by_hand(where)


@pytest.mark.parametrize(("condition", "where"), ARRAYS)
def test_a_condition_on_an_array_counts_its_elements(
    resting_shop: Shop, condition: Any, where: str
) -> None:
    assert resting_shop.members(rule(condition)) == resting_shop.by_hand(where)


@pytest.mark.parametrize(("operator", "where"), TIMES)
def test_a_time_is_that_of_the_clock_and_the_time_zone(
    resting_shop: Shop, operator: Any, where: str
) -> None:
    found = resting_shop.members(rule(value("signed_up", operator)))

    assert found == resting_shop.by_hand(where)


@pytest.mark.parametrize(
    ("operator", "found"),
    [
        (op("Equal", {"timestamp": "1972-05-01"}), {"c3"}),
        (op("Less", {"timestamp": "1990-01-01"}), {"c1", "c3"}),
        (op("Greater", {"timestamp": "1987-11-14 00:00:01"}), {"c2"}),
        ({"type": "TimeWithinPast", "unit": "year", "value": "40"}, {"c1", "c2"}),
        (several("StartWith", "1987", "2003"), {"c1", "c2"}),
    ],
)
def test_a_date_is_compared_as_the_day_it_is(
    resting_shop: Shop, operator: Any, found: set[str]
) -> None:
    assert resting_shop.members(rule(value("birthday", operator))) == found


def orders(
    kind: str, column: str | None = None, *, conditions: Any = None, window: Any = None, **more: Any
) -> dict[str, Any]:
    """Make an aggregation over the orders."""
    aggregation = {"type": kind, **({} if column is None else {"column": column}), **more}
    if kind == "Count":
        aggregation.setdefault("groupingColumns", [])
    where = {} if conditions is None else {"type": "And", "conditions": conditions}
    made = {"aggregation": aggregation, "filter": where, "source": {"name": "Orders"}}
    return made | (
        {} if window is None else {"window": {"type": "TimeSliding", "duration": window}}
    )


def column(name: str, operator: Any) -> dict[str, Any]:
    """Make a filter on a column of a behavior."""
    return {"type": "Column", "column": name, "operator": operator, "arrayMatching": None}


OF = "(SELECT {} FROM td.shop.orders o WHERE o.customer = m.customer_id{})"
AGGREGATES = [
    (value(orders("Count"), op("GreaterEqual", 2)), OF.format("count(*)", "") + " >= 2"),
    (value(orders("Count"), op("Less", 2)), OF.format("count(*)", "") + " < 2"),
    (value(orders("Count"), equal(0)), OF.format("count(*)", "") + " = 0"),
    (value(orders("Count"), equal(0, negated=True)), OF.format("count(*)", "") + " <> 0"),
    (
        value(orders("Count"), op("Between", 0, minValue=0, maxValue=1)),
        OF.format("count(*)", "") + " <= 1",
    ),
    (value(orders("Sum", "amount"), op("Greater", 80)), OF.format("sum(price)", "") + " > 80"),
    (value(orders("Min", "amount"), op("Less", 20)), OF.format("min(price)", "") + " < 20"),
    (value(orders("Max", "amount"), equal(35)), OF.format("max(price)", "") + " = 35"),
    (value(orders("Average", "amount"), op("Less", 30)), OF.format("avg(price)", "") + " < 30"),
    (
        value(orders("CountDistinct", columns=["item"]), equal(2)),
        OF.format("count(DISTINCT item)", "") + " = 2",
    ),
    (
        value(orders("CountDistinct", columns=["item", "shop"]), equal(3)),
        OF.format("count(DISTINCT (item, shop))", "") + " = 3",
    ),
    (value(orders("CountDistinct", columns=["item"]), equal(0)), "customer_id IN ('c4', 'c5')"),
    (
        value(orders("First", "item", orderColumn="timestamp"), equal("hat")),
        OF.format("arg_min(item, time)", "") + " = 'hat'",
    ),
    (
        value(orders("Last", "item", orderColumn="timestamp"), equal("hat")),
        OF.format("arg_max(item, time)", "") + " = 'hat'",
    ),
    (
        value(orders("Last", "item", orderColumn="amount"), several("In", "hat", "coat")),
        OF.format("arg_max(item, price)", "") + " IN ('hat', 'coat')",
    ),
    (
        value(orders("Max", "timestamp"), op("Less", {"last": 4, "unit": "day"})),
        OF.format("max(time)", "") + f" < {NOON - 4 * DAY}",
    ),
    (
        value(orders("Count", conditions=[column("item", equal("hat"))]), equal(1)),
        OF.format("count(*)", " AND item = 'hat'") + " = 1",
    ),
    (
        value(
            orders(
                "Count",
                conditions=[
                    column("timestamp", {"type": "TimeWithinPast", "unit": "day", "value": "7"})
                ],
            ),
            op("Greater", 1),
        ),
        OF.format("count(*)", f" AND time >= {NOON - 7 * DAY}") + " > 1",
    ),
    (
        value(
            orders(
                "Sum",
                "amount",
                conditions=[
                    column("shop", equal("web")),
                    {
                        "type": "Or",
                        "conditions": [
                            column("item", equal("hat")),
                            column("amount", op("Less", 16)),
                        ],
                    },
                ],
            ),
            op("GreaterEqual", 15),
        ),
        OF.format("sum(price)", " AND shop = 'web' AND (item = 'hat' OR price < 16)") + " >= 15",
    ),
    (value(orders("Count", groupingColumns=["item"]), equal(2)), "customer_id = 'c1'"),
    (value(orders("Sum", "amount", groupingColumns=["shop"]), equal(50)), "customer_id = 'c1'"),
    (value(orders("Count", window={"day": 2}), equal(2)), "customer_id IN ('c1', 'c2')"),
    (value(orders("Count", window={"day": 1}), equal(2)), "false"),
    (value(orders("Sum", "amount", window={"hour": 36}), equal(225)), "customer_id = 'c2'"),
    (
        value(orders("Count", groupingColumns=["item"], window={"day": 29}), op("Greater", 1)),
        "false",
    ),
    (value(orders("Count", window={"day": 40}), op("Greater", 2)), "customer_id = 'c1'"),
    (value(orders("Count"), op("Greater", 0), exclude=True), "customer_id IN ('c4', 'c5')"),
]


@pytest.mark.parametrize(("condition", "where"), AGGREGATES)
def test_an_aggregate_is_that_of_the_behaviors_rows(
    resting_shop: Shop, condition: Any, where: str
) -> None:
    assert resting_shop.members(rule(condition)) == resting_shop.by_hand(where)


JP, ADULT, MEMBER = (
    value("country", equal("JP")),
    value("age", op("Greater", 30)),
    value("is_member", equal(right=True)),
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {"c1", "c2", "c3", "c4", "c5"}),
        (None, {"c1", "c2", "c3", "c4", "c5"}),
        ({"type": "And", "conditions": []}, {"c1", "c2", "c3", "c4", "c5"}),
        (rule(JP, ADULT), {"c1"}),
        (rule(JP, ADULT, kind="Or"), {"c1", "c2", "c3", "c4"}),
        (
            {"type": "Or", "conditions": [rule(JP)["conditions"][0], rule(ADULT)["conditions"][0]]},
            {"c1", "c2", "c3", "c4"},
        ),
        (rule(JP, ADULT, MEMBER, kind="Composite") | {}, None),
        (
            {
                "type": "And",
                "conditions": [
                    {
                        "type": "Composite",
                        "conditions": [JP, ADULT, MEMBER],
                        "expr": "A and (not B or C)",
                    }
                ],
            },
            {"c1", "c2"},
        ),
        (
            {
                "type": "Composite",
                "expr": "1 AND NOT 2",
                "conditions": [
                    {"type": "And", "conditions": [ADULT]},
                    {"type": "And", "conditions": [JP]},
                ],
            },
            {"c3", "c4"},
        ),
        # the older form nests freely and leaves members out
        (
            {
                "type": "And",
                "conditions": [
                    {
                        "type": "Or",
                        "conditions": [
                            {
                                "type": "And",
                                "conditions": [
                                    {
                                        "type": "Value",
                                        "leftValue": {"name": "country"},
                                        "operator": {"type": "Equal", "rightValue": "PL"},
                                    }
                                ],
                            },
                            JP,
                        ],
                    },
                    ADULT,
                ],
            },
            {"c1", "c3"},
        ),
        (rule({"type": "Reference", "id": "301", "exclude": False}), {"c1", "c2"}),
        (rule({"type": "Reference", "id": "301", "exclude": True}), {"c3", "c4", "c5"}),
        (rule({"type": "FunnelStageReference", "id": "711", "exclude": False}), {"c1", "c2"}),
        (rule({"type": "FunnelStageReference", "id": "712", "exclude": False}), set()),
        (
            rule(
                ADULT,
                limit={
                    "type": "Count",
                    "number": 2,
                    "orderColumns": [
                        {"type": "Column", "column": "age", "order": "descending"},
                        {"type": "Column", "column": "country", "order": "ascending"},
                    ],
                },
            ),
            {"c3", "c4"},
        ),
        (
            rule(
                limit={
                    "type": "Percent",
                    "number": 30,
                    "orderColumns": [
                        {"type": "Column", "column": "age", "order": "ascending"},
                        {"type": "Column", "column": "country", "order": "ascending"},
                    ],
                }
            ),
            {"c2", "c4"},
        ),
        (rule(limit={"type": "Count", "number": 0}), set()),
        (
            rule(
                value(
                    orders("Sum", "amount"),
                    op("Greater", 0),
                    limit={
                        "type": "Count",
                        "number": 1,
                        "orderColumns": [{"type": "Aggregation", "order": "descending"}],
                    },
                )
            ),
            {"c2"},
        ),
        (
            rule(
                value(
                    orders("Sum", "amount"),
                    op("Greater", 0),
                    limit={
                        "type": "Count",
                        "number": 2,
                        "orderColumns": [{"type": "Aggregation", "order": "ascending"}],
                    },
                )
            ),
            {"c1", "c3"},
        ),
        (
            rule(
                value(
                    "age",
                    op("Greater", 0),
                    limit={
                        "type": "Count",
                        "number": 1,
                        "orderColumns": [
                            {"type": "Column", "column": "age", "order": "descending"}
                        ],
                    },
                )
            ),
            {"c3"},
        ),
    ],
)
def test_groups_references_and_limits(
    resting_shop: Shop, asked: Any, found: set[str] | None
) -> None:
    if found is None:
        asked["conditions"][0]["expr"] = "not (A or B) or C"
        found = {"c1", "c3", "c5"}

    assert resting_shop.members(asked) == found


def test_a_query_of_everyone_is_plain(resting_shop: Shop) -> None:
    everyone = 'SELECT a."cdp_customer_id" FROM "cdp_audience_101"."customers" a'

    assert resting_shop.sql({}) == everyone
    assert resting_shop.sql(JAPAN) == f"{everyone} WHERE (a.\"country\" = 'JP')"
