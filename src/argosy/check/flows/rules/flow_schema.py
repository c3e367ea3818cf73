"""A flow's file is JSON and fits `schemas/flow.schema.json`.

A key that stands twice is refused as well, since one of its values would silently win. A flow
of more nodes than can be looked through at once is better split into subflows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector import file_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "flow-schema"
DEMAND = "A flow is JSON and fits the schema of flows."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with the shape of the file."""
    source = subject.source
    if source.document is None:
        yield subject.problem(ID, f"the file cannot be read: {source.fault}")
    elif source.fault:
        yield subject.problem(ID, source.fault, "/nodes")
    elif source.flow is None:
        for problem in file_validator("flow").problems(source.document):
            yield replace(problem, code=ID, file=source.file)
