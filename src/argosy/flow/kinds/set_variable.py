"""`set-variable`: gives variables other values, all of them or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a node that sets variables; its outputs are the values."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        values: JsonObject = render(context)["values"]
        context.set_variables(values)
        return SUCCESS, dict(values)

    return execute


def redo(context: StepContext) -> None:
    """Set them again, but for those that are kept from run to run: they may be newer."""
    values = context.step.outputs
    frame = context.frame
    context.set_variables({name: values[name] for name in values if not frame.is_kept(name)})
