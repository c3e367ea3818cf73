"""Run the rules in their order and sort what they found: over a connector, or over flows alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows import check_flow_files, flow_files
from argosy.check.report import Report
from argosy.check.rules import RULES
from argosy.check.subject import read_subject
from argosy.connector import companion_folders
from argosy.connector.finding import MANIFEST
from argosy.model import Problem, split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from argosy.check.rule import Rule
    from argosy.check.subject import Subject
    from argosy.model import Connector

#: The folder of a connector's own flows.
FLOWS = "flows"


def check_connector(root: Path) -> Report:
    """Check the connector in the folder `root`, with its flows, and the built-in ones below it.

    Nothing is raised for what is wrong with it, not even where the folder is not there.
    """
    found, files = _found_in(root)
    top = root.resolve()
    for folder in companion_folders():
        if folder.resolve() != top and folder.resolve().is_relative_to(top):
            below = folder.resolve().relative_to(top)
            inner, count = _found_in(root / below)
            found |= {replace(one, file=(below / one.file).as_posix()) for one in inner}
            files += count
    return Report(root, tuple(sorted(found, key=_place)), files)


def _found_in(root: Path) -> tuple[set[Problem], int]:
    """Return what is wrong with one connector and its flows, and how many files those are."""
    subject = read_subject(root)
    flows = flow_files(root, FLOWS)
    found = {problem for rule in RULES for problem in _findings(rule, subject)}
    found |= check_flow_files(root, flows, subject.connector, FLOWS)
    return found, subject.files + len(flows)


def check_flows(path: Path, connector: Connector) -> Report:
    """Check one flow's file, or all in a folder and below it, against a connector.

    Flows may call those beside them: all of the connector's own, or those of the same folder.
    """
    root = _library(path)
    below = path.relative_to(root).as_posix()
    files = flow_files(root, below) if path.is_dir() else [below]
    found = check_flow_files(root, files, connector)
    return Report(root, tuple(sorted(found, key=_place)), len(files))


def _library(path: Path) -> Path:
    """Return the folder of the flows that may call each other, as a part of the path given."""
    folder = path if path.is_dir() else path.parent
    own = (one for one in (folder, *folder.parents) if one.name == FLOWS)
    return next((one for one in own if (one.parent / MANIFEST).is_file()), folder)


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
