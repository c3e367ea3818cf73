"""One call in progress: what a handler sees, and what a declared capability does by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.dispatch.normalise import basic_outputs, decode, refusal
from argosy.errors import TransportError
from argosy.rendering import MISSING

if TYPE_CHECKING:
    from argosy.dispatch.dispatcher import Dispatcher
    from argosy.dispatch.plan import Plan
    from argosy.model import Answer, Json, JsonObject, OutgoingRequest


class RequestCaptured(Exception):  # noqa: N818 - a signal, not a failure
    """Carries the first request of a dry run out of a handler."""

    def __init__(self, request: OutgoingRequest) -> None:
        super().__init__()
        self.request = request


class Invocation:
    """One call of one capability; it satisfies the handlers' `HandlerContext`.

    Counts the HTTP requests that were sent and keeps the outputs that every capability has of
    the last answer, for a result that reports a failure.
    """

    def __init__(self, dispatcher: Dispatcher, plan: Plan, inputs: JsonObject, region: str) -> None:
        self.inputs = inputs
        self.attempts = 0
        self.sent: Json = MISSING
        self._attempt = 0
        self._goes_on = False
        self.last_outputs: JsonObject = {}
        self._dispatcher = dispatcher
        self._plan = plan
        self._region = region
        self._deadline = dispatcher.transport.deadline()

    def send(self, **inputs: Json) -> Answer:
        """Send the declared request; see `HandlerContext.send`."""
        answer, _ = self.exchange({**self.inputs, **inputs} if inputs else self.inputs)
        return answer

    def exchange(self, inputs: JsonObject) -> tuple[Answer, Json]:
        """Send the request for these inputs; return the answer and its decoded body.

        Raises InvocationError where no answer came or the vendor refused.
        """
        dispatcher, plan = self._dispatcher, self._plan
        request = dispatcher.render(plan, inputs, self._region)
        self.sent = request.content
        answer = self._transmit(request, may_repeat=_may_repeat(plan, inputs))
        body = self.decode(answer)
        self.last_outputs = basic_outputs(answer, body)
        host = urlsplit(request.url).netloc
        refused = refusal(plan, dispatcher.connector, answer, body, host)
        if refused:
            raise refused
        return answer, body

    def _transmit(self, request: OutgoingRequest, *, may_repeat: bool) -> Answer:
        """Send a request; one that a `wait` has announced goes on counting its attempts."""
        dispatcher = self._dispatcher
        first = self._attempt + 1 if self._goes_on else 1
        self._goes_on = False
        try:
            answer = dispatcher.transport.send(
                request,
                auth=dispatcher.auth_headers() if request.send_auth else {},
                may_repeat=may_repeat,
                deadline=self._deadline,
                first=first,
                sent=self._count,
            )
        except TransportError as failure:
            self._attempt = failure.facts["attempt"]
            raise
        self._attempt = answer.attempt
        return answer

    def _count(self) -> None:
        self.attempts += 1

    def decode(self, answer: Answer) -> Json:
        """Return the body of an answer; see `HandlerContext.decode`."""
        body = decode(answer)
        if b"\\u" in answer.body:  # JSON may spell a secret in ways that only decoding shows
            return self._dispatcher.redactor.value(body)
        return body

    def wait(self) -> bool:
        """Wait before a handler's next attempt; see `HandlerContext.wait`."""
        self._goes_on = self._dispatcher.transport.pause(self._attempt + 1, self._deadline)
        return self._goes_on

    def new_uuid(self) -> str:
        """Return a new UUID."""
        return self._dispatcher.ports.new_uuid()


def _may_repeat(plan: Plan, inputs: JsonObject) -> bool:
    try:
        return plan.may_repeat({"inputs": inputs}) is True
    except ValueError:  # the rule does not fit these inputs: nothing says that it is safe
        return False


class DryInvocation(Invocation):
    """A call that renders its first request and stops."""

    def exchange(self, inputs: JsonObject) -> tuple[Answer, Json]:
        """Raise RequestCaptured with the request that would be sent."""
        raise RequestCaptured(self._dispatcher.render(self._plan, inputs, self._region))
