"""Comparisons in a flow: what bindings give them, and the branch that is taken."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.davinci.building import compares, flow, function, one_of, out, ran, run, works

PARAMETER = "{{global.parameters.p}}"
UNSET: Any = object()


def holds(capability: str, left: Any, right: str | None = None, **more: Any) -> bool:
    """Tell which branch a comparison takes whose left side is bound to an input."""
    nodes = [compares("m", capability, PARAMETER, right, **more), works("yes"), works("no")]
    export = flow(*nodes, ways=["m > yes, no:anyTriggersFalse"])
    found = ran(run(export, {} if left is UNSET else {"p": left})) - {"m"}
    assert found in ({"yes"}, {"no"})
    return found == {"yes"}


@pytest.mark.parametrize("type_", ["string", "number", "boolean"])
@pytest.mark.parametrize(
    ("left", "right", "as_types"),
    [
        ("1", "1", {"string", "number"}),
        (1, "1", {"string", "number"}),
        (1.0, "1", {"string", "number"}),
        ("01", "1", {"number"}),
        (True, "true", {"string", "boolean"}),
        ("True", "true", {"boolean"}),
        ("a", "a", {"string"}),
        ("a", "A", set()),
        ("", "", {"string"}),
        (UNSET, "", {"string"}),
        (None, "", {"string"}),
        (None, "null", set()),
        ("null", "", set()),
        (" ", "", set()),
        ({"a": 1}, '{"a":1}', {"string"}),
    ],
)
def test_equality_by_type(left: Any, right: str, as_types: set[str], type_: str) -> None:
    assert holds("AEqualsB", left, right, type=type_) is (type_ in as_types)
    assert holds("ANotEqualsB", left, right, type=type_) is (type_ not in as_types)


def test_case_makes_no_difference_where_the_node_says_so() -> None:
    assert not holds("AEqualsB", "Ann", "ann")
    assert holds("AEqualsB", "Ann", "ann", caseSensitive=False)
    assert holds("stringAContainsB", "Joanna", "ANN", caseSensitive=False)
    assert not holds("stringAContainsB", "Joanna", "ANN")


ORDERS = {
    "ALessThanB": {-1},
    "ALessThanEqualToB": {-1, 0},
    "AGreaterThanB": {1},
    "AGreaterThanEqualToB": {1, 0},
}


@pytest.mark.parametrize("capability", ORDERS)
def test_order_is_of_numbers_unless_they_are_texts(capability: str) -> None:
    wanted = ORDERS[capability]

    for left, right, sign in ((9, "10", -1), ("10", "10.0", 0), ("10.5", "10", 1)):
        assert holds(capability, left, right, type="number") is (sign in wanted)
    for left, right, sign in (("9", "10", 1), ("b", "b", 0), ("a", "b", -1)):
        assert holds(capability, left, right, type="string") is (sign in wanted)


@pytest.mark.parametrize("capability", ORDERS)
@pytest.mark.parametrize("left", [UNSET, None, "", "ten", True])
def test_what_is_no_number_is_neither_less_nor_greater(capability: str, left: Any) -> None:
    assert not holds(capability, left, "10", type="number")


@pytest.mark.parametrize(
    ("capability", "ends"),
    [
        ("AGreaterThanBLessThanC", (False, False)),
        ("AGreaterThanBLessThanEqualC", (False, True)),
        ("AGreaterThanEqualBLessThanC", (True, False)),
        ("AGreaterThanEqualBLessThanEqualC", (True, True)),
    ],
)
def test_a_range_counts_its_ends_or_not(capability: str, ends: tuple[bool, bool]) -> None:
    found = [holds(capability, n, "1", rightValueC="10") for n in (0, 1, 5, 10, 11)]

    assert found == [False, ends[0], True, ends[1], False]


@pytest.mark.parametrize(
    ("value", "checks", "wanted"),
    [
        *product((UNSET, None, "", [], {}), (False, True), (True,)),
        *product(("null", "undefined"), (False,), (False,)),
        *product(("null", "undefined"), (True,), (True,)),
        *product((0, False, " ", "x", [1]), (False, True), (False,)),
    ],
)
def test_emptiness(value: Any, checks: bool, wanted: bool) -> None:
    assert holds("AIsEmpty", value, checkNullORUndefined=checks) is wanted


@pytest.mark.parametrize(
    ("items", "wanted"), [(["a", "b"], True), ('["b"]', True), (["ab"], False), (UNSET, False)]
)
def test_an_item_in_a_list(items: Any, wanted: bool) -> None:
    assert holds("arrayOfAIncludesB", items, "b") is wanted


@pytest.mark.parametrize("value", [UNSET, None, ""])
def test_a_value_that_is_not_there_may_match_a_row_that_is_empty(value: Any) -> None:
    nodes = [one_of("m", PARAMETER, {"r1": "x", "r2": ""}), works("a"), works("b")]
    export = flow(*nodes, ways=["m#r1 > a", "m#r2 > b"])

    assert ran(run(export, {} if value is UNSET else {"p": value})) == {"m", "b"}


def test_both_sides_may_be_bound_to_nodes_that_did_not_run() -> None:
    compared = compares("m", "AEqualsB", out("f", "x"), out("gone", "y"))
    nodes = [function("f", "return {x: 1}"), compared, works("a"), works("b")]
    export = flow(*nodes, ways=["s > f:anyTriggersFalse", "m > a, b:anyTriggersFalse"])
    export["graphData"]["elements"]["nodes"].append({"data": works("s")})

    assert ran(run(export)) == {"s", "m", "a"}
