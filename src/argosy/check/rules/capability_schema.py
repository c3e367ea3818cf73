"""Every file below `capabilities/` is JSON and fits `schemas/capability.schema.json`.

A key that stands twice is refused as well, since one of its values would silently win.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector.loading import file_validator
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "capability-schema"
DEMAND = "Every capability is JSON and fits the schema of capabilities."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the shape of the capabilities."""
    for source in subject.capabilities:
        if source.document is None:
            yield Problem(ID, f"the file cannot be read: {source.fault}", file=source.file)
            continue
        for problem in file_validator("capability").problems(source.document):
            yield replace(problem, code=ID, file=source.file)
