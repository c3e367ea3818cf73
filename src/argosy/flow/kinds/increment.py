"""`increment`: adds to a variable, without losing what another branch adds meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from argosy.errors import NodeInputsError
from argosy.model import SUCCESS
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a node that adds to a variable."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        render(context)
        return SUCCESS, {"value": _add(context)}

    return execute


def redo(context: StepContext) -> None:
    """Add again, so that it makes no difference in which order branches do; not to what is kept."""
    if not context.frame.is_kept(context.step.inputs["variable"]):
        _add(context)


def _add(context: StepContext) -> Json:
    inputs = context.step.inputs
    name, by = inputs["variable"], inputs.get("by", 1)

    def add(value: Json) -> Json:
        if value is None:
            value = 0
        if isinstance(value, bool) or not isinstance(value, int | float):
            detail = f"the variable {name!r} is {show(value)}, which is no number"
            raise NodeInputsError(kind="increment", detail=detail)
        try:
            total = value + by
        except OverflowError:
            total = math.inf
        if total in {math.inf, -math.inf}:
            detail = f"the variable {name!r} would become too large a number"
            raise NodeInputsError(kind="increment", detail=detail)
        return total

    return context.change_variable(name, add)
