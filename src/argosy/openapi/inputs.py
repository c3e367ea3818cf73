"""The inputs of a draft, and the templates that put them into a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.openapi.document import text
from argosy.openapi.names import Taken, camel, label, plain

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject

#: Inputs that the dispatcher reads itself; an API's own of that name gets another.
RESERVED = ("region", "all", "maxItems", "wait", "waitSeconds")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Words that an expression cannot have behind a dot.
_KEYWORDS = {"and", "else", "false", "if", "in", "is", "none", "not", "or", "true"}


class UndraftableError(Exception):
    """An operation, or a part of it, that a declaration cannot say; the message is the reason."""


@dataclass(slots=True)
class Inputs:
    """The inputs of one operation, as they are gathered, and its request.

    `together` are required as soon as another member of the body is given. `names` tells which
    input carries a wire name: by its place (`path`, `query`, `header`, `body`) and the name.
    """

    properties: JsonObject = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    path: str = ""
    query: JsonObject = field(default_factory=dict)
    headers: JsonObject = field(default_factory=dict)
    body: Json = None
    encoding: str = "json"
    taken: Taken = field(default_factory=lambda: Taken(RESERVED))

    def add(self, place: str, wire: str, schema: JsonObject, *, required: bool, told: str) -> str:
        """Declare an input for a wire name and return the input's name."""
        wanted = camel(wire)
        name = self.taken.take(f"{wanted}Value" if wanted in RESERVED else wanted)
        self.names[place, wire] = name
        described = plain(told, 300) or text(schema.get("description"))
        secret = {"examples"} if schema.get("secret") else set()
        unsaid = {"description", "title", *secret}
        others = {key: one for key, one in schema.items() if key not in unsaid}
        self.properties[name] = {
            "title": label(wire),
            **({"description": described} if described else {}),
            **others,
        }
        if required:
            self.required.append(name)
        return name


def member(root: str, *names: str) -> str:
    """Return the expression, without braces, that reads a member: `body.data` or `body['a-b']`."""
    for name in names:
        is_word = _WORD.fullmatch(name) and name not in _KEYWORDS
        root += f".{name}" if is_word else f"[{quoted(name)}]"
    return root


def quoted(name: str) -> str:
    """Return a text as an expression has it. Raises UndraftableError for what cannot be quoted."""
    if re.search(r"['\"\\\x00-\x1f]|\{\{|\}\}|\{%|\{#", name):
        raise UndraftableError(f"the name {name[:60]!r} cannot be written in an expression")
    return f"'{name}'"


def constant(value: str) -> str:
    """Return a text that stays as it is in a template. Raises UndraftableError where it can't."""
    if re.search(r"\{\{|\{%|\{#", value):
        raise UndraftableError(f"{value[:60]!r} looks like a template")
    return value


def spread(place: JsonObject, expression: str) -> None:
    """Put the members that an expression yields into an object of the request."""
    place.setdefault("...", []).append(expression)
