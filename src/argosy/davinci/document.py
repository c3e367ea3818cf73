"""A DaVinci flow as its export has it, read leniently: whatever is not as expected is left out.

What was left out is told by `Graph.dropped`; the document itself is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argosy.model import Json, JsonObject

CONNECTION, EVAL, ANNOTATION, START = "CONNECTION", "EVAL", "ANNOTATION", "START"
TELEPORT, NOTES = "nodeConnector", "annotationConnector"

#: The logic of an edge without an entry of its own.
ALL_TRUE = "allTriggersTrue"
POSITIVE = frozenset({ALL_TRUE, "anyTriggersTrue"})
NEGATIVE = frozenset({"allTriggersFalse", "anyTriggersFalse"})
COMPLETE = frozenset({"allTriggersComplete", "always"})
#: More ways than any flow in use has by far; what has more keeps them unseen.
MOST_WIRES = 100_000
#: The logic that needs all sources of an EVAL, where it has several.
NEEDS_ALL = frozenset({ALL_TRUE, "allTriggersFalse", "allTriggersComplete"})


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the graph; `index` is its place among the elements."""

    id: str
    type: str
    connector: str
    capability: str
    properties: Mapping[str, Json]
    data: JsonObject
    element: JsonObject
    index: int

    def value(self, name: str) -> Json:
        """Return a property's value, out of its wrapper if it has one; None without it."""
        return unwrapped(self.properties.get(name))

    def text(self, name: str) -> str:
        """Return a property's value where it is a text, else nothing."""
        found = self.value(name)
        return found if isinstance(found, str) else ""

    @property
    def position(self) -> tuple[float, float]:
        """Where the canvas draws it; the origin where that is not said."""
        found = object_at(self.element, "position")
        return _number(found.get("x")), _number(found.get("y"))

    @property
    def is_start_of_teleport(self) -> bool:
        """Whether teleports lead here, and nothing else does."""
        return self.connector == TELEPORT and self.capability == "startNode"

    @property
    def is_note(self) -> bool:
        """Whether it is a remark on the canvas."""
        return self.type == ANNOTATION or self.connector == NOTES


@dataclass(frozen=True, slots=True)
class Wire:
    """A way from a node by an EVAL to another.

    `value` is the row of a comparison with several values from which it starts.
    """

    source: str
    value: str
    eval: str
    target: str
    logic: str


@dataclass
class Graph:
    """The nodes by their ids, and the ways between them, in the order of the export.

    `sources` are the nodes that lead to each EVAL. What an edge leads to that no way leads by is
    among `targets_of_orphans`: it never starts. `dropped` tells of each thing that was left out,
    and why.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    sources: dict[str, list[str]] = field(default_factory=dict)
    targets_of_orphans: set[str] = field(default_factory=set)
    dropped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def runnable(self) -> Iterator[Node]:
        """The nodes that do something."""
        return (node for node in self.nodes.values() if node.type != EVAL and not node.is_note)


def read_graph(flow: JsonObject) -> Graph:
    """Read the graph of a flow, whatever the document holds."""
    elements = object_at(object_at(flow, "graphData"), "elements")
    graph = Graph()
    for index, element in enumerate(list_at(elements, "nodes")):
        node = _node(element, index)
        if node is None or node.id in graph.nodes:
            why = "has no id" if node is None else "has the id of another"
            graph.dropped.append((node.id if node else f"node {index + 1}", f"it {why}"))
        else:
            graph.nodes[node.id] = node
    edges = [pair for element in list_at(elements, "edges") if (pair := _edge(element))]
    _wire(graph, list(dict.fromkeys(edges)))
    return graph


def _node(element: Json, index: int) -> Node | None:
    data = object_at(element, "data")
    id_ = data.get("id")
    if not isinstance(id_, str) or not id_:
        return None
    texts = [_text(data.get(name)) for name in ("nodeType", "connectorId", "capabilityName")]
    type_, connector, capability = texts
    if type_ not in {EVAL, ANNOTATION, START}:
        type_ = CONNECTION
    properties = object_at(data, "properties")
    return Node(id_, type_, connector, capability, properties, data, element, index)


def _edge(element: Json) -> tuple[str, str, str] | None:
    """Return source, target and value of an edge."""
    data = object_at(element, "data")
    source, target = data.get("source"), data.get("target")
    if not (isinstance(source, str) and isinstance(target, str)):
        return None
    return source, target, _text(data.get("multiValueSourceId"))


def _wire(graph: Graph, edges: Sequence[tuple[str, str, str]]) -> None:
    """Put the edges to an EVAL and those from it together."""
    into: dict[str, list[tuple[str, str]]] = {}
    out: dict[str, list[str]] = {}
    for source, target, value in edges:
        ends = graph.nodes.get(source), graph.nodes.get(target)
        if None in ends:
            graph.dropped.append((source, f"its edge to {target!r} lacks one of the two"))
        elif any(end is not None and end.is_note for end in ends):
            graph.dropped.append((source, f"its edge to {target!r} joins an annotation"))
        elif _is_eval(ends[1]) and not _is_eval(ends[0]):
            into.setdefault(target, []).append((source, value))
        elif _is_eval(ends[0]) and not _is_eval(ends[1]):
            out.setdefault(source, []).append(target)
        else:
            graph.dropped.append((source, f"its edge to {target!r} does not lead by an EVAL"))
            graph.targets_of_orphans.add(target)
    graph.sources = {eval_: list(dict.fromkeys(s for s, _ in came)) for eval_, came in into.items()}
    orphans = [targets for eval_, targets in out.items() if eval_ not in into]
    graph.targets_of_orphans.update(target for targets in orphans for target in targets)
    for eval_, targets in out.items():
        came, wanted = into.get(eval_, ()), dict.fromkeys(targets)
        if len(graph.wires) + len(came) * len(wanted) > MOST_WIRES:
            told = f"it joins {len(came):,} sources with {len(wanted):,} targets"
            graph.dropped.append((eval_, f"{told}, and all ways together are too many"))
            continue
        graph.wires += [
            Wire(source, value, eval_, target, logic_of(graph.nodes[eval_], target))
            for target in wanted
            for source, value in came
        ]


def _is_eval(node: Node | None) -> bool:
    return node is not None and node.type == EVAL


def logic_of(eval_: Node, target: str) -> str:
    """Return the logic by which an EVAL leads to a node."""
    return eval_.text(target) or ALL_TRUE


def flow_id_of(flow: JsonObject) -> str:
    """Return DaVinci's id of a flow."""
    return _text(flow.get("flowId")) or _text(object_at(flow, "flow").get("id"))


def flow_name_of(flow: JsonObject) -> str:
    """Return the name of a flow."""
    return _text(flow.get("name")) or _text(object_at(flow, "flow").get("name"))


def unwrapped(value: Json) -> Json:
    """Return what is in the `value` of a property, or the property itself without one."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def object_at(value: Json, name: str) -> JsonObject:
    """Return a member that is an object; an empty one where it is not there or something else."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def list_at(value: Json, name: str) -> list[Any]:
    """Return a member that is a list; an empty one where it is not there or something else."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Json) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < 1e9 else 0.0
