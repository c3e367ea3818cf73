"""Edges on their way out: ways through EVALs for those that came, fewer for those that went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import (
    ALL_TRUE,
    COMPLETE,
    EVAL,
    NEGATIVE,
    Wire,
    object_at,
    unwrapped,
)
from argosy.davinci.elements import id_of, new_element
from argosy.model import ALWAYS, ERROR, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.edit import Edit
    from argosy.davinci.wiring import Edge
    from argosy.model import Json, JsonObject

OTHERWISE = "otherwise"


def put_edges(edit: Edit) -> None:
    """Put what changed of the edges into DaVinci's flow."""
    now = [(e["from"], e.get("outcome", SUCCESS), e["to"]) for e in edit.document["edges"]]
    now = list(dict.fromkeys(now))
    before = edit.before.wiring
    if set(now) == set(before.wires) and edit.old.keys() <= edit.new.keys():
        return
    kept = set(now) & set(before.wires)
    gone = [edge for edge in before.wires if edge not in kept]
    broken = {wire for edge in gone for wire in before.wires[edge]}
    lost = {edit.their_id(name) for name in edit.old.keys() - edit.new.keys()}
    endless = {w for w in edit.before.reading.graph.wires if {w.source, w.target} & lost}
    broken |= endless
    left = [wire for wire in edit.before.reading.graph.wires if wire not in broken]
    wiring = _Ways(edit, left, broken)
    # What else went by the same ways is put back, one by one.
    again = [
        edge
        for edge in before.wires
        if edge in kept
        and broken.issuperset(before.wires[edge])
        and not endless.issuperset(before.wires[edge])
    ]
    for edge in [*again, *(edge for edge in now if edge not in before.wires)]:
        wiring.add(edge)
    wiring.write()


class _Ways:
    """The ways of a flow while they change."""

    def __init__(self, edit: Edit, wires: list[Wire], broken: set[Wire]) -> None:
        self._edit = edit
        self._broken = broken
        self._gates = {gate: made for made, gate in edit.before.wiring.gates.items()}
        self._new_evals: list[str] = []
        self._wires: dict[Wire, None] = {}
        self._by_eval: dict[str, list[Wire]] = {}
        self._evals_of: dict[tuple[str, str], dict[str, None]] = {}
        self._sources: dict[str, set[tuple[str, str]]] = {}
        self._logic: dict[tuple[str, str], str] = {}
        for wire in wires:
            self._put(wire)
        # An EVAL that is left with no way may have new ones, of the same source.
        for wire in broken:
            if wire.eval not in self._by_eval:
                self._remember(wire)

    def _put(self, wire: Wire) -> None:
        self._wires[wire] = None
        self._by_eval.setdefault(wire.eval, []).append(wire)
        self._logic[wire.eval, wire.target] = wire.logic
        self._remember(wire)

    def _remember(self, wire: Wire) -> None:
        told = wire.source, wire.value
        self._sources.setdefault(wire.eval, set()).add(told)
        self._evals_of.setdefault(told, {})[wire.eval] = None

    def add(self, edge: Edge) -> None:
        """Add the way of an edge; refuse one that DaVinci has no logic for."""
        source, outcome, target = edge
        edit = self._edit
        unknown = next((end for end in (source, target) if end not in edit.new), "")
        if unknown:
            edit.refuse(f"an edge has the end {unknown!r}, and there is no such node", "edges")
            return
        if source == edit.trigger and not edit.their_id(source):
            return
        if {source, target} & edit.left_out:
            return
        if target in self._gates or source in self._gates:
            self._add_to_gate(edge)
            return
        ends = edit.their_id(source), edit.their_id(target)
        if "" in ends:
            made = source if not ends[0] else target
            edit.refuse(f"an edge of {made!r}, which the importer made, cannot change", "edges")
            return
        told = self._told(source, outcome)
        if told is None:
            edit.refuse_node(source, f"DaVinci has no way for its outcome {outcome!r}")
            return
        value, logic = told
        eval_ = self._eval(ends[0], value, ends[1], logic)
        self._put(Wire(ends[0], value, eval_, ends[1], logic))

    def _told(self, source: str, outcome: str) -> tuple[str, str] | None:
        """Return the value and the logic that say an outcome; None where nothing does."""
        outcomes = self._edit.outcomes(source)
        if outcome == ALWAYS:
            return "", "always"
        if OTHERWISE in outcomes:
            names = self._edit.before.reading.outcome_names(self._edit.their_id(source))
            if outcome == OTHERWISE:
                return "", "anyTriggersFalse"
            return (names.theirs[outcome], ALL_TRUE) if outcome in names.theirs else None
        if "true" in outcomes:
            return {"true": ("", ALL_TRUE), "false": ("", "anyTriggersFalse")}.get(outcome)
        return {SUCCESS: ("", ALL_TRUE), ERROR: ("", "anyTriggersFalse")}.get(outcome)

    def _eval(self, source: str, value: str, target: str, logic: str) -> str:
        """Return an EVAL that only this node and value lead to, making one if need be."""
        fitting = [
            eval_
            for eval_ in self._evals_of.get((source, value), ())
            if len(self._sources[eval_]) == 1 and self._logic.get((eval_, target), logic) == logic
        ]
        had = {(wire.eval, wire.target) for wire in self._broken if wire.source == source}
        fitting.sort(key=lambda eval_: (eval_, target) not in had)
        if fitting:
            return fitting[0]
        made = self._edit.free_id("eval", source, value, target, logic)
        self._new_evals.append(made)
        return made

    def _add_to_gate(self, edge: Edge) -> None:
        source, outcome, target = edge
        edit = self._edit
        if source in self._gates:
            eval_, logic = self._gates[source]
            came = {(w.source, w.value) for w in self._by_eval.get(eval_, ())}
            if outcome != SUCCESS or not edit.their_id(target):
                edit.refuse(f"from {source!r} only its success leads to a node", "edges")
                return
            for one in came:
                self._put(Wire(*one, eval_, edit.their_id(target), logic))
            return
        eval_, logic = self._gates[target]
        told = self._told(source, outcome) if edit.their_id(source) else None
        if told is None or not _is_alike(told[1], logic):
            edit.refuse(
                f"{target!r} joins by one logic; an edge of {outcome!r} is another", "edges"
            )
            return
        for to, each in {(w.target, w.logic) for w in self._by_eval.get(eval_, ())}:
            self._put(Wire(edit.their_id(source), told[0], eval_, to, each))

    def write(self) -> None:
        """Write the edges of the ways into the flow, and take away those that no way goes by."""
        into = {(wire.source, wire.value, wire.eval) for wire in self._wires}
        out = {(wire.eval, wire.target) for wire in self._wires}
        lost = {(w.source, w.value, w.eval) for w in self._broken} - into
        parted = {(w.eval, w.target) for w in self._broken} - out
        gone = {*self._gone_nodes(), *self._gone_evals()}
        edges = self._edit.elements["edges"]
        edges[:] = [e for e in edges if not _is_lost(e, lost, parted, gone)]
        held = {_ends(edge) for edge in edges}
        for source, value, eval_ in dict.fromkeys(
            (wire.source, wire.value, wire.eval) for wire in self._wires
        ):
            if (source, eval_, value) not in held:
                edges.append(self._edge(source, eval_, value))
        joined = {(source, target) for source, target, _ in held}
        for eval_, target in dict.fromkeys((w.eval, w.target) for w in self._wires):
            if (eval_, target) not in joined:
                edges.append(self._edge(eval_, target, ""))
        self._write_evals(parted)

    def _gone_nodes(self) -> set[str]:
        edit = self._edit
        return {edit.their_id(name) for name in edit.old.keys() - edit.new.keys()} - {""}

    def _gone_evals(self) -> set[str]:
        return {wire.eval for wire in self._broken} - self._by_eval.keys()

    def _edge(self, source: str, target: str, value: str) -> JsonObject:
        id_ = self._edit.free_id("edge", source, target, value)
        told = {"multiValueSourceId": value} if value else {}
        return new_element({"id": id_, "source": source, "target": target, **told}, "edges")

    def _write_evals(self, parted: set[tuple[str, str]]) -> None:
        nodes, gone = self._edit.elements["nodes"], self._gone_evals()
        nodes[:] = [one for one in nodes if id_of(one) not in gone]
        for eval_ in dict.fromkeys(self._new_evals):
            data: JsonObject = {"id": eval_, "nodeType": EVAL, "label": "Evaluator"}
            element = new_element({**data, "properties": {}}, "nodes")
            element["position"] = self._between(eval_)
            nodes.append(element)
        told: dict[str, dict[str, str]] = {}
        for eval_, target in parted:
            told.setdefault(eval_, {})[target] = ""
        for (eval_, target), logic in self._logic.items():
            told.setdefault(eval_, {})[target] = logic
        for element in nodes:
            data = object_at(element, "data")
            if data.get("nodeType") == EVAL and id_of(element) in told:
                _write_logic(data, told[id_of(element)])

    def _between(self, eval_: str) -> JsonObject:
        """Return the place between what leads to an EVAL and what it leads to."""
        places = object_at(self._edit.document, "layout")
        ours = self._edit.bindings.node_ids.ours
        wires = self._by_eval.get(eval_, ())
        ends = {end for wire in wires for end in (wire.source, wire.target)}
        found = [p for end in ends if (p := object_at(places, ours.get(end, "")))]
        count = len(found) or 1
        return {axis: round(sum(p[axis] for p in found) / count) for axis in ("x", "y")}


def _write_logic(data: JsonObject, told: Mapping[str, str]) -> None:
    """Write the logic of an EVAL's ways where it is another; of those that are gone, none."""
    properties = dict(object_at(data, "properties"))
    for target, logic in told.items():
        held = unwrapped(properties.get(target))
        if not logic:
            properties.pop(target, None)
        elif ((held if isinstance(held, str) else "") or ALL_TRUE) != logic:
            properties[target] = {"value": logic}
    if properties != object_at(data, "properties"):
        data["properties"] = properties


def _is_alike(told: str, logic: str) -> bool:
    return (told in NEGATIVE) == (logic in NEGATIVE) and (told in COMPLETE) == (logic in COMPLETE)


def _ends(edge: Json) -> tuple[str, str, str]:
    """Return source, target and value of an edge; nothing where they are no texts."""
    data = object_at(edge, "data")
    found = (data.get(name) for name in ("source", "target", "multiValueSourceId"))
    source, target, value = (one if isinstance(one, str) else "" for one in found)
    return source, target, value


def _is_lost(
    edge: Json, lost: set[tuple[str, str, str]], parted: set[tuple[str, str]], gone: set[str]
) -> bool:
    source, target, value = _ends(edge)
    is_lost = (source, value, target) in lost or (source, target) in parted
    return is_lost or source in gone or target in gone
