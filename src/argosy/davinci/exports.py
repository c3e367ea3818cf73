"""Exports as a whole: several flows that call each other, into our files and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from argosy.davinci.document import flow_id_of, flow_name_of, object_at
from argosy.davinci.exporting import export_leniently
from argosy.davinci.importing import import_flow, is_imported
from argosy.davinci.names import slug
from argosy.davinci.outer import new_flow
from argosy.davinci.reading import join_export
from argosy.davinci.report import FlowReport, report_on
from argosy.errors import UnknownFlowError
from argosy.flow.library import SUFFIX, flow_id, load_flow
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from argosy.davinci.reading import Export
    from argosy.davinci.shape import ConnectorNames
    from argosy.model import Json, JsonObject, Problem


@dataclass(frozen=True)
class ImportedFlow:
    """One flow of an export: its id, which is its file's name, its document, and what to know."""

    id: str
    document: JsonObject
    report: FlowReport


def import_export(
    export: Export, names: ConnectorNames | None = None, main_id: str = ""
) -> list[ImportedFlow]:
    """Return the flows of an export as flows of ours, the first of them called `main_id` if told.

    The first flow keeps what stood around them all.
    """
    ids = _flow_ids(export.flows, main_id)
    called = {flow_id_of(flow): id_ for flow, id_ in zip(export.flows, ids, strict=True)}
    called.pop("", None)
    made = []
    for flow, id_ in zip(export.flows, ids, strict=True):
        view = import_flow(flow, names, called)
        if id_ == ids[0] and export.around is not None:
            kept = {"around": export.around, "flows": ids}
            view.document["source"] = {**view.document["source"], "export": kept}
        made.append(ImportedFlow(id_, view.document, report_on(id_, view, ids)))
    return made


def _flow_ids(flows: Sequence[JsonObject], main_id: str) -> list[str]:
    found: list[str] = []
    for flow in flows:
        wanted = main_id if main_id and not found else slug(flow_name_of(flow))
        number, name = 2, wanted
        while name in found:
            name, number = f"{wanted}-{number}", number + 1
        found.append(name)
    return found


def export_again(
    name: str, flows: Mapping[str, JsonObject], names: ConnectorNames | None = None
) -> tuple[Json, list[Problem]]:
    """Return a flow in DaVinci's words, with those that came in the same export.

    `flows` are the flows that it may call or that came with it, by their ids. The problems tell
    what DaVinci has no words for, which is left out. Raises UnknownFlowError.
    """
    document = _known(name, flows)
    kept = _kept_export(document)
    together = [name, *kept.get("flows", [])[1:]]
    return export_flows(together, flows, names, kept.get("around"))


def export_folder(
    flows: Mapping[str, JsonObject], names: ConnectorNames | None = None
) -> tuple[Json, list[Problem]]:
    """Return all flows of a folder in DaVinci's words, in the order in which they came.

    What stood around them is kept where they came in one export. The rest is as for
    `export_again`.
    """
    kept = {name: _kept_export(document) for name, document in flows.items()}
    mains = [name for name in sorted(kept) if kept[name]]
    if len(mains) != 1:
        return export_flows(sorted(flows), flows, names)
    came = [mains[0], *(name for name in kept[mains[0]]["flows"][1:] if name in flows)]
    together = [*came, *(name for name in sorted(flows) if name not in came)]
    return export_flows(together, flows, names, kept[mains[0]].get("around"))


def _kept_export(document: JsonObject) -> JsonObject:
    """Return what is kept of the export that a flow came in with others, nothing without it."""
    found = object_at(object_at(document, "source"), "export")
    return found if is_imported(document) and isinstance(found.get("flows"), list) else {}


def export_flows(
    together: Sequence[str],
    flows: Mapping[str, JsonObject],
    names: ConnectorNames | None = None,
    around: JsonObject | None = None,
) -> tuple[Json, list[Problem]]:
    """Return flows in DaVinci's words, one alone or several within what stands around them.

    The rest is as for `export_again`.
    """
    made, problems = [], []
    for id_ in together:
        document = _known(id_, flows)
        called = {one: identity(flows[one]) for one in _called(document) if one in flows}
        flow, left_out = export_leniently(document, names, called)
        made.append(flow)
        problems += [replace(problem, file=id_) for problem in left_out]
    if around is None and len(made) > 1:
        around = {"flows": []}
    return join_export(made, around), problems


def identity(document: JsonObject) -> tuple[str, str]:
    """Return DaVinci's id and name of a flow of ours."""
    kept = object_at(object_at(document, "source"), "flow")
    flow = kept if is_imported(document) else new_flow(document)
    return flow_id_of(flow), document["name"]


def _called(document: JsonObject) -> set[str]:
    """Return the ids of the flows that a flow calls."""
    found = (object_at(node, "inputs").get("flow") for node in document["nodes"])
    return {flow for flow in found if isinstance(flow, str)}


def _known(name: str, flows: Mapping[str, JsonObject]) -> JsonObject:
    if name not in flows:
        raise UnknownFlowError(found=name, known=list_words(sorted(flows), name) or "none")
    return flows[name]


class Documents(Mapping[str, "JsonObject"]):
    """The flows of a folder by their ids, read and checked by their schema when asked for.

    `file` is one of them, whatever its name ends in. Looking one up raises InvalidFlowError.
    """

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        files = [*folder.glob(f"*{SUFFIX}"), *([file] if file else [])]
        self._files = {flow_id(one): one for one in sorted(files)}
        self._read: dict[str, JsonObject] = {}

    def __getitem__(self, name: str) -> JsonObject:
        if name not in self._read:
            self._read[name] = load_flow(self._files[name]).document
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)
