"""From an answer to rows: where they stand, and how each is made flat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.model import lookup_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Json, JsonObject

#: No other character ends a line of a list; texts may hold those that Unicode calls line ends.
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Extraction:
    """How the rows of an answer are found and made flat.

    `rows` is the JSON Pointer of their list. Where `lines` is given instead, each line of a text
    is a row, with this one column. Members of the objects at `merge` stand beside the row's own;
    one whose name is taken is named `OBJECT.NAME`. `add` names further values by pointers into
    the row. `leave` are members of the row that are left out, `leave_everywhere` also those of what
    is within it.
    """

    rows: str = ""
    lines: str = ""
    merge: tuple[str, ...] = ()
    add: Mapping[str, str] | None = None
    leave: frozenset[str] = frozenset()
    leave_everywhere: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, document: JsonObject) -> Extraction:
        """Read the part of a collection that says it."""
        return cls(
            rows=document.get("rows", ""),
            lines=document.get("lines", ""),
            merge=tuple(document.get("merge", ())),
            add=document.get("add"),
            leave=frozenset(document.get("leave", ())),
            leave_everywhere=frozenset(document.get("leaveEverywhere", ())),
        )

    def take(self, body: Json, data: bytes, place: str) -> list[JsonObject]:
        """Return the rows of an answer: its JSON, or its bytes. Raises TableError."""
        if self.lines:
            return self._split(data, place)
        found = lookup_pointer(body, self.rows)
        if found is None:
            found = []  # vendors leave an empty list out
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise TableError(
                detail=f"the answer has no list of objects at {self.rows}.",
                remedy="The other system may have changed its API, or a proxy stands in between.",
                status="unknown_error",
                reason="unreadable",
                file=place,
            )
        return [self._flat(one) for one in found]

    def _split(self, data: bytes, place: str) -> list[JsonObject]:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "<"
        if text.lstrip().startswith(("<", "{")):
            raise TableError(
                detail="the answer is no plain text with a value in each line.",
                remedy="A proxy or a sign-in page may stand in between.",
                status="unknown_error",
                reason="unreadable",
                file=place,
            )
        lines = (line.strip(" \t") for line in _LINE_END.split(text))
        return [{self.lines: line} for line in lines if line]

    def _flat(self, row: JsonObject) -> JsonObject:
        merged = {pointer: lookup_pointer(row, pointer) for pointer in self.merge}
        inner = {pointer.split("/")[1] for pointer, one in merged.items() if isinstance(one, dict)}
        out = self.leave | self.leave_everywhere | inner
        flat = {name: self._without(one) for name, one in row.items() if name not in out}
        for pointer, found in merged.items():
            for name, one in found.items() if isinstance(found, dict) else ():
                if name not in self.leave_everywhere:
                    own = f"{pointer[1:]}.{name}" if name in flat else name
                    flat[own] = self._without(one)
        for name, pointer in (self.add or {}).items():
            flat[name] = lookup_pointer(row, pointer)
        return flat

    def _without(self, value: Json) -> Json:
        out = self.leave_everywhere
        if not out:
            return value
        if isinstance(value, dict):
            return {name: self._without(one) for name, one in value.items() if name not in out}
        return [self._without(one) for one in value] if isinstance(value, list) else value
