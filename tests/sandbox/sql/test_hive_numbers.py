"""Texts where numbers are wanted: doubles or NULL in Hive, an error in Presto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'5' + 1", 6.0),
        ("'a' + 1", None),
        ("'1' + '2'", 3.0),
        ("' 7 ' * 2", 14.0),
        ("'7' - 0.5", 6.5),
        ("1 / '4'", 0.25),
        ("7 % '4'", 3.0),
        ("- '5'", -5.0),
        ("- '5' + 1", -4.0),
        ("round('2.567', 1)", 2.6),
        ("pmod('-7', 4)", 1.0),
        ("'5' = 5", True),
        ("'5.0' = 5", True),
        ("'a' = 5", None),
        ("'10' > '9'", False),
        ("'10' > 9", True),
        ("'5' <=> 5", True),
        ("'5' BETWEEN 1 AND 10", True),
        ("'5' IN (1, 5)", True),
        ("5 IN ('1', '5.0')", True),
        ("get_json_object('{\"a\": 10}', '$.a') > 9", True),
        ("get_json_object('{\"a\": 10}', '$.a') > '9'", False),
        ("substr('2020-01-01', 1, 4) = 2020", True),
        ("CAST('2020-01-02' AS date) > date_sub('2020-01-02', 1)", True),
        ("CAST('2020-01-02' AS date) > 'nonsense'", None),
        ("1 + 1", 2),
        ("1 = 1", True),
    ],
)
def test_an_expression_has_hives_value(shared: Database, expression: str, expected: Any) -> None:
    value = shared.value(expression, "hive")

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT name + 1, -name, name * price FROM orders WHERE id = 1", [(None, None, None)]),
        ("SELECT id FROM orders WHERE name > 0", []),
        ("SELECT id FROM orders WHERE id = '2'", [(2,)]),
        ("SELECT x + 1, x > 4 FROM (SELECT '5' AS x) t", [(6.0, True)]),
        ("SELECT x = y, x < y FROM (SELECT 5 AS x, '10' AS y) t", [(False, True)]),
        ("SELECT x < y FROM (SELECT '5' AS x, '10' AS y) t", [(False,)]),
        ("SELECT sum(x), avg(x) FROM (SELECT '1.5' AS x UNION ALL SELECT 'b') t", [(1.5, 1.5)]),
        ("SELECT sum(DISTINCT x) FROM (SELECT '2' AS x UNION ALL SELECT '2.0') t", [(2.0,)]),
        ("SELECT max(time) - min(time) FROM orders", [(90_000,)]),
        (
            "SELECT name, count(*) c FROM orders GROUP BY name HAVING max(id) - min(id) >= '2'",
            [("ann", 2)],
        ),
        (
            "SELECT time - lag(time) OVER (ORDER BY time) > 3600 FROM orders ORDER BY time",
            [(None,), (False,), (True,)],
        ),
        (
            "SELECT count(*) FROM orders a JOIN (SELECT '1.0' AS k) b ON a.id = b.k",
            [(1,)],
        ),
        ("SELECT max(name) = min(name), max(name) + 1 FROM orders", [(False, None)]),
    ],
)
def test_a_query_gives_hives_rows(
    shared: Database, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query, "hive") == rows


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT '5' + 1", "'+' cannot be applied to varchar(1), integer"),
        ("SELECT 2 * '5'", "'*' cannot be applied to integer, varchar(1)"),
        ("SELECT 1 / '5'", "'/' cannot be applied to integer, varchar(1)"),
        ("SELECT 7 % '5'", "'%' cannot be applied to integer, varchar(1)"),
        ("SELECT -'5'", "'-' cannot be applied to varchar(1)"),
        ("SELECT true + 1", "'+' cannot be applied to boolean, integer"),
        ("SELECT name - 1 FROM orders", "line 1:8: '-' cannot be applied to varchar, integer"),
        ("SELECT price + '1' FROM orders", "line 1:8: '+' cannot be applied to double, varchar(1)"),
        ("SELECT length(name) + '1' FROM orders", "'+' cannot be applied to bigint, varchar"),
        ("SELECT upper(name) * 2 FROM orders", "'*' cannot be applied to varchar, integer"),
        ("SELECT x / 2 FROM (SELECT 'a' AS x)", "'/' cannot be applied to varchar, integer"),
        ("SELECT now() - 1", "'-' cannot be applied to timestamp(3) with time zone, integer"),
    ],
)
def test_presto_does_not_reckon_with_texts(shared: Database, query: str, message: str) -> None:
    assert shared.failure(query) == message
