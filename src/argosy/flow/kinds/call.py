"""`call`: runs a routine of the same graph within its own step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.model import SUCCESS
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node

#: The outcome of a call whose routine ended without a return.
ENDED: Final = "ended"


def compile_node(node: Node, compiler: Compiler, kind: Kind) -> Execute:
    """Compile a call; one of a routine that is not there is a problem."""
    render = kind.render(node)
    routines, name = compiler.routines, node.inputs.get("routine")
    if name not in routines:
        known = list_words(routines, str(name)) or "none"
        compiler.refuse("call-routine", f"there is no routine {name!r}; there is {known}", node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        part = routines.part(inputs["routine"])
        returned = context.run_routine(part, inputs.get("values", {}))
        return (ENDED, {}) if returned is None else (SUCCESS, returned)

    return execute


def outcomes(_node: Node) -> tuple[str, ...]:
    """Give the two ways in which a routine ends well."""
    return (SUCCESS, ENDED)
