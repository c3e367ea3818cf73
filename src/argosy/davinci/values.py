"""Property values: what a node of ours shows of them, and how an edit goes back.

A value is shown out of its wrapper, its rich texts as texts, its bindings as expressions. Lists
of rows go without what the editor keeps for itself: random keys and labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import unwrapped
from argosy.davinci.names import made_id
from argosy.davinci.texts import rich_blocks, rich_text, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def put(original: Json, before: Json, after: Json, bindings: Bindings) -> Json:
    """Return a value of DaVinci's with an edit: what was shown of it, and what is to be shown.

    Whatever the edit did not touch stays as it was. Raises ValueError for an expression that no
    binding says.
    """
    if before == after:
        return original
    if isinstance(original, str) and isinstance(after, str):
        return _text(after, bindings, is_rich=rich_blocks(original) is not None)
    if isinstance(original, dict) and isinstance(before, dict) and isinstance(after, dict):
        hidden = {name: value for name, value in original.items() if name not in before}
        return {
            **{
                name: put(value, before[name], after[name], bindings)
                for name, value in original.items()
                if name in before and name in after
            },
            **hidden,
            **{name: built(value, bindings) for name, value in after.items() if name not in before},
        }
    if isinstance(original, list) and isinstance(before, list) and isinstance(after, list):
        return _put_rows(original, before, after, bindings)
    return built(after, bindings)


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
            name: built(member, bindings, is_rich=name not in {"id", "name", "key", "type"})
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
    if bindings.parts(bindings.template(spoken(made))) != parts:
        raise ValueError("DaVinci would read a part of the text as something else")
    return made


def put_properties(
    properties: JsonObject,
    before: Mapping[str, Json],
    after: Mapping[str, Json],
    bindings: Bindings,
    *,
    is_literal: bool = False,
) -> None:
    """Change properties of DaVinci's in place by what was shown of them and is to be shown."""
    for name in before.keys() - after.keys():
        properties.pop(name, None)
    for name, value in after.items():
        if name in before and before[name] == value:
            continue
        if is_literal:
            made = value
        elif name in before:
            made = put(unwrapped(properties.get(name)), before[name], value, bindings)
        else:
            made = built(value, bindings)
        put_value(properties, name, made)


def put_value(properties: JsonObject, name: str, value: Json) -> None:
    """Give a property a value, in its wrapper; one that had none stays without."""
    held = properties.get(name)
    if isinstance(held, dict) and "value" in held:
        properties[name] = {**held, "value": value}
    elif name in properties and not isinstance(held, dict) and not isinstance(value, dict):
        properties[name] = value
    else:
        properties[name] = {"value": value}
