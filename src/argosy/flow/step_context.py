"""What a node sees while its step runs: values, time, ids, and the run that it is part of."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from argosy.errors import NodeInputsError, NotCalledError
from argosy.flow.deadline import Deadline
from argosy.flow.routines import Call
from argosy.flow.run import Response
from argosy.rendering import ExpressionFunction
from argosy.transport import Control
from argosy.validation.sentences import list_words, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.errors import ArgosyError
    from argosy.flow.graph_plan import GraphPlan
    from argosy.flow.run import Step
    from argosy.flow.state import Frame, RunState
    from argosy.model import Json, JsonObject, Node
    from argosy.rendering import Scope


class StepContext:
    """One attempt of one step.

    Ids are made of the run's id and the step's path, so that an attempt that is made again makes
    the same ones: what was stored already is not stored twice. `call` is the call of the routine
    that the step is part of.
    """

    __slots__ = ("_ids", "call", "deadline", "frame", "level", "node", "scope", "state", "step")

    def __init__(
        self,
        state: RunState,
        frame: Frame,
        scope: Scope,
        node: Node,
        step: Step,
        deadline: Deadline,
        level: int,
        call: Call | None = None,
    ) -> None:
        self.state = state
        self.frame = frame
        self.scope = scope
        self.node = node
        self.step = step
        self.level = level
        self.call = call
        self._ids = 0
        self.deadline = deadline
        seconds = node.timeout_seconds
        if seconds is not None:
            own = Deadline(state.clock() + seconds, seconds, step.path)
            self.deadline = own if own.at < deadline.at else deadline

    def new_uuid(self) -> str:
        """Make an id; the next attempt makes the same ones in the same order."""
        self._ids += 1
        return self._id(str(self._ids))

    def _id(self, place: str) -> str:
        return str(uuid5(_ARGOSY, f"{self.state.run.id}/{self.step.path}/{place}"))

    def control(self) -> Control:
        """Return the terms of a call that this step makes."""
        state = self.state
        return Control(self.deadline.at, self.new_uuid, state.sleep, state.cancellation)

    def wait(self, seconds: float, deadline: Deadline | None = None) -> None:
        """Wait, at most until a deadline, the step's own unless another is given.

        Raises the error of the deadline where that comes first, and RunCancelledError.
        """
        deadline = deadline or self.deadline
        left = max(deadline.at - self.state.clock(), 0)
        self.state.sleep(min(seconds, left))
        if seconds > left or not left:
            raise deadline.error()

    def set_variables(self, values: Mapping[str, Json]) -> None:
        """Give variables other values, all or none. Raises NodeInputsError."""
        for name, value in values.items():
            self._check_variable(name, value)
        for name, value in values.items():
            self.frame.change(name, _always(value))

    def change_variable(self, name: str, change: Callable[[Json], Json]) -> Json:
        """Change one variable by what it is, and return it. Raises NodeInputsError."""
        self._check_variable(name)

        def checked(value: Json) -> Json:
            changed = change(value)
            self._check_variable(name, changed)
            return changed

        return self.frame.change(name, checked)

    def _check_variable(self, name: str, *values: Json) -> None:
        validators = self.frame.plan.variables
        if name not in validators:
            known = list_words(validators, name) or "none"
            detail = f"the flow declares no variable {name!r}; there is {known}"
            raise NodeInputsError(kind=self.node.what, detail=detail)
        validator = validators[name]
        for value in values:
            found = validator.problems(value) if validator else ()
            if found:
                detail = f"the variable {name!r} cannot be {show(value)}: {found[0].message}"
                raise NodeInputsError(kind=self.node.what, detail=detail, problems=found)

    def respond(self, *, is_error: bool, status_code: int, body: Json) -> None:
        """Answer whoever started the flow. Raises AlreadyRespondedError, InvalidResponseError."""
        response = Response(self.step.path, is_error, status_code, body)
        self.frame.respond(response)
        if self.frame.is_own:
            self.state.answer(response)

    def inner_scope(self, **more: Json) -> dict[str, Json]:
        """Return the scope of one turn of a loop: what it sees, and what it adds of its own."""
        return {**self.scope, "nodes": dict(self.scope["nodes"]), **more}

    def scope_with_ids(self, scope: Scope | None = None, turn: int = 0) -> Scope:
        """Return the step's scope with `new_uuid()`; or that of a loop's turn, with ids apart."""
        if scope is None:
            return {**self.scope, "new_uuid": ExpressionFunction(self.new_uuid)}
        numbers = count(1)
        new_uuid = ExpressionFunction(lambda: self._id(f"{turn}/{next(numbers)}"))
        return {**scope, "new_uuid": new_uuid}

    def run_body(self, body: GraphPlan, scope: Scope, turn: int) -> None:
        """Run one turn of a loop. Raises the error that it failed with."""
        self.check_time()
        prefix = f"{self.step.path}/{turn}/"
        level = self.level + 1
        self.state.run_graph(self.frame, body, scope, prefix, self.deadline, level, self.call)

    def run_routine(self, part: GraphPlan, values: JsonObject) -> JsonObject | None:
        """Run a routine; return what it returns, or None. Raises the error that it failed with.

        It reads what had run when it was called; what ran in it is read from here on.
        """
        self.check_time()
        call = Call(values)
        scope = self.inner_scope()
        before = dict(scope["nodes"])
        prefix, level = f"{self.step.path}/1/", self.level + 1
        try:
            self.state.run_graph(self.frame, part, scope, prefix, self.deadline, level, call)
        finally:
            ran = {n: one for n, one in scope["nodes"].items() if before.get(n) is not one}
            self.scope["nodes"].update(ran)
        return call.returned

    def give_back(self, values: JsonObject) -> None:
        """Return values from the routine that the step is part of. Raises NotCalledError."""
        if self.call is None:
            raise NotCalledError(node=self.node.id)
        self.call.give_back(values)

    def run_flow(self, name: str, given: Json) -> Response | None:
        """Run another flow and return its response. Raises what it failed with."""
        return self.state.run_flow(self, name, given)

    def is_fatal(self, error: ArgosyError) -> bool:
        """Tell whether an error ends the run, whatever a node does about errors."""
        return self.state.is_fatal(error)

    def check_time(self) -> None:
        """Raise RunTimedOutError or StepTimedOutError where the time is up."""
        self.deadline.check(self.state.clock())


def _always(value: Json) -> Callable[[Json], Json]:
    return lambda _old: value


#: The namespace of the ids that runs make.
_ARGOSY = UUID("6f7c5d2e-6a53-4c5e-9a0e-2f1d8c1b7a40")
