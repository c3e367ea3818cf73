"""`connector.json` is JSON and fits `schemas/connector.schema.json`.

Without a manifest there are no regions, families or settings to hold anything against, so what
needs them is checked once this rule is content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector.loading import file_validator
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "manifest-schema"
DEMAND = "The manifest is JSON and fits the schema of manifests."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with the shape of the manifest."""
    manifest = subject.manifest
    if manifest.document is None:
        yield Problem(ID, f"the manifest cannot be read: {manifest.fault}", file=manifest.file)
        return
    for problem in file_validator("connector").problems(manifest.document):
        yield replace(problem, code=ID, file=manifest.file)
