"""The core API's part of a seed.

    {"users": [{"name": "Ada Byron", "email": "ada@example.com", "administrator": false,
                "password": "…", "databases": {"shop": "query_only"},
                "keys": [{"key": "1/ada", "kind": "master"}]}],
     "connections": [{"id": "501", "name": "warehouse", "url": "s3://bucket/path"}],
     "savedQueries": [{"name": "daily_orders", "type": "presto", "database": "shop",
                       "query": "SELECT …", "cron": "@daily", "timezone": "Asia/Tokyo",
                       "delay": 60, "priority": 0, "retryLimit": 0, "result": "td://…",
                       "user": "ada@example.com"}],
     "jobs": [{"type": "presto", "database": "shop", "query": "SELECT …", "at": 1700000000,
               "savedQuery": "daily_orders", "user": "ada@example.com"}]}

A user's `databases` are permissions by database, or by `*` for all: administrator, full_access,
import_only, query_only. A user without `keys` gets the two that every user has. Jobs are the
history: each is from the epoch `at` and gets its result when the sandbox is first asked
something. Databases that saved queries and jobs name must be in the seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from argosy.sandbox.auth import ALL_DATABASES, OWNER, RIGHTS, KeyKind
from argosy.sandbox.core.errors import CoreError
from argosy.sandbox.core.jobs import ENGINES, JobOptions
from argosy.sandbox.records.models import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.auth import User
    from argosy.sandbox.core.connections import Connections
    from argosy.sandbox.core.jobs import Jobs
    from argosy.sandbox.core.saved_queries import SavedQueries
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node

MEMBERS: Final = ("users", "connections", "savedQueries", "jobs")

_USER: Final = ("name", "email", "administrator", "password", "databases", "keys")
_CONNECTION: Final = ("id", "name", "url")
_QUERY: Final = (
    "name",
    "type",
    "database",
    "query",
    "cron",
    "timezone",
    "delay",
    "priority",
    "retryLimit",
    "result",
    "user",
)
_JOB: Final = ("type", "database", "query", "at", "savedQuery", "user")
_LAST_SECOND: Final = 99_999_999_999
_LONGEST_DELAY: Final = 366 * 86_400


class Seeding:
    """Plant users, connections, saved queries and jobs."""

    def __init__(
        self,
        foundation: Foundation,
        users: Users,
        connections: Connections,
        queries: SavedQueries,
        jobs: Jobs,
    ) -> None:
        self._tables = foundation.tables
        self._clock = foundation.clock
        self._users = users
        self._connections = connections
        self._queries = queries
        self._jobs = jobs

    def plant(self, seed: Mapping[str, Node]) -> None:
        """Plant the members of a seed; raise ShapeError where one is wrong."""
        planters = (
            ("users", self._plant_user),
            ("connections", self._plant_connection),
            ("savedQueries", self._plant_query),
            ("jobs", self._plant_job),
        )
        for name, plant_one in planters:
            for node in seed[name].items() if name in seed else ():
                try:
                    plant_one(node)
                except CoreError as error:
                    node.refuse(error.message)

    def _plant_user(self, node: Node) -> None:
        members = node.members(*_USER)
        permitted = members["databases"].members() if "databases" in members else {}
        databases = {name: one.choice(RIGHTS) for name, one in permitted.items()}
        for name, one in permitted.items():
            if name != ALL_DATABASES:
                self._check_database(one, name)
        password = members["password"].text() if "password" in members else None
        made = self._users.add(
            node.required("name").text(),
            node.required("email").text(),
            password,
            administrator=_truth(members.get("administrator")),
        )
        self._users.change(replace(made, databases=databases))
        if "keys" in members:
            self._plant_keys(made, members["keys"])

    def _plant_keys(self, user: User, node: Node) -> None:
        for key in self._users.masked_keys(user):
            self._users.remove_key(user, key)
        for one in node.items():
            one.members("key", "kind")
            kind = one.required("kind").choice(list(KeyKind))
            key = one.required("key").text(r"[!-~]{1,200}", "text without spaces")
            self._users.add_key(user, KeyKind(kind), key)

    def _plant_connection(self, node: Node) -> None:
        members = node.members(*_CONNECTION)
        key = members["id"].digits() if "id" in members else None
        self._connections.create(node.required("name").text(), node.required("url").text(), key)

    def _plant_query(self, node: Node) -> None:
        members = node.members(*_QUERY)
        user = self._user(members)
        facts: dict[str, Any] = {
            "type": node.required("type").choice(ENGINES),
            "database": self._database(node.required("database")),
            "query": node.required("query").text(),
            "cron": _text(members.get("cron")),
            "timezone": _text(members.get("timezone")) or "UTC",
            "delay": _whole(members.get("delay"), 0, _LONGEST_DELAY),
            "priority": _whole(members.get("priority"), -2, 2),
            "retry_limit": _whole(members.get("retryLimit"), 0, 32),
            "result": _text(members.get("result")),
            "connection": None,
            "connection_settings": {},
            "pool_name": None,
            "engine_version": None,
            "user": user.id,
        }
        self._queries.create(node.required("name").text(), user, facts)

    def _plant_job(self, node: Node) -> None:
        members = node.members(*_JOB)
        at = members["at"].number(0, _LAST_SECOND) if "at" in members else self._clock.now()
        saved = _text(members.get("savedQuery"))
        schedule = None if saved is None else self._queries.named(saved).id
        job = self._jobs.record(
            node.required("type").choice(ENGINES),
            self._database(node.required("database")),
            self._user(members),
            query=node.required("query").text(),
            options=JobOptions(created_at=at, scheduled_time=int(at), schedule=schedule),
        )
        self._jobs.run_later_at(job, at)

    def _user(self, members: Mapping[str, Node]) -> User:
        return self._users.find(members["user"].text() if "user" in members else OWNER)

    def _database(self, node: Node) -> str:
        name = node.text(NAME, f"a name that matches ^{NAME}$")
        self._check_database(node, name)
        return name

    def _check_database(self, node: Node, name: str) -> None:
        if not self._tables.has_database(name):
            node.refuse(f"the seed has no database {name!r}.")


def _text(node: Node | None) -> str | None:
    return None if node is None or node.value is None else node.text()


def _truth(node: Node | None) -> bool:
    if node is None:
        return False
    if not isinstance(node.value, bool):
        node.refuse("true or false is needed here.")
    return node.value


def _whole(node: Node | None, least: int, most: int) -> int:
    return 0 if node is None else node.whole(least, most)
