"""Which nodes, edges and outcomes of flows the cases went through.

Outcomes are those that a flow distinguishes: the ones of its conditions, the success of a node,
and its error where the flow says what happens then. A step that was stubbed counts as gone
through; what a stubbed loop or subflow holds does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from argosy.flow.kinds import KINDS
from argosy.flow.kinds.call import ENDED
from argosy.flow.routines import is_call
from argosy.model import ALWAYS, ERROR, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from argosy.flow.run import Run, Step
    from argosy.model import Edge, Flow, Graph, JsonObject, Node

What = Literal["nodes", "edges", "outcomes"]
#: A flow's file, what it is of it, and its name: a node's place, an edge, an outcome.
Place = tuple[str, What, str]
_ENDS_THE_RUN = {"run-cancelled", "run-timed-out", "too-many-steps"}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of one flow was gone through; `missed` names the rest."""

    flow: str
    file: str
    counts: Mapping[What, tuple[int, int]]
    missed: Mapping[What, tuple[str, ...]]

    @classmethod
    def of(cls, flow: Flow, covered: Iterable[Place]) -> Coverage:
        """Compare what was gone through with all that there is."""
        file = _file(flow)
        gone = {place for place in covered if place[0] == file}
        counts: dict[What, tuple[int, int]] = {}
        missed: dict[What, tuple[str, ...]] = {}
        everything = list(_places(file, flow.graph))
        for what in _ALL:
            there = [place for place in everything if place[1] == what]
            counts[what] = (sum(place in gone for place in there), len(there))
            missed[what] = tuple(place[2] for place in there if place not in gone)
        return cls(flow.id, file, counts, missed)

    def to_json(self) -> JsonObject:
        """Return the coverage as a JSON object."""
        shown: JsonObject = {"flow": self.flow}
        for what in _ALL:
            covered, total = self.counts[what]
            missed = list(self.missed[what])
            shown[what] = {"covered": covered, "total": total, "missed": missed}
        return shown


def _file(flow: Flow) -> str:
    return flow.file or flow.id


_ALL: tuple[What, ...] = ("nodes", "edges", "outcomes")


def covered_by(run: Run, flow: Flow, flows: Mapping[str, Flow]) -> frozenset[Place]:
    """Return what a run went through, in the flows that it called too."""
    graphs: dict[str, _Spot] = {"": _Spot(_file(flow), flow.graph, "")}
    found: set[Place] = set()
    for step in run.steps:
        prefix = step.path.removesuffix(step.node).rstrip("/")
        spot = graphs.get(prefix) or graphs.get(prefix.rpartition("/")[0])
        node = spot and next((one for one in spot.graph.nodes if one.id == step.node), None)
        if not spot or not node:
            continue
        place = spot.prefix + node.id
        if node.body is not None:
            graphs[step.path] = _Spot(spot.flow, node.body, f"{place}/")
        if is_call(node):
            graphs[step.path] = spot
        called = str(step.inputs.get("flow")) if isinstance(step.inputs, dict) else ""
        if node.called_flow is not None and called in flows:
            graphs[step.path] = _Spot(_file(flows[called]), flows[called].graph, "")
        found.add((spot.flow, "nodes", place))
        found |= {(spot.flow, "edges", name) for name in spot.taken(node, step)}
        found |= {(spot.flow, "outcomes", f"{place}: {step.outcome}")}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A graph within a flow, and where its nodes are."""

    flow: str
    graph: Graph
    prefix: str

    def taken(self, node: Node, step: Step) -> Iterator[str]:
        """Yield the edges that were followed after a step."""
        own = [edge for edge in self.graph.edges if edge.source == node.id]
        outcome = step.outcome
        if step.status == "cancelled" or (step.error or {}).get("code") in _ENDS_THE_RUN:
            return
        if outcome == ERROR and not _takes_error(own):
            if node.on_error == "fail":
                return
            outcome = SUCCESS if node.on_error == "continue" else ""
        for edge in own:
            if edge.outcome in {outcome, ALWAYS}:
                yield _edge_name(self.prefix, edge)


def _places(flow: str, graph: Graph, prefix: str = "") -> Iterator[Place]:
    for node in graph.nodes:
        if node.what == "note" and not node.is_capability:
            continue
        place = prefix + node.id
        own = [edge for edge in graph.edges if edge.source == node.id]
        yield flow, "nodes", place
        for outcome in _outcomes(node, own):
            yield flow, "outcomes", f"{place}: {outcome}"
        for edge in own:
            yield flow, "edges", _edge_name(prefix, edge)
        if node.body is not None:
            yield from _places(flow, node.body, f"{place}/")


def _outcomes(node: Node, own: list[Edge]) -> Iterator[str]:
    declared = (SUCCESS, ERROR) if node.is_capability else KINDS[node.what].outcomes(node)
    claimed = {edge.outcome for edge in own}
    for outcome in declared:
        if outcome == ENDED and is_call(node) and outcome not in claimed:
            continue  # its routine may always return
        if outcome != ERROR or _takes_error(own) or node.on_error != "fail":
            yield outcome


def _takes_error(edges: list[Edge]) -> bool:
    return any(edge.outcome in {ERROR, ALWAYS} for edge in edges)


def _edge_name(prefix: str, edge: Edge) -> str:
    outcome = "" if edge.outcome == SUCCESS else f" {edge.outcome}"
    return f"{prefix}{edge.source}{outcome} → {edge.target}"
