"""A text that fits a pattern, for the patterns that documents usually have.

Read are literals, classes, groups, alternatives and counts; anchors are passed over. The first
alternative is taken and the fewest repetitions, so the result is short. What is not read, or is
read wrongly, is for the caller to notice: the result is a candidate, to be judged by a validator.
"""

from __future__ import annotations

import re

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "n": "\n", "t": "\t"}
_COUNT = re.compile(r"\{(\d+)(?:,\d*)?\}")
_MOST_REPEATS = 2000


def text_of_pattern(pattern: str) -> str:
    """Return a text for a pattern, an empty one where it cannot be read."""
    try:
        return _Reader(pattern).alternatives()[:10_000]
    except (IndexError, ValueError, RecursionError, StopIteration, re.error):
        return ""


class _Reader:
    """Reads a pattern from its start; `at` is where the reader stands."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternatives(self) -> str:
        """Read up to the end or a closing bracket; return the text of the first alternative."""
        found = [""]
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                found.append("")
                continue
            found[-1] += self._repeated(self._part())
        return found[0]

    def _part(self) -> str:
        letter = self.pattern[self.at]
        self.at += 1
        if letter == "\\":
            return self._escape()
        if letter == "[":
            return self._class()
        if letter == "(":
            return self._group()
        return {"^": "", "$": "", ".": "a"}.get(letter, letter)

    def _escape(self) -> str:
        letter = self.pattern[self.at]
        self.at += 1
        if letter in "bBAZ":
            return ""
        if letter in "ux":
            digits = self.pattern[self.at : self.at + (4 if letter == "u" else 2)]
            self.at += len(digits)
            return chr(int(digits, 16))
        return _CLASSES.get(letter, letter)

    def _group(self) -> str:
        head = re.compile(r"\?(?::|[=!]|<[=!]|P?<\w+>)").match(self.pattern, self.at)
        is_look = head is not None and head[0] in {"?=", "?!", "?<=", "?<!"}
        self.at = head.end() if head else self.at
        found = self.alternatives()
        self.at += 1
        return "" if is_look else found

    def _class(self) -> str:
        """Return one letter of a class in brackets: its first, or for `[^…]` one it lacks."""
        end = self.at + (self.pattern[self.at] == "^") + 1
        while self.pattern[end] != "]":
            end += 2 if self.pattern[end] == "\\" else 1
        inside = self.pattern[self.at : end]
        self.at = end + 1
        if inside.startswith("^"):
            known = re.compile(f"[{inside}]", re.ASCII)
            return next(one for one in "aA0-_ ~" if known.fullmatch(one))
        first = inside[1:2] if inside.startswith("\\") else inside[:1]
        return _CLASSES.get(first, first) if inside.startswith("\\") else first

    def _repeated(self, part: str) -> str:
        """Return a part as often as the count behind it asks for at least."""
        here = self.pattern[self.at : self.at + 1]
        count = _COUNT.match(self.pattern, self.at)
        if count:
            self.at = count.end()
            part *= min(int(count[1]), _MOST_REPEATS)
        elif here and here in "*?":
            self.at += 1
            part = ""
        elif here == "+":
            self.at += 1
        if self.pattern[self.at : self.at + 1] == "?" and (count or (here and here in "*?+")):
            self.at += 1  # as few as possible, which they are
        return part
