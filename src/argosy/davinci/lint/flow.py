"""A DaVinci flow as the lint looks at it: all of its nodes and edges, in the order of the export.

Unlike `davinci.document`, which reads what can be run, nothing is mended here: an edge to nowhere
or a node without a type is as it stands. What has the wrong type counts as not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from argosy.davinci.document import flow_id_of, flow_name_of, list_at, object_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from argosy.model import Json, JsonObject

T = TypeVar("T")

CONNECTION, START = "CONNECTION", "START"
SUBFLOW_CALLS = frozenset({"startSubFlow", "startUiSubFlow"})

_ROW = "multiValueSourceId"
_MOST_INPUTS = 200


@dataclass(frozen=True, slots=True)
class LintNode:
    """One node; `index` is its place among the elements."""

    data: JsonObject
    element: JsonObject
    index: int

    @property
    def id(self) -> str:
        """The id, empty where there is none."""
        return text_of(self.data.get("id"))

    @property
    def pointer(self) -> str:
        """The place of the node in the flow."""
        return f"/graphData/elements/nodes/{self.index}"

    @property
    def is_connection(self) -> bool:
        """Whether it is said to be a step: a node of a connector."""
        return self.data.get("nodeType") == CONNECTION

    @property
    def connector(self) -> str:
        """The id of the connector."""
        return text_of(self.data.get("connectorId"))

    @property
    def capability(self) -> str:
        """The name of the capability."""
        return text_of(self.data.get("capabilityName"))

    @property
    def is_subflow_call(self) -> bool:
        """Whether it starts a subflow."""
        return self.connector == "flowConnector" and self.capability in SUBFLOW_CALLS

    @property
    def properties(self) -> JsonObject:
        """The properties, in their wrappers."""
        return object_at(self.data, "properties")

    def value(self, name: str) -> Json:
        """Return the `value` of a property; None where there is none."""
        return object_at(self.properties, name).get("value")

    def rows(self, name: str) -> list[JsonObject]:
        """Return the rows that a property holds."""
        return rows_of(self.value(name))

    @property
    def subflow(self) -> tuple[str, str]:
        """The id and the name of the subflow that is chosen; both empty where none is."""
        chosen = self.value("subFlowId")
        if not isinstance(chosen, dict):
            return "", ""
        return text_of(chosen.get("value")), text_of(chosen.get("label"))

    @property
    def height(self) -> float | None:
        """How far down the canvas it is drawn."""
        y = object_at(self.element, "position").get("y")
        return y if isinstance(y, int | float) and not isinstance(y, bool) else None

    @property
    def shown(self) -> str:
        """How a message names it: its title or the connector's name, and its id."""
        name = text_of(self.value("nodeTitle")) or text_of(self.data.get("name"))
        id_ = shortened(self.id)
        return f"{shortened(name)!r} ({id_})" if name else repr(id_)


@dataclass(frozen=True, slots=True)
class LintEdge:
    """One edge; `row` is the value of a comparison from which it starts, if any."""

    source: str
    target: str
    row: str


class LintFlow:
    """One flow; everything is found when it is asked for, and kept."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self.id = flow_id_of(document)
        self.name = flow_name_of(document)
        self._next: dict[str, Sequence[LintNode]] = {}

    @property
    def settings(self) -> JsonObject:
        """The settings of the flow."""
        return object_at(self.document, "settings")

    @property
    def trigger(self) -> str:
        """What starts the flow, where that is said."""
        return text_of(object_at(self.document, "trigger").get("type"))

    @property
    def elements(self) -> JsonObject:
        """The nodes and edges as they stand."""
        return object_at(object_at(self.document, "graphData"), "elements")

    @property
    def is_drawn(self) -> bool:
        """Whether there is a list of nodes at all."""
        return isinstance(self.elements.get("nodes"), list)

    @cached_property
    def nodes(self) -> Sequence[LintNode]:
        """All nodes."""
        listed = enumerate(list_at(self.elements, "nodes"))
        return [LintNode(object_at(one, "data"), one, i) for i, one in listed if _has_data(one)]

    @cached_property
    def edges(self) -> Sequence[LintEdge]:
        """All edges, also those that stand twice."""
        found = (object_at(one, "data") for one in list_at(self.elements, "edges"))
        return [
            LintEdge(*(text_of(data.get(name)) for name in ("source", "target", _ROW)))
            for data in found
        ]

    @cached_property
    def _by_id(self) -> Mapping[str, Sequence[LintNode]]:
        return _grouped((node.id, node) for node in self.nodes)

    @cached_property
    def _out(self) -> Mapping[str, Sequence[LintEdge]]:
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def targets(self) -> frozenset[str]:
        """The ids that edges lead to."""
        return frozenset(edge.target for edge in self.edges)

    def has(self, id_: str) -> bool:
        """Tell whether there is a node of an id."""
        return id_ in self._by_id

    def edges_from(self, id_: str) -> Sequence[LintEdge]:
        """Return the edges that start from a node."""
        return self._out.get(id_, ())

    def next_to(self, id_: str) -> Sequence[LintNode]:
        """Return the nodes that the edges of a node lead to, each once, in the flow's order."""
        if id_ not in self._next:
            ids = {edge.target for edge in self.edges_from(id_)}
            found = [node for id_ in ids for node in self._by_id.get(id_, ())]
            self._next[id_] = sorted(found, key=lambda node: node.index)
        return self._next[id_]

    def ways(self, eval_: LintNode) -> Sequence[JsonObject]:
        """Return what an EVAL says of the nodes that it leads to."""
        targets = {edge.target for edge in self.edges_from(eval_.id)}
        return [object_at(eval_.properties, name) for name in eval_.properties if name in targets]

    @cached_property
    def first(self) -> LintNode | None:
        """The first node that nothing leads to, be it an annotation."""
        return next((node for node in self.nodes if node.id not in self.targets), None)

    @cached_property
    def subflow_calls(self) -> Sequence[LintNode]:
        """The nodes that start subflows."""
        return [node for node in self.nodes if node.is_subflow_call]

    @cached_property
    def called(self) -> frozenset[str]:
        """The ids of the subflows that it starts."""
        return frozenset(node.subflow[0] for node in self.subflow_calls) - {""}

    @cached_property
    def _flow_nodes(self) -> Mapping[str, Sequence[LintNode]]:
        steps = (n for n in self.nodes if n.is_connection and n.connector == "flowConnector")
        return _grouped((node.subflow[0], node) for node in steps)

    def nodes_about(self, flow_id: str) -> Sequence[LintNode]:
        """Return the flow connector's nodes that have to do with a flow."""
        return self._flow_nodes.get(flow_id, ())

    @cached_property
    def needed_inputs(self) -> Sequence[str]:
        """The inputs that a caller must give; no flow has more than some."""
        rows = rows_of(self.document.get("inputSchema"))
        needed = (text_of(row.get("propertyName")) for row in rows if is_set(row.get("required")))
        return list(islice(needed, _MOST_INPUTS))


def _has_data(element: Json) -> bool:
    return isinstance(element, dict) and isinstance(element.get("data"), dict)


def _grouped(pairs: Iterable[tuple[str, T]]) -> Mapping[str, Sequence[T]]:
    groups: dict[str, list[T]] = {}
    for name, one in pairs:
        if name:
            groups.setdefault(name, []).append(one)
    return groups


def text_of(value: Json) -> str:
    """Return a text as it is, and nothing for what is none."""
    return value if isinstance(value, str) else ""


def rows_of(value: Json) -> list[JsonObject]:
    """Return the objects of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def is_set(value: Json) -> bool:
    """Tell whether there is something, as JavaScript sees it: an empty list is, a 0 is not."""
    return value is not None and value not in (0, "")


def written(value: Json) -> str:
    """Return a value as JSON, or nothing for what cannot be written."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return ""


def parsed(text: Json) -> Json:
    """Return what a text spells as JSON, or None where it is none."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def first_line(text: Json) -> list[Json] | None:
    """Return the pieces of the first line of a rich text, or None where it is none."""
    blocks = parsed(text)
    line = blocks[0] if isinstance(blocks, list) and blocks else None
    pieces = line.get("children") if isinstance(line, dict) else None
    return pieces if isinstance(pieces, list) else None


def first_text(text: Json) -> str | None:
    """Return what the first piece of a rich text says, or None where it is none."""
    pieces = first_line(text)
    if not pieces or not isinstance(pieces[0], dict):
        return None
    return text_of(pieces[0].get("text"))


def bindings_in(text: str) -> list[str]:
    """Return what stands between double braces, each once.

    It is looked for in the written form, so what is opened in one value may end in another.
    """
    found: dict[str, None] = {}
    start = text.find("{{")
    while start >= 0:
        end = text.find("}}", start + 2)
        if end < 0:
            break
        found[text[start + 2 : end]] = None
        start = text.find("{{", end + 2)
    return list(found)


def shortened(text: str, most: int = 60) -> str:
    """Return a text that fits into a sentence."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
