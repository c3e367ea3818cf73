"""Statements that write, and those that tell what there is."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from argosy.sandbox.sql import QuerySession, TableName, hive_type, run
from argosy.sandbox.sql.grammar import roomy_stack
from tests.sandbox.sql.conftest import KNOWN, NOW

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database


def _kept(database: Database, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    sql = f"SELECT {columns} FROM td.shop.{table} ORDER BY ALL"
    return database.connection.execute(sql).fetchall()


def _types(database: Database, table: str) -> dict[str, str]:
    described = database.connection.execute(f"DESCRIBE td.shop.{table}").fetchall()
    return {name: kind for name, kind, *_ in described}


def test_create_table_as_keeps_what_a_table_can_hold(fresh: Database) -> None:
    outcome = fresh.run(
        "CREATE TABLE made AS SELECT id AS Id, sum(id) AS total, now() AS at, current_date AS day, "
        "1.5 AS exact, ARRAY['a'] AS list, MAP(ARRAY['a'], ARRAY[1]) AS map, tags FROM orders "
        "WHERE id = 1 GROUP BY id, tags"
    )

    assert (outcome.kind, outcome.written) == ("create", 1)
    assert outcome.created == (TableName("shop", "made"),)
    assert _types(fresh, "made") == {
        "time": "BIGINT",
        "id": "BIGINT",
        "total": "BIGINT",
        "at": "VARCHAR",
        "day": "VARCHAR",
        "exact": "DOUBLE",
        "list": "VARCHAR[]",
        "map": "JSON",
        "tags": "VARCHAR",
    }
    assert _kept(fresh, "made") == [
        (NOW, 1, 1, "2023-11-14 22:13:20.000 UTC", "2023-11-14", 1.5, ["a"], '{"a":1}', '["a","b"]')
    ]


def test_create_table_as_keeps_a_time_that_is_selected(fresh: Database) -> None:
    fresh.run("CREATE TABLE made AS SELECT id, time FROM orders")

    assert list(_types(fresh, "made")) == ["id", "time"]
    assert (3, 1_700_090_000) in _kept(fresh, "made")


def test_create_table_with_columns_adds_time(fresh: Database) -> None:
    outcome = fresh.run("CREATE TABLE IF NOT EXISTS made (a bigint, b varchar, c array(double))")

    assert outcome.created == (TableName("shop", "made"),)
    assert _types(fresh, "made") == {
        "time": "BIGINT",
        "a": "BIGINT",
        "b": "VARCHAR",
        "c": "DOUBLE[]",
    }


def test_create_table_if_not_exists_leaves_a_table_alone(fresh: Database) -> None:
    assert fresh.run("CREATE TABLE IF NOT EXISTS orders AS SELECT 1 AS a").created == ()
    assert "time" in _types(fresh, "orders")


def test_hive_creates_tables_too(fresh: Database) -> None:
    fresh.run("CREATE TABLE made (a int, b string)", "hive")
    fresh.run("CREATE TABLE mode AS SELECT id, count(*) FROM orders GROUP BY id", "hive")

    assert _types(fresh, "made") == {"time": "BIGINT", "a": "BIGINT", "b": "VARCHAR"}
    assert list(_types(fresh, "mode")) == ["time", "id", "_c1"]


def test_insert_goes_by_position_and_fills_time(fresh: Database) -> None:
    outcome = fresh.run("INSERT INTO orders SELECT 7, 'x', 1, '[1]', true")

    assert (outcome.kind, outcome.written, outcome.rows) == ("insert", 1, [(1,)])
    assert (NOW, 7, "x", 1.0, "[1]", True) in _kept(fresh, "orders")


def test_insert_into_all_columns_takes_their_time(fresh: Database) -> None:
    fresh.run(
        "INSERT INTO shop.orders VALUES (5, 7, 'x', 1.5, NULL, NULL), (6, 8, 'y', 1, NULL, NULL)"
    )

    assert _kept(fresh, "orders", "time, id")[:2] == [(5, 7), (6, 8)]


def test_insert_with_columns_leaves_the_others_empty(fresh: Database) -> None:
    fresh.run("INSERT INTO orders (name, id) SELECT visitor, time FROM visits WHERE time = 110")

    assert (NOW, 110, "v2", None, None, None) in _kept(fresh, "orders")


def test_insert_takes_a_with_before_or_behind(fresh: Database) -> None:
    fresh.run("INSERT INTO orders (id) WITH a AS (SELECT 71 AS x) SELECT x FROM a")
    fresh.run(
        "WITH a AS (SELECT 72 AS x) INSERT INTO TABLE orders SELECT x, 'n', 1.0D, '1', true FROM a",
        "hive",
    )

    assert {71, 72} < {id_ for _, id_, *_ in _kept(fresh, "orders")}


def test_insert_overwrite_may_read_the_table_it_replaces(fresh: Database) -> None:
    outcome = fresh.run(
        "INSERT OVERWRITE TABLE orders SELECT time, id, name, price, tags, paid FROM orders "
        "WHERE id < 3",
        "hive",
    )

    assert outcome.written == 2
    assert [row[1] for row in _kept(fresh, "orders")] == [1, 2]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "INSERT INTO orders (id) VALUES ('x')",
            "Insert query has mismatched column types: Table: [bigint], Query: [varchar]",
        ),
        ("INSERT INTO orders SELECT 1, 2", "Insert query has mismatched column types"),
        (
            "INSERT INTO orders (nope) VALUES (1)",
            "Insert column name does not exist in target table: nope",
        ),
        (
            "INSERT INTO orders (id, ID) VALUES (1, 2)",
            "Insert column name is specified more than once",
        ),
        ("INSERT INTO nothing SELECT 1", "line 1:13: Table shop.nothing does not exist"),
        ("CREATE TABLE orders (a bigint)", "line 1:14: Table 'shop.orders' already exists"),
        ("CREATE TABLE made AS SELECT 1", "Column name not specified at position 1"),
        ("CREATE TABLE made AS SELECT 1 AS a, 2 AS a", "Column name 'a' specified more than once"),
        ('CREATE TABLE "x y" (a bigint)', "Invalid table name 'x y'"),
        ("CREATE TABLE nowhere.made (a bigint)", "line 1:22: Schema nowhere does not exist"),
        ("DROP TABLE nothing", "line 1:12: Table shop.nothing does not exist"),
        ("DELETE FROM nothing", "line 1:13: Table shop.nothing does not exist"),
    ],
)
def test_a_wrong_write_says_why(shared: Database, query: str, message: str) -> None:
    assert message in shared.failure(query)


def test_delete_removes_what_the_condition_holds_for(fresh: Database) -> None:
    outcome = fresh.run(
        "DELETE FROM orders WHERE TD_TIME_RANGE(time, '2023-11-15') OR id IN "
        "(SELECT id FROM orders WHERE name = 'bob')"
    )

    assert (outcome.kind, outcome.written) == ("delete", 2)
    assert [row[1] for row in _kept(fresh, "orders")] == [1]
    assert fresh.run("DELETE FROM orders").written == 1


def test_delete_reads_nested_columns_as_text(fresh: Database) -> None:
    fresh.run("DELETE FROM orders WHERE json_extract_scalar(tags, '$.s') = 't'")

    assert [row[1] for row in _kept(fresh, "orders")] == [1, 3]


def test_drop_removes_the_table(fresh: Database) -> None:
    assert fresh.run("DROP TABLE visits").dropped == (TableName("shop", "visits"),)
    assert fresh.run("DROP TABLE IF EXISTS nothing").dropped == ()
    with pytest.raises(Exception, match="does not exist"):
        _types(fresh, "visits")


def test_a_write_is_part_of_the_callers_transaction(fresh: Database) -> None:
    fresh.connection.execute("BEGIN")
    fresh.run("INSERT INTO orders (id) VALUES (9)")
    fresh.run("SELECT cast(sum(id) AS varchar), 7 / 2 FROM orders")
    fresh.connection.execute("ROLLBACK")

    assert len(_kept(fresh, "orders")) == 3
    assert fresh.rows("SELECT cast(sum(id) AS varchar), 7 / 2 FROM orders") == [("6", 3)]


@pytest.mark.parametrize(
    ("query", "engine", "rows"),
    [
        ("SHOW TABLES", "presto", [("orders",), ("visits",)]),
        ("SHOW TABLES FROM other", "presto", [("orders",)]),
        ("SHOW TABLES LIKE 'v%'", "presto", [("visits",)]),
        ("SHOW TABLES 'o*'", "hive", [("orders",)]),
        ("SHOW SCHEMAS", "presto", [("empty",), ("other",), ("shop",)]),
        ("show databases;", "hive", [("empty",), ("other",), ("shop",)]),
        (
            "SHOW COLUMNS FROM other.orders",
            "presto",
            [("time", "bigint", "", ""), ("id", "bigint", "", "")],
        ),
        (
            "DESCRIBE visits",
            "presto",
            [
                ("time", "bigint", "", ""),
                ("visitor", "varchar", "", ""),
                ("pages", "array(varchar)", "", ""),
            ],
        ),
        (
            "DESCRIBE visits",
            "hive",
            [("time", "bigint", ""), ("visitor", "string", ""), ("pages", "array<string>", "")],
        ),
        (
            "SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2",
            "presto",
            [("other", "orders"), ("shop", "orders"), ("shop", "visits")],
        ),
        (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = 'visits' "
            "ORDER BY ordinal_position",
            "presto",
            [("time", "bigint"), ("visitor", "varchar"), ("pages", "array(varchar)")],
        ),
    ],
)
def test_what_there_is_can_be_listed(
    shared: Database, query: str, engine: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query, engine) == rows


def test_explain_tells_what_is_read_and_nothing_of_duckdb(shared: Database) -> None:
    ((plan,),) = shared.rows("EXPLAIN SELECT id FROM orders WHERE id > 1")

    assert plan == "Output[id] => [id:bigint]\n    TableScan[shop.orders]"


def test_hives_set_alone_gives_nothing(shared: Database) -> None:
    assert shared.run("SET x=1;", "hive").kind == "set"


def test_hive_spells_types_its_own_way() -> None:
    assert hive_type("map(varchar,array(integer))") == "map<string,array<int>>"
    assert hive_type("decimal(10,2)") == "decimal(10,2)"
    assert hive_type("row(a bigint, b varchar)") == "struct<a:bigint,b:string>"


def test_a_name_in_any_case_is_found(shared: Database) -> None:
    session = QuerySession("presto", "Shop", NOW, NOW, KNOWN)

    assert run(shared.connection, "SELECT ID FROM ORDERS WHERE Id = 1", session).rows == [(1,)]


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        ("SELECT CAST(ROW(1, 2) AS ROW(x BIGINT, y BIGINT)).x", "presto"),
        ("SELECT named_struct('x', 1).x", "hive"),
    ],
)
def test_a_field_of_a_row_gives_its_column_its_name(
    fresh: Database, query: str, engine: str
) -> None:
    outcome = fresh.run(query, engine)

    assert ([column.name for column in outcome.columns], outcome.rows) == (["x"], [(1,)])


def test_sandboxes_side_by_side_put_the_recursion_limit_back() -> None:
    usual = sys.getrecursionlimit()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(roomy_stack())
        second.enter_context(roomy_stack())
        raised = sys.getrecursionlimit()
        first.close()
        assert sys.getrecursionlimit() == raised > usual
        second.close()

    assert sys.getrecursionlimit() == usual
