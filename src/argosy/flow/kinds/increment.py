"""`increment`: adds to a variable, without losing what another branch adds meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import NodeInputsError
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a node that adds to a variable."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        name, by = inputs["variable"], inputs.get("by", 1)

        def add(value: Json) -> Json:
            if value is None:
                value = 0
            if isinstance(value, bool) or not isinstance(value, int | float):
                detail = f"the variable {name!r} is {value!r}, which is no number"
                raise NodeInputsError(kind=kind.name, detail=detail)
            return value + by

        return SUCCESS, {"value": context.change_variable(name, add)}

    return execute


def redo(context: StepContext) -> None:
    """Set the variable to what it was then."""
    context.set_variables({context.step.inputs["variable"]: context.step.outputs["value"]})
