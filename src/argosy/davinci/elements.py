"""Nodes on their way out: what was edited of each, what came and what went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.capability_nodes import put_inputs
from argosy.davinci.document import (
    ANNOTATION,
    CONNECTION,
    NOTES,
    START,
    TELEPORT,
    list_at,
    object_at,
    unwrapped,
)
from argosy.davinci.names import is_theirs, made_id
from argosy.davinci.native import OUTPUTS, Form, form_of
from argosy.davinci.nodes import FLOWS, VARIABLE_ROWS, VARIABLES
from argosy.davinci.values import plain_names, put, put_properties, put_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.edit import Edit
    from argosy.model import Json, JsonObject

#: What DaVinci has no words for in any node, and what it is where nothing is said.
_UNSAYABLE: Mapping[str, Json] = {
    "retry": None,
    "timeoutSeconds": None,
    "connection": None,
    "body": None,
    "join": "any",
}
_LABELS = {
    TELEPORT: "Teleport",
    FLOWS: "Flow Conductor",
    VARIABLES: "Variables",
    "errorConnector": "Error Message",
    "httpConnector": "HTTP",
    "functionsConnector": "Functions",
    NOTES: "Annotation",
}


def put_nodes(edit: Edit) -> None:
    """Put what changed of the nodes into DaVinci's flow."""
    edit.name_new_nodes()
    for name, node in edit.new.items():
        if node.get("kind") in OUTPUTS:
            edit.bindings.outputs[name] = OUTPUTS[node["kind"]]
    gone = {edit.their_id(name) for name in edit.old.keys() - edit.new.keys()}
    for name, node in edit.new.items():
        if node.get("kind") == "trigger":
            _refuse_trigger(name, node, edit)
            if _is_made(name, edit):
                continue
        if name not in edit.old:
            _add(name, node, edit)
        elif not _is_made(name, edit):
            _change(name, edit.old[name], node, edit)
        elif node != edit.old[name]:
            edit.refuse_node(name, "the importer made this node; only where it stands can change")
        _move(name, edit)
    if gone - {""}:
        nodes = edit.elements["nodes"]
        nodes[:] = [one for one in nodes if id_of(one) not in gone - {""}]


def _refuse_trigger(name: str, node: JsonObject, edit: Edit) -> None:
    """Refuse what a trigger says beyond that runs start here."""
    inputs = object_at(node, "inputs")
    for member in inputs:
        if member != "on" or inputs["on"] == "schedule":
            message = f"what starts a flow stands in no export of DaVinci's: {member!r}"
            edit.refuse_node(name, message, "inputs", member)
    for member in ("title", "description"):
        if _is_made(name, edit) and node.get(member):
            edit.refuse_node(name, "DaVinci draws no trigger", member)


def _is_made(name: str, edit: Edit) -> bool:
    return not edit.their_id(name)


def _add(name: str, node: JsonObject, edit: Edit) -> None:
    data: JsonObject = {"id": edit.their_id(name)}
    element = new_element(data, "nodes")
    if not _fill(name, node, data, edit):
        edit.left_out.add(name)
    else:
        edit.elements["nodes"].append(element)
        place = {"x": 0, "y": 0, **object_at(object_at(edit.document, "layout"), name)}
        _place(element, {}, place)


def id_of(element: Json) -> str:
    """Return the id of an element of the graph, nothing where it has none."""
    found = object_at(element, "data").get("id")
    return found if isinstance(found, str) else ""


def new_element(data: JsonObject, group: str) -> JsonObject:
    """Return an element of the graph as the editor makes them."""
    return {
        "data": data,
        "position": {"x": 0, "y": 0},
        "group": group,
        "removed": False,
        "selected": False,
        "selectable": True,
        "locked": False,
        "grabbable": True,
        "pannable": group == "edges",
        "classes": "",
    }


def _fill(name: str, node: JsonObject, data: JsonObject, edit: Edit) -> bool:
    """Write the data of a node anew; tell whether it could be."""
    try:
        form = form_of(node) if "capability" not in node else None
    except ValueError as error:
        edit.refuse_node(name, str(error))
        return False
    _refuse_unsayable(name, {}, node, edit)
    if node.get("onError") == "continue":
        edit.refuse_node(name, "DaVinci goes on after an error by an edge of 'always'", "onError")
    if form is None:
        return _fill_capability(name, node, data, edit)
    _identify(data, form.connector, form.capability, edit)
    properties = data["properties"]
    _put_own(properties, {}, node)
    _put_form(name, data, properties, Form(form.connector, form.capability), form, node, edit)
    return True


def _identify(data: JsonObject, connector: str, capability: str, edit: Edit) -> None:
    beside = edit.before.reading.graph.nodes.values()
    like = next((n.data for n in beside if n.connector == connector), {})
    label = like.get("label") or _LABELS.get(connector, connector)
    names = edit.names and edit.names.of_connector(connector)
    if names is not None and "label" not in like:
        label = names.connector.title
    data |= {
        "nodeType": ANNOTATION if connector == NOTES else CONNECTION,
        "connectionId": like.get("connectionId") or made_connection(connector),
        "connectorId": connector,
        "name": like.get("name") or label,
        "label": label,
        "status": "configured",
        "capabilityName": capability,
        "type": like.get("type") or "action",
        "properties": {},
    }


def made_connection(connector: str) -> str:
    """Return an id for a connection that whoever imports the flow has to choose."""
    letters = (made_id("connection", connector, str(part)) for part in range(4))
    return "".join(letters)[:32]


def _fill_capability(name: str, node: JsonObject, data: JsonObject, edit: Edit) -> bool:
    if edit.names is None:
        edit.refuse_node(name, "which connector the capability is of is not known")
        return False
    capability = node["capability"]
    names = edit.names.of_capability(capability)
    _identify(data, names.connector_id, names.name_of(capability), edit)
    _put_own(data["properties"], {}, node)
    return _put_inputs(name, data["properties"], capability, {}, node, edit)


def _put_inputs(
    name: str,
    properties: JsonObject,
    capability: str,
    before: JsonObject,
    node: JsonObject,
    edit: Edit,
) -> bool:
    if edit.names is None:
        return False
    try:
        inputs, names = node.get("inputs", {}), edit.names.of_capability(capability)
        put_inputs(properties, capability, before, inputs, names, edit.bindings)
    except (ValueError, KeyError) as error:
        edit.refuse_node(name, _said(error), "inputs")
        return False
    return True


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, ValueError) else f"there is no input {error}"


def _change(name: str, before: JsonObject, node: JsonObject, edit: Edit) -> None:
    """Put what changed of a node that came from DaVinci."""
    if before == node:
        return
    data = edit.element(edit.their_id(name))["data"]
    _refuse_unsayable(name, before, node, edit)
    held = object_at(data, "properties")
    if _identity(before) != _identity(node):
        if edit.before.reading.graph.nodes[edit.their_id(name)].type == START:
            edit.refuse_node(name, "DaVinci's start node can be nothing else")
        elif _fill(name, node, data, edit) and "backgroundColor" in held:
            data["properties"].setdefault("backgroundColor", held["backgroundColor"])
        return
    properties = dict(held)
    _put_own(properties, before, node)
    if before.get("inputs", {}) != node.get("inputs", {}) and node.get("kind") != "trigger":
        if "capability" in node:
            inputs = before.get("inputs", {})
            _put_inputs(name, properties, node["capability"], inputs, node, edit)
        else:
            try:
                after = form_of(node)
            except ValueError as error:
                edit.refuse_node(name, str(error), "inputs")
                return
            _put_form(name, data, properties, form_of(before), after, node, edit)
    if properties != held:
        data["properties"] = properties


def _identity(node: JsonObject) -> tuple[Json, ...]:
    inputs = node.get("inputs", {}) if node.get("kind") == "davinci" else {}
    told = (inputs.get("connector"), inputs.get("capability"))
    return (node.get("kind"), node.get("capability"), *told)


def _refuse_unsayable(name: str, before: JsonObject, node: JsonObject, edit: Edit) -> None:
    for member, usual in _UNSAYABLE.items():
        if node.get(member, usual) != before.get(member, usual):
            edit.refuse_node(name, f"DaVinci has nothing like {member!r}", member)
    if before and node.get("onError", "fail") != before.get("onError", "fail"):
        edit.refuse_node(name, "in DaVinci a branch ends where no edge takes the error", "onError")


def _put_own(properties: JsonObject, before: JsonObject, node: JsonObject) -> None:
    for member, theirs in (("title", "nodeTitle"), ("description", "nodeDescription")):
        if node.get(member, "") == before.get(member, ""):
            continue
        if node.get(member):
            put_value(properties, theirs, node[member])
        else:
            properties.pop(theirs, None)


def _put_form(
    name: str,
    data: JsonObject,
    properties: JsonObject,
    before: Form,
    after: Form,
    node: JsonObject,
    edit: Edit,
) -> None:
    """Put the properties of a node, and what only its kind has."""
    old, new = dict(before.properties), dict(after.properties)
    try:
        for rows in VARIABLE_ROWS if after.connector == VARIABLES else ():
            _name_variables(rows, old, new, properties, edit)
        if after.connector == VARIABLES and isinstance(new.get("variable"), str):
            new.pop("variable")
            theirs, context = edit.bindings.variable_of(after.properties["variable"])
            if context != "flowInstance":
                theirs = f"{theirs}##SK##{context}"
            if before.properties.get("variable") != after.properties["variable"]:
                put_value(properties, "variable", theirs)
            old.pop("variable", None)
        _name_outcomes(name, old, new, edit)
        if node.get("kind") == "return":
            _put_within("values", properties, old, new, edit)
        plain = plain_names(after.connector, after.capability)
        put_properties(properties, old, new, edit.bindings, plain=plain)
        put_properties(properties, before.plain, after.plain, edit.bindings, is_literal=True)
    except ValueError as error:
        edit.refuse_node(name, str(error), "inputs")
    inputs = node.get("inputs", {})
    held = edit.old.get(name, {}).get("inputs", {})
    if node.get("kind") == "call" and inputs.get("routine") != held.get("routine"):
        if edit.their_id(inputs["routine"]):
            put_value(properties, "nodeInstanceId", edit.their_id(inputs["routine"]))
        else:
            message = f"{inputs['routine']!r} is no routine that DaVinci has"
            edit.refuse_node(name, message, "inputs", "routine")
    if after.connector == FLOWS and inputs.get("flow") != held.get("flow"):
        _put_called(name, properties, inputs.get("flow", ""), edit)
    if inputs.get("disabled", False) != held.get("disabled", False):
        data["isDisabled"] = inputs.get("disabled", False)


def _put_within(
    holder: str, properties: JsonObject, old: JsonObject, new: JsonObject, edit: Edit
) -> None:
    """Put what changed of values that one property holds together, and leave those out of both."""
    held = unwrapped(properties.get(holder))
    if not isinstance(held, dict):
        return
    names = [name for name in held if name in old and name not in properties]
    given = {name: old.pop(name) for name in names}
    wanted = {name: new.pop(name) for name in names if name in new}
    made = put(held, given, wanted, edit.bindings)
    if made != held:
        put_value(properties, holder, made)


def _put_called(name: str, properties: JsonObject, flow: str, edit: Edit) -> None:
    if flow not in edit.called:
        edit.refuse_node(name, f"DaVinci's id of the flow {flow!r} is not known", "inputs", "flow")
        return
    id_, label = edit.called[flow]
    put_value(properties, "subFlowId", {"label": label, "value": id_})
    if "subFlowVersionId" not in properties:
        put_value(properties, "subFlowVersionId", -1)


def _name_variables(
    rows: str, old: JsonObject, new: JsonObject, properties: JsonObject, edit: Edit
) -> None:
    """Give the rows of variables DaVinci's names, and new ones the label that tells the context."""
    for held in (old, new):
        if isinstance(held.get(rows), list):
            held[rows] = [_named(row, edit) for row in held[rows]]
    if not isinstance(new.get(rows), list):
        return
    known = [_variable(row) for row in list_at(old, rows) if isinstance(row, dict)]
    for row in new[rows]:
        is_named = isinstance(row, dict) and isinstance(row.get("name"), str)
        if is_named and _variable(row) not in known:
            context = row.pop("context", "flowInstance")
            row.setdefault("type", "string")
            row["label"] = f"{row['name']} ({row['type']} - {context})"
    for row in list_at(old, rows):
        if isinstance(row, dict):
            row.pop("context", None)
    for row in new[rows]:
        if isinstance(row, dict):
            row.pop("context", None)


def _variable(row: JsonObject) -> tuple[Json, Json]:
    return row.get("name"), row.get("context")


def _named(row: Json, edit: Edit) -> Json:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        return {**row} if isinstance(row, dict) else row
    name, context = edit.bindings.variable_of(row["name"])
    return {**row, "name": name, "context": context}


def _name_outcomes(name: str, old: JsonObject, new: JsonObject, edit: Edit) -> None:
    """Give the rows of a comparison with several values DaVinci's ids."""
    names = edit.before.reading.outcome_names(edit.their_id(name))
    for held in (old, new):
        rows = held.get("rightValueMultiple")
        if not isinstance(rows, list):
            continue
        for row in rows:
            ours = row.get("id") if isinstance(row, dict) else None
            if isinstance(ours, str) and ours not in names.theirs:
                theirs = ours if is_theirs(ours) else edit.free_id("outcome", name, ours)
                names.ours[theirs], names.theirs[ours] = ours, theirs
        held["rightValueMultiple"] = [
            {**row, "id": names.theirs.get(row["id"], row["id"])}
            if isinstance(row, dict) and isinstance(row.get("id"), str)
            else row
            for row in rows
        ]


def _move(name: str, edit: Edit) -> None:
    """Put where a node stands, where that changed."""
    old = object_at(object_at(edit.before.document, "layout"), name)
    new = object_at(object_at(edit.document, "layout"), name)
    if name not in edit.old or old == new or not new:
        return
    wanted = next((e for (e, _), gate in edit.before.wiring.gates.items() if gate == name), "")
    their_id = edit.their_id(name) or wanted
    if not their_id:
        return
    _place(edit.element(their_id), old, new)


def _place(element: JsonObject, old: JsonObject, new: JsonObject) -> None:
    """Put what changed of where an element is drawn, how large and in which color."""
    for axis in ("x", "y"):
        if new[axis] != old.get(axis):
            element["position"] = {**object_at(element, "position"), axis: new[axis]}
    properties = dict(object_at(element["data"], "properties"))
    for ours, theirs in (("width", "width"), ("height", "height"), ("color", "backgroundColor")):
        if new.get(ours) == old.get(ours):
            continue
        if ours in new:
            put_value(properties, theirs, new[ours])
        else:
            properties.pop(theirs, None)
        element["data"]["properties"] = properties
