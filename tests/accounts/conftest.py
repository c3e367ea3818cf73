"""Accounts on both databases, with a clock that a test moves and passwords that are quick."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.accounts import Accounts, Passwords, Principal
from argosy.store import KeyRing, Store, open_store
from tests.databases import KINDS, ready_database

KEY = bytes(range(32))
EMAIL = "root@example.com"
PASSWORD = "correct horse battery"
START = 1_800_000_000.0


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords(memory=8, passes=1, lanes=1, random=os.urandom)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ready_database(str(request.param), tmp_path) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([KEY])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Store, ring: KeyRing, clock: Clock, passwords: Passwords) -> Accounts:
    return Accounts(store, ring, now=clock, passwords=passwords)


@pytest.fixture
def root(accounts: Accounts) -> Principal:
    """The root account of the organization Acme, whose database is Shop."""
    return accounts.founding.create_organization(
        organization="Acme", email=EMAIL, password=PASSWORD, database="Shop"
    )


@pytest.fixture
def other_root(accounts: Accounts, root: Principal) -> Principal:
    """The root account of another organization."""
    return accounts.founding.create_organization(
        organization="Other", email="other@example.com", password=PASSWORD, database="Shop"
    )
