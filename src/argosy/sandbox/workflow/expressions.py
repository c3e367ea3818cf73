"""Read the expressions that stand in `${…}`: a safe part of JavaScript.

digdag gives them to a JavaScript engine. Here they are read into a tree of nodes by a small
parser, and `evaluation` works that out; nothing of an expression is ever executed as code.
There are names, dotted and indexed members, calls of known functions and methods, literals,
arithmetic, comparisons, `&&`, `||`, `!`, `?:` and `typeof`. Anything else (regular expressions,
functions, assignments) is refused with its place.
"""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

from msgspec import Struct

LONGEST: Final = 4096
DEEPEST: Final = 60
MOST_TOKENS: Final = 400


class ExpressionError(Exception):
    """An expression can't be read or worked out; the text says why."""


class Literal(Struct, frozen=True):
    """A number, text, truth value or null."""

    value: Any


class Name(Struct, frozen=True):
    """A variable."""

    name: str


class Member(Struct, frozen=True):
    """A member of a value: `of.key` or `of[key]`."""

    of: Node
    key: Node


class Call(Struct, frozen=True):
    """A function or a method, and what it is given."""

    function: Node
    arguments: tuple[Node, ...]


class Unary(Struct, frozen=True):
    """`!`, `-`, `+` or `typeof` before a value."""

    operator: str
    operand: Node


class Binary(Struct, frozen=True):
    """An operator between two values."""

    operator: str
    left: Node
    right: Node


class Choice(Struct, frozen=True):
    """`condition ? one : other`."""

    condition: Node
    one: Node
    other: Node


class Array(Struct, frozen=True):
    """`[…]`."""

    items: tuple[Node, ...]


class Object(Struct, frozen=True):
    """`{…}`."""

    members: tuple[tuple[str, Node], ...]


Node = Literal | Name | Member | Call | Unary | Binary | Choice | Array | Object

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||\?\?|[-+*/%<>!?:.,()\[\]{}]))"
)
_BINDING: Final = {
    "??": 1,
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "===": 3,
    "!==": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_WORDS: Final = {"true": True, "false": False, "null": None}
_OPENING: Final = ("(", "[", "{")
_REFUSED: Final = frozenset({"function", "new", "var", "let", "const", "return", "delete", "this"})


def parsed(text: str) -> Node:
    """Read an expression; raise ExpressionError for one that isn't of the known part."""
    if len(text) > LONGEST:
        message = f"The expression is longer than {LONGEST} characters"
        raise ExpressionError(message)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split()
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._at < len(self._tokens):
            self._refuse(self._tokens[self._at][1])
        return node

    def _split(self) -> list[tuple[str, str]]:
        tokens = []
        place, end = 0, len(self._text.rstrip())
        while place < end:
            found = _TOKEN.match(self._text, place)
            if found is None or found.lastgroup is None:
                self._refuse(self._text[place:].strip()[:1])
            tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        if len(tokens) > MOST_TOKENS:
            message = f"The expression has more than {MOST_TOKENS} parts"
            raise ExpressionError(message)
        return tokens

    def _refuse(self, token: str) -> NoReturn:
        text = f"{token!r} is not understood here" if token else "something is missing at the end"
        raise ExpressionError(text)

    def _peek(self) -> str:
        """Give the next token if it is a sign."""
        if self._at < len(self._tokens):
            kind, token = self._tokens[self._at]
            return token if kind == "sign" else ""
        return ""

    def _take(self, sign: str) -> bool:
        if self._peek() != sign:
            return False
        self._at += 1
        return True

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            token = self._tokens[self._at][1] if self._at < len(self._tokens) else ""
            self._refuse(token)

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            message = f"The expression is nested deeper than {DEEPEST}"
            raise ExpressionError(message)
        node = self._binary(0)
        if self._take("?"):
            one = self._expression()
            self._need(":")
            node = Choice(node, one, self._expression())
        self._depth -= 1
        return node

    def _binary(self, least: int) -> Node:
        node = self._unary()
        while True:
            sign = self._peek()
            binding = _BINDING.get(sign, 0)
            if binding <= least:
                return node
            self._at += 1
            node = Binary(sign, node, self._binary(binding))

    def _unary(self) -> Node:
        signs = []
        while self._peek() in {"!", "-", "+"} or self._tokens[self._at : self._at + 1] == [
            ("name", "typeof")
        ]:
            signs.append(self._tokens[self._at][1])
            self._at += 1
        node = self._postfix(self._primary())
        for sign in reversed(signs):
            node = Unary(sign, node)
        return node

    def _postfix(self, node: Node) -> Node:
        while True:
            if self._take("."):
                kind, token = self._next()
                if kind != "name":
                    self._refuse(token)
                node = Member(node, Literal(token))
            elif self._take("["):
                node = Member(node, self._expression())
                self._need("]")
            elif self._take("("):
                node = Call(node, tuple(self._list(")")))
            else:
                return node

    def _primary(self) -> Node:
        kind, token = self._next()
        if kind == "number":
            number = float(token)
            return Literal(int(number) if number.is_integer() and abs(number) < 1e15 else number)
        if kind == "text":
            return Literal(_unescaped(token[1:-1]))
        if kind == "sign" and token in _OPENING:
            return self._enclosed(token)
        if kind == "sign" or token in _REFUSED:
            self._refuse(token)
        return Literal(_WORDS[token]) if token in _WORDS else Name(token)

    def _enclosed(self, sign: str) -> Node:
        if sign == "[":
            return Array(tuple(self._list("]")))
        if sign == "{":
            return Object(tuple(self._members()))
        node = self._expression()
        self._need(")")
        return node

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            self._refuse("")
        self._at += 1
        return self._tokens[self._at - 1]

    def _list(self, end: str) -> list[Node]:
        items: list[Node] = []
        while not self._take(end):
            if items:
                self._need(",")
            items.append(self._expression())
        return items

    def _members(self) -> list[tuple[str, Node]]:
        members: list[tuple[str, Node]] = []
        while not self._take("}"):
            if members:
                self._need(",")
            kind, token = self._next()
            if kind == "sign":
                self._refuse(token)
            key = _unescaped(token[1:-1]) if kind == "text" else token
            self._need(":")
            members.append((key, self._expression()))
        return members


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)
