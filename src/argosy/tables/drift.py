"""What has changed in a source since it was last good: columns that came, went, or are another.

What is kept of a good opening is its columns with their types, the mapped ones within objects
among them, and what tells the files from others. A column that is not mapped may come, go and
change, which is told; where a mapped one is gone or of another type, the table no longer is what
it was set up for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from argosy.model import JsonObject
    from argosy.tables.formats.reading import PreviewColumn

    #: The way to a column: its name, behind those of the objects that it is in.
    Path = tuple[str, ...]

_ACCEPT = "Set the table again to take the columns as they are now, or mend the source."
#: No change: a column of numbers may hold whole ones alone for a day.
_ALIKE = frozenset({"integer", "number"})
#: The type of a column that has shown no value.
_UNSEEN = "null"


@dataclass(frozen=True, slots=True)
class Drift:
    """The columns that differ; `retyped` has the type before and the type now."""

    added: tuple[str, ...] = ()
    removed: tuple[Path, ...] = ()
    retyped: Mapping[Path, tuple[str, str]] | None = None
    since: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.retyped)

    def to_json(self) -> JsonObject:
        """Return it as a JSON object."""
        retyped = (self.retyped or {}).items()
        return {
            "added": list(self.added),
            "removed": list(map(_dotted, self.removed)),
            "retyped": [{"name": _dotted(path), "from": a, "to": b} for path, (a, b) in retyped],
            "since_timestamp": int(self.since),
        }

    def warnings(self) -> tuple[str, ...]:
        """Return a sentence for each kind of change."""
        when = _when(self.since)
        told = []
        if self.added:
            told.append(f"New since {when}: {list_words(self.added)}.")
        if self.removed:
            told.append(f"Gone since {when}: {list_words(map(_dotted, self.removed))}.")
        if self.retyped:
            retyped = self.retyped.items()
            changes = [f"{_dotted(path)} ({a} before, {b} now)" for path, (a, b) in retyped]
            told.append(f"Of another type since {when}: {list_words(changes)}.")
        return tuple(told)


def fingerprint(
    columns: Sequence[PreviewColumn],
    files: JsonObject,
    at: float,
    *,
    mapped: Iterable[Path] = (),
    known: JsonObject | None = None,
) -> JsonObject:
    """Return what is kept of a good opening; `files` is what tells the files from others.

    `mapped` are the ways to the columns that are mapped. A column that shows no value has the
    type still that it had in what was `known` before.
    """
    before = _types(known)
    paths: list[Path] = [(one.name,) for one in columns]
    paths += sorted(path for path in mapped if len(path) > 1)
    found = _found(columns)
    types = {path: found[path] for path in paths if path in found}
    types |= {path: before.get(path, _UNSEEN) for path in types if types[path] == _UNSEEN}
    return {
        "columns": [[path[0], type_] for path, type_ in types.items() if len(path) == 1],
        "paths": [[list(path), type_] for path, type_ in types.items() if len(path) > 1],
        "files": files,
        "at": at,
    }


def compare(known: JsonObject | None, columns: Sequence[PreviewColumn]) -> Drift:
    """Return how columns differ from those of the last good opening."""
    before = _types(known)
    if known is None or not before:
        return Drift()
    now = _found(columns)
    return Drift(
        added=tuple(one.name for one in columns if (one.name,) not in before),
        removed=tuple(path for path in before if path not in now),
        retyped={
            path: (before[path], type_)
            for path, type_ in now.items()
            if path in before and _is_another(before[path], type_)
        },
        since=float(known.get("at", 0)),
    )


def judge(drift: Drift, mapped: Collection[Path]) -> None:
    """Raise TableError where a mapped column is of another type.

    One that is gone is found by the mapping.
    """
    changed = {path: one for path, one in (drift.retyped or {}).items() if path in mapped}
    if changed:
        path, (before, now) = next(iter(changed.items()))
        raise TableError(
            detail=f"it was {before} at {_when(drift.since)} and is {now} now.",
            remedy=_ACCEPT,
            reason="drift",
            column=_dotted(path),
            field="resource_params.columns_mapping",
            drift=drift.to_json(),
        )


def _types(known: JsonObject | None) -> dict[Path, str]:
    """Return the type of each column that a fingerprint has."""
    kept = known or {}
    types = {(str(name),): str(type_) for name, type_ in kept.get("columns", ())}
    return types | {tuple(path): str(type_) for path, type_ in kept.get("paths", ())}


def _found(columns: Iterable[PreviewColumn], above: Path = ()) -> dict[Path, str]:
    """Return the types of columns, and of those within them."""
    types = {}
    for one in columns:
        types[*above, one.name] = one.type
        types |= _found(one.members, (*above, one.name)) if one.members else {}
    return types


def _is_another(before: str, now: str) -> bool:
    return before != now and _UNSEEN not in (before, now) and not {before, now} <= _ALIKE


def _dotted(path: Path) -> str:
    return ".".join(path)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
