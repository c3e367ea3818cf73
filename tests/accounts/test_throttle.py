"""Whoever guesses waits, longer each time, and whoever knows does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from argosy.accounts import Accounts, Passwords, Principal
from argosy.accounts.settings import AccountSettings
from argosy.accounts.throttle import _network
from argosy.errors import AuthError, TooManyRequestsError, WrongDataError
from argosy.store import KeyRing, Store, tables
from tests.accounts.conftest import EMAIL, PASSWORD, Clock

WRONG = "wrong horse battery"


def fail(accounts: Accounts, email: str = EMAIL, address: str = "", times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(AuthError):
            accounts.logins.individual(email, WRONG, address=address)


def wait_of(accounts: Accounts, email: str = EMAIL, address: str = "") -> int:
    with pytest.raises(TooManyRequestsError) as caught:
        accounts.logins.individual(email, PASSWORD, address=address)
    found: int = caught.value.error_data()["retry_after"]
    return found


@pytest.fixture(autouse=True)
def _root(root: Principal) -> None:
    """There is the root account."""


def test_each_failure_after_the_fifth_doubles_the_wait_up_to_a_cap(
    accounts: Accounts, clock: Clock
) -> None:
    fail(accounts, times=5)
    waits = [wait_of(accounts)]
    for _ in range(11):
        clock.pass_(waits[-1])
        fail(accounts)
        waits.append(wait_of(accounts))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_a_wait_is_not_made_longer_by_asking_in_it(accounts: Accounts, clock: Clock) -> None:
    fail(accounts, times=5)
    for _ in range(20):
        wait_of(accounts)

    clock.pass_(1)

    accounts.logins.individual(EMAIL, PASSWORD)


def test_the_right_password_takes_all_back(accounts: Accounts) -> None:
    for _ in range(3):
        fail(accounts, times=4)
        accounts.logins.individual(EMAIL, PASSWORD)


def test_failures_are_forgotten_in_an_hour(accounts: Accounts, clock: Clock, store: Store) -> None:
    fail(accounts, times=5, address="192.0.2.1")
    clock.pass_(3601)

    fail(accounts, times=4, address="192.0.2.1")

    with store.read() as connection:
        counts = connection.execute(select(tables.login_failures.c.failures)).scalars().all()
    assert counts == [4, 4]


def test_an_account_that_is_not_there_waits_as_one_that_is(accounts: Accounts) -> None:
    fail(accounts, "nobody@example.com", times=5)

    assert wait_of(accounts, "nobody@example.com") == 1


def test_guesses_at_once_are_no_way_around(accounts: Accounts) -> None:
    def guess(_: int) -> str:
        try:
            accounts.logins.individual(EMAIL, WRONG)
        except AuthError:
            return "looked at"
        except TooManyRequestsError:
            return "not looked at"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(guess, range(24)))

    assert sorted(set(found)) == ["looked at", "not looked at"]
    assert 5 <= found.count("looked at") <= 4 + 8


def test_right_passwords_that_come_at_once_all_pass(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = Barrier(12, timeout=20)
    verify = Passwords.verify

    def verify_together(self: Passwords, password: str, stored: str | None) -> bool:
        everybody.wait()
        return verify(self, password, stored)

    monkeypatch.setattr(Passwords, "verify", verify_together)

    with ThreadPoolExecutor(12) as pool:
        found = [pool.submit(accounts.logins.individual, EMAIL, PASSWORD) for _ in range(12)]

    assert {one.result().principal.account_name for one in found} == {EMAIL}


def test_only_so_many_tries_of_an_account_are_looked_at_at_a_time(
    store: Store, ring: KeyRing, clock: Clock, passwords: Passwords
) -> None:
    few = AccountSettings(tries_at_once=2)
    accounts = Accounts(store, ring, now=clock, passwords=passwords, settings=few)
    throttle = accounts.logins._throttle

    with throttle.trying(EMAIL), throttle.trying(EMAIL):
        assert wait_of(accounts) == 1
        with throttle.trying("other@example.com"):
            pass

    accounts.logins.individual(EMAIL, PASSWORD)


def test_after_the_free_tries_one_is_looked_at_at_a_time(accounts: Accounts, clock: Clock) -> None:
    fail(accounts, times=5)
    clock.pass_(1)

    with accounts.logins._throttle.trying(EMAIL):
        assert wait_of(accounts) == 1


def test_a_new_password_that_is_none_is_no_failure(accounts: Accounts, root: Principal) -> None:
    for _ in range(6):
        with pytest.raises(WrongDataError):
            accounts.members.change_password(root, PASSWORD, "short")

    accounts.members.change_password(root, PASSWORD, "new horse battery")


def test_an_address_that_guesses_many_names_waits(accounts: Accounts) -> None:
    for number in range(20):
        fail(accounts, f"{number}@example.com", address="192.0.2.1")

    assert wait_of(accounts, address="192.0.2.1") == 1
    assert wait_of(accounts, "other@example.com", address="192.0.2.1") == 1
    accounts.logins.individual(EMAIL, PASSWORD, address="192.0.2.2")


def test_an_address_that_guesses_keys_waits(accounts: Accounts) -> None:
    for _ in range(20):
        with pytest.raises(AuthError):
            accounts.logins.service("robot", "argk_x", address="192.0.2.1")

    with pytest.raises(TooManyRequestsError):
        accounts.logins.service("robot", "argk_x", address="192.0.2.1")


def test_the_old_password_is_not_guessed_either(accounts: Accounts, root: Principal) -> None:
    for _ in range(5):
        with pytest.raises(AuthError):
            accounts.members.change_password(root, WRONG, "new horse battery")

    with pytest.raises(TooManyRequestsError):
        accounts.members.change_password(root, PASSWORD, "new horse battery")


def test_what_was_typed_as_a_name_is_not_stored(accounts: Accounts, store: Store) -> None:
    fail(accounts, "my secret password")

    with store.read() as connection:
        rows = connection.execute(select(tables.login_failures)).all()
    assert "secret" not in str(rows)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
    ],
)
def test_an_address_of_ipv6_is_its_network(address: str, network: str) -> None:
    assert _network(address) == network
