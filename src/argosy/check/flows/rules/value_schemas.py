"""The schemas of inputs, outputs and variables are JSON Schema 2020-12 and stand alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import JsonObject, Problem

ID = "value-schemas"
DEMAND = "The schemas of inputs, outputs and variables are valid and need no other file."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with each schema."""
    for pointer, schema in _schemas(subject):
        for fault in subject.schema_faults(schema):
            yield subject.problem(ID, fault.message, pointer + fault.pointer, fault.hint)


def _schemas(subject: FlowSubject) -> Iterator[tuple[str, JsonObject]]:
    if subject.flow is None:
        return
    yield "/inputs", subject.flow.inputs
    if subject.flow.outputs is not None:
        yield "/outputs", subject.flow.outputs
    for name, variable in subject.variables.items():
        if variable.schema is not None:
            yield join_pointer(("variables", name, "schema")), variable.schema
