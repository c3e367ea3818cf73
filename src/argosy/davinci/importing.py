"""Import: one flow of DaVinci's as a flow of ours. Pure: the same export gives the same flow.

Our flow is a view: what people edit. Whatever the view has no place for stays in `source`, which
holds the flow as it came.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from argosy.davinci.bindings import Bindings
from argosy.davinci.document import (
    EVAL,
    START,
    Node,
    flow_name_of,
    list_at,
    object_at,
    read_graph,
)
from argosy.davinci.nodes import (
    HTTP,
    RESPONSES,
    Reading,
    color_of,
    node_of,
    size_of,
    told_variable,
)
from argosy.davinci.wiring import Wiring, wire_up
from argosy.flow.form import canonical_form
from argosy.flow.kinds.davinci.values import boolean_of, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.shape import ConnectorNames
    from argosy.model import Json, JsonObject

FORMAT = "davinci"
_TYPES = frozenset({"array", "boolean", "number", "object", "string"})
_MOST_SECONDS = 172_800


@dataclass
class View:
    """A flow of DaVinci's as one of ours, and what belongs to what.

    `nodes` are the nodes of ours by the ids of DaVinci's. `trigger` is our id of the trigger,
    whether the flow had a start node or not.
    """

    document: JsonObject
    reading: Reading
    wiring: Wiring
    trigger: str
    nodes: dict[str, JsonObject] = field(default_factory=dict)


def view_flow(
    flow: JsonObject, names: ConnectorNames | None = None, flows: Mapping[str, str] | None = None
) -> View:
    """Return the view of a flow of DaVinci's, without the `source` that keeps it.

    `flows` are our ids of the flows that it calls, by DaVinci's.
    """
    return _view(flow, Reading(read_graph(flow), dict(flows or {}), names), "start")


def view_again(flow: JsonObject, known: Reading, trigger: str) -> View:
    """Return the view of a flow in which what has a name keeps it: nodes, variables, outcomes.

    `trigger` is what the trigger is called that the importer makes.
    """
    ids, variables = (n.without_made() for n in (known.bindings.node_ids, known.bindings.variables))
    bindings = Bindings(ids, variables)
    graph = read_graph(flow)
    return _view(flow, Reading(graph, known.flows, known.names, bindings, known.outcomes), trigger)


def _view(flow: JsonObject, reading: Reading, trigger: str) -> View:
    start = next((n for n in reading.graph.runnable if n.type == START), None)
    for node in reading.graph.nodes.values():
        if node.type != EVAL:
            reading.bindings.node_ids.add(node.id)
    ids = reading.bindings.node_ids
    trigger = ids.ours[start.id] if start else ids.make(trigger)
    for row in list_at(flow, "variables"):
        _add_variable(row, reading)
    nodes = {
        node.id: node_of(node, reading)
        for node in reading.graph.nodes.values()
        if node.type != EVAL
    }
    wiring = wire_up(nodes, reading, trigger)
    made = [] if start else [{"id": trigger, "kind": "trigger"}]
    document = {
        "formatVersion": 1,
        "name": flow_name_of(flow)[:256] or "Imported flow",
        **_described(flow),
        **_inputs(flow),
        **_outputs(flow),
        **_variables(flow, reading),
        **_settings(flow, reading),
        "nodes": [*made, *nodes.values(), *wiring.made_nodes.values()],
        "edges": [_edge(*edge) for edge in wiring.edges],
        "layout": _layout(reading, wiring, trigger),
    }
    reading.notes += [(ids.ours.get(where, where), why) for where, why in reading.graph.dropped]
    return View(document, reading, wiring, trigger, nodes)


def import_flow(
    flow: JsonObject, names: ConnectorNames | None = None, flows: Mapping[str, str] | None = None
) -> View:
    """Return the view of a flow of DaVinci's with the flow kept in its `source`."""
    view = view_flow(flow, names, flows)
    called = {id_: ours for id_, ours in (flows or {}).items() if id_ in _called(view)}
    told: JsonObject = {"format": FORMAT, "view": fingerprint(view.document)}
    source = {**told, **({"flows": called} if called else {}), "flow": flow}
    view.document = {**view.document, "source": source}
    return view


def fingerprint(document: JsonObject) -> str:
    """Return what tells a flow of ours from one that was edited, where it came from aside."""
    form = canonical_form({**document, "source": {}}, "flow")
    return sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()


def is_imported(document: JsonObject) -> bool:
    """Tell whether a flow of ours came from DaVinci."""
    return object_at(document, "source").get("format") == FORMAT


def kept_flow(document: JsonObject) -> JsonObject:
    """Return the flow as it came from DaVinci, which is the caller's to change."""
    return copy.deepcopy(object_at(object_at(document, "source"), "flow"))


def _called(view: View) -> set[Json]:
    found = (node.value("subFlowId") for node in view.reading.graph.runnable)
    return {v for f in found if isinstance(v := f.get("value") if isinstance(f, dict) else f, str)}


def _edge(source: str, outcome: str, target: str) -> JsonObject:
    made = {"from": source, "outcome": outcome, "to": target}
    return made if outcome != "success" else {"from": source, "to": target}


def _described(flow: JsonObject) -> JsonObject:
    found = flow.get("description")
    return {"description": found[:4096]} if isinstance(found, str) and found else {}


def _inputs(flow: JsonObject) -> JsonObject:
    rows = {
        row["propertyName"]: row
        for row in list_at(flow, "inputSchema")
        if isinstance(row, dict) and isinstance(row.get("propertyName"), str)
    }
    if not rows:
        return {}
    needed = [name for name, row in rows.items() if row.get("required") is True]
    properties = {name: _input(row) for name, row in rows.items()}
    required = {"required": needed} if needed else {}
    return {"inputs": {"type": "object", **required, "properties": properties}}


def _input(row: JsonObject) -> JsonObject:
    made: JsonObject = {}
    type_ = row.get("preferredDataType")
    if isinstance(type_, str) and type_ in _TYPES:
        made["type"] = type_
    if isinstance(row.get("description"), str) and row["description"]:
        made["description"] = row["description"]
    return made


def _outputs(flow: JsonObject) -> JsonObject:
    """Return what the flow says that it gives: the names only, since DaVinci holds none to it."""
    declared = object_at(object_at(object_at(flow, "outputSchema"), "output"), "properties")
    if not declared:
        return {}
    return {"outputs": {"type": "object", "properties": {name: {} for name in declared}}}


def _add_variable(row: Json, reading: Reading) -> None:
    if (told := told_variable(row)) is not None:
        reading.bindings.variable(*told)


_SCOPES = {"company": "shared", "flow": "flow"}


def _variables(flow: JsonObject, reading: Reading) -> JsonObject:
    """Return the variables that the flow declares, and those that it only uses."""
    rows: dict[str, JsonObject] = {}
    for row in list_at(flow, "variables"):
        if (told := told_variable(row)) is not None:
            rows.setdefault(reading.bindings.variable(*told), row)
    made = {
        ours: _variable(key.partition("\0")[0], object_at(rows.get(ours), "fields"))
        for ours, key in reading.bindings.variables.theirs.items()
    }
    return {"variables": made} if made else {}


def _variable(context: str, fields: JsonObject) -> JsonObject:
    made: JsonObject = {}
    if isinstance(fields.get("displayName"), str) and fields["displayName"]:
        made["description"] = fields["displayName"]
    if context in _SCOPES:
        made["scope"] = _SCOPES[context]
    if fields.get("type") == "secret":
        return {**made, "schema": {"secret": True}, "value": ""}
    value = typed(fields.get("value"), fields.get("type"))
    # What was not set is an empty text there, as is whatever else has no value.
    return {**made, "value": "" if value is None else value}


def typed(value: Json, type_: Json) -> Json:
    """Return a variable's value as its type says; as it is where it cannot be."""
    if not isinstance(value, str) or type_ not in ("boolean", "number"):
        return value
    found = number_of(value) if type_ == "number" else boolean_of(value)
    return value if found is None else found


def _settings(flow: JsonObject, reading: Reading) -> JsonObject:
    held = object_at(flow, "settings")
    made: JsonObject = {}
    seconds = held.get("flowTimeoutInSeconds")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if is_number and seconds is not None and 0 < seconds <= _MOST_SECONDS:
        made["timeoutSeconds"] = seconds
    hidden = [name for name in list_at(held, "sensitiveInfoFields") if isinstance(name, str)]
    if hidden and held.get("scrubSensitiveInfo") is not False:
        made["sensitive"] = [name for name in dict.fromkeys(hidden) if name]
    if any(_responds(node) for node in reading.graph.runnable):
        made["mustRespond"] = True
    return {"settings": made} if made else {}


def _responds(node: Node) -> bool:
    return node.connector == HTTP and node.capability in RESPONSES


def _layout(reading: Reading, wiring: Wiring, trigger: str) -> JsonObject:
    ids = reading.bindings.node_ids
    made: JsonObject = {}
    entries = [target for source, _, target in wiring.made_edges if source == trigger]
    for node in reading.graph.nodes.values():
        if node.type == EVAL:
            continue
        x, y = node.position
        color = {"color": color} if (color := color_of(node)) else {}
        size = size_of(node) if node.is_note else {}
        made[ids.ours[node.id]] = {"x": round(x), "y": round(y), **size, **color}
    for (eval_, _), name in wiring.gates.items():
        x, y = reading.graph.nodes[eval_].position
        made[name] = {"x": round(x), "y": round(y)}
    for name in wiring.made_nodes:
        if name not in made:
            made[name] = _beside(name, wiring, made)
    if trigger not in made:
        first = min((made[name] for name in entries), key=lambda p: (p["x"], p["y"]), default=None)
        at = first or {"x": _STEP, "y": 0}
        made = {trigger: {"x": at["x"] - _STEP, "y": at["y"]}, **made}
    return made


#: How far nodes stand apart on DaVinci's canvas, in its units.
_STEP = 150


def _beside(name: str, wiring: Wiring, places: JsonObject) -> JsonObject:
    """Return a place for a node that DaVinci has none for: beside the one it belongs to."""
    for source, _, target in wiring.edges:
        if target == name and source in places:
            return {"x": places[source]["x"] + _STEP, "y": places[source]["y"] + _STEP // 2}
        if source == name and target in places:
            return {"x": places[target]["x"] - _STEP, "y": places[target]["y"] + _STEP // 2}
    return {"x": 0, "y": 0}
