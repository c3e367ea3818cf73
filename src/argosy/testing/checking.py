"""What must hold in a case beyond its schema: that it fits the flow, its nodes, the connector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from argosy import errors
from argosy.connector import bundle_schema, load_capability
from argosy.errors import ArgosyError
from argosy.flow.kinds import KINDS
from argosy.model import ERROR, SUCCESS, Problem, join_pointer
from argosy.rendering import TemplateSyntaxError, compile_template
from argosy.testing.snapshots import pattern_problem
from argosy.testing.stubs import BASIC, actions_of, error_problems
from argosy.validation import InvalidSchemaError, Validator
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from argosy.model import Connector, Flow, Json, JsonObject, Node

_PATHS = ("ran", "skipped", "failed")


@dataclass(frozen=True)
class Subject:
    """What a case is judged against: its flow, the flows that this calls, the connector."""

    flow: Flow
    called: tuple[Flow, ...]
    connector: Connector
    folder: Path

    @cached_property
    def nodes(self) -> Mapping[str, list[Node]]:
        """All nodes by their ids, those of bodies and called flows too."""
        found: dict[str, list[Node]] = {}
        for flow in (self.flow, *self.called):
            for node in flow.graph.every_node():
                if node.is_capability or node.what != "note":
                    found.setdefault(node.id, []).append(node)
        return found

    @cached_property
    def outer(self) -> frozenset[str]:
        """The ids of the nodes that stand in no body of the flow."""
        return frozenset(node.id for node in self.flow.graph.nodes)


def case_problems(case: JsonObject, subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with a case that has its defaults; places are within the case."""
    sandbox = case.get("sandbox", {})
    if case.get("time") == "real" and "now" in sandbox:
        text = "real time is the system's; leave `now` out"
        yield Problem("real-time", text, "/sandbox/now")
    yield from _fault_problems(sandbox.get("faults", ()))
    for key, stub in case.get("stubs", {}).items():
        yield from _stub_problems(key, stub, subject)
    for name in case.get("variables", {}):
        yield from _variable(name, f"/variables/{name}", subject)
    yield from _expect_problems(case["expect"], subject)


def _fault_problems(faults: list[JsonObject]) -> Iterator[Problem]:
    if not faults:
        return
    from argosy.sandbox import ShapeError  # noqa: PLC0415 - costly, and seldom needed
    from argosy.sandbox.faults import Rule  # noqa: PLC0415

    for index, rule in enumerate(faults):
        try:
            Rule.from_json(rule)
        except ShapeError as error:
            yield Problem("fault", str(error), f"/sandbox/faults/{index}")


def _path(key: str, pointer: str, subject: Subject) -> Iterator[Problem]:
    """Yield a problem where a key stands for no node."""
    first, *_, last = key.split("/") * 2
    if last not in subject.nodes or ("/" in key and first not in subject.outer):
        wrong = last if last not in subject.nodes else first
        known = subject.nodes if wrong == last else sorted(subject.outer)
        text = f"the flow has no node {wrong!r} there; there is {list_words(known, wrong)}"
        yield Problem("unknown-node", text, pointer)


def _variable(name: str, pointer: str, subject: Subject) -> Iterator[Problem]:
    variables = subject.flow.variables
    if name not in variables:
        known = list_words(variables, name) or "none"
        text = f"the flow declares no variable {name!r}; there is {known}"
        yield Problem("unknown-variable", text, pointer)


def _stub_problems(key: str, stub: Json, subject: Subject) -> Iterator[Problem]:
    pointer = "/stubs" + join_pointer((key,))
    yield from _path(key, pointer, subject)
    nodes = subject.nodes.get(key.rpartition("/")[2], [])
    for place, action in actions_of(stub):
        here = pointer + place
        for member, text in error_problems(action["error"]) if "error" in action else ():
            yield Problem("stub-error", text, f"{here}/error/{member}")
        for node in nodes[:1]:
            yield from _outcome_problems(action, node, here)
            yield from _output_problems(action.get("outputs", {}), node, subject, here)


def _outcome_problems(action: JsonObject, node: Node, here: str) -> Iterator[Problem]:
    if "outputs" not in action:
        return
    declared = (SUCCESS,) if node.is_capability else KINDS[node.what].outcomes(node)
    known = [one for one in declared if one != ERROR]
    outcome = action.get("outcome", SUCCESS)
    if outcome not in known:
        text = f"the node {node.id!r} has no outcome {outcome!r}; there is {list_words(known)}"
        place = f"{here}/outcome" if "outcome" in action else here
        yield Problem("stub-outcome", text, place, hint="Say it as `outcome` of the stub.")


def _output_problems(
    outputs: JsonObject, node: Node, subject: Subject, here: str
) -> Iterator[Problem]:
    """Yield the outputs that the node cannot have; those that lack are not missed."""
    schema = _outputs_schema(node, subject)
    declared = schema.get("properties", {})
    if not declared:
        return
    is_open = "additionalProperties" in schema and schema["additionalProperties"] is not False
    known = {**declared, **BASIC} if node.is_capability else declared
    judged = {"$defs": schema.get("$defs", {}), "type": "object", "properties": declared}
    for problem in Validator(judged).problems(outputs):
        place = f"{here}/outputs{problem.pointer}"
        yield Problem("stub-outputs", f"{node.what!r} cannot have it: {problem.message}", place)
    for name in outputs:
        if name not in known and not is_open and "patternProperties" not in schema:
            text = f"{node.what!r} has no output {name!r}; there is {list_words(known, name)}"
            yield Problem("stub-outputs", text, f"{here}/outputs" + join_pointer((name,)))


def _outputs_schema(node: Node, subject: Subject) -> JsonObject:
    if not node.is_capability:
        return KINDS[node.what].outputs
    try:
        home = subject.connector.home_of(node.what)
        capability = load_capability(home, node.what)
        return bundle_schema(home, capability.outputs, capability.file)
    except ArgosyError:
        return {}  # the flow's own plan says what is wrong with it


def _expect_problems(expect: JsonObject, subject: Subject) -> Iterator[Problem]:
    for name in _PATHS:
        for index, key in enumerate(expect.get(name, ())):
            yield from _path(key, f"/expect/{name}/{index}", subject)
    for index, row in enumerate(expect.get("order", ())):
        for inner, key in enumerate(row):
            yield from _path(key, f"/expect/order/{index}/{inner}", subject)
    for name, match in expect.get("variables", {}).items():
        yield from _variable(name, f"/expect/variables/{name}", subject)
        yield from _match_problems(match, f"/expect/variables/{name}")
    for key, step in expect.get("steps", {}).items():
        place = "/expect/steps" + join_pointer((key,))
        yield from _path(key, place, subject)
        yield from _code(step.get("error", {}), f"{place}/error")
        for name in ("inputs", "outputs"):
            yield from _match_problems(step.get(name, {}), f"{place}/{name}")
    yield from _code(expect.get("error", {}), "/expect/error")
    yield from _match_problems(
        (expect.get("response") or {}).get("body", {}), "/expect/response/body"
    )
    yield from _expression_problems(expect.get("that", ()), "/expect/that")


def _code(expected: JsonObject, pointer: str) -> Iterator[Problem]:
    for name in ("code", "cause"):
        found = expected.get(name)
        if found is not None and found not in _codes():
            known = list_words(_codes(), found)
            text = f"{found!r} is no error of a run or a step; there is {known}"
            yield Problem("unknown-error", text, f"{pointer}/{name}")


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    classes = (getattr(errors, name) for name in errors.__all__)
    return frozenset(
        one.error_code()
        for one in classes
        if isinstance(one, type) and issubclass(one, errors.ArgosyError)
    )


def _match_problems(match: JsonObject, pointer: str) -> Iterator[Problem]:
    yield from _expression_problems(match.get("that", ()), f"{pointer}/that")
    if "schema" in match:
        try:
            Validator(match["schema"])
        except InvalidSchemaError as error:
            yield Problem("schema-invalid", f"it is no JSON Schema: {error}", f"{pointer}/schema")
    terms = match.get("snapshot")
    for index, pattern in enumerate(terms.get("patterns", ()) if isinstance(terms, dict) else ()):
        text = pattern_problem(pattern)
        if text:
            yield Problem("snapshot-pattern", text, f"{pointer}/snapshot/patterns/{index}")


def _expression_problems(expected: Json, pointer: str) -> Iterator[Problem]:
    is_one = isinstance(expected, str)
    for index, text in enumerate([expected] if is_one else expected):
        place = pointer if is_one else f"{pointer}/{index}"
        try:
            if not compile_template(text).exact:
                right = "one expression, such as {{ response.statusCode == 200 }}"
                yield Problem("expression", f"{text!r} is not {right}", place)
        except TemplateSyntaxError as error:
            yield Problem("expression-syntax", str(error), place)
