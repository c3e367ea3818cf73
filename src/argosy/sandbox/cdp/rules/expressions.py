"""The expressions of Composite groups: `A and (B or not C)`, `1 OR 2`.

Not documented, so assumed: an identifier is the place of a condition, as a letter (A for the
first, Z, then AA) or as a number (1 for the first); the words and, or, not are known in any
case; not binds closest, then and, then or. Every condition must be named. The vendor's error
codes tell that an identifier can be too long; here a letter one has at most two letters and a
number three digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from argosy.sandbox.cdp.errors import ValidationCode

MOST_LETTERS: Final = 2
MOST_DIGITS: Final = 3
_LONGEST: Final = 10_000
_DEEPEST: Final = 50
_TOKEN: Final = re.compile(r"\s*(?:([A-Za-z]+)|([0-9]+)|([()])|(\S))")


class Expression(Struct, frozen=True):
    """A node: a condition by its place (from 0), or a word over other nodes."""

    word: Literal["and", "or", "not", "place"]
    parts: tuple[Expression, ...] = ()
    place: int = 0

    def places(self) -> set[int]:
        """Give the places of the conditions it names."""
        if self.word == "place":
            return {self.place}
        return {place for part in self.parts for place in part.places()}


class ExpressionError(Exception):
    """An expression that can't be read."""

    def __init__(self, code: ValidationCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def parsed(text: str, count: int, *, of_sets: bool) -> Expression:
    """Read an expression over so many conditions; `of_sets` says that these are groups."""
    if len(text) > _LONGEST:
        raise _syntax(f"it is longer than {_LONGEST} characters")
    reader = _Reader(_tokens(text), count)
    expression = reader.alternatives(0)
    if reader.here:
        raise _syntax(f"{reader.here!r} is not expected")
    left_out = sorted(set(range(count)) - expression.places())
    if left_out:
        named = ", ".join(_identifier(place) for place in left_out)
        kind = "RULE_SETS" if of_sets else "RULES"
        code: ValidationCode = (
            "COMPOSITE_CONDITION_TOO_FEW_RULE_SETS_REFERENCED"
            if kind == "RULE_SETS"
            else "COMPOSITE_CONDITION_TOO_FEW_RULES_REFERENCED"
        )
        raise ExpressionError(code, f"The expression does not name {named}")
    return expression


def _syntax(problem: str) -> ExpressionError:
    code: ValidationCode = "COMPOSITE_CONDITION_SYNTAX_ERROR"
    return ExpressionError(code, f"The expression can't be read: {problem}")


def _identifier(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _tokens(text: str) -> list[str]:
    found = []
    for match in _TOKEN.finditer(text.rstrip()):
        letters, digits, bracket, other = match.groups()
        if other:
            raise _syntax(f"{other!r} is not expected")
        word = letters or digits or bracket
        known = word.lower() in {"and", "or", "not"}
        found.append(word.lower() if known else word.upper())
    return found


class _Reader:
    def __init__(self, tokens: list[str], count: int) -> None:
        self._tokens = tokens
        self._count = count
        self._at = 0

    @property
    def here(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def alternatives(self, depth: int) -> Expression:
        parts = [self._all_of(depth)]
        while self.here == "or":
            self._at += 1
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Expression("or", tuple(parts))

    def _all_of(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self.here == "and":
            self._at += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Expression("and", tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise _syntax("it is nested too deeply")
        token = self.here
        self._at += 1
        if token == "not":  # noqa: S105 - a word of the expression
            return Expression("not", (self._one(depth + 1),))
        if token == "(":  # noqa: S105 - a bracket of the expression
            inner = self.alternatives(depth + 1)
            if self.here != ")":
                raise _syntax("a bracket is not closed")
            self._at += 1
            return inner
        if not token or token in {"and", "or", ")"}:
            raise _syntax(f"an identifier is needed before {token!r}" if token else "it ends early")
        return Expression("place", place=self._place(token))

    def _place(self, identifier: str) -> int:
        if identifier.isdigit():
            if len(identifier) > MOST_DIGITS:
                code: ValidationCode = "COMPOSITE_CONDITION_TOO_LONG_NUMERICAL_IDENTIFIER"
                detail = f"{identifier} has more than {MOST_DIGITS} digits"
                raise ExpressionError(code, detail)
            place = int(identifier) - 1
        else:
            if len(identifier) > MOST_LETTERS:
                code = "COMPOSITE_CONDITION_TOO_LONG_ALPHABETICAL_IDENTIFIER"
                raise ExpressionError(code, f"{identifier} has more than {MOST_LETTERS} letters")
            place = 0
            for letter in identifier:
                place = place * 26 + ord(letter) - ord("A") + 1
            place -= 1
        if not 0 <= place < self._count:
            code = "COMPOSITE_CONDITION_MISSING_RULE_IDENTIFIER"
            raise ExpressionError(code, f"There is no condition {identifier}")
        return place
