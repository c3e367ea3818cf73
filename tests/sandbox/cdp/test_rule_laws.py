"""Laws of rules: a plain evaluator over the same rows takes the same customers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.sandbox.cdp.rules.expressions import parsed
from tests.sandbox.cdp.conftest import CUSTOMERS, ORDERS, equal, value

if TYPE_CHECKING:
    from argosy.sandbox.cdp.rules.expressions import Expression
    from tests.sandbox.cdp.conftest import Shop

AGES = (20, 36, 51, 0, 36.5)
TEXTS = ("JP", "PL", "J", "a@", "o'hara@example.com", "vip", "new", "%", "_", "'; --", "é")


def _compare(kind: str, has: Any, operator: dict[str, Any]) -> bool:
    if kind == "IsNull":
        return has is None
    right, rights = operator.get("rightValue"), operator.get("rightValues", [])
    tests: dict[str, Any] = {
        "Equal": lambda: has == right,
        "Greater": lambda: has > right,
        "GreaterEqual": lambda: has >= right,
        "Less": lambda: has < right,
        "LessEqual": lambda: has <= right,
        "In": lambda: has in rights,
        "Between": lambda: operator["minValue"] <= has <= operator["maxValue"],
        "Contain": lambda: any(one in has for one in rights),
        "StartWith": lambda: any(has.startswith(one) for one in rights),
        "EndWith": lambda: any(has.endswith(one) for one in rights),
    }
    return bool(tests[kind]())


def _satisfies(has: Any, operator: dict[str, Any]) -> Any:
    kind = operator["type"]
    if has is None and kind != "IsNull":
        return False
    return _compare(kind, has, operator) != operator["not"]


def _matches(has: Any, condition: dict[str, Any]) -> Any:
    operator, matching = condition["operator"], condition["arrayMatching"]
    if not isinstance(has, list) or operator["type"] == "IsNull":
        return _satisfies(has, operator)
    count = sum(_satisfies(one, operator) for one in has)
    if matching in (None, "any"):
        return count > 0
    if matching == "all":
        return count == len(has)
    (word, number), *_ = matching.items()
    return {"atLeast": count >= number, "atMost": count <= number, "exactly": count == number}[word]


def takes(asked: dict[str, Any], customer: dict[str, Any]) -> Any:
    """Say whether a rule takes a customer."""
    if asked["type"] == "Value":
        left = asked["leftValue"]
        if "name" in left:
            return _matches(customer.get(left["name"]), asked) != asked["exclude"]
        own = [one for one in ORDERS if one["customer"] == customer["customer_id"]]
        has = [
            one
            for one in own
            if _satisfies(one["item"], left["filter"]["conditions"][0]["operator"])
        ]
        kind = left["aggregation"]["type"]
        prices = [one["price"] for one in has]
        found = len(has) if kind == "Count" else None
        if kind != "Count" and has:
            functions: dict[str, Any] = {"Sum": sum, "Min": min, "Max": max}
            found = functions[kind](prices)
        return _satisfies(found, asked["operator"]) != asked["exclude"]
    inner = [takes(one, customer) for one in asked["conditions"]]
    if asked["type"] == "Composite":
        return bool(eval(_python(asked["expr"]), {}, {f"c{i}": one for i, one in enumerate(inner)}))
    if not inner:
        return True
    return all(inner) if asked["type"] == "And" else any(inner)


def _python(expression: str) -> str:
    return "".join(f"c{ord(one) - ord('A')}" if one.isupper() else one for one in expression)


def _operators(values: tuple[Any, ...], kinds: tuple[str, ...]) -> st.SearchStrategy[Any]:
    one = st.sampled_from(values)
    return st.builds(
        lambda kind, negated, first, second, several: {
            "type": kind,
            "not": negated,
            "rightValue": first,
            "rightValues": several,
            "minValue": first,
            "maxValue": second,
        },
        st.sampled_from(kinds),
        st.booleans(),
        one,
        one,
        st.lists(one, min_size=1, max_size=3),
    )


ORDERING = ("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "In", "Between")
NUMBERS = _operators(AGES, (*ORDERING, "IsNull"))
WORDS = _operators(TEXTS, ("Equal", "In", "Contain", "StartWith", "EndWith", "IsNull"))
MATCHING = st.one_of(
    st.sampled_from([None, "any", "all"]),
    st.builds(
        lambda word, number: {word: number},
        st.sampled_from(["atLeast", "atMost", "exactly"]),
        st.integers(0, 3),
    ),
)
ATTRIBUTES = st.one_of(
    st.builds(lambda one, out: value("age", one, exclude=out), NUMBERS, st.booleans()),
    st.builds(
        lambda name, one, out: value(name, one, exclude=out),
        st.sampled_from(["country", "email"]),
        WORDS,
        st.booleans(),
    ),
    st.builds(
        lambda one, match, out: value("tags", one, arrayMatching=match, exclude=out),
        WORDS,
        MATCHING,
        st.booleans(),
    ),
)


def _of_orders(kind: str, items: Any, operator: Any, *, out: bool) -> dict[str, Any]:
    aggregation = {"type": kind, "groupingColumns": []}
    if kind != "Count":
        aggregation["column"] = "amount"
    only = {"type": "Column", "column": "item", "operator": items, "arrayMatching": None}
    left = {
        "aggregation": aggregation,
        "filter": {"type": "And", "conditions": [only]},
        "source": {"name": "Orders"},
    }
    return value(left, operator, exclude=out)


AGGREGATES = st.builds(
    lambda kind, items, operator, out: _of_orders(kind, items, operator, out=out),
    st.sampled_from(["Count", "Sum", "Min", "Max"]),
    _operators(("hat", "tie", "h"), ("Equal", "In", "StartWith")),
    _operators((0, 1, 2, 35, 85), ORDERING),
    st.booleans(),
)


def _composite(conditions: list[Any], joints: list[str], negations: list[bool]) -> dict[str, Any]:
    """Make a group with an expression that names each condition, bracketed from the left."""
    expression = ""
    for place, negated in zip(range(len(conditions)), negations, strict=False):
        named = f"{'not ' if negated else ''}{chr(ord('A') + place)}"
        expression = f"({expression} {joints[place]} {named})" if expression else named
    return {"type": "Composite", "conditions": conditions, "expr": expression}


def _groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(children, max_size=3)
    plain = st.builds(
        lambda kind, conditions: {"type": kind, "conditions": conditions},
        st.sampled_from(["And", "Or"]),
        some,
    )
    composite = st.builds(
        _composite,
        st.lists(children, min_size=1, max_size=3),
        st.lists(st.sampled_from(["and", "or"]), min_size=3, max_size=3),
        st.lists(st.booleans(), min_size=3, max_size=3),
    )
    return st.one_of(plain, composite)


SETS = _groups(st.one_of(ATTRIBUTES, AGGREGATES))
RULES = _groups(SETS)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=RULES)
def test_a_rule_takes_whom_a_plain_evaluator_takes(resting_shop: Shop, asked: Any) -> None:
    expected = {one["customer_id"] for one in CUSTOMERS if takes(asked, one)}

    assert resting_shop.members(asked) == expected


def test_the_evaluator_itself_can_tell_customers_apart() -> None:
    asked = {"type": "And", "conditions": [value("country", equal("JP"))]}

    assert [takes(asked, one) for one in CUSTOMERS] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("A or B and not C", lambda a, b, c: a or (b and not c)),
        ("(a OR 2) And 3", lambda a, b, c: (a or b) and c),
        ("not not A and (B or C)", lambda a, b, c: a and (b or c)),
        ("not (1 and 2) or C", lambda a, b, c: not (a and b) or c),
    ],
)
def test_not_binds_closest_then_and_then_or(text: str, meaning: Any) -> None:
    expression = parsed(text, 3, of_sets=False)

    for values in itertools.product((False, True), repeat=3):
        assert _value_of(expression, values) == meaning(*values)


def _value_of(expression: Expression, values: tuple[bool, ...]) -> bool:
    inner = [_value_of(part, values) for part in expression.parts]
    if expression.word == "place":
        return values[expression.place]
    if expression.word == "not":
        return not inner[0]
    return all(inner) if expression.word == "and" else any(inner)
