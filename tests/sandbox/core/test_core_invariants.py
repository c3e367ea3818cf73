"""Ten thousand random steps over the models keep the catalogue and DuckDB the same."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from argosy.sandbox.answers import VendorError
from argosy.sandbox.auth import User
from argosy.sandbox.clock import Clock
from argosy.sandbox.settings import Settings
from argosy.sandbox.state import State

STEPS = 10_000
CHECKED_EVERY = 250
DATABASES = ["db_a", "db_b", "db_c"]
NAMES = ["one", "two", "three", "four"]


class Walk:
    """Random steps over one sandbox's models, with a count of rows beside them."""

    def __init__(self, state: State, seed: int) -> None:
        self.state = state
        self.core = state.core
        self.tables = state.tables
        self.random = random.Random(seed)
        self.rows: dict[str, int] = {}
        self.ids: set[tuple[str, str]] = set()
        self.dead: set[tuple[str, str]] = set()
        self.user = User(**state.foundation.documents.every("user")[0])

    def step(self) -> None:
        steps: list[tuple[int, Callable[[], None]]] = [
            (2, self.create_database),
            (1, self.delete_database),
            (10, self.create_table),
            (5, self.delete_table),
            (3, self.recover),
            (5, self.rename),
            (5, self.swap),
            (3, self.move),
            (20, self.bring),
            (3, self.delete_rows),
            (3, self.declare),
            (5, self.save_query),
            (4, self.change_query),
            (3, self.forget_query),
        ]
        weights = [weight for weight, _ in steps]
        (_, chosen), *_ = self.random.choices(steps, weights)
        with contextlib.suppress(VendorError):  # refused, so nothing may have changed
            chosen()

    def create_database(self) -> None:
        made = self.core.databases.create(self.random.choice(DATABASES))
        self.note("database", made.id)

    def note(self, kind: str, key: str) -> None:
        assert (kind, key) not in self.ids, "an id came twice"
        self.ids.add((kind, key))

    def delete_database(self) -> None:
        found = self.tables.database(self.random.choice(DATABASES))
        if found is None:
            return
        for table in self.tables.every_table(found.name):
            self.bury(table.id)
        for deleted in self.core.changes.deleted(found.id):
            self.bury(deleted.table.id)
        self.core.databases.delete(found)

    def bury(self, key: str) -> None:
        self.dead |= {("table", key), ("deleted-table", key)}
        del self.rows[key]

    def create_table(self) -> None:
        database, name = self.random.choice(DATABASES), self.random.choice(NAMES)
        if self.tables.has_database(database) and not self.tables.has_table(database, name):
            made = self.tables.create_table(database, name)
            self.note("table", made.id)
            self.rows[made.id] = 0

    def some_table(self) -> Any:
        database, name = self.random.choice(DATABASES), self.random.choice(NAMES)
        found = self.tables.table(database, name)
        if found is None:
            raise VendorError(404, {})
        return found

    def delete_table(self) -> None:
        self.core.changes.delete(self.some_table())

    def recover(self) -> None:
        deleted = self.core.changes.deleted()
        database = self.random.choice(DATABASES)
        if deleted and self.tables.has_database(database):
            chosen = self.random.choice(deleted)
            self.core.changes.recover(chosen, database, self.random.choice(NAMES))

    def rename(self) -> None:
        overwrite = self.random.random() < 0.5
        self.core.changes.rename(self.some_table(), self.random.choice(NAMES), overwrite=overwrite)

    def swap(self) -> None:
        one = self.some_table()
        other = self.tables.table(one.database, self.random.choice(NAMES))
        if other is not None:
            self.core.changes.swap(one, other)

    def move(self) -> None:
        self.core.changes.move(self.some_table(), self.random.choice(DATABASES))

    def bring(self) -> None:
        table = self.some_table()
        values = [1, 1.5, "x", True, None, [1], "now" if self.random.random() < 0.1 else 5]
        records = [
            {
                "time": self.random.randrange(10_000),
                self.random.choice("abc"): self.random.choice(values),
            }
            for _ in range(self.random.randrange(4))
        ]
        if self.random.random() < 0.1:
            records.append({"time": "wrong"})
        self.rows[table.id] += self.core.imports.take(table, records)

    def delete_rows(self) -> None:
        table = self.some_table()
        first = self.random.randrange(10_000)
        self.rows[table.id] -= self.core.changes.delete_range(table, first, first + 3000)

    def declare(self) -> None:
        word = self.random.choice(["int", "string", "double", "array<long>"])
        self.core.schemas.set(self.some_table(), ((self.random.choice("abc"), word),))

    def save_query(self) -> None:
        facts: dict[str, Any] = {
            "type": "presto",
            "database": "db_a",
            "query": "SELECT 1",
            "cron": self.random.choice([None, "@daily"]),
            "timezone": "UTC",
            "delay": 0,
            "priority": 0,
            "retry_limit": 0,
            "result": None,
            "connection": None,
            "connection_settings": {},
            "pool_name": None,
            "engine_version": None,
            "user": self.user.id,
        }
        made = self.core.saved_queries.create(self.random.choice(NAMES), self.user, facts)
        self.note("saved-query", made.id)

    def change_query(self) -> None:
        query = self.core.saved_queries.named(self.random.choice(NAMES))
        self.core.saved_queries.update(query, {"name": self.random.choice(NAMES)})

    def forget_query(self) -> None:
        query = self.core.saved_queries.named(self.random.choice(NAMES))
        self.core.saved_queries.delete(query)
        self.dead.add(("saved-query", query.id))

    def check(self) -> None:
        """Hold the catalogue, DuckDB and the counts against each other."""
        store, documents = self.state.store, self.state.foundation.documents
        known = {
            (database, table)
            for database in self.tables.databases()
            for table in self.tables.tables(database)
        }
        hidden = {
            (one.table.database, f"deleted:{one.table.id}") for one in self.core.changes.deleted()
        }
        here = store.run(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'td'"
        )
        assert {one for one in here if one[0] in DATABASES} == known | hidden
        assert set(self.tables.databases()) == set(store.schemas()) & set(DATABASES)
        for database, name in known:
            table = self.tables.table(database, name)
            assert table is not None
            assert self.tables.count(database, name) == self.rows[table.id]
            columns = store.run(f'DESCRIBE td."{database}"."{name}"')
            assert [one.name for one in self.tables.columns(database, name)] == [
                one[0] for one in columns
            ]
        for kind, parent in (("database", None), ("saved-query", None), ("connection", None)):
            names = [one["name"] for one in documents.every(kind, parent)]
            assert len(names) == len(set(names))
        for kind, key in self.dead:
            assert documents.find(kind, key) is None
        queries = {query.id: query for query in self.core.saved_queries.every()}
        due = {
            str(key) for (key,) in store.note("SELECT id FROM agenda WHERE kind = 'saved-query'")
        }
        assert due == {key for key, query in queries.items() if query.cron}


@pytest.fixture
def state() -> Iterator[State]:
    clock = Clock(1_700_000_000)
    made = State(Settings(seed={}, random_seed=1), "us01", 0, clock)
    yield made
    made.close()


def test_ten_thousand_random_steps_keep_everything_in_step(state: State) -> None:
    walk = Walk(state, seed=20_260_101)
    for number in range(STEPS):
        walk.step()
        if number % CHECKED_EVERY == 0:
            walk.check()
    walk.check()
    assert len(walk.dead) > 50, "the walk saw too little"
