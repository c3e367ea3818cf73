"""What stands around the graph on its way out: name, inputs, variables, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import list_at, object_at
from argosy.davinci.importing import typed
from argosy.davinci.names import made_id
from argosy.davinci.native import type_of
from argosy.davinci.nodes import told_variable

if TYPE_CHECKING:
    from argosy.davinci.edit import Edit
    from argosy.model import Json, JsonObject

_CONTEXTS = {"run": "flowInstance", "flow": "flow", "shared": "company"}
#: Settings of ours that DaVinci has no words for.
_UNSAYABLE = ("retry", "maxSteps", "maxOutputBytes")


def new_flow(document: JsonObject) -> JsonObject:
    """Return an empty flow of DaVinci's for one that was drawn here."""
    name = document["name"]
    return {
        "name": name,
        "description": document.get("description", ""),
        "flowId": "".join(made_id("flow", name, str(part)) for part in range(4))[:32],
        "flowStatus": "enabled",
        "currentVersion": 0,
        "graphData": {
            "elements": {"nodes": [], "edges": []},
            "data": {},
            "zoomingEnabled": True,
            "userZoomingEnabled": True,
            "zoom": 1,
            "minZoom": 1e-50,
            "maxZoom": 1e50,
            "panningEnabled": True,
            "userPanningEnabled": True,
            "pan": {"x": 0, "y": 0},
            "boxSelectionEnabled": True,
            "renderer": {"name": "null"},
        },
        "inputSchema": [],
        "variables": [],
        "settings": {},
    }


def put_outer(edit: Edit) -> None:
    """Put what changed around the graph into DaVinci's flow."""
    old, new = edit.before.document, edit.document
    if new["name"] != old["name"]:
        held = object_at(edit.flow, "flow")
        if "name" in held:
            edit.flow["flow"] = {**held, "name": new["name"]}
        if "name" in edit.flow or "name" not in held:
            edit.flow["name"] = new["name"]
    if new.get("description", "") != old.get("description", ""):
        edit.flow["description"] = new.get("description", "")
    _put_inputs(edit)
    _put_variables(edit)
    _put_settings(edit)


def _put_inputs(edit: Edit) -> None:
    old, new = (object_at(one, "inputs") for one in (edit.before.document, edit.document))
    if old == new:
        return
    held = list_at(edit.flow, "inputSchema")
    declared = object_at(new, "properties")
    gone = object_at(old, "properties").keys() - declared.keys()
    rows = [row for row in held if _input_of(row) not in gone]
    for name in declared:
        places = [place for place, row in enumerate(rows) if _input_of(row) == name]
        if not places:
            places = [len(rows)]
            rows.append(_new_row(name))
        # Where several rows have one name, the last of them holds.
        rows[places[-1]] = _put_input(rows[places[-1]], name, old, new)
    edit.flow["inputSchema"] = rows


def _input_of(row: Json) -> str | None:
    """Return the name of the input that a row declares, None where it declares none."""
    name = row.get("propertyName") if isinstance(row, dict) else None
    return name if isinstance(name, str) else None


def _put_input(row: JsonObject, name: str, old: JsonObject, new: JsonObject) -> JsonObject:
    row = dict(row)
    before = object_at(object_at(old, "properties"), name)
    schema = object_at(object_at(new, "properties"), name)
    if schema.get("type") != before.get("type"):
        row["preferredDataType"] = _type(schema.get("type"))
    if schema.get("description", "") != before.get("description", ""):
        row["description"] = schema.get("description", "")
    if (name in list_at(new, "required")) != (name in list_at(old, "required")):
        row["required"] = name in list_at(new, "required")
    return row


def _new_row(name: str) -> JsonObject:
    return {
        "propertyName": name,
        "preferredDataType": "string",
        "preferredControlType": "textField",
        "description": "",
        "isExpanded": True,
    }


def _type(found: Json) -> str:
    if found == "integer":
        return "number"
    return found if found in ("array", "boolean", "number", "object") else "string"


def _put_variables(edit: Edit) -> None:
    old, new = (object_at(one, "variables") for one in (edit.before.document, edit.document))
    if old == new:
        return
    gone = old.keys() - new.keys()
    rows = [row for row in list_at(edit.flow, "variables") if _ours(row, edit) not in gone]
    edit.flow["variables"] = rows
    for ours, variable in new.items():
        if old.get(ours) == variable:
            continue
        row = next((row for row in rows if _ours(row, edit) == ours), None)
        if row is None:
            rows.append(_new_variable(ours, variable, edit))
            continue
        if variable.get("value") != old.get(ours, {}).get("value"):
            row["fields"] = _valued(object_at(row, "fields"), variable.get("value"))
        if variable.get("description", "") != old.get(ours, {}).get("description", ""):
            fields = object_at(row, "fields")
            row["fields"] = {**fields, "displayName": variable.get("description", "")}
        if variable.get("scope", "run") != old.get(ours, {}).get("scope", "run"):
            edit.refuse("the scope of a variable cannot change", "variables", ours, "scope")


def _valued(fields: JsonObject, value: Json) -> JsonObject:
    """Return the fields of a variable with a value, and the type that it needs to be read so."""
    made = {**fields, "value": value}
    if value is not None and typed(value, made.get("type")) != value:
        made["type"] = "string"
    return made


def _ours(row: Json, edit: Edit) -> str:
    """Return our name of a variable's row."""
    told = told_variable(row)
    return edit.bindings.ours(*told) if told else ""


def _new_variable(ours: str, variable: JsonObject, edit: Edit) -> JsonObject:
    name, context = edit.bindings.variable_of(ours)
    if ours not in edit.bindings.variables.theirs:
        context, number = _CONTEXTS[variable.get("scope", "run")], 2
        while edit.bindings.ours(name, context):
            name, number = f"{ours}_{number}", number + 1
        edit.bindings.variables.add(f"{context}\0{name}", ours)
    schema = object_at(variable, "schema")
    fields: JsonObject = {
        "type": "secret"
        if schema.get("secret")
        else _type(schema.get("type", type_of(variable.get("value")))),
        "displayName": variable.get("description", ""),
        "mutable": True,
        "min": 0,
        "max": 2000,
    }
    if variable.get("value") is not None:
        fields["value"] = variable["value"]
    flow = edit.flow.get("flowId")
    is_own = context == "flow" and isinstance(flow, str)
    return {
        "name": f"{name}##SK##{context}" + (f"##SK##{flow}" if is_own else ""),
        "context": context,
        "type": "property",
        "visibility": "private",
        "fields": fields,
        **({"flowId": flow} if is_own else {}),
    }


def _put_settings(edit: Edit) -> None:
    old, new = (object_at(one, "settings") for one in (edit.before.document, edit.document))
    for member in _UNSAYABLE:
        if new.get(member) != old.get(member):
            edit.refuse(f"DaVinci has nothing like {member!r}", "settings", member)
    told: JsonObject = {}
    if new.get("timeoutSeconds", 300) != old.get("timeoutSeconds", 300):
        told["flowTimeoutInSeconds"] = new.get("timeoutSeconds", 300)
    if new.get("sensitive", []) != old.get("sensitive", []):
        told["sensitiveInfoFields"] = new.get("sensitive", [])
        told["scrubSensitiveInfo"] = bool(new.get("sensitive"))
    if told:
        edit.flow["settings"] = {**object_at(edit.flow, "settings"), **told}
