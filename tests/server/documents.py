"""The flows that the tests of the server run."""

from __future__ import annotations

from itertools import pairwise
from typing import Any


def flow(*nodes: Any, inputs: Any = None, **trigger: Any) -> Any:
    """Return a flow of a trigger of HTTP and these nodes, one after the other."""
    start = {"id": "start", "kind": "trigger", "inputs": {"on": "http", **trigger}}
    every = [start, *nodes]
    return {
        "formatVersion": 1,
        "name": "A flow behind HTTP",
        **({"inputs": inputs} if inputs else {}),
        "nodes": every,
        "edges": [{"from": one["id"], "to": after["id"]} for one, after in pairwise(every)],
    }


def respond(body: Any, **more: Any) -> Any:
    """Return a node that responds."""
    return {"id": "answer", "kind": "respond", "inputs": {"body": body, **more}}


ECHO = respond("{{ input }}")
WHOLE = {"type": "object", "properties": {"request": {"type": "object"}}}
NUMBER = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
SEARCH = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "exact": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "text": {"type": "string"},
    },
}
INSERT = {
    "id": "insert",
    "capability": "insert-record",
    "inputs": {"database": "shop", "table": "served", "record": "{{ input }}"},
}

DOCUMENTS = {
    "echo": flow(ECHO),
    "number": flow(ECHO, inputs=NUMBER),
    "search": flow(ECHO, inputs=SEARCH, method="GET", path="shop/search"),
    "remove": flow(ECHO, method="DELETE", path="shop/search"),
    "whole": flow(ECHO, inputs=WHOLE),
    "whole-get": flow(ECHO, inputs=WHOLE, method="GET", path="whole"),
    "insert": flow(INSERT, respond({"uuid": "{{ nodes.insert.outputs.uuid }}"}, statusCode=201)),
    "silent": flow(),
    "gone": flow(respond({"ignored": True}, statusCode=204)),
    "refused": flow(respond({"why": "no"}, status="error", statusCode=409)),
    "broken": flow(
        {"id": "stop", "kind": "fail", "inputs": {"message": "sesame {{ input.word }}"}}
    ),
    "slow": {
        **flow({"id": "rest", "kind": "wait", "inputs": {"seconds": 60}}),
        "settings": {"timeoutSeconds": 0.2},
    },
    "short": flow({"id": "rest", "kind": "wait", "inputs": {"seconds": 1}}, ECHO),
    "late": flow(ECHO, {"id": "stop", "kind": "fail", "inputs": {"message": "after the answer"}}),
}
