"""Comparisons with several values: each row has a branch of its own, and may fail to match."""

from __future__ import annotations

from typing import Any

import pytest

from tests.davinci.building import (
    compares,
    counted,
    fails,
    flow,
    function,
    imported,
    one_of,
    out,
    ran,
    run,
    works,
)

ROWS = {"row1": "red", "row2": "green", "row3": "blue"}


def branches(value: str, *ways: str, rows: Any = None, targets: str = "abcd", **more: Any) -> Any:
    """Run a comparison `m` of a value; return the branches that were taken."""
    nodes = [one_of("m", value, rows or ROWS, **more), *map(works, targets)]
    return ran(run(flow(*nodes, ways=ways))) - {"m"}


@pytest.mark.parametrize(
    ("value", "wanted"), [("red", {"a"}), ("green", {"b"}), ("blue", {"c"}), ("grey", set())]
)
def test_each_row_has_a_branch_of_its_own(value: str, wanted: set[str]) -> None:
    found = branches(value, "m#row1 > a", "m#row2 > b", "m#row3 > c", targets="abc")

    assert found == wanted


def test_a_row_that_no_branch_takes_ends_there() -> None:
    assert branches("green", "m#row1 > a", targets="a") == set()


@pytest.mark.parametrize(
    ("value", "wanted"), [("red", {"a"}), ("green", {"b"}), ("blue", {"b"}), ("grey", {"b"})]
)
def test_the_false_branch_of_a_row_is_taken_by_whatever_it_is_not(
    value: str, wanted: set[str]
) -> None:
    assert branches(value, "m#row1 > a, b:anyTriggersFalse", targets="ab") == wanted


def test_the_false_branches_of_all_rows_are_each_taken_where_none_matches() -> None:
    ways = [f"m#row{i} > {id_}:allTriggersFalse" for i, id_ in enumerate("abc", 1)]

    assert branches("grey", *ways, targets="abc") == {*"abc"}
    assert branches("red", *ways, targets="abc") == {*"bc"}


def test_a_branch_that_is_always_taken_is_taken_whatever_matches() -> None:
    for value in ("red", "green", "grey"):
        assert "b" in branches(value, "m#row1 > a, b:always", targets="ab")


@pytest.mark.parametrize(("value", "wanted"), [("red", {"a"}), ("blue", {"a"}), ("grey", {"b"})])
def test_a_branch_of_the_node_itself_is_taken_by_any_row(value: str, wanted: set[str]) -> None:
    assert branches(value, "m > a, b:anyTriggersFalse", targets="ab") == wanted


@pytest.mark.parametrize("value", ["red", "green"])
def test_several_rows_may_lead_to_one_node_which_runs_once(value: str) -> None:
    nodes = [one_of("m", value, ROWS), works("a")]

    for ways in (["m#row1 > a", "m#row2 > a"], ["m#row1, m#row2 > a"]):
        assert counted(run(flow(*nodes, ways=ways)))["a"] == 1


def test_one_eval_of_two_rows_is_not_taken_by_a_third() -> None:
    assert branches("blue", "m#row1, m#row2 > a", targets="a") == set()


def test_rows_of_equal_values_are_all_taken() -> None:
    ways = ["m#row1 > a", "m#row2 > b", "m#row3 > c", "m#row2 > d:anyTriggersFalse"]
    rows = {"row1": "red", "row2": "red", "row3": "blue"}

    assert branches("red", *ways, rows=rows) == {"a", "b"}
    assert branches("blue", *ways, rows=rows) == {"c", "d"}


def test_a_row_that_is_not_listed_any_more_leads_nowhere_and_is_told() -> None:
    export = flow(one_of("m", "red", ROWS), works("a"), works("b"), ways=["m#gone > a", "a > b"])

    assert ran(run(export)) == {"m"}
    [one] = imported(export)
    assert one.report.notes == [
        ("m", "an edge starts from the value 'gone', which the node does not list")
    ]


def test_a_row_of_a_comparison_of_two_values_says_nothing() -> None:
    ways = ["m#row1 > a, b:anyTriggersFalse"]

    for right, wanted in (("1", {"a"}), ("2", {"b"})):
        nodes = [compares("m", "AEqualsB", "1", right), works("a"), works("b")]
        assert ran(run(flow(*nodes, ways=ways))) - {"m"} == wanted


def test_rows_may_hold_bindings() -> None:
    rows = {"row1": "{{global.parameters.first}}", "row2": out("f", "colour")}
    nodes = [function("f", "return {colour: 'green'}"), works("a"), works("b")]
    ways = ["f > m", "m#row1 > a", "m#row2 > b"]
    export = flow(one_of("m", "{{global.parameters.value}}", rows), *nodes, ways=ways)

    assert ran(run(export, {"first": "red", "value": "red"})) == {"f", "m", "a"}
    assert ran(run(export, {"first": "red", "value": "green"})) == {"f", "m", "b"}


@pytest.mark.parametrize(
    ("value", "type_", "wanted"),
    [("1.0", "number", {"a"}), ("1.0", "string", set()), ("TRUE", "boolean", {"b"})],
)
def test_rows_are_compared_as_the_type_says(value: str, type_: str, wanted: set[str]) -> None:
    rows = {"row1": "1", "row2": "true"}

    assert branches(value, "m#row1 > a", "m#row2 > b", rows=rows, targets="ab", type=type_) == (
        wanted
    )


def test_rows_whose_ids_are_words_of_ours_are_kept_apart() -> None:
    rows = {"error": "red", "otherwise": "green", "1st": "blue"}
    ways = ["m#error > a", "m#otherwise > b", "m#1st > c"]

    for value, wanted in (("red", {"a"}), ("green", {"b"}), ("blue", {"c"}), ("grey", set())):
        assert branches(value, *ways, rows=rows, targets="abc") == wanted


@pytest.mark.parametrize(
    ("value", "second", "wanted"),
    [
        ("red", works, {"c"}),
        ("green", works, set()),
        ("grey", works, set()),
        ("red", fails, set()),
        ("green", fails, {"d"}),
        ("grey", fails, {"d"}),
    ],
)
def test_a_row_joins_with_other_nodes(value: str, second: Any, wanted: set[str]) -> None:
    nodes = [one_of("m", value, ROWS), second("b"), works("c"), works("d")]

    found = run(flow(*nodes, ways=["m#row1, b > c, d:allTriggersFalse"]))

    assert ran(found) & {"c", "d"} == wanted


@pytest.mark.parametrize(("value", "wanted"), [("red", {"c"}), ("blue", {"c"}), ("grey", set())])
def test_a_comparison_as_a_whole_joins_with_other_nodes(value: str, wanted: set[str]) -> None:
    nodes = [one_of("m", value, ROWS), works("b"), works("c")]

    assert ran(run(flow(*nodes, ways=["m, b > c"]))) & {"c"} == wanted


def test_a_comparison_without_rows_matches_nothing() -> None:
    nodes = [one_of("m", "red", {}), works("a"), works("b")]

    assert ran(run(flow(*nodes, ways=["m > a, b:anyTriggersFalse"]))) == {"m", "b"}
