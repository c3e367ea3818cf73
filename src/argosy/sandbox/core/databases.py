"""Databases of the core API: list, show, create, delete.

Not documented, so assumed: a database is made by administrators and by users who may edit
every database, and its maker becomes its administrator; a delete-protected one answers 403.
`count` is the number of rows in the database, which is how the vendor's clients show it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from argosy.sandbox.auth import ALL_DATABASES, RIGHTS
from argosy.sandbox.core.errors import (
    LONGEST_NAME,
    SHORTEST_NAME,
    CoreError,
    already_there,
    forbidden,
)
from argosy.sandbox.core.times import spaced
from argosy.sandbox.store import RESERVED

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import Caller
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.table_changes import TableChanges
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Database

_NAME: Final = re.compile(r"[a-z0-9_]+")


class Databases:
    """The databases, with the rules of the core API."""

    def __init__(self, foundation: Foundation, changes: TableChanges, users: Users) -> None:
        self._store = foundation.store
        self._tables = foundation.tables
        self._changes = changes
        self._users = users

    def create(self, name: str, maker: str | None = None) -> Database:
        """Make a database; its maker, a user's id, becomes its administrator."""
        check_name(name)
        if name in RESERVED:
            raise CoreError(400, f"The sandbox cannot have a database named {name}.")
        if self._tables.has_database(name):
            raise already_there("Database", name)
        with self._store.transaction():
            made = self._tables.create_database(name)
            if maker is not None:
                self._users.permit(maker, name, "administrator")
        return made

    def delete(self, database: Database) -> None:
        """Delete a database with its tables, also the deleted ones, and what users may do."""
        if database.delete_protected:
            raise CoreError(403, f"Database {database.name} is delete protected")
        with self._store.transaction():
            self._changes.forget_deleted(database)
            self._tables.drop_database(database.name)
            self._users.forget_database(database.name)

    def count(self, database: str) -> int:
        """Count the rows in a database."""
        return sum(self._tables.count(database, name) for name in self._tables.tables(database))


class DatabaseRoutes:
    """Routes of databases."""

    def __init__(self, desk: Desk, databases: Databases, foundation: Foundation) -> None:
        self._desk = desk
        self._databases = databases
        self._tables = foundation.tables

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk = self._desk
        return [
            desk.get("/database/list", self.listed),
            desk.get("/database/show/{database}", self.show),
            desk.post("/database/create/{database}", self.create),
            desk.post("/database/delete/{database}", self.delete),
        ]

    def listed(self, ask: Ask) -> Json:
        """Give the databases that the caller has any right on."""
        databases = sorted(self._tables.every_database(), key=lambda one: one.name)
        wanted = ask.values.flag("require_permissions")
        return {
            "databases": [
                self._shape(one, ask.caller, with_permissions=wanted)
                for one in databases
                if ask.caller.has_any(one.name)
            ]
        }

    def show(self, ask: Ask) -> Json:
        """Give one database."""
        found = self._desk.database(ask.caller, ask.path["database"])
        wanted = ask.values.flag("require_permissions")
        shape = self._shape(found, ask.caller, with_permissions=wanted)
        return shape | {"id": found.id, "datatank": False}

    def create(self, ask: Ask) -> Json:
        """Make a database."""
        user = ask.caller.user
        if not ask.caller.may("edit", ALL_DATABASES):
            raise forbidden("create databases")
        maker = None if user.administrator else user.id
        return {"database": self._databases.create(ask.path["database"], maker).name}

    def delete(self, ask: Ask) -> Json:
        """Delete a database and everything in it."""
        found = self._desk.database(ask.caller, ask.path["database"], "delete")
        self._databases.delete(found)
        return {"database": found.name}

    def _shape(
        self, database: Database, caller: Caller, *, with_permissions: bool
    ) -> dict[str, Json]:
        shape: dict[str, Json] = {
            "name": database.name,
            "count": self._databases.count(database.name),
            "created_at": spaced(database.created_at),
            "updated_at": spaced(database.updated_at),
            "organization": None,
            "permission": caller.permission(database.name) or _word_for(caller, database.name),
            "delete_protected": database.delete_protected,
        }
        if with_permissions:
            rights = caller.rights(database.name)
            every = sorted(RIGHTS["administrator"])
            shape["database_permissions"] = {right: right in rights for right in every}
        return shape


def _word_for(caller: Caller, database: str) -> str:
    """Give the narrowest word for rights that come from policies (assumption: as for others)."""
    rights = caller.rights(database)
    fitting = (word for word, every in RIGHTS.items() if rights <= every)
    return min(fitting, key=lambda word: len(RIGHTS[word]), default="administrator")


def check_name(name: str) -> None:
    """Refuse a name that no database or table can have, with 400 as the vendor does."""
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        text = f"Name must be {SHORTEST_NAME} to {LONGEST_NAME} characters"
        raise CoreError(400, f"{text}, got {len(name)} characters. name = '{name[:300]}'")
    if not _NAME.fullmatch(name):
        raise CoreError(
            400, f"Name must only consist of lower-case letters, digits and '_': {name!r}"
        )
