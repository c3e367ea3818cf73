"""A property as DaVinci's panels define it: label, help, widget, type and values to choose from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from argosy.davinci.shape.schemas import type_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.shape.rules import PropertyRule
    from argosy.model import Json, JsonObject
    from argosy.model.davinci import DavinciForm

#: The widget of a form, and the type of the value it holds.
_WIDGETS: Final[Mapping[DavinciForm, tuple[str, str]]] = {
    "text": ("textField", "string"),
    "number": ("textField", "number"),
    "switch": ("toggleSwitch", "boolean"),
    "choice": ("dropDown", "string"),
    "texts": ("textFieldArrayView", "array"),
    "rows": ("keyValueList", "array"),
    "json-text": ("textArea", "string"),
}
#: The forms whose values may hold bindings.
_BOUND: Final[frozenset[DavinciForm]] = frozenset({"text", "number", "rows", "json-text"})
#: What DaVinci shows in place of a secret.
MASKED: Final = "******"


def definition_of(rule: PropertyRule) -> JsonObject:
    """Return a property's definition, without whether it is required, which may differ by use."""
    control, _ = _WIDGETS[rule.form]
    if rule.form == "texts" and rule.choices:
        control = "dropDownMultiSelect"
    definition: JsonObject = {
        "type": value_type(rule),
        "displayName": rule.display_name,
        "preferredControlType": control,
    }
    if rule.info:
        definition["info"] = rule.info
    if rule.secret:
        return {**definition, "hashedVisibility": True, "secure": True}
    if (value := _default(rule)) is not None:
        definition["value"] = value
    if rule.choices:
        definition["options"] = [
            {"name": label, "value": one}
            for label, one in zip(rule.labels, rule.choices, strict=True)
        ]
        definition["enum"] = list(rule.choices)
    if rule.form in _BOUND:
        definition["enableParameters"] = True
    return definition


def must_be_filled(rule: PropertyRule) -> bool:
    """Tell whether a property may not stay blank, which stands for null where that is taken."""
    return rule.required and not rule.nullable


def value_type(rule: PropertyRule) -> str:
    """Return the type of a property's value."""
    if rule.form == "choice" and {type_name(one) for one in rule.choices} <= {"integer", "number"}:
        return "number"
    return _WIDGETS[rule.form][1]


def payload_schema(rule: PropertyRule) -> JsonObject:
    """Return the schema of a property's value as a node's payload holds it."""
    schema: JsonObject = {"type": value_type(rule)}
    if rule.form == "rows":
        row = {"key": {"type": "string"}, "value": {}}
        schema["items"] = {"type": "object", "properties": row, "required": list(row)}
    if rule.form == "texts":
        schema["items"] = {"type": "string"}
    if rule.info:
        schema["description"] = rule.info
    return schema


def stored(rule: PropertyRule, value: Json) -> Json:
    """Return a value that an input takes as the property holds it."""
    if rule.form == "json-text":
        return json.dumps(value, ensure_ascii=False)
    if rule.form == "rows" and isinstance(value, dict):
        return [{"key": key, "value": one} for key, one in value.items()]
    if rule.form == "text":
        return value if isinstance(value, str) else json.dumps(value)
    return value


def _default(rule: PropertyRule) -> Json:
    value = rule.schema.get("default", rule.schema.get("const"))
    return None if value is None else stored(rule, value)
