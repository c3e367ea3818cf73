"""The terms of a call: how a cancellation cuts, waits, and leaves alone what was let go."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from argosy import Dispatcher
from argosy.errors import RequestTimedOutError, RunCancelledError
from argosy.transport import Cancellation, Control
from tests.drafts import capability, unsafe
from tests.servers import Received, Say, Scripted, ScriptedServer, Silence
from tests.steering import Steering

Start = Any


class Held:
    """Notes how it is cut off."""

    def __init__(self) -> None:
        self.cuts: list[str] = []

    def cut_off(self, reason: str) -> None:
        self.cuts.append(reason)


def test_what_is_held_is_cut_off_once_it_is_cancelled() -> None:
    cancellation, held, gone = Cancellation(), Held(), Held()
    cancellation.hold(held)
    cancellation.hold(gone)
    cancellation.let_go(gone)
    cancellation.let_go(gone)
    assert not cancellation.is_cancelled
    cancellation.check()
    cancellation.cancel("no need")
    assert cancellation.is_cancelled
    assert held.cuts == ["no need"]
    assert gone.cuts == []
    with pytest.raises(RunCancelledError, match=r"The run was cancelled: no need\."):
        cancellation.check()


def test_the_first_reason_counts() -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    cancellation.cancel("too late")
    assert cancellation.reason == "it was asked for"


def test_nothing_is_held_any_more_after_the_cancellation() -> None:
    cancellation, late = Cancellation(), Held()
    cancellation.cancel()
    with pytest.raises(RunCancelledError):
        cancellation.hold(late)
    assert cancellation._held == set()
    assert late.cuts == []


def test_one_within_another_goes_with_it_and_may_go_alone() -> None:
    outer, inner, other = Cancellation(), Cancellation(), Cancellation()
    outer.hold(inner)
    outer.hold(other)
    inner.cancel("this one")
    assert not outer.is_cancelled
    outer.cancel("all")
    assert (inner.reason, other.reason) == ("this one", "all")


def test_what_was_let_go_is_out_of_reach() -> None:
    """A connection that was let go may serve another call by then, so the cut has to be over."""
    cancellation = Cancellation()
    order: list[str] = []
    cutting, gone = threading.Event(), threading.Event()

    class Slow:
        def cut_off(self, _reason: str) -> None:
            cutting.set()
            gone.wait(0.1)  # in vain: nobody lets go meanwhile
            order.append("cut")

    slow = Slow()

    def let_go() -> None:
        cutting.wait(5)
        cancellation.let_go(slow)
        order.append("gone")
        gone.set()

    cancellation.hold(slow)
    thread = threading.Thread(target=let_go)
    thread.start()
    cancellation.cancel()
    thread.join()
    assert order == ["cut", "gone"]


def test_a_wait_ends_by_itself_or_with_the_cancellation() -> None:
    cancellation = Cancellation()
    cancellation.wait(0.001)
    timer = threading.Timer(0.01, cancellation.cancel)
    timer.start()
    with pytest.raises(RunCancelledError):
        cancellation.wait(60)
    timer.join()


READ = capability("read")


def test_a_call_ends_by_the_moment_that_its_caller_sets(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(Say(503))
    dispatcher: Dispatcher = start(READ)
    result = dispatcher.call("read", {}, control=Control(deadline=steering.now))
    assert isinstance(result.error, RequestTimedOutError)
    assert server.received == []


def test_a_call_that_was_cancelled_before_sends_nothing(
    start: Start, server: ScriptedServer
) -> None:
    cancellation = Cancellation()
    cancellation.cancel("no need")
    result = start(READ).call("read", {}, control=Control(cancellation=cancellation))
    assert isinstance(result.error, RunCancelledError)
    assert server.received == []


def test_a_call_that_waits_for_its_next_attempt_is_told_by_the_callers_sleep(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(Say(503), Say(200, {}))
    waits: list[float] = []
    result = start(READ).call("read", {}, control=Control(sleep=waits.append))
    assert result.error is None
    assert len(waits) == 1
    assert steering.slept == []


def test_a_call_takes_its_ids_from_its_caller(start: Start, server: ScriptedServer) -> None:
    body = {"id": "{{ new_uuid() }}"}
    dispatcher = start(unsafe("write", request={"method": "POST", "path": "/x", "body": body}))
    ids = iter(["id-1", "id-2"])
    dispatcher.call("write", {}, control=Control(new_uuid=lambda: next(ids)))
    assert server.last.json == {"id": "id-1"}


def test_a_handler_and_what_it_calls_are_under_the_same_terms(
    start: Start, server: ScriptedServer
) -> None:
    cancellation = Cancellation()

    def answer(request: Received) -> Scripted:
        if len(server.received) == 2:
            cancellation.cancel()
            return Silence()
        return Say(200, {})

    server.answers(answer)
    source = "def run(context):\n    for _ in range(9):\n        context.call('read')\n"
    reason = "The test is about handlers."
    own = unsafe("all", handler={"name": "all", "reason": reason, "uses": ["read"]})
    dispatcher = start(READ, own, handlers={"all": source})
    result = dispatcher.call("all", {}, control=Control(cancellation=cancellation))
    assert isinstance(result.error, RunCancelledError)
    assert len(server.received) == 2
    assert cancellation._held == set()
