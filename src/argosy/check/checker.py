"""Run the rules in their order and sort what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.report import Report
from argosy.check.rules import RULES
from argosy.check.subject import Subject, read_subject
from argosy.model import Problem, split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from argosy.check.rule import Rule


def check_connector(root: Path) -> Report:
    """Check the connector in the folder `root`.

    Nothing is raised for what is wrong with it, not even where the folder is not there.
    """
    subject = read_subject(root)
    found = {problem for rule in RULES for problem in _findings(rule, subject)}
    return Report(root, tuple(sorted(found, key=_place)), subject.files)


def _findings(rule: Rule, subject: Subject) -> Iterable[Problem]:
    try:
        return list(rule.check(subject))
    except RecursionError:
        # A long chain of references nests calls however shallow each file is.
        message = "the connector's files refer to each other too deeply to be checked"
        return [Problem(rule.ID, message, file=subject.manifest.file)]


def _place(problem: Problem) -> tuple[object, ...]:
    """Sort by file, then by place with indexes as numbers, then by rule."""
    parts = split_pointer(problem.pointer)
    place = [(0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts]
    return (problem.file, place, problem.code, problem.message)
