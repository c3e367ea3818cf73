"""Test credentials: run the steps that a type declares, one after the other, until one fails."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.connections.fields import (
    secret_values,
    validate_credentials,
    validate_metadata,
    with_defaults,
)
from argosy.connections.probing.draft import UnsendableError, make_draft
from argosy.connections.probing.folder import why_unwritable
from argosy.connections.probing.judging import Failure, fail_without_answer, hear, judge
from argosy.connections.probing.places import Places, bounded
from argosy.connections.probing.plan import Plan, Step
from argosy.connections.probing.result import REASONS, RETRYABLE, Check, ProbeResult, Remote
from argosy.connections.probing.signing import sign
from argosy.errors import InvocationError, RedirectRefusedError, UnknownRegionError
from argosy.model import NO_AUTHENTICATION, Redactor, TransportSettings, lookup_pointer
from argosy.regions import find_region
from argosy.rendering import MISSING, Template, to_text
from argosy.transport import Transport, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from argosy.connections.probing.result import CheckStatus
    from argosy.connections.probing.settings import ProbeSettings
    from argosy.connections.types import ConnectionType
    from argosy.model import Answer, Connector, Json, JsonObject, OutgoingRequest, Problem

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LONGEST = 300
_LONGEST_IDENTITY = 200


class Prober:
    """Tests credentials. Safe to share between threads; holds no credentials between tests.

    `connector` gives the addresses of the type that is the connector's own.
    """

    def __init__(self, settings: ProbeSettings, connector: Connector | None = None) -> None:
        self.settings = settings
        self._connector = connector
        self._plans: dict[str, Plan] = {}

    def probe(
        self, type_: ConnectionType, credentials: JsonObject, metadata: JsonObject | None = None
    ) -> ProbeResult:
        """Test credentials and return what came of it; nothing is stored, nothing raised.

        Takes at most `settings.total` seconds and sends each call once.
        """
        started = self.settings.clock()
        metadata = {} if metadata is None else metadata
        run = _Run(self.settings, type_, credentials, metadata, started)
        run.note_fields(_located(type_, credentials, metadata))
        if not run.reason and type_.region:
            self._find_endpoints(type_, run)
        if not run.reason:
            run.accept_fields()
            plan = self._plans.get(type_.id)
            if plan is None:
                plan = self._plans[type_.id] = Plan.from_json(type_.probe)
            run.follow(plan)
        return run.result()

    def sending_to(self, type_: str, base_url: str) -> Prober:
        """Return a prober that sends all calls of a type to another address: a sandbox."""
        elsewhere = {**self.settings.base_urls, type_: base_url}
        return Prober(replace(self.settings, base_urls=elsewhere), self._connector)

    def _find_endpoints(self, type_: ConnectionType, run: _Run) -> None:
        """Give the test the connector's addresses in the region that the credentials name."""
        if self._connector is None:
            run.stop(Check("fields", "failed", "There is no connector here."), "not_installed")
            return
        try:
            name = str(run.credentials.get(type_.region, ""))
            run.endpoints = find_region(self._connector, name).endpoints
        except UnknownRegionError:
            known = ", ".join(self._connector.regions)
            text = f"{type_.region!r} does not name a region."
            hint = f"There is {known}."
            place = f"credentials.{type_.region}"
            run.stop(Check("fields", "failed", text, hint, place), "bad_shape")


def _located(
    type_: ConnectionType, credentials: JsonObject, metadata: JsonObject
) -> list[tuple[str, Problem]]:
    """Return all problems of the fields, each with the field as a person knows it."""
    found = [("credentials", one) for one in validate_credentials(type_, credentials)]
    found += [("metadata", one) for one in validate_metadata(type_, metadata)]
    return [(".".join([part, *one.pointer.split("/")[1:]]), one) for part, one in found]


@dataclass
class _Run:
    """One test under way."""

    settings: ProbeSettings
    type_: ConnectionType
    given: JsonObject
    given_metadata: JsonObject
    started: float
    endpoints: Mapping[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    reason: str = ""
    proved: bool = False
    remote: Remote | None = None
    identity: dict[str, str] = field(default_factory=dict)
    scope: JsonObject = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = self.given if isinstance(self.given, dict) else {}
        self.redactor = Redactor(secret_values(self.type_, given))
        self.credentials = with_defaults(self.type_.credentials, given)

    def note_fields(self, problems: list[tuple[str, Problem]]) -> None:
        """Begin with what is wrong with the fields themselves."""
        for place, problem in problems:
            status: CheckStatus = "failed" if problem.severity == "error" else "warning"
            text = problem.message[:1].upper() + problem.message[1:] + "."
            check = Check("fields", status, text, problem.hint, place)
            if status == "failed":
                self.stop(check, "bad_shape")
            else:
                self.checks.append(self._clean(check))

    def accept_fields(self) -> None:
        """Note that the fields are right, unless something was noted about them."""
        if not self.checks and self.type_.credentials["properties"]:
            text = "All fields are there and have the right form."
            self.checks.append(Check("fields", "passed", text))

    def stop(self, check: Check, reason: str) -> None:
        """Note the check that ends the test."""
        self.checks.append(self._clean(check))
        self.reason = self.reason or reason

    def follow(self, plan: Plan) -> None:
        """Run the steps, and name those that are not run."""
        self._set_scope(plan)
        places = Places.of(self.type_, self.settings, self.endpoints)
        transport = self._transport(places)
        try:
            for step in plan.steps:
                if step.when is not None and not self._is_for(step.when):
                    if step.otherwise:
                        self._note(Check(step.name, "skipped", step.otherwise))
                elif self.reason not in {"", "unverifiable"}:
                    text = "Not tried, since an earlier step failed."
                    self._note(Check(step.name, "skipped", text))
                else:
                    self._take(step, plan, places, transport)
        finally:
            transport.close()

    def _set_scope(self, plan: Plan) -> None:
        metadata = with_defaults(self.type_.metadata, self.given_metadata)
        self.scope = {
            "title": self.type_.title,
            "credentials": self.credentials,
            "metadata": metadata,
            "endpoints": dict(self.endpoints),
            "hostnames": _hostnames(self.credentials),
            "answers": {},
            "checks": {},
            "vars": {},
        }
        for name, render in plan.variables.items():
            value = render(self.scope)
            if value is not MISSING:
                self.scope["vars"][name] = value

    def _transport(self, places: Places) -> Transport:
        settings = self.settings
        terms = TransportSettings(
            connect_timeout=settings.connect,
            read_timeout=settings.read,
            deadline=settings.total,
            max_attempts=1,
            max_response_bytes=settings.max_bytes,
            ca_bundle=settings.ca_bundle,
        )
        return Transport(
            terms,
            self.redactor,
            clock=settings.clock,
            sleep=time.sleep,
            random=random.random,
            allow_address=places.allows,
            resolve=bounded(settings.resolve, settings.connect),
        )

    def _is_for(self, when: Template) -> bool:
        try:
            value = when.render(self.scope)
        except ValueError:
            return False
        return bool(value) and value is not MISSING

    def _take(self, step: Step, plan: Plan, places: Places, transport: Transport) -> None:
        """Take one step and note what came of it."""
        if step.unverifiable is not None:
            case = step.unverifiable
            message, hint = self._write(case.message), self._write(case.hint)
            self._note(Check(step.name, "warning", message, hint, case.field))
            self.reason = self.reason or case.reason
            return
        if step.folder:
            self._try_folder(step)
            return
        try:
            request = self._request(step, places)
        except UnsendableError as error:
            self._fail_unsent(step, error)
            return
        self.scope["host"] = urlsplit(request.url).netloc
        begun = self.settings.clock()
        try:
            answer = transport.send(
                request,
                auth=NO_AUTHENTICATION,
                may_repeat=False,
                deadline=self.started + self.settings.total,
            )
        except InvocationError as error:
            if step.answer == "any" and isinstance(error, RedirectRefusedError):
                self._pass(step)
            else:
                self._fail(step, fail_without_answer(error, step))
            return
        self.scope["took"] = round((self.settings.clock() - begun) * 1000)
        self._hear(step, plan, answer)

    def _request(self, step: Step, places: Places) -> OutgoingRequest:
        """Return the request of a step. Raises UnsendableError."""
        try:
            draft = make_draft(step, self.scope)
            draft.url = places.admit(draft.url)
            parameters = step.sign(self.scope)
            if parameters is not None:
                sign(draft, parameters, self.settings.now())
            request = draft.outgoing()
        except UnsendableError:
            raise
        except (ValueError, LookupError) as error:
            # a template that a value does not fit; its text may hold the value
            raise UnsendableError("The credentials do not fit the call.") from error
        self._learn(draft.headers, draft.query, draft.form or {})
        return request

    def _learn(self, *parts: Mapping[str, str]) -> None:
        """Know what proves the secrets as secret too: it may come back in an answer."""
        for part in parts:
            for name, value in part.items():
                if name.lower() in _PROOFS:
                    self.redactor.learn(value, value.rpartition(" ")[2], value.rpartition("=")[2])

    def _hear(self, step: Step, plan: Plan, answer: Answer) -> None:
        heard = hear(answer, step, plan, self.settings.now())
        wait = parse_retry_after(answer.headers.get("retry-after"))
        code = self.redactor.text(heard.code)
        failure = judge(heard, step)
        if failure is not None or step.answer != "any":
            self.remote = Remote(answer.status, code, wait)
        self.scope |= {
            "status": answer.status,
            "code": heard.code,
            "headers": dict(answer.headers),
            "retry_after": round(wait) if wait else 0,
        }
        self.scope.pop("body", None)
        if heard.body is not MISSING:
            self.scope["body"] = heard.body
            self.scope["answers"][step.name] = heard.body
            self.redactor.learn(*_secrets_of(heard.body, step.secrets))
        if failure is None:
            self._pass(step)
        else:
            self._fail(step, failure)

    def _pass(self, step: Step) -> None:
        self.proved = self.proved or step.answer != "any"
        for name, template in step.identity.items():
            value = self._identity(template)
            if value:
                self.identity[name] = value
        self._note(Check(step.name, "passed", self._write(step.passed)))

    def _fail(self, step: Step, failure: Failure) -> None:
        message, hint = self._write(failure.message), self._write(failure.hint)
        self.proved = self.proved or failure.proves
        status: CheckStatus = "warning" if failure.proves else "failed"
        self._note(Check(step.name, status, message, hint, failure.field))
        if not failure.proves:
            self.reason = failure.reason

    def _fail_unsent(self, step: Step, error: UnsendableError) -> None:
        case = next((case for case in step.cases if case.failure == error.reason), None)
        if case is not None:
            self._fail(step, Failure(case.reason, case.message, case.hint, case.field))
        else:
            self._note(Check(step.name, "failed", str(error), error.hint, error.field))
            self.reason = error.reason

    def _try_folder(self, step: Step) -> None:
        folder = self.settings.upload_folder
        if folder is None:
            text = "This server has no folder for uploads."
            hint = "The operator of this server sets one."
            self.stop(Check(step.name, "failed", text, hint), "not_writable")
            return
        why = why_unwritable(folder)
        if why:
            text = f"Files cannot be written to the upload folder: {why}."
            hint = "The operator of this server can mend that."
            self.stop(Check(step.name, "failed", text, hint), "not_writable")
        else:
            self._pass(step)

    def _note(self, check: Check) -> None:
        self.checks.append(self._clean(check))
        self.scope["checks"][check.name] = check.status

    def _write(self, template: Template) -> str:
        """Return a text with its values, or nothing where one of them is not there."""
        try:
            value = template.render(self.scope)
            return "" if value is MISSING or value is None else to_text(value)
        except ValueError:
            return ""

    def _identity(self, template: Template) -> str:
        text = self._write(template)
        return "" if text[:1] in {"{", "["} else self._plain(text, _LONGEST_IDENTITY)

    def _clean(self, check: Check) -> Check:
        message, hint = self._plain(check.message), self._plain(check.hint)
        return Check(check.name, check.status, message, hint, self._plain(check.field))

    def _plain(self, text: str, longest: int = _LONGEST) -> str:
        """Return a text without secrets and without letters that a screen would obey."""
        text = _INVISIBLE.sub(" ", self.redactor.text(text))
        return text if len(text) <= longest else f"{text[: longest - 1]}…"

    def result(self) -> ProbeResult:
        """Return what the test came to."""
        ok = self.reason in {"", "unverifiable"}
        verified = ok and self.proved
        reason = "" if verified else self.reason or ("" if self.proved else "unverifiable")
        return ProbeResult(
            ok=ok,
            verified=verified,
            status=REASONS.get(reason, "available"),
            reason=reason,
            checks=tuple(self.checks),
            identity=self.identity,
            remote=self.remote,
            retryable=reason in RETRYABLE,
            duration_ms=round((self.settings.clock() - self.started) * 1000),
        )


#: Headers, query and form fields that prove a secret without being it.
_PROOFS = frozenset({"authorization", "sig", "assertion"})


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
