"""Nodes of the connector's own: a capability with its inputs, by the names that DaVinci has."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from argosy.davinci.bindings import BINDING
from argosy.davinci.texts import spoken
from argosy.davinci.values import OWN, built, put_value, shown
from argosy.flow.kinds.davinci.values import number_of
from argosy.model import is_deeper, is_whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.bindings import Bindings
    from argosy.davinci.document import Node
    from argosy.davinci.shape import ConnectorNames, PropertyRule
    from argosy.model import Json, JsonObject

#: A quote that begins or ends a text, or a letter that a backslash makes part of one.
_QUOTES = re.compile(r"\\.|\"", re.DOTALL)

#: JSON within a text that is nested deeper stays a text.
_DEEPEST = 40


def capability_node(node: Node, names: ConnectorNames, bindings: Bindings) -> JsonObject | str:
    """Return capability and inputs of a node, or why it is none of the connector's."""
    id_ = names.capability_of(node.capability)
    if id_ is None:
        return f"{node.connector} has no capability {node.capability!r}"
    inputs: JsonObject = {}
    for name in node.properties:
        value, rule = node.value(name), names.rule_of(id_, name)
        if name in OWN or rule is None or value is None or value == "":
            continue
        found = _input(value, rule, bindings)
        if found is not None:
            inputs[rule.input] = found
    return {"capability": id_, "inputs": inputs}


def unknown_properties(node: Node, names: ConnectorNames) -> list[str]:
    """Return the properties of a node that its capability has no input for."""
    id_ = names.capability_of(node.capability)
    if id_ is None:
        return []
    return [n for n in node.properties if n not in OWN and names.rule_of(id_, n) is None]


def _input(value: Json, rule: PropertyRule, bindings: Bindings) -> Json:
    """Return an input; None for a text that says nothing where nothing is no value."""
    if rule.form == "json-text" and isinstance(value, str):
        return json_value(spoken(value), bindings)
    found = shown(value, bindings)
    if rule.form == "number" and isinstance(found, str):
        number = number_of(found)
        return (found or None) if number is None else number
    if found == "" and rule.form != "text":
        return None
    return found


def json_value(text: str, bindings: Bindings) -> Json:
    """Read JSON with bindings in it, within texts and in place of values.

    What is no JSON is given as a text.
    """
    if not text.strip():
        return None
    parsed = _parsed(text)
    return bindings.template(text) if parsed is None else _filled(parsed[0], bindings)


def _parsed(text: str) -> tuple[Json] | None:
    made, position, is_within = [], 0, False
    for match in BINDING.finditer(text):
        before = text[position : match.start()]
        is_within = _ends_in_text(before, is_within=is_within)
        made += [before, match[0] if is_within else json.dumps(match[0])]
        position = match.end()
    try:
        found = json.loads("".join(made) + text[position:], parse_constant=_refuse)
        is_whole = is_whole_text(json.dumps(found, ensure_ascii=False))
    except (ValueError, RecursionError):
        return None
    return (found,) if is_whole and not is_deeper(found, _DEEPEST) else None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _ends_in_text(json_text: str, *, is_within: bool) -> bool:
    """Tell whether JSON that goes on so is within a text at its end."""
    quotes = sum(match[0] == '"' for match in _QUOTES.finditer(json_text))
    return is_within != bool(quotes % 2)


def _filled(value: Json, bindings: Bindings) -> Json:
    if isinstance(value, str):
        return bindings.template(value)
    if isinstance(value, dict):
        return {name: _filled(member, bindings) for name, member in value.items()}
    if isinstance(value, list):
        return [_filled(item, bindings) for item in value]
    return value


def put_inputs(
    properties: JsonObject,
    capability: str,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    names: ConnectorNames,
    bindings: Bindings,
) -> None:
    """Change the properties of a node in place by the inputs that it had and is to have.

    Raises ValueError for what DaVinci cannot say.
    """
    held = {
        rule.input: name
        for name in properties
        if (rule := names.rule_of(capability, name)) is not None
    }
    for name in before.keys() - after.keys():
        properties.pop(held.get(name, ""), None)
    for name, value in after.items():
        if name in before and before[name] == value:
            continue
        there = held.get(name) or names.property_of(capability, name)
        rule = names.rule_of(capability, there)
        put_value(properties, there, _property(value, rule, bindings))


def _property(value: Json, rule: PropertyRule | None, bindings: Bindings) -> Json:
    form = rule.form if rule is not None else "text"
    if form == "rows" and isinstance(value, dict):
        value = [{"key": name, "value": member} for name, member in value.items()]
        return [{**row, "value": _rich(row["value"], bindings)} for row in value]
    if form == "json-text" and not isinstance(value, str):
        return built(json.dumps(value, indent=2, ensure_ascii=False), bindings)
    if form in {"choice", "switch", "texts"}:
        return built(value, bindings, is_rich=False)
    return _rich(value, bindings) if form in {"text", "number"} else built(value, bindings)


def _rich(value: Json, bindings: Bindings) -> Json:
    """Write a value as a rich text; whatever is no text as it is spelled in JSON."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return built(text, bindings)
