"""An edit on its way out: what a flow is now, what it was when it came, and what DaVinci gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.davinci.document import list_at, object_at
from argosy.davinci.names import is_theirs, made_id
from argosy.davinci.wiring import own_outcomes
from argosy.model import Problem, join_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.davinci.bindings import Bindings
    from argosy.davinci.importing import View
    from argosy.davinci.shape import ConnectorNames
    from argosy.model import JsonObject

CODE = "davinci-has-no-words"


@dataclass
class Edit:
    """One flow on its way out. `flow` is DaVinci's, and is changed in place.

    `before` is the view of it as it came; `called` are DaVinci's id and name of flows by ours.
    """

    document: JsonObject
    flow: JsonObject
    before: View
    names: ConnectorNames | None
    called: Mapping[str, tuple[str, str]]
    problems: list[Problem] = field(default_factory=list)
    #: Nodes that came since and that DaVinci has no words for.
    left_out: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.old = {node["id"]: node for node in self.before.document["nodes"]}
        self.new = {node["id"]: node for node in self.document["nodes"]}
        self._places = {node["id"]: i for i, node in enumerate(self.document["nodes"])}

    @property
    def bindings(self) -> Bindings:
        """The names of the flow, those of new nodes among them."""
        return self.before.reading.bindings

    def refuse(self, message: str, *place: str | int) -> None:
        """Note what DaVinci has no words for, at a place in our flow."""
        self.problems.append(Problem(CODE, message, join_pointer(place)))

    def refuse_node(self, node: str, message: str, *member: str) -> None:
        """Note what DaVinci has no words for in a node."""
        self.refuse(message, "nodes", self._places[node], *member)

    def their_id(self, node: str) -> str:
        """Return DaVinci's id of a node, nothing for one that stands for none there."""
        return self.bindings.node_ids.theirs.get(node, "")

    def name_new_nodes(self) -> None:
        """Give DaVinci's ids to nodes that came since."""
        ids = self.bindings.node_ids
        for name in self.new:
            if name not in ids.theirs and name != self.trigger:
                fits = is_theirs(name) and name not in self._taken
                ids.theirs[name] = name if fits else self.free_id("node", name)
                ids.ours[ids.theirs[name]] = name

    @property
    def trigger(self) -> str:
        """The id of the trigger as the flow is now."""
        found = (name for name, node in self.new.items() if node.get("kind") == "trigger")
        return next(found, self.before.trigger)

    def free_id(self, *parts: str) -> str:
        """Return an id that no element of DaVinci's flow has."""
        taken, number = self._taken, 0
        while (found := made_id(*parts, *([str(number)] if number else []))) in taken:
            number += 1
        taken.add(found)
        return found

    @property
    def elements(self) -> JsonObject:
        """The nodes and edges of DaVinci's graph, made where there are none."""
        graph = self.flow["graphData"] = object_at(self.flow, "graphData")
        found = object_at(graph, "elements")
        graph["elements"] = found
        for name in ("nodes", "edges"):
            if not isinstance(found.get(name), list):
                found[name] = []
        return found

    def element(self, their_id: str) -> JsonObject:
        """Return the element of one of DaVinci's nodes."""
        index = self.before.reading.graph.nodes[their_id].index
        found: JsonObject = self._nodes_as_read[index]
        return found

    def outcomes(self, node: str) -> Sequence[str]:
        """Return the outcomes of a node as the flow is now."""
        return own_outcomes(self.new[node])

    def remember_elements(self) -> None:
        """Keep the places that the nodes had when they were read, whatever is taken away later."""
        graph = object_at(object_at(self.flow, "graphData"), "elements")
        self._nodes_as_read = list(list_at(graph, "nodes"))
        ids = (
            object_at(e, "data").get("id")
            for name in ("nodes", "edges")
            for e in list_at(graph, name)
        )
        self._taken = {id_ for id_ in ids if isinstance(id_, str)}
