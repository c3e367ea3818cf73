"""Run the rules over flows: files in a folder, or a document that is on no disk yet."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import Catalogue, flow_files, flow_source
from argosy.check.flows.imported import lint_imported
from argosy.check.flows.rules import FLOW_RULES, secrets
from argosy.check.flows.secrets import Curtain
from argosy.check.flows.subject import FlowSubject
from argosy.check.reading import DEEPEST
from argosy.model import Problem, is_deeper, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from argosy.check.flows.catalogue import FlowSource
    from argosy.check.flows.rule import FlowRule
    from argosy.model import Connector, Json, JsonObject


def check_flow_files(
    root: Path,
    files: Iterable[str],
    connector: Connector | None,
    others: str = "",
    held: Mapping[str, JsonObject] | None = None,
) -> set[Problem]:
    """Return what is wrong with some flows; `files` are POSIX paths below `root`.

    They may call all flows in the folder `others` below `root`. `held` are what files hold that
    were written a moment ago, and need not be read again.
    """
    catalogue = Catalogue(connector, root, flow_files(root, others))
    for file, document in (held or {}).items():
        catalogue.hold(file, document)
    return {p for file in files for p in _check(catalogue.source(file), catalogue)}


def check_flow_document(
    document: Json, name: str, connector: Connector | None, catalogue: Catalogue | None = None
) -> list[Problem]:
    """Return what is wrong with a flow that a program holds; `name` is its id.

    The document may be anything. Subflows are looked for in the catalogue.
    """
    catalogue = catalogue or Catalogue(connector)
    file = catalogue.files.get(name, f"{name}.flow.json")
    try:
        source = flow_source(file, _as_read(document))
    except (TypeError, ValueError) as error:
        source = flow_source(file, None, str(error))
    return list(dict.fromkeys(_check(source, catalogue)))


def _as_read(document: Json) -> JsonObject:
    """Return a document as its file would be read. Raises ValueError, TypeError."""
    if not isinstance(document, dict):
        raise TypeError("it is not a JSON object")
    if is_deeper(document, DEEPEST):
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    read: JsonObject = parse_json(json.dumps(document, allow_nan=False))
    return read


def _check(source: FlowSource, catalogue: Catalogue) -> list[Problem]:
    subject = FlowSubject(source, catalogue)
    found = [problem for rule in FLOW_RULES for problem in _findings(rule, subject)]
    found += lint_imported(subject)
    if not subject.secrets:
        return found
    curtain = Curtain(subject.secrets)
    return [_covered(problem, curtain) for problem in found]


def _findings(rule: FlowRule, subject: FlowSubject) -> list[Problem]:
    try:
        return list(rule.check(subject))
    except RecursionError:
        # References between schemas nest calls however shallow each of them is.
        message = "what the flow refers to is nested too deeply to be checked"
        return [subject.problem(rule.ID, message)]


def _covered(problem: Problem, curtain: Curtain) -> Problem:
    """Return a problem without the secret that it shows; the rule about secrets shows none."""
    problem = replace(problem, pointer=curtain.without_names(problem.pointer))
    if problem.code == secrets.ID:
        return problem
    if curtain.covers(problem.message) or curtain.covers(problem.hint):
        message = "what stands here is wrong; it is not shown, since it holds a secret"
        return replace(problem, message=message, hint="")
    return problem
