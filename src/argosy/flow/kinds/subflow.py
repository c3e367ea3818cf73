"""`subflow`: runs another flow within this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import FailedOnPurposeError
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a call of another flow, which is looked up when it is its turn."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        response = context.run_flow(inputs["flow"], inputs.get("input", {}))
        if response is None:
            return SUCCESS, {"body": None, "statusCode": 200}
        outputs = {"body": response.body, "statusCode": response.status_code}
        context.step.outputs = outputs
        if response.is_error:
            detail = f"The flow {inputs['flow']!r} responded with an error"
            raise FailedOnPurposeError(detail=f"{detail} ({response.status_code}).")
        return SUCCESS, outputs

    return execute
