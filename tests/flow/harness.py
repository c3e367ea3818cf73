"""Flows written in a test, and engines over a drafted connector whose server is scripted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from argosy.flow import Engine
from argosy.flow.library import parse_flow
from argosy.flow.run import Run, Step
from argosy.model import Flow
from argosy.transport import Cancellation
from tests.drafts import capability, unsafe
from tests.servers import Received, Say, Scripted, ScriptedServer

START = {"id": "start", "kind": "trigger"}

#: What the drafted connector of these tests can do.
CAPABILITIES = (
    capability(
        "ask",
        inputs={"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        request={"method": "GET", "path": "/{name}"},
        response={"outputs": {"value": "{{ body.value | default(none) }}"}},
    ),
    unsafe(
        "tell",
        request={
            "method": "POST",
            "path": "/told",
            "body": "{{ inputs | with_default('id', new_uuid()) }}",
        },
        response={"outputs": {"id": "{{ sent.id }}"}, "failureOutputs": {"id": "{{ sent.id }}"}},
    ),
    unsafe(
        "enter",
        inputs={
            "type": "object",
            "properties": {"password": {"type": "string", "secret": True}, "user": {}},
        },
    ),
)


def kind(id_: str, kind_: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """Return a built-in node."""
    return {"id": id_, "kind": kind_, "inputs": dict(inputs or {}), **more}


def call(id_: str, capability_: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """Return a node that runs a capability."""
    return {"id": id_, "capability": capability_, "inputs": dict(inputs or {}), **more}


def values(id_: str, **members: Any) -> Any:
    """Return a node that builds values."""
    more = {name: members.pop(name) for name in ("join", "onError") if name in members}
    return kind(id_, "transform", {"values": members}, **more)


def edge(way: str) -> dict[str, str]:
    """Read `a > b`, or `a error> b`, as an edge."""
    source, target = way.split(">")
    from_, _, outcome = source.strip().partition(" ")
    return {"from": from_, "outcome": outcome or "success", "to": target.strip()}


def body(*nodes: Any, edges: Sequence[str] = ()) -> Any:
    """Return the body of a loop: its nodes, and edges where there is more than one entry."""
    return {"nodes": list(nodes), "edges": [edge(way) for way in edges]}


def flow(*nodes: Any, edges: Sequence[str] = (), id_: str = "t", **more: Any) -> Flow:
    """Return a flow of a trigger `start` and these nodes; without edges they are a chain."""
    every = [START, *nodes]
    row = [f"{a['id']} > {b['id']}" for a, b in pairwise(every)]
    document = {
        "formatVersion": 1,
        "name": id_,
        "nodes": every,
        "edges": [edge(way) for way in edges or row],
        **more,
    }
    return parse_flow(document, id_, f"{id_}.flow.json")


def step_of(run: Run, path: str) -> Step:
    """Return a step that must be there."""
    step = run.step(path)
    assert step is not None, f"no step {path}; there is {[one.path for one in run.steps]}"
    return step


def outputs_of(run: Run, path: str) -> Any:
    """Return the outputs of a step of a run that succeeded."""
    assert run.error is None, run.error.to_json()
    return step_of(run, path).outputs


def statuses(run: Run) -> dict[str, str]:
    """Return the statuses of the steps by their paths."""
    return {step.path: step.status for step in run.steps}


def failed_with(run: Run, status: str = "failed") -> str:
    """Return the message of a run that did not succeed."""
    assert run.status == status, run.status
    assert run.error is not None
    return run.error.message


def in_thread(work: Callable[[], Any]) -> Callable[[], Any]:
    """Start work in a thread; return what waits for it and gives what it gave or raised."""
    done: list[Any] = []

    def perform() -> None:
        try:
            done.append((work(), None))
        except BaseException as error:
            done.append((None, error))

    thread = threading.Thread(target=perform)
    thread.start()

    def result() -> Any:
        thread.join(20)
        assert done, "it did not end"
        given, error = done[0]
        if error is not None:
            raise error
        return given

    return result


class Gate:
    """Answers requests once so many are waiting for it; notes the most that were there at once."""

    def __init__(self, waits_for: int = 1, body: Any = None) -> None:
        self.waits_for = waits_for
        self.most = 0
        self._body = body if body is not None else {"value": 1}
        self._inside = 0
        self._changed = threading.Condition()

    def __call__(self, _request: Received) -> Scripted:
        with self._changed:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            came = self._changed.wait_for(lambda: self.most >= self.waits_for, timeout=5)
            self._inside -= 1
        return Say(200 if came else 400, self._body if came else {"message": "nobody else came"})


class Arrival:
    """Tells when a request has arrived at a server, and then answers it or never does."""

    def __init__(self, answer: Scripted) -> None:
        self._answer = answer
        self._arrived = threading.Event()

    def __call__(self, _request: Received) -> Scripted:
        self._arrived.set()
        return self._answer

    def wait(self) -> None:
        """Wait until a request is there."""
        assert self._arrived.wait(10), "no request came"


def paths_of(server: ScriptedServer) -> list[str]:
    """Return the paths that were asked for, in order."""
    return [one.path for one in server.received]


def run_and_cancel(engine: Engine, flow_: Flow, when: Callable[[], None], **more: Any) -> Run:
    """Run a flow in a thread, cancel it once `when` returns, and return the run."""
    cancellation = Cancellation()
    result = in_thread(lambda: engine.run(flow_, cancellation=cancellation, **more))
    when()
    cancellation.cancel()
    run = result()
    assert isinstance(run, Run)
    return run
