"""Single nodes: what they are called and look like, and whether they are ready to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import is_set, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintNode

_UNTITLED = frozenset({"goToNode", "returnBackToCallingNode"})
_UNDESCRIBED = frozenset({"nodeConnector", "functionsConnector"})
_COLORS = {
    ("httpConnector", "createSuccessResponse"): "#9dc967",
    ("httpConnector", "createErrorResponse"): "#ffc8c1",
}


def appearance(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield nodes without a title, a description, the usual colour or their form.

    A node that others follow and that ends the flow's cache is told here too.
    """
    for flow in bundle.looked_through:
        for node in flow.nodes:
            for code in _lacking(node):
                yield bundle.tell(code, node, flow)
            color = _COLORS.get((node.connector, node.capability), "")
            found = node.value("backgroundColor")
            if not isinstance(found, str) and color and "backgroundColor" in node.properties:
                yield None
            if not text_of(found).lower().startswith(color):
                yield bundle.tell("dv-bp-node-002", node, flow, color=color)
            is_form = node.connector == "pingOneFormsConnector" and node.capability == "customForm"
            if node.is_connection and is_form and not is_set(node.value("form")):
                yield bundle.tell("dv-er-node-004", node, flow)
            ends_cache = is_set(node.value("oeInteractionCacheExpire"))
            if node.is_connection and ends_cache and flow.edges_from(node.id):
                yield bundle.tell("dv-er-node-005", node, flow)


def _lacking(node: LintNode) -> Iterator[str]:
    """Yield under which codes the lack of a title and of a description is told."""
    if node.is_connection:
        if node.capability not in _UNTITLED and not is_set(node.value("nodeTitle")):
            yield "dv-bp-node-001"
        if node.connector not in _UNDESCRIBED and not is_set(node.value("nodeDescription")):
            yield "dv-bp-node-003"


def readiness(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield nodes that are switched off, and those that have no capability yet."""
    for flow in bundle.looked_through:
        for node in flow.nodes:
            if node.data.get("isDisabled") is True:
                yield bundle.tell("dv-er-node-001", node, flow)
            if node.data.get("status") == "unconfigured":
                if not isinstance(node.data.get("name"), str):
                    yield None
                yield bundle.tell("dv-er-node-002", node, flow)
