"""`condition`: compares values and goes on by the outcome of what holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.errors import NodeInputsError
from argosy.flow.kinds.comparing import compare, convert
from argosy.flow.templates import OMIT, Render, compile_strict, join_below, makes_ids
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject, Node
    from argosy.rendering import Scope

OTHERWISE = "otherwise"


def compile_node(node: Node, compiler: Compiler, kind: Kind) -> Execute:
    """Compile a condition; what is wrong with it is put among the compiler's problems."""
    given, place = node.inputs, join_below(node.pointer, "inputs")
    found = kind.whole_validator.problems(given)
    if found:
        compiler.problems += [replace(one, pointer=place + one.pointer) for one in found]
        return lambda _context: (OTHERWISE, {})
    if "cases" in given:
        cases = [
            (case["outcome"], _Test({**given, **case}, join_below(f"{place}/cases", index)))
            for index, case in enumerate(given["cases"])
        ]
        last = OTHERWISE
    else:
        cases, last = [("true", _Test(given, place))], "false"

    takes_ids = makes_ids(given)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        seen: JsonObject = {}
        context.step.inputs = seen
        scope = context.scope_with_ids() if takes_ids else context.scope
        for outcome, test in cases:
            if test.holds(scope, seen):
                return outcome, {"outcome": outcome}
        return last, {"outcome": last}

    return execute


def outcomes(node: Node) -> tuple[str, ...]:
    """Give the outcomes of the cases, or true and false."""
    if "cases" not in node.inputs:
        return ("true", "false")
    cases = node.inputs["cases"]
    named = (case.get("outcome", "") for case in cases if isinstance(case, dict))
    return (*dict.fromkeys(named), OTHERWISE)


class _Test:
    """One comparison, or one expression that says yes or no."""

    def __init__(self, given: Mapping[str, Json], place: str) -> None:
        self._when: Render | None = None
        if "when" in given:
            self._when = compile_strict(given["when"], join_below(place, "when"))
            return
        self._operator: str = given["operator"]
        self._sides = {
            name: compile_strict(given[name], join_below(place, name))
            for name in ("left", "right", "upTo")
            if name in given
        }
        self._ignores_case = bool(given.get("ignoreCase"))
        self._compared_as: str = given.get("compareAs", "")

    def holds(self, scope: Scope, seen: JsonObject) -> bool:
        """Tell whether it holds; what was compared is put into `seen`."""
        if self._when is not None:
            found = self._when(scope)
            if not isinstance(found, bool):
                detail = f"'when' gives {show(found)}, not true or false"
                raise NodeInputsError(kind="condition", detail=detail)
            seen["when"] = found
            return found
        sides = {
            name: found
            for name, render in self._sides.items()
            if (found := render(scope)) is not OMIT
        }
        seen |= sides
        try:
            left, right, up_to = (
                convert(sides.get(name), self._compared_as, ignore_case=self._ignores_case)
                for name in ("left", "right", "upTo")
            )
            return compare(self._operator, left, right, up_to)
        except (TypeError, ValueError) as error:
            raise NodeInputsError(kind="condition", detail=str(error)) from error
