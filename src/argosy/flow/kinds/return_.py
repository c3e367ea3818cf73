"""`return`: gives values back to the call of the routine that it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a return; its outputs are the values."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        values: JsonObject = render(context).get("values", {})
        context.give_back(values)
        return SUCCESS, values

    return execute


def redo(context: StepContext) -> None:
    """Give the values back again."""
    context.give_back(context.step.outputs)


def outcomes(_node: Node) -> tuple[str, ...]:
    """Give none but the error: nothing comes after it."""
    return ()
