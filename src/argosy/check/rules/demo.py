"""The demonstration that the manifest names can run: its shape, its capabilities, what it reads.

A step may read the outputs of the steps before it, `{{ steps.ID.NAME }}`, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.expressions import compile_or_fault, texts
from argosy.connector.loading import file_validator
from argosy.flow.library import flow_files, flow_id
from argosy.model import Json, JsonObject, Problem
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "demo"
DEMAND = "The demo fits its schema, calls what there is, and reads earlier steps."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the demo, where the manifest names one."""
    demo = subject.demo
    if demo is None or subject.connector is None:
        return
    if demo.document is None:
        message = f"{demo.file} cannot be read: {demo.fault}"
        yield Problem(ID, message, "/demo", file=subject.manifest.file)
        return
    if problems := file_validator("demo").problems(demo.document):
        yield from (replace(problem, code=ID, file=demo.file) for problem in problems)
        return
    flows = [flow_id(path) for path in flow_files(subject.root / "flows")]
    capabilities = subject.connector.capability_files
    for pointer, message in _findings(demo.document["steps"], capabilities, flows):
        yield Problem(ID, message, pointer, file=demo.file)


def _findings(
    steps: list[JsonObject], capabilities: Json, flows: list[str]
) -> Iterator[tuple[str, str]]:
    earlier: list[str] = []
    ids: list[str] = []
    for index, step in enumerate(steps):
        named = step.get("capability")
        if named is not None and named not in capabilities:
            known = list_words(capabilities, named)
            message = f"{named!r} is not a capability of the manifest; there is {known}"
            yield f"/steps/{index}/capability", message
        after = step.get("after")
        if after is not None and after not in ids:
            known = list_words(ids, after) or "none"
            yield f"/steps/{index}/after", f"{after!r} is not an earlier step; there is {known}"
        flow = step.get("flow")
        if flow is not None and flow not in flows:
            known = list_words(flows, flow) or "none"
            message = f"{flow!r} is not a flow of the connector; there is {known}"
            yield f"/steps/{index}/flow", message
        ids.append(step["id"])
        for pointer, text in texts(step.get("inputs"), ("steps", index, "inputs")):
            yield from ((pointer, message) for message in _unreadable(text, earlier))
        if named is not None:
            earlier.append(step["id"])


def _unreadable(text: str, earlier: list[str]) -> Iterator[str]:
    template = compile_or_fault(text)
    if isinstance(template, str):
        yield template
        return
    for path in template.paths:
        if len(path) < 2 or path[0] != "steps" or path[1] not in earlier:
            known = list_words((f"steps.{name}" for name in earlier), ".".join(path)) or "none"
            yield f"{'.'.join(path)!r} is not an earlier step; there is {known}"
