"""Read a connector's JSON files without ever failing: a file that cannot be read says why.

Stricter than a call is: what is nested beyond reason, or holds what JSON cannot say, counts as
unreadable, so that no rule has to fear a document that it was handed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.connector import read_document
from argosy.model import is_whole_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from argosy.model import Json, JsonObject

#: Deeper than any document in use, and shallow enough for every recursive walk over it.
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Source:
    """One JSON file: its path below the connector, and its content or why there is none."""

    file: str
    document: JsonObject | None
    fault: str = ""


def read_source(root: Path, file: str) -> Source:
    """Read one file; `file` is a POSIX path below `root`."""
    try:
        document = read_document(root, file)
        fault = _oddity(document)
    except RecursionError:
        return Source(file, None, "it is nested too deeply")
    except (ValueError, OSError, RuntimeError) as error:
        # RuntimeError: a circle of links, up to Python 3.12
        return Source(file, None, str(error))
    return Source(file, None, fault) if fault else Source(file, document)


def _oddity(document: JsonObject) -> str:
    """Say what a document holds that JSON or a rule cannot deal with; empty if nothing."""
    for depth, value in _walk(document):
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} levels deep"
        if isinstance(value, float) and not math.isfinite(value):
            return "it holds NaN or an infinite number"
        if isinstance(value, str) and not is_whole_text(value):
            return f"the text {value!r} holds half a character (a lone surrogate)"
    return ""


def _walk(document: Json) -> Iterator[tuple[int, Json]]:
    """Yield every key and value with its depth; iterative, as the depth is what is in doubt."""
    pending: list[tuple[int, Json]] = [(0, document)]
    while pending:
        depth, value = pending.pop()
        yield depth, value
        if isinstance(value, dict):
            pending += [(depth + 1, part) for member in value.items() for part in member]
        elif isinstance(value, list):
            pending += [(depth + 1, item) for item in value]
