"""Waiting asks a capability that there is and that only reads, with inputs it takes.

The inputs `wait` and `waitSeconds` ask for it, so a capability that can wait declares both;
what waiting gives is declared among the outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.expressions import compile_or_fault
from argosy.check.schemas import sound_schema
from argosy.model import (
    WAIT,
    WAIT_SECONDS,
    Capability,
    JsonObject,
    Problem,
    Waiting,
    join_pointer,
)
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.check.subject import Subject

ID = "waiting"
DEMAND = "Waiting asks a capability that reads, with its inputs, and gives declared outputs."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what does not fit between a capability's waiting and the capability it asks."""
    known = {capability.id: capability for _, capability in subject.valid_capabilities()}
    for capability in known.values():
        inputs = sound_schema(subject, capability.inputs, capability.file)
        if inputs is None:
            continue
        findings = [*_switches(capability, inputs)]
        if capability.waiting:
            findings += _question(subject, capability.waiting, known)
            findings += _answers(capability, capability.waiting)
        for pointer, message in findings:
            yield Problem(ID, message, pointer, file=capability.file)


def _switches(capability: Capability, inputs: JsonObject) -> Iterator[tuple[str, str]]:
    declared = inputs.get("properties", {})
    for name in (WAIT, WAIT_SECONDS):
        if capability.waiting and name not in declared:
            yield "/inputs/properties", f"a capability with `waiting` has the input {name!r}"
    if not capability.waiting and {WAIT, WAIT_SECONDS} <= set(declared):
        yield "", f"the inputs {WAIT!r} and {WAIT_SECONDS!r} do nothing without `waiting`"


def _question(
    subject: Subject, waiting: Waiting, known: Mapping[str, Capability]
) -> Iterator[tuple[str, str]]:
    asked = known.get(waiting.capability)
    if asked is None:
        there = list_words(known, waiting.capability)
        yield "/waiting/capability", f"{waiting.capability!r} is no capability; there is {there}"
        return
    if asked.effect != "read":
        yield "/waiting/capability", f"{asked.id!r} does not only read; asking would change things"
    schema = sound_schema(subject, asked.inputs, asked.file)
    if schema is None:
        return
    declared = schema.get("properties", {})
    for name in waiting.inputs:
        if name not in declared:
            there = list_words(declared, name) or "none"
            pointer = join_pointer(("waiting", "inputs", name))
            yield pointer, f"{name!r} is not an input of {asked.id!r}; there is {there}"
    for name in schema.get("required", ()):
        if name not in waiting.inputs and "default" not in declared.get(name, {}):
            yield "/waiting/inputs", f"{asked.id!r} needs the input {name!r}"


def _answers(capability: Capability, waiting: Waiting) -> Iterator[tuple[str, str]]:
    template = compile_or_fault(waiting.status)
    if not isinstance(template, str) and not template.exact:
        yield "/waiting/status", f"{waiting.status!r} is text, not one {{{{ expression }}}}"
    declared = capability.outputs.get("properties", {})
    for name in waiting.outputs:
        if name not in declared:
            there = list_words(declared, name) or "none"
            pointer = join_pointer(("waiting", "outputs", name))
            yield pointer, f"{name!r} is not declared in outputs.properties; there is {there}"
    both = set(waiting.succeeded) & set(waiting.failed)
    for status in sorted(map(str, both)):
        yield "/waiting/failed", f"{status!r} stands for success and for failure"
