"""Routines: parts of a flow that run where they are called, as often as that is."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from argosy.errors import InvalidFlowError
from argosy.flow import Engine, EngineSettings
from argosy.flow.plan import compile_flow
from argosy.flow.run import Run
from argosy.model import Connector, Flow
from tests.counting import calls_of
from tests.flow.conftest import Start
from tests.flow.harness import (
    Arrival,
    Gate,
    body,
    call,
    failed_with,
    flow,
    kind,
    outputs_of,
    paths_of,
    run_and_cancel,
    statuses,
    step_of,
    values,
)
from tests.servers import Received, Say, Scripted, ScriptedServer, Silence
from tests.steering import Steering


def calls(id_: str, routine_: str = "r", **more: Any) -> Any:
    given = {name: more.pop(name) for name in ("timeoutSeconds", "onError") if name in more}
    return kind(id_, "call", {"routine": routine_, **({"values": more} if more else {})}, **given)


def routine(id_: str = "r") -> Any:
    return kind(id_, "routine")


def returns(id_: str = "back", **members: Any) -> Any:
    return kind(id_, "return", {"values": members})


def recorded(run: Run) -> Run:
    """Return a run as it comes back from its record."""
    return Run.from_json(json.loads(json.dumps(run.to_json())))


def counting_down(**more: Any) -> Flow:
    """Return a flow whose routine calls itself until the number that it is given is 0."""
    return flow(
        calls("c", n="{{ input.n }}"),
        routine(),
        kind("more", "condition", {"when": "{{ nodes.r.outputs.n > 0 }}"}),
        calls("again", n="{{ nodes.r.outputs.n - 1 }}"),
        returns("last", depth=0),
        returns("back", depth="{{ nodes.again.outputs.depth + 1 }}"),
        edges=["start > c", "r > more", "more true> again", "more false> last", "again > back"],
        **more,
    )


DOUBLE = flow(
    values("before", one=1),
    calls("c", n="{{ nodes.before.outputs.one }}"),
    values("after", given="{{ nodes.c.outputs.sum }}", seen="{{ nodes.twice.outputs.n }}"),
    routine(),
    values("twice", n="{{ nodes.r.outputs.n * 2 }}"),
    returns(sum="{{ nodes.twice.outputs.n + nodes.before.outputs.one }}"),
    edges=["start > before", "before > c", "c > after", "r > twice", "twice > back"],
)


def test_a_call_runs_the_routine_in_its_step_and_gives_what_that_returns(engine: Engine) -> None:
    run = engine.run(DOUBLE)
    assert outputs_of(run, "after") == {"given": 3, "seen": 2}
    assert list(statuses(run)) == [
        "start", "before", "c", "c/1/r", "c/1/twice", "c/1/back", "after",
    ]  # fmt: skip
    assert step_of(run, "c").outcome == "success"
    assert run.skipped == []


def test_a_routine_that_nothing_calls_does_not_run(engine: Engine) -> None:
    run = engine.run(flow(values("a"), routine(), values("b"), edges=["start > a", "r > b"]))
    assert list(statuses(run)) == ["start", "a"]
    assert run.skipped == []


def test_a_routine_that_ends_without_a_return_has_an_outcome_of_its_own(engine: Engine) -> None:
    made = flow(
        calls("c"), values("yes"), values("no"), routine(),
        edges=["start > c", "c > yes", "c ended> no"],
    )  # fmt: skip
    run = engine.run(made)
    assert outputs_of(run, "c") == {}
    assert (step_of(run, "c").outcome, run.skipped) == ("ended", ["yes"])


def test_the_first_return_holds_and_the_call_lasts_as_long_as_its_routine(engine: Engine) -> None:
    made = flow(
        calls("c"), values("after", seen="{{ nodes.later.outputs.x }}"), routine(),
        returns("first", n=1), values("later", x=5), returns("second", n=2),
        edges=["start > c", "c > after", "r > first", "r > later", "later > second"],
    )  # fmt: skip
    run = engine.run(made)
    assert outputs_of(run, "c") == {"n": 1}
    assert outputs_of(run, "after") == {"seen": 5}


def test_a_node_of_two_parts_joins_the_edges_of_the_part_that_runs(engine: Engine) -> None:
    made = flow(
        values("a"), values("both", join="all"), calls("c"), routine(), values("inner"),
        edges=["start > a", "a > both", "a > c", "r > inner", "inner > both"],
    )  # fmt: skip
    run = engine.run(made)
    assert set(statuses(run)) == {"start", "a", "both", "c", "c/1/r", "c/1/inner", "c/1/both"}
    assert run.skipped == []


def test_a_routine_sees_and_sets_the_flows_own_variables(engine: Engine) -> None:
    made = flow(
        kind("set", "set-variable", {"values": {"n": 5}}), calls("one"), calls("two"),
        values("after", n="{{ vars.n }}"), routine(), kind("add", "increment", {"variable": "n"}),
        edges=["start > set", "set > one", "one ended> two", "two ended> after", "r > add"],
        variables={"n": {"value": 0}},
    )  # fmt: skip
    run = engine.run(made)
    assert outputs_of(run, "after") == {"n": 7}
    assert {"one/1/add", "two/1/add"} <= set(statuses(run))


def test_calls_at_the_same_time_do_not_read_each_others_values(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Gate(4))
    names = [f"c{index}" for index in range(4)]
    made = flow(
        *(calls(name, n=index) for index, name in enumerate(names)), routine(),
        call("ask", "ask", {"name": "x"}), returns(n="{{ nodes.r.outputs.n }}"),
        edges=[*(f"start > {name}" for name in names), "r > ask", "ask > back"],
    )  # fmt: skip
    run = start(workers=4).run(made)
    assert [outputs_of(run, name) for name in names] == [{"n": index} for index in range(4)]


def test_a_loop_may_have_routines_and_a_routine_loops(engine: Engine) -> None:
    each = kind(
        "each", "for-each", {"items": [1, 2]},
        body=body(
            calls("square", "s", n="{{ item }}"), routine("s"),
            returns(square="{{ nodes.s.outputs.n * item }}"), edges=["s > back"],
        ),
    )  # fmt: skip
    made = flow(
        calls("c"), routine(), each, returns("end", all="{{ nodes.each.outputs.results }}"),
        edges=["start > c", "r > each", "each > end"],
    )  # fmt: skip
    run = engine.run(made)
    results = outputs_of(run, "c")["all"]
    assert [one["square"] for one in results] == [{"square": 1}, {"square": 4}]
    assert [one["back"] for one in results] == [{"square": 1}, {"square": 4}]
    assert "c/1/each/1/square/1/back" in statuses(run)


def test_a_return_in_a_loop_of_a_routine_returns_from_the_routine(engine: Engine) -> None:
    each = kind("each", "for-each", {"items": [7, 8]}, body=body(returns(first="{{ item }}")))
    made = flow(calls("c"), routine(), each, edges=["start > c", "r > each"])
    assert outputs_of(engine.run(made), "c") == {"first": 7}


def test_an_error_of_a_routine_is_one_of_its_call(engine: Engine) -> None:
    made = flow(
        calls("c"), values("mend", why="{{ nodes.c.error.message }}", own="{{ nodes.f.status }}"),
        routine(), kind("f", "fail", {"message": "no"}),
        edges=["start > c", "c error> mend", "r > f"],
    )  # fmt: skip
    run = engine.run(made)
    assert outputs_of(run, "mend") == {"why": "The node 'c/1/f' failed: no", "own": "failed"}
    untaken = flow(
        calls("c"), routine(), kind("f", "fail", {"message": "no"}), edges=["start > c", "r > f"]
    )
    assert failed_with(engine.run(untaken)) == "The node 'c/1/f' failed: no"


def test_a_return_without_a_call_is_an_error_that_says_so(engine: Engine) -> None:
    run = engine.run(flow(returns()))
    assert failed_with(run) == (
        "The node 'back' failed: No call has led to 'back', which would return from a routine."
    )


@pytest.mark.parametrize("name", ["rr", "a", 5, None, ["r"]])
def test_a_call_of_what_is_no_routine_cannot_be_compiled(engine: Engine, name: Any) -> None:
    made = flow(kind("a", "call", {"routine": name}), routine(), edges=["start > a"])
    with pytest.raises(InvalidFlowError) as raised:
        engine.run(made)
    (problem,) = raised.value.problems
    assert problem.message == f"there is no routine {name!r}; there is r"
    assert problem.pointer == "/nodes/1"


def test_an_edge_to_a_routine_cannot_be_compiled(engine: Engine) -> None:
    with pytest.raises(InvalidFlowError) as raised:
        engine.run(flow(calls("a"), routine()))
    (problem,) = raised.value.problems
    assert problem.message == "an edge leads to 'r', a routine; it starts when called"
    assert problem.pointer == "/edges/1"


@pytest.mark.parametrize("depth", [0, 1, 15, 16, 64, 126])
def test_a_routine_may_call_itself(engine: Engine, depth: int) -> None:
    assert outputs_of(engine.run(counting_down(), {"n": depth}), "c") == {"depth": depth}


def test_a_routine_that_calls_itself_for_ever_ends_at_the_limit(engine: Engine) -> None:
    run = engine.run(counting_down(), {"n": 10**6})
    assert failed_with(run) == (
        "c/1/again/1/again/…/1/again/1/again/1 would run more than 128 loops, calls and flows deep."
    )
    few = engine.run(counting_down(settings={"maxSteps": 50}), {"n": 10**6})
    assert failed_with(few) == "The run took more than 50 steps."


def test_calls_within_each_other_do_not_come_near_pythons_own_limit(engine: Engine) -> None:
    def run_at(level: int) -> Run:
        return run_at(level - 1) if level else engine.run(counting_down(), {"n": 120})

    assert outputs_of(run_at(550), "c") == {"depth": 120}


def test_what_a_step_around_it_may_take_ends_a_call(start: Start, steering: Steering) -> None:
    made = flow(
        calls("c", timeoutSeconds=5), values("late", code="{{ nodes.c.error.code }}"),
        routine(), kind("w", "wait", {"seconds": 60}), values("never"),
        edges=["start > c", "c error> late", "r > w", "w > never"],
    )  # fmt: skip
    run = start(steering=steering).run(made)
    assert outputs_of(run, "late") == {"code": "step-timed-out"}
    assert "c/1/never" not in statuses(run)


@pytest.mark.parametrize("depth", [1, 40])
def test_a_run_is_cancelled_within_its_calls(
    start: Start, server: ScriptedServer, depth: int
) -> None:
    arrival = Arrival(Silence())
    server.answers(arrival)
    made = flow(
        calls("c", n="{{ input.n }}"), routine(),
        kind("more", "condition", {"when": "{{ nodes.r.outputs.n > 0 }}"}),
        calls("again", n="{{ nodes.r.outputs.n - 1 }}"), call("ask", "ask", {"name": "x"}),
        edges=["start > c", "r > more", "more true> again", "more false> ask"],
    )  # fmt: skip
    run = run_and_cancel(start(), made, arrival.wait, given={"n": depth})
    assert run.status == "cancelled"
    assert {step.status for step in run.steps} == {"succeeded", "cancelled"}


def test_events_tell_the_steps_of_a_call_within_its_own(engine: Engine) -> None:
    events: list[Any] = []
    engine.run(DOUBLE, listener=events.append)
    told = [f"{one['event'][5:]} {one['path']}" for one in events if "path" in one]
    assert told[4:12] == [
        "started c", "started c/1/r", "ended c/1/r", "started c/1/twice", "ended c/1/twice",
        "started c/1/back", "ended c/1/back", "ended c",
    ]  # fmt: skip


def test_a_part_starts_at_its_routine_however_many_there_are(drafted: Connector) -> None:
    """A flow of routines that each lead to all the rest compiles in time that grows with it."""

    def hostile(count: int) -> Flow:
        nodes = [node for i in range(count) for node in (routine(f"r{i}"), values(f"v{i}"))]
        ways = [way for i in range(count) for way in (f"r{i} > v{i}", f"v{i} > v{i + 1}")]
        return flow(*nodes, values(f"v{count}"), calls("c", "r0"), edges=[*ways, "start > c"])

    few, many = hostile(250), hostile(500)
    counted = [calls_of(partial(compile_flow, one, drafted)) for one in (few, many)]
    assert counted[1] < 2.5 * counted[0]
    with Engine(drafted, {}, settings=EngineSettings(workers=0)) as engine:
        assert len(engine.run(many).steps) == 504


ASKED = flow(
    calls("c"),
    call("z", "ask", {"name": "z"}),
    routine(),
    call("a", "ask", {"name": "a"}),
    call("b", "ask", {"name": "b"}),
    returns(a="{{ nodes.a.outputs.value }}"),
    edges=["start > c", "c > z", "r > a", "a > b", "b > back"],
)


def refusing(*paths: str) -> Any:
    def answer(request: Received) -> Scripted:
        if request.path in paths:
            return Say(404, {"message": "not yet"})
        return Say(200, {"value": f"v{request.path}"})

    return answer


@pytest.mark.parametrize("as_record", [False, True])
def test_a_replay_goes_on_within_the_call_that_failed(
    start: Start, server: ScriptedServer, as_record: bool
) -> None:
    engine = start()
    server.answers(refusing("/b"))
    failed = engine.run(ASKED)
    assert failed_with(failed).startswith("The node 'c/1/b' failed")
    server.answers(refusing())
    again = engine.replay(ASKED, recorded(failed) if as_record else failed)
    assert outputs_of(again, "c") == {"a": "v/a"}
    assert paths_of(server) == ["/a", "/b", "/b", "/z"]
    assert [step.path for step in again.steps if step.reused] == ["start", "c/1/r", "c/1/a"]


def test_a_replay_of_calls_that_succeeded_asks_nothing_and_gives_the_same(
    start: Start, server: ScriptedServer
) -> None:
    engine = start()
    server.answers(refusing())
    run = engine.run(ASKED)
    again = engine.replay(ASKED, recorded(run))
    assert len(server.received) == 3
    assert [(s.path, s.outcome, s.outputs) for s in again.steps] == [
        (s.path, s.outcome, s.outputs) for s in run.steps
    ]
    assert [step.path for step in again.steps if not step.reused] == ["c"]


@pytest.mark.parametrize(
    ("start_at", "asked"),
    [("start", "abz"), ("c", "abz"), ("r", "abz"), ("b", "bz"), ("back", "z"), ("z", "z")],
)
def test_a_replay_from_a_node_runs_what_comes_after_it_behind_calls_too(
    start: Start, server: ScriptedServer, start_at: str, asked: str
) -> None:
    engine = start(workers=0)
    server.answers(refusing())
    run = engine.run(ASKED)
    server.received.clear()
    again = engine.replay(ASKED, run, start_at=start_at)
    assert paths_of(server) == [f"/{name}" for name in asked]
    assert outputs_of(again, "c") == {"a": "v/a"}


def test_a_replay_from_a_node_leaves_the_calls_before_it_alone(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(
        calls("one"), call("m", "ask", {"name": "m"}), calls("two"), routine(),
        call("a", "ask", {"name": "a"}), returns(),
        edges=["start > one", "one > m", "m > two", "r > a", "a > back"],
    )  # fmt: skip
    engine = start(workers=0)
    server.answers(refusing())
    run = engine.run(made)
    server.received.clear()
    again = engine.replay(made, run, start_at="two")
    assert paths_of(server) == ["/a"]
    assert [s.path for s in again.steps if not s.reused] == [
        "one", "two", "two/1/r", "two/1/a", "two/1/back",
    ]  # fmt: skip


def test_a_failure_that_is_taken_where_the_routine_is_called_is_not_tried_again(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(
        calls("c"), call("mend", "ask", {"name": "mend"}), routine(),
        call("a", "ask", {"name": "a"}), edges=["start > c", "c error> mend", "r > a"],
    )  # fmt: skip
    engine = start()
    server.answers(refusing("/a", "/mend"))
    failed = engine.run(made)
    server.received.clear()
    server.answers(refusing())
    again = engine.replay(made, failed)
    assert paths_of(server) == ["/mend"]
    assert step_of(again, "c").error == step_of(failed, "c").error


def test_a_loop_that_is_taken_over_does_again_what_its_calls_did_to_the_run(
    engine: Engine,
) -> None:
    each = kind(
        "each", "for-each", {"items": [1, 2]},
        body=body(
            calls("add", "s"), routine("s"), kind("n", "increment", {"variable": "n"}),
            returns("inner", x=1), edges=["s > n", "n > inner"],
        ),
    )  # fmt: skip
    made = flow(
        calls("c"), routine(), each, returns("outer", n="{{ vars.n }}"),
        edges=["start > c", "r > each", "each > outer"],
        variables={"n": {"value": 0}},
    )  # fmt: skip
    run = engine.run(made)
    again = engine.replay(made, run)
    assert step_of(again, "c/1/each").reused
    assert again.variables == run.variables == {"n": 2}
    assert outputs_of(again, "c") == outputs_of(run, "c") == {"n": 2}


def test_a_call_runs_alone_with_its_routine(engine: Engine) -> None:
    run = engine.run_node(DOUBLE, "c", {}, {"before": {"one": 4}})
    assert outputs_of(run, "c") == {"sum": 12}
    alone = engine.run_node(DOUBLE, "twice", {}, {"r": {"n": 3}})
    assert outputs_of(alone, "twice") == {"n": 6}
