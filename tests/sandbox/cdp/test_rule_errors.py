"""What is wrong in a rule, and where it is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from argosy.sandbox.cdp.errors import InvalidError
from argosy.sandbox.cdp.rules.translation import NotEvaluatedError
from tests.sandbox.cdp.conftest import equal, rule, value

if TYPE_CHECKING:
    from tests.sandbox.cdp.conftest import Shop

SET = "/rule/conditions/0"
ONE = f"{SET}/conditions/0"
WRONG, BLANK = "INVALID_FORMAT_OR_ASSOCIATION", "CANNOT_BE_BLANK"


def operator(**members: Any) -> dict[str, Any]:
    """Make a rule of one condition with an operator."""
    return rule(value("age", members))


def orders(**members: Any) -> dict[str, Any]:
    """Make a rule of one condition on the orders."""
    left = {
        "aggregation": {"type": "Count", "groupingColumns": []},
        "filter": {},
        "source": {"name": "Orders"},
    }
    return rule(value(left | members, equal(1)))


def composite(expr: Any, count: int = 2) -> dict[str, Any]:
    """Make a rule whose inner group has an expression."""
    return rule(*[value("age", equal(1))] * count, kind="Composite") | {
        "conditions": [
            {"type": "Composite", "expr": expr, "conditions": [value("age", equal(1))] * count}
        ]
    }


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ([], "/rule", WRONG),
        ("age > 3", "/rule", WRONG),
        ({"type": "Maybe", "conditions": []}, "/rule/type", WRONG),
        ({"conditions": []}, "/rule/type", BLANK),
        ({"type": "And"}, "/rule/conditions", BLANK),
        ({"type": "And", "conditions": {}}, "/rule/conditions", WRONG),
        ({"type": "And", "conditions": [7]}, SET, WRONG),
        ({"type": "And", "conditions": [{}]}, f"{SET}/type", BLANK),
        (rule({"type": "Value", "operator": equal(1)}), f"{ONE}/leftValue", BLANK),
        (rule({"type": "Value", "leftValue": {"name": "age"}}), f"{ONE}/operator", BLANK),
        (rule({"type": "Valu"}), f"{ONE}/type", WRONG),
        (rule(value("age", equal(1), exclude="no")), f"{ONE}/exclude", WRONG),
        (rule(value("nothing", equal(1))), f"{ONE}/leftValue/name", WRONG),
        (rule(value({"name": ""}, equal(1))), f"{ONE}/leftValue/name", BLANK),
        (
            rule(value({"name": "city", "customerGroup": "none"}, equal(1))),
            f"{ONE}/leftValue/customerGroup",
            WRONG,
        ),
        (operator(), f"{ONE}/operator/type", BLANK),
        (operator(type="Like", rightValue="a"), f"{ONE}/operator/type", WRONG),
        (operator(type="Equal"), f"{ONE}/operator/rightValue", BLANK),
        (operator(type="Equal", rightValue="x"), f"{ONE}/operator/rightValue", WRONG),
        (operator(type="Equal", rightValue=[1]), f"{ONE}/operator/rightValue", WRONG),
        (operator(type="Equal", rightValue=1, **{"not": 1}), f"{ONE}/operator/not", WRONG),
        (operator(type="In", rightValues=[]), f"{ONE}/operator/rightValues", BLANK),
        (operator(type="In", rightValues=[1, "x"]), f"{ONE}/operator/rightValues/1", WRONG),
        (operator(type="In", rightValues=7), f"{ONE}/operator/rightValues", WRONG),
        (operator(type="Contain", rightValues=["a"]), f"{ONE}/operator/type", WRONG),
        (operator(type="Contain", rightValues=[1]), f"{ONE}/operator/rightValues/0", WRONG),
        (operator(type="Between", minValue=1), f"{ONE}/operator/maxValue", BLANK),
        (
            rule(value("email", {"type": "Regexp", "rightValue": "("})),
            f"{ONE}/operator/rightValue",
            WRONG,
        ),
        (
            rule(value("is_member", {"type": "Less", "rightValue": 1})),
            f"{ONE}/operator/type",
            WRONG,
        ),
        (
            operator(type="TimeWithinPast", unit="decade", value="1"),
            f"{ONE}/operator/unit",
            WRONG,
        ),
        (operator(type="TimeWithinPast", unit="day"), f"{ONE}/operator/value", BLANK),
        (operator(type="TimeWithinPast", unit="day", value="x"), f"{ONE}/operator/value", WRONG),
        (operator(type="TimeThis"), f"{ONE}/operator/from", BLANK),
        (
            operator(type="Less", rightValue={"timestamp": "soon"}),
            f"{ONE}/operator/rightValue/timestamp",
            WRONG,
        ),
        (operator(type="Less", rightValue={}), f"{ONE}/operator/rightValue/last", BLANK),
        (
            operator(
                type="TimeRange", duration={"fortnight": 1}, **{"from": {"last": 1, "unit": "day"}}
            ),
            f"{ONE}/operator/duration/fortnight",
            WRONG,
        ),
        (rule(value("tags", equal("x"), arrayMatching="some")), f"{ONE}/arrayMatching", WRONG),
        (rule(value("age", equal(1), arrayMatching={"atLeast": 1})), f"{ONE}/operator", WRONG),
        (orders(source={"name": "Visits"}), f"{ONE}/leftValue/source/name", WRONG),
        (orders(source=None), f"{ONE}/leftValue/source", BLANK),
        (orders(aggregation={"type": "Median"}), f"{ONE}/leftValue/aggregation/type", WRONG),
        (orders(aggregation={"type": "Sum"}), f"{ONE}/leftValue/aggregation/column", BLANK),
        (
            orders(aggregation={"type": "Sum", "column": "nothing"}),
            f"{ONE}/leftValue/aggregation/column",
            WRONG,
        ),
        (
            orders(aggregation={"type": "Sum", "column": "item"}),
            f"{ONE}/leftValue/aggregation/column",
            WRONG,
        ),
        (
            orders(
                filter={
                    "type": "And",
                    "conditions": [{"type": "Column", "column": "x", "operator": equal(1)}],
                }
            ),
            f"{ONE}/leftValue/filter/conditions/0/column",
            WRONG,
        ),
        (orders(filter={"type": "Xor"}), f"{ONE}/leftValue/filter/type", WRONG),
        (
            orders(window={"type": "TimeSliding", "duration": {}}),
            f"{ONE}/leftValue/window/duration",
            "INVALID_WINDOW_DURATION",
        ),
        (
            orders(window={"type": "TimeSliding", "duration": {"month": 1}}),
            f"{ONE}/leftValue/window/duration",
            "INVALID_WINDOW_DURATION",
        ),
        (rule({"type": "Reference", "exclude": False}), f"{ONE}/id", BLANK),
        (rule({"type": "Reference", "id": "999", "exclude": False}), f"{ONE}/id", WRONG),
        (rule({"type": "FunnelStageReference", "id": "9", "exclude": False}), f"{ONE}/id", WRONG),
        (rule(limit={"type": "Some", "number": 1}), "/rule/limit/type", WRONG),
        (rule(limit={"type": "Percent", "number": 101}), "/rule/limit/number", WRONG),
        (
            rule(
                limit={
                    "type": "Count",
                    "number": 1,
                    "orderColumns": [{"type": "Column", "column": "x", "order": "ascending"}],
                }
            ),
            "/rule/limit/orderColumns/0/column",
            WRONG,
        ),
        (
            rule(
                limit={
                    "type": "Count",
                    "number": 1,
                    "orderColumns": [{"type": "Column", "column": "age", "order": "up"}],
                }
            ),
            "/rule/limit/orderColumns/0/order",
            WRONG,
        ),
        (composite(None), f"{SET}/expr", BLANK),
        (composite("A and"), f"{SET}/expr", "COMPOSITE_CONDITION_SYNTAX_ERROR"),
        (composite("A B"), f"{SET}/expr", "COMPOSITE_CONDITION_SYNTAX_ERROR"),
        (composite("A & B"), f"{SET}/expr", "COMPOSITE_CONDITION_SYNTAX_ERROR"),
        (composite("(A and B"), f"{SET}/expr", "COMPOSITE_CONDITION_SYNTAX_ERROR"),
        (composite("(" * 60 + "A"), f"{SET}/expr", "COMPOSITE_CONDITION_SYNTAX_ERROR"),
        (composite("A and C"), f"{SET}/expr", "COMPOSITE_CONDITION_MISSING_RULE_IDENTIFIER"),
        (composite("A and 0"), f"{SET}/expr", "COMPOSITE_CONDITION_MISSING_RULE_IDENTIFIER"),
        (composite("A or A"), f"{SET}/expr", "COMPOSITE_CONDITION_TOO_FEW_RULES_REFERENCED"),
        (
            composite("A and ABC"),
            f"{SET}/expr",
            "COMPOSITE_CONDITION_TOO_LONG_ALPHABETICAL_IDENTIFIER",
        ),
        (
            composite("A and 1000"),
            f"{SET}/expr",
            "COMPOSITE_CONDITION_TOO_LONG_NUMERICAL_IDENTIFIER",
        ),
        (
            {
                "type": "Composite",
                "expr": "1",
                "conditions": [
                    {"type": "And", "conditions": []},
                    {"type": "And", "conditions": []},
                ],
            },
            "/rule/expr",
            "COMPOSITE_CONDITION_TOO_FEW_RULE_SETS_REFERENCED",
        ),
    ],
)
def test_a_wrong_condition_is_pointed_at(
    resting_shop: Shop, asked: Any, pointer: str, code: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        resting_shop.sql(asked)

    assert (pointer, code) in [(one[0], one[1]) for one in caught.value.problems]


def test_everything_wrong_is_reported_at_once(resting_shop: Shop) -> None:
    asked = rule(value("nothing", equal(1)), value("age", equal("x")), value("age", equal(1)))

    with pytest.raises(InvalidError) as caught:
        resting_shop.sql(asked)

    assert [one[0] for one in caught.value.problems] == [
        f"{ONE}/leftValue/name",
        f"{SET}/conditions/1/operator/rightValue",
    ]


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "PredictiveScoreReference", "id": "1", "minGrade": 0, "maxGrade": 50},
        {"type": "MlAttributeReference", "id": "1", "solutionType": "rfm"},
        {"type": "AbTestVariantReference", "id": "1", "exclude": False},
    ],
)
def test_what_needs_a_model_says_so(resting_shop: Shop, condition: Any) -> None:
    with pytest.raises(NotEvaluatedError, match="trained model or a journey"):
        resting_shop.sql(rule(condition))


def test_a_rule_may_not_nest_without_end(resting_shop: Shop) -> None:
    asked: Any = value("age", equal(1))
    for _ in range(200):
        asked = {"type": "And", "conditions": [asked]}

    with pytest.raises(InvalidError, match="deep"):
        resting_shop.sql(asked)


def test_segments_may_not_refer_to_each_other_in_a_circle(resting_shop: Shop) -> None:
    audiences = resting_shop.state.cdp.audiences
    japan = audiences.segment("301")
    assert japan is not None
    circle = rule({"type": "Reference", "id": "303", "exclude": False})
    back = rule({"type": "Reference", "id": "301", "exclude": False})
    stage = audiences.segment("303")
    assert stage is not None
    with resting_shop.state.store.transaction():
        audiences.replace(replace(stage, rule=back))
        with pytest.raises(InvalidError, match="refers back to itself"):
            resting_shop.state.cdp.populations.check(resting_shop.parent, circle, "301")
        audiences.replace(stage)
