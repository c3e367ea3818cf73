"""`transform`: gives the values that were built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a transform."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        return SUCCESS, render(context)["values"]

    return execute
