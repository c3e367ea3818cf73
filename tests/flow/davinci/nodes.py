"""Nodes of imported flows, written in a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.flow.run import Run, Step
from tests.flow.harness import kind, step_of


def node(
    id_: str,
    what: str,
    properties: Mapping[str, Any] | None = None,
    literals: Mapping[str, Any] | None = None,
    *,
    flow: str = "",
    disabled: bool = False,
    **more: Any,
) -> Any:
    """Return a node of `connector/capability`."""
    connector, _, capability = what.partition("/")
    inputs: dict[str, Any] = {"connector": connector, "capability": capability}
    inputs["properties"] = dict(properties or {})
    inputs |= {"literals": dict(literals)} if literals else {}
    inputs |= {"flow": flow} if flow else {}
    inputs |= {"disabled": True} if disabled else {}
    return kind(id_, "davinci", inputs, **more)


def row(name: str, value: Any, type_: str = "") -> dict[str, Any]:
    """Return a row of a variable or of a field."""
    return {"name": name, "value": value, **({"type": type_} if type_ else {})}


def pair(key: str, value: Any) -> dict[str, Any]:
    """Return a row of a header, a query or a form."""
    return {"key": key, "value": value}


def error_of(run: Run, path: str) -> dict[str, Any]:
    """Return the error of a step that must have failed."""
    step: Step = step_of(run, path)
    assert step.error is not None, step.outputs
    return step.error
