"""The shape of the graph: no nodes, several starts, comparisons with loose outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import object_at
from argosy.davinci.lint.flow import first_text, is_set, shortened, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_MAY_START = frozenset({"nodeConnector", "annotationConnector"})


def emptiness(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield flows that have neither nodes nor edges, not even empty lists of them."""
    for flow in bundle.looked_through:
        if not flow.elements:
            if "elements" not in object_at(flow.document, "graphData"):
                yield None
            yield bundle.tell("dv-er-empty-flow-001", None, flow)


def starts(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield all nodes that nothing leads to, where there are several; an EVAL is one as well.

    The node is named in words only. The linter takes an id for found within another id too, which
    ids of one length never are.
    """
    for flow in bundle.looked_through:
        if not flow.edges:
            continue
        loose = [
            node
            for node in flow.nodes
            if node.connector not in _MAY_START and node.id and node.id not in flow.targets
        ]
        if len(loose) > 1:
            for node in loose:
                yield bundle.tell("dv-er-multi-start-001", node, flow, (flow.id, ""))


def comparisons(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield comparisons with several values that have none, or whose outcomes lead nowhere."""
    for flow in bundle.looked_through:
        rows = {edge.row for edge in flow.edges} - {""}
        for node in flow.nodes:
            if node.is_connection and node.capability == "AEqualsMultipleB":
                yield from _comparison(bundle, flow, node, rows)


def _comparison(
    bundle: Bundle, flow: LintFlow, node: LintNode, rows: set[str]
) -> Iterator[Finding | None]:
    kind = "AEqualsBMultipleCondition"
    values = node.value("rightValueMultiple")
    if is_set(node.value("leftValueA")) and (not is_set(values) or values == []):
        yield bundle.tell(f"dv-er-{kind}-001", node, flow)
    loose = []
    for row in node.rows("rightValueMultiple"):
        if is_set(row.get("id")) and text_of(row["id"]) not in rows:
            named = first_text(row.get("value"))
            if named is None:
                yield None
            loose.append(shortened(named or text_of(row["id"])))
    if loose:
        listed = ", ".join(map(repr, loose[:10])) + (", …" if len(loose) > 10 else "")
        yield bundle.tell(f"dv-bp-{kind}-003", node, flow, outcomes=listed)
    if any(not edge.row for edge in flow.edges_from(node.id)):
        yield bundle.tell(f"dv-bp-{kind}-002", node, flow)
