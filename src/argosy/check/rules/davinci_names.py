"""DaVinci's names of capabilities and properties lead to one thing each.

DaVinci calls a capability by its id in camelCase, or by the name in `davinci.capability`, and
its properties by the names in `davinci.properties`; a flow that is imported must find exactly
one capability, and inputs that there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.model import Capability, JsonObject, Problem, join_pointer
from argosy.model.connection import camel_case
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "davinci-names"
DEMAND = "DaVinci's properties are declared inputs, and its capability names are unique."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield DaVinci names that lead nowhere or to two capabilities."""
    owners: dict[str, Capability] = {}
    for document, capability in subject.valid_capabilities():
        davinci = document.get("davinci", {})
        yield from _unknown_inputs(subject, capability, davinci.get("properties", {}))
        name = davinci.get("capability", camel_case(capability.id))
        owner = owners.setdefault(name, capability)
        if owner.id != capability.id:
            message = f"the DaVinci name {name!r} is already that of {owner.id!r}"
            pointer = "/davinci/capability" if "capability" in davinci else "/id"
            yield Problem(ID, message, pointer, file=capability.file)


def _unknown_inputs(
    subject: Subject, capability: Capability, properties: JsonObject
) -> Iterator[Problem]:
    schema = sound_schema(subject, capability.inputs, capability.file)
    if schema is None:
        return
    declared = schema.get("properties", {})
    for name, target in properties.items():
        if target not in declared:
            known = list_words(declared, target) or "none"
            message = f"{target!r} is not a declared input; there is {known}"
            pointer = join_pointer(("davinci", "properties", name))
            yield Problem(ID, message, pointer, file=capability.file)
