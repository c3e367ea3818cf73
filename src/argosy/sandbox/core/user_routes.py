"""Routes of the system, the account and its users.

Not documented, so assumed: adding, removing and changing others is for administrators; a user
may list, add and revoke keys of their own; `add` answers with what it made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from starlette.routing import Route

from argosy.sandbox.answers import json_answer
from argosy.sandbox.auth import OWNER, KeyKind
from argosy.sandbox.core.desk import Door
from argosy.sandbox.core.errors import forbidden, unauthorized
from argosy.sandbox.core.parameters import read_parameters
from argosy.sandbox.core.times import iso
from argosy.sandbox.core.users import ACCOUNT, shape

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import User
    from argosy.sandbox.core.access_control import AccessControl
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.table_changes import TableChanges
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_CORES: Final = 4


class UserRoutes:
    """Routes of the system, the account and its users."""

    def __init__(
        self,
        desk: Desk,
        users: Users,
        access: AccessControl,
        changes: TableChanges,
        foundation: Foundation,
    ) -> None:
        self._desk = desk
        self._users = users
        self._access = access
        self._store = foundation.store
        self._changes = changes
        self._tables = foundation.tables

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk, admin = self._desk, Door.ADMINISTRATOR
        return [
            Route("/v3/system/server_status", _server_status, methods=["GET"]),
            Route("/v3/user/authenticate", self.authenticate, methods=["POST"]),
            desk.get("/account/show", self.account),
            desk.get("/user/list", self.listed),
            desk.get("/user/show", self.show),
            desk.get("/user/apikey/validate", self.validate_key, Door.ANY_KEY),
            desk.get("/user/apikey/list/{user}", self.list_keys),
            desk.post("/user/apikey/add/{user}", self.add_key),
            desk.post("/user/apikey/remove/{user}", self.remove_key),
            desk.post("/user/add/{user}", self.add, admin),
            desk.post("/user/remove/{user}", self.remove, admin),
            desk.post("/user/email/change/{user}", self.change_email),
            desk.post("/user/password/change/{user}", self.change_password),
            desk.post("/user/password/change", self.change_own_password),
            desk.post("/user/delegated_admin/add/{user}", self.delegate, admin),
            desk.post("/user/delegated_admin/remove/{user}", self.end_delegation, admin),
        ]

    async def authenticate(self, request: Request) -> Response:
        """Give a key for an address and a password."""
        values = await read_parameters(request)
        user, key = self._users.signed_in(values.required("user"), values.required("password"))
        return json_answer({"user": user.email, "apikey": key})

    def account(self, _ask: Ask) -> Json:
        """Tell about the account; its plan and cores are the sandbox's own."""
        owner = self._users.find(OWNER)
        size = sum(
            self._changes.size(table)
            for database in self._tables.databases()
            for table in self._tables.every_table(database)
        )
        return {
            "account": {
                "id": ACCOUNT,
                "plan": 0,
                "presto_plan": 0,
                "storage_size": size,
                "guaranteed_cores": _CORES,
                "maximum_cores": _CORES,
                "created_at": iso(owner.created_at),
                "encrypt_start_at": None,
            }
        }

    def listed(self, _ask: Ask) -> Json:
        """Give all users."""
        return {"users": [_shown(user) for user in self._users.every()]}

    def show(self, ask: Ask) -> Json:
        """Give who asks."""
        return _shown(ask.caller.user)

    def validate_key(self, ask: Ask) -> Json:
        """Tell what the key that was sent is."""
        user = ask.caller.user
        return {
            "key_type": str(ask.caller.kind),
            "account_id": ACCOUNT,
            "user_id": int(user.id),
            "administrator": user.administrator,
        }

    def list_keys(self, ask: Ask) -> Json:
        """Give a user's keys, masked."""
        return {"apikeys": self._users.masked_keys(self._own_or_managed(ask))}

    def add_key(self, ask: Ask) -> Json:
        """Make a key."""
        user = self._own_or_managed(ask)
        kind = ask.values.text("key_type") or KeyKind.MASTER
        write_only = kind in {"write", "write-only"}
        made = self._users.add_key(user, KeyKind.WRITE_ONLY if write_only else KeyKind.MASTER)
        return {"user": user.name, "apikey": made}

    def remove_key(self, ask: Ask) -> Json:
        """Revoke a key."""
        user = self._own_or_managed(ask)
        self._users.remove_key(user, ask.values.required("apikey"))
        return {"user": user.name}

    def add(self, ask: Ask) -> Json:
        """Add a user."""
        values = ask.values
        made = self._users.add(
            ask.path["user"], values.required("email"), values.required("password")
        )
        return _shown(made)

    def remove(self, ask: Ask) -> Json:
        """Remove a user."""
        user = self._users.find(ask.path["user"])
        with self._store.transaction():
            self._users.remove(user)
            self._access.forget_user(user)
        return _shown(user)

    def change_email(self, ask: Ask) -> Json:
        """Change an address."""
        user = self._own_or_managed(ask)
        self._users.change_email(user, ask.values.required("email"))
        return _shown(self._users.find(user.id))

    def change_password(self, ask: Ask) -> Json:
        """Change a user's password."""
        user = self._own_or_managed(ask)
        self._users.change_password(user, ask.values.required("password"))
        return {"user": user.name}

    def change_own_password(self, ask: Ask) -> Json:
        """Change one's own password, which must be known if there is one."""
        user = ask.caller.user
        old = ask.values.text("old_password") or ""
        if user.password is not None and not self._users.has_password(user, old):
            raise unauthorized()
        self._users.change_password(user, ask.values.required("password"))
        return {"user": user.name}

    def delegate(self, ask: Ask) -> Json:
        """Make a user a delegated administrator."""
        return self._delegated(ask, is_delegated=True)

    def end_delegation(self, ask: Ask) -> Json:
        """Make a user no longer a delegated administrator."""
        return self._delegated(ask, is_delegated=False)

    def _delegated(self, ask: Ask, *, is_delegated: bool) -> Json:
        user = self._users.find(ask.path["user"])
        self._users.change(replace(user, delegated_admin=is_delegated))
        return {"user_email": user.email, "delegated_admin": is_delegated}

    def _own_or_managed(self, ask: Ask) -> User:
        user = self._users.find(ask.path["user"])
        if user.id != ask.caller.user.id and not ask.caller.user.administrator:
            raise forbidden("manage other users")
        return user


def _shown(user: User) -> dict[str, Json]:
    times = {"created_at": iso(user.created_at), "updated_at": iso(user.updated_at)}
    return shape(user) | times


async def _server_status(_request: Request) -> Response:
    return json_answer({"status": "ok"})
