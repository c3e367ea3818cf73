"""Connectors drafted in a test: a manifest, capabilities and handlers written to a folder.

A draft has one family, `api`, in two regions, and a secret property `apiKey` that travels in the
header `X-Notes-Key`. A capability needs only what its test is about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from argosy.connector import load_connector
from argosy.model import Connector

KEY = "k-5f2a/91c+b7=d3"

MANIFEST: Mapping[str, Any] = {
    "formatVersion": 1,
    "id": "draft",
    "version": "1.2.3",
    "title": "Draft",
    "settings": {
        "type": "object",
        "required": ["apiKey"],
        "additionalProperties": False,
        "properties": {
            "apiKey": {
                "type": "string",
                "title": "Key",
                "secret": True,
                "pattern": "^[!-~]{4,200}$",
            },
            "region": {"type": "string", "title": "Region", "default": "north"},
        },
    },
    "auth": {"header": "X-Notes-Key", "value": "Key {{ connection.apiKey }}"},
    "families": {"api": {"title": "Notes"}, "open": {"title": "Open notes", "auth": False}},
    "regions": {
        "north": {
            "title": "North",
            "aliases": ["n"],
            "endpoints": {
                "api": "https://north.notes.example.com/v1",
                "open": "https://open.notes.example.com",
            },
        },
        "south": {"title": "South", "endpoints": {"api": "https://south.notes.example.com/v1"}},
    },
    "errors": {"message": ["/error/text", "/message"], "requestId": ["X-Request-Id"]},
}


def capability(name: str, **members: Any) -> dict[str, Any]:
    """Return a capability's document: a GET of `/items` that takes and gives anything."""
    return {
        "formatVersion": 1,
        "id": name,
        "title": f"Capability {name}",
        "family": "api",
        "summary": "Does what its test is about.",
        "effect": "read",
        "repeat": {"safe": True, "reason": "Reading changes nothing."},
        "inputs": {"type": "object"},
        "request": {"method": "GET", "path": "/items"},
        "outputs": {"type": "object"},
        "examples": [{"title": "One", "inputs": {}, "response": {"status": 200}, "outputs": {}}],
        "antiExamples": [{"title": "None", "inputs": {}, "pointer": "", "reason": "x"}],
        **members,
    }


def unsafe(name: str, **members: Any) -> dict[str, Any]:
    """Return a POST that may not be repeated."""
    return capability(
        name,
        **{
            "effect": "write",
            "repeat": {"safe": False, "reason": "It would be stored twice."},
            "request": {"method": "POST", "path": "/items", "body": "{{ inputs }}"},
            **members,
        },
    )


def handled(name: str, **members: Any) -> dict[str, Any]:
    """Return a capability that the handler of the same name runs."""
    return unsafe(
        name,
        handler={"name": name, "reason": "The test is about handlers."},
        **members,
    )


def write_connector(
    folder: Path,
    *capabilities: Mapping[str, Any],
    handlers: Mapping[str, str] | None = None,
    **manifest: Any,
) -> Connector:
    """Write a connector below `folder` and load it; `handlers` maps names to Python source."""
    listed = [f"items/{document['id']}" for document in capabilities]
    _write(folder / "connector.json", {**MANIFEST, "capabilities": listed, **manifest})
    for entry, document in zip(listed, capabilities, strict=True):
        _write(folder / "capabilities" / f"{entry}.json", document)
    for name, source in (handlers or {}).items():
        (folder / "handlers").mkdir(exist_ok=True)
        (folder / "handlers" / f"{name}.py").write_text(source, encoding="utf-8")
    return load_connector(folder)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
