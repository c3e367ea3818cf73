"""`wait`: goes on later; a run that is cancelled waits no longer."""

from __future__ import annotations

from datetime import UTC, datetime
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
    """Compile a wait."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        seconds = inputs.get("seconds")
        if seconds is None:
            seconds = max(_epoch(inputs["until"]) - context.state.now(), 0)
        context.wait(seconds)
        return SUCCESS, {"seconds": seconds}

    return execute


def _epoch(moment: Json) -> float:
    try:
        if not isinstance(moment, str):
            return float(moment)
        found = datetime.fromisoformat(moment)
    except (ValueError, OverflowError) as error:
        detail = f"'until' is {show(moment)}, which is no date and time as 2026-01-31T12:00:00Z is"
        raise NodeInputsError(kind="wait", detail=detail) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
