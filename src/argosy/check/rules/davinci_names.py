"""DaVinci's names of capabilities and properties lead to one thing each.

DaVinci calls a capability by its id in camelCase, or by the name in `davinci.name`, and its
properties by the names in `davinci.properties`; a flow that is imported must find exactly one
capability, and inputs that there are. All properties of a connector share one set of names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.davinci.shape.allotting import allot
from argosy.davinci.shape.rules import PropertyRule, property_rules, setting_rules
from argosy.errors import InvalidManifestError
from argosy.model import Capability, Connector, JsonObject, Problem, join_pointer
from argosy.model.connection import camel_case
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "davinci-names"
DEMAND = "DaVinci's properties are declared inputs, and each of its names means one thing."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield DaVinci names that lead nowhere or to two capabilities."""
    owners: dict[str, Capability] = {}
    for document, capability in subject.valid_capabilities():
        davinci = document.get("davinci", {})
        yield from _input_problems(subject, capability, davinci.get("properties", {}))
        name = davinci.get("name", camel_case(capability.id))
        owner = owners.setdefault(name, capability)
        if owner.id != capability.id:
            message = f"the DaVinci name {name!r} is already that of {owner.id!r}"
            pointer = "/davinci/name" if "name" in davinci else "/id"
            yield Problem(ID, message, pointer, file=capability.file)
    if subject.connector is not None:
        yield from _unknown_settings(subject.manifest.file, subject.connector)
        yield from _shared_properties(subject, subject.connector)


def _unknown_settings(file: str, connector: Connector) -> Iterator[Problem]:
    declared = connector.settings.get("properties", {})
    for name in connector.davinci.settings or ():
        if name not in declared:
            known = list_words(declared, name) or "none"
            message = f"{name!r} is not a declared setting; there is {known}"
            pointer = join_pointer(("davinci", "settings", name))
            yield Problem(ID, message, pointer, file=file)


def _shared_properties(subject: Subject, connector: Connector) -> Iterator[Problem]:
    """Yield properties whose names are those of others that are defined otherwise."""
    order = {file: place for place, file in enumerate(connector.capability_files.values())}
    found = [one for _, one in subject.valid_capabilities() if one.file in order]
    rules: list[tuple[Capability, PropertyRule]] = []
    for capability in sorted(found, key=lambda one: order[one.file]):
        schema = sound_schema(subject, capability.inputs, capability.file)
        if schema is not None:
            rules += ((capability, rule) for rule in property_rules(connector, capability, schema))
    try:
        allot([setting.property for setting in setting_rules(connector)], rules)
    except InvalidManifestError as error:
        yield from error.problems


def _input_problems(
    subject: Subject, capability: Capability, properties: JsonObject
) -> Iterator[Problem]:
    schema = sound_schema(subject, capability.inputs, capability.file)
    if schema is None:
        return
    declared = schema.get("properties", {})
    filled: dict[str, str] = {}
    for name, given in properties.items():
        target = given.get("input", name)
        if filled.setdefault(target, name) != name:
            message = f"the input {target!r} is already filled by the property {filled[target]!r}"
            pointer = join_pointer(("davinci", "properties", name))
            yield Problem(ID, message, pointer, file=capability.file)
        if target not in declared:
            known = list_words(declared, target) or "none"
            message = f"{target!r} is not a declared input; there is {known}"
            pointer = join_pointer(("davinci", "properties", name))
            yield Problem(ID, message, pointer, file=capability.file)
