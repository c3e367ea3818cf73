"""Flows for the rules: written beside a small connector, with what every flow has filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CAPABILITIES: list[dict[str, Any]] = json.loads(
    (HERE / "connector.json").read_text(encoding="utf-8")
)


def complete(flow: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flow's document with what all samples have in common."""
    return {"formatVersion": 1, "name": "Sample", **flow}


def write_sample(folder: Path, sample: Mapping[str, Any]) -> Path:
    """Write a sample's flow, and the others that it may call, and return the flow's file.

    A sample has the members of a `flow`, or the `text` of its file; `others` are flows by path.
    """
    text = sample.get("text") or json.dumps(complete(sample["flow"]))
    (folder / "sample.flow.json").write_text(text, encoding="utf-8")
    for name, flow in sample.get("others", {}).items():
        path = folder / f"{name}.flow.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(complete(flow)), encoding="utf-8")
    return folder / "sample.flow.json"
