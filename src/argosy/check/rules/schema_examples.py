"""Every schema in `schemas/` shows values that fit and values that do not, and why not.

A schema with true examples is specification, documentation and test in one place; the reasons
are what a reader learns from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.model import Json, JsonObject, Problem
from argosy.validation import Validator
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "schema-examples"
DEMAND = "Every schema file has examples that fit it and anti-examples, with reasons, that do not."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is missing or untrue among the examples of each schema file."""
    for source in subject.schemas:
        document = source.document
        schema = sound_schema(subject, document, source.file) if document is not None else None
        if document is None or schema is None:
            continue
        validator = Validator(schema)
        for pointer, message in (
            *_examples(document, validator),
            *_anti_examples(document, validator),
        ):
            yield Problem(ID, message, pointer, file=source.file)


def _examples(document: JsonObject, validator: Validator) -> Iterator[tuple[str, str]]:
    examples = document.get("examples")
    if not isinstance(examples, list) or not examples:
        yield "", "there is no list `examples` with a value that fits"
        return
    for index, value in enumerate(examples):
        for problem in validator.problems(value):
            yield f"/examples/{index}{problem.pointer}", problem.message


def _anti_examples(document: JsonObject, validator: Validator) -> Iterator[tuple[str, str]]:
    examples = document.get("antiExamples")
    if not isinstance(examples, list) or not examples:
        yield "", "there is no list `antiExamples` with a value that does not fit"
        return
    for index, example in enumerate(examples):
        where = f"/antiExamples/{index}"
        if not _is_anti_example(example):
            yield where, "an anti-example has the members value and reason, a text, and no other"
        elif validator.is_valid(example["value"]):
            yield f"{where}/value", f"{show(example['value'])} fits the schema"


def _is_anti_example(example: Json) -> bool:
    if not isinstance(example, dict) or set(example) != {"value", "reason"}:
        return False
    return isinstance(example["reason"], str) and example["reason"] != ""
