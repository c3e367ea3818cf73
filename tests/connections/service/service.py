"""A service to test: two organizations in a store, a clock that stands, a prober that obeys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from argosy.accounts import Principal
from argosy.connections.opener import Opened, TableToOpen
from argosy.connections.probing import Check, ProbeResult, Remote
from argosy.connections.service import Connections
from argosy.connections.settings import ConnectionsSettings
from argosy.connections.stored import StoredConnection
from argosy.connections.tables import Tables
from argosy.connections.types import ConnectionType, load_types
from argosy.errors import ServiceError
from argosy.store import KeyRing, Store
from argosy.store import tables as store_tables
from tests.connections.service.probing_opener import ProbingOpener

#: For tests of rules that never ask which database it is.
ON_SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

KEY = bytes(range(32))
OTHER_KEY = bytes(range(100, 132))
#: Both organizations, each with two databases.
DATABASES = {"acme": ("acme-shop", "acme-blog"), "other": ("other-shop", "other-blog")}

ROOT = Principal("acme", "acme-root", "root@example.com", "root", "acme-shop")
STRANGER = Principal("other", "other-root", "root@example.org", "root", "other-shop")
ROLES = ("root", "manager", "backend", "frontend", "demo_viewer")
ALLOWED = ("root", "manager", "backend")

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCY"
S3 = {"credentials": {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": SECRET}}
GOOD = ProbeResult(
    ok=True,
    verified=True,
    status="available",
    reason="",
    checks=(
        Check("fields", "passed", "All fields are there."),
        Check("authenticate", "passed", "It is known."),
    ),
    identity={"arn": "arn:aws:iam::123456789012:user/reader"},
    remote=Remote(200),
    duration_ms=12,
)  # fmt: skip


def failing(reason: str, status: str, *, retryable: bool = False) -> ProbeResult:
    """A test that failed for a reason."""
    check = Check(
        "authenticate", "failed", "S3 refused the secret key.", "Check it.",
        "credentials.aws_secret_access_key",
    )  # fmt: skip
    remote = Remote(403, "SignatureDoesNotMatch")
    return ProbeResult(
        False, False, status, reason, (check,), remote=remote, retryable=retryable, duration_ms=9
    )


REFUSED = failing("refused", "wrong_credentials")
MISSING = failing("not_found", "resource_not_found")
DOWN = failing("remote_unavailable", "unknown_error", retryable=True)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: float = 1_800_000_000.25

    def __call__(self) -> float:
        return self.time


@dataclass
class FakeProber:
    """Gives the result it is told to, and notes what it was asked."""

    result: ProbeResult = GOOD
    asked: list[tuple[str, Any, Any, str]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None
    base_url: str = ""
    lock: Any = field(default_factory=threading.Lock)

    def probe(
        self,
        type_: ConnectionType,
        credentials: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> ProbeResult:
        with self.lock:
            self.asked.append((type_.id, credentials, metadata, self.base_url))
        self.before()
        return self.result

    def sending_to(self, type_: str, base_url: str) -> FakeProber:
        return replace(self, base_url=base_url)


@dataclass
class FakeOpener:
    """Gives the result it is told to."""

    result: Opened
    asked: list[tuple[StoredConnection, TableToOpen]] = field(default_factory=list)

    def open(self, connection: StoredConnection, table: TableToOpen, budget: float) -> Opened:
        self.asked.append((connection, table))
        return self.result


@dataclass
class Service:
    """All parts, so that a test can reach behind them."""

    store: Store
    ring: KeyRing
    clock: Clock
    prober: FakeProber
    settings: ConnectionsSettings
    opener: FakeOpener | None = None

    def __post_init__(self) -> None:
        self.connections = Connections(
            self.store,
            self.ring,
            load_types(),
            self.prober,
            now=self.clock,
            settings=self.settings,
        )
        probing = ProbingOpener(self.connections.probes, self.connections.types)
        self.tables = Tables(
            self.store, self.connections, now=self.clock, opener=self.opener or probing
        )

    def having(self, **changes: Any) -> Service:
        """The same service with other settings."""
        return replace(self, settings=replace(self.settings, **changes))

    def opening(self, result: Opened) -> Service:
        """The same service with an opener of tables."""
        return replace(self, opener=FakeOpener(result))


def found_organizations(store: Store) -> None:
    """Make both organizations and their databases."""
    with store.write() as connection:
        for organization, databases in DATABASES.items():
            values = {"id": organization, "name": organization, "created": 1.0, "modified": 1.0}
            connection.execute(store_tables.organizations.insert().values(values))
            for database in databases:
                named = {**values, "id": database, "name": database, "organization": organization}
                connection.execute(store_tables.databases.insert().values(named))


def error_of(call: Callable[[], Any]) -> Mapping[str, Any]:
    """Return the envelope, with `http`, of the error that a call must raise."""
    try:
        answer = call()
    except ServiceError as error:
        return {**error.envelope(), "http": error.http_status}
    msg = f"no error: {answer}"
    raise AssertionError(msg)
