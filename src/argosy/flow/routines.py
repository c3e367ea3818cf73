"""Routines: the parts of a graph that run where they are called, and the calls of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.flow.graph_plan import GraphPlan, part_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.flow.graph_plan import PlanNode
    from argosy.model import JsonObject, Node

#: How many nodes the parts of one graph may have together before they are made anew: each of many
#: routines may lead to nearly all of a graph.
_MOST_KEPT = 50_000


class Routines:
    """The routines of one graph, by the ids of the nodes that they start at.

    A part is made when it is called for the first time. `nodes` are set once all are compiled.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes: Sequence[PlanNode] = ()
        self._places = {node.id: at for at, node in enumerate(nodes) if is_routine(node)}
        self._parts: dict[str, GraphPlan] = {}
        self._kept = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._places

    def part(self, name: str) -> GraphPlan:
        """Return what runs when a routine is called."""
        found = self._parts.get(name)
        if found is None:
            found = part_of(self.nodes, (self._places[name],))
            if self._kept + len(found.nodes) > _MOST_KEPT:
                self._parts.clear()
                self._kept = 0
            self._parts[name] = found
            self._kept += len(found.nodes)
        return found


class Call:
    """One call of a routine: the values that it was given, and what it returns."""

    __slots__ = ("_returned", "values")

    def __init__(self, values: JsonObject) -> None:
        self.values = values
        self._returned: list[JsonObject] = []

    def give_back(self, values: JsonObject) -> None:
        """Return some values; the first that are returned hold."""
        self._returned.append(values)

    @property
    def returned(self) -> JsonObject | None:
        """What was returned, None as long as nothing was."""
        return self._returned[0] if self._returned else None


def is_routine(node: Node) -> bool:
    """Tell whether a node is where a routine starts."""
    return node.what == "routine" and not node.is_capability


def is_call(node: Node) -> bool:
    """Tell whether a node calls a routine of its graph."""
    return node.what == "call" and not node.is_capability
