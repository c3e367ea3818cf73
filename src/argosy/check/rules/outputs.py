"""What `response.outputs` gives and what `outputs` promises are the same names.

An output that is not declared has no type, and one that is required and never given fails
every call. `rawResponse`, `statusCode` and `headers` are outputs of every capability and are
not declared again. A capability with a handler gives what its handler returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.model import Capability, JsonObject, Problem, join_pointer
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "outputs"
DEMAND = "Every output that is given is declared, and every required one is given."

ALWAYS_THERE = ("rawResponse", "statusCode", "headers")


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what differs between the outputs that are given and those that are declared."""
    for _, capability in subject.valid_capabilities():
        schema = sound_schema(subject, capability.outputs, capability.file)
        findings = [*_redeclared(capability)]
        if schema is not None:
            findings += [*_undeclared(capability, schema), *_not_given(capability, schema)]
        for pointer, message in findings:
            yield Problem(ID, message, pointer, file=capability.file)


def _redeclared(capability: Capability) -> Iterator[tuple[str, str]]:
    given = (("response", "outputs"), capability.response.outputs)
    declared = (("outputs", "properties"), capability.outputs.get("properties", {}))
    for path, names in (given, declared):
        for name in names:
            if name in ALWAYS_THERE:
                message = f"{name!r} is an output of every capability; leave it out here"
                yield join_pointer((*path, name)), message


def _undeclared(capability: Capability, schema: JsonObject) -> Iterator[tuple[str, str]]:
    declared = schema.get("properties", {})
    response = capability.response
    for part, names in (
        ("outputs", response.outputs),
        ("failureOutputs", response.failure_outputs),
    ):
        for name in names:
            if name not in declared and name not in ALWAYS_THERE:
                known = list_words(declared, name) or "none"
                message = f"{name!r} is not declared in outputs.properties; there is {known}"
                yield join_pointer(("response", part, name)), message


def _not_given(capability: Capability, schema: JsonObject) -> Iterator[tuple[str, str]]:
    if capability.handler:
        return
    given = {
        *capability.response.outputs,
        *(capability.waiting.outputs if capability.waiting else ()),
    }
    if capability.response.format == "bytes":
        given.add("size")
    for index, name in enumerate(schema.get("required", ())):
        if name not in given:
            message = f"{name!r} is required, and neither response.outputs nor a handler gives it"
            yield join_pointer(("outputs", "required", index)), message
