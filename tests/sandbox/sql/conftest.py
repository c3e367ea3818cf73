"""A connection with two databases, and ways to run a query on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from argosy.sandbox.sql import Outcome, QueryFailedError, QuerySession, install, run

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_700_000_000
"""2023-11-14 22:13:20 UTC, a Tuesday; 07:13:20 on the next day in Tokyo."""

KNOWN = {"shop": ["orders", "visits"], "other": ["orders"], "empty": []}

_DATA = """
    ATTACH ':memory:' AS td;
    CREATE SCHEMA td.shop; CREATE SCHEMA td.other; CREATE SCHEMA td.empty;
    CREATE SCHEMA td."sandbox-state";
    CREATE TABLE td."sandbox-state".documents (kind VARCHAR, document JSON);
    INSERT INTO td."sandbox-state".documents VALUES ('key', '"very-secret"');
    CREATE TABLE td.shop.orders
        (time BIGINT, id BIGINT, name VARCHAR, price DOUBLE, tags JSON, paid BOOLEAN);
    INSERT INTO td.shop.orders VALUES
        (1700000000, 1, 'ann', 2.5, '["a","b"]', true),
        (1700003600, 2, 'bob', 1.5, '{"x":{"y":[1,2]},"n":null,"s":"t"}', false),
        (1700090000, 3, 'ann', NULL, NULL, NULL);
    CREATE TABLE td.shop.visits (time BIGINT, visitor VARCHAR, pages VARCHAR[]);
    INSERT INTO td.shop.visits VALUES
        (100, 'v1', ['/a', '/b']), (130, 'v1', ['/c']), (500, 'v1', []), (110, 'v2', NULL);
    CREATE TABLE td.other.orders (time BIGINT, id BIGINT);
    INSERT INTO td.other.orders VALUES (5, 50);
"""


class Database:
    """A connection, and the session that queries on it are run in."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute(_DATA)
        install(self.connection)

    def run(self, text: str, engine: Any = "presto", **limits: Any) -> Outcome:
        """Run a query in the database `shop`."""
        session = QuerySession(engine, "shop", NOW, NOW, KNOWN)
        return run(self.connection, text, session, **limits)

    def rows(self, text: str, engine: Any = "presto") -> list[tuple[Any, ...]]:
        """Give a query's rows."""
        return list(self.run(text, engine).rows)

    def value(self, expression: str, engine: Any = "presto") -> Any:
        """Give the value of an expression."""
        ((value,),) = self.rows(f"SELECT {expression}", engine)
        return value

    def failure(self, text: str, engine: Any = "presto") -> str:
        """Give the message of a query that fails."""
        with pytest.raises(QueryFailedError) as caught:
            self.run(text, engine)
        return str(caught.value)


@pytest.fixture(scope="session")
def shared() -> Iterator[Database]:
    """Give the database of the tests that only read."""
    database = Database()
    yield database
    database.connection.close()


@pytest.fixture
def fresh() -> Iterator[Database]:
    """Give a database of the test's own."""
    database = Database()
    yield database
    database.connection.close()
