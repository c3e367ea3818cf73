"""Subflows: the right one is chosen, gets what it needs, and does not call back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import is_set, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode


def calls(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what is wrong with the main flow's calls of subflows."""
    steps = [call for call in bundle.main.subflow_calls if call.is_connection]
    for call in steps:
        if not call.subflow[0]:
            yield bundle.tell("dv-er-subflow-001", call, why="no subflow is chosen")
    for call in bundle.main.subflow_calls:
        if call.subflow[0]:
            yield from _target(bundle, call)
    times = Counter(call.subflow[0] for call in bundle.main.subflow_calls)
    any_known = any(id_ in bundle.by_id for id_ in bundle.main.called)
    for call in steps:
        subflow = bundle.by_id.get(call.subflow[0]) if call.subflow[0] else None
        if subflow:
            yield from _call(bundle, call, subflow, times[subflow.id])
        elif any_known and call.capability == "startUiSubFlow":
            yield None


def _target(bundle: Bundle, call: LintNode) -> Iterator[Finding | None]:
    """Yield what is wrong with the flow that a node calls; the linter tells it under its id."""
    id_, label = call.subflow
    subflow = bundle.by_id.get(id_)
    if subflow is None or subflow.name != label:
        why = _mismatch(subflow, label, id_)
        yield bundle.tell("dv-er-subflow-001", call, None, (id_, ""), why=why)
    if subflow is None:
        yield None
    elif bundle.main.id in subflow.called:
        for node in subflow.nodes_about(bundle.main.id):
            name = shortened(label or id_)
            yield bundle.tell("dv-er-subflow-002", call, None, (id_, node.id), subflow=name)


def _mismatch(subflow: LintFlow | None, label: str, id_: str) -> str:
    if subflow is None:
        return f"{shortened(label or id_)!r} is not among the flows that are here"
    name, label = shortened(subflow.name), shortened(label)
    return f"it is called {label!r} here, and its own name is {name!r}"


def _call(
    bundle: Bundle, call: LintNode, subflow: LintFlow, times: int
) -> Iterator[Finding | None]:
    name = shortened(call.subflow[1] or subflow.id)
    # The linter tells this only of a subflow that is called once.
    if times == 1 and is_set(subflow.settings.get("pingOneFlow")):
        yield bundle.tell("dv-er-subflow-004", call, subflow=name)
    if call.capability == "startUiSubFlow":
        if subflow.first is None:
            yield None
        elif not is_set(subflow.first.data.get("respondToUser")):
            yield bundle.tell("dv-bp-subflow-005", call, subflow=name)
    lacking = [one for one in subflow.needed_inputs if one not in call.properties]
    if call.properties and lacking:
        listed = ", ".join(repr(shortened(one)) for one in lacking[:10])
        yield bundle.tell("dv-er-subflow-003", call, subflow=name, inputs=listed)
