"""An OpenAPI document as it is walked: its operations, and references followed within it.

Nothing here trusts the document's shape: what is no object or no list where one is due is an
empty one, and what cannot be used is told in the notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from argosy.model import Json, JsonObject, lookup_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "head", "post", "put", "patch", "delete")
_LONGEST_CHAIN = 50


def members(value: Json) -> JsonObject:
    """Return a value that is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """Return a value that is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str:
    """Return a value that is text, else nothing."""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """What an import could not take over as it stands, and where."""

    where: str
    text: str


class Notes:
    """The notes of one import, each once, in their order."""

    def __init__(self) -> None:
        self._notes: dict[Note, None] = {}

    def add(self, where: str, text: str) -> None:
        """Keep a note."""
        self._notes[Note(where, text)] = None

    def all(self) -> tuple[Note, ...]:
        """Return every note."""
        return tuple(self._notes)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, its reference followed."""

    name: str
    place: str
    required: bool
    node: JsonObject


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its method in capitals, its path, and what the document says of it.

    `query` holds what stands behind a question mark in the path, which some documents have; what
    stands behind a number sign only tells two operations apart and is in `where` alone.
    """

    where: str
    method: str
    path: str
    query: Mapping[str, str]
    node: JsonObject
    parameters: tuple[Parameter, ...]
    servers: list[Json]

    @property
    def tag(self) -> str:
        """Its first tag, or nothing."""
        return next((text(tag) for tag in items(self.node.get("tags")) if text(tag)), "")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has passed the reader; `merged` keeps schemas whose parts were made one."""

    root: JsonObject
    notes: Notes = field(default_factory=Notes)
    merged: dict[int, tuple[JsonObject, JsonObject]] = field(default_factory=dict)

    def follow(self, node: Json) -> JsonObject:
        """Return what a node refers to, or itself; an empty object where it leads nowhere."""
        for _ in range(_LONGEST_CHAIN):
            reference = node.get("$ref") if isinstance(node, dict) else None
            if not isinstance(reference, str):
                return members(node)
            node = self.at(reference)
        self.notes.add(str(reference), "the reference leads in a circle; left out")
        return {}

    def at(self, reference: str) -> Json:
        """Return what a reference names, an empty object where that is not in this document."""
        if not reference.startswith("#"):
            self.notes.add(reference, "it is in another document, which is not read; anything goes")
            return {}
        found = lookup_pointer(self.root, unquote(reference[1:]))
        if found is None:
            self.notes.add(reference, "the reference leads nowhere; anything goes there")
            return {}
        return found

    def operations(self) -> Iterator[Operation]:
        """Yield the operations in the document's order."""
        for path, given in members(self.root.get("paths")).items():
            if not path.startswith("/"):
                continue  # an extension
            item = self.follow(given)
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield self._operation(method, path, item)
            for method in ("options", "trace"):
                if method in item:
                    note = f"{method.upper()} does nothing for a flow; left out"
                    self.notes.add(f"{method.upper()} {path}", note)

    def _operation(self, method: str, path: str, item: JsonObject) -> Operation:
        node = members(item[method])
        found: dict[tuple[str, str], Parameter] = {}
        for given in (*items(item.get("parameters")), *items(node.get("parameters"))):
            parameter = self.follow(given)
            name, place = text(parameter.get("name")), text(parameter.get("in"))
            if name and place:
                required = parameter.get("required") is True or place == "path"
                found[name, place] = Parameter(name, place, required, parameter)
        bare, _, query = path.partition("#")[0].partition("?")
        servers = items(node.get("servers")) or items(item.get("servers"))
        constants = dict(parse_qsl(query, keep_blank_values=True))
        return Operation(
            where=f"{method.upper()} {path}",
            method=method.upper(),
            path=bare,
            query=constants,
            node=node,
            parameters=tuple(found.values()),
            servers=servers,
        )


def placeholders(path: str) -> list[str]:
    """Return the names in braces of a path, in their order, each once."""
    return list(dict.fromkeys(re.findall(r"\{([^{}]*)\}", path)))
