"""Wait for what a request has started: ask how far it is until it has ended.

The first question is asked at once, later ones after growing waits. A question that fails in a
way that may pass (no answer, 429, 5xx) is asked again; one that is refused ends the wait. However
it ends, the outputs hold what the request gave, so that what was started is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from argosy.dispatch.normalise import answer_scope, outputs_of
from argosy.errors import FailedLaterError, InvocationError, NotFinishedError, RenderError
from argosy.model import WAIT_SECONDS, Json, JsonObject, Waiting
from argosy.rendering import MISSING, compile_value, to_text

if TYPE_CHECKING:
    from argosy.dispatch.invocation import Invocation
    from argosy.dispatch.plan import Plan

Render = Callable[[Mapping[str, Json]], Json]


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A capability's waiting, compiled."""

    declared: Waiting
    inputs: Render
    status: Render
    outputs: Mapping[str, Render]


def compile_waiting(waiting: Waiting) -> WaitingPlan:
    """Compile a declaration. Raises TemplateSyntaxError."""
    return WaitingPlan(
        declared=waiting,
        inputs=compile_value(waiting.inputs),
        status=compile_value(waiting.status),
        outputs={name: compile_value(template) for name, template in waiting.outputs.items()},
    )


def wait_for(
    waiting: WaitingPlan, plan: Plan, invocation: Invocation, started: JsonObject
) -> JsonObject:
    """Return the outputs once what was started has succeeded.

    Raises FailedLaterError and NotFinishedError, and what a refused question raises; the
    outputs known until then are in the error.
    """
    outputs = dict(started)
    try:
        _wait(waiting, plan, invocation, started, outputs)
    except InvocationError as error:
        error.outputs = {**outputs, **error.outputs}
        raise
    return outputs


def _wait(
    waiting: WaitingPlan,
    plan: Plan,
    invocation: Invocation,
    started: JsonObject,
    outputs: JsonObject,
) -> None:
    """Ask until there is an end; `outputs` takes what each answer gives."""
    declared = waiting.declared
    question = _inputs(waiting, plan, invocation, started)
    seconds = invocation.inputs.get(WAIT_SECONDS, declared.seconds)
    clock = invocation.ports.clock
    end = invocation.bounded(clock() + seconds)
    pause = declared.first
    status: Json = "unknown"
    while True:
        found = _ask(waiting, plan, invocation, question, started)
        if found is not None:
            status, given = found
            outputs.update(given)
        name = plan.capability.id
        if _is_in(status, declared.succeeded):
            return
        if _is_in(status, declared.failed):
            raise FailedLaterError(capability=name, status=to_text(status))
        left = end - clock()
        if left <= 0:
            raise NotFinishedError(capability=name, seconds=seconds, status=to_text(status))
        invocation.sleep(min(pause, left))
        pause = min(pause * declared.factor, declared.longest)


def _inputs(
    waiting: WaitingPlan, plan: Plan, invocation: Invocation, started: JsonObject
) -> JsonObject:
    try:
        found = waiting.inputs({"inputs": invocation.inputs, "outputs": started})
    except ValueError as error:
        where = f"the question of {plan.capability.id}"
        raise RenderError(where=where, detail=str(error)) from error
    question: JsonObject = {} if found is MISSING else found
    return question


def _ask(
    waiting: WaitingPlan,
    plan: Plan,
    invocation: Invocation,
    question: JsonObject,
    started: JsonObject,
) -> tuple[Json, JsonObject] | None:
    """Ask once; return the status and the outputs, or None where the failure may pass."""
    asking = invocation.another(waiting.declared.capability, question)
    try:
        answer, body = asking.exchange(asking.inputs)
        named = outputs_of(asking.plan, answer, body, asking.sent)
    except InvocationError as error:
        if error.retryable:
            return None
        raise
    finally:
        invocation.attempts += asking.attempts
    scope = {**answer_scope(answer, body), "outputs": named, "inputs": question}
    scope["started"] = started
    status = _value(waiting.status, scope)
    status = "unknown" if status is MISSING else status
    given = {name: _value(render, scope) for name, render in waiting.outputs.items()}
    return status, {name: value for name, value in given.items() if value is not MISSING}


def _value(render: Render, scope: dict[str, Any]) -> Json:
    try:
        return render(scope)
    except ValueError:  # the answer does not say it yet
        return MISSING


def _is_in(status: Json, listed: tuple[str | bool, ...]) -> bool:
    return any(type(status) is type(one) and status == one for one in listed)
