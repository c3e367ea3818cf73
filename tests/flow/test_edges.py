"""Which nodes run: outcomes, joins, dead branches, and what becomes of errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.errors import InvalidFlowError
from argosy.flow import Engine
from tests.flow.harness import body, failed_with, flow, kind, outputs_of, statuses, step_of, values
from tests.servers import ScriptedServer


def choose(id_: str, holds: str = "{{ input.yes }}") -> Any:
    return kind(id_, "condition", {"when": holds})


def fail(id_: str, **more: Any) -> Any:
    return kind(id_, "fail", {"message": f"{id_} broke"}, **more)


def test_only_the_outcome_that_came_is_followed_and_the_rest_is_skipped(engine: Engine) -> None:
    made = flow(
        choose("if"), values("yes"), values("no"), values("after_no"),
        edges=["start > if", "if true> yes", "if false> no", "no > after_no"],
    )  # fmt: skip
    run = engine.run(made, {"yes": True})
    assert list(statuses(run)) == ["start", "if", "yes"]
    assert run.skipped == ["no", "after_no"]
    run = engine.run(made, {"yes": False})
    assert list(statuses(run)) == ["start", "if", "no", "after_no"]
    assert run.skipped == ["yes"]


@pytest.mark.parametrize(("join", "runs"), [("any", True), ("all", False)])
def test_a_join_of_a_live_and_a_dead_branch(engine: Engine, join: str, runs: bool) -> None:
    made = flow(
        choose("if"), values("yes"), values("no"), values("both", join=join), values("after"),
        edges=["start > if", "if true> yes", "if false> no", "yes > both", "no > both",
               "both > after"],
    )  # fmt: skip
    run = engine.run(made, {"yes": True})
    assert ("both" in statuses(run)) is runs
    assert ("both" in run.skipped) is not runs
    assert ("after" in run.skipped) is not runs


def test_a_join_of_any_runs_once_and_one_of_all_sees_both(engine: Engine) -> None:
    made = flow(
        values("a", n=1), values("b", n=2), values("once"),
        values("sum", n="{{ nodes.a.outputs.n + nodes.b.outputs.n }}", join="all"),
        edges=["start > a", "start > b", "a > once", "b > once", "a > sum", "b > sum"],
    )  # fmt: skip
    run = engine.run(made)
    assert outputs_of(run, "sum") == {"n": 3}
    assert [step.path for step in run.steps].count("once") == 1


def test_two_edges_between_the_same_nodes_start_it_once(engine: Engine) -> None:
    made = flow(
        choose("if"), values("x", join="all"), values("y"),
        edges=["start > if", "if true> x", "if always> x", "if true> y", "if false> y"],
    )  # fmt: skip
    run = engine.run(made, {"yes": True})
    assert sorted(statuses(run)) == ["if", "start", "x", "y"]
    assert engine.run(made, {"yes": False}).skipped == ["x"]


@pytest.mark.parametrize("breaks", [True, False])
def test_an_always_edge_is_taken_however_its_node_ends(engine: Engine, breaks: bool) -> None:
    node = fail("work") if breaks else values("work")
    made = flow(node, values("ok"), values("tidy", was="{{ nodes.work.status }}"),
                edges=["start > work", "work > ok", "work always> tidy"])  # fmt: skip
    run = engine.run(made)
    assert run.status == "succeeded"
    assert outputs_of(run, "tidy") == {"was": "failed" if breaks else "succeeded"}
    assert run.skipped == (["ok"] if breaks else [])


def test_an_error_edge_gets_the_problem_as_a_value(engine: Engine) -> None:
    made = flow(
        fail("work"), values("ok"), values("mend", error="{{ nodes.work.error }}"),
        edges=["start > work", "work > ok", "work error> mend"],
    )  # fmt: skip
    run = engine.run(made)
    assert run.status == "succeeded"
    assert outputs_of(run, "mend")["error"]["message"] == "work broke"
    assert step_of(run, "work").outcome == "error"


def test_an_error_that_nothing_takes_fails_the_run_and_names_the_node(engine: Engine) -> None:
    run = engine.run(flow(fail("work"), values("next")))
    assert failed_with(run) == "The node 'work' failed: work broke"
    assert list(statuses(run)) == ["start", "work"]
    assert run.error is not None
    assert run.error.to_json()["code"] == "step-failed"


@pytest.mark.parametrize(
    ("on_error", "status", "ran"),
    [("fail", "failed", []), ("continue", "succeeded", ["next"]), ("end", "succeeded", [])],
)
def test_on_error_says_how_it_goes_on(
    engine: Engine, on_error: str, status: str, ran: list[str]
) -> None:
    run = engine.run(flow(fail("work", onError=on_error), values("next")))
    assert run.status == status
    assert list(statuses(run)) == ["start", "work", *ran]
    assert statuses(run)["work"] == "failed"
    assert run.skipped == (["next"] if on_error == "end" else [])


def test_an_error_edge_comes_before_on_error(engine: Engine) -> None:
    made = flow(fail("work", onError="continue"), values("ok"), values("mend"),
                edges=["start > work", "work > ok", "work error> mend"])  # fmt: skip
    assert list(statuses(engine.run(made))) == ["start", "work", "mend"]


def test_a_branch_that_is_killed_leaves_the_others_alone(engine: Engine) -> None:
    made = flow(
        fail("a", onError="end"), values("after_a"), values("b"), values("after_b", n=1),
        values("both", join="all"),
        edges=["start > a", "a > after_a", "start > b", "b > after_b",
               "after_a > both", "after_b > both"],
    )  # fmt: skip
    run = engine.run(made)
    assert run.status == "succeeded"
    assert outputs_of(run, "after_b") == {"n": 1}
    assert sorted(run.skipped) == ["after_a", "both"]


def test_a_node_that_no_edge_continues_ends_its_branch(engine: Engine) -> None:
    run = engine.run(flow(choose("if"), values("yes"), edges=["start > if", "if true> yes"]),
                     {"yes": False})  # fmt: skip
    assert run.status == "succeeded"
    assert run.skipped == ["yes"]


def test_a_node_that_no_edge_leads_to_is_skipped_with_what_is_behind_it(engine: Engine) -> None:
    nodes = [values(id_) for id_ in "abcd"] + [values("both", join="all")]
    ways = ["start > a", "b > c", "b > d", "a > d", "a > both", "c > both"]

    run = engine.run(flow(*nodes, edges=ways))

    assert sorted(statuses(run)) == ["a", "d", "start"]
    assert sorted(run.skipped) == ["b", "both", "c"]


def test_skipping_goes_through_a_long_dead_branch(engine: Engine) -> None:
    dead = [values(f"d{i}") for i in range(3000)]
    ways = [f"d{i} > d{i + 1}" for i in range(2999)]
    made = flow(choose("if"), *dead, edges=["start > if", "if true> d0", *ways])
    assert len(engine.run(made, {"yes": False}).skipped) == 3000


@pytest.mark.parametrize(
    ("nodes", "edges", "message", "pointer"),
    [
        (
            [values("a"), values("b")],
            ["start > a", "a > b", "b > a"],
            "'a' leads back to itself; a loop is a node of its own",
            "/nodes/1",
        ),
        (
            [values("a")],
            ["start > nowhere"],
            "the edge from 'start' to 'nowhere' lacks one of them",
            "/edges/0",
        ),
        ([values("a"), values("a")], ["start > a"], "two nodes have the same id", "/nodes"),
        (
            [{"id": "a", "kind": "transfrom", "inputs": {}}],
            ["start > a"],
            "there is no kind 'transfrom'; there is transform",
            "/nodes/1",
        ),
        (
            [{"id": "a", "capability": "aks", "inputs": {}}],
            ["start > a"],
            "There is no capability 'aks'; there is ask",
            "/nodes/1",
        ),
        ([values("a", x="{{ 1 +")], ["start > a"], "'{{ 1 +' cannot be read", "/nodes/1"),
        (
            [kind("e", "for-each", {"items": []}, body=body({"id": "i", "kind": "nothing"}))],
            ["start > e"],
            "there is no kind 'nothing'",
            "/nodes/1/body/nodes/0",
        ),
    ],
)
def test_a_graph_that_cannot_run_is_refused_with_its_place(
    engine: Engine, nodes: list[Any], edges: list[str], message: str, pointer: str
) -> None:
    with pytest.raises(InvalidFlowError) as caught:
        engine.run(flow(*nodes, edges=edges))
    found = [one for one in caught.value.problems if message in one.message]
    assert [(one.pointer, one.file) for one in found] == [(pointer, "t.flow.json")], (
        caught.value.problems
    )


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"inputs": {"type": 5}}, "/inputs"),
        ({"inputs": {"properties": 5}}, "/inputs"),
        ({"outputs": {"$ref": "#/nowhere"}}, "/outputs"),
        ({"variables": {"v": {"schema": {"minimum": "x"}}}}, "/variables/v/schema"),
    ],
)
def test_a_schema_that_is_none_is_refused_with_its_place(
    engine: Engine, more: Any, pointer: str
) -> None:
    with pytest.raises(InvalidFlowError) as caught:
        engine.run(flow(values("a"), **more))
    assert [one.pointer for one in caught.value.problems] == [pointer]
    assert caught.value.problems[0].message.startswith("the schema is none: ")


def test_a_schema_makes_nobody_fetch_or_read_anything(
    engine: Engine, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "private.json").write_text("{}")
    for address in (f"{server.url}/x.json", (tmp_path / "private.json").as_uri()):
        for place in ({"inputs": {"$ref": address}}, {"inputs": {"allOf": [{"$ref": address}]}}):
            with pytest.raises(InvalidFlowError, match="1 problem") as caught:
                engine.run(flow(values("a"), **place))
            assert "is not in the schema itself" in caught.value.problems[0].message
    assert server.received == []
