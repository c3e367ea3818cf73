"""`http-request`: calls an address, under the same rules of hosts as a connection's own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.dispatch import send_plain
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a request."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        dispatcher = context.state.dispatcher(node.connection)
        return SUCCESS, send_plain(dispatcher, inputs, context.control())

    return execute
