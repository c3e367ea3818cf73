"""Titles, summaries and notes speak plainly: no exclamation mark, no "please", one sentence.

They are read in lists and beside one another; a summary in two sentences or a plea stands out.
These are warnings: nothing fails because of a word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from argosy.model import Capability, Connector, Problem, join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "wording"
DEMAND = (
    "Titles, summaries and notes hold no exclamation mark and no plea; a summary is a sentence."
)

_PLEASE = re.compile(r"\bplease\b", re.IGNORECASE)
_NEXT_SENTENCE = re.compile(r"[.?!]\s+[A-Z]")

Words = tuple[str, str]


def check(subject: Subject) -> Iterator[Problem]:
    """Yield warnings about words, each at its place."""
    if subject.connector:
        for pointer, text in _manifest_texts(subject.connector):
            yield from _warnings(subject.manifest.file, pointer, text)
    for _, capability in subject.valid_capabilities():
        for pointer, text in _capability_texts(capability):
            yield from _warnings(capability.file, pointer, text)
        if _NEXT_SENTENCE.search(capability.summary):
            yield _warning(capability.file, "/summary", "the summary has more than one sentence")


def _manifest_texts(connector: Connector) -> Iterator[Words]:
    yield "/title", connector.title
    yield "/description", connector.description
    for family in connector.families.values():
        yield join_pointer(("families", family.id, "title")), family.title
    for region in connector.regions.values():
        yield join_pointer(("regions", region.id, "title")), region.title


def _capability_texts(capability: Capability) -> Iterator[Words]:
    yield "/title", capability.title
    yield "/summary", capability.summary
    yield "/description", capability.description
    for index, note in enumerate(capability.error_notes.values()):
        yield f"/errors/{index}/note", note
    for index, example in enumerate(capability.examples):
        yield f"/examples/{index}/title", example.title
    for index, anti in enumerate(capability.anti_examples):
        yield f"/antiExamples/{index}/title", anti["title"]


def _warnings(file: str, pointer: str, text: str) -> Iterator[Problem]:
    if "!" in text:
        yield _warning(file, pointer, f"{text!r} holds an exclamation mark")
    if _PLEASE.search(text):
        yield _warning(file, pointer, f'{text!r} says "please"')


def _warning(file: str, pointer: str, message: str) -> Problem:
    return Problem(ID, message, pointer, file=file, severity="warning")
