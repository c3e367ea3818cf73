"""The manifest's list and the files below `capabilities/` are the same capabilities.

A file that is not listed is dead, a listed one that is not there fails when it is called. A
capability is called by its id alone, so the id is the file's name and is unique across folders,
and no built-in connector has it too.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from argosy.connector import clashes
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "capability-index"
DEMAND = "The manifest lists each capability file once, and a file is named as its capability."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what differs between the manifest's list, the files and their ids."""
    yield from _misnamed(subject)
    if subject.connector is None or subject.manifest.document is None:
        return
    listed: list[str] = subject.manifest.document["capabilities"]
    yield from _without_file(subject, listed)
    yield from _not_listed(subject, listed)
    yield from _with_same_id(subject, listed)
    for index, message in clashes(subject.connector):
        pointer = f"/capabilities/{index}"
        yield Problem(ID, message, pointer, file=subject.manifest.file)


def _misnamed(subject: Subject) -> Iterator[Problem]:
    for source in subject.capabilities:
        stem = PurePosixPath(source.file).stem
        found = (source.document or {}).get("id")
        if isinstance(found, str) and found != stem:
            message = f"the id {found!r} is not the file's name, {stem!r}"
            yield Problem(ID, message, "/id", file=source.file)


def _without_file(subject: Subject, listed: list[str]) -> Iterator[Problem]:
    files = {source.file for source in subject.capabilities}
    for index, entry in enumerate(listed):
        if f"capabilities/{entry}.json" not in files:
            message = f"{entry!r} is listed, and there is no file capabilities/{entry}.json"
            yield Problem(ID, message, f"/capabilities/{index}", file=subject.manifest.file)


def _not_listed(subject: Subject, listed: list[str]) -> Iterator[Problem]:
    for source in subject.capabilities:
        entry = source.file.removeprefix("capabilities/").removesuffix(".json")
        if entry not in listed:
            message = f"the manifest does not list {entry!r} in `capabilities`"
            hint = "Add it to the manifest's list, or remove the file."
            yield Problem(ID, message, hint=hint, file=source.file)


def _with_same_id(subject: Subject, listed: list[str]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for index, entry in enumerate(listed):
        capability = PurePosixPath(entry).name
        other = first.setdefault(capability, entry)
        if other != entry:
            message = f"{entry!r} has the same id as {other!r}; a capability is called by its id"
            yield Problem(ID, message, f"/capabilities/{index}", file=subject.manifest.file)
