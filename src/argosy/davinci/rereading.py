"""A look back at an export: what it says otherwise than the flow is told, not lost in silence.

What was written is read as an import reads it, by the names that the flow has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import list_at, object_at
from argosy.davinci.importing import view_again
from argosy.davinci.native import COMES_BACK
from argosy.model import SUCCESS, split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argosy.davinci.bindings import Bindings
    from argosy.davinci.edit import Edit
    from argosy.davinci.wiring import Edge
    from argosy.model import Json, JsonObject

_OUTER: Mapping[str, Json] = {
    "name": "",
    "description": "",
    "inputs": {},
    "outputs": {},
    "variables": {},
    "settings": {},
}

_USUAL_SETTINGS: Mapping[str, Json] = {"timeoutSeconds": 300, "mustRespond": False}


def refuse_lost(edit: Edit) -> None:
    """Note what would not come back from what was written, where nothing is noted yet."""
    again = view_again(edit.flow, edit.before.reading, edit.trigger).document
    refused = {tuple(split_pointer(problem.pointer)[:2]) for problem in edit.problems}
    for member, empty in _OUTER.items():
        _compare_outer(member, edit.document.get(member, empty), again.get(member, empty), edit)
    if ("edges",) not in refused:
        _compare_edges(edit, again)
    nodes = {node["id"]: node for node in again["nodes"]}
    for place, (name, node) in enumerate(edit.new.items()):
        if ("nodes", str(place)) in refused or not edit.their_id(name):
            continue
        if name not in nodes:
            edit.refuse_node(name, "DaVinci's flow would be without it")
        elif "capability" in node or node["kind"] in COMES_BACK:
            _compare_node(name, node, nodes[name], edit)
        elif node["kind"] in {"set-variable", "increment"}:
            _compare_variables(name, node["inputs"], nodes[name].get("inputs", {}), edit)


def _compare_outer(member: str, wanted: Json, found: Json, edit: Edit) -> None:
    """Compare what stands around the graph, each part by itself."""
    if member == "inputs":
        wanted, found = _plain_inputs(wanted), _plain_inputs(found)
    if member == "settings":
        wanted, found = ({**_USUAL_SETTINGS, **one} for one in (wanted, found))
        # Not said, it follows from the nodes.
        was = object_at(edit.before.document, member).get("mustRespond", False)
        if found.get("mustRespond") and not was and not wanted["mustRespond"]:
            found["mustRespond"] = False
    if not (isinstance(wanted, dict) and isinstance(found, dict)):
        if wanted != found:
            edit.refuse("DaVinci would have it otherwise", member)
        return
    told = {tuple(split_pointer(problem.pointer)[:2]) for problem in edit.problems}
    for name in dict.fromkeys([*wanted, *found]):
        if _plain(wanted.get(name)) != _plain(found.get(name)) and (member, name) not in told:
            edit.refuse(f"DaVinci would have {name!r} otherwise, or not at all", member, name)


def _plain_inputs(schema: JsonObject) -> JsonObject:
    """Return an object's schema with what DaVinci means alike alike."""
    if not schema:
        return {}
    properties = {
        name: {**one, "type": "number"}
        if isinstance(one, dict) and one.get("type") == "integer"
        else one
        for name, one in object_at(schema, "properties").items()
    }
    return {
        "type": "object",
        **schema,
        "required": sorted(map(str, list_at(schema, "required"))),
        "properties": {
            name: {key: held for key, held in one.items() if held != ""}
            if isinstance(one, dict)
            else one
            for name, one in properties.items()
        },
    }


def _plain(value: Json) -> Json:
    """Return a variable or a setting without what says nothing."""
    if not isinstance(value, dict):
        return value or None if isinstance(value, list) else value
    usual: JsonObject = {"description": "", "scope": "run", "schema": {}}
    is_hidden = bool(object_at(value, "schema").get("secret"))  # an import does not show it
    return {
        name: held
        for name, held in value.items()
        if usual.get(name) != held
        and not (name == "value" and (is_hidden or held is None or held == ""))
    } or None


def _compare_edges(edit: Edit, again: JsonObject) -> None:
    nodes = {node["id"] for node in again["nodes"]}
    wanted = _ways(edit.document, set(edit.before.wiring.gates.values()))
    found = _ways(again, {one["id"] for one in again["nodes"] if one.get("kind") == "transform"})
    for place, edge in wanted.items():
        if edge in found.values() or {edge[0], edge[2]} - nodes:
            continue
        if edge[0] == edit.trigger:
            message = f"DaVinci starts {edge[2]!r} by itself only where no edge leads to it"
        else:
            message = f"DaVinci would have no edge from {edge[0]!r} to {edge[2]!r} by {edge[1]!r}"
        edit.refuse(message, "edges", place)
    said = set(wanted.values())
    for source, outcome, target in dict.fromkeys(found.values()):
        if (source, outcome, target) in said or target not in edit.new:
            continue
        if source == edit.trigger:
            message = "DaVinci starts a node that no edge leads to"
        else:
            message = f"DaVinci would lead here from {source!r} by {outcome!r}"
        edit.refuse_node(target, message)


def _ways(document: JsonObject, gates: set[str]) -> dict[int, Edge]:
    """Return the edges by their places; those by a gate that only one node leads to go past it."""
    edges = {
        place: (edge["from"], edge.get("outcome", SUCCESS), edge["to"])
        for place, edge in enumerate(document["edges"])
    }
    into: dict[str, set[Edge]] = {}
    for edge in edges.values():
        if edge[2] in gates:
            into.setdefault(edge[2], set()).add(edge)
    past = {gate: next(iter(came)) for gate, came in into.items() if len(came) == 1}
    return {
        place: (*past[edge[0]][:2], edge[2]) if edge[0] in past and edge[1] == SUCCESS else edge
        for place, edge in edges.items()
        if edge[2] not in past
    }


def _compare_node(name: str, wanted: JsonObject, found: JsonObject, edit: Edit) -> None:
    for member in ("kind", "capability", "title", "description"):
        if wanted.get(member, "") != found.get(member, ""):
            edit.refuse_node(name, f"DaVinci would have {member!r} otherwise", member)
            return
    told, there = (_said(one.get("inputs"), edit.bindings) for one in (wanted, found))
    for member in dict.fromkeys([*told, *there]):
        place = _difference(told.get(member), there.get(member))
        if place is not None:
            edit.refuse_node(name, _MESSAGE, "inputs", member, *place)


def _compare_variables(name: str, told: JsonObject, found: JsonObject, edit: Edit) -> None:
    """Compare the variables that a node sets, which other contexts have by the same names."""
    wanted = set(told["values"]) if "values" in told else {told["variable"]}
    properties = object_at(found, "properties")
    there = {row["name"] for row in properties.get("saveVariables", ())} | {
        properties[one] for one in ("variable",) if one in properties
    }
    for variable in sorted(wanted - there):
        edit.refuse_node(name, f"DaVinci would set another variable than {variable!r}", "inputs")


_MESSAGE = "DaVinci would have this otherwise, or not at all"


def _difference(one: Json, other: Json) -> tuple[str, ...] | None:
    """Return the first place where two values are not the same, None where they are."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys([*one, *other]):
            place = _difference(one.get(name), other.get(name))
            if place is not None:
                return (name, *place)
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = ((i, _difference(*pair)) for i, pair in enumerate(zip(one, other, strict=True)))
        return next(((str(i), *place) for i, place in places if place is not None), None)
    return None if one == other else ()


def _said(value: Json, bindings: Bindings) -> Json:
    """Return inputs in DaVinci's words, without what says nothing."""
    if isinstance(value, str):
        try:
            return "".join(map(str, bindings.parts(value)))
        except ValueError:  # told where it was to be written, or a literal
            return value
    if isinstance(value, list):
        return [_said(item, bindings) for item in value]
    if isinstance(value, dict):
        return dict(_members(value.items(), bindings))
    return {} if value is None else value


def _members(members: Iterable[tuple[str, Json]], bindings: Bindings) -> Iterable[tuple[str, Json]]:
    for name, member in members:
        if member is not None and member is not False and member not in ({}, ""):
            yield name, _said(member, bindings)
