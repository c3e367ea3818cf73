"""What made a run take as long as it did: the chain of tasks that each waited for the one before.

The way is walked backwards. It begins at the task that ended last; before a task stands the one
that ended last among those it had to wait for, its own upstreams and those of the groups that it
is in. What a group waits for or is waited for, its tasks are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """One task in time; `end` is None while it runs, `start` while it has not begun."""

    id: str
    parent: str
    upstreams: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class _Tree:
    spans: dict[str, Span]
    children: dict[str, list[str]] = field(default_factory=dict)

    def leaves(self, root: str) -> Iterator[Span]:
        """Yield the tasks below one that do the work, itself where it is one."""
        seen: set[str] = set()
        waiting = [root]
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self.spans:
                continue
            seen.add(name)
            below = self.children.get(name, ())
            waiting += below
            if not below and not self.spans[name].is_group:
                yield self.spans[name]

    def awaited(self, span: Span) -> Iterator[Span]:
        """Yield the tasks that one had to wait for."""
        seen: set[str] = set()
        here: Span | None = span
        while here and here.id not in seen:
            seen.add(here.id)
            for upstream in here.upstreams:
                yield from self.leaves(upstream)
            here = self.spans.get(here.parent)


def critical_path(spans: Sequence[Span]) -> list[Span]:
    """Return the chain of tasks, the first to run first; empty where none has begun.

    A circle in what tasks wait for, which no engine makes, ends the chain.
    """
    tree = _Tree({span.id: span for span in spans})
    for span in spans:
        if span.parent:
            tree.children.setdefault(span.parent, []).append(span.id)
    every = (leaf for span in spans for leaf in tree.leaves(span.id))
    path: list[Span] = []
    candidates = list({leaf.id: leaf for leaf in every}.values())
    passed: set[str] = set()
    while True:
        begun = [one for one in candidates if one.start and one.id not in passed]
        if not begun:
            return path[::-1]
        last = max(begun, key=_ended_last)
        passed.add(last.id)
        path.append(last)
        candidates = list(tree.awaited(last))


def _ended_last(span: Span) -> tuple[bool, float, str]:
    """Order tasks by their end; one that still runs comes last."""
    return (span.end is None, span.end.timestamp() if span.end else 0.0, span.id)
