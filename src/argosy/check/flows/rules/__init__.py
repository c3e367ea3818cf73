"""The rules for flows, in the order in which they run.

One module a rule (see `flows.rule`). The first says whether a file has the shape of a flow; every
later rule but `secrets` and `flow-ids` looks only at what has. A new rule is a module and a line
in this list, and a sample that breaks it in `tests/flow_rules/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.rules import (
    circles,
    connections,
    edges,
    empty_inputs,
    expressions,
    flow_ids,
    flow_schema,
    joins,
    layout,
    legacy_capabilities,
    loops,
    node_ids,
    node_inputs,
    node_kinds,
    responses,
    routines,
    secrets,
    subflows,
    timeouts,
    triggers,
    uncertain_reads,
    unclaimed_outcomes,
    unreachable_nodes,
    value_schemas,
    variables,
)

if TYPE_CHECKING:
    from argosy.check.flows.rule import FlowRule

FLOW_RULES: tuple[FlowRule, ...] = (
    flow_schema,
    flow_ids,
    value_schemas,
    node_ids,
    node_kinds,
    connections,
    triggers,
    edges,
    circles,
    routines,
    unreachable_nodes,
    joins,
    unclaimed_outcomes,
    node_inputs,
    empty_inputs,
    expressions,
    uncertain_reads,
    variables,
    subflows,
    responses,
    loops,
    timeouts,
    legacy_capabilities,
    secrets,
    layout,
)
