"""Globs over the names of objects: `*` and `?` within a folder, `**` for any folders, `[…]`.

A name is matched folder by folder, so that no pattern makes a name take long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Segment = Callable[[str], object] | None

_FIXED = re.compile(r"[^*?\[]*")
_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern of whole names. `prefix` is what every name that it matches begins with."""

    pattern: str
    prefix: str
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, pattern: str) -> Glob:
        """Compile a pattern; letters count as they are, capital or small."""
        fixed = _FIXED.match(pattern)
        parts = pattern.split("/")
        if parts[-1] == "**":  # whatever lies within a folder, and not the folder itself
            parts.append("*")
        return cls(
            pattern,
            fixed[0] if fixed else "",
            tuple(None if part == "**" else re.compile(translate(part)).match for part in parts),
        )

    def matches(self, name: str) -> bool:
        """Tell whether a whole name fits."""
        return _fits(name.split("/"), self.segments)


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return what sorts names as people do: part-2 before part-10."""
    # texts and numbers take turns; a number is compared by its length, then digit by digit
    parts = [
        (0, part) if at % 2 == 0 else (len(part.lstrip("0")), part.lstrip("0"))
        for at, part in enumerate(_DIGITS.split(name))
    ]
    return parts, name


def _fits(names: Sequence[str], segments: Sequence[Segment]) -> bool:
    """Match greedily; where that fails, let the last `**` take one folder more."""
    at = of = 0
    resume: tuple[int, int] | None = None
    while at < len(names):
        if of < len(segments):
            segment = segments[of]
            if segment is None:
                resume = (at, of)
                of += 1
                continue
            if segment(names[at]):
                at, of = at + 1, of + 1
                continue
        if resume is None:
            return False
        at, of = resume[0] + 1, resume[1] + 1
        resume = (at, resume[1])
    return of == len(segments)
