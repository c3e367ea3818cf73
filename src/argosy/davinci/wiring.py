"""Edges: what the ways through DaVinci's EVALs are as edges of ours.

An EVAL with one source vanishes. One with several becomes a gate, a node that joins; one for each
logic, since it may lead to one node when all sources succeed and to another when any fails. A way
that leads back, or into the start of a teleport, becomes a call of the routine that begins there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.davinci.document import (
    COMPLETE,
    MOST_WIRES,
    NEEDS_ALL,
    NEGATIVE,
    START,
    Wire,
)
from argosy.flow.kinds import KINDS
from argosy.model import ALWAYS, ERROR, SUCCESS
from argosy.model import Node as FlowNode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from argosy.davinci.nodes import Reading
    from argosy.model import JsonObject

Edge = tuple[str, str, str]
OTHERWISE = "otherwise"


@dataclass
class Wiring:
    """The edges of a view, and what they are in DaVinci.

    `wires` has the ways behind each edge. `made_nodes` are nodes that stand for none of DaVinci's,
    among them the gates, which `gates` has by EVAL and logic, and what stands before them, which
    `befores` has by EVAL, logic and source. `made_edges` stand for no way: those from the trigger
    and from made routines.
    """

    wires: dict[Edge, dict[Wire, None]] = field(default_factory=dict)
    gates: dict[tuple[str, str], str] = field(default_factory=dict)
    befores: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made_nodes: dict[str, JsonObject] = field(default_factory=dict)
    made_edges: set[Edge] = field(default_factory=set)

    def add(self, edge: Edge, wire: Wire | None) -> None:
        """Add an edge for a way, or one that stands for none."""
        if edge not in self.wires:
            self.wires[edge] = {}
        if wire is None:
            self.made_edges.add(edge)
        else:
            self.wires[edge][wire] = None

    @property
    def edges(self) -> list[Edge]:
        """The edges in their order."""
        return list(self.wires)

    def remove(self, edge: Edge) -> dict[Wire, None]:
        """Take an edge away and return the ways behind it."""
        self.made_edges.discard(edge)
        return self.wires.pop(edge)


def outcomes_of(wire: Wire, outcomes: Collection[str], reading: Reading) -> Sequence[str]:
    """Return those of a node's outcomes by which a way of DaVinci's is gone."""
    if wire.logic in COMPLETE:
        return (ALWAYS,)
    is_negative = wire.logic in NEGATIVE
    if OTHERWISE in outcomes:
        return _outcomes_of_rows(wire, reading, is_negative=is_negative)
    if "true" in outcomes:
        return ("false",) if is_negative else ("true",)
    return (ERROR,) if is_negative else (SUCCESS,)


def own_outcomes(node: JsonObject) -> Sequence[str]:
    """Return the outcomes that a node of ours can have."""
    kind = KINDS.get(node.get("kind", ""))
    return (SUCCESS, ERROR) if kind is None else kind.outcomes(FlowNode.from_json(node, ""))


def _outcomes_of_rows(wire: Wire, reading: Reading, *, is_negative: bool) -> Sequence[str]:
    names, rows = reading.outcome_names(wire.source), reading.rows(wire.source)
    if wire.value and wire.value not in rows.places:
        reading.note(
            reading.bindings.node_ids.ours[wire.source],
            f"an edge starts from the value {wire.value!r}, which the node does not list",
        )
        return ()
    chosen = dict.fromkeys(rows.equal(wire.value) if wire.value else rows.places)
    if not is_negative:
        return [names.add(one) for one in chosen]
    return [*(names.add(one) for one in rows.places if one not in chosen), OTHERWISE]


def wire_up(nodes: Mapping[str, JsonObject], reading: Reading, trigger: str) -> Wiring:
    """Make the edges between nodes of ours, given by DaVinci's ids."""
    wiring = Wiring()
    ids = reading.bindings.node_ids
    for wire, ends in _ends(nodes, reading):
        source, target = ids.ours[wire.source], ids.ours[wire.target]
        if ends and len(reading.graph.sources[wire.eval]) > 1:
            gate = _gate(wire, wiring, reading)
            wiring.add((gate, SUCCESS, target), wire)
            target = gate
            if len(ends) > 1 and wire.logic in NEEDS_ALL:
                target = _any_of_one(wire, wiring, reading)
                wiring.add((target, SUCCESS, gate), wire)
        for outcome in ends:
            wiring.add((source, outcome, target), wire)
    reached = {wire.target for wire in reading.graph.wires} | reading.graph.targets_of_orphans
    for node in reading.graph.runnable:
        starts = node.id not in reached and not node.is_start_of_teleport and node.type != START
        if starts:
            wiring.add((trigger, SUCCESS, ids.ours[node.id]), None)
    _break_circles(wiring, reading, [node["id"] for node in nodes.values()])
    return wiring


def _ends(
    nodes: Mapping[str, JsonObject], reading: Reading
) -> Iterator[tuple[Wire, Sequence[str]]]:
    """Return each way with the outcomes by which it is gone, as long as they are not too many."""
    outcomes = {name: frozenset(own_outcomes(node)) for name, node in nodes.items()}
    known: dict[tuple[str, str, str], Sequence[str]] = {}
    count, left_out = 0, set[str]()
    for wire in reading.graph.wires:
        if wire.source in left_out:
            continue
        key = (wire.source, wire.value, wire.logic)
        if key not in known:
            known[key] = outcomes_of(wire, outcomes[wire.source], reading)
        count += len(known[key])
        if count > MOST_WIRES:
            count -= len(known[key])
            left_out.add(wire.source)
            ours = reading.bindings.node_ids.ours[wire.source]
            told = f"with them the flow would have more than {MOST_WIRES:,} edges"
            reading.note(ours, f"its ways to {wire.target!r} and on are not drawn: {told}")
        else:
            yield wire, known[key]


def _gate(wire: Wire, wiring: Wiring, reading: Reading) -> str:
    """Return the node that joins the sources of an EVAL by one logic, making it if need be."""
    found = wiring.gates.get((wire.eval, wire.logic))
    if found is not None:
        return found
    ids = reading.bindings.node_ids
    name = wiring.gates[wire.eval, wire.logic] = ids.make(wire.eval)
    joins = {"join": "all"} if wire.logic in NEEDS_ALL else {}
    wiring.made_nodes[name] = {
        "id": name,
        "title": _TITLES.get(wire.logic, _TITLES["allTriggersTrue"]),
        "kind": "transform",
        "inputs": {"values": {}},
        **joins,
    }
    return name


def _any_of_one(wire: Wire, wiring: Wiring, reading: Reading) -> str:
    """Return the node before a gate by which any of several outcomes of one source counts once."""
    found = wiring.befores.get((wire.eval, wire.logic, wire.source))
    if found is None:
        found = reading.bindings.node_ids.make(f"{wire.eval}_{wire.source}")
        wiring.befores[wire.eval, wire.logic, wire.source] = found
        wiring.made_nodes[found] = {
            "id": found,
            "title": _TITLES["anyTriggersTrue"],
            "kind": "transform",
            "inputs": {"values": {}},
        }
    return found


#: What the editor calls each logic.
_TITLES = {
    "allTriggersTrue": "All triggers true",
    "anyTriggersTrue": "Any trigger true",
    "allTriggersFalse": "All triggers false",
    "anyTriggersFalse": "Any trigger false",
    "allTriggersComplete": "All triggers complete",
    "always": "Any trigger complete",
}


def _break_circles(wiring: Wiring, reading: Reading, order: Sequence[str]) -> None:
    """Make a call of each edge that leads back, and of each that leads into a routine."""
    routines = {
        reading.bindings.node_ids.ours[node.id]
        for node in reading.graph.runnable
        if node.is_start_of_teleport
    }
    names = list(dict.fromkeys([*order, *wiring.made_nodes]))
    heads: dict[str, str] = {}
    for edge in wiring.edges:
        if edge[2] in routines:
            _call(edge, edge[2], wiring, reading)
    for back in _back_edges(names, wiring.edges):
        target = back[2]
        if target not in heads:
            heads[target] = _routine(target, wiring, reading)
        _call(back, heads[target], wiring, reading)


def _routine(target: str, wiring: Wiring, reading: Reading) -> str:
    name = reading.bindings.node_ids.make(f"{target}_again")
    wiring.made_nodes[name] = {"id": name, "title": "Again", "kind": "routine"}
    wiring.add((name, SUCCESS, target), None)
    return name


def _call(edge: Edge, routine: str, wiring: Wiring, reading: Reading) -> None:
    source, outcome, target = edge
    name = reading.bindings.node_ids.make(f"{source}_to_{target}")
    inputs = {"routine": routine}
    wiring.made_nodes[name] = {"id": name, "title": "Go back", "kind": "call", "inputs": inputs}
    wiring.wires[source, outcome, name] = wiring.remove(edge)


def _back_edges(names: Iterable[str], edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges that close a circle, found in the order of names and edges."""
    out: dict[str, list[Edge]] = {}
    for edge in edges:
        out.setdefault(edge[0], []).append(edge)
    entered, left = set[str](), set[str]()
    found: list[Edge] = []
    entries = {edge[2] for edge in edges}
    for start in sorted(names, key=lambda name: name in entries):
        if start in entered:
            continue
        entered.add(start)
        way = [(start, iter(out.get(start, ())))]
        while way:
            name, rest = way[-1]
            onward = next(rest, None)
            if onward is None:
                left.add(name)
                way.pop()
            elif onward[2] not in entered:
                entered.add(onward[2])
                way.append((onward[2], iter(out.get(onward[2], ()))))
            elif onward[2] not in left:
                found.append(onward)
    return found
