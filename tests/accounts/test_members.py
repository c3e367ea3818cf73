"""Accounts, keys, sessions and databases: who may do what to whom, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from argosy.accounts import Account, Accounts, Passwords, Principal
from argosy.errors import (
    AuthError,
    DuplicatedError,
    RefreshTokenExpiredError,
    ServiceError,
    ServiceForbiddenError,
    ServiceNotFoundError,
    TooManyRequestsError,
    WrongDataError,
)
from argosy.store import Store, tables
from tests.accounts.conftest import EMAIL, PASSWORD, START, Clock

NEW_PASSWORD = "new horse battery"


def as_role(accounts: Accounts, root: Principal, role: str) -> Principal:
    """Return an account of a role, logged in to the database."""
    email = f"{role}@example.com"
    accounts.members.create_individual(root, email, PASSWORD, role)
    return accounts.logins.individual(email, PASSWORD, db_name="Shop").principal


#: Whatever takes power over others, by name: with who asks, a backend account and its key's id.
POWERS: dict[str, Callable[[Accounts, Principal, Account, str], object]] = {
    "create individual": lambda a, p, _, __: a.members.create_individual(
        p, "new@example.com", PASSWORD, "backend"
    ),
    "create service": lambda a, p, _, __: a.members.create_service(p, "new", "backend"),
    "list accounts": lambda a, p, _, __: a.members.list(p),
    "get account": lambda a, p, it, __: a.members.get(p, it.id),
    "change role": lambda a, p, it, __: a.members.change(p, it.id, role="frontend"),
    "remove account": lambda a, p, it, __: a.members.remove(p, it.id),
    "reset password": lambda a, p, it, __: a.members.change(p, it.id, password=NEW_PASSWORD),
    "create key": lambda a, p, it, __: a.keys.create(p, it.id),
    "list keys": lambda a, p, it, __: a.keys.list(p, it.id),
    "expire key": lambda a, p, _, key: a.keys.expire(p, key, START + 1),
    "revoke key": lambda a, p, _, key: a.keys.revoke(p, key),
    "list sessions": lambda a, p, it, __: a.sessions.list(p, it.id),
    "revoke sessions": lambda a, p, it, __: a.sessions.revoke_all(p, it.id),
    "create database": lambda a, p, _, __: a.databases.create(p, "New"),
    "remove database": lambda a, p, _, __: a.databases.remove(p, str(p.database)),
    "read the audit": lambda a, p, _, __: a.audit(p),
}
ROLES_WITHOUT_POWER = ("backend", "frontend", "demo_viewer")


class TestPowers:
    @pytest.mark.parametrize("role", ROLES_WITHOUT_POWER)
    def test_others_than_root_and_manager_have_none(
        self, accounts: Accounts, root: Principal, role: str
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        key, _ = accounts.keys.create(root, robot.id)
        asker = as_role(accounts, root, role)

        for name, use in POWERS.items():
            with pytest.raises(ServiceForbiddenError, match=f"the role {role} may not"):
                pytest.fail(f"{role} may {name}: {use(accounts, asker, robot, key.id)}")

    @pytest.mark.parametrize("power", POWERS)
    @pytest.mark.parametrize("role", ["root", "manager"])
    def test_root_and_manager_have_all(
        self, accounts: Accounts, root: Principal, role: str, power: str
    ) -> None:
        name = "robot" if "key" in power else "a@example.com"
        if "key" in power:
            it = accounts.members.create_service(root, name, "backend")
            key = accounts.keys.create(root, it.id)[0].id
        else:
            it, key = accounts.members.create_individual(root, name, PASSWORD, "backend"), ""
        asker = replace(root, role=role)

        POWERS[power](accounts, asker, it, key)

    @pytest.mark.parametrize("power", POWERS)
    def test_an_organization_has_none_over_another(
        self, accounts: Accounts, root: Principal, other_root: Principal, power: str
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")
        key, _ = accounts.keys.create(root, robot.id)
        asker = replace(other_root, database=root.database)
        before = self.view(accounts, root, robot)

        alone = {"create individual", "create service", "list accounts", "create database"}
        if power in alone | {"read the audit"}:
            POWERS[power](accounts, asker, robot, key.id)
        else:
            with pytest.raises(ServiceNotFoundError):
                POWERS[power](accounts, asker, robot, key.id)

        assert self.view(accounts, root, robot) == before

    def view(self, accounts: Accounts, root: Principal, robot: Account) -> object:
        """Return all that an organization sees of itself."""
        return (
            accounts.members.list(root, amt=64),
            accounts.keys.list(root, robot.id),
            accounts.databases.list(root),
            accounts.audit(root, amt=64),
        )

    @pytest.mark.parametrize(
        "power", ["change role", "remove account", "reset password", "list sessions"]
    )
    def test_a_manager_has_none_over_root(
        self, accounts: Accounts, root: Principal, power: str
    ) -> None:
        it = accounts.members.create_individual(root, "second@example.com", PASSWORD, "root")

        with pytest.raises(ServiceForbiddenError, match="it takes root"):
            POWERS[power](accounts, replace(root, role="manager"), it, "")

    def test_a_manager_makes_no_root(self, accounts: Accounts, root: Principal) -> None:
        manager = as_role(accounts, root, "manager")

        with pytest.raises(ServiceForbiddenError):
            accounts.members.create_individual(manager, "x@example.com", PASSWORD, "root")
        with pytest.raises(ServiceForbiddenError):
            accounts.members.change(manager, manager.account, role="root")


class TestAccounts:
    def test_they_are_listed_by_name_a_page_at_a_time(
        self, accounts: Accounts, root: Principal
    ) -> None:
        for name in ("b", "a", "c"):
            accounts.members.create_service(root, name, "backend")

        first, more = accounts.members.list(root, page=1, amt=3)
        last, none = accounts.members.list(root, page=2, amt=3)
        past, _ = accounts.members.list(root, page=9, amt=3)

        assert [one.name for one in first + last] == ["a", "b", "c", EMAIL]
        assert (more, none, past) == (True, False, [])

    @pytest.mark.parametrize(("page", "amt"), [(0, 1), (1, 0), (1, 65), (-1, 1), (10**30, 1)])
    def test_a_page_that_is_none_is_refused(
        self, accounts: Accounts, root: Principal, page: int, amt: int
    ) -> None:
        for read in (accounts.members.list, accounts.sessions.list, accounts.audit):
            with pytest.raises(WrongDataError):
                read(root, page=page, amt=amt)

    def test_an_account_shows_no_secret(self, accounts: Accounts, root: Principal) -> None:
        shown = accounts.members.get(root, root.account).to_json()

        assert set(shown) == {"id", "kind", "name", "role", "created", "modified", "last_login"}

    def test_everybody_sees_their_own(self, accounts: Accounts, root: Principal) -> None:
        viewer = as_role(accounts, root, "demo_viewer")

        assert accounts.members.get(viewer, viewer.account).name == "demo_viewer@example.com"

    @pytest.mark.parametrize("id_", ["", "x", "\0", "\ud800"])
    def test_an_account_that_is_not_there_is_an_error(
        self, accounts: Accounts, root: Principal, id_: str
    ) -> None:
        with pytest.raises(ServiceNotFoundError) as caught:
            accounts.members.get(root, id_)

        assert caught.value.name == "ACCOUNT_NOT_FOUND"

    def test_an_account_is_found_by_its_name(self, accounts: Accounts, root: Principal) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")

        assert accounts.members.find(root, "service", " robot ") == robot
        assert accounts.members.find(root, "individual", EMAIL.upper()).id == root.account
        for kind, name in [("individual", "robot"), ("service", EMAIL), ("service", "\0")]:
            with pytest.raises(ServiceNotFoundError):
                accounts.members.find(root, kind, name)

    def test_a_role_that_is_none_is_refused(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(WrongDataError, match="the roles are root, manager, backend"):
            accounts.members.create_individual(root, "a@example.com", PASSWORD, "admin")
        with pytest.raises(WrongDataError, match="the roles are manager, backend"):
            accounts.members.create_service(root, "robot", "root")

    def test_a_service_account_becomes_no_root(self, accounts: Accounts, root: Principal) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")

        with pytest.raises(WrongDataError, match="'root' is not a role"):
            accounts.members.change(root, robot.id, role="root")

    def test_a_name_is_taken_once(self, accounts: Accounts, root: Principal) -> None:
        accounts.members.create_service(root, "robot", "backend")

        with pytest.raises(DuplicatedError):
            accounts.members.create_service(root, " robot ", "manager")
        with pytest.raises(DuplicatedError):
            accounts.members.create_individual(root, EMAIL.upper(), PASSWORD, "manager")

    def test_a_name_that_two_take_at_once_is_taken_once(
        self, accounts: Accounts, root: Principal
    ) -> None:
        def create(_: int) -> bool:
            try:
                accounts.members.create_service(root, "robot", "backend")
            except DuplicatedError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(create, range(8))) == 1

    def test_the_last_root_stays(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(WrongDataError, match="the last root account"):
            accounts.members.remove(root, root.account)
        with pytest.raises(WrongDataError, match="the last root account"):
            accounts.members.change(root, root.account, role="manager")

        accounts.members.create_individual(root, "second@example.com", PASSWORD, "root")
        accounts.members.remove(root, root.account)

    def test_of_two_roots_that_remove_each_other_at_once_one_stays(
        self, accounts: Accounts, root: Principal
    ) -> None:
        second = accounts.members.create_individual(root, "b@example.com", PASSWORD, "root")

        def remove(id_: str) -> bool:
            try:
                accounts.members.remove(root, id_)
            except WrongDataError:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(remove, [root.account, second.id])) == [False, True]


class TestPasswords:
    def test_ones_own_is_changed_by_the_old_one(self, accounts: Accounts, root: Principal) -> None:
        here = accounts.logins.individual(EMAIL, PASSWORD)
        elsewhere = accounts.logins.individual(EMAIL, PASSWORD)

        accounts.members.change_password(here.principal, PASSWORD, NEW_PASSWORD)

        accounts.identify(here.token)
        with pytest.raises(AuthError):
            accounts.identify(elsewhere.token)
        with pytest.raises(AuthError):
            accounts.logins.individual(EMAIL, PASSWORD)
        accounts.logins.individual(EMAIL, NEW_PASSWORD)

    def test_without_the_old_one_it_stays(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(AuthError, match="the old password is wrong"):
            accounts.members.change_password(root, "wrong horse", NEW_PASSWORD)
        with pytest.raises(WrongDataError, match="it needs 12 to 200"):
            accounts.members.change_password(root, PASSWORD, "short")

        accounts.logins.individual(EMAIL, PASSWORD)

    def test_of_two_changes_at_once_one_is_kept_and_one_is_told(
        self, accounts: Accounts, root: Principal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verify = Passwords.verify

        def verify_late(self: Passwords, password: str, stored: str | None) -> bool:
            monkeypatch.undo()
            accounts.members.change_password(root, PASSWORD, NEW_PASSWORD)
            return verify(self, password, stored)

        monkeypatch.setattr(Passwords, "verify", verify_late)

        with pytest.raises(WrongDataError, match="changed meanwhile"):
            accounts.members.change_password(root, PASSWORD, "third horse battery")

        accounts.logins.individual(EMAIL, NEW_PASSWORD)

    def test_a_reset_ends_all_sessions_of_the_account(
        self, accounts: Accounts, root: Principal
    ) -> None:
        made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "backend")
        login = accounts.logins.individual("a@example.com", PASSWORD)

        accounts.members.change(root, made.id, password=NEW_PASSWORD)

        with pytest.raises(AuthError):
            accounts.identify(login.token)
        accounts.logins.individual("a@example.com", NEW_PASSWORD)

    @pytest.mark.parametrize("role", ["root", "manager"])
    def test_nobody_changes_their_own_without_the_old_one(
        self, accounts: Accounts, root: Principal, role: str
    ) -> None:
        who = root if role == "root" else as_role(accounts, root, role)

        with pytest.raises(WrongDataError, match="change it with the old one"):
            accounts.members.change(who, who.account, password=NEW_PASSWORD)

        accounts.logins.individual(who.account_name, PASSWORD)

    def test_a_service_account_resets_none_above_its_rank(
        self, accounts: Accounts, root: Principal
    ) -> None:
        robot = accounts.members.create_service(root, "robot", "manager")
        _, key = accounts.keys.create(root, robot.id)
        asker = accounts.logins.service("robot", key).principal

        with pytest.raises(ServiceForbiddenError, match="it takes root"):
            accounts.members.change(asker, root.account, password=NEW_PASSWORD)

        accounts.logins.individual(EMAIL, PASSWORD)

    def test_where_the_password_is_refused_the_role_stays(
        self, accounts: Accounts, root: Principal
    ) -> None:
        made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "backend")

        with pytest.raises(WrongDataError, match="it needs 12 to 200"):
            accounts.members.change(root, made.id, role="manager", password="short")

        assert accounts.members.get(root, made.id) == made

    def test_where_the_role_is_refused_the_password_stays(
        self, accounts: Accounts, root: Principal
    ) -> None:
        made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "backend")
        manager = as_role(accounts, root, "manager")

        with pytest.raises(ServiceForbiddenError):
            accounts.members.change(manager, made.id, role="root", password=NEW_PASSWORD)

        accounts.logins.individual("a@example.com", PASSWORD)

    def test_a_service_account_has_none(self, accounts: Accounts, root: Principal) -> None:
        robot = accounts.members.create_service(root, "robot", "backend")

        with pytest.raises(WrongDataError, match="keys and no password"):
            accounts.members.change(root, robot.id, password=NEW_PASSWORD)


class TestLostPasswords:
    """What whoever runs the service does when nobody of an organization can log in."""

    def test_the_only_root_gets_a_new_one_and_all_sessions_end(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        login = accounts.logins.individual(EMAIL, PASSWORD)
        other = accounts.logins.individual("other@example.com", PASSWORD)

        accounts.members.reset_password(f" {EMAIL.upper()}", NEW_PASSWORD)

        with pytest.raises(AuthError):
            accounts.identify(login.token)
        with pytest.raises(RefreshTokenExpiredError):
            accounts.logins.refresh(login.refresh_token)
        with pytest.raises(AuthError):
            accounts.logins.individual(EMAIL, PASSWORD)
        assert accounts.logins.individual(EMAIL, NEW_PASSWORD).principal.role == "root"
        accounts.identify(other.token)

    def test_the_login_waits_no_longer(self, accounts: Accounts, root: Principal) -> None:
        for _ in range(5):
            with pytest.raises(AuthError):
                accounts.logins.individual(EMAIL, "wrong horse battery")
        with pytest.raises(TooManyRequestsError):
            accounts.logins.individual(EMAIL, PASSWORD)

        accounts.members.reset_password(EMAIL, NEW_PASSWORD)

        accounts.logins.individual(EMAIL, NEW_PASSWORD)

    def test_the_audit_of_the_accounts_organization_says_who(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        before, _ = accounts.audit(root)

        accounts.members.reset_password("other@example.com", NEW_PASSWORD)

        (row, *_), _ = accounts.audit(other_root)
        assert (row.action, row.target, row.fields, row.account, row.account_name) == (
            "reset-password",
            "account other@example.com",
            ("password",),
            "",
            "operator",
        )
        assert accounts.audit(root)[0] == before

    @pytest.mark.parametrize("email", ["nobody@example.com", "robot", "", "\0", "\ud800"])
    def test_only_people_have_one(self, accounts: Accounts, root: Principal, email: str) -> None:
        accounts.members.create_service(root, "robot", "backend")

        with pytest.raises(ServiceNotFoundError) as caught:
            accounts.members.reset_password(email, NEW_PASSWORD)
        with pytest.raises(ServiceNotFoundError):
            accounts.members.find_individual(email)

        assert caught.value.name == "ACCOUNT_NOT_FOUND"

    @pytest.mark.parametrize("password", ["short", EMAIL.upper(), "x" * 201])
    def test_where_the_new_one_is_refused_all_stays(
        self, accounts: Accounts, root: Principal, password: str
    ) -> None:
        login = accounts.logins.individual(EMAIL, PASSWORD)

        with pytest.raises(WrongDataError) as caught:
            accounts.members.reset_password(EMAIL, password)

        assert caught.value.error_data()["field"] == "password"
        accounts.identify(login.token)
        accounts.logins.individual(EMAIL, PASSWORD)


class TestKeys:
    @pytest.fixture
    def robot(self, accounts: Accounts, root: Principal) -> Account:
        return accounts.members.create_service(root, "robot", "backend")

    def test_a_key_is_shown_once(self, accounts: Accounts, root: Principal, robot: Account) -> None:
        made, key = accounts.keys.create(root, robot.id, description="nightly")

        assert key.startswith("argk_")
        assert len(key) == 48
        assert key not in str([made, accounts.keys.list(root, robot.id)])
        assert accounts.keys.list(root, robot.id)[0].description == "nightly"

    def test_its_last_use_is_seen(
        self, accounts: Accounts, root: Principal, robot: Account, clock: Clock
    ) -> None:
        _, key = accounts.keys.create(root, robot.id)
        clock.pass_(5)

        accounts.logins.service("robot", key)

        assert accounts.keys.list(root, robot.id)[0].last_used == START + 5

    def test_a_key_that_is_revoked_ends_its_sessions_and_no_others(
        self, accounts: Accounts, root: Principal, robot: Account
    ) -> None:
        first, first_key = accounts.keys.create(root, robot.id)
        _, second_key = accounts.keys.create(root, robot.id)
        ended = accounts.logins.service("robot", first_key)
        goes_on = accounts.logins.service("robot", second_key)

        assert accounts.keys.revoke(root, first.id).revoked == START

        with pytest.raises(AuthError):
            accounts.identify(ended.token)
        accounts.identify(goes_on.token)

    def test_a_key_that_is_to_end_takes_its_sessions_with_it(
        self, accounts: Accounts, root: Principal, robot: Account, clock: Clock
    ) -> None:
        made, key = accounts.keys.create(root, robot.id)
        login = accounts.logins.service("robot", key)

        accounts.keys.expire(root, made.id, START + 60)

        accounts.identify(login.token)
        clock.pass_(60)
        with pytest.raises(AuthError):
            accounts.identify(login.token)

    @pytest.mark.parametrize("expires", [START, 0, -1, 1e30, float("nan"), float("inf")])
    def test_an_end_lies_ahead(
        self, accounts: Accounts, root: Principal, robot: Account, expires: float
    ) -> None:
        with pytest.raises(WrongDataError, match="no time to come"):
            accounts.keys.create(root, robot.id, expires=expires)

    def test_an_account_has_so_many_and_no_more(
        self, accounts: Accounts, root: Principal, robot: Account
    ) -> None:
        keys = [accounts.keys.create(root, robot.id)[0] for _ in range(50)]

        with pytest.raises(WrongDataError, match="has 50 keys; revoke one first"):
            accounts.keys.create(root, robot.id)
        accounts.keys.revoke(root, keys[0].id)
        accounts.keys.create(root, robot.id)

    def test_a_description_is_short_text(
        self, accounts: Accounts, root: Principal, robot: Account
    ) -> None:
        for description in ("x" * 201, "\0"):
            with pytest.raises(WrongDataError) as caught:
                accounts.keys.create(root, robot.id, description=description)
            assert caught.value.error_data()["field"] == "description"

    def test_a_person_has_none(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(WrongDataError, match="only a service account"):
            accounts.keys.create(root, root.account)

    @pytest.mark.parametrize("id_", ["", "x", "\0"])
    def test_a_key_that_is_not_there_is_an_error(
        self, accounts: Accounts, root: Principal, id_: str
    ) -> None:
        with pytest.raises(ServiceNotFoundError) as caught:
            accounts.keys.revoke(root, id_)

        assert caught.value.name == "SERVICE_KEY_NOT_FOUND"


class TestSessions:
    def test_ones_own_are_listed_and_ended(
        self, accounts: Accounts, root: Principal, clock: Clock
    ) -> None:
        viewer = as_role(accounts, root, "demo_viewer")
        clock.pass_(1)
        second = accounts.logins.individual(
            "demo_viewer@example.com", PASSWORD, address="192.0.2.7"
        )

        found, more = accounts.sessions.list(viewer)
        assert [one.id for one in found] == [second.principal.session, viewer.session]
        assert set(found[0].to_json()) >= {"id", "address", "created", "last_used", "expires"}
        assert (found[0].address, found[0].account_name, more) == (
            "192.0.2.7",
            "demo_viewer@example.com",
            False,
        )

        accounts.sessions.revoke(viewer, found[0].id)

        with pytest.raises(AuthError):
            accounts.identify(second.token)
        assert [one.id for one in accounts.sessions.list(viewer)[0]] == [viewer.session]

    def test_those_of_others_are_not_ones_own(self, accounts: Accounts, root: Principal) -> None:
        viewer = as_role(accounts, root, "demo_viewer")
        login = accounts.logins.individual(EMAIL, PASSWORD)

        with pytest.raises(ServiceForbiddenError):
            accounts.sessions.revoke(viewer, str(login.principal.session))

        accounts.identify(login.token)

    def test_those_of_another_organization_are_not_there(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        login = accounts.logins.individual(EMAIL, PASSWORD)

        with pytest.raises(ServiceNotFoundError):
            accounts.sessions.revoke(other_root, str(login.principal.session))

    def test_all_but_this_one_are_ended(self, accounts: Accounts, root: Principal) -> None:
        here, *others = [accounts.logins.individual(EMAIL, PASSWORD) for _ in range(3)]

        assert accounts.sessions.revoke_all(here.principal, root.account) == 2

        accounts.identify(here.token)
        for other in others:
            with pytest.raises(AuthError):
                accounts.identify(other.token)


class TestDatabases:
    def test_they_are_listed_by_name(self, accounts: Accounts, root: Principal) -> None:
        made = accounts.databases.create(root, "Attic", "old things", item_id_type="uuid")

        found, more = accounts.databases.list(root)

        assert [one.name for one in found] == ["Attic", "Shop"]
        assert (found[0], more) == (made, False)

    def test_what_is_no_database_is_refused(self, accounts: Accounts, root: Principal) -> None:
        refused: list[ServiceError] = []
        for name, more in [("Shop", {}), ("", {}), ("New", {"item_id_type": "text"})]:
            with pytest.raises((DuplicatedError, WrongDataError)) as caught:
                accounts.databases.create(root, name, **more)
            refused.append(caught.value)

        assert [one.name for one in refused] == ["DUPLICATED_DB_NAME", *["WRONG_DATA_TYPE"] * 2]

    def test_one_that_is_removed_takes_its_tables_with_it(
        self, accounts: Accounts, root: Principal, store: Store
    ) -> None:
        assert root.database is not None
        row = {
            "database": root.database,
            "connection": "S3",
            "name": "items",
            "resource": "item",
            "resource_params": {},
            "connection_table_params": {},
            "connection_table_metadata": {},
            "status": "available",
            "created": 1.0,
            "modified": 1.0,
        }
        with store.write() as connection:
            connection.execute(tables.data_tables.insert().values(row))

        accounts.databases.remove(root, root.database)

        with store.read() as connection:
            assert connection.execute(select(tables.data_tables)).all() == []


def test_table_calls_need_a_database(accounts: Accounts, root: Principal) -> None:
    assert root.require_database() == root.database
    with pytest.raises(ServiceForbiddenError) as caught:
        accounts.logins.individual(EMAIL, PASSWORD).principal.require_database()

    assert caught.value.error_data() == {
        "name": "DATABASE_NOT_SELECTED",
        "error": "no database selected; log in with db_id or db_name.",
    }
