"""Flows that came from DaVinci are linted by its rules too, as they would be exported now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci import export_leniently, is_imported
from argosy.davinci.document import list_at, object_at
from argosy.davinci.exports import identity
from argosy.davinci.lint import LintFlow, lint_alone
from argosy.davinci.names import fitted
from argosy.davinci.shape import ConnectorNames
from argosy.errors import ArgosyError
from argosy.model import Problem, join_pointer, split_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.check.flows.catalogue import Catalogue, FlowSource
    from argosy.check.flows.subject import FlowSubject
    from argosy.davinci.lint import Finding
    from argosy.model import JsonObject


def lint_imported(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what DaVinci's rules find in a flow; nothing where it did not come from there.

    The codes are DaVinci's, and best practice is a warning. The flows that it may call are those
    of its folder, as they came.
    """
    document = _imported(subject.source)
    if document is None:
        return
    beside = _came_beside(subject.catalogue)
    others = [flow for file, flow in beside.items() if file != subject.source.file]
    flow = LintFlow(_as_exported(document, subject.catalogue))
    places = {node["id"]: index for index, node in enumerate(document["nodes"])}
    for finding in lint_alone(flow, others):
        if finding.pointer is not None:
            pointer = _place(finding, flow, places)
            told = finding.message, pointer, finding.recommendation, subject.source.file
            yield Problem(finding.code, *told, finding.severity)


def _imported(source: FlowSource) -> JsonObject | None:
    """Return the document of a sound flow that came from DaVinci and is kept, else None."""
    document = source.document
    if not source.flow or not document or not is_imported(document):
        return None
    return document if "graphData" in _kept(document) else None


def _kept(document: JsonObject) -> JsonObject:
    """Return the flow as it came."""
    return object_at(object_at(document, "source"), "flow")


def _came_beside(catalogue: Catalogue) -> Mapping[str, LintFlow]:
    """Return the flows of the folder that came from DaVinci, as they came, by their files."""
    for file in catalogue.files.values():
        if file not in catalogue.imported:
            document = _imported(catalogue.source(file))
            catalogue.imported[file] = LintFlow(_kept(document)) if document else None
    return {file: flow for file, flow in catalogue.imported.items() if flow}


def _as_exported(document: JsonObject, catalogue: Catalogue) -> JsonObject:
    """Return the flow that DaVinci would get, or the one that came where that cannot be told."""
    called = {}
    for id_ in object_at(object_at(document, "source"), "flows").values():
        source = catalogue.flow(id_) if isinstance(id_, str) else None
        if source and source.flow and source.document:
            called[id_] = identity(source.document)
    names = ConnectorNames(catalogue.connector) if catalogue.connector else None
    try:
        return export_leniently(document, names, called)[0]
    except ArgosyError:
        return _kept(document)


def _place(finding: Finding, flow: LintFlow, places: Mapping[str, int]) -> str:
    """Return the node of ours that a finding is about; the flow, where there is none."""
    if not finding.pointer:
        return ""
    index = int(split_pointer(finding.pointer)[-1])
    id_ = object_at(list_at(flow.elements, "nodes")[index], "data").get("id")
    if not isinstance(id_, str):
        return ""
    place = places.get(id_, places.get(fitted(id_)))
    return "" if place is None else join_pointer(["nodes", place])
