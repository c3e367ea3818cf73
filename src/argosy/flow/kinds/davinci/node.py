"""Compile nodes of imported flows: what each does, its outcomes, and how it is done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import OpaqueNodeError
from argosy.flow.kinds.davinci import (
    flows,
    functions,
    http,
    messages,
    strings,
    variables,
)
from argosy.flow.kinds.davinci.call import Call
from argosy.flow.kinds.davinci.catalogue import davinci_capability
from argosy.flow.kinds.davinci.opaque import why_opaque
from argosy.flow.kinds.davinci.values import rows_of
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.flow.kinds.davinci.call import Performs, Redo
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node

#: What each connector can do here, and what does it again.
PERFORMS: Mapping[str, Performs] = {
    "functionsConnector": functions.CAPABILITIES,
    "httpConnector": http.CAPABILITIES,
    "variablesConnector": variables.CAPABILITIES,
    "flowConnector": flows.CAPABILITIES,
    "errorConnector": messages.ERROR_CAPABILITIES,
    "analyticsConnector": messages.ANALYTICS_CAPABILITIES,
    "stringsConnector": strings.CAPABILITIES,
}
_REDO: Mapping[str, Mapping[str, Redo]] = {
    "httpConnector": http.REDO,
    "variablesConnector": variables.REDO,
}


def compile_node(node: Node, compiler: Compiler, kind: Kind) -> Execute:
    """Compile a node by its connector and capability. One that cannot run fails when it is run."""
    render = kind.render(node)
    connector, capability = _names(node.inputs)
    reason = why_opaque(connector, capability, node.inputs)
    perform = PERFORMS.get(connector, {}).get(capability)
    declared = davinci_capability(connector, capability)
    is_one = declared is not None and declared.one_output
    reads = compiler.outputs_read.get(node.id, ()) if is_one else ()

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        if reason or perform is None:
            what = f"{connector}/{capability}" if capability else connector
            raise OpaqueNodeError(what=what, detail=reason)
        return perform(_call(context, inputs, reads))

    return execute


def outcomes(node: Node) -> tuple[str, ...]:
    """Give the outcomes that the capability declares, and those that the node's rows add."""
    declared = davinci_capability(*_names(node.inputs))
    if declared is None:
        return (SUCCESS,)
    properties = node.inputs.get("properties")
    rows = properties.get(declared.outcomes_from) if isinstance(properties, dict) else None
    return (*dict.fromkeys(name for name, _ in rows_of(rows, "id")), *declared.outcomes)


def redo(context: StepContext) -> None:
    """Respond again, and set variables again, as the step did."""
    inputs: JsonObject = context.step.inputs
    connector, capability = _names(inputs)
    again = _REDO.get(connector, {}).get(capability)
    if again is not None:
        again(_call(context, inputs, ()))


def _names(inputs: JsonObject) -> tuple[str, str]:
    connector, capability = inputs.get("connector"), inputs.get("capability")
    return (
        connector if isinstance(connector, str) else "",
        capability if isinstance(capability, str) else "",
    )


def _call(context: StepContext, inputs: JsonObject, reads: tuple[str, ...]) -> Call:
    return Call(
        context=context,
        capability=inputs["capability"],
        properties=inputs.get("properties", {}),
        literals=inputs.get("literals", {}),
        flow=inputs.get("flow", ""),
        reads=reads,
    )
