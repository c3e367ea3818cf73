"""Users of the account and their API keys.

The vendor shows a key to whoever may list keys; the sandbox shows one only when it is made and
to whoever signs in with its password. Lists have a masked form, which is also what may be given
to revoke a key, so that a client can still work from a list. Passwords are kept as salted
hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict, replace

from argosy.sandbox.auth import KeyKind, User
from argosy.sandbox.core.errors import (
    CoreError,
    already_there,
    invalid,
    not_found,
    unauthorized,
)

if TYPE_CHECKING:
    from argosy.sandbox.auth import Right
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

ACCOUNT: Final = 1
"""The number of the only account there is."""

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_KEY_DIGITS: Final = 40
_SHOWN_DIGITS: Final = 6
_ROUNDS: Final = 1000
_NO_PARENT: Final = "0"


class Users:
    """The users and keys of a store."""

    def __init__(self, foundation: Foundation) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._doorkeeper = foundation.doorkeeper
        self._clock = foundation.clock
        self._randomness = foundation.randomness

    def every(self) -> list[User]:
        """Give all users, oldest first."""
        return [User(**document) for document in self._documents.every("user")]

    def find(self, key: str) -> User:
        """Give a user by id, name or e-mail address; raise the 404 answer."""
        document = self._documents.find("user", key) or self._documents.named("user", key)
        if document is not None:
            return User(**document)
        for user in self.every():
            if user.email == key:
                return user
        raise not_found("User", key)

    def add(
        self, name: str, email: str, password: str | None = None, *, administrator: bool = False
    ) -> User:
        """Add a user with a master key and a write-only key, as the vendor does."""
        self._check(name, email)
        now = self._clock.now()
        key = self._documents.new_id("user")
        hashed = None if password is None else self._hashed(password)
        made = User(key, name, email, administrator, False, now, now, {}, hashed)
        with self._store.transaction():
            self._documents.add("user", _NO_PARENT, {key: asdict(made)})
            self.add_key(made, KeyKind.MASTER)
            self.add_key(made, KeyKind.WRITE_ONLY)
        return made

    def _check(self, name: str, email: str, but: str | None = None) -> None:
        if not name.strip() or len(name) > 255:
            raise invalid("Validation failed: Name is too short")
        if not _EMAIL.fullmatch(email):
            raise invalid("Validation failed: Email is invalid")
        for user in self.every():
            if user.id != but and (user.email == email or user.name == name):
                raise already_there("User", email if user.email == email else name)

    def remove(self, user: User) -> None:
        """Remove a user with all keys; the account's owner stays."""
        if user.account_owner:
            raise CoreError(403, "The account owner is not authorized to be removed.")
        with self._store.transaction():
            for key in self._documents.every("api-key", user.id):
                self._documents.remove("api-key", key["id"])
            self._documents.remove("user", user.id)

    def change(self, user: User) -> User:
        """Keep other facts about a user."""
        changed = replace(user, updated_at=self._clock.now())
        self._documents.replace("user", user.id, _NO_PARENT, asdict(changed))
        return changed

    def change_email(self, user: User, email: str) -> None:
        """Give a user another e-mail address, which no one may have yet."""
        self._check(user.name, email, but=user.id)
        self.change(replace(user, email=email))

    def change_password(self, user: User, password: str) -> None:
        """Give a user another password."""
        self.change(replace(user, password=self._hashed(password)))

    def has_password(self, user: User, password: str) -> bool:
        """Say whether this is a user's password; one without a password has none."""
        if user.password is None:
            return False
        salt, _, digest = user.password.partition(":")
        return hmac.compare_digest(digest, _digest(password, salt))

    def signed_in(self, email: str, password: str) -> tuple[User, str]:
        """Give the user of an address and password with a master key; raise the 401 answer."""
        for user in self.every():
            if email in {user.email, user.name} and self.has_password(user, password):
                return user, self._master_key(user)
        raise unauthorized()

    def _master_key(self, user: User) -> str:
        for key in self._documents.every("api-key", user.id):
            if key["kind"] == KeyKind.MASTER:
                return str(key["name"])
        return self.add_key(user, KeyKind.MASTER)

    def add_key(self, user: User, kind: KeyKind, key: str | None = None) -> str:
        """Give a user one more key, a random one or a chosen one, and tell it this once."""
        if key is None:
            digits = (self._randomness.uuid() + self._randomness.uuid()).replace("-", "")
            key = f"{ACCOUNT}/{digits[:_KEY_DIGITS]}"
        elif self._documents.named("api-key", key) is not None:
            raise invalid("Validation failed: the key is in use")
        self._doorkeeper.add_key(user.id, kind, key)
        return key

    def masked_keys(self, user: User) -> list[str]:
        """Give a user's keys with all but their beginnings hidden."""
        return [masked_key(key["name"]) for key in self._documents.every("api-key", user.id)]

    def remove_key(self, user: User, key: str) -> None:
        """Revoke a key of a user's, named in full or as lists show it."""
        for found in self._documents.every("api-key", user.id):
            if key in {found["name"], masked_key(found["name"])}:
                self._documents.remove("api-key", found["id"])
                return
        raise CoreError(404, "Couldn't find the API key")

    def permit(self, user: str, database: str, permission: str) -> None:
        """Give a user, by id, a permission on a database."""
        found = self.find(user)
        self.change(replace(found, databases=found.databases | {database: permission}))

    def grant(self, user: User, rights: dict[str, list[Right]]) -> None:
        """Give a user exactly these rights from policies, by database."""
        if rights != user.granted:
            self.change(replace(user, granted=rights))

    def forget_database(self, database: str) -> None:
        """Take all permissions on a database from everyone: another may get its name."""
        for user in self.every():
            if database in user.databases or database in user.granted:
                databases = {key: one for key, one in user.databases.items() if key != database}
                granted = {key: one for key, one in user.granted.items() if key != database}
                self.change(replace(user, databases=databases, granted=granted))

    def _hashed(self, password: str) -> str:
        if not password:
            raise invalid("Validation failed: Password is too short")
        salt = self._randomness.uuid()
        return f"{salt}:{_digest(password, salt)}"


def masked_key(key: str) -> str:
    """Hide a key but for its account and a few digits, enough to tell keys apart."""
    account, slash, digits = key.partition("/")
    shown = digits[:_SHOWN_DIGITS] if len(digits) == _KEY_DIGITS else digits[:1]
    return f"{account}{slash}{shown}{'*' * (len(digits) - len(shown))}"


def shape(user: User) -> dict[str, Json]:
    """Give a user as it is answered, but for times, which the routes write."""
    digest = hashlib.md5(user.email.strip().lower().encode(), usedforsecurity=False).hexdigest()
    return {
        "id": int(user.id),
        "name": user.name,
        "email": user.email,
        "first_name": user.name.partition(" ")[0],
        "last_name": user.name.partition(" ")[2] or None,
        "phone": None,
        "gravatar_url": f"https://www.gravatar.com/avatar/{digest}",
        "organization": None,
        "roles": [],
        "administrator": user.administrator,
        "account_owner": user.account_owner,
        "delegated_admin": user.delegated_admin,
    }


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS).hex()
