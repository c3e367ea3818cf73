"""The dispatcher: capabilities of one connector, called by name through one connection."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.dispatch.handling import run_handler
from argosy.dispatch.hosts import HostPolicy
from argosy.dispatch.inputs import input_problems
from argosy.dispatch.invocation import DryInvocation, Invocation, RequestCaptured
from argosy.dispatch.normalise import (
    basic_outputs,
    check_outputs,
    outputs_of,
    outputs_of_failure,
)
from argosy.dispatch.plan import Plan, compile_plan
from argosy.dispatch.properties import checked_properties, default_region, missing_property
from argosy.dispatch.request import Addressing, build_request
from argosy.errors import (
    ArgosyError,
    ConnectorError,
    HandlerCrashedError,
    HostRefusedError,
    InvalidInputsError,
    InvocationError,
)
from argosy.model import (
    MASK,
    Connection,
    Connector,
    Json,
    JsonObject,
    MaskedText,
    OutgoingRequest,
    Redactor,
    Result,
)
from argosy.rendering import MISSING, ExpressionFunction, compile_template, to_text
from argosy.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


def _random_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world, as parameters: time in seconds, waiting, chance in [0, 1), new ids."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    new_uuid: Callable[[], str] = _random_uuid


class Dispatcher:
    """Runs capabilities of one connector with one connection.

    Capabilities are compiled on first use and kept; HTTP connections are pooled. Threads may
    share a dispatcher. Use it as a context manager, or call `close`.

    Raises InvalidConnectionError where the connection's properties do not fit the settings
    that the manifest declares, and UnknownRegionError for a region that it does not list.
    """

    def __init__(
        self, connector: Connector, connection: Connection, ports: Ports | None = None
    ) -> None:
        self.connector = connector
        self.connection = connection
        self.ports = ports or Ports()
        secrets = (connection.properties.get(name) for name in connector.secret_settings)
        self.redactor = Redactor(str(secret) for secret in secrets if secret)
        self.properties = checked_properties(connector, connection, self.redactor)
        self.hosts = HostPolicy(connector, connection)
        self.transport = Transport(
            connection.transport,
            self.redactor,
            clock=self.ports.clock,
            sleep=self.ports.sleep,
            random=self.ports.random,
            allow_address=self.hosts.allows_address,
            judge_redirect=self.hosts.judge_redirect,
        )
        public = {n: v for n, v in self.properties.items() if n not in connector.secret_settings}
        self._scope = {"connection": public, "new_uuid": ExpressionFunction(self.ports.new_uuid)}
        self._addressing = Addressing(
            connector,
            connection.endpoint,
            self.hosts,
            user_agent=f"argosy ({connector.id}/{connector.version})",
        )
        self._plans: dict[str, Plan] = {}

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the pooled HTTP connections."""
        self.transport.close()

    def call(self, capability: str, inputs: Mapping[str, Json]) -> Result:
        """Run one capability and return its result, also where it failed.

        Raises ConnectorError, for what the connector's author must mend; every other failure
        is the result's `error`.
        """
        plan = self._plan(capability)
        invocation: Invocation | None = None
        error: ArgosyError | None
        try:
            checked, region = self._validate(plan, inputs)
            invocation = Invocation(self, plan, checked, region)
            named, basic = self._run(plan, invocation)
            outputs = {**named, **basic}
            error = check_outputs(plan, named)
        except ConnectorError:
            raise
        except ArgosyError as failure:
            error = failure
            outputs = self._outputs_despite(failure, plan, invocation)
        if error:
            self._clean(error)
        return Result(plan.capability.id, outputs, error, invocation.attempts if invocation else 0)

    def prepare(self, capability: str, inputs: Mapping[str, Json]) -> OutgoingRequest:
        """Return the first request that a call would send, with the secrets in it masked.

        Nothing is sent, and the secrets need not be there. Raises ArgosyError where the call
        would fail before sending.
        """
        plan = self._plan(capability)
        try:
            checked, region = self._validate(plan, inputs)
            self._run(plan, DryInvocation(self, plan, checked, region))
        except RequestCaptured as captured:
            return self._masked(captured.request)
        except ArgosyError as error:
            self._clean(error)
            raise
        raise HandlerCrashedError(capability=capability, kind="no request")

    def _clean(self, error: ArgosyError) -> None:
        """Take the secrets out of an error, and the frames that hold them out of its traceback.

        A handler that crashed keeps its frames: its author needs them.
        """
        error.redact(self.redactor.value)
        if not isinstance(error, HandlerCrashedError):
            error.forget_frames()

    def render(self, plan: Plan, inputs: JsonObject, region: str) -> OutgoingRequest:
        """Build the request of a capability for validated inputs."""
        scope = {"inputs": inputs, **self._scope}
        request = build_request(plan, scope, self._addressing, region)
        if not request.send_auth and self._holds_secret(request):
            host = urlsplit(request.url).netloc
            detail = "the request holds the connection's key, which does not go there"
            raise HostRefusedError(host=self.redactor.text(host), detail=detail)
        return request

    def _holds_secret(self, request: OutgoingRequest) -> bool:
        clean = self.redactor
        texts = (request.url, *request.headers.values())
        body = request.body or b""
        return any(clean.text(text) != text for text in texts) or clean.data(body) != body

    def auth_headers(self) -> Mapping[str, str]:
        """Return the header that authenticates a request; its value does not show in `repr`.

        Raises MissingPropertyError where the connection lacks the value it is made from.
        """
        return self._auth

    @cached_property
    def _auth(self) -> Mapping[str, str]:
        auth = self.connector.auth
        if auth is None:
            return {}
        template = compile_template(auth.value)
        for root, *names in template.paths:
            if root == "connection" and names and not self.properties.get(names[0]):
                raise missing_property(self.connector, names[0])
        value = template.render({"connection": self.properties})
        return {auth.header: MaskedText("" if value is MISSING else value)}

    def _plan(self, capability: str) -> Plan:
        plan = self._plans.get(capability)
        if plan is None:
            plan = self._plans[capability] = compile_plan(self.connector, capability)
        return plan

    def _validate(self, plan: Plan, inputs: Mapping[str, Json]) -> tuple[JsonObject, str]:
        """Return the inputs with defaults filled in, and the region; or raise every problem."""
        given: Json = {**plan.defaults, **inputs} if isinstance(inputs, Mapping) else inputs
        problems = input_problems(plan.inputs, self.connector, given, self.redactor)
        if problems:
            raise InvalidInputsError(capability=plan.capability.id, problems=problems)
        named = given.get("region") if plan.takes_region else None
        return given, named or default_region(self.connector, self.properties)

    def _run(self, plan: Plan, invocation: Invocation) -> tuple[JsonObject, JsonObject]:
        """Send or handle; return the named outputs and those that every capability has."""
        if plan.handler is None:
            answer, body = invocation.exchange(invocation.inputs)
            return outputs_of(plan, answer, body, invocation.sent), invocation.last_outputs
        reply = run_handler(plan.handler, invocation, plan.capability.id)
        return dict(reply.outputs), basic_outputs(reply.answer, invocation.decode(reply.answer))

    def _outputs_despite(
        self, failure: ArgosyError, plan: Plan, invocation: Invocation | None
    ) -> JsonObject:
        """Return the outputs of a call that failed: what it sent, what was done, the answer."""
        if invocation is None:
            return {}
        sent = outputs_of_failure(plan, invocation.sent) if invocation.attempts else {}
        done = failure.outputs if isinstance(failure, InvocationError) else {}
        return {**self.redactor.value({**sent, **done}), **invocation.last_outputs}

    def _masked(self, request: OutgoingRequest) -> OutgoingRequest:
        clean = self.redactor
        headers = {name: clean.text(value) for name, value in request.headers.items()}
        auth = self.connector.auth
        if auth and request.send_auth:
            masked = dict.fromkeys(self.connector.secret_settings, MASK)
            template = compile_template(auth.value)
            value = template.render({"connection": {**self.properties, **masked}})
            headers[auth.header] = to_text(value)
        body = None if request.body is None else clean.data(request.body)
        content = clean.value(request.content)
        url = clean.text(request.url)
        return replace(request, url=url, headers=headers, body=body, content=content)
