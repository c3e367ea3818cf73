"""A session: signed in once, then as many calls for a table as its reading takes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from argosy.connections.probing.calling import LONGEST, Terms, is_for
from argosy.connections.probing.plan import Plan
from argosy.connections.probing.result import REASONS, RETRYABLE
from argosy.errors import TableError
from argosy.rendering import MISSING
from argosy.transport import OWN_TERMS

if TYPE_CHECKING:
    from types import TracebackType

    from argosy.connections.probing.calling import Caller, Subject, Taken, Trouble
    from argosy.connections.probing.plan import Step
    from argosy.connections.probing.result import Remote
    from argosy.connections.probing.settings import ProbeSettings
    from argosy.model import Answer, Json, JsonObject
    from argosy.transport import Control

_OF_TABLE = "table."
#: What a reading calls itself in texts, see `argosy.connections.probing.judging`.
_WORDS = {"who": "this server", "again": "Try", "judged": ""}


@dataclass(frozen=True, slots=True)
class Called:
    """What was answered to a call that succeeded.

    `body` is its JSON, or the leaves of its XML; None where the body is data, which stands in
    `answer.body` as it came.
    """

    answer: Answer
    body: Json = field(repr=False)


class Session:
    """Calls of one table's connection. Threads may share it; close it, or use it in a `with`.

    The steps that `tables.signIn` of the type names are taken before the first call, and once
    again where what they gave has ended since: a call is refused after others were answered.
    """

    def __init__(
        self,
        settings: ProbeSettings,
        subject: Subject,
        caller: Caller,
        table: JsonObject,
        budget: float | None,
        control: Control | None,
    ) -> None:
        type_ = subject.type
        self._settings = settings
        self._caller = caller
        self._control = control or OWN_TERMS
        self._plan = Plan.of_tables(type_.tables, type_.probe)
        self._probe = Plan.from_json(type_.probe)
        named = type_.tables.get("signIn", ())
        self._sign_in_steps = tuple(self._probe.step(name) for name in named)
        self._scope = subject.scope(self._plan, table=table, **_WORDS)
        self._ends = None if budget is None else settings.clock() + budget
        self._lock = threading.Lock()
        # how often it was signed in, and the last of these at which a call was answered
        self._signed_in = 0
        self._answered = 0

    @staticmethod
    def terms(settings: ProbeSettings, budget: float | None, max_bytes: int) -> Terms:
        """Return how a session's calls travel; without a budget they may take longer."""
        if budget is None:
            read, total = settings.long_read, settings.long_call
        else:
            read, total = settings.read, max(budget, 0.001)
        return Terms(read, total, max_bytes, is_exact=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def sign_in(self) -> None:
        """Take the steps that come before reading, unless they were taken. Raises TableError."""
        self._sign_in_after(0)

    def call(self, step: str, **values: Json) -> Called:
        """Make a call that `tables.steps` declares; templates read `values` by their names.

        Raises TableError, whose fact `remote` is what the other side answered, and
        RunCancelledError.
        """
        declared = self._plan.step(step)
        signed_in = self._sign_in_after(0)
        taken = self._take(declared, self._plan, values)
        if taken.trouble is not None and self._has_ended(taken, signed_in):
            signed_in = self._sign_in_after(signed_in)
            taken = self._take(declared, self._plan, values)
        answer = self._answer(taken)
        self._answered = max(self._answered, signed_in)
        return Called(answer, None if taken.body is MISSING else taken.body)

    def plain(self, text: str, longest: int = LONGEST) -> str:
        """Return a text as it may be shown: no secrets, no control characters, not too long."""
        return self._caller.plain(text, longest)

    def _has_ended(self, taken: Taken, signed_in: int) -> bool:
        is_refused = taken.trouble is not None and taken.trouble.reason == "refused"
        is_refused = is_refused or (taken.remote is not None and taken.remote.http_status == 401)
        # another thread may have signed in again, and been answered, in the meantime
        return is_refused and bool(self._sign_in_steps) and self._answered >= signed_in

    def _sign_in_after(self, known: int) -> int:
        """Sign in unless that was done since the sign-in of this number; return its number."""
        with self._lock:
            if self._signed_in > known:
                return self._signed_in
            scope = {**self._scope, "answers": {}, "checks": {}}
            for step in self._sign_in_steps:
                if is_for(step.when, scope):
                    self._answer(self._taken(step, self._probe, scope))
            self._scope = {**self._scope, "answers": scope["answers"]}
            self._signed_in += 1
            return self._signed_in

    def _take(self, step: Step, plan: Plan, values: JsonObject) -> Taken:
        scope = {**self._scope, **values, "answers": dict(self._scope["answers"])}
        return self._taken(step, plan, scope)

    def _taken(self, step: Step, plan: Plan, scope: JsonObject) -> Taken:
        ends = self._ends
        if ends is None:
            ends = self._settings.clock() + self._settings.long_call
        if self._control.deadline is not None:
            ends = min(ends, self._control.deadline)
        return self._caller.take(step, plan, scope, ends, self._control)

    @staticmethod
    def _answer(taken: Taken) -> Answer:
        """Return what was answered. Raises TableError where that is a failure."""
        trouble = taken.trouble
        if trouble is not None and not trouble.proves:
            raise _error(trouble, taken.remote)
        if taken.answer is None:
            raise TableError(detail="No answer came.", reason="unexpected", status="unknown_error")
        return taken.answer


def _error(trouble: Trouble, remote: Remote | None) -> TableError:
    if trouble.field.startswith(_OF_TABLE):
        name = trouble.field.removeprefix(_OF_TABLE)
        return TableError(
            detail=f"The table names no {name}.",
            remedy=f"Give it in connection_table_params.{name}.",
            field=f"connection_table_params.{name}",
            reason="bad_shape",
            status="wrong_specification",
        )
    status = REASONS[trouble.reason]
    if trouble.reason == "bad_shape" and not trouble.field:
        status = "wrong_specification"  # the credentials have passed
    return TableError(
        detail=trouble.message,
        remedy=trouble.hint,
        field=trouble.field,
        reason=trouble.reason,
        status=status,
        passes=trouble.reason in RETRYABLE,
        remote=remote,
    )
