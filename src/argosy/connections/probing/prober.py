"""Test credentials: run the steps that a type declares, one after the other, until one fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from argosy.connections.fields import (
    secret_values,
    validate_credentials,
    validate_metadata,
    with_defaults,
)
from argosy.connections.probing.calling import Caller, Subject, Terms, Trouble, is_for, plain
from argosy.connections.probing.draft import UnsendableError
from argosy.connections.probing.folder import why_unwritable
from argosy.connections.probing.plan import Plan
from argosy.connections.probing.redacting import CallRedactor
from argosy.connections.probing.result import REASONS, RETRYABLE, Check, ProbeResult, Remote
from argosy.connections.probing.session import Session
from argosy.errors import TableError, UnknownRegionError
from argosy.regions import find_region

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.connections.probing.plan import Step
    from argosy.connections.probing.result import CheckStatus
    from argosy.connections.probing.settings import ProbeSettings
    from argosy.connections.types import ConnectionType
    from argosy.model import Connector, JsonObject, Problem
    from argosy.rendering import Template
    from argosy.transport import Control

_LONGEST_IDENTITY = 200
#: What a test calls itself in texts, see `argosy.connections.probing.judging`.
_WORDS = {"who": "a test", "again": "Test", "judged": " The credentials were not judged."}


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
        given = credentials if isinstance(credentials, dict) else {}
        run = _Run(self.settings, CallRedactor(secret_values(type_, given)), started)
        run.note_fields(_located(type_, credentials, metadata))
        if not run.reason:
            try:
                endpoints = self._endpoints(type_, given)
            except UnsendableError as error:
                check = Check("fields", "failed", str(error), error.hint, error.field)
                run.stop(check, error.reason)
            else:
                run.accept_fields(type_)
                run.follow(self._plan(type_), Subject(type_, given, metadata, endpoints))
        return run.result()

    def session(
        self,
        type_: ConnectionType,
        credentials: JsonObject,
        metadata: JsonObject | None = None,
        *,
        table: JsonObject | None = None,
        budget: float | None = None,
        max_bytes: int = 16 * 1024 * 1024,
        control: Control | None = None,
    ) -> Session:
        """Return a session of calls for a table: what `tables.steps` of the type declares.

        `table` is what templates read as `table`. With a `budget` all calls together end within
        so many seconds from now; without one, each has its own time. An answer holds at most
        `max_bytes`. Raises TableError where the credentials are not of the right form.
        """
        metadata = {} if metadata is None else metadata
        wrong = [
            (place, one)
            for place, one in _located(type_, credentials, metadata)
            if one.severity == "error"
        ]
        redactor = CallRedactor(secret_values(type_, credentials))
        for place, problem in wrong:
            text, hint = plain(_sentence(problem), redactor), plain(problem.hint, redactor)
            raise _wrong_fields(text, hint, place, "bad_shape")
        try:
            endpoints = self._endpoints(type_, credentials)
        except UnsendableError as error:
            raise _wrong_fields(str(error), error.hint, error.field, error.reason) from None
        subject = Subject(type_, credentials, metadata, endpoints)
        terms = Session.terms(self.settings, budget, max_bytes)
        caller = Caller(self.settings, subject, redactor, terms)
        return Session(self.settings, subject, caller, table or {}, budget, control)

    def sending_to(self, type_: str, base_url: str) -> Prober:
        """Return a prober that sends all calls of a type to another address: a sandbox."""
        elsewhere = {**self.settings.base_urls, type_: base_url}
        return Prober(replace(self.settings, base_urls=elsewhere), self._connector)

    def _plan(self, type_: ConnectionType) -> Plan:
        plan = self._plans.get(type_.id)
        if plan is None:
            plan = self._plans[type_.id] = Plan.from_json(type_.probe)
        return plan

    def _endpoints(self, type_: ConnectionType, credentials: JsonObject) -> Mapping[str, str]:
        """Return the connector's addresses in the region that the credentials name.

        There are none for a type without a region. Raises UnsendableError.
        """
        if not type_.region:
            return {}
        if self._connector is None:
            raise UnsendableError("There is no connector here.", reason="not_installed")
        filled = with_defaults(type_.credentials, credentials)
        try:
            return find_region(self._connector, str(filled.get(type_.region, ""))).endpoints
        except UnknownRegionError:
            text = f"{type_.region!r} does not name a region."
            hint = f"There is {', '.join(self._connector.regions)}."
            raise UnsendableError(text, hint=hint, field=f"credentials.{type_.region}") from None


def _located(
    type_: ConnectionType, credentials: JsonObject, metadata: JsonObject
) -> list[tuple[str, Problem]]:
    """Return all problems of the fields, each with the field as a person knows it."""
    found = [("credentials", one) for one in validate_credentials(type_, credentials)]
    found += [("metadata", one) for one in validate_metadata(type_, metadata)]
    return [(".".join([part, *one.pointer.split("/")[1:]]), one) for part, one in found]


def _sentence(problem: Problem) -> str:
    return problem.message[:1].upper() + problem.message[1:] + "."


def _wrong_fields(text: str, hint: str, field: str, reason: str) -> TableError:
    status = REASONS[reason]
    return TableError(detail=text, remedy=hint, field=field, reason=reason, status=status)


@dataclass
class _Run:
    """One test under way."""

    settings: ProbeSettings
    redactor: CallRedactor
    started: float
    checks: list[Check] = field(default_factory=list)
    reason: str = ""
    proved: bool = False
    remote: Remote | None = None
    identity: dict[str, str] = field(default_factory=dict)
    scope: JsonObject = field(default_factory=dict)

    def note_fields(self, problems: list[tuple[str, Problem]]) -> None:
        """Begin with what is wrong with the fields themselves."""
        for place, problem in problems:
            status: CheckStatus = "failed" if problem.severity == "error" else "warning"
            check = Check("fields", status, _sentence(problem), problem.hint, place)
            if status == "failed":
                self.stop(check, "bad_shape")
            else:
                self.checks.append(self._clean(check))

    def accept_fields(self, type_: ConnectionType) -> None:
        """Note that the fields are right, unless something was noted about them."""
        if not self.checks and type_.credentials["properties"]:
            text = "All fields are there and have the right form."
            self.checks.append(Check("fields", "passed", text))

    def stop(self, check: Check, reason: str) -> None:
        """Note the check that ends the test."""
        self.checks.append(self._clean(check))
        self.reason = self.reason or reason

    def follow(self, plan: Plan, subject: Subject) -> None:
        """Run the steps, and name those that are not run."""
        settings = self.settings
        self.scope = subject.scope(plan, **_WORDS)
        terms = Terms(settings.read, settings.total, settings.max_bytes)
        caller = Caller(settings, subject, self.redactor, terms)
        try:
            for step in plan.steps:
                if not is_for(step.when, self.scope):
                    if step.otherwise:
                        self._note(Check(step.name, "skipped", step.otherwise))
                elif self.reason not in {"", "unverifiable"}:
                    text = "Not tried, since an earlier step failed."
                    self._note(Check(step.name, "skipped", text))
                else:
                    self._take(step, plan, caller)
        finally:
            caller.close()

    def _take(self, step: Step, plan: Plan, caller: Caller) -> None:
        """Take one step and note what came of it."""
        if step.unverifiable is not None:
            case = step.unverifiable
            message = caller.write(case.message, self.scope)
            hint = caller.write(case.hint, self.scope)
            self._note(Check(step.name, "warning", message, hint, case.field))
            self.reason = self.reason or case.reason
            return
        if step.folder:
            why = self._why_no_upload()
            if why:
                self.stop(Check(step.name, "failed", *why), "not_writable")
            else:
                self._note(Check(step.name, "passed", caller.write(step.passed, self.scope)))
                self.proved = True
            return
        taken = caller.take(step, plan, self.scope, self.started + self.settings.total)
        self.remote = taken.remote or self.remote
        if taken.trouble is not None:
            self._fail(step, taken.trouble)
            return
        self.proved = self.proved or step.answer != "any"
        for name, template in step.identity.items():
            value = self._identity(caller, template)
            if value:
                self.identity[name] = value
        self._note(Check(step.name, "passed", caller.write(step.passed, self.scope)))

    def _fail(self, step: Step, trouble: Trouble) -> None:
        self.proved = self.proved or trouble.proves
        status: CheckStatus = "warning" if trouble.proves else "failed"
        self._note(Check(step.name, status, trouble.message, trouble.hint, trouble.field))
        if not trouble.proves:
            self.reason = trouble.reason

    def _why_no_upload(self) -> tuple[str, str] | None:
        """Return why no file can be uploaded, and what to do; None where one can."""
        folder = self.settings.upload_folder
        if folder is None:
            text = "This server has no folder for uploads."
            return text, "The operator of this server sets one."
        why = why_unwritable(folder)
        if why:
            text = f"Files cannot be written to the upload folder: {why}."
            return text, "The operator of this server can mend that."
        return None

    def _note(self, check: Check) -> None:
        self.checks.append(self._clean(check))
        self.scope["checks"][check.name] = check.status

    def _identity(self, caller: Caller, template: Template) -> str:
        text = caller.write(template, self.scope)
        return "" if text[:1] in {"{", "["} else plain(text, self.redactor, _LONGEST_IDENTITY)

    def _clean(self, check: Check) -> Check:
        message, hint = plain(check.message, self.redactor), plain(check.hint, self.redactor)
        return Check(check.name, check.status, message, hint, plain(check.field, self.redactor))

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
