"""Schemas are valid JSON Schema 2020-12, their references lead somewhere, their patterns compile.

A pattern that cannot be read would fail in the middle of a call; names of properties are matched
in Python's grammar too. A schema must not refer back to itself
for the same value either, since judging it would never end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import faults, schema_places
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "schema-references"
DEMAND = "Schemas are valid, references lead to schemas, and each pattern can be read."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with each schema, wherever it stands."""
    for source in subject.schemas:
        if source.document is None:
            yield Problem(ID, f"the file cannot be read: {source.fault}", file=source.file)
    for place in schema_places(subject):
        for fault in faults(subject, place):
            pointer = place.pointer + fault.pointer
            yield Problem(ID, fault.message, pointer, fault.hint, place.file)
