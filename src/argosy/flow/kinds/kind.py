"""What a kind is: its declaration, and how a node of it is compiled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from argosy.errors import NodeInputsError
from argosy.flow.templates import OMIT, compile_strict, join_below, makes_ids
from argosy.model import ERROR, SUCCESS, Node
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject
    from argosy.rendering import Scope

    Execute = Callable[[StepContext], tuple[str, JsonObject]]


class KindModule(Protocol):
    """A module in this package.

    `compile_node` returns what a step runs: it gives an outcome and outputs, or raises an
    ArgosyError. A module may have `outcomes(node)` where they depend on the node, and
    `redo(context)` where a step does something to its run.
    """

    def compile_node(self, node: Node, compiler: Compiler, kind: Kind, /) -> Execute:
        """Compile a node of this kind."""
        ...


@dataclass(frozen=True)
class Kind:
    """A built-in kind.

    `late` are the inputs that the kind computes itself, when it is their turn, and `literal`
    those in which it takes no expressions, but for members of the names that are late only.
    """

    name: str
    title: str
    summary: str
    description: str
    inputs: JsonObject
    outputs: JsonObject
    module: KindModule
    late: frozenset[str] = frozenset()
    literal: frozenset[str] = frozenset()
    has_body: bool = False

    def compile(self, node: Node, compiler: Compiler) -> Execute:
        """Compile a node. Raises TemplateSyntaxError."""
        return self.module.compile_node(node, compiler, self)

    def outcomes(self, node: Node) -> tuple[str, ...]:
        """Return the outcomes that edges may start from, `always` aside."""
        found = getattr(self.module, "outcomes", None)
        own: tuple[str, ...] = found(node) if found else (SUCCESS,)
        return (*own, ERROR)

    @property
    def redo(self) -> Callable[[StepContext], None] | None:
        """What does again to a run what a step did that is taken over; None for nothing."""
        found: Callable[[StepContext], None] | None = getattr(self.module, "redo", None)
        return found

    @cached_property
    def validator(self) -> Validator:
        """The validator of the inputs that are computed before the step."""
        declared = {n: s for n, s in self.inputs["properties"].items() if n not in self.late}
        required = [name for name in self.inputs.get("required", ()) if name in declared]
        return Validator({**self.inputs, "properties": declared, "required": required})

    @cached_property
    def whole_validator(self) -> Validator:
        """The validator of all inputs as the flow's file has them, for kinds with no others."""
        return Validator(self.inputs)

    def render(self, node: Node) -> Callable[[StepContext], JsonObject]:
        """Return the function that computes and judges the inputs, the late ones left out."""
        early = {name: value for name, value in node.inputs.items() if name not in self.late}
        literal = {name: early.pop(name) for name in self.literal & early.keys()}
        render = compile_strict(early, join_below(node.pointer, "inputs"))
        takes_ids = makes_ids(early)

        def compute(context: StepContext) -> JsonObject:
            scope = context.scope_with_ids() if takes_ids else context.scope
            inputs: JsonObject = {**literal, **render(scope)}
            context.step.inputs = inputs
            found = self.validator.problems(inputs)
            if found:
                detail = f"{found[0].place}: {found[0].message}"
                raise NodeInputsError(kind=self.name, detail=detail, problems=found)
            return inputs

        return compute


def compile_late(
    node: Node, name: str, default: Json = None
) -> Callable[[StepContext, Scope, int], Json]:
    """Compile an input that a loop computes itself, of its context, a turn's scope and number.

    What is left out with `omit` is null.
    """
    value = node.inputs.get(name, default)
    render = compile_strict(value, join_below(join_below(node.pointer, "inputs"), name))
    takes_ids = makes_ids(value)

    def compute(context: StepContext, scope: Scope, turn: int) -> Json:
        found = render(context.scope_with_ids(scope, turn) if takes_ids else scope)
        return None if found is OMIT else found

    return compute
