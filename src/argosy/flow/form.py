"""The canonical form of flow and flow-test files: one way to write what a file says.

The file's schema decides: members stand in its order, and one that says what holds anyway is left
out. What the schema only calls data (inputs, schemas, records) keeps its author's order. Of a
flow, nodes keep their order, and edges and layout follow it. A list of objects, and an object of
several, has a line for each, so that a change of one shows as one; whatever else fits a line
stands on one. What a flow came from has a line for each of its values.

What a file means is not touched, and writing what was written changes nothing.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from argosy.connector import read_document, schema_folder
from argosy.model import ALWAYS, ERROR, SUCCESS, lookup_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.model import Json, JsonObject

WIDTH = 100
#: Without any of these, a schema says nothing of what is within a value.
_STRUCTURE = frozenset({"properties", "additionalProperties", "allOf", "anyOf", "oneOf"})
_INDENT = 2
#: Where edges of an outcome stand among those of their node; others stand between.
_RANKS = {SUCCESS: 0, ERROR: 2, ALWAYS: 3}


def canonical_text(document: JsonObject, kind: str) -> str:
    """Write a document that is valid by its kind's schema, `flow` or `flow-test`."""
    form = canonical_form(document, kind)
    kept = form.pop("source", None) if kind == "flow" else None
    text = _written(form, 0, 0, breaks=True)
    if kept is not None:
        text = f'{text.removesuffix("}").rstrip()},\n  "source": {_kept(kept)}\n}}'
    return text + "\n"


def canonical_form(document: JsonObject, kind: str) -> JsonObject:
    """Return what `canonical_text` writes; two documents that say the same have the same."""
    schema = _schema(kind)
    ordered: JsonObject = _ordered(document, schema, schema)
    return _laid_out(_sorted_edges(ordered)) if kind == "flow" else ordered


@lru_cache(maxsize=4)
def _schema(kind: str) -> JsonObject:
    return read_document(schema_folder(), f"{kind}.schema.json")


def _ordered(value: Json, schema: JsonObject, root: JsonObject) -> Json:
    """Return a value with the members that its schema knows in the schema's order."""
    schema = _resolved(schema, root)
    if isinstance(value, list):
        items = schema.get("items")
        return [_ordered(item, items, root) for item in value] if items else value
    if isinstance(value, float) and value.is_integer() and _is_number(schema):
        return int(value)
    if not isinstance(value, dict) or not schema.keys() & _STRUCTURE:
        return value
    known: JsonObject = {}
    for part in _parts(schema, root):
        for name, member in part.get("properties", {}).items():
            known.setdefault(name, member)
    more = schema.get("additionalProperties")
    more = more if isinstance(more, dict) else {}
    names = [name for name in known if name in value]
    names += [name for name in value if name not in known]
    made = {name: _ordered(value[name], known.get(name, more), root) for name in names}
    own = schema.get("properties", {})
    return {name: found for name, found in made.items() if not _goes_without(found, own.get(name))}


def _resolved(schema: JsonObject, root: JsonObject) -> JsonObject:
    while "$ref" in schema:
        target = lookup_pointer(root, schema["$ref"].removeprefix("#"))
        schema = {**target, **{key: held for key, held in schema.items() if key != "$ref"}}
    return schema


def _parts(schema: JsonObject, root: JsonObject) -> Iterator[JsonObject]:
    """Yield a schema and those that it puts together."""
    schema = _resolved(schema, root)
    yield schema
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from _parts(part, root)


def _is_number(schema: JsonObject) -> bool:
    return schema.get("type") in {"integer", "number"}


def _goes_without(value: Json, declared: JsonObject | None) -> bool:
    """Tell whether a member says only what holds where it is left out."""
    if declared is None or "default" not in declared:
        return False
    default = declared["default"]
    return bool(value == default) and isinstance(value, bool) is isinstance(default, bool)


def _sorted_edges(graph: JsonObject) -> JsonObject:
    """Return a graph, and those within its nodes, with edges in the order of their nodes."""
    nodes = [
        {**node, "body": _sorted_edges(node["body"])} if "body" in node else node
        for node in graph["nodes"]
    ]
    places = {node["id"]: place for place, node in enumerate(nodes)}

    def key(edge: JsonObject) -> tuple[Any, ...]:
        outcome = edge.get("outcome", SUCCESS)
        source, target = edge["from"], edge["to"]
        last = len(places)
        return (
            (places.get(source, last), source),
            (_RANKS.get(outcome, 1), outcome),
            (places.get(target, last), target),
        )

    return {**graph, "nodes": nodes, "edges": sorted(graph["edges"], key=key)}


def _laid_out(document: JsonObject) -> JsonObject:
    """Return a flow with its layout in the order of the nodes; what else it holds comes last."""
    if "layout" not in document:
        return document
    layout = document["layout"]
    names = [name for name in _node_ids(document) if name in layout]
    ordered = {name: layout[name] for name in (*names, *sorted(layout))}
    return {**document, "layout": ordered}


def _node_ids(graph: JsonObject) -> Iterator[str]:
    for node in graph["nodes"]:
        yield node["id"]
        if "body" in node:
            yield from _node_ids(node["body"])


def _written(value: Json, indent: int, before: int, *, breaks: bool = False) -> str:
    """Write a value; `before` counts what stands on its line already, the indent too."""
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    if not breaks and not _needs_lines(value):
        line = json.dumps(value, ensure_ascii=False)
        if before + len(line) < WIDTH:  # a comma may follow
            return line
    inner = indent + _INDENT
    lines = []
    if isinstance(value, dict):
        for name, member in value.items():
            key = f"{json.dumps(name, ensure_ascii=False)}: "
            lines.append(key + _written(member, inner, inner + len(key)))
    else:
        lines = [_written(item, inner, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    space = " " * inner
    joined = f",\n{space}".join(lines)
    return f"{opening}\n{space}{joined}\n{' ' * indent}{closing}"


def _kept(source: Json) -> str:
    """Write what a flow came from: a line for each value, since it is long and nobody edits it."""
    try:
        return orjson.dumps(source, option=orjson.OPT_INDENT_2).decode().replace("\n", "\n  ")
    except TypeError:  # whole numbers of more than 64 bits
        return _written(source, _INDENT, WIDTH)


def _needs_lines(value: Json) -> bool:
    """Tell whether a value is, or holds, a list of objects or an object of several."""
    if not isinstance(value, dict | list) or not value:
        return False
    members = list(value.values()) if isinstance(value, dict) else value
    several = isinstance(value, list) or len(value) > 1
    return (several and all(isinstance(one, dict) for one in members)) or any(
        map(_needs_lines, members)
    )
