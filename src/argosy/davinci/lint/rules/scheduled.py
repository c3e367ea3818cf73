"""Flows that run without anyone who waits: by a schedule, or for each user of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import START, is_set, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_ENDS = frozenset({"endFlowSuccess", "endFlowFailure"})
_BATCH = frozenset({"BATCH_PROCESSING", "BATCH_PROCESSING_SUBFLOW"})


def schedules(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what a scheduled flow may not have, and the ends of one in flows of other kinds.

    The linter also finds fault with the ends of a flow of the type BATCH_PROCESSING, which its
    own rule for batches demands; here they are right in both kinds of batches.
    """
    for flow in bundle.looked_through:
        is_scheduled = flow.trigger == "SCHEDULE"
        if is_scheduled:
            for node in [node for node in flow.nodes if _streams(node)][1:]:
                yield bundle.tell("dv-er-scheduleFlow-006", node, flow)
        if is_scheduled and not isinstance(flow.elements.get("edges"), list):
            yield None
        for node in flow.nodes:
            if is_scheduled:
                yield from _unattended(bundle, flow, node, "scheduleFlow")
            elif flow.trigger not in _BATCH and node.capability in _ENDS:
                yield bundle.tell("dv-er-scheduleFlow-004", node, flow)


def batches(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what a flow for batches may not have."""
    for flow in bundle.looked_through:
        if flow.trigger in _BATCH:
            if not isinstance(flow.elements.get("edges"), list):
                yield None
            for node in flow.nodes:
                yield from _unattended(bundle, flow, node, "batchProcessingFlow")


def _unattended(
    bundle: Bundle, flow: LintFlow, node: LintNode, kind: str
) -> Iterator[Finding | None]:
    """Yield what is wrong with a node of a flow that nobody waits for.

    Every node without an edge from it is an end, an annotation too.
    """
    edges = len(flow.edges_from(node.id))
    is_end = node.capability in _ENDS
    if node.data.get("nodeType") == START and edges != 1:
        yield bundle.tell(f"dv-er-{kind}-001", node, flow, (flow.id, ""))
    if bool(edges) == is_end:
        yield bundle.tell(f"dv-er-{kind}-002", node, flow)
    if is_set(node.data.get("respondToUser")) and not is_end:
        yield bundle.tell(f"dv-er-{kind}-005", node, flow)
    if node.is_connection and node.connector == "flowConnector":
        yield bundle.tell(f"dv-er-{kind}-003", node, flow)


def _streams(node: LintNode) -> bool:
    """Tell whether a node hands on users one by one."""
    if "capabilityClass" in node.data:
        return text_of(node.data["capabilityClass"]) == "streaming"
    return node.capability == "streamingListUsers"
