"""What has changed in a source since it was last good: columns that came, went, or are another.

What is kept of a good opening is its columns with their types, and what tells the files from
others. A column that is not mapped may come, go and change, which is told; where a mapped one is
gone or of another type, the table no longer is what it was set up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from argosy.model import JsonObject

_ACCEPT = "Set the table again to take the columns as they are now, or mend the source."
#: No change: a column of numbers may hold whole ones alone for a day.
_ALIKE = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Drift:
    """The columns that differ; `retyped` has the type before and the type now."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] | None = None
    since: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    def to_json(self) -> JsonObject:
        """Return it as a JSON object."""
        retyped = [{"name": n, "from": a, "to": b} for n, (a, b) in (self.retyped or {}).items()]
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "retyped": retyped,
            "since_timestamp": int(self.since),
        }

    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each kind of change."""
        when = _when(self.since)
        told = []
        if self.added:
            told.append(f"New since {when}: {list_words(self.added)}.")
        if self.removed:
            told.append(f"Gone since {when}: {list_words(self.removed)}.")
        if self.retyped:
            changes = [f"{name} ({a} before, {b} now)" for name, (a, b) in self.retyped.items()]
            told.append(f"Of another type since {when}: {list_words(changes)}.")
        return tuple(told)


def fingerprint(columns: Sequence[tuple[str, str]], files: JsonObject, at: float) -> JsonObject:
    """Return what is kept of a good opening; `files` is what tells the files from others."""
    return {"columns": [list(column) for column in columns], "files": files, "at": at}


def compare(known: JsonObject | None, columns: Sequence[tuple[str, str]]) -> Drift:
    """Return how columns differ from those of the last good opening."""
    before = dict(map(tuple, known["columns"])) if known and "columns" in known else None
    if before is None or known is None:
        return Drift()
    now = dict(columns)
    return Drift(
        added=tuple(name for name in now if name not in before),
        removed=tuple(name for name in before if name not in now),
        retyped={
            name: (before[name], type_)
            for name, type_ in now.items()
            if name in before and _is_another(before[name], type_)
        },
        since=float(known.get("at", 0)),
    )


def judge(drift: Drift, mapped: Collection[str]) -> None:
    """Raise TableError where a mapped column is of another type.

    One that is gone is found by the mapping.
    """
    changed = {name: one for name, one in (drift.retyped or {}).items() if name in mapped}
    if changed:
        name, (before, now) = next(iter(changed.items()))
        raise TableError(
            detail=f"it was {before} at {_when(drift.since)} and is {now} now.",
            remedy=_ACCEPT,
            reason="drift",
            column=name,
            field="resource_params.columns_mapping",
            drift=drift.to_json(),
        )


def _is_another(before: str, now: str) -> bool:
    return before != now and "null" not in (before, now) and not {before, now} <= _ALIKE


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
