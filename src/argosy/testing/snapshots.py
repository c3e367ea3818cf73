"""Snapshots: values as they once were, kept in NAME.snapshot.json beside the test.

What differs from run to run is masked before it is kept or compared: at places that the case
names by pointers, and in texts that match its patterns.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from argosy.connector import read_document
from argosy.errors import InvalidFlowTestError
from argosy.model import MASK, Problem, split_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from argosy.model import Json, JsonObject
    from argosy.testing.result import CaseResult

SUFFIX = ".snapshot.json"
_NAMED = {
    "uuid": r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",
    "epoch": r"\b1\d{9}(?:\d{3})?(?:\.\d+)?\b",
    "time": r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?",
}
_EPOCHS = ((1e9, 2e9), (1e12, 2e12))


class SnapshotFile:
    """The snapshots of one test's file, by case and place. Raises InvalidFlowTestError."""

    def __init__(self, test: Path) -> None:
        self.path = test.with_name(test.name.removesuffix(".test.json") + SUFFIX)
        self._cases: dict[str, dict[str, Json]] = _read(self.path) if self.path.exists() else {}

    def of(self, case: str) -> Mapping[str, Json]:
        """Return what is kept of a case, by the places of its expectations."""
        return self._cases.get(case, {})

    def write(self, results: Iterable[CaseResult], names: Sequence[str]) -> int:
        """Keep what the results hold; drop cases that are not among `names`. Count changed ones.

        A case that has not come to its snapshots keeps those it had. Without any, the file goes.
        """
        found = {name: kept for name, kept in self._cases.items() if name in names}
        for result in results:
            if result.run is not None:
                found[result.name] = dict(result.snapshots)
        found = {name: dict(sorted(found[name].items())) for name in sorted(found) if found[name]}
        changed = {n for n in {**found, **self._cases} if found.get(n) != self._cases.get(n)}
        if changed and found:
            document = {"formatVersion": 1, "cases": found}
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
            self.path.write_text(text, encoding="utf-8")
        elif changed:
            self.path.unlink()
        self._cases = found
        return len(changed)


def _read(path: Path) -> dict[str, dict[str, Json]]:
    found = "it has no object `cases` of objects"
    try:
        cases = read_document(path.parent, path.name).get("cases")
    except ValueError as error:
        cases, found = None, str(error)
    if isinstance(cases, dict) and all(isinstance(one, dict) for one in cases.values()):
        return cases
    problem = Problem("unreadable-file", found, file=str(path))
    raise InvalidFlowTestError(file=str(path), problems=[problem])


def masked(value: Json, terms: JsonObject | bool) -> Json:
    """Return a value with the mask in place of what a snapshot's terms say differs."""
    if isinstance(terms, bool):
        return value
    for pointer in terms.get("mask", ()):
        value = _masked_at(value, split_pointer(pointer))
    patterns = terms.get("patterns", ())
    texts = [re.compile(_NAMED.get(pattern, pattern)) for pattern in patterns]
    if not texts:
        return value

    def clean(text: str) -> str:
        for pattern in texts:
            text = pattern.sub(MASK, text)
        return text

    return _masked_texts(value, clean, masks_epochs="epoch" in patterns)


def _masked_at(value: Json, parts: Sequence[str]) -> Json:
    if not parts:
        return MASK
    first, *rest = parts
    if isinstance(value, dict):
        return {
            name: _masked_at(member, rest) if first in {"*", name} else member
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [
            _masked_at(item, rest) if first in {"*", str(index)} else item
            for index, item in enumerate(value)
        ]
    return value


def _masked_texts(value: Json, clean: Callable[[str], str], *, masks_epochs: bool) -> Json:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {n: _masked_texts(m, clean, masks_epochs=masks_epochs) for n, m in value.items()}
    if isinstance(value, list):
        return [_masked_texts(item, clean, masks_epochs=masks_epochs) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if masks_epochs and is_number and any(low <= value < high for low, high in _EPOCHS):
        return MASK
    return value


def pattern_problem(pattern: str) -> str:
    """Return why a pattern cannot be used, or nothing."""
    try:
        re.compile(_NAMED.get(pattern, pattern))
    except (re.error, RecursionError) as error:
        names = ", ".join(_NAMED)
        return f"{pattern!r} is none of {names} and no regular expression: {error}"
    return ""
