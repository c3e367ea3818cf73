"""What a test of credentials found: a list of checks, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import JsonObject

CheckStatus = Literal["passed", "failed", "warning", "skipped"]

#: Every reason for which a test, or a call for a table, does not succeed, and what it makes of a
#: table's status.
REASONS: Mapping[str, str] = {
    "bad_shape": "wrong_credentials",
    "refused": "wrong_credentials",
    "forbidden": "wrong_credentials",
    "wrong_region": "wrong_credentials",
    "not_found": "resource_not_found",
    "archived": "resource_not_found",
    "changed": "unknown_error",
    "blocked_host": "wrong_specification",
    "invalid_query": "wrong_specification",
    "clock": "unknown_error",
    "rate_limited": "unknown_error",
    "remote_unavailable": "unknown_error",
    "unreachable": "unknown_error",
    "timed_out": "unknown_error",
    "untrusted": "unknown_error",
    "redirected": "unknown_error",
    "unreadable": "unknown_error",
    "too_large": "unknown_error",
    "outdated": "unknown_error",
    "not_writable": "unknown_error",
    "not_installed": "unknown_error",
    "unexpected": "unknown_error",
    "unverifiable": "unverified",
}

#: The reasons that may be gone when the same test is made again.
RETRYABLE = frozenset({"rate_limited", "remote_unavailable", "unreachable", "timed_out", "changed"})


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a test. `field` is the setting to change, `credentials.NAME` for instance."""

    name: str
    status: CheckStatus
    message: str
    hint: str = ""
    field: str = ""

    def to_json(self) -> JsonObject:
        """Return the check as a JSON object with all its members."""
        return {
            "name": self.name,
            "status": self.status,
            "message": self.message,
            "hint": self.hint,
            "field": self.field,
        }


@dataclass(frozen=True, slots=True)
class Remote:
    """What the other side answered last: HTTP status, its code, seconds it asks to wait."""

    http_status: int
    code: str = ""
    retry_after: float | None = None

    def to_json(self) -> JsonObject:
        """Return it as a JSON object; what the other side did not say is null."""
        return {
            "http_status": self.http_status,
            "code": self.code or None,
            "retry_after": self.retry_after,
        }


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a test of credentials comes to. Holds no secret and no body of an answer.

    `ok` says that nothing failed, `verified` that the other side has accepted the credentials:
    a type without a call for that is `ok` and not `verified`. `reason` is one of `REASONS`, or
    empty; `status` is that of a table (`available`, `wrong_credentials`, `resource_not_found`,
    `wrong_specification`, `unknown_error`) or `unverified`. `identity` says whose credentials
    they are. `duration_ms` is in milliseconds.
    """

    ok: bool
    verified: bool
    status: str
    reason: str
    checks: tuple[Check, ...]
    identity: Mapping[str, str] = field(default_factory=dict)
    remote: Remote | None = None
    retryable: bool = False
    duration_ms: int = 0

    @property
    def failure(self) -> Check | None:
        """The check that failed, if one did."""
        return next((check for check in self.checks if check.status == "failed"), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The messages of the checks that are warnings."""
        return tuple(check.message for check in self.checks if check.status == "warning")

    def to_json(self) -> JsonObject:
        """Return the result as a JSON object with all its members."""
        return {
            "ok": self.ok,
            "verified": self.verified,
            "status": self.status,
            "reason": self.reason or None,
            "checks": [check.to_json() for check in self.checks],
            "identity": dict(self.identity),
            "remote": self.remote.to_json() if self.remote else None,
            "retryable": self.retryable,
            "duration_ms": self.duration_ms,
        }
