"""The details view of a connector, as DaVinci's admin API and connector manifests have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.connector import bundle_schema
from argosy.davinci.shape.definitions import (
    MASKED,
    definition_of,
    must_be_filled,
    payload_schema,
    stored,
)
from argosy.davinci.shape.schemas import json_types, resolved
from argosy.errors import InvalidManifestError, UnknownRegionError
from argosy.model import Problem
from argosy.regions import find_region

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.davinci.shape.names import ConnectorNames
    from argosy.davinci.shape.rules import PropertyRule
    from argosy.model import Capability, Json, JsonObject

#: The view names the environment that a connector is in; one that is only described is in none.
NO_ENVIRONMENT: Final = "00000000-0000-0000-0000-000000000000"
_COLORS: Final = {"canvas": "#ffffff", "dark": "#4a5566", "canvasText": "#253040"}
_GENERAL: Final = {"name": "General", "value": "general"}
_GIVEN_ALWAYS: Final = {
    "rawResponse": {"type": "object"},
    "statusCode": {"type": "number"},
    "headers": {"type": "object"},
}
_GIVEN_BY_LISTS: Final = {"hasMore": {"type": "boolean"}, "next": {"type": "object"}}
_GIVEN_AS_BYTES: Final = {
    "content": {"type": "string"},
    "file": {"type": "string"},
    "size": {"type": "number"},
}


def details_view(names: ConnectorNames, capability_ids: Sequence[str] = ()) -> JsonObject:
    """Return a connector's details view, with some of its capabilities; all where none is named.

    A property is defined alike whichever capabilities are shown. Raises UnknownCapabilityError,
    InvalidCapabilityError or InvalidManifestError.
    """
    connector = names.connector
    ids = list(dict.fromkeys(capability_ids)) or list(connector.capability_files)
    name = connector.davinci.name or connector.title
    capabilities: JsonObject = {}
    for one in ids:
        if names.name_of(one) in capabilities:
            raise _named_twice(names, one)
        capabilities[names.name_of(one)] = _capability(names, one)
    return {
        "environment": {"id": NO_ENVIRONMENT},
        "manifestVersion": connector.version,
        "version": connector.version,
        "name": name,
        "description": connector.description,
        "connectorId": names.connector_id,
        "serviceName": f"connector-{connector.id}",
        "connectorType": "",
        "connectorCategories": [
            {"name": one.capitalize(), "value": one} for one in connector.categories
        ],
        "connectorDetails": connector.description,
        "detailImage": None,
        "metadata": {
            "type": "service",
            "vendor": connector.title,
            "colors": {**_COLORS, **connector.davinci.colors},
            "logos": {"canvas": {"imageFileName": f"{connector.id}.svg"}},
        },
        "sections": [{**_GENERAL, "default": True}],
        "flowSections": [_GENERAL],
        "accountConfigView": {"items": [_item(one.property) for one in names.settings]},
        "credentialsView": {"items": []},
        "properties": _properties(names, ids),
        "capabilities": capabilities,
    }


def _named_twice(names: ConnectorNames, capability_id: str) -> InvalidManifestError:
    message = f"the DaVinci name {names.name_of(capability_id)!r} is already another's"
    file = names.capability(capability_id).file
    problem = Problem("davinci-names", message, "/davinci/name", file=file)
    return InvalidManifestError(file=file, problems=[problem])


def _item(name: str) -> JsonObject:
    return {"propertyName": name}


def _properties(names: ConnectorNames, shown: Sequence[str]) -> JsonObject:
    """Return the definitions of a connection's properties, and of those of some capabilities.

    One that several capabilities use is required where all of them require it.
    """
    found: JsonObject = {}
    for setting in names.settings:
        definition = definition_of(setting) | {"required": must_be_filled(setting)}
        definition.pop("enableParameters", None)  # those of a flow, and a connection is in none
        found[setting.property] = definition
    optional = {
        names.allotted[one, rule.input]
        for one in names.connector.capability_files
        for rule in names.rules(one)
        if not must_be_filled(rule)
    }
    for one in shown:
        for rule in names.rules(one):
            name = names.allotted[one, rule.input]
            found[name] = definition_of(rule) | {"required": name not in optional}
    return found


def _capability(names: ConnectorNames, capability_id: str) -> JsonObject:
    capability = names.capability(capability_id)
    rules = {
        names.property_of(capability_id, rule.input): rule for rule in names.rules(capability_id)
    }
    return {
        "type": "action",
        "title": names.title_of(capability_id),
        "subTitle": capability.summary,
        "respondToUser": False,
        "apiEnabled": True,
        "inputs": [],
        "userViews": [],
        "flowConfigView": {"items": [_item(name) for name in rules]},
        "localizedErrors": {"en": {}},
        "payloadInputSchema": {
            "default": {
                "type": "object",
                "properties": {
                    "properties": {
                        "type": "object",
                        "properties": {n: payload_schema(rule) for n, rule in rules.items()},
                        "required": [name for name, rule in rules.items() if must_be_filled(rule)],
                    }
                },
                "example": {"properties": dict(_example(names, capability, rules))},
            }
        },
        "localOutputSchema": {"output": _output(names, capability)},
        "globalOutputSchema": {},
    }


def _example(
    names: ConnectorNames, capability: Capability, rules: dict[str, PropertyRule]
) -> Iterator[tuple[str, Json]]:
    """Yield the properties of the example that gives most; a secret is masked."""
    given = [{k: v for k, v in one.inputs.items() if v is not None} for one in capability.examples]
    inputs = max(given, key=len)
    for name, rule in rules.items():
        if rule.input not in inputs:
            continue
        value = inputs[rule.input]
        if rule.secret:
            yield name, MASKED
        elif rule.form != "choice" or value in rule.choices:
            yield name, stored(rule, value)
        elif (region := _region(names, value)) in rule.choices:
            yield name, region


def _region(names: ConnectorNames, value: Json) -> str | None:
    """Return the id of the region that an alias names."""
    try:
        return find_region(names.connector, str(value)).id
    except UnknownRegionError:
        return None


def _output(names: ConnectorNames, capability: Capability) -> JsonObject:
    schema = bundle_schema(names.connector, capability.outputs, capability.file)
    given: JsonObject = dict(_GIVEN_ALWAYS)
    for name, member in schema.get("properties", {}).items():
        given[name] = _output_member(member, schema)
    if capability.paging:
        given |= _GIVEN_BY_LISTS
    if capability.response.format == "bytes":
        given |= _GIVEN_AS_BYTES
    return {"type": "object", "properties": given}


def _output_member(schema: Json, root: JsonObject) -> JsonObject:
    """Return what an output is: its type, where it has one, and what it says."""
    found = resolved(schema, root)
    types = {"number" if one == "integer" else one for one in json_types(found, root)}
    member: JsonObject = {"type": types.pop()} if len(types) == 1 else {}
    return member | {key: found[key] for key in ("title", "description") if key in found}
