"""Laws of the task tree, whatever the tree is and in whatever order its tasks are run."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.sandbox.workflow.errors import error_shown
from argosy.sandbox.workflow.plans import plan_workflow
from argosy.sandbox.workflow.tasks import DONE, FAILED, MOST_TASKS, Outcome, State, Task
from argosy.sandbox.workflow.tree import Tree
from argosy.sandbox.workflow.variables import seen_by
from tests.counting import calls_of

LEAVES = st.one_of(
    st.just({"echo>": "x"}),
    st.just({"fail>": "x"}),
    st.builds(lambda n: {"make>": n}, st.integers(0, 3)),
    st.just({"make>": 2, "_check": {"echo>": "x"}}),
    st.just({"fail>": "x", "_error": {"echo>": "sorry"}}),
    st.just({"make>": -1}),
)


def groups(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(parts: list[Any], parallel: Any, retry: Any, has_error: bool) -> Any:
        group = {f"+t{number}": part for number, part in enumerate(parts)}
        group |= {"_parallel": parallel} if parallel is not None else {}
        group |= {"_retry": retry} if retry is not None else {}
        return group | ({"_error": {"+e": {"echo>": "sorry"}}} if has_error else {})

    parallel = st.sampled_from([None, True, False, {"limit": 2}])
    return st.builds(
        build,
        st.lists(children, max_size=4),
        parallel,
        st.sampled_from([None, None, 1, {"limit": 1, "interval": 60}]),
        st.booleans(),
    )


CONFIGS = st.recursive(LEAVES, groups, max_leaves=12).map(
    lambda config: config if all(key[:1] in "+_" for key in config) else {"+only": config}
)


def perform(tree: Tree, task: Task) -> None:
    """Do what a task's config says: `make>` makes so many tasks, or one that fails."""
    count = task.config.get("make>")
    if "fail>" in task.config:
        tree.fail(task, error_shown("x", "runtime"))
    elif count is None:
        tree.succeed(task, Outcome())
    elif count < 0:
        tree.succeed(task, Outcome(subtasks={"fail>": "x"}))
    else:
        made = {f"+m{number}": {"echo>": "x"} for number in range(count)}
        tree.succeed(task, Outcome(subtasks=made))


def planted(config: Any) -> Tree:
    ids = itertools.count(1)
    tree = Tree([], lambda: str(next(ids)))
    tree.plant(plan_workflow("w", config))
    return tree


def run(config: Any, seed: int, cancel_at: int = -1) -> Tree:
    """Run a tree, choosing at random which of what can go on goes on next."""
    tree = planted(config)
    chance = random.Random(seed)
    running: list[Task] = []
    for step in range(10_000):
        if step == cancel_at:
            tree.cancel()
        choices = [*(("start", one) for one in tree.ready), *(("end", one) for one in running)]
        choices += [("wake", one) for one in tree.waiting]
        if not choices:
            return tree
        what, task = chance.choice(choices)
        tree.now += 1
        if what == "start":
            tree.ready.remove(task)
            tree.run(task)
            running.append(task)
        elif what == "wake":
            tree.waiting.remove(task)
            tree.wake(task)
        else:
            running.remove(task)
            perform(tree, task)
    raise AssertionError("the tree does not end")


def outcome(tree: Tree) -> Counter[tuple[str, str]]:
    return Counter((one.full_name, one.state) for one in tree.tasks.values())


@given(CONFIGS, st.integers(0, 99))
@settings(max_examples=120, deadline=None)
def test_every_tree_ends_the_same_in_any_order(config: Any, seed: int) -> None:
    tree = run(config, seed)

    assert tree.is_done
    assert outcome(tree) == outcome(run(config, seed + 1))


@given(CONFIGS, st.integers(0, 99))
@settings(max_examples=120, deadline=None)
def test_a_parent_succeeds_if_all_its_children_do(config: Any, seed: int) -> None:
    tree = run(config, seed)

    for task in tree.tasks.values():
        if task.is_superseded:
            continue
        children = tree.children(task)
        states = {one.state for one in children}
        assert task.state in DONE or task.state is State.BLOCKED
        if task.is_group and task.state is not State.BLOCKED:
            assert (task.state is State.SUCCESS) == (states <= {State.SUCCESS})
            assert (task.state is State.GROUP_ERROR) == bool(states & FAILED)
        if task.state is State.SUCCESS:
            assert states <= {State.SUCCESS}
        upstreams = [tree.tasks[key].state for key in task.upstreams]
        if task.state is not State.BLOCKED:
            assert set(upstreams) <= {State.SUCCESS}


@given(CONFIGS, st.integers(0, 99), st.integers(0, 30))
@settings(max_examples=120, deadline=None)
def test_a_cancelled_tree_ends(config: Any, seed: int, cancel_at: int) -> None:
    tree = run(config, seed, cancel_at)

    assert tree.is_done
    if tree.root.cancel_requested:
        assert tree.root.state is State.CANCELED
        # nothing that was not running yet has run
        assert not tree.ready
        assert not tree.waiting


@given(CONFIGS, st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_tree_that_is_kept_and_read_goes_on_as_it_was(config: Any, seed: int) -> None:
    tree = run(config, seed)

    kept = [Task.from_json(one.to_json()) for one in tree.tasks.values()]

    assert kept == list(tree.tasks.values())


def test_a_group_is_tried_again_only_while_there_is_room_for_its_tasks() -> None:
    below = {f"+t{number}": {"echo>": "x"} for number in range(99)} | {"+last": {"fail>": "x"}}

    tree = run({"+group": {"_retry": 50, "_parallel": True, **below}}, seed=1)

    assert tree.is_done
    assert MOST_TASKS <= len(tree.tasks) < MOST_TASKS + 2 * len(below)


def wide(count: int, parallel: bool) -> Any:
    return {"_parallel": parallel} | {f"+t{number}": {"echo>": "x"} for number in range(count)}


def calls(config: Any) -> int:
    """Count the calls that it takes to run a tree in the order that its tasks become ready."""
    tree = planted(config)

    def run_through() -> None:
        while tree.ready:
            task = tree.ready.pop(0)
            seen_by(tree, task, {})
            tree.run(task)
            perform(tree, task)

    counted = calls_of(run_through)
    assert tree.root.state is State.SUCCESS
    return counted


@pytest.mark.parametrize("parallel", [True, False])
def test_a_tree_takes_as_long_again_for_twice_the_tasks(parallel: bool) -> None:
    assert calls(wide(800, parallel)) < 2.2 * calls(wide(400, parallel))
