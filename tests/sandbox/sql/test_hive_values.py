"""What Hive's functions and operators give; the values are Hive's, from its definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", 3.5),
        ("7 div 2", 3),
        ("1 / 0", None),
        ("7 % 0", None),
        ("-7 % 3", -1),
        ("pmod(-7, 3)", 2),
        ("1 == 1", True),
        ("NULL <=> NULL", True),
        ("1 <> 2", True),
        ("CAST('abc' AS int)", None),
        ("CAST('1.9' AS int)", 1),
        ("CAST(2.7 AS bigint)", 2),
        ("CAST(-2.7 AS int)", -2),
        ("CAST(1 AS string)", "1"),
        ("CAST(1.0D AS string)", "1.0"),
        ("CAST('2.5' AS double)", 2.5),
        ("CAST('x' AS double)", None),
        ("concat('a', 1, 'b')", "a1b"),
        ("concat('a', NULL)", None),
        ("concat_ws(',', 'a', NULL, 'b')", "a,b"),
        ("concat_ws('-', array('x', 'y'))", "x-y"),
        ("concat_ws('-', 'w', array('x', 'y'))", "w-x-y"),
        ("substr('hello', 0, 2)", "he"),
        ("substr('hello', 2)", "ello"),
        ("substring('hello', -3, 2)", "ll"),
        ("instr('hello', 'l')", 3),
        ("locate('l', 'hello')", 3),
        ("locate('l', 'hello', 4)", 4),
        ("length('abc')", 3),
        ("initcap('hello wORLD')", "Hello World"),
        ("lpad('7', 3, '0')", "007"),
        ("repeat('ab', 2)", "abab"),
        ("space(2)", "  "),
        ("reverse('abc')", "cba"),
        ("find_in_set('b', 'a,b,c')", 2),
        ("find_in_set('z', 'a,b,c')", 0),
        ("translate('abc', 'b', 'x')", "axc"),
        ("format_number(1234567.891, 2)", "1,234,567.89"),
        ("'abc' RLIKE '^a'", True),
        ("'abc' REGEXP 'z'", False),
        (r"'a%c' LIKE 'a\\%c'", True),
        (r"'abc' LIKE 'a\\%c'", False),
        ("regexp_extract('abc', 'x(.)', 1)", ""),
        ("regexp_extract('a1b22', '(\\\\d+)')", "1"),
        ("regexp_extract('a1b22', 'b(\\\\d+)', 0)", "b22"),
        ("regexp_replace('a1b2', '\\\\d', '')", "ab"),
        ("regexp_replace('ab', '(a)', '$1$1')", "aab"),
        ("split('a1b2c', '[0-9]')", ["a", "b", "c"]),
        ("split('a,b', ',')[1]", "b"),
        ("size(array(1, 2))", 2),
        ("size(map('a', 1))", 1),
        ("size(split(NULL, ','))", -1),
        ("array(1, 2)[0]", 1),
        ("array(1, 2)[5]", None),
        ("map('a', 1, 'b', 2)['b'] + 1", 3),
        ("map('a', 1)['z']", None),
        ("named_struct('a', 1, 'b', 'x').b", "x"),
        ("str_to_map('a:1,b:2')", {"a": "1", "b": "2"}),
        ("str_to_map('a=1&b', '&', '=')", {"a": "1", "b": None}),
        ("array_contains(array(1, 2), 2)", True),
        ("sort_array(array(2, 1))", [1, 2]),
        ("map_keys(map('a', 1))", ["a"]),
        ("nvl(NULL, 1)", 1),
        ("if(1 = 2, 'a', 'b')", "b"),
        ("coalesce(NULL, NULL, 3)", 3),
        ("isnull(NULL)", True),
        ("CASE 1 WHEN 1 THEN 'x' END", "x"),
        ("greatest(1, 3)", 3),
        ("get_json_object('{\"a\":{\"b\":[1,2]}}', '$.a.b')", "[1,2]"),
        ("get_json_object('{\"a\":{\"b\":[1,2]}}', '$.a.b[0]')", "1"),
        ("get_json_object('nonsense', '$.a')", None),
        ("parse_url('http://example.com/p?a=1&b=2#f', 'QUERY')", "a=1&b=2"),
        ("parse_url('http://example.com/p?a=1&b=2#f', 'QUERY', 'b')", "2"),
        ("parse_url('http://example.com/p?a=1#f', 'HOST')", "example.com"),
        ("parse_url('http://example.com/p?a=1#f', 'REF')", "f"),
        ("from_unixtime(1700000000)", "2023-11-14 22:13:20"),
        ("from_unixtime(0, 'yyyyMMdd HH')", "19700101 00"),
        ("unix_timestamp('2023-11-14 22:13:20')", 1700000000),
        ("unix_timestamp('14/11/2023', 'dd/MM/yyyy')", 1699920000),
        ("unix_timestamp('nonsense', 'dd/MM/yyyy')", None),
        ("unix_timestamp()", 1700000000),
        ("to_date('2023-11-14 22:13:20')", "2023-11-14"),
        ("date_add('2020-02-28', 2)", "2020-03-01"),
        ("date_sub('2020-03-01', 1)", "2020-02-29"),
        ("datediff('2020-03-01', '2020-02-28')", 2),
        ("add_months('2020-01-31', 1)", "2020-02-29"),
        ("last_day('2020-02-03')", "2020-02-29"),
        ("date_format('2020-03-05', 'yyyy/MM')", "2020/03"),
        ("year('2020-03-05')", 2020),
        ("month('2020-03-05 10:00:00')", 3),
        ("weekofyear('2021-01-01')", 53),
        ("hour('2020-03-05 10:20:30')", 10),
        ("trunc('2020-03-05', 'MM')", "2020-03-01"),
        ("current_date", "2023-11-14"),
        ("CAST('2020-03-05 10:20:30' AS timestamp)", "2020-03-05 10:20:30"),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("hex(255)", "FF"),
        ("'it\\'s'", "it's"),
        ("`name`", "ann"),
    ],
)
def test_an_expression_has_hives_value(shared: Database, expression: str, expected: Any) -> None:
    ((value,),) = shared.rows(f"SELECT {expression} FROM orders WHERE id = 1", "hive")

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT price FROM orders ORDER BY price", [(None,), (1.5,), (2.5,)]),
        ("SELECT price FROM orders ORDER BY price DESC", [(2.5,), (1.5,), (None,)]),
        ("SELECT price FROM orders DISTRIBUTE BY id SORT BY price DESC", [(2.5,), (1.5,), (None,)]),
        ("SELECT id FROM orders CLUSTER BY id", [(1,), (2,), (3,)]),
        (
            "SELECT name, collect_list(price) FROM orders GROUP BY name ORDER BY name",
            [("ann", [2.5]), ("bob", [1.5])],
        ),
        ("SELECT size(collect_set(name)) FROM orders", [(2,)]),
        ("SELECT collect_list(price) FROM orders WHERE id = 3", [([],)]),
        ("SELECT percentile(id, 0.5), sum(id) / 4 FROM orders", [(2.0, 1.5)]),
        ("SELECT count(DISTINCT name, price) FROM orders", [(2,)]),
        (
            "SELECT page FROM visits LATERAL VIEW explode(pages) t AS page ORDER BY page",
            [("/a",), ("/b",), ("/c",)],
        ),
        (
            "SELECT visitor, page FROM visits LATERAL VIEW OUTER explode(pages) t AS page "
            "WHERE visitor = 'v2'",
            [("v2", None)],
        ),
        (
            "SELECT i, x FROM orders LATERAL VIEW posexplode(split('a,b', ',')) t AS i, x "
            "WHERE id = 1 ORDER BY i",
            [(0, "a"), (1, "b")],
        ),
        (
            "SELECT k, v + 1 FROM orders LATERAL VIEW explode(map('a', 1)) t AS k, v WHERE id = 1",
            [("a", 2)],
        ),
        (
            "SELECT s, n FROM orders LATERAL VIEW json_tuple(tags, 's', 'n') t AS s, n "
            "WHERE id = 2",
            [("t", None)],
        ),
        (
            "SELECT a, b FROM orders LATERAL VIEW inline(array(named_struct('p', 1, 'q', 'x'))) t "
            "AS a, b WHERE id = 1",
            [(1, "x")],
        ),
        (
            "SELECT a, b FROM orders LATERAL VIEW stack(2, 1, 'x', 2, 'y') t AS a, b WHERE id = 1 "
            "ORDER BY a",
            [(1, "x"), (2, "y")],
        ),
        (
            "SELECT n FROM orders LATERAL VIEW TD_NUMERIC_RANGE(3) t AS n WHERE id = 1 ORDER BY n",
            [(0,), (1,), (2,)],
        ),
        (
            "SELECT x, y FROM visits LATERAL VIEW explode(pages) t AS x LATERAL VIEW "
            "explode(split(x, '/')) u AS y WHERE x = '/c' AND y != ''",
            [("/c", "c")],
        ),
        (
            "SELECT name, count(*) FROM orders GROUP BY name WITH ROLLUP ORDER BY name",
            [(None, 3), ("ann", 2), ("bob", 1)],
        ),
        (
            "SELECT name, count(*) c FROM orders GROUP BY name GROUPING SETS (name, ()) ORDER BY c",
            [("bob", 1), ("ann", 2), (None, 3)],
        ),
        ("SELECT a.id FROM orders a LEFT SEMI JOIN visits b ON a.id = b.time", []),
        (
            "SELECT id, TD_X_RANK(name) FROM (SELECT id, name FROM orders DISTRIBUTE BY name "
            "SORT BY name, id DESC) t ORDER BY id",
            [(1, 2), (2, 1), (3, 1)],
        ),
        ("SET hive.exec.x=true;\nSELECT 1", [(1,)]),
        ("SELECT k FROM (SELECT explode(array(3, 4)) AS k) t", [(3,), (4,)]),
        ('SELECT get_json_object(\'{"a":[{"b":1},{"b":"x"}]}\', \'$.a[*].b\')', [('[1,"x"]',)]),
        ("SELECT get_json_object('{\"a\":1}', '$.b[*]')", [(None,)]),
        (
            "SELECT sum(n) FROM (SELECT 9223372036854775807 n UNION ALL SELECT 1 n) t",
            [(-9223372036854775808,)],
        ),
        (
            "SELECT rank() OVER (PARTITION BY name ORDER BY price) FROM orders ORDER BY id",
            [(2,), (1,), (1,)],
        ),
        ("SELECT from_unixtime(max(time), 'yyyy') FROM orders", [("2023",)]),
        ("SELECT /*+ MAPJOIN(b) */ id FROM orders b WHERE id = 1 -- the first\n;", [(1,)]),
    ],
)
def test_a_query_gives_hives_rows(
    shared: Database, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query, "hive") == rows


def test_columns_have_hives_names_and_types(shared: Database) -> None:
    outcome = shared.run("SELECT ID, id + 1, array('a'), name AS Total FROM orders", "hive")

    assert [one.name for one in outcome.columns] == ["id", "_c1", "_c2", "total"]
