"""Nodes: what a node of DaVinci's is as a node of ours."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.davinci.bindings import CONTEXTS, Bindings
from argosy.davinci.capability_nodes import capability_node
from argosy.davinci.document import START, TELEPORT, Graph, Node
from argosy.davinci.names import outcome_names, slug
from argosy.davinci.texts import spoken
from argosy.davinci.values import LITERALS, OWN, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.davinci.names import Names
    from argosy.davinci.shape import ConnectorNames
    from argosy.model import Json, JsonObject

HTTP, FLOWS = "httpConnector", "flowConnector"
ERRORS, VARIABLES = "errorConnector", "variablesConnector"
RESPONSES = frozenset({"createSuccessResponse", "createErrorResponse", "createUnwrappedResponse"})
#: Properties of a call of another flow that are not its inputs.
SUBFLOW = ("subFlowId", "subFlowVersionId")
#: Properties of teleports that are not values.
TELEPORT_OWN = frozenset({*OWN, "nodeInstanceId", "inputSchema", "outputSchema"})
#: Where rows of variables stand, and the context of those that their label does not tell.
VARIABLE_ROWS = {
    "saveVariables": "flowInstance",
    "saveFlowVariables": "flow",
    "saveCompanyVariables": "company",
    "saveUserVariables": "user",
}
_LABEL = re.compile(r"- *(flowInstance|company|flow|user)\) *$")


@dataclass
class Reading:
    """What is known while one flow is read.

    `flows` are the ids of flows of ours by DaVinci's; `names` is None where no connector is told.
    """

    graph: Graph
    flows: Mapping[str, str] = field(default_factory=dict)
    names: ConnectorNames | None = None
    bindings: Bindings = field(default_factory=Bindings)
    outcomes: dict[str, Names] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    _noted: set[tuple[str, str]] = field(default_factory=set)
    _rows: dict[str, Rows] = field(default_factory=dict)

    def note(self, node: str, text: str) -> None:
        """Note what is not as the export has it, once."""
        if (node, text) not in self._noted:
            self._noted.add((node, text))
            self.notes.append((node, text))

    def rows(self, node: str) -> Rows:
        """Return the rows of a comparison with several values, read once."""
        if node not in self._rows:
            self._rows[node] = read_rows(self.graph.nodes[node])
        return self._rows[node]

    def outcome_names(self, node: str) -> Names:
        """Return the outcomes of a comparison with several values, by the ids of its rows."""
        return self.outcomes.setdefault(node, outcome_names())


def node_of(node: Node, reading: Reading) -> JsonObject:
    """Return a node of ours for one of DaVinci's that is no EVAL."""
    made = _own(node, reading)
    if node.is_note:
        return {**made, "kind": "note", "inputs": {"text": node.text("annotation")}}
    if node.type == START:
        return {**made, "kind": "trigger"}
    teleport = _teleport(node, reading) if node.connector == TELEPORT else None
    if teleport is not None:
        return {**made, **teleport}
    names = reading.names and reading.names.of_connector(node.connector)
    if names is not None:
        found = capability_node(node, names, reading.bindings)
        if isinstance(found, str):
            reading.note(made["id"], found)
        else:
            return {**made, **found, "onError": "end"}
    on_error = "fail" if node.connector == ERRORS else "end"
    return {**made, "kind": "davinci", "inputs": davinci_inputs(node, reading), "onError": on_error}


def _own(node: Node, reading: Reading) -> JsonObject:
    made: JsonObject = {"id": reading.bindings.node_ids.ours[node.id]}
    if node.text("nodeTitle"):
        made["title"] = node.text("nodeTitle")[:256]
    if node.text("nodeDescription"):
        made["description"] = node.text("nodeDescription")[:4096]
    return made


def _teleport(node: Node, reading: Reading) -> JsonObject | None:
    ours, bindings = reading.bindings.node_ids.ours, reading.bindings
    values = {
        name: shown(node.value(name), bindings)
        for name in node.properties
        if name not in TELEPORT_OWN and name != "values" and node.value(name) is not None
    }
    match node.capability:
        case "startNode":
            return {"kind": "routine"}
        case "goToNode":
            target = reading.graph.nodes.get(node.text("nodeInstanceId"))
            if target is not None and target.is_start_of_teleport:
                inputs: JsonObject = {"routine": ours[target.id]}
                return {"kind": "call", "inputs": inputs | ({"values": values} if values else {})}
        case "returnBackToCallingNode":
            given = shown(node.value("values"), bindings)
            if isinstance(given, dict):
                values = given | values
            return {"kind": "return", **({"inputs": {"values": values}} if values else {})}
    return None


def davinci_inputs(node: Node, reading: Reading) -> JsonObject:
    """Return the inputs of a node of the kind `davinci`."""
    made: JsonObject = {"connector": node.connector or "unknown", "capability": node.capability}
    left_out = set(OWN)
    if node.connector == FLOWS:
        left_out |= set(SUBFLOW)
        called = called_flow(node, reading.flows)
        if called:
            made["flow"] = called
    values = {name: node.value(name) for name in node.properties if name not in left_out}
    values = {name: value for name, value in values.items() if value is not None}
    literals = {name: value for name, value in values.items() if name in LITERALS}
    properties = {
        name: shown_property(node, name, value, reading)
        for name, value in values.items()
        if name not in literals
    }
    if properties:
        made["properties"] = properties
    if literals:
        made["literals"] = literals
    if node.data.get("isDisabled") is True:
        made["disabled"] = True
    return made


def called_flow(node: Node, flows: Mapping[str, str]) -> str:
    """Return our id of the flow that a node calls: one of the export, or what it would be named."""
    id_, name = called_name(node.value("subFlowId"))
    if not id_:
        return ""
    return flows.get(id_) or slug(name)


def called_name(found: Json) -> tuple[str, str]:
    """Return DaVinci's id of the flow that a `subFlowId` calls, and its name or that id again."""
    id_, label = (
        (found.get("value"), found.get("label")) if isinstance(found, dict) else (found, "")
    )
    if not isinstance(id_, str):
        return "", ""
    return id_, label if isinstance(label, str) and label else id_


def shown_property(node: Node, name: str, value: Json, reading: Reading) -> Json:
    """Return a property as our node shows it; rows of variables and outcomes by our names."""
    found = shown(value, reading.bindings)
    if not isinstance(value, list) or not isinstance(found, list):
        if node.connector == VARIABLES and name == "variable" and isinstance(value, str):
            return reading.bindings.variable(*split_variable(value, "flowInstance"))
        return found
    if node.connector == VARIABLES and name in VARIABLE_ROWS:
        return [
            {**row, "name": reading.bindings.variable(*variable_of(original, node, name))}
            if isinstance(row, dict) and isinstance(original.get("name"), str)
            else row
            for row, original in zip(found, value, strict=True)
        ]
    if name == "rightValueMultiple":
        names = reading.outcome_names(node.id)
        return [
            {**row, "id": names.add(row["id"])}
            if isinstance(row, dict) and isinstance(row.get("id"), str)
            else row
            for row in found
        ]
    return found


def variable_of(row: JsonObject, node: Node, rows: str) -> tuple[str, str]:
    """Return the name and the context of the variable that a row names."""
    context = VARIABLE_ROWS[rows]
    label = row.get("label")
    said = _LABEL.search(label[-200:]) if isinstance(label, str) else None
    if said and rows == "saveVariables":
        context = said[1]
    if "UserInfo" in node.capability:
        context = "user"
    return split_variable(row["name"], context)


def split_variable(name: str, context: str) -> tuple[str, str]:
    """Return name and context of a variable; `x##SK##flow##SK##ID` names both."""
    name, *rest = name.split("##SK##")
    return name, rest[0] if rest and rest[0] in CONTEXTS else context


def told_variable(row: Json) -> tuple[str, str] | None:
    """Return name and context of the variable that a row of a flow declares, None if it is none."""
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        return None
    context = row.get("context")
    is_known = isinstance(context, str) and context in CONTEXTS
    return split_variable(row["name"], str(context) if is_known else "flowInstance")


def color_of(node: Node) -> str:
    """Return the color of a node as our layout writes it, or nothing."""
    color = node.text("backgroundColor").lower()
    return color if re.fullmatch(r"#[0-9a-f]{6}([0-9a-f]{2})?", color) else ""


def size_of(node: Node) -> JsonObject:
    """Return width and height of an annotation, where they are told."""
    found = {name: node.value(name) for name in ("width", "height")}
    made: JsonObject = {}
    for name, value in found.items():
        try:
            number = round(float(value)) if isinstance(value, int | float | str) else 0
        except (ValueError, OverflowError):
            number = 0
        if 0 < number < 100_000:
            made[name] = number
    return made


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a comparison with several values, by their ids in their order.

    `places` has for each row those of the same value, which it may share, and its place in them.
    """

    places: Mapping[str, tuple[Sequence[str], int]]

    def equal(self, id_: str) -> Sequence[str]:
        """Return the ids of a row and of those before it that have its value.

        The first of them is what the comparison ends with, and DaVinci goes on by all of them.
        """
        alike, place = self.places[id_]
        return alike[: place + 1]


def read_rows(node: Node) -> Rows:
    """Read the rows of a comparison with several values; an id counts where it stands first."""
    rows = node.value("rightValueMultiple")
    alike: dict[tuple[bool, str], list[str]] = {}
    places: dict[str, tuple[Sequence[str], int]] = {}
    for row in rows if isinstance(rows, list) else ():
        id_ = row.get("id") if isinstance(row, dict) else None
        if not isinstance(id_, str) or id_ in places:
            continue
        value = row.get("value")
        is_text = isinstance(value, str)
        said = spoken(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)
        same = alike.setdefault((is_text, said), [])
        places[id_] = same, len(same)
        same.append(id_)
    return Rows(places)
