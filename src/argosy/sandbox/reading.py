"""Read JSON documents that people write (seeds, fault rules) and say where one is wrong.

A Node is a value together with the pointer to it. Each method gives the value in the wanted
type or raises ShapeError, whose text starts with that pointer:

    /parentSegments/0/id: 'x1' is not a string of digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from argosy.sandbox.settings import Json, SetupError

if TYPE_CHECKING:
    from collections.abc import Collection


class ShapeError(SetupError):
    """A document isn't shaped as it must be; the text says where and what would be right."""


class Node(Struct, frozen=True):
    """One value of a document, and where it is."""

    value: Json
    where: str = ""

    def refuse(self, problem: str) -> NoReturn:
        """Raise ShapeError about this value."""
        message = f"{self.where or '/'}: {problem}"
        raise ShapeError(message)

    def members(self, *allowed: str) -> dict[str, Node]:
        """Read an object; with names given, a member of any other name is refused."""
        if not isinstance(self.value, dict):
            self.refuse(f"an object is needed here, not {self._shown()}.")
        for name in self.value:
            if allowed and name not in allowed:
                self.refuse(f"{name!r} is not known here; there are {', '.join(allowed)}.")
        return {name: Node(value, f"{self.where}/{name}") for name, value in self.value.items()}

    def required(self, name: str) -> Node:
        """Give a member that must be there."""
        if name not in self.members():
            self.refuse(f"{name!r} is missing.")
        return Node(self.value[name], f"{self.where}/{name}")

    def items(self, least: int = 0, most: int | None = None) -> list[Node]:
        """Read an array of at least and at most so many elements."""
        if not isinstance(self.value, list):
            self.refuse(f"an array is needed here, not {self._shown()}.")
        if len(self.value) < least:
            self.refuse(f"an array of at least {least} is needed here.")
        if most is not None and len(self.value) > most:
            self.refuse(f"an array of at most {most} is needed here.")
        return [Node(value, f"{self.where}/{index}") for index, value in enumerate(self.value)]

    def text(self, pattern: str | None = None, wanted: str = "") -> str:
        """Read a text; `wanted` tells in words what the pattern asks for."""
        if not isinstance(self.value, str):
            self.refuse(f"a text is needed here, not {self._shown()}.")
        if pattern is not None and not re.fullmatch(pattern, self.value):
            self.refuse(f"{self.value!r} is not {wanted}.")
        return self.value

    def digits(self) -> str:
        """Read an id: a string of digits without a leading zero."""
        return self.text(r"[1-9][0-9]{0,17}", "a string of digits")

    def choice(self, words: Collection[str]) -> str:
        """Read one of several words."""
        if not isinstance(self.value, str) or self.value not in words:
            self.refuse(f"{self._shown()} is not one of {', '.join(words) or 'none'}.")
        return self.value

    def number(self, least: float = 0, most: float = 1e12) -> float:
        """Read a number within bounds."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.refuse(f"a number is needed here, not {self._shown()}.")
        if not least <= self.value <= most:
            self.refuse(f"{self.value} is not between {least:g} and {most:g}.")
        return self.value

    def whole(self, least: int = 0, most: int = 10**12) -> int:
        """Read a whole number within bounds."""
        if not isinstance(self.value, int):
            self.refuse(f"a whole number is needed here, not {self._shown()}.")
        return int(self.number(least, most))

    def _shown(self) -> str:
        text = repr(self.value)
        return text if len(text) <= 60 else f"{text[:60]}…"
