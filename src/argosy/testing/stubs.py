"""What nodes do in a test in place of what they are for."""

from __future__ import annotations

import re
import string
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from argosy.errors import (
    ApiError,
    ArgosyError,
    ConnectorError,
    InvocationError,
    RunError,
    TableError,
    error_for_status,
)
from argosy.flow.kinds import KINDS
from argosy.flow.templates import compile_strict, join_below
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.flow.engine import Outcome
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject

    Execute = Callable[[StepContext], Outcome]

REAL = "real"
#: Facts of errors that hold an author's own words.
_WORDS = ("vendor_message", "detail", "reason")
_FACTS: Mapping[str, Json] = {
    "host": "the stub",
    "attempts": "1 attempt",
    "status": "failed",
    "seconds": "0",
    "problems": (),
    "count": "1 problem",
    "limit": 0,
    "size": 0,
    "depth": 0,
    "location": "elsewhere",
    "request_id": "",
    "note": "",
}
_STATUSES = {"unauthorized": 401, "forbidden": 403, "not-found": 404, "conflict": 409}
_STATUSES |= {"rate-limited": 429, "unavailable": 503, "api": 400}
#: What every capability's outputs have; a stub need not say them.
BASIC: Mapping[str, Json] = {"rawResponse": None, "statusCode": 200, "headers": {}}


class Stubs:
    """The stubs of one case, as the engine asks for them. One for each run."""

    def __init__(self, declared: Mapping[str, Json]) -> None:
        self._declared = [(_matcher(key), key, stub) for key, stub in declared.items()]
        self._declared.sort(key=lambda one: _rank(one[1]))
        self._turns: dict[str, int] = {}
        self._renders: dict[int, Callable[[StepContext], JsonObject]] = {}
        self._lock = threading.Lock()

    def __call__(self, context: StepContext, execute: Execute) -> Outcome:
        """Do what the node's stub says, or what the node does where there is none."""
        action = self._action(context)
        if action == REAL:
            return execute(context)
        if "outputs" not in action and "error" not in action:
            context.wait(action["seconds"])
            return execute(context)
        self._render(context)
        context.wait(action.get("seconds", 0))
        context.check_time()
        if "error" in action:
            error = stubbed_error(action["error"], context.node.what)
            if isinstance(error, ApiError):
                context.step.outputs = {**BASIC, "statusCode": error.status}
            raise error
        basic = BASIC if context.node.is_capability else {}
        return action.get("outcome", SUCCESS), {**basic, **action["outputs"]}

    def _action(self, context: StepContext) -> Json:
        path, node = context.step.path, context.step.node
        for matches, key, stub in self._declared:
            if key == node or matches(path):
                return self._turn(key, stub["inTurn"]) if "inTurn" in stub else stub
        return REAL

    def _turn(self, key: str, actions: list[Json]) -> Json:
        with self._lock:
            turn = self._turns.get(key, 0)
            self._turns[key] = turn + 1
        return actions[min(turn, len(actions) - 1)]

    def _render(self, context: StepContext) -> None:
        """Compute and judge the inputs, as the node itself would. Raises what it would."""
        node = context.node
        render = self._renders.get(id(node))
        if render is None:
            render = self._renders[id(node)] = _inputs_of(context)
        render(context)


def _inputs_of(context: StepContext) -> Callable[[StepContext], JsonObject]:
    """Return what computes and judges a node's inputs; of a kind, those it does not do late."""
    node = context.node
    if not node.is_capability and not KINDS[node.what].late:
        return KINDS[node.what].render(node)
    home = context.state.engine.connector.home_of(node.what)
    late: frozenset[str] = frozenset() if node.is_capability else KINDS[node.what].late
    given = {name: value for name, value in node.inputs.items() if name not in late}
    render = compile_strict(given, join_below(node.pointer, "inputs"))

    def compute(here: StepContext) -> JsonObject:
        inputs: JsonObject = render(here.scope)
        if not node.is_capability:
            here.step.inputs = inputs
            return inputs
        dispatcher = here.state.dispatcher_of(home, node.connection)
        here.step.inputs = dispatcher.masked(node.what, inputs)
        region = inputs.get("region") or dispatcher.properties.get("region") or ""
        dispatcher.checked(node.what, inputs, region)
        return inputs

    return compute


def _matcher(key: str) -> Callable[[str], bool]:
    pattern = re.compile(path_pattern(key))
    return lambda path: pattern.fullmatch(path) is not None


def path_pattern(key: str) -> str:
    """Return the regular expression of the paths that a key with `*` stands for."""
    return "/".join("[^/]+" if part == "*" else re.escape(part) for part in key.split("/"))


def _rank(key: str) -> int:
    """Order keys: a path before one with `*`, that before an id."""
    return 1 if "*" in key else 0 if "/" in key else 2


def actions_of(stub: Json) -> Iterator[tuple[str, JsonObject]]:
    """Yield the actions of a stub, each with its place in it."""
    if isinstance(stub, dict) and "inTurn" in stub:
        for index, action in enumerate(stub["inTurn"]):
            if action != REAL:
                yield f"/inTurn/{index}", action
    elif stub != REAL:
        yield "", stub


def is_whole(stub: Json) -> bool:
    """Tell whether nothing of the node itself runs, whatever the turn."""
    actions = stub["inTurn"] if isinstance(stub, dict) and "inTurn" in stub else [stub]
    return all(one != REAL and ("outputs" in one or "error" in one) for one in actions)


@lru_cache(maxsize=1)
def error_classes() -> Mapping[str, type[ArgosyError]]:
    """Return the errors that a step can fail with, by their codes."""
    found: dict[str, type[ArgosyError]] = {}
    waiting: list[type[ArgosyError]] = [InvocationError, RunError, TableError]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        if cls not in {InvocationError, RunError} and not issubclass(cls, ConnectorError):
            found[cls.error_code()] = cls
    return dict(sorted(found.items()))


def stubbed_error(said: JsonObject, capability: str) -> ArgosyError:
    """Make the error that a stub names, with the words and the status that it gives."""
    cls = error_classes()[said["code"]]
    words = said.get("message", "a stub says so")
    facts = {name: _FACTS.get(name, words) for name in _fields(cls)}
    facts |= {"capability": capability} if "capability" in facts else {}
    if issubclass(cls, ApiError):
        status = said.get("status", _STATUSES.get(said["code"]))
        facts |= {"request_id": "", "note": "", "retry_after": said.get("retryAfter")}
        facts |= {"status": status}
    error = cls.__new__(cls)
    ArgosyError.__init__(error, **facts)
    if isinstance(error, InvocationError):
        error.outputs = {}
    return error


def error_problems(said: JsonObject) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a stub's error: its member, and a sentence."""
    cls = error_classes().get(said["code"])
    if cls is None:
        known = ", ".join(error_classes())
        yield "code", f"{said['code']!r} is no error that a step fails with; there is {known}"
        return
    if "message" in said and not _has_words(cls):
        yield "message", f"{said['code']!r} has no words of its own; leave `message` out"
    if issubclass(cls, ApiError):
        fitting = error_for_status(said["status"]) if "status" in said else cls
        if fitting is not cls:
            right = fitting.error_code()
            yield "status", f"{said['status']} is the status of {right!r}, not of {said['code']!r}"
        return
    for name in ("status", "retryAfter"):
        if name in said:
            yield name, f"{said['code']!r} is no error that an API answers; leave `{name}` out"


def _fields(cls: type[ArgosyError]) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(cls.message_format) if name]


def _has_words(cls: type[ArgosyError]) -> bool:
    return any(name in _WORDS for name in _fields(cls))
