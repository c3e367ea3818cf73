"""Queries as analysts write them: sessions, funnels, JSON, lists, and functions they use there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database

_ALL_ROWS = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"

PRESTO: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        "SELECT visitor, time, sum(CASE WHEN gap IS NULL OR gap > 60 THEN 1 ELSE 0 END) "
        "OVER (PARTITION BY visitor ORDER BY time) FROM (SELECT visitor, time, time - lag(time) "
        "OVER (PARTITION BY visitor ORDER BY time) AS gap FROM visits) ORDER BY 1, 2",
        [("v1", 100, 1), ("v1", 130, 1), ("v1", 500, 2), ("v2", 110, 1)],
    ),
    (
        "WITH steps AS (SELECT visitor, min(CASE WHEN contains(pages, '/a') THEN time END) a, "
        "min(CASE WHEN contains(pages, '/c') THEN time END) c FROM visits GROUP BY 1) "
        "SELECT count(a), count(c) FILTER (WHERE c > a), "
        "CAST(count(c) AS double) / nullif(count(a), 0) FROM steps",
        [(1, 1, 1.0)],
    ),
    (
        f"SELECT id, last_value(price) IGNORE NULLS OVER (ORDER BY time {_ALL_ROWS}), "
        "lag(price) IGNORE NULLS OVER (ORDER BY time DESC), "
        f"nth_value(price, 2) IGNORE NULLS OVER (ORDER BY time DESC {_ALL_ROWS}) "
        "FROM orders ORDER BY id",
        [(1, 1.5, 1.5, 2.5), (2, 1.5, None, 2.5), (3, 1.5, None, 2.5)],
    ),
    (
        "SELECT id, first_value(price) RESPECT NULLS OVER (ORDER BY time DESC) FROM orders "
        "ORDER BY id",
        [(1, None), (2, None), (3, None)],
    ),
    (
        "SELECT v.visitor, p.page, p.n FROM visits v CROSS JOIN UNNEST(pages) WITH ORDINALITY "
        "AS p(page, n) ORDER BY v.time, p.n",
        [("v1", "/a", 1), ("v1", "/b", 2), ("v1", "/c", 1)],
    ),
    (
        "SELECT CAST(json_extract(tags, '$.x.y') AS array(bigint)) FROM orders WHERE id = 2",
        [([1, 2],)],
    ),
    (
        "SELECT name, paid, count(*), grouping(name, paid) FROM orders "
        "GROUP BY GROUPING SETS ((name), (name, paid), ()) ORDER BY 4, 1, 2",
        [
            ("ann", True, 1, 0),
            ("ann", None, 1, 0),
            ("bob", False, 1, 0),
            ("ann", None, 2, 1),
            ("bob", None, 1, 1),
            (None, None, 3, 3),
        ],
    ),
    ("SELECT approx_percentile(id, 0.5), approx_percentile(id, 1, 0.5) FROM orders", [(2, 2)]),
    ("SELECT approx_percentile(id, 1, ARRAY[0.5, 0.9]) FROM orders", [([2, 3],)]),
    (
        "SELECT map_union(map(ARRAY[name], ARRAY[price])) FROM orders WHERE id < 3",
        [({"ann": 2.5, "bob": 1.5},)],
    ),
    ("SELECT array_sort(array_agg(id), (a, b) -> b - a) FROM orders", [([3, 2, 1],)]),
    (
        "SELECT regexp_replace(name, '(n)', x -> upper(x[1])) FROM orders ORDER BY id",
        [("aNN",), ("bob",), ("aNN",)],
    ),
    (
        "SELECT a - b FROM (SELECT DATE '2020-02-01' AS a, DATE '2020-01-01' AS b)",
        [("31 00:00:00.000",)],
    ),
]
HIVE: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("SELECT posexplode(array('a', 'b'))", [(0, "a"), (1, "b")]),
    ("SELECT posexplode(array('a', 'b')) AS (i, x)", [(0, "a"), (1, "b")]),
    ("SELECT explode(map('a', 1)) AS (k, v)", [("a", 1)]),
    ("SELECT explode(map('a', 1))", [("a", 1)]),
    ("SELECT inline(array(struct(1, 'a'))) AS (a, b)", [(1, "a")]),
    ("SELECT stack(2, 'a', 1, 'b', 2) AS (k, v)", [("a", 1), ("b", 2)]),
    ("SELECT json_tuple(tags, 's', 'n') AS (s, n) FROM orders WHERE id = 2", [("t", None)]),
    ("SELECT json_tuple(tags, 's') FROM orders WHERE id = 2", [("t",)]),
    ("SELECT count(*) FROM (SELECT explode(pages) FROM visits) t", [(3,)]),
    (
        "SELECT explode(a) AS x FROM (SELECT array(1, 2) AS a) t "
        "LATERAL VIEW explode(array(7)) u AS y",
        [(1,), (2,)],
    ),
    (
        "SELECT id, first_value(price, true) OVER (ORDER BY id DESC), "
        f"last_value(price, false) OVER (ORDER BY id {_ALL_ROWS}) FROM orders ORDER BY id",
        [(1, 1.5, None), (2, 1.5, None), (3, None, None)],
    ),
]


@pytest.mark.parametrize(("query", "rows"), PRESTO)
def test_a_presto_query_gives_its_rows(
    shared: Database, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query) == rows


@pytest.mark.parametrize(("query", "rows"), HIVE)
def test_a_hive_query_gives_its_rows(
    shared: Database, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query, "hive") == rows


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("array_sort(ARRAY[3, 1, 2], (x, y) -> IF(x < y, 1, IF(x = y, 0, -1)))", [3, 2, 1]),
        (
            "array_sort(ARRAY['bbb', 'a', 'cc', 'd'], (a, b) -> length(a) - length(b))",
            ["a", "d", "cc", "bbb"],
        ),
        ("zip(ARRAY[1, 2], ARRAY['a', 'b'])", [[1, "a"], [2, "b"]]),
        ("typeof(zip(ARRAY[1], ARRAY['a']))", "array(row(integer, varchar))"),
        (
            "map_zip_with(map(ARRAY['a', 'b'], ARRAY[1, 5]), map(ARRAY['a'], ARRAY[2]), "
            "(k, a, b) -> k || CAST(a + coalesce(b, 0) AS varchar))",
            {"a": "a3", "b": "b5"},
        ),
        ("ngrams(ARRAY['a', 'b', 'c'], 2)", [["a", "b"], ["b", "c"]]),
        ("ngrams(ARRAY['a'], 2)", [["a"]]),
        ("trim_array(ARRAY[1, 2, 3], 1)", [1, 2]),
        ("array_frequency(ARRAY['a', 'b', 'a'])", {"a": 2, "b": 1}),
        ("regexp_position('aXbX', 'X')", 2),
        ("regexp_position('abc', 'z')", -1),
        ("regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))", "New York"),
        ("split_to_multimap('a=1,a=2,b=3', ',', '=')", {"a": ["1", "2"], "b": ["3"]}),
        ("multimap_from_entries(ARRAY[('a', 1), ('a', 2)])", {"a": [1, 2]}),
        ("json_value('{\"a\": 1}', 'lax $.a')", "1"),
        ("json_query('{\"a\": {\"b\": [1, 2]}}', 'strict $.a')", '{"b":[1,2]}'),
        ("json_exists('{\"a\": 1}', 'lax $.a')", True),
        ("json_exists('{\"a\": 1}', 'lax $.b')", False),
        ("to_milliseconds(INTERVAL '1' DAY)", 86_400_000),
        ("bit_count(7, 64)", 3),
        ("bit_count(-1, 8)", 8),
        ("strpos('abcb', 'b', 2)", 4),
        ("strpos('abcb', 'b', 3)", 0),
        ("parse_datetime('2020-01-01 10', 'yyyy-MM-dd HH')", "2020-01-01 10:00:00.000 UTC"),
        (
            "from_iso8601_timestamp('2020-01-01T09:00:00+09:00')",
            "2020-01-01 09:00:00.000 +09:00",
        ),
        ("from_iso8601_timestamp('2020-01-01T09:00:00Z')", "2020-01-01 09:00:00.000 UTC"),
    ],
)
def test_a_presto_expression_has_its_value(
    shared: Database, expression: str, expected: Any
) -> None:
    value = shared.value(expression)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("conv('ff', 16, 10)", "255"),
        ("conv(255, 10, 16)", "FF"),
        ("printf('%d-%s', 1, 'a')", "1-a"),
        ("substring_index('a.b.c', '.', 2)", "a.b"),
        ("substring_index('a.b.c', '.', -2)", "b.c"),
        ("substring_index('a', '.', -2)", "a"),
        ("next_day('2020-01-01', 'MO')", "2020-01-06"),
        ("next_day('2020-01-01', 'Wednesday')", "2020-01-08"),
        ("next_day('2020-01-01', 'xx')", None),
        ("elt(2, 'a', 'b')", "b"),
        ("elt(3, 'a', 'b')", None),
        ("field('b', 'a', 'b')", 2),
        ("field(3, 1, 2)", 0),
        ("bround(2.5D)", 2.0),
        ("shiftleft(1, 3)", 8),
        ("shiftright(8, 1)", 4),
        ("octet_length('é')", 2),
        ("hour('10:20:30')", 10),
        ("int('7.9')", 7),
        ("bigint('x')", None),
        ("string(1)", "1"),
        ("double('1.5')", 1.5),
        ("date('2020-01-01 10:00:00')", "2020-01-01"),
        ("timestamp('2020-01-01')", "2020-01-01 00:00:00"),
        ("current_database()", "shop"),
    ],
)
def test_a_hive_expression_has_its_value(shared: Database, expression: str, expected: Any) -> None:
    value = shared.value(expression, "hive")

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT trim_array(ARRAY[1], 2)", "size must not exceed array cardinality"),
        ("SELECT strpos('a', 'a', 0)", "'instance' must be a positive number."),
        ("SELECT json_value('{}', '$.a')", "Invalid JSON path: '$.a'"),
        (
            "SELECT approx_percentile(id, price, 0.5) FROM orders",
            "approx_percentile with weights is not supported by the sandbox",
        ),
    ],
)
def test_what_presto_refuses_fails(shared: Database, query: str, message: str) -> None:
    assert shared.failure(query) == message


def test_hive_needs_a_name_for_each_column_of_inline(shared: Database) -> None:
    failure = shared.failure("SELECT inline(array(struct(1, 'a')))", "hive")

    assert failure == "inline without names for its columns is not supported by the sandbox"
