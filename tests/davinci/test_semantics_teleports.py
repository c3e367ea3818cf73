"""Teleports and circles: parts that are gone to from elsewhere, and ways that lead back."""

from __future__ import annotations

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
    goes_back,
    goes_to,
    imported,
    message,
    out,
    ran,
    run,
    saves,
    starts_here,
    variable,
    works,
)


def test_a_teleport_runs_what_is_behind_its_start() -> None:
    nodes = [works("a"), goes_to("go", "s"), starts_here("s"), works("b"), works("c")]

    found = run(flow(*nodes, ways=["a > go", "s > b", "b > c"]))

    assert [step.node for step in found.steps][-3:] == ["s", "b", "c"]
    assert ran(found) == {"a", "go", "s", "b", "c"}


def test_a_start_that_nobody_goes_to_never_runs() -> None:
    found = run(flow(works("a"), starts_here("s"), works("b"), ways=["s > b"]))

    assert ran(found) == {"a"}


def test_several_teleports_to_one_start_each_run_it() -> None:
    nodes = [goes_to("go1", "s"), goes_to("go2", "s"), starts_here("s"), works("b")]

    assert counted(run(flow(*nodes, ways=["s > b"])))["b"] == 2


def test_branches_go_to_one_start_with_what_they_know() -> None:
    nodes = [
        compares("if", "AEqualsB", "{{global.parameters.x}}", "1"),
        goes_to("one", "s", text="it is one"),
        goes_to("other", "s", text="it is {{global.parameters.x}}"),
        starts_here("s"),
        answers("end", said=out("s", "text")),
    ]
    export = flow(*nodes, ways=["if > one, other:anyTriggersFalse", "s > end"])

    assert body(run(export, {"x": "1"})) == {"said": "it is one"}
    assert body(run(export, {"x": "7"})) == {"said": "it is 7"}


def test_values_keep_their_types_and_unset_ones_are_empty() -> None:
    code = "return {t: typeof params.n + typeof params.o + '/' + params.unset + '/'}"
    given = {"n": ("any", out("s", "n")), "o": ("any", out("s", "o")), "unset": out("s", "none")}
    made = function("f", "return {n: 4, o: {a: [1]}}")
    go = goes_to("go", "s", n=out("f", "n"), o=out("f", "o"))
    nodes = [
        made,
        go,
        starts_here("s"),
        function("g", code, **given),
        answers("e", t=out("g", "t")),
    ]

    assert body(run(flow(*nodes, ways=["f > go", "s > g", "g > e"]))) == {"t": "numberobject//"}


def test_what_comes_back_is_read_of_the_teleport_and_the_flow_goes_on() -> None:
    nodes = [
        goes_to("go", "s", n="4"),
        starts_here("s"),
        function("double", "return {n: params.n * 2}", n=("number", out("s", "n"))),
        goes_back("back", doubled=out("double", "n")),
        answers("end", n=("number", out("go", "doubled")), inner=out("double", "n")),
    ]

    found = run(flow(*nodes, ways=["go > end", "s > double", "double > back"]))

    assert body(found) == {"n": 8, "inner": "8"}


def test_a_teleport_that_does_not_come_back_does_not_go_on() -> None:
    nodes = [goes_to("go", "s"), starts_here("s"), works("a"), works("b")]

    assert ran(run(flow(*nodes, ways=["go > b", "s > a"]))) == {"go", "s", "a"}


def test_a_branch_that_is_always_taken_follows_a_teleport_that_does_not_come_back() -> None:
    nodes = [goes_to("go", "s"), starts_here("s"), works("a"), works("b"), works("c")]

    found = run(flow(*nodes, ways=["go > b:always, c:anyTriggersFalse", "s > a"]))

    assert ran(found) == {"go", "s", "a", "b"}


def test_it_comes_back_only_where_that_branch_was_taken() -> None:
    nodes = [
        goes_to("go", "s", n="{{global.parameters.n}}"),
        starts_here("s"),
        compares("if", "AEqualsB", out("s", "n"), "1"),
        goes_back("back"),
        answers("no", way="stayed"),
        answers("yes", way="came back"),
    ]
    export = flow(*nodes, ways=["go > yes", "s > if", "if > back, no:anyTriggersFalse"])

    assert body(run(export, {"n": "1"})) == {"way": "came back"}
    assert body(run(export, {"n": "2"})) == {"way": "stayed"}


def test_values_returned_in_their_own_property_come_back_too() -> None:
    back = goes_back("back")
    back["properties"]["values"] = {"value": {"told": "plain"}}
    nodes = [goes_to("go", "s"), starts_here("s"), back, answers("end", told=out("go", "told"))]

    assert body(run(flow(*nodes, ways=["go > end", "s > back"]))) == {"told": "plain"}


def test_teleports_within_teleports_come_back_to_whoever_went() -> None:
    nodes = [
        goes_to("go", "outer", text="a"),
        starts_here("outer"),
        goes_to("deeper", "inner", text=out("outer", "text") + "b"),
        starts_here("inner"),
        goes_back("back2", text=out("inner", "text") + "c"),
        goes_back("back1", text=out("deeper", "text") + "d"),
        answers("end", text=out("go", "text")),
    ]
    ways = ["go > end", "outer > deeper", "deeper > back1", "inner > back2"]

    assert body(run(flow(*nodes, ways=ways))) == {"text": "abcd"}


def counting(limit: str) -> dict[str, Any]:
    """Return a flow whose teleport goes back to its own start until a counter is at a limit."""
    add = function("add", "return {n: params.n + 1}", n=("number", out("s", "n")))
    nodes = [
        goes_to("go", "s", n="0"),
        starts_here("s"),
        add,
        compares("if", "ALessThanB", out("add", "n"), limit, type="number"),
        goes_to("again", "s", n=out("add", "n")),
        answers("end", n=("number", out("add", "n"))),
    ]
    ways = ["s > add", "add > if", "if > again, end:anyTriggersFalse"]
    return flow(*nodes, ways=ways)


def test_a_teleport_to_its_own_start_ends_with_its_counter() -> None:
    found = run(counting("12"))

    assert body(found) == {"n": 12}
    assert counted(found)["add"] == 12


def test_a_teleport_that_never_ends_fails_and_says_where() -> None:
    export = flow(goes_to("go", "s"), starts_here("s"), goes_to("again", "s"), ways=["s > again"])

    told = message(run(export))

    assert "deep" in told
    assert "again/1" in told
    assert len(told) < 400


def test_a_teleport_whose_start_is_gone_cannot_run_and_says_so() -> None:
    export = flow(goes_to("go", "gone"), answers("end"), ways=["go > end:anyTriggersFalse"])

    assert "the node that it names is not in the flow" in message(run(export))
    [opaque] = imported(export)[0].report.opaque
    assert (opaque.node, opaque.why) == (
        "go",
        "it leads nowhere: the node that it names is not in the flow",
    )


def test_a_teleport_to_what_is_no_start_cannot_run_either() -> None:
    found = run(flow(goes_to("go", "a"), works("a")))

    assert {step.node: step.status for step in found.steps}["go"] == "failed"


def test_coming_back_without_having_gone_fails_and_says_so() -> None:
    told = message(run(flow(works("a"), goes_back("back"), ways=["a > back"])))

    assert "'back'" in told
    assert "call" in told


def test_a_part_of_a_teleport_reads_what_ran_before_it_and_is_read_after_it() -> None:
    nodes = [
        function("before", "return {v: 'b'}"),
        goes_to("go", "s"),
        starts_here("s"),
        function("inside", "return {v: params.v + 'i'}", v=out("before", "v")),
        goes_back("back"),
        answers("end", v=out("inside", "v") + out("before", "v") + out("later", "v")),
        works("later"),
    ]
    ways = ["before > go", "go > end", "s > inside", "inside > back", "end > later"]

    assert body(run(flow(*nodes, ways=ways))) == {"v": "bib"}


def test_a_failure_behind_a_teleport_takes_the_branch_there() -> None:
    nodes = [goes_to("go", "s"), starts_here("s"), fails("f"), works("good"), works("bad")]

    found = run(flow(*nodes, ways=["s > f", "f > good, bad:anyTriggersFalse"]))

    assert ran(found) == {"go", "s", "f", "bad"}


def test_branches_behind_a_teleport_may_merge_with_others() -> None:
    nodes = [works("a"), goes_to("go", "s"), starts_here("s"), works("b"), works("shared")]

    found = run(flow(*nodes, ways=["a > go", "a > shared", "s > b", "b > shared"]))

    assert counted(found)["shared"] == 2


def test_variables_set_behind_a_teleport_are_set_for_all() -> None:
    nodes = [
        saves("v1", {"n": "before"}),
        goes_to("go", "s"),
        starts_here("s"),
        saves("v2", {"n": "{{global.variables.n}}, inside"}),
        goes_back("back"),
        answers("end", n="{{global.variables.n}}"),
    ]
    ways = ["v1 > go", "go > end", "s > v2", "v2 > back"]

    found = run(flow(*nodes, ways=ways, variables=[variable("n")]))

    assert body(found) == {"n": "before, inside"}


def test_a_way_that_leads_back_is_gone_until_the_counter_says_no() -> None:
    nodes = [
        saves("first", {"n": ("number", "0")}),
        function("add", "return {n: params.n + 1}", n=("number", "{{global.variables.n}}")),
        saves("keep", {"n": ("number", out("add", "n"))}),
        compares("if", "ALessThanB", "{{global.variables.n}}", "5", type="number"),
        answers("end", n=("number", "{{global.variables.n}}"), last=out("add", "n")),
    ]
    ways = ["first > add", "add > keep", "keep > if", "if > add, end:anyTriggersFalse"]

    found = run(flow(*nodes, ways=ways, variables=[variable("n", type_="number")]))

    assert body(found) == {"n": 5, "last": "5"}
    assert counted(found)["add"] == 5


def test_a_way_that_leads_back_for_ever_fails_and_says_where() -> None:
    export = flow(works("first"), works("a"), works("b"), ways=["first > a", "a > b", "b > a"])

    told = message(run(export))

    assert "deep" in told
    assert "b_to_a" in told


def test_a_circle_that_nothing_leads_into_never_runs() -> None:
    found = run(flow(works("a"), works("b"), works("c"), ways=["b > c", "c > b"]))

    assert ran(found) == {"a"}


@pytest.mark.parametrize("way", ["a > a", "a > b, a:anyTriggersFalse"])
def test_a_node_that_leads_to_itself_is_run_again(way: str) -> None:
    nodes = [
        saves("zero", {"n": ("number", "0")}),
        saves("a", {"n": ("number", "1")}) if way == "a > a" else fails("a"),
        works("b"),
    ]
    export = flow(*nodes, ways=["zero > a", way], variables=[variable("n", type_="number")])

    assert "deep" in message(run(export))


def test_a_join_counts_what_is_in_its_own_part_of_the_flow() -> None:
    nodes = [works("a"), goes_to("go", "s"), starts_here("s"), works("b"), works("c"), works("d")]

    found = run(flow(*nodes, ways=["s > b", "s > c", "b, c > d:allTriggersComplete"]))

    assert counted(found)["d"] == 1
    assert ran(found) >= {"a", "b", "c", "d"}
