"""Lint flows: one with what it may call, or those of an export."""

from __future__ import annotations

from itertools import islice, takewhile
from typing import TYPE_CHECKING

from argosy.davinci.document import list_at
from argosy.davinci.lint.finding import Bundle
from argosy.davinci.lint.flow import LintFlow
from argosy.davinci.lint.rules import RULES
from argosy.davinci.lint.suppression import rules_to_tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argosy.davinci.lint.finding import Finding
    from argosy.model import Json, JsonObject

#: A rule that finds more than this in one flow is not heard out.
MOST_FINDINGS = 10_000


def lint_flow(
    flow: JsonObject, others: Sequence[JsonObject] = (), *, as_far_as_linter: bool = False
) -> list[Finding]:
    """Return what DaVinci's linter finds in a flow and the other flows of its export.

    Some rules look in the flow alone, some in all flows. The linter breaks off over some
    documents and says no more by that rule; `as_far_as_linter` does so too. The documents may be
    anything; nothing is raised.
    """
    main = LintFlow(flow)
    rest = [LintFlow(other) for other in others]
    flows = [main, *rest]
    return _lint(Bundle(main, rest, flows, _is_called(main, flows)), as_far_as_linter)


def lint_alone(flow: LintFlow, others: Sequence[LintFlow]) -> list[Finding]:
    """Return what is wrong with a flow, and nothing of what is wrong with those beside it.

    The others may have nothing to do with it; those that it calls count as its export.
    """
    called = _called_from(flow, {other.id: other for other in reversed(others)})
    return _lint(Bundle(flow, called, [flow], _is_called(flow, [flow, *others])))


def _is_called(flow: LintFlow, flows: Sequence[LintFlow]) -> bool:
    return any(flow.id in one.called for one in flows)


def _called_from(flow: LintFlow, others: Mapping[str, LintFlow]) -> list[LintFlow]:
    """Return the flows that a flow calls, and those that they call."""
    found: dict[str, LintFlow] = {}
    waiting = [flow]
    while waiting:
        fresh = waiting.pop().called - found.keys() - {flow.id}
        found |= {id_: others[id_] for id_ in sorted(fresh) if id_ in others}
        waiting += [others[id_] for id_ in fresh if id_ in others]
    return list(found.values())


def lint_export(document: Json, *, as_far_as_linter: bool = False) -> list[Finding]:
    """Return what DaVinci's linter finds in an export: its first flow is the main one."""
    listed = document if isinstance(document, list) else list_at(document, "flows") or [document]
    flows = [flow for flow in listed if isinstance(flow, dict)]
    if not flows:
        return []
    return lint_flow(flows[0], flows[1:], as_far_as_linter=as_far_as_linter)


def _lint(bundle: Bundle, as_far_as_linter: bool = False) -> list[Finding]:
    found: list[Finding] = []
    for rule in rules_to_tell(bundle.main, RULES):
        told: Iterator[Finding | None] = islice(RULES[rule](bundle), MOST_FINDINGS)
        if as_far_as_linter:
            told = takewhile(lambda one: one is not None, told)
        found += [one for one in told if one is not None]
    return found
