"""Edits of imported flows, and what of DaVinci's document each may change."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from argosy.davinci.bindings import written
from argosy.davinci.importing import View

NEW_ID = "qwertyuio0"


@dataclass
class Edited:
    """A flow under an edit. `may_change` are beginnings of paths in DaVinci's document.

    `is_sayable` says whether DaVinci has words for the edit.
    """

    document: Any
    view: View
    random: Random
    may_change: list[tuple[str, ...]] = field(default_factory=list)
    is_sayable: bool = True

    @property
    def nodes(self) -> list[Any]:
        found: list[Any] = self.document["nodes"]
        return found

    def their_id(self, name: str) -> str:
        return self.view.reading.bindings.node_ids.theirs.get(name, "")

    def a_node(self, *kinds: str) -> Any:
        """A node that came from DaVinci, of one of these kinds or any."""
        own = [node for node in self.nodes if self.their_id(node["id"])]
        fitting = [node for node in own if not kinds or node.get("kind") in kinds]
        return self.random.choice(fitting) if fitting else None

    def may(self, node: str, *path: str) -> None:
        self.may_change.append(("nodes", self.their_id(node) or node, *path))

    def text(self) -> str:
        """A text with expressions that DaVinci has words for."""
        pieces = ["Hello", " ", "\n", "größe", "{ ", "}}", "\"'", "5", "<b>", "\\"]
        names = ["input.email", "vars.new_one", "input['a-b'].c[0]", "input.global.ip", "run.id"]
        # An id with a brace or a line in it stands in no binding.
        told = [n["id"] for n in self.nodes if not set(self.their_id(n["id"])) & set("{}\n")]
        names += [written(("nodes", name, "outputs", "x")) for name in told[:2]]
        expressions = [f"{{{{ {name} | default('') }}}}" for name in names]
        expressions += ["{{ '{{' }} ", "{{ '{%' }} "]
        return "".join(
            self.random.choice(pieces + expressions) for _ in range(self.random.randint(1, 4))
        )


def _title(edited: Edited) -> None:
    node = edited.a_node()
    if node is not None:
        member = edited.random.choice(["title", "description"])
        node[member] = edited.random.choice(["New", "", "{{ x }}", "[]", "ä"])
        name = {"title": "nodeTitle", "description": "nodeDescription"}[member]
        edited.may(node["id"], "data", "properties", name)


def _position(edited: Edited) -> None:
    node = edited.a_node()
    if node is not None:
        edited.document["layout"][node["id"]] |= {"x": 7, "y": -1234}
        edited.may(node["id"], "position")


def _color(edited: Edited) -> None:
    node = edited.a_node()
    if node is not None:
        place = edited.document["layout"][node["id"]]
        if place.pop("color", None) is None or edited.random.random() < 0.5:
            place["color"] = "#00ff00ff"
        edited.may(node["id"], "data", "properties", "backgroundColor")


def _texts_in(value: Any) -> Iterator[tuple[Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in list(members):
        if isinstance(member, str):
            yield value, name
        elif isinstance(member, dict | list):
            yield from _texts_in(member)


def _property(edited: Edited) -> None:
    node = edited.a_node("davinci")
    properties = node["inputs"].get("properties") if node else None
    if properties:
        name = edited.random.choice(list(properties))
        if name == "variable":  # the name of one
            return
        if isinstance(properties[name], str):
            properties[name] = edited.text()
        elif isinstance(properties[name], dict | list):
            places = [p for p in _texts_in(properties[name]) if p[1] in {"value", "x", "message"}]
            if places:
                holder, member = edited.random.choice(places)
                holder[member] = edited.text()
        edited.may(node["id"], "data", "properties", name)


def _new_property(edited: Edited) -> None:
    node = edited.a_node("davinci")
    if node is not None:
        given = edited.random.choice(
            [edited.text(), 5, True, [edited.text()], {"a": edited.text()}]
        )
        node["inputs"].setdefault("properties", {})["added"] = given
        edited.may(node["id"], "data", "properties", "added")


def _no_property(edited: Edited) -> None:
    node = edited.a_node("davinci")
    member = edited.random.choice(["properties", "literals"])
    properties = node["inputs"].get(member) if node else None
    if properties:
        name = edited.random.choice(list(properties))
        if name != "rightValueMultiple":
            del properties[name]
            edited.may(node["id"], "data", "properties", name)


def _literal(edited: Edited) -> None:
    node = edited.a_node("davinci")
    literals = node["inputs"].get("literals") if node else None
    if literals:
        name = edited.random.choice(list(literals))
        literals[name] = "new {{local.x.payload.output.y}} {{"
        edited.may(node["id"], "data", "properties", name)


def _rows(edited: Edited) -> None:
    node = edited.a_node("davinci")
    properties = node["inputs"].get("properties", {}) if node else {}
    lists = [name for name, value in properties.items() if isinstance(value, list)]
    if not lists:
        return
    name = edited.random.choice(lists)
    rows = properties[name]
    edited.may(node["id"], "data", "properties", name)
    is_outcomes = name == "rightValueMultiple"
    if "UserInfo" in node["inputs"]["capability"]:
        return
    match edited.random.randint(0, 2):
        case 0:
            row = {"value": edited.text()}
            row |= {"id": "newoutcome"} if is_outcomes else {"name": "new_one", "type": "string"}
            if not is_outcomes and name != "saveVariables":
                edited.is_sayable = False  # a variable of this name has another context
            rows.insert(edited.random.randint(0, len(rows)), row)
        case 1 if rows and not is_outcomes:
            del rows[edited.random.randrange(len(rows))]
        case _:
            objects = [row for row in rows if isinstance(row, dict) and "value" in row]
            if objects:
                edited.random.choice(objects)["value"] = edited.text()


def _capability_input(edited: Edited) -> None:
    nodes = [node for node in edited.nodes if "capability" in node and node.get("inputs")]
    if nodes:
        node = edited.random.choice(nodes)
        name = edited.random.choice(list(node["inputs"]))
        if name not in {"region", "method", "type"}:
            node["inputs"][name] = edited.text()
            edited.is_sayable = False  # a text may be read as a number, an object or nothing
        edited.may(node["id"], "data", "properties")


def _call(edited: Edited) -> None:
    node = edited.a_node("call", "return")
    if node is not None:
        values = node.setdefault("inputs", {}).setdefault("values", {})
        if values and edited.random.random() < 0.5:
            del values[edited.random.choice(list(values))]
        else:
            values[edited.random.choice([*values, "added"])] = edited.text()
        if not values:
            del node["inputs"]["values"]
        edited.may(node["id"], "data", "properties")


def _disabled(edited: Edited) -> None:
    node = edited.a_node("davinci")
    if node is not None:
        if node["inputs"].pop("disabled", None) is None:
            node["inputs"]["disabled"] = True
        edited.may(node["id"], "data", "isDisabled")


def _remove(edited: Edited) -> None:
    node = edited.a_node()
    if node is None or node.get("kind") in {"trigger", "routine"}:
        return
    name = node["id"]
    before = edited.document["edges"]
    edited.document["nodes"] = [one for one in edited.nodes if one is not node]
    edited.document["edges"] = [e for e in before if name not in (e["from"], e["to"])]
    edited.document["layout"].pop(name, None)
    edited.may_change += [("nodes", edited.their_id(name)), ("edges", edited.their_id(name))]
    _allow_wires(edited, [e for e in before if name in (e["from"], e["to"])])
    edited.is_sayable = False  # what it led to may start by itself


def _allow_wires(edited: Edited, edges: list[Any]) -> None:
    """Allow changes of the EVALs by which edges went, and of all edges of those."""
    for edge in edges:
        key = edge["from"], edge.get("outcome", "success"), edge["to"]
        for wire in edited.view.wiring.wires.get(key, ()):
            edited.may_change += [("nodes", wire.eval), ("edges", wire.eval)]


def _remove_edge(edited: Edited) -> None:
    if edited.document["edges"]:
        edge = edited.random.choice(edited.document["edges"])
        edited.document["edges"] = [e for e in edited.document["edges"] if e is not edge]
        _allow_wires(edited, [edge])
        edited.may_change += [("nodes", NEW), ("edges", NEW)]
        edited.is_sayable = False


def _add_edge(edited: Edited) -> None:
    source, target = edited.a_node("davinci"), edited.a_node("davinci")
    if source is None or source is target:
        return
    outcome = edited.random.choice(["success", "error", "always", "true", "false", "otherwise"])
    edge = {"from": source["id"], "outcome": outcome, "to": target["id"]}
    edited.document["edges"].append(edge)
    edited.is_sayable = False
    edited.may_change += [("nodes", NEW), ("edges", NEW)]
    edited.may_change += [("edges", edited.their_id(source["id"]))]
    for wire in edited.view.reading.graph.wires:
        if wire.source == edited.their_id(source["id"]):
            edited.may_change.append(("nodes", wire.eval, "data", "properties"))


#: Stands for elements that were not there.
NEW = "*new*"


def _change_outcome(edited: Edited) -> None:
    own = [e for e in edited.document["edges"] if edited.their_id(e["from"])]
    if own:
        edge = edited.random.choice(own)
        _allow_wires(edited, [dict(edge)])
        edge["outcome"] = edited.random.choice(["success", "error", "always", "true", "false"])
        edited.is_sayable = False
        edited.may_change += [("nodes", NEW), ("edges", NEW)]
        for wire in edited.view.reading.graph.wires:
            if wire.source == edited.their_id(edge["from"]):
                edited.may_change.append(("nodes", wire.eval, "data", "properties"))


def _add_node(edited: Edited) -> None:
    routine = edited.a_node("routine")
    nodes: list[Any] = [
        {"kind": "note", "inputs": {"text": "Hello {{ x }}"}},
        {
            "kind": "davinci",
            "inputs": {
                "connector": "httpConnector",
                "capability": "createSuccessResponse",
                "properties": {"claimsNameValuePairs": [{"name": "a", "value": edited.text()}]},
            },
            "onError": "end",
        },
        {
            "capability": "insert-record",
            "inputs": {"database": edited.text(), "table": "t", "region": "us01"},
            "onError": "end",
        },
    ]
    if routine is not None:
        inputs = {"routine": routine["id"], "values": {"a": edited.text()}}
        nodes.append({"kind": "call", "inputs": inputs})
    node = {"id": NEW_ID, "title": "New", **edited.random.choice(nodes)}
    edited.nodes.append(node)
    edited.document["layout"][NEW_ID] = {"x": 1, "y": 2}
    edited.may_change += [("nodes", NEW)]
    if node.get("kind") == "note":
        return
    source = edited.a_node("davinci")
    if source is None or len(edited.view.wiring.gates) > 50:
        trigger = next(one for one in edited.nodes if one.get("kind") == "trigger")
        edited.document["edges"].append({"from": trigger["id"], "to": NEW_ID})
        if edited.their_id(trigger["id"]):
            edited.may_change += [("edges", NEW)]
        return
    edited.document["edges"].append({"from": source["id"], "outcome": "always", "to": NEW_ID})
    edited.may_change += [("edges", NEW)]
    for wire in edited.view.reading.graph.wires:
        if wire.source == edited.their_id(source["id"]):
            edited.may_change.append(("nodes", wire.eval, "data", "properties"))


def _variable(edited: Edited) -> None:
    variables = edited.document.setdefault("variables", {})
    if variables and edited.random.random() < 0.5:
        name = edited.random.choice(list(variables))
        theirs, _ = edited.view.reading.bindings.variable_of(name)
        edited.is_sayable = "##SK##" not in theirs
        variables[name]["value"] = edited.random.choice(["5", 5, None, True, [1], "true"])
    else:
        variables["new_one"] = edited.random.choice(
            [
                {},
                {"value": "5"},
                {"value": 5},
                {"scope": "shared"},
                {"scope": "flow", "description": "d"},
            ]
        )
    edited.may_change.append(("variables",))


def _input(edited: Edited) -> None:
    schema = edited.document.setdefault("inputs", {"type": "object", "properties": {}})
    name = edited.random.choice(["added", *schema["properties"]])
    schema["properties"][name] = {"type": "number", "description": "New"}
    schema["required"] = [*(n for n in schema.get("required", ()) if n != name), name]
    edited.may_change.append(("inputSchema",))


def _settings(edited: Edited) -> None:
    settings = edited.document.setdefault("settings", {})
    settings |= edited.random.choice([{"timeoutSeconds": 77}, {"sensitive": ["password"]}])
    edited.may_change += [("settings",)]


def _name(edited: Edited) -> None:
    edited.document["name"] = "Renamed"
    edited.document["description"] = "What it does"
    edited.may_change += [("name",), ("flow", "name"), ("description",)]


EDITS: Sequence[Callable[[Edited], None]] = (
    _title,
    _position,
    _color,
    _property,
    _new_property,
    _no_property,
    _literal,
    _rows,
    _capability_input,
    _call,
    _disabled,
    _remove,
    _remove_edge,
    _add_edge,
    _change_outcome,
    _add_node,
    _variable,
    _input,
    _settings,
    _name,
)


def changes(one: Any, other: Any) -> set[tuple[str, ...]]:
    """Return the paths at which two documents differ; nodes and edges by their ids."""
    return set(_changes(_by_ids(one), _by_ids(other), ()))


def _by_ids(document: Any) -> Any:
    made = copy.deepcopy(document)
    graph = made.get("graphData")
    elements = graph.pop("elements", None) if isinstance(graph, dict) else None
    if not isinstance(elements, dict):
        return {**made, "elements": elements}
    for name in ("nodes", "edges"):
        held = elements.pop(name, None)
        if isinstance(held, list):
            made[f"*{name}"] = {_key(name, element, i): element for i, element in enumerate(held)}
        elif held is not None:
            made[f"*{name}"] = held
    return {**made, "elements": elements}


def _key(group: str, element: Any, index: int) -> str:
    data = element.get("data") if isinstance(element, dict) else None
    if not isinstance(data, dict):
        return f"odd {json.dumps(element)}"
    if group == "nodes":
        return str(data.get("id", ""))
    ends = [data.get(name) for name in ("source", "target", "multiValueSourceId", "id")]
    return json.dumps(ends)


def _changes(one: Any, other: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {*one, *other}:
            if name in one and name in other:
                yield from _changes(one[name], other[name], (*path, name))
            else:
                yield (*path, name, "*gone*" if name in one else NEW)
    elif json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
        yield path


def stray(paths: set[tuple[str, ...]], allowed: list[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return the paths that none of the beginnings allows."""
    found = set()
    for path in paths:
        told = path[0].removeprefix("*"), *path[1:]
        holders = {("nodes",), ("edges",), ("elements",)}
        if {told, told[:-1]} & holders and {("nodes", NEW), ("edges", NEW)} & {*allowed}:
            continue  # no list there, or something else
        is_new = told[-1] == NEW
        plain = told[:-1] if told[-1] in {NEW, "*gone*"} else told
        if is_new and plain[0] in {"nodes", "edges"} and (plain[0], NEW) in allowed:
            continue
        if any(_allows(beginning, plain, is_new=is_new) for beginning in allowed):
            continue
        found.add(path)
    return found


def _allows(beginning: tuple[str, ...], path: tuple[str, ...], *, is_new: bool) -> bool:
    if beginning[0] == "edges" and path[0] == "edges" and len(path) > 1:
        return path[1].startswith("[") and beginning[1] in json.loads(path[1])
    if path[: len(beginning)] == beginning:
        return True
    # What is no object gives way to one.
    return (is_new or path[-1] == "properties") and beginning[: len(path)] == path


def make_edited(seed: int, document: Any, view: View) -> tuple[str, Edited]:
    """Edit a copy of an imported flow by one of the edits."""
    random = Random(seed)
    edit = random.choice(EDITS)
    edited = Edited(copy.deepcopy(document), view, random)
    edit(edited)
    return edit.__name__.strip("_"), edited
