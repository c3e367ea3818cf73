"""Log in, refresh, and who a request's token stands for."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from sqlalchemy import func, select

from argosy.accounts import Accounts, AccountSettings, Login, Passwords, Principal
from argosy.errors import (
    AuthError,
    JwtTokenExpiredError,
    RefreshTokenExpiredError,
    ServiceNotFoundError,
)
from argosy.store import KeyRing, Store, tables
from tests.accounts.conftest import EMAIL, KEY, PASSWORD, START, Clock


@pytest.fixture
def login(accounts: Accounts, root: Principal) -> Login:
    return accounts.logins.individual(EMAIL, PASSWORD, db_name="Shop", address="192.0.2.1")


class TestByPassword:
    def test_it_gives_tokens_role_organization_and_database(
        self, login: Login, root: Principal
    ) -> None:
        shown = login.to_json()

        assert set(shown) == {"token", "refresh_token", "role", "org_id", "database"}
        assert shown["role"] == "root"
        assert shown["org_id"] == root.organization
        assert shown["database"] == {
            "id": root.database,
            "name": "Shop",
            "description": "",
            "item_id_type": "string",
            "user_id_type": "string",
            "session_id_type": "string",
        }
        assert login.expires == START + 600

    def test_without_a_database_there_is_none(self, accounts: Accounts, root: Principal) -> None:
        login = accounts.logins.individual(EMAIL, PASSWORD)

        assert "database" not in login.to_json()
        assert accounts.identify(login.token).database is None

    @pytest.mark.parametrize("email", ["ROOT@Example.COM", f"  {EMAIL}\n", "\uff52oot@example.com"])
    def test_an_address_has_many_spellings(
        self, accounts: Accounts, root: Principal, email: str
    ) -> None:
        assert accounts.logins.individual(email, PASSWORD).principal.account == root.account

    def test_a_password_is_the_same_however_accents_are_typed(
        self, accounts: Accounts, root: Principal
    ) -> None:
        accounts.members.create_individual(root, "a@example.com", "caf\u00e9 au lait!", "backend")

        accounts.logins.individual("a@example.com", "cafe\u0301 au lait!")

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            (EMAIL, "wrong horse battery"),
            (EMAIL, ""),
            (EMAIL, PASSWORD + "x" * 100_000),
            (EMAIL, "\ud800"),
            ("nobody@example.com", PASSWORD),
            ("", PASSWORD),
            ("\0\ud800" + "x" * 100_000, PASSWORD),
            ("robot", PASSWORD),
        ],
    )
    def test_all_that_is_wrong_is_told_in_the_same_words(
        self, accounts: Accounts, root: Principal, email: str, password: str
    ) -> None:
        accounts.members.create_service(root, "robot", "backend")

        with pytest.raises(AuthError) as caught:
            accounts.logins.individual(email, password)

        assert caught.value.envelope() == {
            "error_code": 21,
            "error_name": "AuthError",
            "message": "The login is refused: the account or the password is wrong.",
            "error_data": {
                "name": "INCORRECT_PASSWORD",
                "error": "the account or the password is wrong.",
            },
        }

    @pytest.mark.parametrize("chosen", [{"db_id": "x"}, {"db_name": "x"}, {"db_name": "\0"}])
    def test_a_database_that_is_not_there_is_told_to_who_may_know(
        self, accounts: Accounts, root: Principal, chosen: dict[str, str]
    ) -> None:
        with pytest.raises(ServiceNotFoundError) as caught:
            accounts.logins.individual(EMAIL, PASSWORD, **chosen)

        assert caught.value.name == "DATABASE_NOT_FOUND"
        with pytest.raises(AuthError):
            accounts.logins.individual(EMAIL, "wrong horse battery", **chosen)

    def test_a_database_of_another_organization_is_not_there(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        with pytest.raises(ServiceNotFoundError):
            accounts.logins.individual(EMAIL, PASSWORD, db_id=other_root.database)

    def test_a_hash_of_older_figures_is_made_again(
        self, accounts: Accounts, store: Store, ring: KeyRing, root: Principal, clock: Clock
    ) -> None:
        def stored() -> str:
            with store.read() as connection:
                return str(connection.execute(select(tables.accounts.c.password_hash)).scalar())

        stronger = Passwords(memory=16, passes=1, lanes=1, random=lambda size: b"s" * size)
        assert stored().startswith("$argon2id$v=19$m=8,t=1,p=1$")

        Accounts(store, ring, now=clock, passwords=stronger).logins.individual(EMAIL, PASSWORD)

        assert stored().startswith("$argon2id$v=19$m=16,t=1,p=1$")
        accounts.logins.individual(EMAIL, PASSWORD)


def test_a_password_that_changes_while_it_is_looked_at_lets_nobody_in(
    store: Store, ring: KeyRing, root: Principal, clock: Clock, accounts: Accounts
) -> None:
    class Slow(Passwords):
        """Somebody else changes the password while this one is verified."""

        def verify(self, password: str, stored: str | None) -> bool:
            accounts.members.change_password(root, PASSWORD, "new horse battery")
            return super().verify(password, stored)

    slow = Slow(memory=8, passes=1, lanes=1, random=lambda size: b"s" * size)

    with pytest.raises(AuthError):
        Accounts(store, ring, now=clock, passwords=slow).logins.individual(EMAIL, PASSWORD)


def test_without_the_libraries_the_error_names_the_extra() -> None:
    source = (
        "import sys; sys.modules['argon2'] = None\n"
        "from argosy.errors import MissingExtraError\n"
        "try:\n    import argosy.accounts\n"
        "except MissingExtraError as error:\n    print(error)"
    )

    found = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )

    assert (
        found.stdout == "An account needs more than is installed: pip install 'argosy[server]'.\n"
    )


def test_the_figures_of_the_product_are_those_of_rfc_9106() -> None:
    hashed = Passwords(random=lambda size: b"s" * size).hash(PASSWORD)

    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_who_has_no_account_waits_as_long_as_who_has_one() -> None:
    passwords = Passwords(memory=16 * 1024, passes=2, lanes=1, random=lambda size: b"s" * size)
    stored = passwords.hash(PASSWORD)

    def fastest(stored: str | None) -> float:
        times = []
        for _ in range(5):
            before = time.thread_time()
            assert not passwords.verify("wrong horse battery", stored)
            times.append(time.thread_time() - before)
        return min(times)

    known, unknown = fastest(stored), fastest(None)

    assert 0.3 < unknown / known < 3


class TestByKey:
    def test_a_service_account_logs_in_with_each_of_its_keys(
        self, accounts: Accounts, root: Principal
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        keys = [accounts.keys.create(root, robot.id)[1] for _ in range(2)]

        found = [accounts.logins.service("robot", key, db_name="Shop").principal for key in keys]

        assert {one.account for one in found} == {robot.id}
        assert {(one.role, one.kind) for one in found} == {("backend", "service")}

    def test_two_organizations_may_have_accounts_of_one_name(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        for principal in (root, other_root):
            robot = accounts.members.create_service(principal, "robot", "backend")
            _, key = accounts.keys.create(principal, robot.id)

            login = accounts.logins.service("robot", key)

            assert login.principal.organization == principal.organization

    @pytest.mark.parametrize(
        ("name", "key"), [("robot", "x"), ("robot", "\ud800"), ("other", None), ("", None)]
    )
    def test_a_wrong_name_or_key_is_told_in_the_same_words(
        self, accounts: Accounts, root: Principal, name: str, key: str | None
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        _, right = accounts.keys.create(root, robot.id)

        with pytest.raises(AuthError, match="the account or the key is wrong"):
            accounts.logins.service(name, key or right)

    def test_a_key_that_has_ended_says_so_to_who_has_it(
        self, accounts: Accounts, root: Principal, clock: Clock
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        _, key = accounts.keys.create(root, robot.id, expires=START + 60)
        other, revoked = accounts.keys.create(root, robot.id)
        accounts.keys.revoke(root, other.id)
        clock.pass_(60)

        with pytest.raises(AuthError, match=r"this key has expired\."):
            accounts.logins.service("robot", key)
        with pytest.raises(AuthError, match=r"this key was revoked\."):
            accounts.logins.service("robot", revoked)
        with pytest.raises(AuthError, match="the account or the key is wrong"):
            accounts.logins.service("other", key)

    def test_a_login_does_not_outlive_its_key(
        self, accounts: Accounts, root: Principal, clock: Clock
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        _, key = accounts.keys.create(root, robot.id, expires=START + 60)

        login = accounts.logins.service("robot", key)

        assert login.expires == START + 60
        clock.pass_(60)
        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(login.refresh_token)


class TestRefreshing:
    def test_it_gives_new_tokens_of_the_same_session(
        self, accounts: Accounts, login: Login, clock: Clock
    ) -> None:
        clock.pass_(600)

        again = accounts.logins.refresh(login.refresh_token)

        assert again.refresh_token != login.refresh_token
        assert again.principal == login.principal
        assert accounts.identify(again.token) == login.principal

    def test_a_database_is_chosen_anew_where_one_is_named(
        self, accounts: Accounts, login: Login, root: Principal
    ) -> None:
        second = accounts.databases.create(root, "Second")

        by_name = accounts.logins.refresh(login.refresh_token, db_name="Second")
        stays = accounts.logins.refresh(by_name.refresh_token)
        by_id = accounts.logins.refresh(stays.refresh_token, db_id=root.database)

        assert [one.principal.database for one in (by_name, stays, by_id)] == [
            second.id,
            second.id,
            root.database,
        ]

    def test_a_name_that_is_wrong_uses_no_token_up(
        self, accounts: Accounts, login: Login, clock: Clock
    ) -> None:
        with pytest.raises(ServiceNotFoundError):
            accounts.logins.refresh(login.refresh_token, db_name="None")
        clock.pass_(11)

        accounts.logins.refresh(login.refresh_token)

    def test_a_token_that_comes_twice_ends_the_session_for_all(
        self, accounts: Accounts, login: Login, root: Principal, clock: Clock
    ) -> None:
        again = accounts.logins.refresh(login.refresh_token)
        clock.pass_(11)

        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(login.refresh_token)

        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(again.refresh_token)
        with pytest.raises(AuthError):
            accounts.identify(again.token)
        rows, _ = accounts.audit(root)
        assert rows[0].action == "revoke-reused-session"

    def test_clients_that_ask_twice_at_once_both_go_on(
        self, accounts: Accounts, login: Login, clock: Clock
    ) -> None:
        with ThreadPoolExecutor(4) as pool:
            many = list(pool.map(accounts.logins.refresh, [login.refresh_token] * 4))

        clock.pass_(600)
        for one in many:
            assert accounts.logins.refresh(one.refresh_token).principal == login.principal

    def test_a_token_ends(self, accounts: Accounts, login: Login, clock: Clock) -> None:
        clock.pass_(30 * 86400)

        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(login.refresh_token)

    def test_a_session_ends_however_often_it_is_refreshed(
        self, accounts: Accounts, login: Login, clock: Clock
    ) -> None:
        token = login.refresh_token
        for _ in range(4):
            clock.pass_(20 * 86400)
            token = accounts.logins.refresh(token).refresh_token

        clock.pass_(10 * 86400)

        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(token)

    def test_tokens_that_have_ended_are_cleared_away(
        self, store: Store, ring: KeyRing, passwords: Passwords, clock: Clock, root: Principal
    ) -> None:
        settings = AccountSettings(refresh=100)
        accounts = Accounts(store, ring, now=clock, passwords=passwords, settings=settings)
        token = accounts.logins.individual(EMAIL, PASSWORD).refresh_token
        for _ in range(10):
            clock.pass_(50)
            token = accounts.logins.refresh(token).refresh_token

        with store.read() as connection:
            count = select(func.count()).select_from(tables.refresh_tokens)
            assert connection.execute(count).scalar_one() <= 4

    def test_sessions_that_have_ended_are_cleared_away(
        self, accounts: Accounts, store: Store, root: Principal, clock: Clock
    ) -> None:
        for _ in range(5):
            accounts.logins.individual(EMAIL, PASSWORD)
            clock.pass_(20 * 86400)

        with store.read() as connection:
            count = select(func.count()).select_from(tables.sessions)
            assert connection.execute(count).scalar_one() == 2

    @pytest.mark.parametrize("token", ["", "argr_x", "\0", "\ud800", "x" * 100_000])
    def test_a_token_that_never_was_is_told_apart(
        self, accounts: Accounts, root: Principal, token: str
    ) -> None:
        with pytest.raises(AuthError) as caught:
            accounts.logins.refresh(token)

        assert caught.value.name == "INCORRECT_REFRESH_TOKEN"

    def test_a_request_token_refreshes_nothing(self, accounts: Accounts, login: Login) -> None:
        with pytest.raises(AuthError):
            accounts.logins.refresh(login.token)


def forged(change: Callable[[dict[str, Any], dict[str, Any]], None], login: Login) -> str:
    """Return the login's token, changed and signed anew with what an attacker may have."""
    header = jwt.get_unverified_header(login.token)
    said = jwt.decode(login.token, options={"verify_signature": False})
    change(header, said)
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, said)
    ]
    signature = login.token.rpartition(".")[2]
    return ".".join([*parts, "" if header.get("alg") == "none" else signature])


class TestIdentifying:
    def test_a_token_stands_for_its_account_and_database(
        self, accounts: Accounts, login: Login, root: Principal
    ) -> None:
        found = accounts.identify(login.token)

        assert found == login.principal
        assert (found.account, found.database) == (root.account, root.database)
        assert found.session is not None

    def test_a_token_says_its_algorithm_and_key_and_no_name(
        self, login: Login, ring: KeyRing
    ) -> None:
        header = jwt.get_unverified_header(login.token)
        said = jwt.decode(login.token, options={"verify_signature": False})

        assert header == {"alg": "HS256", "typ": "JWT", "kid": ring.ids[0]}
        assert set(said) == {"iss", "sub", "sid", "iat", "exp", "db"}
        assert EMAIL not in json.dumps(said)

    def test_a_token_ends_by_the_clock_that_was_given(
        self, accounts: Accounts, login: Login, clock: Clock
    ) -> None:
        clock.pass_(599)
        accounts.identify(login.token)
        clock.pass_(1)

        with pytest.raises(JwtTokenExpiredError) as caught:
            accounts.identify(login.token)

        assert caught.value.envelope()["error_code"] == 22

    @pytest.mark.parametrize("year", [2001, 2096])
    def test_the_clock_of_the_machine_does_not_count(
        self, accounts: Accounts, root: Principal, clock: Clock, year: int
    ) -> None:
        clock.time = (year - 1970) * 365.25 * 86400

        login = accounts.logins.individual(EMAIL, PASSWORD)

        assert accounts.identify(login.token) == login.principal

    def test_a_role_that_is_taken_away_is_gone_at_once(
        self, accounts: Accounts, root: Principal
    ) -> None:
        made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "manager")
        login = accounts.logins.individual("a@example.com", PASSWORD)

        accounts.members.change(root, made.id, role="frontend")

        assert accounts.identify(login.token).role == "frontend"

    def test_an_account_that_was_removed_is_nobody(
        self, accounts: Accounts, root: Principal
    ) -> None:
        made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "manager")
        login = accounts.logins.individual("a@example.com", PASSWORD)

        accounts.members.remove(root, made.id)

        with pytest.raises(AuthError, match="the session has ended"):
            accounts.identify(login.token)
        with pytest.raises(AuthError):
            accounts.logins.refresh(login.refresh_token)

    def test_a_database_that_was_removed_is_chosen_no_more(
        self, accounts: Accounts, root: Principal, login: Login
    ) -> None:
        assert root.database is not None
        accounts.databases.remove(root, root.database)

        assert accounts.identify(login.token).database is None
        assert accounts.logins.refresh(login.refresh_token).database is None

    def test_a_new_key_in_front_logs_nobody_out_until_the_old_is_taken_out(
        self, store: Store, login: Login, passwords: Passwords, clock: Clock
    ) -> None:
        new = bytes(range(100, 132))
        both = Accounts(store, KeyRing([new, KEY]), now=clock, passwords=passwords)
        alone = Accounts(store, KeyRing([new]), now=clock, passwords=passwords)

        assert both.identify(login.token) == login.principal
        with pytest.raises(AuthError):
            alone.identify(login.token)
        assert alone.logins.refresh(login.refresh_token).principal == login.principal

    @pytest.mark.parametrize(
        "change",
        [
            lambda header, said: header.update(alg="none"),
            lambda header, said: header.update(alg="None"),
            lambda header, said: header.update(alg="HS512"),
            lambda header, said: header.update(alg="RS256"),
            lambda header, said: header.update(kid="deadbeef"),
            lambda header, said: header.update(kid=["630dcd29"]),
            lambda header, said: header.pop("kid"),
            lambda header, said: said.update(sub="other"),
            lambda header, said: said.update(exp=said["exp"] + 10**6),
            lambda header, said: said.update(exp="soon"),
            lambda header, said: said.pop("exp"),
        ],
    )
    def test_a_forged_token_is_refused(
        self,
        accounts: Accounts,
        login: Login,
        change: Callable[[dict[str, Any], dict[str, Any]], None],
    ) -> None:
        with pytest.raises(AuthError) as caught:
            accounts.identify(forged(change, login))

        assert caught.value.name == "INCORRECT_JWT_TOKEN"

    def test_a_key_for_another_purpose_signs_no_token(
        self, accounts: Accounts, login: Login, ring: KeyRing
    ) -> None:
        said = jwt.decode(login.token, options={"verify_signature": False})
        for key in (KEY, ring.sign_key("upload-url"), b"x" * 32):
            token = jwt.encode(said, key, algorithm="HS256", headers={"kid": ring.ids[0]})
            with pytest.raises(AuthError):
                accounts.identify(token)

    @pytest.mark.parametrize("token", ["", ".", "a.b.c", "\0", "\ud800", "é.é.é", "x" * 100_000])
    def test_what_is_no_token_is_refused(
        self, accounts: Accounts, root: Principal, token: str
    ) -> None:
        with pytest.raises(AuthError):
            accounts.identify(token)


def test_a_login_shows_no_token(login: Login) -> None:
    assert login.token not in repr(login)
    assert login.refresh_token not in repr(login)
