"""How a list goes on fits the capability: it names an output, and inputs that are declared.

The input `all` asks for every page, and `maxItems` bounds it, so a capability that pages
declares both; `hasMore` and `next` are outputs of every capability that pages and are not
declared again. A handler follows pages by itself, unless it calls its own declaration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.model import ALL, MAX_ITEMS, Capability, JsonObject, Paging, Problem, join_pointer
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "paging"
DEMAND = "Paging names a declared list and declared inputs, `all` and `maxItems` among them."

_SAID = ("hasMore", "next")


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what does not fit between a capability's paging, inputs and outputs."""
    for _, capability in subject.valid_capabilities():
        inputs = sound_schema(subject, capability.inputs, capability.file)
        if inputs is None:
            continue
        if capability.paging is None:
            findings = _without_paging(inputs)
        else:
            findings = _findings(capability, capability.paging, inputs)
        for pointer, message in findings:
            yield Problem(ID, message, pointer, file=capability.file)


def _without_paging(inputs: JsonObject) -> Iterator[tuple[str, str]]:
    if {ALL, MAX_ITEMS} <= set(inputs.get("properties", {})):
        yield "", f"the inputs {ALL!r} and {MAX_ITEMS!r} do nothing without `paging`"


def _findings(
    capability: Capability, paging: Paging, inputs: JsonObject
) -> Iterator[tuple[str, str]]:
    if capability.handler and capability.id not in capability.handler.uses:
        yield "/paging", "a handler follows pages by itself; leave `paging` out"
    outputs = capability.outputs.get("properties", {})
    if paging.items not in capability.response.outputs:
        known = list_words(capability.response.outputs, paging.items) or "none"
        yield "/paging/items", f"{paging.items!r} is no output of the response; there is {known}"
    elif outputs.get(paging.items, {}).get("type", "array") != "array":
        yield "/paging/items", f"the output {paging.items!r} is not declared as an array"
    declared = inputs.get("properties", {})
    for name in paging.next:
        if name not in declared:
            known = list_words(declared, name) or "none"
            pointer = join_pointer(("paging", "next", name))
            yield pointer, f"{name!r} is not a declared input; there is {known}"
    for name in (ALL, MAX_ITEMS):
        if name not in declared:
            yield "/inputs/properties", f"a capability with `paging` has the input {name!r}"
    for name in _SAID:
        if name in outputs:
            message = f"{name!r} is an output of every capability that pages; leave it out here"
            yield join_pointer(("outputs", "properties", name)), message
