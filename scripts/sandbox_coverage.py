"""Ask a sandbox for every operation of the vendor's documents, as a page.

What answers 501 is not done. What is done in form only stands in SHALLOW, with what is missing;
everything else is full: it does to the sandbox's state what the vendor's operation does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import requests
from vendor_coverage import CONTRACTS, DOCUMENTS, Contract, operations

from argosy.sandbox import RunningSandbox, Settings, start

FULL: Final = "full"
SHALLOW_LEVEL: Final = "shallow"
ABSENT: Final = "501"

#: What is done in form only: operations (a pattern of method and path), and what is missing.
SHALLOW: Final = (
    (
        r".* /(audiences|entities)/.*predictive_segments.*",
        "kept and given back; no model is trained and nobody is scored",
    ),
    (
        r".* /entities/(journeys|journey_bundles|realtime_journeys).*",
        "kept and given back; no profile moves through a journey",
    ),
    (
        r".* /audiences/\{\}/realtime_(?!personalization_services/\{\}/tokens).*",
        "kept and given back; the real-time side has no stream of its own",
    ),
    (
        r".* /entities/(realtime_personalizations|activation_templates).*",
        "kept and given back; nothing is computed from it",
    ),
    (
        r"GET /entities/parent_segments/\{\}/(realtime_.*|activation_templates)",
        "kept and given back; nothing is computed from it",
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One operation, how far the sandbox does it, and what is missing."""

    document: Contract
    method: str
    path: str
    level: str
    missing: str = ""


def survey() -> list[Found]:
    """Ask for every operation once, with ids that nothing has."""
    with start(Settings(seed={})) as sandbox, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"TD1 {sandbox.master_key}"
        return [
            _found(sandbox, session, document, method, path)
            for document in DOCUMENTS
            for method, path in operations(CONTRACTS, document)
        ]


def _found(
    sandbox: RunningSandbox, session: requests.Session, document: Contract, method: str, path: str
) -> Found:
    shape = re.sub(r"\{[^{}]*\}", "{}", path)
    filled = shape.replace("{}", "999999")
    headers = {"WP13n-Token": "1/1/0"} if document.family == "personalization" else {}
    answer = session.request(method, f"{sandbox.url}{filled}", headers=headers, timeout=30)
    if answer.status_code == 501:
        return Found(document, method, path, ABSENT, _reason(answer))
    for pattern, missing in SHALLOW:
        if re.fullmatch(pattern, f"{method} {shape}"):
            return Found(document, method, path, SHALLOW_LEVEL, missing)
    return Found(document, method, path, FULL)


def _reason(answer: requests.Response) -> str:
    """Give the reason that an answer ends with."""
    message: str = answer.json()["message"]
    return message.rpartition(": ")[2].rstrip(".")


def page(found: list[Found]) -> str:
    """Return the page: a summary, and every operation with how far it is done."""
    lines = ["# What the sandbox does", ""]
    lines += [
        "*Full*: the operation does to the sandbox's state what it does to the vendor's.",
        "*Shallow*: it answers in form, and what is told is missing. *501*: it answers so, with",
        "the reason.",
        "",
    ]
    lines += ["| document | operations | full | shallow | 501 |", "| --- | --- | --- | --- | --- |"]
    for document in DOCUMENTS:
        lines.append(_summary(document.name, [one for one in found if one.document == document]))
    lines.append(_summary("**all**", found))
    for document in DOCUMENTS:
        lines += ["", f"## {document.name}", "", "| operation | level | what is missing |"]
        lines.append("| --- | --- | --- |")
        lines += [
            f"| `{one.method} {one.path}` | {one.level} | {one.missing} |"
            for one in found
            if one.document == document
        ]
    return "\n".join(lines)


def _summary(name: str, own: list[Found]) -> str:
    counts = [sum(one.level == level for one in own) for level in (FULL, SHALLOW_LEVEL, ABSENT)]
    return f"| {name} | {len(own)} | {' | '.join(map(str, counts))} |"
