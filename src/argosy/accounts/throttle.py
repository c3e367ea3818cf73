"""Slow down whoever guesses: each wrong password doubles the wait, up to a cap.

A failure is counted when the password was wrong, so that right ones that come at once all pass; a
right one takes all back. Guesses at once are no way around: only so many tries of an account are
looked at at a time, and after the free ones each try begins its wait before it is looked at.
Subjects are stored as keyed hashes: what somebody types as a name may be a password.
"""

from __future__ import annotations

import hmac
import math
import threading
from collections import Counter
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from argosy.errors import TooManyRequestsError
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from argosy.accounts.ground import Ground

_table = tables.login_failures


class Throttle:
    """Counts failures by account and by address."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def trying(self, account: str, address: str = "") -> Iterator[None]:
        """Let a password be looked at within; then `forgive` or `blame` says how it ended.

        Raises TooManyRequestsError where the account or the address must wait.
        """
        subject = self._subject("account", account)
        free = self._ground.settings.free_tries
        with self._one_more(subject):
            with self._ground.store.write() as connection:
                self.admit_address(connection, address)
                failures = self._check(connection, subject, free)
                if failures >= free:
                    self._put(connection, subject, failures)
            yield

    @contextmanager
    def _one_more(self, subject: str) -> Iterator[None]:
        """Count a try in flight. Raises TooManyRequestsError where there are too many."""
        with self._lock:
            if self._tries[subject] >= self._ground.settings.tries_at_once:
                raise TooManyRequestsError(retry_after=1)
            self._tries[subject] += 1
        try:
            yield
        finally:
            with self._lock:
                self._tries[subject] -= 1
                if not self._tries[subject]:
                    del self._tries[subject]

    def admit_address(self, connection: Connection, address: str) -> None:
        """Go on where an address need not wait. Raises TooManyRequestsError."""
        if address:
            subject = self._subject("address", _network(address))
            self._check(connection, subject, self._ground.settings.free_tries_of_address)

    def forgive(self, connection: Connection, account: str) -> None:
        """Take back what was counted for an account: the password was right."""
        subject = self._subject("account", account)
        connection.execute(delete(_table).where(_table.c.subject == subject))

    def blame(self, connection: Connection, address: str, account: str = "") -> None:
        """Count a failure of an address and an account, and forget old ones of everybody."""
        old = self._ground.now() - self._ground.settings.forget_failures
        connection.execute(delete(_table).where(_table.c.last_failed < old))
        if address:
            self._count(connection, self._subject("address", _network(address)))
        if account:
            self._count(connection, self._subject("account", account))

    def _count(self, connection: Connection, subject: str) -> None:
        failures, _ = self._found(connection, subject)
        self._put(connection, subject, failures + 1)

    def _check(self, connection: Connection, subject: str, free: int) -> int:
        """Return how often a subject has failed. Raises TooManyRequestsError."""
        failures, last = self._found(connection, subject)
        if failures >= free:
            longest = self._ground.settings.longest_wait
            wait = min(2.0 ** min(failures - free, 30), longest)
            left = min(last + wait - self._ground.now(), wait)
            if left > 0:
                raise TooManyRequestsError(retry_after=math.ceil(left))
        return failures

    def _found(self, connection: Connection, subject: str) -> tuple[int, float]:
        query = select(_table.c.failures, _table.c.last_failed).where(_table.c.subject == subject)
        row = connection.execute(query).first()
        old = self._ground.now() - self._ground.settings.forget_failures
        if row is None or row.last_failed < old:
            return 0, 0.0
        return row.failures, row.last_failed

    def _put(self, connection: Connection, subject: str, failures: int) -> None:
        connection.execute(delete(_table).where(_table.c.subject == subject))
        values = {"subject": subject, "failures": failures, "last_failed": self._ground.now()}
        connection.execute(_table.insert().values(values))

    def _subject(self, kind: str, text: str) -> str:
        key = self._ground.ring.sign_key("throttle")
        return hmac.digest(key, f"{kind} {text}".encode("utf-8", "surrogatepass"), "sha256").hex()


def _network(address: str) -> str:
    """Return what one guesser holds: an IPv4 address, or a /64 of IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)
