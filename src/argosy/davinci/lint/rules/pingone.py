"""Flows of PingOne: how they end and branch, and what those of CIBA are made of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from argosy.davinci.document import COMPLETE, NEGATIVE, POSITIVE
from argosy.davinci.lint.flow import is_set, shortened, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_ENDS = frozenset({"returnSuccessResponseRedirect", "returnErrorResponseRedirect"})
_ANSWERS = frozenset({"returnCibaSuccess", "returnCibaError"})
_TURNS = frozenset({"oobStart", "oobContinue"})
_KERBEROS = "kerberosAuthentication"
_LOGIC = COMPLETE | NEGATIVE | POSITIVE


def branches(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield a PingOne flow without a proper end, and PingOne nodes with one way only."""
    flow = bundle.main
    # The linter breaks off where there are no nodes; that the flow is empty says enough.
    if is_set(flow.settings.get("pingOneFlow")) and flow.is_drawn and not _ends_well(flow):
        yield bundle.tell("dv-er-pingOneFlow-001")
    logic: dict[int, Counter[str]] = {}
    for node in flow.nodes:
        if node.connector != "pingOneSSOConnector":
            continue
        lacking = _lacking_way(flow, node, logic)
        if lacking:
            title = text_of(node.data.get("title")) or node.capability
            words = {"way": lacking, "capability": shortened(title)}
            yield bundle.tell("dv-er-pingOneFlow-002", node, **words)
        if node.capability == _KERBEROS:
            yield from _repeated(bundle, node)


def _ends_well(flow: LintFlow) -> bool:
    return any(
        node.capability in _ENDS
        for node in flow.nodes
        if node.id in flow.targets and not flow.edges_from(node.id)
    )


def _lacking_way(flow: LintFlow, node: LintNode, logic: dict[int, Counter[str]]) -> str:
    """Return which of the ways `true` and `false` does not lead on from a node, if one does not.

    Ways are counted as the linter does: without a word on its logic, each EVAL and each target of
    a single EVAL that is more than the false ones are counts as a true one.
    """
    out = flow.edges_from(node.id)
    evals = flow.next_to(node.id)
    beyond = len(flow.edges_from(out[0].target)) if len(out) == 1 else 0
    said: Counter[str] = Counter()
    for eval_ in evals:
        if eval_.index not in logic:
            words = (text_of(way.get("value")) for way in flow.ways(eval_))
            logic[eval_.index] = Counter(word for word in words if word in _LOGIC)
        said += logic[eval_.index]
    if said.keys() & COMPLETE:
        return ""
    false = sum(said[way] for way in NEGATIVE)
    has_true = bool(said.keys() & POSITIVE) or beyond > false or len(evals) > false
    if has_true and not false and (beyond or evals):
        return "false"
    return "true" if false and not has_true else ""


def _repeated(bundle: Bundle, node: LintNode) -> Iterator[Finding | None]:
    """Yield the Kerberos nodes that follow one by its first edge, once for each edge to them."""
    flow = bundle.main
    out = flow.edges_from(node.id)
    followers = flow.next_to(out[0].target) if out else ()
    again = {one.id: one for one in followers if one.capability == _KERBEROS}
    for edge in flow.edges_from(out[0].target) if again else ():
        if edge.target in again:
            yield bundle.tell("dv-er-pingOneFlow-003", again[edge.target])


def ciba(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what a CIBA flow lacks of its answers and turns, over all flows of the export."""
    main = bundle.main
    if not all(is_set(main.settings.get(name)) for name in ("pingOneFlow", "cibaFlow")):
        return
    turns: set[str] = set()
    for flow in bundle.flows:
        answers = _capabilities(flow, "pingOneAuthenticationConnector") & _ANSWERS
        turns |= _capabilities(flow, "flowConnector") & _TURNS
        if flow.id == main.id:
            if answers != _ANSWERS:
                yield bundle.tell("dv-er-ciba-flow-001", None, flow)
        elif answers:
            calling = _enabled(main, "flowConnector")
            call = next((node for node in calling if node.subflow[0] == flow.id), None)
            name = shortened(flow.name or flow.id)
            yield bundle.tell("dv-er-ciba-flow-003", call, subflow=name)
    if turns != _TURNS:
        yield bundle.tell("dv-er-ciba-flow-002")


def _capabilities(flow: LintFlow, connector: str) -> set[str]:
    return {node.capability for node in _enabled(flow, connector)}


def _enabled(flow: LintFlow, connector: str) -> list[LintNode]:
    return [
        node
        for node in flow.nodes
        if node.connector == connector and node.data.get("isDisabled") is not True
    ]
