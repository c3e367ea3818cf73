"""`respond`: answers whoever started the run, or called the flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a response."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        redo(context)
        return SUCCESS, {"body": inputs.get("body")}

    return execute


def redo(context: StepContext) -> None:
    """Respond as the step's inputs say."""
    inputs = context.step.inputs
    is_error = inputs.get("status") == "error"
    code = inputs.get("statusCode", 400 if is_error else 200)
    context.respond(is_error=is_error, status_code=code, body=inputs.get("body"))
