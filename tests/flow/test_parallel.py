"""What runs at the same time, and what one after the other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.parallel import run_each
from tests.flow.conftest import Start
from tests.flow.harness import (
    Gate,
    body,
    call,
    failed_with,
    flow,
    in_thread,
    kind,
    outputs_of,
    paths_of,
    statuses,
    step_of,
    values,
)
from tests.servers import Received, Say, Scripted, ScriptedServer

FAN = flow(
    *(call(f"n{i}", "ask", {"name": f"p{i}"}) for i in range(3)),
    values("sum", n="{{ nodes.n0.outputs.value + nodes.n2.outputs.value }}", join="all"),
    edges=[f"start > n{i}" for i in range(3)] + [f"n{i} > sum" for i in range(3)],
)


def test_parallel_branches_run_at_the_same_time(start: Start, server: ScriptedServer) -> None:
    gate = Gate(waits_for=3)
    server.answers(gate)
    run = start(workers=2).run(FAN)
    assert outputs_of(run, "sum") == {"n": 2}
    assert gate.most == 3


def test_without_workers_branches_run_one_after_the_other(
    start: Start, server: ScriptedServer
) -> None:
    gate = Gate()
    server.answers(gate)
    run = start(workers=0).run(FAN)
    assert outputs_of(run, "sum") == {"n": 2}
    assert gate.most == 1
    assert paths_of(server) == ["/p0", "/p1", "/p2"]


def test_branches_that_open_up_deep_within_a_branch_run_at_the_same_time(
    start: Start, server: ScriptedServer
) -> None:
    gate = Gate(waits_for=4)
    server.answers(gate)
    made = flow(
        values("a"), values("b"), *(call(f"n{i}", "ask", {"name": "x"}) for i in range(4)),
        edges=["start > a", "start > b", "a > n0", "a > n1", "b > n2", "b > n3"],
    )  # fmt: skip
    run = start(workers=4).run(made)
    assert run.error is None
    assert gate.most == 4


def each(concurrency: int, count: int = 6, **more: Any) -> Any:
    inner = body(call("ask", "ask", {"name": "p{{ item }}"}))
    inputs = {"items": list(range(count)), "concurrency": concurrency}
    inputs["collect"] = "{{ nodes.ask.outputs.value }}"
    return flow(kind("each", "for-each", {**inputs, **more}, body=inner))


def echo(request: Received) -> Scripted:
    return Say(200, {"value": request.path})


def test_for_each_goes_through_its_items_in_order(start: Start, server: ScriptedServer) -> None:
    server.answers(echo)
    outputs = outputs_of(start().run(each(1)), "each")
    expected = [f"/p{i}" for i in range(6)]
    assert paths_of(server) == expected
    assert outputs == {"results": expected, "errors": [], "count": 6}


def test_for_each_works_on_so_many_items_at_once_and_never_more(
    start: Start, server: ScriptedServer
) -> None:
    gate = Gate(waits_for=3, body={"value": "x"})
    server.answers(gate)
    run = start(workers=8).run(each(3, 20))
    assert outputs_of(run, "each")["results"] == ["x"] * 20
    assert gate.most == 3


def test_for_each_keeps_the_order_of_items_whichever_is_done_first(
    start: Start, server: ScriptedServer
) -> None:
    later = threading.Event()

    def answer(request: Received) -> Scripted:
        if request.path == "/p0":
            assert later.wait(5)
        if request.path == "/p5":
            later.set()
        return echo(request)

    server.answers(answer)
    run = start(workers=2).run(each(2))
    assert outputs_of(run, "each")["results"] == [f"/p{i}" for i in range(6)]


def test_for_each_of_nothing_gives_nothing(engine: Engine) -> None:
    made = flow(kind("each", "for-each", {"items": [], "concurrency": 5}, body=body(values("v"))))
    assert outputs_of(engine.run(made), "each") == {"results": [], "errors": [], "count": 0}


def test_for_each_gives_the_outputs_of_its_body_unless_told_what_to_collect(engine: Engine) -> None:
    inner = body(
        kind("if", "condition", {"when": "{{ item > 1 }}"}), values("big", n="{{ item * 10 }}"),
        edges=["if true> big"],
    )  # fmt: skip
    run = engine.run(flow(kind("each", "for-each", {"items": [1, 2]}, body=inner)))
    assert outputs_of(run, "each")["results"] == [
        {"if": {"outcome": "false"}},
        {"if": {"outcome": "true"}, "big": {"n": 20}},
    ]
    assert run.skipped == ["each/0/big"]


def test_the_body_of_a_loop_sees_what_is_outside_and_not_the_other_way_round(
    engine: Engine,
) -> None:
    inner = body(values("v", n="{{ nodes.before.outputs.n + item + index + input.n }}"))
    made = flow(
        values("before", n=100),
        kind(
            "each", "for-each", {"items": [1, 2], "collect": "{{ nodes.v.outputs.n }}"}, body=inner
        ),
        values("after", seen="{{ nodes.v | default('nothing') }}"),
    )
    run = engine.run(made, {"n": 1000})
    assert outputs_of(run, "each")["results"] == [1101, 1103]
    assert outputs_of(run, "after") == {"seen": "nothing"}


def test_for_each_stops_at_the_first_item_that_fails(start: Start, server: ScriptedServer) -> None:
    server.answers(lambda r: Say(404) if r.path == "/p2" else echo(r))
    run = start().run(each(1))
    assert failed_with(run).startswith("The node 'each/2/ask' failed: ")
    assert paths_of(server) == ["/p0", "/p1", "/p2"]
    assert statuses(run)["each"] == "failed"


def test_for_each_may_try_all_items_and_collect_the_errors(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(lambda r: Say(404) if r.path in {"/p2", "/p4"} else echo(r))
    outputs = outputs_of(start(workers=3).run(each(3, onItemError="collect")), "each")
    assert outputs["results"] == ["/p0", "/p1", None, "/p3", None, "/p5"]
    assert [(one["index"], one["item"]) for one in outputs["errors"]] == [(2, 2), (4, 4)]
    assert outputs["errors"][0]["error"]["code"] == "step-failed"


def test_what_is_left_out_of_a_collection_is_null(engine: Engine) -> None:
    made = flow(
        kind("each", "for-each", {"items": [1], "collect": "{{ omit }}"}, body=body(values("v")))
    )
    assert outputs_of(engine.run(made), "each")["results"] == [None]


def test_a_collect_that_cannot_be_computed_fails_its_item(engine: Engine) -> None:
    inputs = {"items": [1], "collect": "{{ nodes.w.outputs }}"}
    run = engine.run(flow(kind("each", "for-each", inputs, body=body(values("v")))))
    assert "there is no nodes.w" in failed_with(run)


def test_loops_within_loops_run_on_a_pool_of_one(start: Start, server: ScriptedServer) -> None:
    server.answers(echo)
    deep = body(call("ask", "ask", {"name": "p{{ index }}"}))
    inner = kind("inner", "for-each", {"items": [1, 2, 3], "concurrency": 3}, body=deep)
    outer = kind("outer", "for-each", {"items": [1, 2, 3], "concurrency": 3}, body=body(inner))
    run = start(workers=1).run(flow(outer))
    assert run.error is None
    assert len(server.received) == 9


def test_while_goes_on_as_long_as_its_condition_holds(engine: Engine) -> None:
    inner = body(values("v", n="{{ (nodes.v.outputs.n | default(1)) * 2 }}"))
    condition = "{{ (nodes.v.outputs.n | default(1)) < 50 }}"
    run = engine.run(flow(kind("loop", "while", {"condition": condition}, body=inner)))
    assert outputs_of(run, "loop") == {"turns": 6}
    assert step_of(run, "loop/5/v").outputs == {"n": 64}


def test_while_has_a_limit(engine: Engine) -> None:
    made = flow(
        kind("loop", "while", {"condition": "{{ true }}", "limit": 3}, body=body(values("v")))
    )
    run = engine.run(made)
    assert failed_with(run) == "The node 'loop' failed: The loop is not finished after 3 turns."
    assert [path for path in statuses(run) if path.startswith("loop/")] == [
        "loop/0/v", "loop/1/v", "loop/2/v",
    ]  # fmt: skip


def test_while_may_use_up_its_limit(engine: Engine) -> None:
    inputs = {"condition": "{{ index < 3 }}", "limit": 3}
    run = engine.run(flow(kind("loop", "while", inputs, body=body(values("v")))))
    assert outputs_of(run, "loop") == {"turns": 3}


def test_threads_share_an_engine_and_a_flow(start: Start, server: ScriptedServer) -> None:
    server.answers(echo)
    engine = start(workers=2)
    made = each(2, 4)
    results = [in_thread(lambda: [engine.run(made) for _ in range(5)]) for _ in range(6)]
    for result in results:
        for run in result():
            assert outputs_of(run, "each")["results"] == ["/p0", "/p1", "/p2", "/p3"]


def test_run_each_without_a_pool_goes_in_order() -> None:
    seen: list[int] = []
    run_each(seen.append, 5, 3, None)
    assert seen == [0, 1, 2, 3, 4]


def test_run_each_raises_what_came_of_the_lowest_number() -> None:
    def work(number: int) -> None:
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        run_each(work, 5, 1, None)
