"""Every change leaves a row, no row holds a value, and nothing stored holds a secret."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from argosy.accounts import Accounts, Principal, audit
from argosy.accounts.ground import Ground
from argosy.errors import ArgosyError, ServiceForbiddenError
from argosy.store import KeyRing, Store, credentials_context, tables
from tests.accounts.conftest import EMAIL, KEY, PASSWORD, START, Clock
from tests.databases import postgres
from tests.store.rows import add_connection, add_organization

NEW_PASSWORD = "planted second password"
THIRD_PASSWORD = "planted third password"


def actions(accounts: Accounts, root: Principal) -> list[tuple[str, str, tuple[str, ...]]]:
    rows, _ = accounts.audit(root, amt=64)
    return [(row.action, row.target, row.fields) for row in reversed(rows)]


def test_every_change_leaves_a_row(accounts: Accounts, root: Principal, clock: Clock) -> None:
    made = accounts.members.create_individual(root, "a@example.com", PASSWORD, "backend")
    robot = accounts.members.create_service(root, "robot", "backend")
    key, _ = accounts.keys.create(root, robot.id)
    accounts.keys.expire(root, key.id, START + 9)
    accounts.keys.revoke(root, key.id)
    accounts.members.change(root, made.id, role="manager")
    accounts.members.change(root, made.id, password=NEW_PASSWORD)
    login = accounts.logins.individual("a@example.com", NEW_PASSWORD)
    accounts.members.change_password(login.principal, NEW_PASSWORD, THIRD_PASSWORD)
    accounts.sessions.revoke(login.principal, str(login.principal.session))
    accounts.sessions.revoke_all(root, made.id)
    database = accounts.databases.create(root, "Attic")
    accounts.databases.remove(root, database.id)
    accounts.members.remove(root, made.id)

    assert actions(accounts, root) == [
        ("add-organization", "organization Acme", ("name",)),
        ("add-database", "database Shop", ("name",)),
        ("add-account", f"account {EMAIL}", ("name",)),
        ("add-individual-account", "account a@example.com", ("name", "role", "password")),
        ("add-service-account", "account robot", ("name", "role")),
        ("add-service-key", f"key {key.id} of robot", ("description", "expires")),
        ("expire-service-key", f"key {key.id} of robot", ("expires",)),
        ("revoke-service-key", f"key {key.id} of robot", ("revoked",)),
        ("change-role", "account a@example.com", ("role",)),
        ("reset-password", "account a@example.com", ("password",)),
        ("log-in", "account a@example.com", ()),
        ("change-password", "account a@example.com", ("password",)),
        ("revoke-session", f"session {login.principal.session} of a@example.com", ()),
        ("revoke-all-sessions", "account a@example.com", ()),
        (
            "add-database",
            "database Attic",
            ("name", "description", "item_id_type", "user_id_type"),
        ),
        ("remove-database", "database Attic", ()),
        ("remove-account", "account a@example.com", ()),
    ]


def test_a_row_says_who_and_when(accounts: Accounts, root: Principal, clock: Clock) -> None:
    clock.pass_(5)
    accounts.databases.create(root, "Attic")

    rows, more = accounts.audit(root, amt=1)

    assert more
    assert rows[0].to_json() == {
        "id": rows[0].id,
        "timestamp": START + 5,
        "account": {"id": root.account, "name": EMAIL},
        "action": "add-database",
        "target": "database Attic",
        "fields": ["name", "description", "item_id_type", "user_id_type"],
    }


def test_pages_join_without_a_gap(accounts: Accounts, root: Principal) -> None:
    for number in range(7):
        accounts.databases.create(root, f"Attic {number}")

    pages = [accounts.audit(root, page=page, amt=4) for page in (1, 2, 3, 4)]

    ids = [row.id for rows, _ in pages for row in rows]
    assert ids == sorted(ids, reverse=True)
    assert [len(rows) for rows, _ in pages] == [4, 4, 2, 0]
    assert [more for _, more in pages] == [True, True, False, False]


def test_a_login_that_fails_is_written_down_where_there_is_the_account(
    accounts: Accounts, root: Principal
) -> None:
    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(ArgosyError):
            accounts.logins.individual(email, "wrong horse battery")

    assert actions(accounts, root)[3:] == [("refuse-login", f"account {EMAIL}", ())]


def test_a_change_that_fails_leaves_no_row(
    accounts: Accounts, root: Principal, store: Store
) -> None:
    before = actions(accounts, root)

    def break_off() -> None:
        with store.write() as connection:
            audit.record(connection, root, "put-connection", "connection S3", at=START)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert actions(accounts, root) == before


def test_a_change_whose_row_cannot_be_written_is_not_made(
    accounts: Accounts, root: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(audit, "record", fail)

    with pytest.raises(ZeroDivisionError):
        accounts.databases.create(root, "Attic")

    assert [one.name for one in accounts.databases.list(root)[0]] == ["Shop"]


def test_rows_of_a_rotation_name_the_operator(
    accounts: Accounts, root: Principal, store: Store, ring: KeyRing, clock: Clock
) -> None:
    new = KeyRing([bytes(range(100, 132)), KEY])
    with store.write() as connection:
        connection.execute(
            tables.connections.insert().values(
                organization=root.organization,
                name="S3",
                type="S3",
                credentials=ring.encrypt(b"{}", credentials_context(root.organization, "S3", "S3")),
                key_id=ring.ids[0],
                metadata={},
                created=1.0,
                modified=1.0,
            )
        )

    rotation = Accounts(store, new, now=clock).rotate_keys()

    row = accounts.audit(root, amt=1)[0][0]
    assert rotation.done == 1
    assert (row.action, row.target, row.account_name) == ("rotate-key", "connection S3", "operator")


class TestPlantedSecrets:
    """All operations, good and bad, with secrets that are looked for afterwards."""

    @pytest.fixture(autouse=True)
    def _logs(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def run_all(self, accounts: Accounts, store: Store, ring: KeyRing) -> Iterator[str]:
        """Do all there is to do; yield each secret, and keep what is said on the way."""
        self.said: list[str] = []
        set_up = str(accounts.founding.offer())
        yield set_up
        first = {"organization": "Acme", "email": EMAIL, "database": "Shop"}
        root = accounts.founding.accept(set_up, password=PASSWORD, **first)
        yield PASSWORD
        made = accounts.members.create_individual(root, "a@example.com", NEW_PASSWORD, "backend")
        yield NEW_PASSWORD
        robot = accounts.members.create_service(root, "robot", "backend")
        entry, key = accounts.keys.create(root, robot.id)
        yield key
        logins = [
            accounts.logins.individual(EMAIL, PASSWORD),
            accounts.logins.individual("a@example.com", NEW_PASSWORD),
            accounts.logins.service("robot", key),
        ]
        logins += [accounts.logins.refresh(login.refresh_token) for login in logins]
        accounts.members.change_password(logins[1].principal, NEW_PASSWORD, THIRD_PASSWORD)
        yield THIRD_PASSWORD
        for login in logins:
            yield login.token
            yield login.refresh_token
        accounts.keys.revoke(root, entry.id)
        with store.write() as connection:
            add_organization(connection, "acme")
            add_connection(connection, ring, "S3", "planted secret of S3")
        yield "planted secret of S3"
        accounts.rotate_keys()
        failing: list[Callable[[], object]] = [
            lambda: accounts.logins.individual(EMAIL, "planted wrong password"),
            lambda: accounts.logins.individual("planted as a name", "x"),
            lambda: accounts.logins.service("robot", key),
            lambda: accounts.logins.service("other", "planted wrong key"),
            lambda: accounts.logins.refresh("planted wrong refresh token"),
            lambda: accounts.identify("planted.wrong.token"),
            lambda: accounts.founding.accept(set_up, password=PASSWORD, **first),
            lambda: accounts.members.change(root, made.id, password="planted é"),
            lambda: accounts.members.change_password(root, "planted old one", "x" * 20),
        ]
        for fail in failing:
            with pytest.raises(ArgosyError) as caught:
                fail()
            self.said.append(f"{caught.value.to_json()} {caught.value!r}")
            self.said += traceback.format_exception_only(caught.value)
        self.said += [repr(one) for one in (accounts, store, ring, logins, entry, made, root)]
        self.said += [str(accounts.audit(root, amt=64)), str(accounts.sessions.list(root))]
        yield "planted"

    def stored(self, store: Store, url: str) -> bytes:
        """Return every byte that the database holds."""
        if store.database == "postgresql":
            return postgres().dump(url)
        folder = Path(str(store.folder))
        return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())

    def test_no_secret_is_stored_said_or_logged(
        self,
        accounts: Accounts,
        store: Store,
        ring: KeyRing,
        url: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        secrets = [*self.run_all(accounts, store, ring), KEY.hex()]

        stored = self.stored(store, url)
        said = "\n".join(self.said) + caplog.text

        assert EMAIL.encode() in stored
        assert EMAIL in said
        assert [secret for secret in secrets if secret.encode() in stored] == []
        assert [secret for secret in secrets if secret in said] == []
        assert KEY not in stored


def test_other_roles_do_not_read_it(accounts: Accounts, root: Principal) -> None:
    with pytest.raises(ServiceForbiddenError):
        accounts.audit(Principal(root.organization, root.account, EMAIL, "backend"))


def test_two_organizations_see_their_own_rows(
    accounts: Accounts, root: Principal, other_root: Principal
) -> None:
    for one in (root, other_root):
        accounts.databases.create(one, "Attic")

    mine, theirs = (accounts.audit(one, amt=64)[0] for one in (root, other_root))

    # the operator, who is of no account, has founded both
    assert {row.account for row in mine} == {"", root.account}
    assert {row.account for row in theirs} == {"", other_root.account}
    assert {row.id for row in mine}.isdisjoint(row.id for row in theirs)


def test_the_ground_of_the_accounts_shows_no_key(accounts: Accounts) -> None:
    ground = accounts._ground

    assert isinstance(ground, Ground)
    assert KEY.hex() not in repr(ground)
    assert repr(KEY) not in repr(ground)


def test_nothing_changes_rows_of_the_audit() -> None:
    package = Path(audit.__file__).parents[1]
    sources = [
        file.read_text()
        for name in ("accounts", "store")
        for file in (package / name).rglob("*.py")
    ]

    assert len(sources) > 20
    assert not any(
        f"{verb}(tables.audit" in text for text in sources for verb in ("update", "delete")
    )


def test_the_ids_of_rows_are_never_used_again(store: Store) -> None:
    table = tables.audit
    row = {"at": 1.0, "account_name": "x", "action": "a", "target": "t", "fields": []}
    with store.write() as connection:
        for _ in range(2):
            connection.execute(table.insert().values(row))
        connection.execute(table.delete())
        connection.execute(table.insert().values(row))

    with store.read() as connection:
        assert connection.execute(select(func.max(table.c.id))).scalar_one() == 3
