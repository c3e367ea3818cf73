"""Choose cases by an expression, as pytest's `-k` does: words with `and`, `or`, `not`, brackets.

A word stands for every case in whose name it occurs, whatever its case; the file's name and the
flow's count as part of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[str], bool]

_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
_DEEPEST = 50


class SelectionError(ValueError):
    """An expression cannot be read; the text says what was found, and what would be right."""


class Selection:
    """A compiled expression; the empty one chooses everything. Raises SelectionError."""

    def __init__(self, expression: str = "") -> None:
        self.expression = expression
        self._tokens = _TOKEN.findall(expression)
        self._depth = 0
        self._judge: Judge = self._whole() if self._tokens else lambda _name: True

    def chooses(self, *names: str) -> bool:
        """Tell whether a case of these names is chosen."""
        return self._judge(" ".join(names).lower())

    def _whole(self) -> Judge:
        judge = self._either()
        if self._tokens:
            raise self._refusal(f"{self._tokens[0]!r} is not expected there")
        return judge

    def _either(self) -> Judge:
        found = [self._both()]
        while self._next_is("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda name: any(one(name) for one in found)

    def _both(self) -> Judge:
        found = [self._single()]
        while self._next_is("and"):
            found.append(self._single())
        return found[0] if len(found) == 1 else lambda name: all(one(name) for one in found)

    def _single(self) -> Judge:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refusal("it is nested too deeply")
        judge = self._word()
        self._depth -= 1
        return judge

    def _word(self) -> Judge:
        if self._next_is("not"):
            inner = self._single()
            return lambda name: not inner(name)
        if self._next_is("("):
            judge = self._either()
            if not self._next_is(")"):
                raise self._refusal("a ')' is missing")
            return judge
        if not self._tokens or self._tokens[0] in {"and", "or", ")"}:
            raise self._refusal(f"a word is missing before {(*self._tokens, 'its end')[0]!r}")
        word = self._tokens.pop(0).lower()
        return lambda name: word in name

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            del self._tokens[0]
            return True
        return False

    def _refusal(self, detail: str) -> SelectionError:
        right = "words joined by 'and', 'or' and 'not', with brackets"
        return SelectionError(f"{self.expression!r} cannot be read: {detail}; it is {right}.")
