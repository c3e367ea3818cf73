"""Property values: what a node of ours shows of them, and how an edit goes back.

A value is shown out of its wrapper, its rich texts as texts, its bindings as expressions. Lists
of rows go without what the editor keeps for itself: random keys and labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.bindings import BINDING, Part
from argosy.davinci.document import unwrapped
from argosy.davinci.names import made_id
from argosy.davinci.texts import edited_rich_text, rich_blocks, rich_text, spoken
from argosy.flow.kinds.davinci.catalogue import davinci_capability

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from argosy.davinci.bindings import Bindings
    from argosy.model import Json, JsonObject

#: Properties that hold code, markup or schemas; what looks like a binding there is none of ours.
LITERALS = frozenset(
    {
        "code",
        "customCSS",
        "customHTML",
        "customScript",
        "inputSchema",
        "outputSchema",
        "outputSchemaError",
        "sktemplate",
    }
)
#: Properties that every node has; its title, description and color are shown as the node's own.
OWN = frozenset({"nodeTitle", "nodeDescription", "backgroundColor"})
#: Members that hold no rich text wherever they stand.
PLAIN = frozenset(
    {
        "id",
        "jsonString",
        "key",
        "label",
        "name",
        "pattern",
        "preferredControlType",
        "preferredDataType",
        "propertyName",
        "raw",
        "ruleName",
        "type",
    }
)
#: Controls of properties that hold no rich text: choices, switches and code.
_PLAIN_CONTROLS = frozenset(
    {"codeEditor", "dropDown", "dropdownWithCreate", "radioSelect", "toggleSwitch"}
)
#: What tells rows apart, best first.
_MARKS = ("id", "name", "propertyName", "key")


def shown(value: Json, bindings: Bindings) -> Json:
    """Return a value as our nodes show it."""
    if isinstance(value, str):
        return bindings.template(spoken(value))
    if isinstance(value, dict):
        return {name: shown(member, bindings) for name, member in value.items()}
    if isinstance(value, list):
        return [_row(item, bindings) for item in value]
    return value


def _row(item: Json, bindings: Bindings) -> Json:
    found = shown(item, bindings)
    if not isinstance(found, dict) or "value" not in found:
        return found
    return {name: member for name, member in found.items() if not _is_noise(name, member, found)}


def _is_noise(name: str, member: Json, row: JsonObject) -> bool:
    """Tell whether a member of a row is the editor's own."""
    if name == "key":
        return isinstance(member, int | float)
    return name in {"label", "nameDefault"} and "name" in row


def plain_names(connector: str, capability: str) -> Collection[str]:
    """Return the properties of a capability that hold no rich text."""
    declared = davinci_capability(connector, capability)
    properties = declared.properties if declared is not None else {}
    return PLAIN | {n for n, one in properties.items() if one.get("control") in _PLAIN_CONTROLS}


def put(
    original: Json, before: Json, after: Json, bindings: Bindings, *, is_rich: bool = True
) -> Json:
    """Return a value of DaVinci's with an edit: what was shown of it, and what is to be shown.

    `is_rich` says whether texts that had no original become rich ones.

    Whatever the edit did not touch stays as it was. Raises ValueError for an expression that no
    binding says.
    """
    if before == after:
        return original
    if isinstance(original, str) and isinstance(after, str):
        return _edited_text(original, after, bindings)
    if isinstance(original, dict) and isinstance(before, dict) and isinstance(after, dict):
        hidden = {name: value for name, value in original.items() if name not in before}
        return {
            **{
                name: put(
                    value,
                    before[name],
                    after[name],
                    bindings,
                    is_rich=is_rich and name not in PLAIN,
                )
                for name, value in original.items()
                if name in before and name in after
            },
            **hidden,
            **{
                name: built(value, bindings, is_rich=is_rich and name not in PLAIN)
                for name, value in after.items()
                if name not in before
            },
        }
    if isinstance(original, list) and isinstance(before, list) and isinstance(after, list):
        return _put_rows(original, before, after, bindings)
    return built(after, bindings, is_rich=is_rich)


def _put_rows(original: list[Json], before: list[Json], after: list[Json], b: Bindings) -> Json:
    """Put rows back by what tells them apart, and by their places where nothing does."""
    left = list(zip(original, before, strict=True))
    made = []
    for place, row in enumerate(after):
        match = next((pair for pair in left if pair[1] == row), None)
        match = match or next((pair for pair in left if _is_same_row(pair[1], row)), None)
        if match is None and _mark(row) is None and len(after) == len(before):
            match = (original[place], before[place])
        if match is None:
            made.append(_new_row(row, original, b))
            continue
        if match in left:
            left.remove(match)
        made.append(put(*match, row, b))
    return made


def _new_row(row: Json, others: list[Json], bindings: Bindings) -> Json:
    """Build a row as those beside it are: with a key of its own where they have one."""
    made = built(row, bindings)
    like = next((other for other in others if isinstance(other, dict)), {})
    if isinstance(made, dict) and isinstance(like.get("key"), float) and "key" not in made:
        made["key"] = int(made_id(str(row)), 36) / 36**10
    return made


def _is_same_row(one: Json, other: Json) -> bool:
    mark = _mark(one)
    return mark is not None and mark == _mark(other)


def _mark(row: Json) -> tuple[str, Json] | None:
    if not isinstance(row, dict):
        return None
    return next(((name, row[name]) for name in _MARKS if row.get(name)), None)


def built(value: Json, bindings: Bindings, *, is_rich: bool = True) -> Json:
    """Write a value of ours that has no original. Raises ValueError as `put` does."""
    if isinstance(value, str):
        return _text(value, bindings, is_rich=is_rich)
    if isinstance(value, dict):
        return {
            name: built(member, bindings, is_rich=is_rich and name not in PLAIN)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [built(item, bindings, is_rich=is_rich) for item in value]
    return value


def _text(template: str, bindings: Bindings, *, is_rich: bool) -> str:
    parts = bindings.parts(template)
    made = "".join(map(str, parts))
    if is_rich or rich_blocks(made) is not None:
        made = rich_text(parts)
    if not _says(made, parts, bindings):
        raise ValueError("DaVinci would read a part of the text as something else")
    return made


def _edited_text(original: str, template: str, bindings: Bindings) -> str:
    """Write a text that had an original: pieces of it that are still said stay as they were."""
    parts = bindings.parts(template)
    blocks = rich_blocks(original)
    respelled = _respelled(parts, spoken(original), bindings)
    plain = "".join(map(str, respelled))
    made = plain if blocks is None else edited_rich_text(blocks, respelled)
    if (blocks is not None or rich_blocks(plain) is None) and _says(made, parts, bindings):
        return made
    return _text(template, bindings, is_rich=blocks is not None)


def _says(text: str, parts: Sequence[Part], bindings: Bindings) -> bool:
    return bindings.parts(bindings.template(spoken(text))) == parts


def _respelled(parts: Sequence[Part], original: str, bindings: Bindings) -> list[Part]:
    """Return parts with the bindings that a text has as it spells them, in their order."""
    spelled: dict[str, list[str]] = {}
    for match in BINDING.finditer(original):
        for part in bindings.parts(bindings.template(match[0])):
            spelled.setdefault(str(part), []).append(match[0][2:-2])
    made = []
    for part in parts:
        found = spelled.get(str(part)) if part.is_binding else None
        text = (found.pop(0) if len(found) > 1 else found[0]) if found else part.text
        made.append(Part(text, is_binding=part.is_binding))
    return made


def put_properties(
    properties: JsonObject,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    bindings: Bindings,
    *,
    is_literal: bool = False,
    plain: Collection[str] = PLAIN,
) -> None:
    """Change properties of DaVinci's in place by what was shown of them and is to be shown.

    Those in `plain` hold no rich text.
    """
    for name in before.keys() - after.keys():
        properties.pop(name, None)
    for name, value in after.items():
        if name in before and before[name] == value:
            continue
        if is_literal:
            made = value
        elif name in before:
            held, is_rich = unwrapped(properties.get(name)), name not in plain
            made = put(held, before[name], value, bindings, is_rich=is_rich)
        else:
            made = built(value, bindings, is_rich=name not in plain)
        put_value(properties, name, made)


def put_value(properties: JsonObject, name: str, value: Json) -> None:
    """Give a property a value, in its wrapper; one that had none stays without."""
    held = properties.get(name)
    is_bare = isinstance(value, dict) and "value" not in value
    if isinstance(held, dict):
        properties[name] = value if is_bare and "value" not in held else {**held, "value": value}
    elif name in properties and not isinstance(value, dict):
        properties[name] = value
    else:
        properties[name] = {"value": value}
