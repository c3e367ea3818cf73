"""One call in progress: what a handler sees, and what a declared capability does by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.dispatch.normalise import basic_outputs, check_outputs, decode, refusal
from argosy.dispatch.tables import SteeredTables
from argosy.errors import (
    HandlerError,
    HostRefusedError,
    InvalidHandlerError,
    InvocationError,
    TransportError,
)
from argosy.model import NO_AUTHENTICATION
from argosy.rendering import MISSING
from argosy.transport import OWN_TERMS, Control

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.dispatch.dispatcher import Dispatcher, Ports
    from argosy.dispatch.plan import Plan
    from argosy.model import Answer, Json, JsonObject, OutgoingRequest
    from argosy.sdk import TableService


_NO_TABLES = (
    "There are no stored tables here: `argosy call` and `argosy run` have those of the store on"
    " this machine and a server its own; in Python a Dispatcher or an Engine is given `tables`."
)


class RequestCaptured(Exception):  # noqa: N818 - a signal, not a failure
    """Carries the first request of a dry run out of a handler."""

    def __init__(self, request: OutgoingRequest) -> None:
        super().__init__()
        self.request = request


class Invocation:
    """One call of one capability; it satisfies the handlers' `HandlerContext`.

    Counts the HTTP requests that were sent and keeps the outputs that every capability has of
    the last answer, for a result that reports a failure. An answer of bytes goes to the file
    `save_to` where there is one.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        plan: Plan,
        inputs: JsonObject,
        region: str,
        save_to: Path | None = None,
        control: Control = OWN_TERMS,
    ) -> None:
        self.plan = plan
        self.inputs = inputs
        self.attempts = 0
        self.sent: Json = MISSING
        self._attempt = 0
        self._goes_on = False
        self.last_outputs: JsonObject = {}
        self.last_url = ""
        self.visited: set[str] = set()
        self._dispatcher = dispatcher
        self._region = region
        self._save_to = save_to
        self._control = control
        self._deadline = dispatcher.transport.deadline()
        if control.deadline is not None:
            self._deadline = min(self._deadline, control.deadline)

    def send(self, **inputs: Json) -> Answer:
        """Send the declared request; see `HandlerContext.send`."""
        if not self.plan.capability.request.method:
            detail = "it sends a request, and the capability declares none"
            raise InvalidHandlerError(capability=self.plan.capability.id, detail=detail)
        answer, _ = self.exchange({**self.inputs, **inputs} if inputs else self.inputs)
        return answer

    def exchange(self, inputs: JsonObject, link: str = "") -> tuple[Answer, Json]:
        """Send the request for these inputs; return the answer and its decoded body.

        `link` is the address that the last answer names for the next page. Raises
        InvocationError where no answer came or the vendor refused.
        """
        dispatcher, plan = self._dispatcher, self.plan
        request = dispatcher.render(plan, inputs, self._region, self._control)
        if link:
            request = replace(request, url=self._followed(request.url, link))
        self.last_url = request.url
        self.visited.add(request.url)
        self.sent = request.content
        answer = self._transmit(request, may_repeat=_may_repeat(plan, inputs))
        body = self.decode(answer)
        self.last_outputs = basic_outputs(answer, body)
        host = urlsplit(request.url).netloc
        refused = refusal(plan, dispatcher.connector, answer, body, host)
        if refused:
            raise refused
        return answer, body

    def _followed(self, url: str, link: str) -> str:
        """Return the address of a next page. Raises HostRefusedError where it is elsewhere.

        One of the vendor's goes to the connection's endpoint, as the request for the list did.
        """
        hosts = self._dispatcher.hosts
        if hosts.judge_redirect(url, link):
            return link
        with suppress(HostRefusedError):
            there = hosts.admit(link).url
            if hosts.judge_redirect(url, there):
                return there
        host = self._dispatcher.redactor.text(urlsplit(link).netloc)
        raise HostRefusedError(host=host, detail="the next page is not where the list is")

    def another(
        self, capability: str, inputs: JsonObject, save_to: Path | None = None
    ) -> Invocation:
        """Return an invocation of another capability, in the same region, not sent yet.

        Raises InvalidInputsError, and ConnectorError for a capability that there is not.
        """
        plan, checked, region = self._dispatcher.checked(capability, inputs, self._region)
        return type(self)(self._dispatcher, plan, checked, region, save_to, self._control)

    def call(
        self, capability: str, /, *, save_to: Path | None = None, **inputs: Json
    ) -> JsonObject:
        """Run another capability; see `HandlerContext.call`."""
        own = self.plan.capability
        if own.handler is None or capability not in own.handler.uses:
            detail = f"it calls {capability!r}, which `handler.uses` does not name"
            raise InvalidHandlerError(capability=own.id, detail=detail)
        called = self.another(capability, inputs, save_to)
        if capability == own.id:
            called.plan = replace(called.plan, handler=None)
        try:
            named, basic = self._dispatcher.run(called)
            fault = check_outputs(called.plan, named)
            if fault:
                raise fault
        except InvocationError as error:
            error.outputs = {**error.outputs, **called.last_outputs}
            raise
        finally:
            self.attempts += called.attempts
            self.last_outputs = called.last_outputs or self.last_outputs
        return {**named, **basic}

    @property
    def save_to(self) -> Path | None:
        """The path that the call names for what comes; see `HandlerContext.save_to`."""
        return self._save_to

    @property
    def tables(self) -> TableService:
        """What reads stored tables; see `HandlerContext.tables`."""
        own, tables = self.plan.capability, self._dispatcher.tables
        if own.handler is None or own.handler.reads != "tables":
            detail = "it reads stored tables, and `handler.reads` does not say so"
            raise InvalidHandlerError(capability=own.id, detail=detail)
        if tables is None:
            raise HandlerError(detail=_NO_TABLES)
        return tables.under(self._control) if isinstance(tables, SteeredTables) else tables

    @property
    def ports(self) -> Ports:
        """Time and waiting."""
        return self._dispatcher.ports

    def _transmit(self, request: OutgoingRequest, *, may_repeat: bool) -> Answer:
        """Send a request; one that a `wait` has announced goes on counting its attempts."""
        first = self._attempt + 1 if self._goes_on else 1
        self._goes_on = False
        answer = self._sent(request, may_repeat=may_repeat, first=first)
        is_refused = answer.status == 401 and request.send_auth
        if is_refused and self._dispatcher.credentials.forget(self.plan.credentials):
            answer = self._sent(request, may_repeat=may_repeat, first=answer.attempt + 1)
        self._attempt = answer.attempt
        return answer

    def _sent(self, request: OutgoingRequest, *, may_repeat: bool, first: int) -> Answer:
        dispatcher = self._dispatcher
        credentials = self.plan.credentials if request.send_auth else ()
        auth = NO_AUTHENTICATION
        if credentials:
            auth = dispatcher.credentials.authentication(credentials, self._deadline)
        try:
            return dispatcher.transport.send(
                request,
                auth=auth,
                may_repeat=may_repeat,
                deadline=self._deadline,
                first=first,
                sent=self._count,
                save_to=self._save_to if self.plan.capability.response.format == "bytes" else None,
                control=self._control,
            )
        except TransportError as failure:
            self._attempt = failure.facts["attempt"]
            raise

    def _count(self) -> None:
        self.attempts += 1

    def decode(self, answer: Answer) -> Json:
        """Return the body of an answer; see `HandlerContext.decode`."""
        body = decode(answer, self.plan.capability.response.format)
        if b"\\u" in answer.body:  # JSON may spell a secret in ways that only decoding shows
            return self._dispatcher.redactor.value(body)
        return body

    def wait(self) -> bool:
        """Wait before a handler's next attempt; see `HandlerContext.wait`."""
        transport, sleep = self._dispatcher.transport, self._control.sleep
        self._goes_on = transport.pause(self._attempt + 1, self._deadline, sleep)
        return self._goes_on

    def bounded(self, moment: float) -> float:
        """Return a moment, or the end that whoever calls has set where that comes before."""
        end = self._control.deadline
        return moment if end is None else min(moment, end)

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the end of the call; what comes then is told that time is up."""
        if self._control.deadline is not None:
            seconds = min(seconds, max(self._control.deadline - self.clock(), 0))
        (self._control.sleep or self.ports.sleep)(seconds)

    def clock(self) -> float:
        """Return seconds that only grow."""
        return self.ports.clock()

    def now(self) -> datetime:
        """Return the date and time, in UTC."""
        return datetime.fromtimestamp(self.ports.now(), UTC)

    def new_uuid(self) -> str:
        """Return a new UUID."""
        return (self._control.new_uuid or self._dispatcher.ports.new_uuid)()


def _may_repeat(plan: Plan, inputs: JsonObject) -> bool:
    try:
        return plan.may_repeat({"inputs": inputs}) is True
    except ValueError:  # the rule does not fit these inputs: nothing says that it is safe
        return False


class DryInvocation(Invocation):
    """A call that renders its first request and stops."""

    @property
    def tables(self) -> TableService:
        """Raise HandlerError: what reads stored tables shows no request."""
        detail = f"{self.plan.capability.id!r} reads stored tables; it sends no request of its own"
        raise HandlerError(detail=detail)

    def exchange(self, inputs: JsonObject, link: str = "") -> tuple[Answer, Json]:
        """Raise RequestCaptured with the request that would be sent."""
        request = self._dispatcher.render(self.plan, inputs, self._region, self._control)
        raise RequestCaptured(request)
