"""Random flows: acyclic or not, sound or not, of nodes that read each other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = Any


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a flow whose nodes read some of the others, with a default or without."""
    count = draw(st.integers(1, 7))
    names = [f"n{index}" for index in range(count)]
    nodes = [{"id": "start", "kind": "trigger"}]
    for index, name in enumerate(names):
        nodes.append(draw(_nodes(name, _read_by(draw, names, index), depth=0)))
    return {
        "formatVersion": 1,
        "name": "Random",
        "inputs": {
            "type": "object",
            "required": ["yes"],
            "properties": {"yes": {"type": "boolean"}, "maybe": {"type": "integer"}},
        },
        "nodes": nodes,
        "edges": draw(_edges(nodes)),
    }


def _read_by(draw: st.DrawFn, names: list[str], index: int) -> list[str]:
    """Return whom a node may read: mostly those before it, now and then any."""
    return names if draw(st.integers(0, 9)) == 0 else ["start", *names[:index]]


@st.composite
def _edges(draw: st.DrawFn, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw edges that lead forward, so that most flows are sound: one to each node at least."""
    edges = []
    for place, node in enumerate(nodes[1:], 1):
        for source in draw(st.sets(st.integers(0, place - 1), min_size=1, max_size=3)):
            outcome = draw(st.sampled_from(_outcomes(nodes[source])))
            edge = {"from": nodes[source]["id"], "outcome": outcome, "to": node["id"]}
            if edge not in edges:
                edges.append(edge)
    return edges


def _outcomes(node: dict[str, Any]) -> list[str]:
    if node.get("kind") == "condition":
        return ["true", "false", "true", "false", "always"]
    return ["success", "success", "error", "always"] if node["kind"] != "fail" else ["error"]


@st.composite
def _nodes(draw: st.DrawFn, name: str, names: list[str], depth: int) -> dict[str, Any]:
    kinds = ["transform", "transform", "condition", "fail", *(["for-each", "while"] * (depth < 2))]
    kind = draw(st.sampled_from(kinds))
    node: dict[str, Any] = {"id": name, "kind": kind, "join": draw(st.sampled_from(["any", "all"]))}
    if kind != "fail":
        node["onError"] = draw(st.sampled_from(["fail", "continue", "end"]))
    reads = draw(st.lists(_reads(names), max_size=2))
    if kind == "transform":
        node["inputs"] = {"values": {f"v{i}": text for i, text in enumerate(reads)}}
    elif kind == "condition":
        right = draw(st.booleans())
        node["inputs"] = {"left": "{{ input.yes }}", "operator": "equals", "right": right}
    elif kind == "fail":
        node["inputs"] = {"message": "on purpose"}
    else:
        node |= draw(_loops(kind, name, names))
    return node


@st.composite
def _loops(draw: st.DrawFn, kind: str, name: str, names: list[str]) -> dict[str, Any]:
    inner = [f"{name}-{index}" for index in range(draw(st.integers(1, 3)))]
    nodes = [
        draw(_nodes(one, [*names, *_read_by(draw, inner, index)], depth=1 + name.count("-")))
        for index, one in enumerate(inner)
    ]
    body = {"nodes": nodes, "edges": draw(_edges([{"id": "", "kind": ""}, *nodes]))}
    body["edges"] = [edge for edge in body["edges"] if edge["from"]]
    late = draw(_reads([*names, *inner]))
    if kind == "for-each":
        return {"inputs": {"items": [1, 2], "collect": late}, "body": body}
    condition = draw(
        st.sampled_from(["{{ index < 2 }}", f"{{{{ ({late[3:-3]}) is none or index < 2 }}}}"])
    )
    return {"inputs": {"condition": condition, "limit": 3}, "body": body}


@st.composite
def _reads(draw: st.DrawFn, names: list[str]) -> str:
    first, second = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    member = draw(st.sampled_from(["outputs", "outputs.v0", "status", "error", "error.code"]))
    read, other = f"nodes['{first}'].{member}", f"nodes['{second}'].status"
    form = draw(st.integers(0, 6))
    if form == 0:
        return f"{{{{ {read} }}}}"
    if form == 1:
        return f"{{{{ {read} | default({other}) }}}}"
    if form == 2:
        return f"{{{{ {read} if {read} is defined else 0 }}}}"
    if form == 3:
        return f"{{{{ {read} is defined and {read} is none }}}}"
    return f"{{{{ {read} | default(none) }}}}"
