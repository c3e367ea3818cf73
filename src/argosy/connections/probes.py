"""Tests of credentials as the service runs them: in turns, and told as the API tells them."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Protocol

from argosy.connections.masking import guarded_texts
from argosy.connections.probing.result import Check, ProbeResult
from argosy.connections.turns import Turns
from argosy.errors import WrongDataError
from argosy.model import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.connections.settings import ConnectionsSettings
    from argosy.connections.stored import StoredConnection
    from argosy.connections.types import ConnectionType
    from argosy.model import JsonObject
    from argosy.store import KeyRing

UNDECRYPTABLE = "undecryptable"


class CredentialsProber(Protocol):
    """What tests credentials: `argosy.connections.probing.Prober`."""

    def probe(
        self, type_: ConnectionType, credentials: JsonObject, metadata: JsonObject | None = None
    ) -> ProbeResult:
        """Test credentials; nothing is stored, nothing raised."""
        ...

    def sending_to(self, type_: str, base_url: str) -> CredentialsProber:
        """Return one that sends all calls of a type to another address."""
        ...


class Probes:
    """Tests of an organization's connections: one at a time of the same, and not too many."""

    def __init__(
        self,
        ring: KeyRing,
        types: Mapping[str, ConnectionType],
        prober: CredentialsProber,
        settings: ConnectionsSettings,
        now: Callable[[], float],
    ) -> None:
        self.turns = Turns(now, cache_seconds=settings.cache_seconds, wait=settings.wait)
        self._ring = ring
        self._types = types
        self._prober = prober
        self._settings = settings

    def run(self, stored: StoredConnection) -> tuple[ProbeResult, float]:
        """Test a connection, or return what has just been found of the same; and when.

        Raises TooManyRequestsError.
        """
        key = ("connection", stored.organization, stored.name, self.digest(stored))
        return self.turns.share(
            key,
            lambda: self.probe(stored),
            within=("test", stored.organization, stored.type),
            a_minute=self._settings.tests_per_minute,
        )

    def probe(self, stored: StoredConnection, metadata: JsonObject | None = None) -> ProbeResult:
        """Test a connection now; `metadata` stand in for its own."""
        type_ = self._types[stored.type]
        endpoint = stored.settings.get("endpoint")
        prober = self._prober.sending_to(type_.id, endpoint) if endpoint else self._prober
        return prober.probe(
            type_, stored.credentials, stored.metadata if metadata is None else metadata
        )

    def digest(self, stored: StoredConnection, further: object = None) -> bytes:
        """Return what tells the content of a connection from another, and nothing of it."""
        content = [stored.type, stored.credentials, stored.metadata, stored.settings, further]
        text = json.dumps(content, sort_keys=True)
        return hmac.digest(self._ring.sign_key("test-cache"), text.encode(), "sha256")


def undecryptable(fault: str) -> ProbeResult:
    """Return what a test comes to whose credentials cannot be read."""
    check = Check("fields", "failed", fault, field="credentials")
    return ProbeResult(
        ok=False,
        verified=False,
        status="wrong_credentials",
        reason=UNDECRYPTABLE,
        checks=(check,),
    )


def report(type_: ConnectionType, stored: StoredConnection, result: ProbeResult) -> JsonObject:
    """Return a result as JSON; the secrets are looked for once more."""
    redactor = Redactor(guarded_texts(type_, stored.credentials))
    cleaned: JsonObject = redactor.value(result.to_json())
    return cleaned


def failure(found: Mapping[str, object], check: Mapping[str, object]) -> WrongDataError:
    """Return the error for a test that failed; `found` is its result as JSON."""
    detail = " ".join(str(part) for part in (check["message"], check["hint"]) if part)
    names = ("reason", "retryable", "remote", "status", "checks", "duration_ms")
    facts = {name: found.get(name) for name in names}
    if check["field"]:
        facts["field"] = check["field"]
    given = {name: fact for name, fact in facts.items() if fact is not None}
    return WrongDataError(detail=detail or "the test failed.", **given)


def failed_check(found: Mapping[str, object]) -> Mapping[str, object]:
    """Return the check of a result that failed."""
    checks: object = found["checks"]
    assert isinstance(checks, list)  # noqa: S101 - our own form
    nothing = {"message": "The test failed.", "hint": "", "field": ""}
    return next((check for check in checks if check["status"] == "failed"), nothing)
