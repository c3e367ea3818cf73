"""Read a connector's JSON files without ever failing: a file that cannot be read says why.

Stricter than a call is: what is nested beyond reason counts as unreadable, so that no rule has
to fear a document that it was handed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.connector import read_document
from argosy.model import is_deeper

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.model import JsonObject

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
    except ValueError as error:
        return Source(file, None, str(error))
    if is_deeper(document, DEEPEST):
        return Source(file, None, f"it is nested more than {DEEPEST} levels deep")
    return Source(file, document)
