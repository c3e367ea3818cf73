"""What an import leaves to know and to do: nodes that cannot run, connections, variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.davinci.capability_nodes import unknown_properties
from argosy.davinci.document import object_at
from argosy.flow.kinds.davinci import why_opaque

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.davinci.importing import View
    from argosy.model import JsonObject

_MADE_HERE = frozenset({"trigger", "note"})


@dataclass(frozen=True, slots=True)
class OpaqueNode:
    """A node that is kept but cannot run here, and why."""

    node: str
    title: str
    connector: str
    capability: str
    why: str


@dataclass(frozen=True, slots=True)
class Needed:
    """Something to set up before the flow can run."""

    what: str
    detail: str


@dataclass
class FlowReport:
    """What is to know of one imported flow.

    `nodes` counts those that came, annotations aside; `notes` tell what is not as it came, each
    with the node's id.
    """

    id: str
    name: str
    nodes: int = 0
    annotations: int = 0
    opaque: list[OpaqueNode] = field(default_factory=list)
    connections: list[Needed] = field(default_factory=list)
    variables: list[Needed] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def runnable(self) -> int:
        """How many of the nodes can run."""
        return self.nodes - len(self.opaque)

    def to_json(self) -> JsonObject:
        """Return the report as a JSON object."""
        return {
            "id": self.id,
            "name": self.name,
            "nodes": self.nodes,
            "annotations": self.annotations,
            "runnable": self.runnable,
            "opaque": [
                {
                    "node": one.node,
                    "title": one.title,
                    "connector": one.connector,
                    "capability": one.capability,
                    "why": one.why,
                }
                for one in self.opaque
            ],
            "connections": [{"name": one.what, "detail": one.detail} for one in self.connections],
            "variables": [{"name": one.what, "detail": one.detail} for one in self.variables],
            "notes": [{"node": node, "text": text} for node, text in self.notes],
        }


def report_on(id_: str, view: View, flows: Collection[str]) -> FlowReport:
    """Return what is to know of a view; `flows` are the ids of the flows that came together."""
    nodes = [node for node in view.nodes.values() if node.get("kind") not in _MADE_HERE]
    report = FlowReport(id_, view.document["name"], len(nodes))
    report.annotations = sum(node.get("kind") == "note" for node in view.nodes.values())
    report.opaque = [one for node in nodes if (one := _opaque(node, flows))]
    report.connections = _connections(view, nodes)
    report.variables = _variables(view)
    report.notes = [*view.reading.notes, *_unknown(view)]
    return report


def _opaque(node: JsonObject, flows: Collection[str]) -> OpaqueNode | None:
    if node.get("kind") != "davinci":
        return None
    inputs = node["inputs"]
    connector, capability = inputs["connector"], inputs.get("capability", "")
    why = why_opaque(connector, capability, inputs)
    if not why and "flow" in inputs and inputs["flow"] not in flows:
        why = f"the flow {inputs['flow']!r} that it calls is not in the export"
    return (
        OpaqueNode(node["id"], node.get("title", ""), connector, capability, why) if why else None
    )


def _connections(view: View, nodes: list[JsonObject]) -> list[Needed]:
    found: dict[str, str] = {}
    names = view.reading.names
    called = [node["capability"] for node in nodes if "capability" in node]
    if names is not None and any(names.of_capability(one) is names for one in called):
        found[names.connector.title] = "an API key, and the region where a node names none"
    hosts = dict.fromkeys(host for node in nodes if (host := _host(node)))
    if hosts:
        found["HTTP"] = f"allowHosts: {', '.join(hosts)}"
    return [Needed(what, detail) for what, detail in found.items()]


def _host(node: JsonObject) -> str:
    """Return the host that a node calls; what stands for it where that is an expression."""
    inputs = node.get("inputs", {})
    url = object_at(inputs, "properties").get("url")
    if inputs.get("capability") != "makeRestApiCall" or not isinstance(url, str):
        return ""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return "" if "{" in host else host


def _variables(view: View) -> list[Needed]:
    """Return the variables that are kept from run to run and begin with nothing."""
    made = []
    declared = object_at(view.document, "variables")
    for name, variable in declared.items():
        is_secret = bool(object_at(variable, "schema").get("secret"))
        is_set = variable.get("value") not in (None, "")
        if is_set or (variable.get("scope", "run") == "run" and not is_secret):
            continue
        theirs, context = view.reading.bindings.variable_of(name)
        told = "a secret of the" if is_secret else "a variable of the"
        made.append(Needed(name, f"{told} context {context} called {theirs!r}, without a value"))
    return made


def _unknown(view: View) -> list[tuple[str, str]]:
    """Return the properties of the connector's nodes that no input stands for."""
    names = view.reading.names
    if names is None:
        return []
    found = []
    for node in view.reading.graph.runnable:
        made = view.nodes[node.id]
        if "capability" in made:
            unknown = unknown_properties(node, names.of_capability(made["capability"]))
            found += [(made["id"], f"{made['capability']} has no input {n!r}") for n in unknown]
    return found
