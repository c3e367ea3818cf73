"""`routine`: gives the values that its call was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(_node: Node, _compiler: Compiler, _kind: Kind) -> Execute:
    """Compile where a routine starts; run alone it has no values."""

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        return SUCCESS, context.call.values if context.call else {}

    return execute
