"""A flow's id, the name of its file, is its own among the flows that may call each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "flow-ids"
DEMAND = "No two flows of a folder have files of the same name."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the file that another one hides."""
    other = subject.catalogue.files.get(subject.source.id)
    if other is not None and other != subject.source.file:
        message = f"{other} is a flow of the same id, {subject.source.id!r}"
        hint = "A subflow is named by its file's name alone; give one of the two another."
        yield subject.problem(ID, message, "", hint)
