"""Who may do what: users, their API keys, and what a key lets its holder do.

The vendor has master keys (everything the user may do) and write-only keys (import only). A
user has a permission for each database; an administrator may do everything. The settings'
keys belong to the account's owner (user 1) and, for `query_only_keys`, to a reader (user 2);
more users come by seed or through the users' API. A missing, malformed or unknown key is 401
everywhere, in each family's own words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, field
from msgspec.structs import asdict

from argosy.sandbox.answers import CodeMessageError

if TYPE_CHECKING:
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Settings

Permission = Literal["administrator", "full_access", "import_only", "query_only"]
Right = Literal["edit", "delete", "query", "import", "download"]

OWNER: Final = "1"
READER: Final = "2"
ALL_DATABASES: Final = "*"
RIGHTS: Final[dict[str, frozenset[Right]]] = {
    "administrator": frozenset({"edit", "delete", "query", "import", "download"}),
    "full_access": frozenset({"edit", "query", "import", "download"}),
    "import_only": frozenset({"import"}),
    "query_only": frozenset({"query", "download"}),
}
"""What each permission on a database allows (assumption: the vendor lists the words only)."""
_IMPORT_ONLY: Final[frozenset[Right]] = frozenset({"import"})

_UNKNOWN: Final = (
    "Unauthorized; the header 'Authorization: TD1 <API key>' with a known key is needed."
)
_NEEDS_MASTER: Final = "Unauthorized; a TD Master API Key is needed as 'TD1 <master key>'."


class KeyKind(StrEnum):
    """What a key lets its holder do."""

    MASTER = "master"
    WRITE_ONLY = "write-only"


class User(Struct, frozen=True):
    """A user of the account; `databases` has permissions by database name, or by `*` for all.

    `granted` has the rights that come from access control policies, by the same names.
    `password` is a salted hash.
    """

    id: str
    name: str
    email: str
    administrator: bool
    account_owner: bool
    created_at: float
    updated_at: float
    databases: dict[str, str] = field(default_factory=dict)
    password: str | None = None
    granted: dict[str, list[Right]] = field(default_factory=dict)
    delegated_admin: bool = False


class Caller(Struct, frozen=True):
    """Who a request is from, by its key."""

    user: User
    kind: KeyKind

    @property
    def is_master(self) -> bool:
        """Say whether the key may do more than import."""
        return self.kind is KeyKind.MASTER

    def permission(self, database: str) -> str | None:
        """Give the word for what the user may do with a database; None for nothing."""
        if self.user.administrator:
            return "administrator"
        databases = self.user.databases
        return databases.get(database) or databases.get(ALL_DATABASES)

    def may(self, right: Right, database: str) -> bool:
        """Say whether the key's holder has a right on a database."""
        return right in self.rights(database)

    def rights(self, database: str) -> frozenset[Right]:
        """Give all rights that the key's holder has on a database."""
        granted = self.user.granted
        held = RIGHTS.get(self.permission(database) or "", frozenset()).union(
            granted.get(database, ()), granted.get(ALL_DATABASES, ())
        )
        return held if self.is_master else held & _IMPORT_ONLY

    def has_any(self, database: str) -> bool:
        """Say whether the key's holder has any right on a database."""
        return bool(self.rights(database))


class Doorkeeper:
    """Tell by an API key who a request is from, and keep the users and keys."""

    def __init__(self, settings: Settings, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._settings = settings
        self._clock = clock
        self._holders: dict[str, Caller] = {}
        documents.watch(("api-key", "user"), self._holders.clear)

    def plant(self) -> None:
        """Make sure that the settings' keys, and no earlier ones of theirs, are there."""
        settings = self._settings
        for key in self._documents.every("api-key"):
            if key["is_set"]:
                self._documents.remove("api-key", key["id"])
        self._provide(OWNER, "Sandbox", administrator=True)
        self.add_key(OWNER, KeyKind.MASTER, settings.master_key, is_set=True)
        self.add_key(OWNER, KeyKind.WRITE_ONLY, settings.write_key, is_set=True)
        if settings.query_only_keys:
            self._provide(READER, "Reader", administrator=False)
        for key in settings.query_only_keys:
            self.add_key(READER, KeyKind.MASTER, key, is_set=True)

    def _provide(self, key: str, name: str, *, administrator: bool) -> None:
        now = self._clock.now()
        email = f"{name.lower()}@example.com"
        databases = {} if administrator else {ALL_DATABASES: "query_only"}
        user = User(key, name, email, administrator, administrator, now, now, databases)
        if self._documents.find("user", key) is None:
            self._documents.add("user", "0", {key: asdict(user)})

    def add_key(self, user: str, kind: KeyKind, key: str, *, is_set: bool = False) -> None:
        """Give a user one more key, which no one may have yet."""
        made = self._documents.new_id("api-key")
        document = {"id": made, "name": key, "kind": kind, "user": user, "is_set": is_set}
        self._documents.add("api-key", user, {made: document})

    def caller(self, authorization: str | None) -> Caller | None:
        """Tell who a request is from by its Authorization header; None for nobody known."""
        scheme, _, key = (authorization or "").partition(" ")
        return self.holder(key.strip()) if scheme == "TD1" else None

    def holder(self, key: str) -> Caller | None:
        """Tell who holds a key; None for nobody."""
        if key in self._holders:
            return self._holders[key]
        found = self._documents.named("api-key", key)
        user = None if found is None else self._documents.find("user", found["user"])
        if found is None or user is None:
            return None
        self._holders[key] = Caller(User(**user), KeyKind(found["kind"]))
        return self._holders[key]

    def known(self, authorization: str | None) -> Caller:
        """Give who a request is from; raise the `{code, message}` 401 answer for nobody."""
        caller = self.caller(authorization)
        if caller is None:
            raise CodeMessageError(401, "unauthorized", _UNKNOWN)
        return caller

    def allow_import(self, authorization: str | None, database: str) -> Caller:
        """Let in whoever may import records; raise the 401 or 403 answer otherwise."""
        caller = self.known(authorization)
        if not caller.may("import", database):
            raise CodeMessageError(403, "forbidden", "This API key has no write access.")
        return caller

    def allow_cdp(self, authorization: str | None) -> Caller:
        """Let in whoever may use the CDP API; raise the 401 answer otherwise."""
        caller = self.known(authorization)
        if not caller.is_master:
            status = self._settings.write_key_on_cdp
            raise CodeMessageError(status, "unauthorized", _NEEDS_MASTER)
        return caller
