"""The rules, under the ids by which a flow names them, in the order in which they run.

What each one finds is what the community's linter for DaVinci finds, so that a flow is judged
alike here and there. That linter breaks off over some documents and says no more by the rule: a
rule here yields None at that point and goes on with what the linter means to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.lint.rules import (
    code_safety,
    fields,
    nodes,
    pingone,
    scheduled,
    shape,
    style,
    subflows,
    teleports,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.davinci.lint.finding import Bundle, Finding

    Rule = Callable[[Bundle], Iterator[Finding | None]]

RULES: Mapping[str, Rule] = {
    "dv-rule-AEqualsBMultipleCondition-001": shape.comparisons,
    "dv-rule-annotations-001": style.notes,
    "dv-rule-batchProcessingFlow-001": scheduled.batches,
    "dv-rule-ciba-flow-001": pingone.ciba,
    "dv-rule-debug-off-001": style.debugging,
    "dv-rule-empty-flow-001": shape.emptiness,
    "dv-rule-globalVariable-001": code_safety.global_variables,
    "dv-rule-logo-001": style.logos,
    "dv-rule-multi-start-001": shape.starts,
    "dv-rule-node-001": nodes.appearance,
    "dv-rule-node-002": nodes.readiness,
    "dv-rule-pingOneFlow-001": pingone.branches,
    "dv-rule-requiredFields-001": fields.required,
    "dv-rule-scheduleFlow-001": scheduled.schedules,
    "dv-rule-subflow-001": subflows.calls,
    "dv-rule-teleport-001": teleports.jumps,
    "dv-rule-validFields-001": fields.valid,
    "dv-rule-variables-001": variables.uses,
}
