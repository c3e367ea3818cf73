"""The accounts of an organization: make, list, change and remove them.

Root and manager look after accounts; over root accounts only root has power, and the last of them
stays. Everybody changes their own password, with the old one; whoever runs the service replaces one
that is lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from argosy.accounts import audit
from argosy.accounts.checks import (
    check_email,
    check_name,
    check_page,
    normal_email,
    storable,
)
from argosy.accounts.ground import account_of
from argosy.accounts.logins import by_email
from argosy.accounts.passwords import check_password
from argosy.accounts.principal import ADMINISTRATORS, OPERATOR, ROLES, Principal, check_role
from argosy.accounts.sessions import end_sessions
from argosy.accounts.views import Account
from argosy.errors import AuthError, DuplicatedError, ServiceNotFoundError, WrongDataError
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from argosy.accounts.ground import Ground
    from argosy.accounts.principal import Kind
    from argosy.accounts.throttle import Throttle

_table = tables.accounts
#: A key is not a person: no service account is root.
SERVICE_ROLES = ROLES[1:]


class Members:
    """The accounts of the organization of whoever asks."""

    def __init__(self, ground: Ground, throttle: Throttle) -> None:
        self._ground = ground
        self._throttle = throttle

    def create_individual(
        self, principal: Principal, email: str, password: str, role: str
    ) -> Account:
        """Make an account that logs in by password.

        Raises ServiceForbiddenError, WrongDataError, DuplicatedError.
        """
        principal.administers(check_role(role))
        email = check_email(email)
        check_password(password, unlike=email)
        return self._create(
            principal, "individual", email, role, self._ground.passwords.hash(password)
        )

    def create_service(self, principal: Principal, name: str, role: str) -> Account:
        """Make an account that logs in by keys, which are made next.

        Raises ServiceForbiddenError, WrongDataError, DuplicatedError.
        """
        principal.administers(check_role(role, SERVICE_ROLES))
        return self._create(principal, "service", check_name(name), role, None)

    def list(
        self, principal: Principal, *, page: int = 1, amt: int = 10
    ) -> tuple[list[Account], bool]:
        """Return a page of accounts by name, and whether there are more.

        Raises ServiceForbiddenError, WrongDataError.
        """
        principal.require(*ADMINISTRATORS)
        check_page(page, amt)
        mine = select(_table).where(_table.c.organization == principal.organization)
        ordered = mine.order_by(_table.c.name, _table.c.id)
        with self._ground.store.read() as connection:
            rows = connection.execute(ordered.offset((page - 1) * amt).limit(amt + 1)).all()
        return [read_account(row) for row in rows[:amt]], len(rows) > amt

    def get(self, principal: Principal, id_: str) -> Account:
        """Return an account; everybody may see their own.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        if id_ != principal.account:
            principal.require(*ADMINISTRATORS)
        with self._ground.store.read() as connection:
            return read_account(account_of(connection, principal, id_))

    def find(self, principal: Principal, kind: str, name: str) -> Account:
        """Return the account of this kind and name; of an individual, the e-mail address.

        Raises ServiceForbiddenError, ServiceNotFoundError.
        """
        principal.require(*ADMINISTRATORS)
        known = normal_email(name) if kind == "individual" else name.strip()
        query = select(_table).where(
            _table.c.organization == principal.organization,
            _table.c.kind == kind,
            _table.c.name == storable(known),
        )
        with self._ground.store.read() as connection:
            found = connection.execute(query).first()
        if found is None:
            raise ServiceNotFoundError(type="account", key=name[:200])
        return read_account(found)

    def change(
        self,
        principal: Principal,
        id_: str,
        *,
        role: str | None = None,
        password: str | None = None,
    ) -> Account:
        """Give an account another role from its next request on, a password, or both.

        A password is for another individual account, and ends all of its sessions; where one of
        the two is refused, neither is given. Raises ServiceForbiddenError, ServiceNotFoundError,
        WrongDataError.
        """
        principal.require(*ADMINISTRATORS)
        with self._ground.store.read() as connection:
            found = account_of(connection, principal, id_)
            _check_change(connection, principal, found, role, password)
        password_hash = None if password is None else self._ground.passwords.hash(password)
        with self._ground.store.write() as connection:
            found = account_of(connection, principal, id_)
            _check_change(connection, principal, found, role, password)
            if role is not None and role != found.role:
                self._store(connection, principal, found, "change-role", {"role": role})
            if password_hash is not None:
                self._store_password(connection, principal, found, password_hash)
            return read_account(account_of(connection, principal, id_))

    def remove(self, principal: Principal, id_: str) -> None:
        """Remove an account, its keys and its sessions.

        Raises ServiceForbiddenError, ServiceNotFoundError, and WrongDataError for the last root.
        """
        principal.require(*ADMINISTRATORS)
        with self._ground.store.write() as connection:
            found = account_of(connection, principal, id_)
            principal.administers(found.role)
            _keep_a_root(connection, found)
            connection.execute(delete(_table).where(_table.c.id == id_))
            target = f"account {found.name}"
            audit.record(connection, principal, "remove-account", target, at=self._ground.now())

    def find_individual(self, email: str) -> Account:
        """Return the account of an e-mail address, of whichever organization.

        For whoever runs the service; the API does not reach this. Raises ServiceNotFoundError.
        """
        return read_account(self._individual(email))

    def reset_password(self, email: str, password: str) -> Account:
        """Give the account of an e-mail address a password, and end all of its sessions.

        For whoever runs the service; the API does not reach this. Raises ServiceNotFoundError,
        WrongDataError.
        """
        found = self._individual(email)
        operator = replace(OPERATOR, organization=found.organization)
        return self.change(operator, found.id, password=password)

    def _individual(self, email: str) -> Row[Any]:
        with self._ground.store.read() as connection:
            found = connection.execute(by_email(storable(normal_email(email)))).first()
        if found is None:
            raise ServiceNotFoundError(type="account", key=email[:200])
        return found

    def change_password(self, principal: Principal, old: str, new: str) -> None:
        """Change one's own password, and end one's other sessions.

        Raises AuthError where the old one is wrong, TooManyRequestsError, WrongDataError.
        """
        with self._ground.store.read() as connection:
            found = account_of(connection, principal, principal.account)
        _refuse_service(found)
        check_password(new, unlike=found.name)
        with self._throttle.trying(found.name):
            if not self._ground.passwords.verify(old, found.password_hash):
                with self._ground.store.write() as connection:
                    self._throttle.blame(connection, "", found.name)
                raise AuthError(detail="the old password is wrong.", name="INCORRECT_PASSWORD")
        password_hash = self._ground.passwords.hash(new)
        with self._ground.store.write() as connection:
            again = account_of(connection, principal, found.id)
            if again.password_hash != found.password_hash:
                raise WrongDataError(detail="the password was changed meanwhile.")
            self._store_password(connection, principal, again, password_hash)

    def _store_password(
        self, connection: Connection, principal: Principal, account: Row[Any], password_hash: str
    ) -> None:
        """Store a password, and end the sessions of its account but the one that asks."""
        self._throttle.forgive(connection, account.name)
        is_own = account.id == principal.account
        stays = principal.session if is_own else None
        now = self._ground.now()
        end_sessions(connection, account.id, "the password was changed", now, but=stays)
        action = "change-password" if is_own else "reset-password"
        values = {"password_hash": password_hash}
        self._store(connection, principal, account, action, values, fields=("password",))

    def _store(
        self,
        connection: Connection,
        principal: Principal,
        account: Row[Any],
        action: str,
        values: Mapping[str, str],
        fields: tuple[str, ...] = ("role",),
    ) -> None:
        now = self._ground.now()
        changed = update(_table).where(_table.c.id == account.id)
        connection.execute(changed.values(**values, modified=now))
        audit.record(connection, principal, action, f"account {account.name}", fields, at=now)

    def _create(
        self, principal: Principal, kind: Kind, name: str, role: str, password_hash: str | None
    ) -> Account:
        now = self._ground.now()
        made = Principal(principal.organization, self._ground.new_id(), name, role, kind=kind)
        fields = ("name", "role", *(("password",) if password_hash else ()))
        with self._ground.store.write() as connection:
            add_account(connection, made, password_hash, now)
            target = f"account {name}"
            audit.record(connection, principal, f"add-{kind}-account", target, fields, at=now)
            return read_account(account_of(connection, principal, made.account))


def add_account(
    connection: Connection, made: Principal, password_hash: str | None, now: float
) -> None:
    """Store an account. Raises DuplicatedError where there is one of its name."""
    same = select(_table.c.id).where(_table.c.kind == made.kind, _table.c.name == made.account_name)
    if made.kind == "service":
        same = same.where(_table.c.organization == made.organization)
    if connection.execute(same).first() is not None:
        raise DuplicatedError(type="account", key=made.account_name)
    values = {
        "id": made.account,
        "organization": made.organization,
        "kind": made.kind,
        "name": made.account_name,
        "role": made.role,
        "password_hash": password_hash,
        "created": now,
        "modified": now,
    }
    connection.execute(_table.insert().values(values))


def _check_change(
    connection: Connection,
    principal: Principal,
    account: Row[Any],
    role: str | None,
    password: str | None,
) -> None:
    """Raises ServiceForbiddenError or WrongDataError where `Members.change` is refused."""
    principal.administers(account.role)
    if role is not None:
        principal.administers(check_role(role))
        if account.kind == "service":
            check_role(role, SERVICE_ROLES)
        if role != "root":
            _keep_a_root(connection, account)
    if password is not None:
        _refuse_service(account)
        if account.id == principal.account:
            detail = "this is your own password: change it with the old one."
            raise WrongDataError(detail=detail, field="password")
        check_password(password, unlike=account.name)


def _keep_a_root(connection: Connection, account: Row[Any]) -> None:
    if account.role != "root":
        return
    roots = select(func.count()).where(
        _table.c.organization == account.organization, _table.c.role == "root"
    )
    if connection.execute(roots).scalar_one() == 1:
        raise WrongDataError(detail="the last root account of an organization stays root.")


def _refuse_service(account: Row[Any]) -> None:
    if account.kind == "service":
        raise WrongDataError(detail="a service account has keys and no password.")


def read_account(row: Row[Any]) -> Account:
    """Return the account of a row."""
    return Account(row.id, row.kind, row.name, row.role, row.created, row.modified, row.last_login)
