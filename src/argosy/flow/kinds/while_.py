"""`while`: runs its body again and again, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import NodeInputsError, TooManyTurnsError
from argosy.flow.kinds.kind import compile_late
from argosy.model import SUCCESS, Graph
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node

_LIMIT = 100


def compile_node(node: Node, compiler: Compiler, kind: Kind) -> Execute:
    """Compile a loop."""
    render = kind.render(node)
    condition = compile_late(node, "condition")
    body = compiler.graph(node.body or Graph((), ()))

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        limit = render(context).get("limit", _LIMIT)
        scope = context.inner_scope(index=0)
        turns = 0
        while True:
            holds = condition(context, scope, turns)
            if not isinstance(holds, bool):
                detail = f"'condition' gives {show(holds)}, not true or false"
                raise NodeInputsError(kind=kind.name, detail=detail)
            if not holds:
                return SUCCESS, {"turns": turns}
            if turns >= limit:
                raise TooManyTurnsError(limit=limit)
            context.run_body(body, scope, turns)
            turns += 1
            scope = {**scope, "index": turns}

    return execute
