"""Comparisons as DaVinci makes them: texts for the most part, and never a failure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.flow import Engine
from argosy.flow.kinds import KINDS
from argosy.model import Node
from tests.flow.davinci.nodes import node
from tests.flow.harness import flow, outputs_of, step_of, values

HUGE = "9" * 5000


def outcome(engine: Engine, capability: str, **properties: Any) -> str:
    run = engine.run(flow(node("x", f"functionsConnector/{capability}", properties)))
    assert run.error is None, run.error.to_json()
    return step_of(run, "x").outcome


@pytest.mark.parametrize(
    ("a", "b", "more", "holds"),
    [
        ("1", "1", {}, True),
        (1, "1", {}, True),
        (1.0, "1", {}, True),
        ("1.0", "1", {}, False),
        ("1.0", "1", {"type": "number"}, True),
        ("x", "1", {"type": "number"}, False),
        ("x", "x", {"type": "number"}, False),
        (True, "true", {}, True),
        ("TRUE", True, {"type": "boolean"}, True),
        ("yes", "yes", {"type": "boolean"}, False),
        ("Ann", "ann", {}, False),
        ("Ann", "ann", {"caseSensitive": False}, True),
        ("Ann", "ann", {"caseSensitive": "false"}, True),
        ("Ann", "ann", {"caseSensitive": True}, False),
        ("Straße", "STRASSE", {"caseSensitive": False}, True),
        (None, "", {}, True),
        ("", "", {"type": "string"}, True),
        ("", "", {"type": "number"}, False),
        ([1], "[1]", {}, True),
        ({"a": 1}, '{"a":1}', {}, True),
        (10**400, HUGE, {"type": "number"}, False),
        (" 1", "1", {}, False),
    ],
)
def test_equality(engine: Engine, a: Any, b: Any, more: Any, holds: bool) -> None:
    words = {True: "true", False: "false"}
    sides = {"leftValueA": a, "rightValueB": b, **more}
    assert outcome(engine, "AEqualsB", **sides) == words[holds]
    assert outcome(engine, "ANotEqualsB", **sides) == words[not holds]


@pytest.mark.parametrize(
    ("capability", "a", "b", "more", "wanted"),
    [
        ("ALessThanB", "9", "10", {}, "true"),
        ("ALessThanB", "9", "10", {"type": "string"}, "false"),
        ("ALessThanB", "a", "b", {}, "true"),
        ("ALessThanB", "a", 1, {"type": "number"}, "false"),
        ("AGreaterThanB", "a", 1, {"type": "number"}, "false"),
        ("ALessThanB", "", 1, {"type": "number"}, "false"),
        ("ALessThanEqualToB", "10", 10.0, {}, "true"),
        ("AGreaterThanB", 11, "10", {}, "true"),
        ("AGreaterThanB", "1e3", "999", {}, "true"),
        ("AGreaterThanEqualToB", "10", "10", {}, "true"),
        ("AGreaterThanEqualToB", "9.99", "10", {}, "false"),
        ("AGreaterThanB", "Infinity", "1", {"type": "number"}, "false"),
    ],
)
def test_order(engine: Engine, capability: str, a: Any, b: Any, more: Any, wanted: str) -> None:
    assert outcome(engine, capability, leftValueA=a, rightValueB=b, **more) == wanted


@pytest.mark.parametrize(
    ("capability", "at_b", "at_c"),
    [
        ("AGreaterThanBLessThanC", "false", "false"),
        ("AGreaterThanBLessThanEqualC", "false", "true"),
        ("AGreaterThanEqualBLessThanC", "true", "false"),
        ("AGreaterThanEqualBLessThanEqualC", "true", "true"),
    ],
)
def test_between(engine: Engine, capability: str, at_b: str, at_c: str) -> None:
    ends = {"rightValueB": "1", "rightValueC": "10"}
    found = [outcome(engine, capability, leftValueA=a, **ends) for a in ("0", 1, "5", 10, 11)]
    assert found == ["false", at_b, "true", at_c, "false"]


@pytest.mark.parametrize(
    ("a", "checks", "wanted"),
    [
        ("", False, "true"),
        (None, False, "true"),
        ([], False, "true"),
        ({}, False, "true"),
        (" ", False, "false"),
        (0, False, "false"),
        (False, False, "false"),
        ("null", False, "false"),
        ("null", True, "true"),
        ("undefined", True, "true"),
        ("x", True, "false"),
    ],
)
def test_emptiness(engine: Engine, a: Any, checks: bool, wanted: str) -> None:
    assert outcome(engine, "AIsEmpty", leftValueA=a, checkNullORUndefined=checks) == wanted


@pytest.mark.parametrize(
    ("a", "b", "more", "wanted"),
    [
        ("abcd", "bc", {}, "true"),
        ("abcd", "BC", {}, "false"),
        ("abcd", "BC", {"caseSensitive": False}, "true"),
        (1234, 23, {}, "true"),
        ("", "x", {}, "false"),
    ],
)
def test_a_text_in_a_text(engine: Engine, a: Any, b: Any, more: Any, wanted: str) -> None:
    assert outcome(engine, "stringAContainsB", leftValueA=a, rightValueB=b, **more) == wanted
    assert outcome(engine, "stringAContainsB", leftValueA=a, inputContains=b, **more) == wanted


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (["a", "b"], "b", "true"),
        ('["a", "b"]', "b", "true"),
        ([1, 2], "2", "true"),
        (["ab"], "a", "false"),
        ("ab", "a", "false"),
        ("[no list", "a", "false"),
        (None, "a", "false"),
    ],
)
def test_an_item_in_a_list(engine: Engine, a: Any, b: Any, wanted: str) -> None:
    assert outcome(engine, "arrayOfAIncludesB", leftValueA=a, rightValueB=b) == wanted


ROWS = [{"id": "one", "value": "1"}, {"id": "two", "value": "B"}, {"id": "three", "value": "B"}]


@pytest.mark.parametrize(
    ("a", "wanted"), [("1", "one"), (1, "one"), ("b", "two"), ("B", "two"), ("", "otherwise")]
)
def test_one_of_several_values(engine: Engine, a: Any, wanted: str) -> None:
    more = {"caseSensitive": False}
    found = outcome(engine, "AEqualsMultipleB", leftValueA=a, rightValueMultiple=ROWS, **more)
    assert found == wanted


def test_rows_that_are_none_are_passed_over(engine: Engine) -> None:
    rows = ["x", {"value": "1"}, {"id": ["q"], "value": "2"}, {"id": "ok", "value": "1"}]
    sides = {"leftValueA": "1", "rightValueMultiple": rows}
    assert outcome(engine, "AEqualsMultipleB", **sides) == "ok"
    assert outcome(engine, "AEqualsMultipleB", leftValueA="1") == "otherwise"


def test_the_flow_goes_on_by_the_outcome(engine: Engine) -> None:
    choice = {"leftValueA": "{{ input.x | default('') }}", "rightValueMultiple": ROWS}
    run = engine.run(
        flow(
            node("c", "functionsConnector/AEqualsMultipleB", choice),
            values("a", it=1),
            values("b", it=2),
            edges=["start > c", "c two> a", "c otherwise> b"],
        ),
        {"x": "B"},
    )
    assert outputs_of(run, "a") == {"it": 1}
    assert run.skipped == ["b"]


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ({"connector": "functionsConnector", "capability": "AEqualsB"}, ("true", "false")),
        ({"connector": "functionsConnector", "capability": "customFunction"}, ("success",)),
        ({"connector": "errorConnector", "capability": "customErrorMessage"}, ("success",)),
        ({"connector": "pingOneSSOConnector", "capability": "userLookup"}, ("success",)),
        (
            {
                "connector": "functionsConnector",
                "capability": "AEqualsMultipleB",
                "properties": {"rightValueMultiple": ROWS},
            },
            ("one", "two", "three", "otherwise"),
        ),
        (
            {"connector": "functionsConnector", "capability": "AEqualsMultipleB", "properties": 1},
            ("otherwise",),
        ),
        ({"connector": 1, "capability": []}, ("success",)),
        ({}, ("success",)),
    ],
)
def test_outcomes_are_known_before_a_run(inputs: Any, wanted: Any) -> None:
    found = KINDS["davinci"].outcomes(Node("x", "davinci", is_capability=False, inputs=inputs))
    assert found == (*wanted, "error")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
COMPARISONS = [
    "AEqualsB",
    "ANotEqualsB",
    "ALessThanB",
    "AGreaterThanEqualToB",
    "AGreaterThanBLessThanC",
    "AIsEmpty",
    "stringAContainsB",
    "arrayOfAIncludesB",
]


@given(
    capability=st.sampled_from(COMPARISONS),
    sides=st.tuples(anything, anything, anything),
    type_=st.sampled_from(["", "string", "number", "boolean", "strange"]),
)
def test_no_values_make_a_comparison_fail(
    engine: Engine, capability: str, sides: tuple[Any, Any, Any], type_: str
) -> None:
    names = ("a", "b", "c")
    properties = {
        place: f"{{{{ input.{name} }}}}"
        for place, name in zip(("leftValueA", "rightValueB", "rightValueC"), names, strict=True)
    }
    compared = node("x", f"functionsConnector/{capability}", {**properties, "type": type_})
    run = engine.run(flow(compared), dict(zip(names, sides, strict=True)))
    assert run.error is None
    assert step_of(run, "x").outcome in {"true", "false"}
