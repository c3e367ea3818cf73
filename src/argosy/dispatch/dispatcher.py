"""The dispatcher: capabilities of one connector, called by name through one connection."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.dispatch.content import judge_folders, read_bytes
from argosy.dispatch.credentials import CredentialStore
from argosy.dispatch.handling import run_handler
from argosy.dispatch.hosts import HostPolicy
from argosy.dispatch.inputs import input_problems, secrets_in
from argosy.dispatch.invocation import DryInvocation, Invocation, RequestCaptured
from argosy.dispatch.normalise import (
    basic_outputs,
    check_outputs,
    outputs_of,
    outputs_of_failure,
)
from argosy.dispatch.paging import run_pages
from argosy.dispatch.plan import Plan, compile_plan
from argosy.dispatch.properties import checked_properties, default_region
from argosy.dispatch.request import Addressing, build_request
from argosy.dispatch.waiting import wait_for
from argosy.errors import (
    ArgosyError,
    ConnectorError,
    HandlerCrashedError,
    HandlerError,
    HostRefusedError,
    InvalidInputsError,
    InvocationError,
    UnwritableFileError,
)
from argosy.model import (
    MASK,
    NO_AUTHENTICATION,
    WAIT,
    Answer,
    Connection,
    Connector,
    Json,
    JsonObject,
    OutgoingRequest,
    Problem,
    Redactor,
    Result,
)
from argosy.rendering import ExpressionFunction
from argosy.transport import OWN_TERMS, Control, Transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from argosy.sdk import TableService


def _random_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world, as parameters: time in seconds, waiting, chance in [0, 1), new ids.

    `clock` only grows; `now` is the date, in seconds since 1970.
    """

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    new_uuid: Callable[[], str] = _random_uuid


class Dispatcher:
    """Runs capabilities of one connector with one connection.

    Capabilities are compiled on first use and kept; HTTP connections are pooled. Threads may
    share a dispatcher. Use it as a context manager, or call `close`. `tables` reads stored tables
    for capabilities that do so.

    Raises InvalidConnectionError where the connection's properties do not fit the settings
    that the manifest declares, and UnknownRegionError for a region that it does not list.
    """

    def __init__(
        self,
        connector: Connector,
        connection: Connection,
        ports: Ports | None = None,
        *,
        tables: TableService | None = None,
    ) -> None:
        self.connector = connector
        self.connection = connection
        self.tables = tables
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
        self.user_agent = f"argosy ({connector.id}/{connector.version})"
        self._addressing = Addressing(
            connector,
            connection.endpoint,
            self.hosts,
            user_agent=self.user_agent,
            new_uuid=self.ports.new_uuid,
        )
        self.credentials = CredentialStore(
            connector,
            self.properties,
            self.redactor,
            self.hosts,
            self._fetch_token,
            self.ports.clock,
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

    def call(
        self,
        capability: str,
        inputs: Mapping[str, Json],
        *,
        save_to: Path | None = None,
        control: Control = OWN_TERMS,
    ) -> Result:
        """Run one capability and return its result, also where it failed.

        An input that holds bytes may be bytes, a `Path` whose file is read, or base64; one that
        is a folder is a `Path`. An answer that is bytes goes to the file `save_to`, or into the
        output `content`; a handler may write a file or a folder there too. `control` sets the
        terms of whoever calls: an end, ids, cancellation. Raises ConnectorError, for what the
        connector's author must mend; every other failure is the result's `error`.
        """
        plan = self._plan(capability)
        invocation: Invocation | None = None
        error: ArgosyError | None
        try:
            checked, region = self._validate(plan, inputs)
            if save_to and not plan.capability.saves:
                detail = f"{capability!r} answers no bytes that could be saved"
                raise UnwritableFileError(file=str(save_to), detail=detail)
            invocation = Invocation(self, plan, checked, region, save_to, control)
            named, basic = self.run(invocation)
            outputs = {**named, **basic}
            error = check_outputs(plan, named)
        except ConnectorError:
            raise
        except ArgosyError as failure:
            error = failure
            outputs = self._outputs_despite(failure, plan, invocation)
        if error:
            self._clean(error, self._knowing(plan, inputs))
        return Result(plan.capability.id, outputs, error, invocation.attempts if invocation else 0)

    def prepare(self, capability: str, inputs: Mapping[str, Json]) -> OutgoingRequest:
        """Return the first request that a call would send, with the secrets in it masked.

        Nothing is sent, and the secrets need not be there. Raises ArgosyError where the call
        would fail before sending.
        """
        plan = self._plan(capability)
        clean = self._knowing(plan, inputs)
        try:
            checked, region = self._validate(plan, inputs)
            self.run(DryInvocation(self, plan, checked, region))
        except RequestCaptured as captured:
            return self._masked(plan, captured.request, clean)
        except ArgosyError as error:
            self._clean(error, clean)
            raise
        detail = f"{capability!r} sends nothing with these inputs"
        raise HandlerError(detail=detail)

    def _knowing(self, plan: Plan, inputs: Mapping[str, Json]) -> Redactor:
        """Return the redactor of one call: it knows the secret inputs too."""
        if not plan.secret_inputs or not isinstance(inputs, Mapping):
            return self.redactor
        return self.redactor.knowing(*secrets_in(plan.secret_inputs, inputs))

    def secrets(self, capability: str, inputs: JsonObject) -> list[str]:
        """Return the texts in those inputs that the capability calls secret."""
        return secrets_in(self._plan(capability).secret_inputs, inputs)

    def masked(self, capability: str, inputs: JsonObject) -> JsonObject:
        """Return inputs with the mask in place of those that the capability calls secret."""
        names = self._plan(capability).secret_inputs
        if not names:
            return inputs
        return {name: MASK if name in names else value for name, value in inputs.items()}

    def _clean(self, error: ArgosyError, redactor: Redactor) -> None:
        """Take the secrets out of an error, and the frames that hold them out of its traceback.

        A handler that crashed keeps its frames: its author needs them.
        """
        error.redact(redactor.value)
        if not isinstance(error, HandlerCrashedError):
            error.forget_frames()

    def render(
        self, plan: Plan, inputs: JsonObject, region: str, control: Control
    ) -> OutgoingRequest:
        """Build the request of a capability for validated inputs."""
        scope = {"inputs": inputs, **self._scope}
        if control.new_uuid:
            scope["new_uuid"] = ExpressionFunction(control.new_uuid)
        request = build_request(plan, scope, self._addressing, region)
        if plan.credentials and not request.send_auth and self.holds_secret(request):
            host = urlsplit(request.url).netloc
            detail = "the request holds the connection's key, which does not go there"
            raise HostRefusedError(host=self.redactor.text(host), detail=detail)
        return request

    def holds_secret(self, request: OutgoingRequest) -> bool:
        """Tell whether one of the connection's secrets stands in a request's own parts."""
        clean = self.redactor
        texts = (request.url, *request.headers.values())
        body = request.body or b""
        return any(clean.text(text) != text for text in texts) or clean.data(body) != body

    def checked(
        self, capability: str, inputs: JsonObject, region: str
    ) -> tuple[Plan, JsonObject, str]:
        """Return what an invocation in a region needs: plan, validated inputs, the region.

        Raises InvalidInputsError and ConnectorError.
        """
        plan = self._plan(capability)
        here = {"region": region} if plan.takes_region else {}
        return plan, *self._validate(plan, {**inputs, **here})

    def _fetch_token(self, request: OutgoingRequest, deadline: float) -> Answer:
        return self.transport.send(
            request, auth=NO_AUTHENTICATION, may_repeat=True, deadline=deadline
        )

    def _plan(self, capability: str) -> Plan:
        plan = self._plans.get(capability)
        if plan is None:
            plan = self._plans[capability] = compile_plan(self.connector, capability)
        return plan

    def _validate(self, plan: Plan, inputs: Mapping[str, Json]) -> tuple[JsonObject, str]:
        """Return the inputs with defaults filled in, and the region; or raise every problem."""
        given: Json = {**plan.defaults, **inputs} if isinstance(inputs, Mapping) else inputs
        judged, problems = given, list[Problem]()
        if plan.byte_inputs and isinstance(given, dict):
            limit = plan.capability.request.max_body_bytes
            given, judged, problems = read_bytes(plan.byte_inputs, given, limit)
        if plan.folder_inputs and isinstance(judged, dict):
            judged, found = judge_folders(plan.folder_inputs, judged)
            problems += found
        clean = self._knowing(plan, inputs)
        problems += input_problems(plan.inputs, self.connector, judged, clean)
        if problems:
            raise InvalidInputsError(capability=plan.capability.id, problems=problems)
        named = given.get("region") if plan.takes_region else None
        return given, named or default_region(self.connector, self.properties)

    def run(self, invocation: Invocation) -> tuple[JsonObject, JsonObject]:
        """Send or handle, and wait; return the named outputs and those of every capability."""
        plan = invocation.plan
        said: JsonObject = {}
        if plan.handler:
            reply = run_handler(plan.handler, invocation, plan.capability.id)
            named = dict(reply.outputs)
            answer = reply.answer
            decoded = answer and basic_outputs(answer, invocation.decode(answer))
            basic = decoded or invocation.last_outputs
        elif plan.paging:
            named, said = run_pages(plan, plan.paging, invocation)
            basic = invocation.last_outputs
        else:
            answer, body = invocation.exchange(invocation.inputs)
            named = outputs_of(plan, answer, body, invocation.sent)
            basic = invocation.last_outputs
        if plan.waiting and invocation.inputs.get(WAIT):
            named = wait_for(plan.waiting, plan, invocation, named)
        return named, {**basic, **said}

    def _outputs_despite(
        self, failure: ArgosyError, plan: Plan, invocation: Invocation | None
    ) -> JsonObject:
        """Return the outputs of a call that failed: what it sent, what was done, the answer."""
        if invocation is None:
            return {}
        sent = outputs_of_failure(plan, invocation.sent) if invocation.attempts else {}
        done = failure.outputs if isinstance(failure, InvocationError) else {}
        return {**self.redactor.value({**sent, **done}), **invocation.last_outputs}

    def _masked(self, plan: Plan, request: OutgoingRequest, clean: Redactor) -> OutgoingRequest:
        headers = {name: clean.text(value) for name, value in request.headers.items()}
        url = clean.text(request.url)
        if request.send_auth:
            added = self.credentials.masked(plan.credentials)
            headers |= added.headers
            if added.query:
                url += ("&" if "?" in url else "?") + added.query
        body = None if request.body is None else clean.data(request.body)
        content = clean.value(request.content)
        return replace(request, url=url, headers=headers, body=body, content=content)
