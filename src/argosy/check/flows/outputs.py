"""What is known of the values that nodes give, and of those that inputs are computed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.places import NodePlace, is_template
from argosy.check.flows.scope import INDEX, Scope, levels_of
from argosy.check.flows.shapes import ANY, Shape, types_of

if TYPE_CHECKING:
    from argosy.check.flows.graph import GraphView
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Json


def node_outputs(subject: FlowSubject, place: NodePlace) -> Shape:
    """Return what is known of a node's outputs, from what the nodes before it give."""
    if place.node.is_capability:
        known = subject.catalogue.capability(place.node.what)
        return known.outputs if known else ANY
    if place.kind is None:
        return ANY
    if place.is_kind("trigger"):
        return subject.input_shape
    if place.is_kind("transform", "set-variable"):
        return value_shape(subject, scope_of(subject, place), place.node.inputs.get("values"))
    return Shape(place.kind.outputs, place.kind.outputs)


def value_shape(subject: FlowSubject, scope: Scope, value: Json) -> Shape:
    """Return what is known of what a value is computed to."""
    if isinstance(value, str):
        return _text_shape(subject, scope, value)
    if not isinstance(value, dict):
        return Shape({"type": sorted(types_of(value))}, {})
    members = {name: value_shape(subject, scope, member) for name, member in value.items()}
    schema = {
        "type": "object",
        "properties": {name: _alone(shape) for name, shape in members.items()},
        "additionalProperties": False,
    }
    return Shape(schema, {})


def _alone(shape: Shape) -> Json:
    """Return the schema of a shape as far as it needs no other: a reference needs its own root."""
    if shape.schema is True or not shape.root:
        return shape.schema
    return {"type": sorted(shape.types)} if shape.types else True


def _text_shape(subject: FlowSubject, scope: Scope, text: str) -> Shape:
    if not is_template(text):
        return Shape({"type": "string"}, {})
    template = subject.compiled(text)
    if isinstance(template, str):
        return ANY
    if not template.exact:
        return Shape({"type": "string"}, {})
    return scope.read(template.path).shape if template.path else ANY


def scope_of(subject: FlowSubject, place: NodePlace, name: str = "") -> Scope:
    """Return what the expressions in one input of a node may read."""
    body = None
    turn = turn_names(subject, place.view)
    if place.is_kind("for-each") and name == "collect":
        body = subject.body(place)
        turn = {**turn, "item": _item(subject, place), "index": INDEX}
    elif place.is_kind("while") and name == "condition":
        body = subject.body(place)
        turn = {**turn, "index": INDEX}
    return Scope(subject, levels_of(place.view, place.node, body), turn)


def turn_names(subject: FlowSubject, view: GraphView) -> dict[str, Shape]:
    """Return the names that the loops around a graph give, with what is known of each."""
    if view.loop is None or view.parent is None:
        return {}
    if id(view) not in subject.turns:
        found = {**turn_names(subject, view.parent), "index": INDEX}
        if view.loop.what == "for-each":
            found["item"] = _item(subject, NodePlace(view.loop, view.parent))
        subject.turns[id(view)] = found
    return subject.turns[id(view)]


def _item(subject: FlowSubject, place: NodePlace) -> Shape:
    """Return what is known of the items of a loop."""
    items = place.node.inputs.get("items")
    return value_shape(subject, scope_of(subject, place), items).item()
