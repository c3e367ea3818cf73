"""Exports as a whole: several flows that call each other, into our files and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from argosy.davinci.document import flow_id_of, flow_name_of, list_at, object_at, unwrapped
from argosy.davinci.edit import CODE
from argosy.davinci.exporting import export_leniently
from argosy.davinci.importing import import_flow, is_imported
from argosy.davinci.names import slug
from argosy.davinci.nodes import called_name
from argosy.davinci.outer import new_flow
from argosy.davinci.reading import join_export
from argosy.davinci.report import FlowReport, report_on
from argosy.errors import InvalidFlowError, UnknownFlowError, UnsayableFlowError
from argosy.flow.library import SUFFIX, flow_id, load_flow
from argosy.model import Problem
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from argosy.davinci.reading import Export
    from argosy.davinci.shape import ConnectorNames
    from argosy.model import Json, JsonObject


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
    called |= _missing(export.flows, called, ids)
    made = []
    for flow, id_ in zip(export.flows, ids, strict=True):
        view = import_flow(flow, names, called)
        if id_ == ids[0] and export.around is not None:
            theirs = [flow_id_of(flow) for flow in export.flows]
            kept = {"around": export.around, "flows": ids, "flowIds": theirs}
            view.document["source"] = {**view.document["source"], "export": kept}
        made.append(ImportedFlow(id_, view.document, report_on(id_, view, ids)))
    return made


def _flow_ids(flows: Sequence[JsonObject], main_id: str) -> list[str]:
    found: list[str] = []
    for flow in flows:
        wanted = main_id if main_id and not found else slug(flow_name_of(flow))
        found.append(_free(wanted, found))
    return found


def _free(wanted: str, taken: Collection[str]) -> str:
    """Return a name, with a number behind it where it is taken."""
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _missing(
    flows: Sequence[JsonObject], there: Collection[str], ids: Sequence[str]
) -> dict[str, str]:
    """Return ids for flows that are called and are not in the export: none that one of it has."""
    made: dict[str, str] = {}
    taken = set(ids)
    for flow in flows:
        for node in list_at(object_at(object_at(flow, "graphData"), "elements"), "nodes"):
            found = unwrapped(object_at(object_at(node, "data"), "properties").get("subFlowId"))
            id_, name = called_name(found)
            if id_ and id_ not in there and id_ not in made:
                made[id_] = _free(slug(name), taken)
                taken.add(made[id_])
    return made


def export_again(
    name: str, flows: Mapping[str, JsonObject], names: ConnectorNames | None = None
) -> tuple[Json, list[Problem]]:
    """Return a flow in DaVinci's words, with those that came in the same export.

    `flows` are the flows that it may call or that came with it, by their ids. The problems tell
    what DaVinci has no words for, which is left out. Raises UnknownFlowError, and
    UnsayableFlowError where one that came in the same export is not there any more.
    """
    kept = _kept_export(_known(name, flows))
    members = _members(kept, flows)
    lost = [
        Problem(CODE, f"the flow {one!r} came in the same export and is not here", _PLACE, _LOST)
        for one, file in members.items()
        if not file
    ]
    if lost:
        raise UnsayableFlowError(file=name, problems=lost)
    together = list(dict.fromkeys([name, *members.values()]))
    return export_flows(together, flows, names, kept.get("around"))


def export_folder(
    flows: Mapping[str, JsonObject], names: ConnectorNames | None = None
) -> tuple[Json, list[Problem]]:
    """Return all flows of a folder in DaVinci's words, in the order in which they came.

    What stood around them is kept where they came in one export. Raises UnsayableFlowError where
    they came in several. The rest is as for `export_again`.
    """
    kept = {name: _kept_export(document) for name, document in flows.items()}
    mains = [name for name in sorted(kept) if kept[name]]
    if len(mains) > 1:
        message = f"flows of {len(mains)} exports: each has something else around its flows"
        problem = Problem(CODE, message, hint="Export the file of one of them; its flows go along.")
        raise UnsayableFlowError(file=list_words(mains), problems=[problem])
    if not mains:
        return export_flows(sorted(flows), flows, names)
    members = _members(kept[mains[0]], flows).values()
    came = list(dict.fromkeys([mains[0], *(name for name in members if name)]))
    together = [*came, *(name for name in sorted(flows) if name not in came)]
    return export_flows(together, flows, names, kept[mains[0]].get("around"))


_PLACE = "/source/export/flows"
_LOST = (
    "Put its file back under any name, or import the export again; to export this flow alone, "
    "take 'export' out of its 'source'."
)


def _kept_export(document: JsonObject) -> JsonObject:
    """Return what is kept of the export that a flow came in with others, nothing without it."""
    found = object_at(object_at(document, "source"), "export")
    is_kept = bool(list_at(found, "flows")) and isinstance(found.get("around", {}), dict)
    are_texts = all(isinstance(one, str) for one in list_at(found, "flows"))
    return found if is_imported(document) and is_kept and are_texts else {}


def _members(kept: JsonObject, flows: Mapping[str, JsonObject]) -> dict[str, str]:
    """Return our ids now of the flows that came with a main one, by those that they came with.

    DaVinci's ids tell them, whatever their files are called now; nothing stands for one that is
    not there.
    """
    names, ids = list_at(kept, "flows")[1:], list_at(kept, "flowIds")[1:]
    found = {}
    for name, id_ in zip_longest(names, ids[: len(names)]):
        is_same = name in flows and (not id_ or _their_id(name, flows) == id_)
        others = (one for one in flows if id_ and _their_id(one, flows) == id_)
        found[name] = name if is_same else next(others, "")
    return found


def _their_id(name: str, flows: Mapping[str, JsonObject]) -> str:
    """Return DaVinci's id of a flow that came from there, nothing for any other."""
    try:
        document = flows[name]
    except InvalidFlowError:  # told where it is asked for
        return ""
    return identity(document)[0] if is_imported(document) else ""


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
