"""Laws of runs: the same with one thread and with many, always an end, and replays agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.flow import Engine, EngineSettings
from argosy.flow.library import parse_flow
from argosy.flow.replay import reusable_steps
from argosy.flow.run import Run
from argosy.model import Connector, Flow
from tests.flow.harness import body, edge, flow, in_thread, kind, values

_ORDER = {"value", "error"}
OUTCOMES = ("success", "error", "always", "true", "false")


@dataclass(frozen=True)
class Engines:
    """The same connector with no helper, one, and eight."""

    all: tuple[Engine, ...]


@pytest.fixture(scope="module")
def engines(drafted: Connector) -> Iterator[Engines]:
    made = tuple(Engine(drafted, {}, settings=EngineSettings(workers=n)) for n in (0, 1, 8))
    yield Engines(made)
    for engine in made:
        engine.close()


@st.composite
def nodes(draw: st.DrawFn, name: str, depth: int = 0) -> Any:
    """Draw a node: one that succeeds, fails, chooses, counts or holds a loop."""
    what = draw(
        st.sampled_from(["values", "fail", "condition", "increment"] + ["loop"] * (depth < 1))
    )
    more: dict[str, Any] = {
        "join": draw(st.sampled_from(["any", "all"])),
        "onError": draw(st.sampled_from(["continue", "end", "fail"])),
    }
    if what == "fail":
        return kind(name, "fail", {"message": name}, **more)
    if what == "condition":
        return kind(
            name,
            "condition",
            {"when": draw(st.sampled_from(["{{ true }}", "{{ false }}"]))},
            **more,
        )
    if what == "increment":
        return kind(name, "increment", {"variable": "n", "by": draw(st.integers(0, 3))}, **more)
    if what == "loop":
        inner = body(*(draw(nodes(f"i{i}", depth + 1)) for i in range(draw(st.integers(1, 3)))))
        inner["edges"] = draw(edges([one["id"] for one in inner["nodes"]]))
        inputs = {
            "items": list(range(draw(st.integers(0, 3)))),
            "concurrency": draw(st.integers(1, 3)),
            "onItemError": draw(st.sampled_from(["fail", "collect"])),
        }
        return kind(name, "for-each", inputs, body=inner, **more)
    return {**values(name, name=name), **more}


@st.composite
def edges(draw: st.DrawFn, names: list[str], entry: str = "") -> Any:
    """Draw edges that lead from earlier nodes to later ones."""
    found = []
    for at, target in enumerate(names):
        sources = draw(st.lists(st.sampled_from(names[:at]), max_size=3)) if at else ()
        found += [edge(f"{one} {draw(st.sampled_from(OUTCOMES))}> {target}") for one in sources]
    if entry:
        reached = {one["to"] for one in found}
        found += [edge(f"{entry} > {name}") for name in names if name not in reached]
    return found


@st.composite
def graphs(draw: st.DrawFn) -> Flow:
    """Draw a flow without circles whose trigger leads to every node that nothing else leads to."""
    every = [draw(nodes(f"n{i}")) for i in range(draw(st.integers(1, 12)))]
    ways = draw(edges([one["id"] for one in every], "start"))
    made = flow(*every, edges=["start > n0"], variables={"n": {"value": 0}})
    return parse_flow({**made.document, "edges": ways}, "t", "t.flow.json")


def seen(run: Run) -> dict[str, Any]:
    """Return what has to be the same of two runs.

    How far others come before a failure ends them differs: in a run that fails, and within a
    loop in which an item fails.
    """
    if run.status != "succeeded":
        return {"status": run.status}
    loops = [step for step in run.steps if step.what == "for-each"]
    broken = tuple(f"{one.path}/" for one in loops if one.error or one.outputs["errors"])
    steps = {
        step.path: (step.status, step.outcome, _values(step.outputs))
        for step in run.steps
        if not step.path.startswith(broken)
    }
    return {
        "status": run.status,
        "steps": steps,
        "skipped": sorted(path for path in run.skipped if not path.startswith(broken)),
        "variables": None if broken else run.variables,
    }


def _values(outputs: Any) -> Any:
    """Return outputs but for what tells the order of branches: sums, and which failed first."""
    if isinstance(outputs, dict):
        return {name: _values(member) for name, member in outputs.items() if name not in _ORDER}
    return [_values(item) for item in outputs] if isinstance(outputs, list) else outputs


def outermost(run: Run) -> dict[str, Any]:
    """Return the same without the steps in loops, which a loop that is taken over does not run."""
    found = seen(run)
    for name in ("steps", "skipped"):
        places = found.get(name, ())
        kept = [place for place in places if "/" not in place]
        found[name] = {place: places[place] for place in kept} if name == "steps" else kept
    return found


def run_bounded(engine: Engine, made: Flow, **more: Any) -> Run:
    """Run a flow in a thread that is waited for, but not for ever."""
    run: Run = in_thread(lambda: engine.run(made, **more))()
    return run


@settings(max_examples=150)
@given(made=graphs())
def test_a_graph_runs_the_same_with_no_helper_and_with_many(engines: Engines, made: Flow) -> None:
    first, *others = [run_bounded(engine, made) for engine in engines.all]
    for other in others:
        assert seen(other) == seen(first)
    every = {node.id for node in made.graph.nodes}
    if first.status == "succeeded":
        ran = {step.path for step in first.steps if "/" not in step.path}
        skipped = {path for path in first.skipped if "/" not in path}
        assert ran | skipped == every
        assert not ran & skipped


@settings(max_examples=100)
@given(made=graphs())
def test_a_replay_of_a_run_that_has_ended_gives_the_same(engines: Engines, made: Flow) -> None:
    for engine in engines.all[::2]:
        run = run_bounded(engine, made)
        again = in_thread(partial(engine.replay, made, run))()
        assert outermost(again) == outermost(run)
        recorded = Run.from_json(run.to_json())
        third = in_thread(partial(engine.replay, made, recorded))()
        assert outermost(third) == outermost(run)


@settings(max_examples=60)
@given(made=graphs(), most=st.integers(1, 12))
def test_a_run_ends_within_its_steps(engines: Engines, made: Flow, most: int) -> None:
    document = {**made.document, "settings": {"maxSteps": most}}
    bounded = parse_flow(document, "t", "t.flow.json")
    for engine in engines.all:
        assert len(run_bounded(engine, bounded).steps) <= most


@settings(max_examples=60)
@given(made=graphs())
def test_events_of_any_graph_are_whole(engines: Engines, made: Flow) -> None:
    for engine in engines.all:
        events: list[Any] = []
        run = run_bounded(engine, made, listener=events.append)
        begun = [one["path"] for one in events if one["event"] == "step-started"]
        ended = [one["path"] for one in events if one["event"] == "step-ended"]
        assert sorted(begun) == sorted(ended) == sorted(step.path for step in run.steps)
        assert (events[0]["event"], events[-1]["event"]) == ("run-started", "run-ended")
        assert not any(step.status == "running" for step in run.steps)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Flow, Flow]:
    """Draw a tree of nodes, and the same with some of its branches as routines that are called."""
    every = [values("n0", seen="{{ input }}")]
    whole, cut = [edge("start > n0")], [edge("start > n0")]
    more: list[Any] = []
    for index in range(1, draw(st.integers(2, 10))):
        name, before = f"n{index}", f"n{draw(st.integers(0, index - 1))}"
        outcome = draw(st.sampled_from(OUTCOMES))
        every.append(draw(st.one_of(nodes(name), st.just(reader(name, before)))))
        whole.append(edge(f"{before} {outcome}> {name}"))
        if draw(st.booleans()):
            more += [kind(f"c{index}", "call", {"routine": f"r{index}"})]
            more += [kind(f"r{index}", "routine")]
            cut += [edge(f"{before} {outcome}> c{index}"), edge(f"r{index} > {name}")]
        else:
            cut.append(whole[-1])
    variables = {"n": {"value": 0}}
    made = flow(*every, *more, edges=["start > n0"], variables=variables).document
    inlined = {**made, "nodes": made["nodes"][: len(every) + 1], "edges": whole}
    called = {**made, "edges": cut}
    return parse_flow(inlined, "t", "t.flow.json"), parse_flow(called, "t", "t.flow.json")


def reader(name: str, other: str) -> Any:
    """Return a node that gives what another gave."""
    return values(name, seen="{{ nodes." + other + ".outputs }}")


@settings(max_examples=100)
@given(made=trees())
def test_a_branch_runs_the_same_in_its_place_and_as_a_routine(
    engines: Engines, made: tuple[Flow, Flow]
) -> None:
    inlined, called = made
    for engine in engines.all:
        one, other = run_bounded(engine, inlined), run_bounded(engine, called)
        assert other.status == one.status
        if one.status == "succeeded":
            assert by_node(other) == by_node(one)
            assert other.variables == one.variables
            again = run_bounded(engine, called, pins=reusable_steps(other, called))
            assert by_node(again) == by_node(other)


def by_node(run: Run) -> dict[str, Any]:
    """Return what the steps gave by their nodes, but for calls, routines and loops' bodies."""
    return {
        step.node: (step.status, step.outcome, _values(step.outputs))
        for step in run.steps
        if step.node.startswith("n")
    }
