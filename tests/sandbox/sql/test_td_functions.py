"""Treasure Data's own functions: their values, and the laws that bind them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.sandbox.sql.conftest import Database

EPOCHS = st.integers(0, 4_000_000_000)
ZONES = st.sampled_from(
    ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata", "PDT", "+05:30"]
)
UNITS = st.sampled_from(["second", "minute", "hour", "day", "week", "month", "quarter", "year"])
QUICK = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
DAY = 86_400
MIDNIGHT = 1_699_920_000
"""2023-11-14 00:00:00 UTC."""


@pytest.mark.parametrize("engine", ["presto", "hive"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TD_TIME_RANGE(1700000000, '2023-11-14', '2023-11-15')", True),
        ("TD_TIME_RANGE(1700000000, '2023-11-15')", False),
        ("TD_TIME_RANGE(1699920000, '2023-11-14', NULL)", True),
        ("TD_TIME_RANGE(1699919999, '2023-11-14', NULL)", False),
        ("TD_TIME_RANGE(1700006400, NULL, '2023-11-15')", False),
        ("TD_TIME_RANGE(1700006399, NULL, '2023-11-15')", True),
        ("TD_TIME_RANGE(1700006399, NULL, NULL)", True),
        ("TD_TIME_RANGE(1700000000, '2023-11-15', NULL, 'JST')", True),
        ("TD_TIME_RANGE(1700000000, '2023-11-14', '2023-11-15', 'Asia/Tokyo')", False),
        ("TD_TIME_RANGE(5, 5, 6)", True),
        ("TD_TIME_RANGE(6, 5, 6)", False),
        (
            "TD_TIME_RANGE(1700000000, TD_TIME_ADD('2023-11-14', '0d'), "
            "TD_TIME_PARSE('2023-11-15'))",
            True,
        ),
        ("TD_TIME_FORMAT(1700000000, 'yyyy-MM-dd HH:mm:ss')", "2023-11-14 22:13:20"),
        ("TD_TIME_FORMAT(1700000000, 'yyyy-MM-dd HH:mm:ss', 'JST')", "2023-11-15 07:13:20"),
        (
            "TD_TIME_FORMAT(1700000000, 'yyyy-MM-dd HH:mm:ss Z', 'Asia/Tokyo')",
            "2023-11-15 07:13:20 +0900",
        ),
        ("TD_TIME_FORMAT(1700000000, 'yyyy-MM-dd HH:mm:ss z')", "2023-11-14 22:13:20 UTC"),
        ("TD_TIME_FORMAT(1700000000, 'HH:mm XXX', '-03:30')", "18:43 -03:30"),
        ("TD_TIME_FORMAT(0, 'E, d MMM yyyy')", "Thu, 1 Jan 1970"),
        ("TD_TIME_FORMAT(NULL, 'yyyy')", None),
        ("TD_TIME_PARSE('2023-11-14')", MIDNIGHT),
        ("TD_TIME_PARSE('2023-11-14 22:13:20')", 1700000000),
        ("TD_TIME_PARSE('2023-11-15 07:13:20', 'JST')", 1700000000),
        ("TD_TIME_PARSE('2023-11-15 07:13:20 +0900')", 1700000000),
        ("TD_TIME_PARSE('nonsense')", None),
        ("TD_TIME_STRING(1700000000, 'y!')", "2023"),
        ("TD_TIME_STRING(1700000000, 'M!')", "2023-11"),
        ("TD_TIME_STRING(1700000000, 'w!')", "2023-11-13"),
        ("TD_TIME_STRING(1700000000, 'd!', 'JST')", "2023-11-15"),
        ("TD_TIME_STRING(1700000000, 'h!')", "2023-11-14 22"),
        ("TD_TIME_STRING(1700000000, 'd', 'JST')", "2023-11-15 00:00:00+0900"),
        ("TD_TIME_ADD(1700000000, '1d')", 1700000000 + DAY),
        ("TD_TIME_ADD('2023-11-14', '-1h')", MIDNIGHT - 3600),
        ("TD_TIME_ADD('2023-11-15', '1w', 'JST')", MIDNIGHT + DAY - 9 * 3600 + 7 * DAY),
        ("TD_TIME_ADD(0, '1d12h')", 129_600),
        ("TD_DATE_TRUNC('day', 1700000000)", MIDNIGHT),
        ("TD_DATE_TRUNC('day', 1700000000, 'Asia/Tokyo')", MIDNIGHT + DAY - 9 * 3600),
        ("TD_DATE_TRUNC('month', 1700000000)", 1_698_796_800),
        ("TD_SCHEDULED_TIME()", 1700000000),
        ("TD_INTERVAL(1699919999, '-1d')", True),
        ("TD_INTERVAL(1699920000, '-1d')", False),
        ("TD_INTERVAL(1700000000 - 1, '-1h/now')", True),
        ("TD_INTERVAL(1699920000 - 2 * 86400, '-1d/-1d')", True),
        ("TD_INTERVAL(1699920000 - 86400, '-1d/-1d')", False),
        ("TD_INTERVAL(1700000000, '0d')", True),
        ("TD_MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("TD_URL_DECODE('a%20b+c')", "a b c"),
        ("TD_ARRAY_INDEX(split('a,b', ','), 1)", "b"),
        ("TD_ARRAY_INDEX(split('a,b', ','), 9)", None),
    ],
)
def test_a_td_function_has_its_value_in_both_engines(
    shared: Database, engine: str, expression: str, expected: Any
) -> None:
    value = shared.value(expression, engine)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ARRAY[TD_TIME_FORMAT(0, '''at'' h a')]", ["at 12 AM"]),
        ("TD_INTERVAL_RANGE('-7d')", [MIDNIGHT - 7 * DAY, MIDNIGHT]),
        ("TD_INTERVAL_RANGE('-7d/now')", [MIDNIGHT - 7 * DAY, 1700000000]),
        ("TD_INTERVAL_RANGE('-1M')", [1_696_118_400, 1_698_796_800]),
        ("TD_INTERVAL_RANGE('-1d', 'JST')", [MIDNIGHT - 9 * 3600, MIDNIGHT + DAY - 9 * 3600]),
        ("TD_INTERVAL_RANGE('-1d/2023-01-02')", [1_672_531_200, 1_672_617_600]),
    ],
)
def test_a_td_function_has_its_value_in_presto(
    shared: Database, expression: str, expected: list[Any]
) -> None:
    assert shared.value(expression) == expected


def test_sessions_end_where_the_next_row_is_late(shared: Database) -> None:
    query = (
        "SELECT visitor, time, TD_SESSIONIZE_WINDOW(time, 60) OVER "
        "(PARTITION BY visitor ORDER BY time) AS session FROM visits ORDER BY visitor, time"
    )
    rows = shared.rows(query)

    sessions = [session for _, _, session in rows]
    assert [row[:2] for row in rows] == [("v1", 100), ("v1", 130), ("v1", 500), ("v2", 110)]
    assert sessions[0] == sessions[1]
    assert len(set(sessions)) == 3
    assert shared.rows(query) == rows


def test_hives_sessions_are_the_same_kind(shared: Database) -> None:
    rows = shared.rows(
        "SELECT TD_SESSIONIZE(time, 60, visitor) AS session, visitor, time FROM "
        "(SELECT time, visitor FROM visits DISTRIBUTE BY visitor SORT BY visitor, time) t",
        "hive",
    )

    assert len({session for session, *_ in rows}) == 3


def test_first_and_last_go_by_the_columns_given(shared: Database) -> None:
    query = "SELECT TD_FIRST(name, price), TD_LAST(name, time), TD_LAST(id, name, time) FROM orders"

    assert shared.rows(query) == [("bob", "ann", 2)]


def test_formats_of_columns_follow_each_rows_offset(shared: Database) -> None:
    query = (
        "SELECT TD_TIME_FORMAT(t, 'yyyy-MM-dd HH:mm Z', 'America/Los_Angeles') FROM "
        "(VALUES 1700000000, 1690000000) AS v(t)"
    )

    assert shared.rows(query) == [("2023-11-14 14:13 -0800",), ("2023-07-21 21:26 -0700",)]


@pytest.mark.parametrize(
    "expression",
    [
        "TD_IP_TO_COUNTRY_CODE('192.0.2.1')",
        "TD_PARSE_USER_AGENT('x', 'os')",
        "TD_CURRENCY_CONV('x')",
    ],
)
def test_what_needs_the_vendors_data_says_so(shared: Database, expression: str) -> None:
    assert "which the sandbox doesn't have" in shared.failure(f"SELECT {expression}")


@pytest.mark.parametrize(
    "expression",
    [
        "TD_TIME_ADD(0, '1x')",
        "TD_INTERVAL(0, 'yesterday')",
        "TD_INTERVAL(0, '-999999y')",
        "TD_TIME_FORMAT(0, 'yyyy', 'Mars/Base')",
        "TD_TIME_FORMAT(0, 'Q')",
        "TD_TIME_STRING(0, 'z!')",
        "TD_DATE_TRUNC('decade', 0)",
        "TD_TIME_RANGE(0, 'nonsense')",
    ],
)
def test_a_wrong_constant_is_refused(shared: Database, expression: str) -> None:
    assert shared.failure(f"SELECT {expression}")


@given(moment=EPOCHS, bounds=st.lists(EPOCHS, min_size=1, max_size=4, unique=True))
@QUICK
def test_each_time_is_in_one_of_adjacent_ranges(
    shared: Database, moment: int, bounds: list[int]
) -> None:
    edges = ["NULL", *map(str, sorted(bounds)), "NULL"]
    ranges = ", ".join(f"TD_TIME_RANGE({moment}, {start}, {end})" for start, end in pairwise(edges))

    (row,) = shared.rows(f"SELECT {ranges}")
    assert sum(row) == 1


@given(moment=EPOCHS)
@QUICK
def test_parsing_what_was_formatted_gives_the_time_back(shared: Database, moment: int) -> None:
    for zone in ("UTC", "Asia/Tokyo", "+05:30"):
        text = f"TD_TIME_FORMAT({moment}, 'yyyy-MM-dd HH:mm:ss', '{zone}')"
        assert shared.value(f"TD_TIME_PARSE({text}, '{zone}')") == moment
    assert shared.value(
        f"TD_TIME_FORMAT({moment}, 'yyyy-MM-dd HH:mm:ss')"
    ) == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


@given(moment=EPOCHS, zone=ZONES, unit=UNITS)
@QUICK
def test_truncating_again_changes_nothing(
    shared: Database, moment: int, zone: str, unit: str
) -> None:
    start = shared.value(f"TD_DATE_TRUNC('{unit}', {moment}, '{zone}')")

    assert start <= moment
    assert shared.value(f"TD_DATE_TRUNC('{unit}', {start}, '{zone}')") == start


@given(moment=EPOCHS, zone=ZONES)
@QUICK
def test_a_constant_and_a_column_are_parsed_alike(shared: Database, moment: int, zone: str) -> None:
    text = datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
    constant, column = shared.rows(
        f"SELECT TD_TIME_PARSE('{text}', '{zone}'), TD_TIME_PARSE(t, '{zone}') "
        f"FROM (VALUES '{text}') AS v(t)"
    )[0]

    assert constant == column
