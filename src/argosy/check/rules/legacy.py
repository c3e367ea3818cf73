"""What is marked as legacy names the capability to use instead, and that one is not legacy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import Problem
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "legacy"
DEMAND = "A legacy capability leads to a current one, where it leads anywhere."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield the legacy capabilities that lead nowhere, or to another legacy one."""
    known = {capability.id: capability for _, capability in subject.valid_capabilities()}
    for capability in known.values():
        if capability.legacy is None or not capability.legacy.use:
            continue
        other = known.get(capability.legacy.use)
        message = ""
        if other is None:
            there = list_words(known, capability.legacy.use)
            message = f"{capability.legacy.use!r} is no capability; there is {there}"
        elif other.legacy:
            message = f"{other.id!r} is legacy itself"
        if message:
            yield Problem(ID, message, "/legacy/use", file=capability.file)
