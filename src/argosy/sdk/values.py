"""Pure functions over input values, the same ones as filters in templates and in handlers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


def as_object(value: Mapping[str, Json] | Sequence[Mapping[str, Json]]) -> JsonObject:
    """Return an object as it is, and key/value rows as the object that they spell.

    A row is `{"key": …, "value": …}`. Raises ValueError where two rows have the same key, since
    one of the two values would be lost.
    """
    if isinstance(value, Mapping):
        return dict(value)
    result: JsonObject = {}
    for row in value:
        if row["key"] in result:
            raise ValueError(f"two rows have the key {row['key']!r}")
        result[row["key"]] = row["value"]
    return result


def with_default(value: Mapping[str, Json], name: str, default: Json) -> JsonObject:
    """Return the object with `name` set to `default` where it is absent or null."""
    if value.get(name) is not None:
        return dict(value)
    return {**value, name: default}


def with_integer(value: Mapping[str, Json], name: str) -> JsonObject:
    """Return the object with member `name` as an integer where it spells one.

    Text of digits (a form's field) and a float without fraction (a spreadsheet's number) spell
    an integer. Anything else stays as it is.
    """
    member = value.get(name)
    if isinstance(member, str) and _INTEGER.fullmatch(member):
        return {**value, name: int(member)}
    if isinstance(member, float) and member.is_integer():
        return {**value, name: int(member)}
    return dict(value)


def members_of(value: Mapping[str, Json], *names: str) -> JsonObject:
    """Return the named members, as far as they are there."""
    return {name: value[name] for name in names if name in value}


def prefix_keys(value: Mapping[str, Json], prefix: str) -> JsonObject:
    """Return the object with `prefix` before each of its keys."""
    return {prefix + key: member for key, member in value.items()}


def as_list(value: Json) -> list[Json]:
    """Return a list as it is and anything else as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]
