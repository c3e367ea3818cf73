"""Presto's moments with a time zone: the query's own time, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database

ZONED = "timestamp(3) with time zone"
PLAIN = "timestamp(3)"
NOW = "2023-11-14 22:13:20.000 UTC"
TOKYO = "at_timezone(now(), 'Asia/Tokyo')"
NEW_YEAR = "TIMESTAMP '2020-01-01 00:00:00'"


@pytest.mark.parametrize(
    ("expression", "expected", "kind"),
    [
        ("now()", NOW, ZONED),
        ("current_timestamp", NOW, ZONED),
        ("current_timestamp(3)", NOW, ZONED),
        ("localtimestamp", NOW.removesuffix(" UTC"), PLAIN),
        ("from_unixtime(1700000000)", NOW, ZONED),
        ("now() - INTERVAL '1' DAY", "2023-11-13 22:13:20.000 UTC", ZONED),
        ("INTERVAL '2' HOUR + now()", "2023-11-15 00:13:20.000 UTC", ZONED),
        ("date_add('month', -1, now())", "2023-10-14 22:13:20.000 UTC", ZONED),
        ("date_trunc('hour', now())", "2023-11-14 22:00:00.000 UTC", ZONED),
        (f"date_trunc('day', {TOKYO})", "2023-11-15 00:00:00.000 Asia/Tokyo", ZONED),
        (TOKYO, "2023-11-15 07:13:20.000 Asia/Tokyo", ZONED),
        ("now() AT TIME ZONE '+09:00'", "2023-11-15 07:13:20.000 +09:00", ZONED),
        ("now() - current_timestamp", "0 00:00:00.000", "interval day to second"),
        ("CAST(now() AS date)", "2023-11-14", "date"),
        (f"CAST({TOKYO} AS date)", "2023-11-15", "date"),
        ("date(now())", "2023-11-14", "date"),
        ("last_day_of_month(now())", "2023-11-30", "date"),
        ("CAST(now() AS timestamp)", "2023-11-14 22:13:20.000", PLAIN),
        (f"CAST({TOKYO} AS timestamp)", "2023-11-15 07:13:20.000", PLAIN),
        (f"CAST({TOKYO} AS {ZONED})", "2023-11-15 07:13:20.000 Asia/Tokyo", ZONED),
        (f"CAST({NEW_YEAR} AS {ZONED})", "2020-01-01 00:00:00.000 UTC", ZONED),
        ("CAST(now() AS varchar)", NOW, "varchar"),
        (f"CAST({TOKYO} AS varchar)", "2023-11-15 07:13:20.000 Asia/Tokyo", "varchar"),
        (f"CAST(CAST(now() AS varchar) AS {ZONED})", NOW, ZONED),
        ("json_format(CAST(now() AS json))", f'"{NOW}"', "varchar"),
        ("array_join(ARRAY[now()], ',')", NOW, "varchar"),
        ("format('at %s', now())", f"at {NOW}", "varchar"),
        ("date_format(now(), '%Y-%m-%d %H')", "2023-11-14 22", "varchar"),
        ("format_datetime(now(), 'yyyy-MM-dd HH:mm Z')", "2023-11-14 22:13 +0000", "varchar"),
        (f"format_datetime({TOKYO}, 'HH:mm ZZ')", "07:13 +09:00", "varchar"),
        (f"format_datetime({NEW_YEAR}, 'yyyy Z')", "2020 +0000", "varchar"),
        ("to_iso8601(now())", "2023-11-14T22:13:20.000Z", "varchar"),
        ("typeof(now())", ZONED, "varchar"),
        ("typeof(localtimestamp)", PLAIN, "varchar"),
        ("to_unixtime(now())", 1700000000.0, "double"),
        ("hour(now())", 22, "bigint"),
        (f"extract(hour FROM {TOKYO})", 7, "bigint"),
        ("date_diff('day', DATE '2023-11-10', now())", 4, "bigint"),
        (f"date_diff('hour', now(), {TOKYO} + INTERVAL '3' HOUR)", 3, "bigint"),
        ("TD_TIME_ADD(now(), '1d')", 1700086400, "bigint"),
        ("TD_TIME_PARSE(CAST(now() AS varchar))", 1700000000, "bigint"),
        ("TD_TIME_RANGE(1699999999, TD_TIME_ADD(now(), '-1h'), now())", True, "boolean"),
        (
            "TD_TIME_FORMAT(CAST(to_unixtime(now()) AS bigint), 'yyyy-MM-dd HH', 'JST')",
            "2023-11-15 07",
            "varchar",
        ),
    ],
)
def test_an_expression_has_its_value_and_type(
    shared: Database, expression: str, expected: Any, kind: str
) -> None:
    outcome = shared.run(f"SELECT {expression}")

    assert list(outcome.rows) == [(expected,)]
    assert outcome.columns[0].type == kind


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"now() > {NEW_YEAR}", True),
        ("now() < DATE '2020-01-01'", False),
        (f"now() = {TOKYO}", True),
        (f"now() <> {TOKYO}", False),
        ("now() = localtimestamp", True),
        ("now() IS DISTINCT FROM localtimestamp", False),
        (f"now() IS NOT DISTINCT FROM {TOKYO}", True),
        ("now() BETWEEN DATE '2023-11-14' AND DATE '2023-11-15'", True),
        (f"now() IN ({NEW_YEAR}, {TOKYO})", True),
        (f"now() NOT IN ({NEW_YEAR})", True),
    ],
)
def test_moments_compare_by_their_instant(
    shared: Database, expression: str, expected: object
) -> None:
    assert shared.value(expression) is expected


@pytest.mark.parametrize(
    "expression",
    [
        f"coalesce(CAST(NULL AS {PLAIN}), {NEW_YEAR}, now())",
        f"least({NEW_YEAR}, now())",
        f"if(true, {NEW_YEAR}, now())",
        "CASE WHEN true THEN DATE '2020-01-01' ELSE now() END",
        f"coalesce({NEW_YEAR}, {TOKYO})",
    ],
)
def test_a_moment_without_zone_gets_one_beside_one_with(shared: Database, expression: str) -> None:
    outcome = shared.run(f"SELECT {expression}")

    assert list(outcome.rows) == [("2020-01-01 00:00:00.000 UTC",)]
    assert outcome.columns[0].type == ZONED


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT id FROM orders WHERE from_unixtime(time) > now() ORDER BY id", [(2,), (3,)]),
        (
            "SELECT id FROM orders WHERE name = 'ann' AND id < 2 AND from_unixtime(time) <= now()",
            [(1,)],
        ),
        ("SELECT id FROM orders WHERE time <= to_unixtime(now())", [(1,)]),
        (
            "SELECT name, max(from_unixtime(time)) FROM orders GROUP BY name "
            "HAVING max(from_unixtime(time)) > now() + INTERVAL '2' HOUR",
            [("ann", "2023-11-15 23:13:20.000 UTC")],
        ),
        (
            "SELECT count(*) FROM orders WHERE now() < (SELECT max(from_unixtime(time)) "
            "FROM orders)",
            [(3,)],
        ),
        (
            "SELECT date_trunc('day', from_unixtime(time)) d, count(*) FROM orders GROUP BY 1 "
            "ORDER BY d DESC",
            [("2023-11-15 00:00:00.000 UTC", 1), ("2023-11-14 00:00:00.000 UTC", 2)],
        ),
        (
            "SELECT id, date_diff('minute', lag(from_unixtime(time)) OVER (ORDER BY id), "
            "from_unixtime(time)) FROM orders ORDER BY id",
            [(1, None), (2, 60), (3, 1440)],
        ),
    ],
)
def test_a_query_over_moments_gives_its_rows(
    shared: Database, query: str, rows: list[tuple[Any, ...]]
) -> None:
    assert shared.rows(query) == rows


def test_a_moment_does_not_compare_with_a_text(shared: Database) -> None:
    failure = shared.failure("SELECT now() > '2020-01-01'")

    assert failure == f"'>' cannot be applied to {ZONED}, varchar(10)"


def test_hives_own_time_has_no_zone(shared: Database) -> None:
    outcome = shared.run("SELECT current_timestamp", "hive")

    assert list(outcome.rows) == [("2023-11-14 22:13:20",)]


def test_long_sums_beside_a_moment_are_not_too_large(shared: Database) -> None:
    days = " + INTERVAL '1' DAY" * 10
    ids = " + ".join(["id"] * 200)

    assert shared.rows(f"SELECT now(){days}, {ids} FROM orders WHERE id = 1") == [
        ("2023-11-24 22:13:20.000 UTC", 200)
    ]


def test_no_moment_is_null(shared: Database) -> None:
    query = (
        "SELECT from_unixtime(price), from_unixtime(price) IS NULL, "
        "from_unixtime(price) + INTERVAL '1' DAY, at_timezone(from_unixtime(price), 'Asia/Tokyo') "
        "FROM orders WHERE id = 3"
    )

    assert shared.rows(query) == [(None, True, None, None)]
