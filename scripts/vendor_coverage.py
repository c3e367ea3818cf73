"""Compare the vendor's OpenAPI documents with the connector's capabilities, as a page.

The documents lie in `../shared/contracts` beside the checkout; without them there is nothing to
compare, and the page in docs/reference stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from argosy.connector import load_capability
from argosy.model import Capability, Connector

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT.parent / "shared" / "contracts"
METHODS = ("get", "put", "post", "patch", "delete", "head")


@dataclass(frozen=True, slots=True)
class Contract:
    """One document: the API family it describes, and what its servers' addresses end with."""

    name: str
    family: str
    prefix: str = ""


DOCUMENTS = (
    Contract("cdp-api", "cdp"),
    Contract("td-api-v3", "core", "/v3"),
    Contract("workflow-api", "workflow"),
    Contract("postback-api", "postback"),
    Contract("postback-api-v2", "postback-v2"),
    Contract("personalization-api", "personalization"),
)

#: Operations that are no capability of their own, and why.
LEFT_OUT: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, and the capabilities that send it."""

    document: Contract
    method: str
    path: str
    capabilities: tuple[Capability, ...]

    @property
    def reason(self) -> str:
        """Why there is no capability, where that was decided."""
        return LEFT_OUT.get(f"{self.method} {shape_of(self.path)}", "")


def shape_of(path: str) -> str:
    """Return a path with its placeholders emptied, so that their names do not matter."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def compare(connector: Connector, folder: Path = CONTRACTS) -> list[Operation]:
    """Return every operation of the documents in `folder` with the capabilities that send it."""
    known: dict[tuple[str, str, str], list[Capability]] = {}
    for capability_id in connector.capability_files:
        capability = load_capability(connector, capability_id)
        request = capability.request
        key = (capability.family, request.method, shape_of(request.path))
        known.setdefault(key, []).append(capability)
    return [
        Operation(document, method, path, tuple(known.get((document.family, method, shape), ())))
        for document in DOCUMENTS
        for method, path in operations(folder, document)
        for shape in [shape_of(path)]
    ]


def operations(folder: Path, document: Contract) -> Iterator[tuple[str, str]]:
    """Yield method and path of every operation of one document."""
    text = (folder / f"{document.name}.openapi.yml").read_text(encoding="utf-8")
    for path, item in yaml.load(text, Loader=yaml.CSafeLoader)["paths"].items():
        for method in METHODS:
            if method in item:
                # the core document writes a format's place as part of the last segment
                yield method.upper(), document.prefix + path.replace("}{path_format}", "}")


def coverage_page(connector: Connector, found: list[Operation]) -> str:
    """Return the page: a summary, and every operation with its capability or the reason."""
    lines = ["# Coverage", ""]
    lines += [
        "Each operation of the vendor's OpenAPI documents, and the capability that sends it.",
        "",
    ]
    lines += ["| document | operations | capabilities | left out |", "| --- | --- | --- | --- |"]
    for document in DOCUMENTS:
        own = [one for one in found if one.document == document]
        done = sum(bool(one.capabilities) for one in own)
        lines.append(f"| {document.name} | {len(own)} | {done} | {len(own) - done} |")
    done = sum(bool(one.capabilities) for one in found)
    lines.append(f"| **all** | {len(found)} | {done} | {len(found) - done} |")
    for document in DOCUMENTS:
        lines += ["", f"## {document.name}", "", "| operation | capability | effect |"]
        lines.append("| --- | --- | --- |")
        lines += [_row(one) for one in found if one.document == document]
    sent = {capability.id for one in found for capability in one.capabilities}
    lines += ["", "## Beyond the documents", ""]
    lines += ["What the vendor's own clients use and the documents do not have, and our own.", ""]
    lines += ["| request | capability | effect |", "| --- | --- | --- |"]
    for capability_id in connector.capability_files:
        if capability_id not in sent:
            capability = load_capability(connector, capability_id)
            request = capability.request
            shown = (
                f"`{request.method} {request.path or request.url}`" if request.method else "several"
            )
            lines.append(f"| {shown} | {_linked(capability)} | {capability.effect} |")
    return "\n".join(lines)


def _row(operation: Operation) -> str:
    request = f"`{operation.method} {operation.path}`"
    if not operation.capabilities:
        return f"| {request} | left out: {operation.reason or 'without a reason'} | |"
    names = ", ".join(_linked(one) for one in operation.capabilities)
    return f"| {request} | {names} | {operation.capabilities[0].effect} |"


def _linked(capability: Capability) -> str:
    mark = " (legacy)" if capability.legacy else ""
    return f"[`{capability.id}`](capabilities/{capability.family}.md#{capability.id}){mark}"
