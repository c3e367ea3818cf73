"""Export: a flow of ours as one of DaVinci's.

The flow that was kept on import is read anew, and what the flow of ours says differently is put
into it; whatever was not touched leaves as it came. A flow that was drawn here is put into an
empty one in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import object_at
from argosy.davinci.edges import put_edges
from argosy.davinci.edit import Edit
from argosy.davinci.elements import put_nodes
from argosy.davinci.importing import fingerprint, is_imported, kept_flow, view_flow
from argosy.davinci.outer import new_flow, put_outer
from argosy.davinci.rereading import refuse_lost
from argosy.errors import UnsayableFlowError
from argosy.flow.form import canonical_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.davinci.shape import ConnectorNames
    from argosy.model import JsonObject, Problem


def export_flow(
    document: JsonObject,
    names: ConnectorNames | None = None,
    called: Mapping[str, tuple[str, str]] | None = None,
    file: str = "",
) -> JsonObject:
    """Return a flow of ours, valid by its schema, as one of DaVinci's.

    `called` are DaVinci's id and name of each flow that it may call, by our id. Raises
    UnsayableFlowError with everything that DaVinci has no words for.
    """
    flow, problems = export_leniently(document, names, called)
    if problems:
        raise UnsayableFlowError(file=file or document["name"], problems=problems)
    return flow


def export_leniently(
    document: JsonObject,
    names: ConnectorNames | None = None,
    called: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[JsonObject, list[Problem]]:
    """Return a flow as one of DaVinci's without what cannot be said there, and what that is.

    Of a flow that was not edited it is what the document keeps, and not the caller's to change.
    """
    source = object_at(document, "source")
    if is_imported(document) and source.get("view") == fingerprint(document):
        return object_at(source, "flow"), []  # as it came, whatever an importer makes of it today
    flow = kept_flow(document) if is_imported(document) else new_flow(document)
    kept = object_at(source, "flows")
    flows = {id_: ours for id_, ours in kept.items() if isinstance(ours, str)}
    before = view_flow(flow, names, flows)
    edit = Edit(document, flow, before, names, called or {})
    edit.remember_elements()
    put_outer(edit)
    put_nodes(edit)
    put_edges(edit)
    if not _is_same(document, before.document):
        # What a flow is called now may not be what it was called when it came.
        before.reading.flows = {**flows, **{id_: ours for ours, (id_, _) in edit.called.items()}}
        refuse_lost(edit)
    return flow, edit.problems


def _is_same(one: JsonObject, other: JsonObject) -> bool:
    """Tell whether two flows say the same, where they come from aside."""
    forms = [canonical_form({**flow, "source": {}}, "flow") for flow in (one, other)]
    return forms[0] == forms[1]
