"""The first start, and the command line that needs no account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from argosy.accounts import Accounts, Principal
from argosy.errors import (
    ArgosyError,
    AuthError,
    DuplicatedError,
    ServiceNotFoundError,
    WrongDataError,
)
from tests.accounts.conftest import EMAIL, PASSWORD, Clock

FIRST = {"organization": "Acme", "email": EMAIL, "password": PASSWORD, "database": "Shop"}


def offer(accounts: Accounts) -> str:
    token = accounts.founding.offer()
    assert token is not None
    return token


class TestFirstStart:
    def test_a_token_founds_organization_account_and_database(self, accounts: Accounts) -> None:
        assert not accounts.founding.is_done

        root = accounts.founding.accept(offer(accounts), **FIRST)

        login = accounts.logins.individual(EMAIL, PASSWORD, db_name="Shop")
        assert accounts.founding.is_done
        assert root.role == login.principal.role == "root"
        assert login.database is not None
        assert (login.database.name, login.database.id) == ("Shop", root.database)

    def test_a_token_is_good_once(self, accounts: Accounts) -> None:
        token = offer(accounts)
        accounts.founding.accept(token, **FIRST)

        with pytest.raises(AuthError) as caught:
            accounts.founding.accept(token, **{**FIRST, "organization": "Second"})

        assert caught.value.name == "INCORRECT_SETUP_TOKEN"

    def test_a_token_that_two_use_at_once_is_good_once(self, accounts: Accounts) -> None:
        token = offer(accounts)

        def accept(number: int) -> bool:
            first = {**FIRST, "email": f"{number}@example.com", "organization": f"{number}"}
            try:
                accounts.founding.accept(token, **first)
            except AuthError:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(accept, range(4))) == [False, False, False, True]

    @pytest.mark.parametrize("token", ["", "argu_x", "\0", "\ud800", "x" * 100_000])
    def test_another_token_is_refused(self, accounts: Accounts, token: str) -> None:
        offer(accounts)

        with pytest.raises(AuthError):
            accounts.founding.accept(token, **FIRST)

    def test_a_later_start_voids_the_token_of_before(self, accounts: Accounts) -> None:
        first, second = offer(accounts), offer(accounts)

        with pytest.raises(AuthError):
            accounts.founding.accept(first, **FIRST)
        accounts.founding.accept(second, **FIRST)

    def test_a_token_ends(self, accounts: Accounts, clock: Clock) -> None:
        token = offer(accounts)
        clock.pass_(86400)

        with pytest.raises(AuthError):
            accounts.founding.accept(token, **FIRST)

    def test_there_is_no_token_once_there_is_an_account(
        self, accounts: Accounts, root: Principal
    ) -> None:
        assert accounts.founding.offer() is None

    @pytest.mark.parametrize(
        ("field", "value", "detail"),
        [
            ("organization", " ", "organization is empty"),
            ("organization", "a" * 201, "organization has 201 characters; 200 are allowed"),
            ("organization", "a\0b", "the character U\\+0000"),
            ("database", "\ud800", "the character U\\+D800"),
            ("email", "nobody", "not an e-mail address"),
            ("email", "a@b@c", "not an e-mail address"),
            ("email", "a b@example.com", "not an e-mail address"),
            ("email", f"{'a' * 250}@example.com", "not an e-mail address"),
            ("password", "hunter2", "password has 7 bytes; it needs 12 to 200"),
            ("password", "é" * 101, "password has 202 bytes"),
            ("password", "\ud800" * 12, "password is not text"),
            ("password", "ROOT@example.com", "password is the name of the account"),
        ],
    )
    def test_what_cannot_be_founded_says_why_and_leaves_the_token(
        self, accounts: Accounts, field: str, value: str, detail: str
    ) -> None:
        token = offer(accounts)

        with pytest.raises(WrongDataError, match=detail) as caught:
            accounts.founding.accept(token, **{**FIRST, field: value})

        assert caught.value.error_data()["field"] == field
        assert "hunter2" not in str(caught.value.envelope())
        accounts.founding.accept(token, **FIRST)

    def test_two_organizations_have_two_names(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(DuplicatedError) as caught:
            accounts.founding.create_organization(**{**FIRST, "email": "x@example.com"})

        assert caught.value.name == "DUPLICATED_ORGANIZATION"

    def test_an_address_has_one_account(self, accounts: Accounts, root: Principal) -> None:
        with pytest.raises(DuplicatedError) as caught:
            accounts.founding.create_organization(**{**FIRST, "organization": "Second"})

        assert caught.value.error_data() == {
            "name": "DUPLICATED_ACCOUNT",
            "type": "account",
            "key": EMAIL,
        }


class TestCommandLine:
    """What whoever runs the service founds without a token."""

    def test_the_first_organization_takes_over_what_was_stored_and_voids_the_token(
        self, accounts: Accounts
    ) -> None:
        before = accounts.founding.operator()
        token = offer(accounts)

        root = accounts.founding.create_organization(**{**FIRST, "database": "default"})

        assert (root.organization, root.database) == (before.organization, before.database)
        with pytest.raises(AuthError):
            accounts.founding.accept(token, **{**FIRST, "organization": "Second"})

    def test_a_second_one_stands_beside_the_first(
        self, accounts: Accounts, root: Principal
    ) -> None:
        second = {**FIRST, "organization": "Second", "email": "second@example.com"}

        other = accounts.founding.create_organization(**second)

        login = accounts.logins.individual("second@example.com", PASSWORD, db_name="Shop")
        assert (login.principal.organization, login.principal.role) == (other.organization, "root")
        assert other.organization != root.organization
        assert other.database != root.database

    def test_the_audit_says_that_the_operator_did_it(
        self, accounts: Accounts, root: Principal
    ) -> None:
        rows, _ = accounts.audit(root)

        assert [(row.action, row.account, row.account_name) for row in reversed(rows)] == [
            ("add-organization", "", "operator"),
            ("add-database", "", "operator"),
            ("add-account", "", "operator"),
        ]

    def test_who_founds_by_token_is_in_the_audit_themselves(self, accounts: Accounts) -> None:
        root = accounts.founding.accept(offer(accounts), **FIRST)

        rows, _ = accounts.audit(root)

        assert {(row.account, row.account_name) for row in rows} == {(root.account, EMAIL)}

    def test_all_organizations_are_listed_with_all_of_their_accounts(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        for number in range(70):  # more than a page of the API
            accounts.members.create_service(other_root, f"robot {number:02}", "backend")

        first, second = accounts.founding.organizations()

        assert (first.name, second.name) == ("Acme", "Other")
        assert [one.id for one in first.accounts] == [root.account]
        assert [one.name for one in second.accounts] == [
            "other@example.com",
            *(f"robot {number:02}" for number in range(70)),
        ]
        assert "password" not in str(first.to_json())

    def test_an_organization_without_accounts_is_listed_too(self, accounts: Accounts) -> None:
        assert accounts.founding.organizations() == []
        accounts.founding.operator()

        (only,) = accounts.founding.organizations()

        assert (only.name, only.accounts) == ("local", ())


class TestOperator:
    def test_an_empty_store_gets_an_organization_and_a_database(self, accounts: Accounts) -> None:
        first = accounts.founding.operator()

        assert accounts.founding.operator() == first
        assert (first.role, first.kind, first.account_name) == ("root", "operator", "operator")
        assert first.database is not None

    def test_the_first_account_is_founded_where_the_command_line_worked(
        self, accounts: Accounts
    ) -> None:
        before = accounts.founding.operator()

        root = accounts.founding.accept(offer(accounts), **{**FIRST, "database": "default"})

        assert (root.organization, root.database) == (before.organization, before.database)
        assert accounts.founding.operator() == before

    def test_of_several_one_must_be_named(
        self, accounts: Accounts, root: Principal, other_root: Principal
    ) -> None:
        with pytest.raises(WrongDataError, match="say which organization: there is Acme, Other"):
            accounts.founding.operator()

        found = accounts.founding.operator("Other", "Shop")
        assert (found.organization, found.database) == (
            other_root.organization,
            other_root.database,
        )

    def test_what_is_not_there_is_an_error(self, accounts: Accounts, root: Principal) -> None:
        refused: list[type[ArgosyError]] = []
        for names in [("None",), ("Acme", "None")]:
            with pytest.raises(ServiceNotFoundError) as caught:
                accounts.founding.operator(*names)
            refused.append(type(caught.value))

        assert len(refused) == 2
