"""`fail`: ends the run as failed, with the flow's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import FailedOnPurposeError

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a failure."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        raise FailedOnPurposeError(detail=render(context)["message"])

    return execute


def outcomes(_node: Node) -> tuple[str, ...]:
    """Give none but the error."""
    return ()
