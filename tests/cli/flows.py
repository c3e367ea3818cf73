"""A small flow for the tests of `argosy run`, and what they look at."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

INSERT = {"database": "shop", "table": "people", "record": {"email": "{{ input.email }}"}}
FLOW = {
    "formatVersion": 1,
    "name": "T",
    "inputs": {
        "type": "object",
        "required": ["email"],
        "properties": {"email": {"type": "string"}, "times": {"type": "integer", "default": 2}},
    },
    "nodes": [
        {"id": "start", "kind": "trigger"},
        {
            "id": "each",
            "kind": "for-each",
            "inputs": {"items": ["x", "y"]},
            "body": {
                "nodes": [{"id": "insert", "capability": "insert-record", "inputs": INSERT}],
                "edges": [],
            },
        },
        {"id": "big", "kind": "condition", "inputs": {"when": "{{ input.times > 2 }}"}},
        {"id": "yes", "kind": "respond", "inputs": {"body": "big"}},
        {
            "id": "no",
            "kind": "respond",
            "inputs": {"body": {"rows": "{{ nodes.each.outputs.count }}"}},
        },
    ],
    "edges": [
        {"from": "start", "to": "each"},
        {"from": "each", "to": "big"},
        {"from": "big", "outcome": "true", "to": "yes"},
        {"from": "big", "outcome": "false", "to": "no"},
    ],
}
INPUT = '{"email": "ada@example.com"}'


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def timeless(text: str) -> str:
    return re.sub(r" +\d+(\.\d+)? (ms|s)\b", " TIME", text)
