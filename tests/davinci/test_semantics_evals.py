"""EVALs: where a flow goes on after nodes that succeed, fail, or never run."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.davinci.building import (
    answers,
    body,
    compares,
    counted,
    fails,
    flow,
    function,
    imported,
    out,
    ran,
    run,
    works,
)

ALL_TRUE, ANY_TRUE = "allTriggersTrue", "anyTriggersTrue"
ALL_FALSE, ANY_FALSE = "allTriggersFalse", "anyTriggersFalse"
COMPLETE, ALWAYS = "allTriggersComplete", "always"
LOGICS = ("", ALL_TRUE, ANY_TRUE, ALL_FALSE, ANY_FALSE, COMPLETE, ALWAYS)


def source(id_: str, how: str) -> list[dict[str, Any]]:
    """Return a node that ends in some way, with what keeps it from running where it never does."""
    if how == "never":
        return [works(f"{id_}0"), works(id_)]
    return [works(id_) if how == "succeeds" else fails(id_)]


def keeps(id_: str, how: str) -> list[str]:
    """Return the way that never leads to a node that is not to run."""
    return [f"{id_}0 > {id_}:{ANY_FALSE}"] if how == "never" else []


@pytest.mark.parametrize(
    ("logic", "how"), list(product(LOGICS, ("succeeds", "fails", "never"))), ids=str
)
def test_one_source_leads_on_by_the_logic(logic: str, how: str) -> None:
    takes = {
        "succeeds": {"", ALL_TRUE, ANY_TRUE, COMPLETE, ALWAYS},
        "fails": {ALL_FALSE, ANY_FALSE, COMPLETE, ALWAYS},
        "never": set(),
    }

    found = run(flow(*source("a", how), works("b"), ways=[*keeps("a", how), f"a > b:{logic}"]))

    assert found.status == "succeeded"
    assert ("b" in ran(found)) is (logic in takes[how])


def holds(logic: str, first: str, second: str) -> bool:
    """Tell whether an EVAL with two sources leads on, as DaVinci compiles it."""
    both = (first, second)
    match logic:
        case "" | "allTriggersTrue":
            return both == ("succeeds", "succeeds")
        case "anyTriggersTrue":
            return "succeeds" in both
        case "allTriggersFalse":
            return both == ("fails", "fails")
        case "anyTriggersFalse":
            return "fails" in both
        case "allTriggersComplete":
            return "never" not in both
    return both != ("never", "never")


@pytest.mark.parametrize("workers", [0, 4])
@pytest.mark.parametrize("logic", LOGICS)
def test_two_sources_lead_on_by_the_logic_however_each_ends(logic: str, workers: int) -> None:
    for first, second in product(("succeeds", "fails", "never"), repeat=2):
        ways = [*keeps("a", first), *keeps("b", second), f"a, b > c:{logic}"]
        nodes = [*source("a", first), *source("b", second), works("c")]

        found = run(flow(*nodes, ways=ways), workers=workers)

        assert found.status == "succeeded"
        assert ("c" in ran(found)) is holds(logic, first, second), (first, second)
        assert counted(found)["c"] <= 1


@pytest.mark.parametrize("logic", [ALL_TRUE, ANY_TRUE, ALWAYS])
@pytest.mark.parametrize("slow", ["a", "b"])
def test_which_source_is_slow_makes_no_difference(logic: str, slow: str) -> None:
    nodes = [works(id_, 30 if id_ == slow else 0) for id_ in ("a", "b")]
    found = run(flow(*nodes, works("c"), ways=[f"a, b > c:{logic}"]), workers=4)

    assert counted(found)["c"] == 1


@pytest.mark.parametrize("slow", ["a", "b"])
def test_a_join_of_all_reads_the_outputs_of_each(slow: str) -> None:
    wait = {
        id_: function(id_, f"return {{v: '{id_}'}}", **({"x": "1"} if id_ == slow else {}))
        for id_ in "ab"
    }
    told = answers("c", both=out("a", "v") + out("b", "v"))

    found = run(flow(*wait.values(), told, ways=["a, b > c:allTriggersComplete"]), workers=4)

    assert body(found) == {"both": "ab"}


def test_one_eval_has_a_logic_for_each_of_its_targets() -> None:
    targets = {f"t{i}": logic for i, logic in enumerate(LOGICS)}
    ways = ["a > " + ", ".join(f"{id_}:{logic}" for id_, logic in targets.items())]

    good = ran(run(flow(works("a"), *map(works, targets), ways=ways)))
    bad = ran(run(flow(fails("a"), *map(works, targets), ways=ways)))

    assert {targets[id_] for id_ in good - {"a"}} == {"", ALL_TRUE, ANY_TRUE, COMPLETE, ALWAYS}
    assert {targets[id_] for id_ in bad - {"a"}} == {ALL_FALSE, ANY_FALSE, COMPLETE, ALWAYS}


def test_one_eval_with_two_sources_has_a_logic_for_each_of_its_targets() -> None:
    targets = {f"t{i}": logic for i, logic in enumerate(LOGICS)}
    ways = ["a, b > " + ", ".join(f"{id_}:{logic}" for id_, logic in targets.items())]

    found = ran(run(flow(works("a"), fails("b"), *map(works, targets), ways=ways)))

    led = {targets[id_] for id_ in found if id_ in targets}
    assert led == {ANY_TRUE, ANY_FALSE, COMPLETE, ALWAYS}


def test_three_sources_are_joined_too() -> None:
    nodes = [works("a"), works("b"), fails("c"), works("d"), works("e"), works("f")]
    found = run(flow(*nodes, ways=["a, b, c > d, e:anyTriggersFalse, f:allTriggersComplete"]))

    assert ran(found) >= {"e", "f"}
    assert "d" not in ran(found)


def test_several_evals_into_one_node_run_it_once() -> None:
    ways = ["a > c", "b > c"]

    assert counted(run(flow(works("a"), works("b"), works("c"), ways=ways)))["c"] == 1
    assert counted(run(flow(works("a"), fails("b"), works("c"), ways=ways)))["c"] == 1
    assert counted(run(flow(fails("a"), fails("b"), works("c"), ways=ways)))["c"] == 0


@pytest.mark.parametrize("workers", [0, 4])
def test_branches_merge_whichever_was_taken(workers: int) -> None:
    ways = ["a > b, c:anyTriggersFalse", "b > d", "c > d", "d > e"]
    nodes = [works("b"), works("c"), works("d"), works("e")]

    good = run(flow(works("a"), *nodes, ways=ways), workers=workers)
    bad = run(flow(fails("a"), *nodes, ways=ways), workers=workers)

    assert ran(good) == {"a", "b", "d", "e"}
    assert ran(bad) == {"a", "c", "d", "e"}


def test_a_node_may_be_reached_by_the_success_and_by_the_failure_of_one() -> None:
    ways = ["a > b", "a > b:anyTriggersFalse"]

    assert counted(run(flow(works("a"), works("b"), ways=ways)))["b"] == 1
    assert counted(run(flow(fails("a"), works("b"), ways=ways)))["b"] == 1


def test_several_evals_of_one_node_each_lead_on() -> None:
    nodes = [works("a"), works("b"), works("c"), works("d")]

    assert ran(run(flow(*nodes, ways=["a > b", "a > c", "a > d:anyTriggersFalse"]))) == {*"abc"}


def test_edges_that_are_there_twice_count_once() -> None:
    export = flow(works("a"), works("b"), works("c"), ways=["a, a > c, c", "b > c"])

    found = run(export)

    assert counted(found)["c"] == 1
    [one] = imported(export)
    assert [node["kind"] for node in one.document["nodes"]].count("transform") == 0


def test_logic_for_a_node_that_is_no_target_any_more_says_nothing() -> None:
    export = flow(works("a"), works("b"), works("c"), ways=["a > b", "b > c"])
    [first] = [n for n in export["graphData"]["elements"]["nodes"] if n["data"]["id"] == "eval1"]
    first["data"]["properties"] = {"c": {"value": "anyTriggersFalse"}, "gone": {"value": "always"}}

    assert ran(run(export)) == {"a", "b", "c"}


def test_an_eval_that_nothing_leads_to_leads_nowhere() -> None:
    export = flow(works("a"), works("b"), ways=["a > b"])
    elements = export["graphData"]["elements"]
    elements["edges"] = [e for e in elements["edges"] if e["data"]["source"] != "a"]

    assert ran(run(export)) == {"a"}


def test_a_logic_that_nobody_knows_leads_on_as_the_default() -> None:
    assert ran(run(flow(works("a"), works("b"), ways=["a > b:someTriggers"]))) == {"a", "b"}
    assert ran(run(flow(fails("a"), works("b"), ways=["a > b:someTriggers"]))) == {"a"}


@pytest.mark.parametrize(("left", "wanted"), [("1", {*"abd"}), ("2", {*"acd"})])
def test_a_comparison_is_true_or_false_and_never_fails(left: str, wanted: set[str]) -> None:
    ways = ["a > b, c:anyTriggersFalse, d:always"]
    nodes = [compares("a", "AEqualsB", left, "1"), works("b"), works("c"), works("d")]

    assert ran(run(flow(*nodes, ways=ways))) == wanted


@pytest.mark.parametrize("logic", LOGICS)
def test_a_comparison_joins_with_others_by_whether_it_holds(logic: str) -> None:
    for left, second in product(("1", "2"), ("succeeds", "fails")):
        nodes = [compares("a", "AEqualsB", left, "1"), *source("b", second), works("c")]

        found = run(flow(*nodes, ways=[f"a, b > c:{logic}"]))

        first = "succeeds" if left == "1" else "fails"
        assert ("c" in ran(found)) is holds(logic, first, second), (left, second)


def test_a_join_waits_for_a_branch_that_is_longer_than_the_other() -> None:
    ways = ["a > b", "a > c", "c > d", "d > e", "b, e > f"]

    found = run(flow(*map(works, "abcdef"), ways=ways), workers=4)

    assert [step.node for step in found.steps][-1] == "f"
    assert counted(found)["f"] == 1


def test_joins_that_follow_each_other_all_hold() -> None:
    ways = ["a, b > c, d:allTriggersFalse", "c, e > f", "d, f > g:anyTriggersTrue"]

    assert ran(run(flow(*map(works, "abcdefg"), ways=ways))) & {*"abcdefg"} == {*"abcefg"}


def test_a_failure_that_no_branch_takes_ends_its_branch_alone() -> None:
    ways = ["a > b", "a > c", "b > d", "c > e"]

    found = run(flow(works("a"), fails("b"), works("c"), works("d"), works("e"), ways=ways))

    assert found.status == "succeeded"
    assert ran(found) == {"a", "b", "c", "e"}


def test_an_edge_without_an_eval_leads_nowhere_and_is_told() -> None:
    export = flow(works("a"), works("b"), works("c"), ways=["b > c"])
    edge = {"id": "direct", "source": "a", "target": "b"}
    export["graphData"]["elements"]["edges"].append({"data": edge, "group": "edges"})

    found = run(export)

    assert ran(found) == {"a"}
    assert sorted(found.skipped) == ["b", "c"]
    assert imported(export)[0].report.notes == [("a", "its edge to 'b' does not lead by an EVAL")]
