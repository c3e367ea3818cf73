"""Examples are true, and anti-examples are refused for the reason they give.

An example's inputs are valid, its answer gives exactly its outputs, and these are what the
capability promises; so documentation, forms and the sandbox can rely on it. What a handler
returns is not run here: there only inputs and outputs are held against their schemas. Bytes are
not written among the outputs; `size` stands for them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from argosy.check.schemas import sound_schema
from argosy.dispatch.content import read_bytes
from argosy.dispatch.inputs import input_problems
from argosy.dispatch.normalise import decode, outputs_of, refusal
from argosy.dispatch.plan import Plan, compile_plan, defaults_of
from argosy.dispatch.request import content_of
from argosy.errors import ConnectorError, InvalidOutputsError, RenderError
from argosy.model import (
    Answer,
    Capability,
    Connector,
    Example,
    Json,
    JsonObject,
    Problem,
    Redactor,
    example_body,
    join_pointer,
)
from argosy.rendering import ExpressionFunction
from argosy.validation import Validator
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "examples"
DEMAND = "Examples give the outputs they name, and anti-examples are refused for their reason."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is not true of each example and anti-example."""
    for _, capability in subject.valid_capabilities():
        trial = _trial(subject, capability)
        if trial:
            for pointer, message in (*_examples(trial), *_anti_examples(trial)):
                yield Problem(ID, message, pointer, file=capability.file)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A capability with what is needed to try its examples; a plan where it has no handler."""

    connector: Connector
    capability: Capability
    inputs: Validator
    outputs: Validator
    plan: Plan | None

    def refusals(self, inputs: JsonObject) -> list[Problem]:
        """Return why a call with these inputs would be refused; with the defaults filled in."""
        given = {**defaults_of(self.inputs.schema), **inputs}
        return input_problems(self.inputs, self.connector, given, Redactor(()))


def _trial(subject: Subject, capability: Capability) -> _Trial | None:
    """Compile what is needed, or return None where another rule has found the reason."""
    inputs = sound_schema(subject, capability.inputs, capability.file)
    outputs = sound_schema(subject, capability.outputs, capability.file)
    if subject.connector is None or inputs is None or outputs is None:
        return None
    plan = None
    if capability.handler is None:
        # By its file and not by the manifest's list, which may be wrong.
        connector = replace(subject.connector, capability_files={capability.id: capability.file})
        try:
            plan = compile_plan(connector, capability.id)
        except ConnectorError:
            return None
    return _Trial(subject.connector, capability, Validator(inputs), Validator(outputs), plan)


def _examples(trial: _Trial) -> Iterator[tuple[str, str]]:
    for index, example in enumerate(trial.capability.examples):
        where = f"/examples/{index}"
        for problem in trial.refusals(example.inputs):
            yield f"{where}/inputs{problem.pointer}", problem.message
        for problem in trial.outputs.problems(example.outputs):
            yield f"{where}/outputs{problem.pointer}", problem.message
        if trial.plan:
            yield from _answered(trial.plan, trial.connector, example, where)


def _answered(
    plan: Plan, connector: Connector, example: Example, where: str
) -> Iterator[tuple[str, str]]:
    """Yield how the outputs of the example's answer differ from the example's outputs."""
    headers = {k.lower(): str(v) for k, v in example.response.get("headers", {}).items()}
    try:
        answer = Answer(example.response["status"], headers, example_body(example.response))
    except ValueError as error:
        yield f"{where}/response", str(error)
        return
    body = decode(answer, plan.capability.response.format)
    if "body" in example.response:
        body = example.response["body"]
    try:
        refused = refusal(plan, connector, answer, body, "the vendor")
        given = {} if refused else outputs_of(plan, answer, body, _sent(plan, example))
        given.pop("content", None)
    except RenderError as error:  # a filter or operator refuses a value
        yield f"{where}/response", f"the answer gives no outputs: {error.facts['detail']}"
        return
    except InvalidOutputsError as error:
        for problem in error.problems:
            yield f"{where}/response", f"the answer gives no outputs: {problem.message}"
        return
    if refused:
        yield f"{where}/response", f"the call would fail with this answer: {refused.message}"
        return
    for name in dict.fromkeys((*given, *example.outputs)):
        message = _difference(name, given, example.outputs)
        if message:
            yield join_pointer((*where.split("/")[1:], "outputs", name)), message


def _sent(plan: Plan, example: Example) -> Json:
    """Return the body that a call with the example's inputs sends."""
    inputs, _, _ = read_bytes(plan.byte_inputs, {**plan.defaults, **example.inputs}, 0)
    new_uuid = ExpressionFunction(lambda: "00000000-0000-4000-8000-000000000000")
    return content_of(plan, {"inputs": inputs, "connection": {}, "new_uuid": new_uuid})


def _difference(name: str, given: JsonObject, wanted: JsonObject) -> str:
    if name not in given:
        return f"the answer gives no output {name!r}"
    if name not in wanted:
        return f"the answer also gives {name!r}: {show(given[name])}"
    if _canonical(given[name]) != _canonical(wanted[name]):
        return f"the answer gives {show(given[name])}, not {show(wanted[name])}"
    return ""


def _canonical(value: Json) -> str:
    """Write a value so that equal texts are equal JSON; in Python `True == 1`."""
    return json.dumps(value, sort_keys=True)


def _anti_examples(trial: _Trial) -> Iterator[tuple[str, str]]:
    for index, anti in enumerate(trial.capability.anti_examples):
        where = f"/antiExamples/{index}"
        found = trial.refusals(anti["inputs"])
        there = [problem for problem in found if problem.pointer == anti["pointer"]]
        if not found:
            yield f"{where}/inputs", "these inputs are accepted"
        elif not there:
            places = ", ".join(sorted({repr(problem.pointer) for problem in found}))
            message = f"nothing is refused at {anti['pointer']!r}, but at {places}"
            yield f"{where}/pointer", message
        elif not any(anti["reason"] in f"{p.message}\n{p.hint}" for p in there):
            message = f"{anti['reason']!r} is not in the message, {there[0].message!r}"
            if there[0].hint:
                message += f", nor in its hint, {there[0].hint!r}"
            yield f"{where}/reason", message
