"""A graph that is ready to run, and parts of it that run alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node, NodeRetry

    Execute = Callable[[StepContext], tuple[str, JsonObject]]


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node ready to run. `edges` are the indexes of the nodes that each outcome leads to.

    `leads_to` are all of them once for each edge; `incoming` counts the edges that lead here.
    `redo` does again what a step did to the run itself, where the step is taken over.
    """

    id: str
    node: Node
    execute: Execute
    edges: Mapping[str, Sequence[int]]
    leads_to: Sequence[int]
    always: Sequence[int]
    incoming: int
    retry: NodeRetry
    takes_error: bool
    redo: Callable[[StepContext], None] | None


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """A graph ready to run; `entries` are the indexes of the nodes that it starts at.

    `every` are the nodes that stand in the graph, those too that run only in a routine.
    `unreached` are the indexes of those that no edge leads to and that start nothing.
    """

    nodes: Sequence[PlanNode]
    entries: Sequence[int]
    every: Sequence[PlanNode] = ()
    unreached: Sequence[int] = ()


def part_of(
    nodes: Sequence[PlanNode], entries: Sequence[int], unreached: Sequence[int] = ()
) -> GraphPlan:
    """Return the part of a graph that runs when it starts at some of its nodes.

    Those are they and all that they lead to; edges from elsewhere do not count, but for those of
    nodes that are `unreached`.
    """
    waiting = [*entries, *unreached]
    reached = dict.fromkeys(waiting)
    for place in waiting:  # grows while it is read
        fresh = [one for one in dict.fromkeys(nodes[place].leads_to) if one not in reached]
        reached.update(dict.fromkeys(fresh))
        waiting += fresh
    order = sorted(reached)
    index = {place: at for at, place in enumerate(order)}
    incoming = Counter(target for place in order for target in nodes[place].leads_to)
    moved = tuple(_moved(nodes[place], index, incoming[place]) for place in order)
    starts = tuple(index[place] for place in entries)
    return GraphPlan(moved, starts, nodes, tuple(index[place] for place in unreached))


def _moved(node: PlanNode, index: Mapping[int, int], incoming: int) -> PlanNode:
    def to(targets: Sequence[int]) -> tuple[int, ...]:
        return tuple(index[target] for target in targets)

    return replace(
        node,
        edges={outcome: to(targets) for outcome, targets in node.edges.items()},
        leads_to=to(node.leads_to),
        always=to(node.always),
        incoming=incoming,
    )
