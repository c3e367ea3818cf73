"""How DaVinci stores the value of each of a capability's inputs, by the input's schema.

A property has a form:

- `text`: rich text.
- `number`: rich text that spells a number.
- `switch`: a boolean.
- `choice`: one of `choices`, bare.
- `texts`: a list of bare texts.
- `rows`: a list of `{key, value}`, the value rich text; the input takes such rows too.
- `json-text`: rich text that spells JSON.

Rich text may hold bindings. What the schema cannot tell, the capability's file declares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from argosy.davinci.shape.schemas import json_types, literals, parts, resolved, takes_null
from argosy.model import DavinciProperty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from argosy.model import Capability, Connector, Json, JsonObject, Region
    from argosy.model.davinci import DavinciForm

REGION: Final = "region"
_NUMBERS: Final = frozenset({"integer", "number"})
_TEXTS: Final = frozenset({"string"}) | _NUMBERS
_ABBREVIATIONS: Final = frozenset({"api", "csv", "http", "id", "ip", "json", "sql", "url", "uuid"})


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """One property of a capability in DaVinci, and the input that it fills.

    `types` are the JSON types that the input takes beside null, none where it takes any; `choices`
    the values that it lists, and `labels` what to call them. `required` says that the input must
    be there, `nullable` that it may be null. `schema` is the input's schema, its references at the
    top followed.
    """

    property: str
    input: str
    form: DavinciForm
    types: frozenset[str]
    choices: tuple[Json, ...]
    labels: tuple[str, ...]
    required: bool
    nullable: bool
    secret: bool
    display_name: str
    info: str
    schema: JsonObject


def property_rules(
    connector: Connector, capability: Capability, inputs: JsonObject
) -> Iterator[PropertyRule]:
    """Yield a rule for each input of a capability; `inputs` is their schema, bundled.

    They come in the order of the schema. An input that several properties are declared for has
    the first of them.
    """
    declared: dict[str, tuple[str, DavinciProperty]] = {}
    for name, one in capability.davinci.properties.items():
        declared.setdefault(one.name, (name, one))
    for name in inputs.get("properties", {}):
        property_, given = declared.get(name, (name, DavinciProperty(name)))
        served = [one for one in connector.regions.values() if capability.family in one.endpoints]
        yield _among(served or connector.regions.values(), _value_rule(property_, given, inputs))


def setting_rules(connector: Connector) -> tuple[PropertyRule, ...]:
    """Return the properties that a connection has: those that the manifest declares, or all."""
    schema = connector.settings
    shown = connector.davinci.settings
    if shown is None:
        shown = {name: DavinciProperty(name) for name in schema.get("properties", {})}
    regions = connector.regions.values()
    return tuple(_among(regions, _value_rule(name, one, schema)) for name, one in shown.items())


def _value_rule(property_: str, given: DavinciProperty, root: JsonObject) -> PropertyRule:
    """Return the rule of one member of an object's schema, the one that `given` names."""
    schema = root.get("properties", {}).get(given.name, {})
    own: Mapping[str, Json] = schema if isinstance(schema, dict) else {}
    found = resolved(schema, root)
    types = json_types(found, root)
    choices = _choices(found, root)
    return PropertyRule(
        property=property_,
        input=given.name,
        form=given.form or _form(found, root, types, choices),
        types=types,
        choices=choices,
        labels=tuple(map(str, choices)),
        required=given.name in root.get("required", ()),
        nullable=takes_null(found, root),
        secret=bool(found.get("secret")),
        display_name=given.display_name or own.get("title") or title_of(given.name),
        info=given.info or found.get("description", ""),
        schema=found,
    )


def title_of(name: str) -> str:
    """Return a label made of a name's words: `Parent Folder ID` of `parentFolderId`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Za-z][a-z]*|\d+", name)
    return " ".join(
        word.upper() if word.lower() in _ABBREVIATIONS else word[:1].upper() + word[1:]
        for word in words
    )


def _among(regions: Iterable[Region], rule: PropertyRule) -> PropertyRule:
    """Return a rule, with the regions to choose from where it is that of a region's name."""
    if rule.input != REGION or rule.form != "text":
        return rule
    choices = {region.id: region.title for region in regions}
    return replace(rule, form="choice", choices=tuple(choices), labels=tuple(choices.values()))


def _choices(schema: JsonObject, root: JsonObject) -> tuple[Json, ...]:
    """Return the simple values to choose from, of the value or of each item of a list."""
    if "enum" in schema:
        found = literals(schema)
    elif json_types(schema, root) == {"array"}:
        found = literals(resolved(schema.get("items"), root))
    else:
        found = ()
    return found if all(isinstance(value, str | int | float) for value in found) else ()


def _form(
    schema: JsonObject, root: JsonObject, types: frozenset[str], choices: tuple[Json, ...]
) -> DavinciForm:
    is_list = types == {"array"}
    if is_list and json_types(schema.get("items"), root) == {"string"}:
        return "texts"
    if types == {"boolean"}:
        return "switch"
    if choices and not is_list:
        return "choice"
    if types and types <= _TEXTS:
        return "number" if types <= _NUMBERS else "text"
    return "rows" if _takes_rows(schema, root) else "json-text"


def _takes_rows(schema: JsonObject, root: JsonObject) -> bool:
    """Tell whether a value, or one of its alternatives, is a list of keys and values."""
    for one in (schema, *parts(schema)):
        items = resolved(resolved(one, root).get("items"), root)
        if {"key", "value"} == set(items.get("properties", ())) & set(items.get("required", ())):
            return True
    return False
