"""Making the calls that a type declares: where they may go, what they say, what came of them.

A test of credentials and the reading of tables make their calls here, so both have the same guards:
places, addresses, certificates, no redirects, no proxies, one attempt, and no secret in any text.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.connections.fields import with_defaults
from argosy.connections.probing.draft import UnsendableError, make_draft
from argosy.connections.probing.judging import Failure, fail_without_answer, hear, judge
from argosy.connections.probing.places import Places, bounded
from argosy.connections.probing.result import Remote
from argosy.connections.probing.signing import sign
from argosy.errors import InvocationError, RedirectRefusedError
from argosy.model import NO_AUTHENTICATION, TransportSettings, lookup_pointer
from argosy.rendering import MISSING, to_text
from argosy.transport import OWN_TERMS, Transport, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from argosy.connections.probing.plan import Plan, Step
    from argosy.connections.probing.redacting import CallRedactor
    from argosy.connections.probing.settings import ProbeSettings
    from argosy.connections.types import ConnectionType
    from argosy.model import Answer, Json, JsonObject, OutgoingRequest, Redactor
    from argosy.rendering import Template
    from argosy.transport import Control

#: Letters that a screen would obey, and half characters, which nothing can be written with.
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
LONGEST = 300
#: Headers, query and form fields that prove a secret without being it.
_PROOFS = frozenset({"authorization", "sig", "assertion"})


@dataclass(frozen=True, slots=True)
class Subject:
    """With what calls are made. `endpoints` are the connector's, in the region that is named."""

    type: ConnectionType
    credentials: JsonObject = field(repr=False)
    metadata: JsonObject = field(repr=False)
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def scope(self, plan: Plan, **more: Json) -> JsonObject:
        """Return what the templates of a plan read before its first call."""
        credentials = with_defaults(self.type.credentials, self.credentials)
        scope: JsonObject = {
            "title": self.type.title,
            "credentials": credentials,
            "metadata": with_defaults(self.type.metadata, self.metadata),
            "endpoints": dict(self.endpoints),
            "hostnames": _hostnames(credentials),
            "answers": {},
            "checks": {},
            "vars": {},
            **more,
        }
        for name, render in plan.variables.items():
            value = render(scope)
            if value is not MISSING:
                scope["vars"][name] = value
        return scope


@dataclass(frozen=True, slots=True)
class Terms:
    """How long one exchange may take, in seconds, and how much an answer may hold, in bytes."""

    read: float
    total: float
    max_bytes: int
    #: Whether XML, and what gives secrets, comes as it was sent: masks would make other names of
    #: those in a list, and a token that is given a second time is known, and would be masked.
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """How a step failed, in words that may be shown."""

    reason: str
    message: str
    hint: str = ""
    field: str = ""
    proves: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a step. `body` is MISSING where it is data, or not of the form it should be."""

    trouble: Trouble | None = None
    answer: Answer | None = None
    body: Json = MISSING
    remote: Remote | None = None


class Caller:
    """Makes calls with one set of credentials. Threads may share it; close it when done.

    `redactor` learns what the calls bring to light.
    """

    def __init__(
        self, settings: ProbeSettings, subject: Subject, redactor: CallRedactor, terms: Terms
    ) -> None:
        self._settings = settings
        self._redactor = redactor
        self._is_exact = terms.is_exact
        self._places = Places.of(subject.type, settings, subject.endpoints)
        self._transport = Transport(
            TransportSettings(
                connect_timeout=settings.connect,
                read_timeout=terms.read,
                deadline=terms.total,
                max_attempts=1,
                max_response_bytes=terms.max_bytes,
                ca_bundle=settings.ca_bundle,
            ),
            redactor,
            clock=settings.clock,
            sleep=time.sleep,
            random=random.random,
            allow_address=self._places.allows,
            resolve=bounded(settings.resolve, settings.connect),
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def take(
        self,
        step: Step,
        plan: Plan,
        scope: JsonObject,
        deadline: float,
        control: Control = OWN_TERMS,
    ) -> Taken:
        """Make the call of a step once, and judge it; `scope` gets what came of it.

        Raises RunCancelledError.
        """
        try:
            request = self._request(step, scope)
        except UnsendableError as error:
            return Taken(self._unsent(step, error, scope))
        scope["host"] = urlsplit(request.url).netloc
        begun = self._settings.clock()
        try:
            answer = self._transport.send(
                request,
                auth=NO_AUTHENTICATION,
                may_repeat=False,
                deadline=deadline,
                control=control,
            )
        except InvocationError as error:
            if step.answer == "any" and isinstance(error, RedirectRefusedError):
                return Taken()
            return Taken(self._told(fail_without_answer(error, step), scope))
        scope["took"] = round((self._settings.clock() - begun) * 1000)
        return self._hear(step, plan, answer, scope)

    def _request(self, step: Step, scope: JsonObject) -> OutgoingRequest:
        """Return the request of a step. Raises UnsendableError."""
        try:
            draft = make_draft(step, scope)
            draft.url = self._places.admit(draft.url)
            parameters = step.sign(scope)
            if parameters is not None:
                sign(draft, parameters, self._settings.now())
            is_exact = self._is_exact and (step.answer == "xml" or bool(step.secrets))
            is_data = step.answer == "bytes" or is_exact
            request = draft.outgoing(as_is=is_data)
        except UnsendableError:
            raise
        except (ValueError, LookupError) as error:
            # a template that a value does not fit; its text may hold the value
            what = "settings of the table" if "table" in scope else "credentials"
            raise UnsendableError(f"The {what} do not fit the call.") from error
        # what proves a secret is secret too: it may come back in an answer
        self._redactor.learn_proofs(_proofs(draft.headers, draft.query, draft.form or {}))
        return request

    def _hear(self, step: Step, plan: Plan, answer: Answer, scope: JsonObject) -> Taken:
        heard = hear(answer, step, plan, self._settings.now())
        wait = parse_retry_after(answer.headers.get("retry-after"))
        code = self._redactor.text(heard.code)
        failure = judge(heard, step)
        remote = Remote(answer.status, code, wait) if failure or step.answer != "any" else None
        scope |= {
            "status": answer.status,
            "code": heard.code,
            "headers": dict(answer.headers),
            "retry_after": round(wait) if wait else 0,
        }
        scope.pop("body", None)
        if heard.body is not MISSING:
            scope["body"] = heard.body
            scope["answers"][step.name] = heard.body
            self._redactor.learn(*_secrets_of(heard.body, step.secrets))
        trouble = None if failure is None else self._told(failure, scope)
        return Taken(trouble, answer, heard.body, remote)

    def _unsent(self, step: Step, error: UnsendableError, scope: JsonObject) -> Trouble:
        case = next((case for case in step.cases if case.failure == error.reason), None)
        if case is not None:
            failure = Failure(case.reason, case.message, case.hint, case.field, case.proves)
            return self._told(failure, scope)
        return Trouble(error.reason, self.plain(str(error)), self.plain(error.hint), error.field)

    def _told(self, failure: Failure, scope: JsonObject) -> Trouble:
        message, hint = self.write(failure.message, scope), self.write(failure.hint, scope)
        return Trouble(failure.reason, message, hint, failure.field, failure.proves)

    def write(self, template: Template, scope: JsonObject) -> str:
        """Return a text with its values, or nothing where one of them is not there."""
        try:
            value = template.render(scope)
        except ValueError:
            return ""
        return "" if value is MISSING or value is None else self.plain(to_text(value))

    def plain(self, text: str, longest: int = LONGEST) -> str:
        """Return a text as it may be shown."""
        return plain(text, self._redactor, longest)


def plain(text: str, redactor: Redactor, longest: int = LONGEST) -> str:
    """Return a text without secrets and without letters that a screen would obey."""
    text = _INVISIBLE.sub(" ", redactor.text(text))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def is_for(when: Template | None, scope: JsonObject) -> bool:
    """Tell whether a step with this condition is for these credentials."""
    if when is None:
        return True
    try:
        value = when.render(scope)
    except ValueError:
        return False
    return bool(value) and value is not MISSING


def _proofs(*parts: Mapping[str, str]) -> Iterator[str]:
    for part in parts:
        for name, value in part.items():
            if name.lower() in _PROOFS:
                yield from (value, value.rpartition(" ")[2], value.rpartition("=")[2])


def _hostnames(credentials: Mapping[str, Json]) -> dict[str, str]:
    """Return the host of each credential that is a URL."""
    found = {}
    for name, value in credentials.items():
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            try:
                found[name] = urlsplit(value).hostname or ""
            except ValueError:
                continue
    return found


def _secrets_of(body: Json, pointers: Iterable[str]) -> Iterator[str]:
    for pointer in pointers:
        value = lookup_pointer(body, pointer)
        if isinstance(value, str):
            yield value
