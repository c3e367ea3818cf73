"""Nodes that run a capability of the connector, or of one beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.connector import load_capability
from argosy.dispatch.inputs import secret_inputs
from argosy.flow.templates import compile_strict, join_below, makes_ids, read_names
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_capability(
    node: Node, compiler: Compiler
) -> Callable[[StepContext], tuple[str, JsonObject]]:
    """Compile a node. Raises UnknownCapabilityError and TemplateSyntaxError."""
    home = compiler.connector.home_of(node.what)
    declared = load_capability(home, node.what).inputs.get("properties", {})
    render = compile_strict(node.inputs, join_below(node.pointer, "inputs"))
    for name in secret_inputs(declared) & node.inputs.keys():
        compiler.sensitive.update(read_names(node.inputs[name]))
    capability, connection = node.what, node.connection
    takes_ids = makes_ids(node.inputs)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context.scope_with_ids() if takes_ids else context.scope)
        dispatcher = context.state.dispatcher_of(home, connection)
        step = context.step
        step.inputs = dispatcher.masked(capability, inputs)
        if step.inputs is not inputs:
            context.state.hide_texts(dispatcher.secrets(capability, inputs))
        result = dispatcher.call(capability, inputs, control=context.control())
        step.outputs = result.outputs
        if result.error is not None:
            raise result.error
        return SUCCESS, result.outputs

    return execute
