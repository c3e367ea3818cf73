"""What holds of a graph without running it: which nodes come before which, and which must have run.

Sets of nodes are whole numbers used as bits, so that a large graph costs little. A *fact* is a
node with the outcome it ended in: whatever runs behind the edge of an outcome knows it for sure.
A node that needs two outcomes of the same node can never run.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from argosy.flow.kinds import KINDS
from argosy.flow.routines import is_routine
from argosy.model import ALWAYS, ERROR, SUCCESS, Edge, Graph, Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Conflict:
    """A node that needs another to end in two ways at once."""

    node: str
    source: str
    outcomes: tuple[str, str]


@dataclass
class GraphView:
    """A flow's graph, or the body of a loop: `loop` is the node that it is the body of.

    Notes, edges without ends, and nodes whose id is taken already are left out.
    """

    graph: Graph
    loop: Node | None = None
    parent: GraphView | None = None
    nodes: dict[str, Node] = field(init=False)
    edges: list[Edge] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = {}
        for node in self.graph.nodes:
            if not is_note(node):
                self.nodes.setdefault(node.id, node)
        self.edges = [
            edge
            for edge in dict.fromkeys(self.graph.edges)
            if edge.source in self.nodes and edge.target in self.nodes
        ]

    @property
    def is_repeated(self) -> bool:
        """Whether a node sees what its graph gave in the turn before."""
        return self.loop is not None and self.loop.what == "while"

    @cached_property
    def incoming(self) -> Mapping[str, Sequence[Edge]]:
        """The edges that lead to each node."""
        return _by(self.edges, "target")

    @cached_property
    def outgoing(self) -> Mapping[str, Sequence[Edge]]:
        """The edges that start at each node."""
        return _by(self.edges, "source")

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The bit of each node."""
        return {name: place for place, name in enumerate(self.nodes)}

    @cached_property
    def order(self) -> tuple[str, ...] | None:
        """The nodes, each after those that lead to it; None where some lead in a circle."""
        found = self._sorted(self.edges)
        return found if len(found) == len(self.nodes) else None

    def _sorted(self, edges: Sequence[Edge]) -> tuple[str, ...]:
        left = dict.fromkeys(self.nodes, 0)
        targets = defaultdict(list)
        for edge in edges:
            left[edge.target] += 1
            targets[edge.source].append(edge.target)
        ready = [name for name, count in left.items() if not count]
        for name in ready:  # grows while it is read
            for target in targets[name]:
                left[target] -= 1
                if not left[target]:
                    ready.append(target)
        return tuple(ready)

    def circle(self) -> list[str]:
        """Return the nodes of one circle, in their order, or nothing."""
        stuck = set(self.nodes) - set(self._sorted(self.edges))
        before = {
            edge.target: edge.source
            for edge in self.edges
            if edge.source in stuck and edge.target in stuck
        }
        if not stuck:
            return []
        # Each stuck node has a stuck one before it, so going back must come round.
        seen: dict[str, int] = {}
        way: list[str] = []
        name = min(stuck, key=self.places.__getitem__)
        while name not in seen:
            seen[name] = len(way)
            way.append(name)
            name = before[name]
        return way[seen[name] :][::-1]

    @cached_property
    def ancestors(self) -> Mapping[str, int]:
        """The nodes from which a way leads to each node; empty where there is a circle."""
        found: dict[str, int] = {}
        for name in self.order or ():
            found[name] = 0
            for edge in self.incoming[name]:
                found[name] |= found[edge.source] | self.bit(edge.source)
        return found

    def bit(self, name: str) -> int:
        """Return the set of one node."""
        return 1 << self.places[name]

    def comes_before(self, name: str, later: str) -> bool:
        """Tell whether a way leads from one node to another."""
        return bool(self.ancestors.get(later, 0) & self.bit(name))

    @cached_property
    def routines(self) -> tuple[str, ...]:
        """The nodes at which routines start."""
        return tuple(name for name, node in self.nodes.items() if is_routine(node))

    @cached_property
    def _in_routines(self) -> int:
        found = sum(map(self.bit, self.routines))
        for edge in self._in_order() if found else ():
            if found & self.bit(edge.source):
                found |= self.bit(edge.target)
        return found

    def _in_order(self) -> Iterator[Edge]:
        for name in self.order or ():
            yield from self.outgoing[name]

    def is_in_routine(self, name: str) -> bool:
        """Tell whether a node runs where a routine is called, at other times too perhaps."""
        return bool(self._in_routines & self.bit(name))

    @cached_property
    def _run_before(self) -> Mapping[str, int]:
        """The nodes that have run whenever each node starts."""
        found: dict[str, int] = {}
        for name in self.order or ():
            ways = [found[edge.source] | self.bit(edge.source) for edge in self.incoming[name]]
            found[name] = _joined(ways, is_all=self.nodes[name].join == "all")
        return found

    def passes(self, name: str, through: int) -> bool:
        """Tell whether whatever starts a node has gone through one of these nodes."""
        if through.bit_count() == 1:
            return bool(self._run_before[name] & through)
        if through not in self._passed:
            self._passed[through] = self._reached(through)
        return bool(self._passed[through] & self.bit(name))

    @cached_property
    def _passed(self) -> dict[int, int]:
        return {}

    def _reached(self, through: int) -> int:
        found = 0
        for name in self.order or ():
            edges = self.incoming[name]
            hits = [bool((found | through) & self.bit(edge.source)) for edge in edges]
            if any(hits) if self.nodes[name].join == "all" else hits and all(hits):
                found |= self.bit(name)
        return found

    def ends_behind(self, through: int) -> bool:
        """Tell whether one of these nodes has run whenever the graph has ended well."""
        found = 0
        for name in reversed(self.order or ()):
            ends = self._ends(name)
            if through & self.bit(name) or all(self._leads(name, end, found) for end in ends):
                found |= self.bit(name)
        entries = (name for name in self.nodes if self._is_entry(name))
        return bool(through & self._surely_run) or any(found & self.bit(e) for e in entries)

    def _is_entry(self, name: str) -> bool:
        """Tell whether a node starts with its graph."""
        node = self.nodes[name]
        if self.incoming[name] or is_routine(node):
            return False
        return self.loop is not None or (node.what == "trigger" and not node.is_capability)

    def _ends(self, name: str) -> set[str]:
        """Return the outcomes of a node with which the graph goes on; none may stand for any."""
        node = self.nodes[name]
        ends = {*(outcomes(node) or (SUCCESS, ""))}
        if not any(edge.outcome in {ERROR, ALWAYS} for edge in self.outgoing[name]):
            ends = ends - {ERROR} | {"fail": set(), "continue": {SUCCESS}}.get(node.on_error, {""})
        return ends

    def _leads(self, name: str, outcome: str, found: int) -> bool:
        return any(
            edge.outcome in {outcome, ALWAYS}
            and found & self.bit(edge.target)
            and (self.nodes[edge.target].join == "any" or len(self.incoming[edge.target]) == 1)
            for edge in self.outgoing[name]
        )

    @cached_property
    def _surely_run(self) -> int:
        """The nodes to which edges lead that are taken in any case, if the graph ends well."""
        found = 0
        for name in self.order or ():
            edges = self.incoming[name]
            sure = [bool(found & self.bit(edge.source)) and self._is_sure(edge) for edge in edges]
            joined = bool(edges) and all(sure) if self.nodes[name].join == "all" else any(sure)
            if joined or self._is_entry(name):
                found |= self.bit(name)
        return found

    def _is_sure(self, edge: Edge) -> bool:
        """Tell whether an edge is taken whenever its source has run and the graph goes on."""
        if edge.outcome == ALWAYS:
            return True
        source = self.nodes[edge.source]
        takes_error = any(e.outcome in {ERROR, ALWAYS} for e in self.outgoing[edge.source])
        ends = {*(outcomes(source) or (SUCCESS, "")), ERROR} - {edge.outcome}
        if takes_error or source.on_error == "end":
            return not ends
        return ends == {ERROR} and edge.outcome != ERROR

    @cached_property
    def conflicts(self) -> Mapping[str, Conflict]:
        """The nodes that can never run since two outcomes of one node would have to be taken."""
        numbers: dict[tuple[str, str], int] = {}
        masks: dict[str, int] = defaultdict(int)
        for edge in self.edges:
            if edge.outcome != ALWAYS:
                fact = numbers.setdefault((edge.source, edge.outcome), len(numbers))
                masks[edge.source] |= 1 << fact
        splits = [mask for mask in masks.values() if mask.bit_count() > 1]
        names = list(numbers)
        known: dict[str, int] = {}
        found: dict[str, Conflict] = {}
        for name in self.order or ():
            edges, is_all = self.incoming[name], self.nodes[name].join == "all"
            ways = [
                known[edge.source]
                | (0 if edge.outcome == ALWAYS else 1 << numbers[edge.source, edge.outcome])
                for edge in edges
                if edge.source in known
            ]
            if len(ways) < (len(edges) if is_all else min(len(edges), 1)):
                continue  # what leads here can never run, and that is told there
            facts = _joined(ways, is_all=is_all)
            both = next((facts & m for m in splits if (facts & m).bit_count() > 1), 0)
            if both:
                (source, first), (_, second), *_ = (names[i] for i in _bits(both))
                found[name] = Conflict(name, source, (first, second))
            else:
                known[name] = facts
        return found


def views_of(graph: Graph) -> Iterator[GraphView]:
    """Yield the view of a graph, and then those of the bodies within it, outer ones first."""
    waiting = [GraphView(graph)]
    for view in waiting:  # grows while it is read
        yield view
        waiting += [
            GraphView(node.body, node, view)
            for node in view.graph.nodes
            if node.body is not None and not is_note(node)
        ]


def is_note(node: Node) -> bool:
    """Tell whether a node is a remark, which plans leave out."""
    return not node.is_capability and node.what == "note"


def outcomes(node: Node) -> tuple[str, ...] | None:
    """Return the outcomes of a node but `always`; None where they cannot be known."""
    if node.is_capability:
        return (SUCCESS, ERROR)
    if node.what not in KINDS:
        return None
    cases = node.inputs.get("cases", [])
    if node.what == "condition" and not (
        isinstance(cases, list)
        and all(isinstance(c, dict) and isinstance(c.get("outcome"), str) for c in cases)
    ):
        return None
    return KINDS[node.what].outcomes(node)


def _joined(ways: Sequence[int], *, is_all: bool) -> int:
    found = ways[0] if ways else 0
    for way in ways[1:]:
        found = found | way if is_all else found & way
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _by(edges: Sequence[Edge], end: str) -> Mapping[str, Sequence[Edge]]:
    found: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        found[getattr(edge, end)].append(edge)
    return defaultdict(tuple, found)
