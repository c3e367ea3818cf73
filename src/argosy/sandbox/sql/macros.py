r"""Functions that DuckDB hasn't, or has with another meaning, as macros of its SQL.

A macro is made where a query uses it: temporary, so that no data file holds it. The first
letter of a name says whose meaning it has: p Presto, h Hive, t Treasure Data, x shared by all.
DuckDB chooses among a macro's overloads by the arguments' types, as Presto does, and casts the
arguments to the types of the overload. Where they have to keep their own type, the macro gets
them twice: once to be chosen by, once to be used.

A timestamp with a time zone is DuckDB's own where the zone is UTC, as that of a session is.
DuckDB's type forgets other zones, so with one of them it is a STRUCT of the instant (in UTC) and
the zone's name. A timestamp without a zone is taken to be in UTC.
"""

# SQL is easier to read where a line isn't broken in the middle of a thought.
# ruff: noqa: E501

from __future__ import annotations

import re
from functools import cache
from typing import Final

ZONED: Final = "STRUCT(instant TIMESTAMP, zone VARCHAR)"

_SHARED: Final = {
    "x_not_empty": "(a) AS coalesce(a, [])",
    "x_utc": "(a) AS timezone('UTC', CAST(a AS TIMESTAMP))",
    "x_wall": f"(a) AS a, (a TIMESTAMPTZ) AS timezone('UTC', a), (a {ZONED}) AS timezone(a.zone, timezone('UTC', a.instant))",
    "x_instant": f"(a TIMESTAMP) AS a, (a TIMESTAMPTZ) AS timezone('UTC', a), (a {ZONED}) AS a.instant",
    # NULL as a whole where there is no moment
    "x_moment": f"(i, z) AS CASE WHEN i IS NOT NULL THEN CAST({{'instant': i, 'zone': z}} AS {ZONED}) END",
    "x_at_zone": f"(a TIMESTAMP, z) AS x_moment(a, z), (a TIMESTAMPTZ, z) AS x_moment(timezone('UTC', a), z), (a {ZONED}, z) AS x_moment(a.instant, z)",
    "x_from_wall": "(a, z) AS timezone('UTC', timezone(z, a))",
    "x_local": "(a, z) AS timezone(z, timezone('UTC', a))",
    "x_seconds_later": "(a, n) AS a + to_seconds(n)",
    "x_of_seconds": "(a) AS make_timestamp(CAST(round(CAST(a AS DOUBLE) * 1000) AS BIGINT) * 1000), "
    "(a DOUBLE) AS make_timestamp(CAST(round(a * 1000) AS BIGINT) * 1000), "
    "(a BIGINT) AS make_timestamp(CAST(a AS BIGINT) * 1000000)",
    "x_zone": f"(a) AS 'UTC', (a {ZONED}) AS a.zone",
    "x_epoch_of": f"(a) AS epoch(CAST(a AS TIMESTAMP)), (a {ZONED}) AS epoch(a.instant)",
    # of the text that DuckDB makes of a moment in a zone
    "x_zoned_text": r"""(t) AS x_zoned_parts(
        TRY_CAST(regexp_extract(t, '^\{''instant'': ''?([-0-9:. ]+)', 1) AS TIMESTAMP),
        regexp_extract(t, '''zone'': ''?([\w/:+-]+)''?\}$', 1))""",
    "x_zoned_parts": """(i, z) AS
        strftime(timezone(z, timezone('UTC', i)), '%Y-%m-%d %H:%M:%S.%g') || ' ' || x_zone_text(z)""",
    # an offset, which DuckDB knows by the name of a zone with the sign turned round
    "x_zone_text": """(z) AS CASE WHEN starts_with(z, 'Etc/GMT')
        THEN translate(z[8:8], '+-', '-+') || lpad(z[9:], 2, '0') || ':00' ELSE z END""",
    "x_epoch": "(a TIMESTAMP) AS CAST(floor(epoch(a)) AS BIGINT)",
    "x_shown": f"""(a) AS x_shown_inside(a), (a DATE) AS CAST(a AS VARCHAR),
        (a TIMESTAMP) AS strftime(a, '%Y-%m-%d %H:%M:%S.%g'),
        (a TIMESTAMPTZ) AS strftime(timezone('UTC', a), '%Y-%m-%d %H:%M:%S.%g') || ' UTC',
        (a {ZONED}) AS strftime(x_wall(a), '%Y-%m-%d %H:%M:%S.%g') || ' ' || x_zone_text(a.zone)""",
    # the same where the type isn't known while the macro is made
    "x_shown_inside": """(a) AS CASE
        WHEN typeof(a) = 'TIMESTAMP'
            THEN strftime(TRY_CAST(CAST(a AS VARCHAR) AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
        WHEN typeof(a) = 'TIMESTAMP WITH TIME ZONE' THEN strftime(timezone('UTC',
            TRY_CAST(CAST(a AS VARCHAR) AS TIMESTAMPTZ)), '%Y-%m-%d %H:%M:%S.%g') || ' UTC'
        WHEN typeof(a) IN ('DOUBLE', 'FLOAT')
            THEN x_double_text(TRY_CAST(CAST(a AS VARCHAR) AS DOUBLE))
        WHEN typeof(a) = 'JSON' THEN CAST(a AS VARCHAR) ->> '$'
        WHEN typeof(a) LIKE 'STRUCT(instant TIMESTAMP, %zone% VARCHAR)'
            THEN x_zoned_text(CAST(a AS VARCHAR))
        ELSE CAST(a AS VARCHAR) END""",
    "x_double_text": """(a) AS CASE
        WHEN isnan(a) THEN 'NaN'
        WHEN isinf(a) THEN CASE WHEN a > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN a = 0 OR abs(a) >= 1e-3 AND abs(a) < 1e7 THEN CAST(a AS VARCHAR)
        ELSE x_scientific(CAST(a AS VARCHAR)) END""",
    # 12345678.9 to 1.23456789E7, 1e+20 to 1.0E20, 0.0001 to 1.0E-4
    "x_scientific": r"""(t) AS CASE WHEN contains(t, 'e') THEN
            regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                t, '^(-?\d)e', '\1.0e'), 'e\+?0*(\d)', 'E\1'), 'e-0*', 'E-'), 'E$', 'E0')
        WHEN regexp_matches(t, '^-?0\.') THEN
            regexp_replace(regexp_replace(t, '^(-?)0\.0*(\d)(\d*)$', '\1\2.\3'), '\.$', '.0')
            || 'E-' || CAST(length(regexp_extract(t, '0\.(0*)', 1)) + 1 AS VARCHAR)
        ELSE regexp_extract(t, '^-?\d') || '.'
            || coalesce(nullif(rtrim(replace(substr(ltrim(t, '-'), 2), '.', ''), '0'), ''), '0')
            || 'E' || CAST(length(regexp_extract(t, '^-?(\d+)', 1)) - 1 AS VARCHAR) END""",
    "x_regexp_or_null": "(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    "x_json": "(j) AS CASE WHEN json_valid(j) THEN CAST(j AS JSON) END",
    "x_json_at": """(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        THEN json_extract(CAST(j AS JSON), p) END""",
    "x_json_scalar_at": """(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        AND json_type(CAST(j AS JSON), p) NOT IN ('OBJECT', 'ARRAY')
        THEN json_extract_string(CAST(j AS JSON), p) END""",
    "x_json_text_at": """(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        THEN json_extract_string(CAST(j AS JSON), p) END""",
    # of a path with [*], which gives many values: Hive and Presto make one JSON array of them
    "x_json_list_at": """(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        THEN to_json(json_extract(CAST(j AS JSON), p)) END""",
    "x_json_list_text_at": "(j, p) AS nullif(CAST(x_json_list_at(j, p) AS VARCHAR), '[]')",
    # by key, one value a key; two values of a key can't be in a map
    "x_map_of": """(e) AS map_from_entries(list_filter(list_sort(e),
        lambda one, i: i = 1 OR list_sort(e)[i - 1].k IS DISTINCT FROM one.k))""",
    "x_multimap_of": """(e) AS map_from_entries(list_transform(
        list_sort(list_distinct(list_transform(e, lambda one: one.k))),
        lambda key: {'k': key, 'v': list_transform(
            list_filter(e, lambda one: one.k = key), lambda one: one.v)}))""",
    "x_entries": "(a) AS x_entries_of(a, a)",
    "x_entries_of": "(t, a) AS a, (t MAP(VARCHAR, VARCHAR), a) AS map_entries(a)",
    "x_distinct": """(a) AS list_filter(a,
        lambda one, i: coalesce(list_position(a, one), i) = i
            AND (one IS NOT NULL OR len(list_filter(a[1:i - 1], lambda e: e IS NULL)) = 0))""",
    "x_decoded": "(u) AS url_decode(replace(u, '+', ' '))",
    "x_trim_end": r"(s) AS regexp_replace(s, '\s+$', '')",
    "x_trim_start": r"(s) AS regexp_replace(s, '^\s+', '')",
    "x_trim": r"(s) AS regexp_replace(s, '^\s+|\s+$', '', 'g')",
    "x_url_part": "(u, p) AS CASE WHEN regexp_matches(u, p) THEN regexp_extract(u, p, 1) END",
    "x_parameter": """(q, n) AS list_transform(list_filter(string_split(q, '&'),
        lambda one: split_part(one, '=', 1) = n),
        lambda one: x_decoded(regexp_replace(one, '^[^=]*=?', '')))[1]""",
    "x_type": r"""(a) AS lower(replace(regexp_replace(regexp_replace(regexp_replace(
        CASE WHEN typeof(a) = 'HUGEINT' THEN 'bigint' WHEN typeof(a) = '"NULL"' THEN 'unknown'
             WHEN typeof(a) LIKE 'STRUCT(instant %' OR typeof(a) = 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp(3) with time zone'
             WHEN typeof(a) = 'TIMESTAMP' THEN 'timestamp(3)'
        ELSE typeof(a) END,
        '^(.*)\[\]\[\]$', 'array(array(\1))'), '^(.*)\[\]$', 'array(\1)'), '(STRUCT|TUPLE)\(', 'row('),
        'BLOB', 'varbinary'))""",
}
_PRESTO: Final = {
    "p_divide": """(a, b) AS a / b, (a BIGINT, b BIGINT) AS a // b, (a HUGEINT, b HUGEINT) AS a // b,
        (a DOUBLE, b DOUBLE) AS a / b""",
    "p_plus": f"""(a, b) AS a + b, (a DATE, b INTERVAL) AS CAST(a + b AS DATE),
        (a INTERVAL, b DATE) AS CAST(b + a AS DATE),
        (a {ZONED}, b INTERVAL) AS CAST({{'instant': a.instant + b, 'zone': a.zone}} AS {ZONED}),
        (a INTERVAL, b {ZONED}) AS CAST({{'instant': b.instant + a, 'zone': b.zone}} AS {ZONED})""",
    "p_minus": f"""(a, b) AS a - b, (a DATE, b DATE) AS to_days(a - b), (a DATE, b INTERVAL) AS CAST(a - b AS DATE),
        (a {ZONED}, b INTERVAL) AS CAST({{'instant': a.instant - b, 'zone': a.zone}} AS {ZONED}),
        (a {ZONED}, b {ZONED}) AS a.instant - b.instant,
        (a {ZONED}, b TIMESTAMPTZ) AS a.instant - timezone('UTC', b),
        (a TIMESTAMPTZ, b {ZONED}) AS timezone('UTC', a) - b.instant,
        (a {ZONED}, b TIMESTAMP) AS a.instant - b, (a TIMESTAMP, b {ZONED}) AS a - b.instant""",
    "p_moment": f"(a) AS a, (a TIMESTAMPTZ) AS timezone('UTC', a), (a {ZONED}) AS a.instant",
    "p_bigint": """(a) AS CASE WHEN typeof(a) = 'VARCHAR' AND CAST(a AS VARCHAR) LIKE '%.%'
            THEN CAST(chr(1) || CAST(a AS VARCHAR) AS BIGINT) ELSE CAST(a AS BIGINT) END,
        (a BIGINT) AS CAST(a AS BIGINT), (a HUGEINT) AS CAST(a AS BIGINT),
        (a DOUBLE) AS CAST(round(a) AS BIGINT)""",
    "p_date": f"(a) AS CAST(a AS DATE), (a {ZONED}) AS CAST(x_wall(a) AS DATE)",
    "p_timestamp": f"(a) AS CAST(a AS TIMESTAMP), (a {ZONED}) AS x_wall(a)",
    "p_zoned": f"""(a) AS x_utc(a), (a TIMESTAMPTZ) AS a, (a {ZONED}) AS a""",
    "p_like_zoned": """(a) AS a, (a TIMESTAMP) AS x_at_zone(a, 'UTC'), (a TIMESTAMPTZ) AS x_at_zone(a, 'UTC'),
        (a DATE) AS x_at_zone(CAST(a AS TIMESTAMP), 'UTC')""",
    "p_json": f"(a) AS to_json(a), (a TIMESTAMPTZ) AS to_json(x_shown(a)), (a {ZONED}) AS to_json(x_shown(a))",
    "p_time": f"""(a) AS CAST(a AS TIME), (a TIMESTAMPTZ) AS CAST(timezone('UTC', a) AS TIME),
        (a {ZONED}) AS CAST(x_wall(a) AS TIME)""",
    "p_last_day": f"(a) AS last_day(CAST(a AS DATE)), (a {ZONED}) AS last_day(CAST(x_wall(a) AS DATE))",
    "p_boolean": "(a) AS CAST(a AS BOOLEAN)",
    "p_length": "(a) AS length(CAST(a AS VARCHAR)), (a BLOB) AS octet_length(a)",
    "p_substr": """(s, a) AS CASE WHEN a = 0 OR -a > length(s) THEN substr(s, 1, 0)
            ELSE substr(s, CAST(a AS BIGINT)) END,
        (s, a, n) AS CASE WHEN a = 0 OR -a > length(s) OR n <= 0 THEN substr(s, 1, 0)
            ELSE substr(s, CAST(a AS BIGINT), CAST(n AS BIGINT)) END""",
    "p_split_part": """(s, d, n) AS CASE WHEN n > len(string_split(s, d)) THEN NULL
            ELSE split_part(s, d, CAST(n AS BIGINT)) END""",
    "p_split": """(s, d) AS string_split(s, d),
        (s, d, n) AS CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d)
            ELSE list_append(string_split(s, d)[1:n - 1],
                array_to_string(string_split(s, d)[n:], d)) END""",
    "p_split_to_map": """(s, e, k) AS x_map_of(list_transform(string_split(s, e),
        lambda one: {'k': split_part(one, k, 1), 'v': substr(one, instr(one, k) + length(k))}))""",
    "p_strpos": """(s, t) AS strpos(s, t),
        (s, t, n) AS CASE WHEN n < 1 THEN error('query failed: ''instance'' must be a positive number.')
            WHEN n >= len(string_split(s, t)) THEN 0
            ELSE length(array_to_string(string_split(s, t)[1:n], t)) + 1 END""",
    "p_split_to_multimap": """(s, e, k) AS x_multimap_of(list_transform(string_split(s, e),
        lambda one: {'k': split_part(one, k, 1), 'v': substr(one, instr(one, k) + length(k))}))""",
    "p_multimap_from": "(e) AS x_multimap_of(list_transform(e, lambda one: {'k': one[1], 'v': one[2]}))",
    "p_map_union": """(e) AS x_map_of(list_transform(flatten(e),
        lambda one: {'k': one.key, 'v': one.value}))""",
    "p_ngrams": """(a, n) AS list_transform(range(1, greatest(len(a) - n, 0) + 2),
        lambda i: a[i:i + n - 1])""",
    "p_trim_array": """(a, n) AS CASE WHEN n > len(a) OR n < 0
        THEN error('query failed: size must not exceed array cardinality') ELSE a[1:len(a) - n] END""",
    "p_bit_count": """(a, n) AS CAST(bit_count(CASE WHEN n >= 64 THEN CAST(a AS BIGINT)
        ELSE CAST(a AS BIGINT) & ((CAST(1 AS BIGINT) << CAST(n AS INTEGER)) - 1) END) AS BIGINT)""",
    "p_regexp_position": """(s, p) AS CASE WHEN regexp_matches(s, p)
        THEN length(regexp_extract(s, '^((?s:.*?))(?:' || p || ')', 1)) + 1
        WHEN s IS NOT NULL AND p IS NOT NULL THEN -1 END""",
    # what is between the matches, and what is put in their places
    "p_woven": """(a, b) AS array_to_string(list_transform(a,
        lambda one, i: one || coalesce(b[i], '')), '')""",
    "p_json_exists": "(j, v) AS CASE WHEN j IS NOT NULL THEN v IS NOT NULL END",
    "p_replace": "(s, t) AS replace(s, t, ''), (s, t, r) AS replace(s, t, r)",
    "p_repeat": """(e, n) AS CASE WHEN n > 10000
            THEN error('query failed: count argument of repeat function must be less than or equal to 10000')
            ELSE list_transform(range(least(CAST(n AS BIGINT), 10000)), lambda i: e) END""",
    "x_sized": """(n) AS CASE WHEN n > 10000000
            THEN error('query failed: a text of this length is not supported by the sandbox')
            ELSE CAST(n AS INTEGER) END""",
    "x_lpad": "(s, n, p) AS lpad(s, x_sized(n), p)",
    "x_rpad": "(s, n, p) AS rpad(s, x_sized(n), p)",
    "p_round": "(a) AS round(a), (a, n) AS round(a, CAST(n AS INTEGER))",
    "p_truncate": "(a) AS trunc(a), (a, n) AS trunc(a * pow(10, n)) / pow(10, n)",
    "p_random": "() AS random(), (n) AS CAST(floor(random() * n) AS BIGINT), "
    "(m, n) AS CAST(floor(m + random() * (n - m)) AS BIGINT)",
    "p_width_bucket": """(x, lo, hi, n) AS CASE
        WHEN lo < hi THEN CASE WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1
            ELSE CAST(floor((x - lo) * n / CAST(hi - lo AS DOUBLE)) AS BIGINT) + 1 END
        ELSE CASE WHEN x > lo THEN 0 WHEN x <= hi THEN n + 1
            ELSE CAST(floor((lo - x) * n / CAST(lo - hi AS DOUBLE)) AS BIGINT) + 1 END END""",
    "p_day_of_week": "(a) AS isodow(x_wall(a))",
    "p_millisecond": f"(a) AS millisecond(a) % 1000, (a {ZONED}) AS millisecond(x_wall(a)) % 1000",
    "p_date_trunc": f"""(u, a TIMESTAMP) AS date_trunc(u, a), (u, a TIMESTAMPTZ) AS date_trunc(u, a),
        (u, a DATE) AS CAST(date_trunc(u, a) AS DATE),
        (u, a {ZONED}) AS CAST({{'instant': x_from_wall(date_trunc(u, x_wall(a)), a.zone), 'zone': a.zone}} AS {ZONED})""",
    "p_date_diff": f"""(u, a, b) AS CAST(date_sub(u, CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP)) AS BIGINT),
        (u, a, b {ZONED}) AS CAST(date_sub(u, CAST(a AS TIMESTAMP), b.instant) AS BIGINT),
        (u, a {ZONED}, b) AS p_date_diff_in(u, a, CAST(b AS TIMESTAMP)),
        (u, a {ZONED}, b {ZONED}) AS p_date_diff_in(u, a, b.instant)""",
    "p_date_diff_in": """(u, a, b) AS
        CAST(date_sub(u, x_local(a.instant, a.zone), x_local(b, a.zone)) AS BIGINT)""",
    "p_to_unixtime": f"(a TIMESTAMP) AS epoch(a), (a TIMESTAMPTZ) AS epoch(a), (a {ZONED}) AS epoch(a.instant)",
    "p_from_iso_timestamp": "(s) AS x_moment(timezone('UTC', CAST(s AS TIMESTAMPTZ)), x_offset_zone(s))",
    # UTC too where the offset is no whole number of hours, which DuckDB has no zone for
    "x_offset_zone": r"""(s) AS CASE WHEN regexp_matches(s, 'T.*[+-](0[1-9]|1\d)(:?00)?$')
        THEN 'Etc/GMT' || translate(regexp_extract(s, '([+-])[\d:]+$', 1), '+-', '-+')
            || CAST(CAST(regexp_extract(s, '[+-](\d\d)[\d:]*$', 1) AS INTEGER) AS VARCHAR)
        ELSE 'UTC' END""",
    "p_to_iso": f"""(a DATE) AS CAST(a AS VARCHAR),
        (a TIMESTAMP) AS strftime(a, '%Y-%m-%dT%H:%M:%S.%g'),
        (a TIMESTAMPTZ) AS strftime(timezone('UTC', a), '%Y-%m-%dT%H:%M:%S.%gZ'),
        (a {ZONED}) AS strftime(x_wall(a), '%Y-%m-%dT%H:%M:%S.%g')
            || CASE WHEN x_wall(a) = a.instant THEN 'Z' ELSE
                CASE WHEN x_wall(a) < a.instant THEN '-' ELSE '+' END || strftime(
                make_timestamp(abs(epoch_us(x_wall(a)) - epoch_us(a.instant))), '%H:%M') END""",
    "p_json_parse": "(j) AS CAST(CAST(j AS VARCHAR) AS JSON)",
    "p_json_format": "(j) AS CAST(json(CAST(j AS JSON)) AS VARCHAR)",
    "p_json_array_length": """(j) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        AND json_type(CAST(j AS JSON)) = 'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON)) AS BIGINT) END""",
    "p_json_array_get": """(j, n) AS CASE WHEN json_valid(CAST(j AS VARCHAR))
        THEN json_extract(CAST(j AS JSON), CAST(n AS BIGINT)) END""",
    "p_json_array_contains": """(j, v) AS list_contains(CAST(CAST(j AS JSON) AS JSON[]), to_json(v))""",
    "p_json_size": """(j, p) AS CASE json_type(CAST(j AS JSON), p)
        WHEN 'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON), p) AS BIGINT)
        WHEN 'OBJECT' THEN len(json_keys(CAST(j AS JSON), p)) ELSE 0 END""",
    "p_is_json_scalar": "(j) AS json_type(CAST(j AS JSON)) NOT IN ('OBJECT', 'ARRAY')",
    "p_cardinality": "(a) AS len(a), (a MAP(VARCHAR, VARCHAR)) AS CAST(cardinality(a) AS BIGINT)",
    "p_element_at": """(a, k) AS a[k]""",
    "p_subscript": "(a, k) AS p_subscript_of(a, a, k)",
    "p_subscript_of": """(t, a, k) AS CASE
        WHEN k > len(a) THEN error(
            'query failed: Array subscript must be less than or equal to array length: '
            || CAST(k AS VARCHAR) || ' > ' || CAST(len(a) AS VARCHAR))
        WHEN k = 0 THEN error('query failed: SQL array indices start at 1')
        WHEN k < 0 THEN error('query failed: Array subscript is negative: ' || CAST(k AS VARCHAR))
        ELSE a[k] END,
        (t MAP(VARCHAR, VARCHAR), a, k) AS CASE WHEN a IS NULL THEN NULL
            WHEN list_contains(map_keys(a), k) THEN a[k]
            ELSE error('query failed: Key not present in map: ' || CAST(k AS VARCHAR)) END""",
    "p_array_join": """(a, d) AS array_to_string(list_transform(a, lambda one: x_shown_inside(one)), d),
        (a, d, n) AS array_to_string(
            list_transform(a, lambda one: coalesce(x_shown_inside(one), n)), d)""",
    "p_array_sort": "(a) AS list_sort(a, 'ASC', 'NULLS LAST')",
    "p_array_max": "(a) AS CASE WHEN list_count(a) = len(a) THEN list_max(a) END",
    "p_array_min": "(a) AS CASE WHEN list_count(a) = len(a) THEN list_min(a) END",
    "p_array_position": "(a, e) AS CASE WHEN e IS NOT NULL THEN coalesce(list_position(a, e), 0) END",
    "p_array_remove": "(a, e) AS list_filter(a, lambda one: one <> e)",
    "p_array_union": "(a, b) AS x_distinct(list_concat(a, b))",
    "p_array_intersect": "(a, b) AS x_distinct(list_filter(a, lambda one: list_contains(b, one)))",
    "p_array_except": "(a, b) AS x_distinct(list_filter(a, lambda one: NOT list_contains(b, one)))",
    "p_slice": """(a, s, n) AS CASE WHEN s > 0 THEN a[s:s + n - 1]
        ELSE a[len(a) + s + 1:len(a) + s + n] END""",
    # Presto makes lists of 10000 elements at the most, and texts of no more than fits in memory;
    # DuckDB works out constants in every branch of a CASE, so the list itself has to be short
    "x_steps": """(n) AS CASE WHEN n >= 10000
            THEN error('query failed: result of sequence function must not have more than 10000 entries')
            ELSE TRUE END""",
    "p_sequence": """(a BIGINT, b BIGINT) AS generate_series(a,
            CASE WHEN x_steps(abs(CAST(a AS HUGEINT) - b)) THEN b END, CASE WHEN a <= b THEN 1 ELSE -1 END),
        (a BIGINT, b BIGINT, s BIGINT) AS generate_series(a, CASE WHEN s = 0
            THEN error('query failed: step must not be zero')
            WHEN x_steps((CAST(b AS HUGEINT) - a) // s) THEN b END, s),
        (a, b, s) AS generate_series(a,
            CASE WHEN x_steps(coalesce((epoch(b) - epoch(a)) // nullif(epoch(s), 0), 0)) THEN b END, s),
        (a DATE, b DATE, s INTERVAL) AS list_transform(generate_series(a,
            CASE WHEN x_steps(coalesce((epoch(b) - epoch(a)) // nullif(epoch(s), 0), 0)) THEN b END, s),
            lambda one: CAST(one AS DATE)),
        (a DATE, b DATE) AS list_transform(generate_series(a,
            CASE WHEN x_steps(abs(b - a)) THEN b END, to_days(CASE WHEN a <= b THEN 1 ELSE -1 END)), lambda one: CAST(one AS DATE))""",
    "p_contains": """(a, e) AS CASE WHEN list_contains(a, e) THEN TRUE
        WHEN e IS NULL OR list_count(a) < len(a) THEN NULL ELSE FALSE END""",
    "p_any_match": "(a) AS CASE WHEN list_contains(a, TRUE) THEN TRUE WHEN list_count(a) < len(a) THEN NULL ELSE FALSE END",
    "p_all_match": "(a) AS CASE WHEN list_contains(a, FALSE) THEN FALSE WHEN list_count(a) < len(a) THEN NULL ELSE TRUE END",
    "p_concat": "(a, b) AS a || b",
    "p_url_encode": "(u) AS replace(url_encode(u), '%20', '+')",
    "p_from_utf8": "(b) AS decode(b)",
    "p_url_query": r"(u) AS url_decode(x_url_part(u, '^[^?#]*\?([^#]*)'))",
    "p_url_parameter": r"(u, n) AS x_parameter(x_url_part(u, '^[^?#]*\?([^#]*)'), n)",
    "p_url_host": r"(u) AS nullif(x_url_part(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)'), '')",
    "p_url_port": r"(u) AS CAST(nullif(x_url_part(u, '^[^:/?#]+://[^/?#]*:(\d+)(?:[/?#]|$)'), '') AS BIGINT)",
    "p_url_path": r"(u) AS url_decode(x_url_part(u, '^(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)'))",
    "p_url_protocol": r"(u) AS nullif(x_url_part(u, '^([A-Za-z][A-Za-z0-9+.-]*):'), '')",
    "p_url_fragment": r"(u) AS nullif(x_url_part(u, '#(.*)$'), '')",
    "p_md5": "(a) AS unhex(md5(a))",
    "p_sha1": "(a) AS unhex(sha1(a))",
    "p_sha256": "(a) AS unhex(sha256(a))",
    "p_from_base": "(s, r) AS list_reduce(list_transform(string_split(lower(ltrim(s, '-')), ''), "
    "lambda c: CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS BIGINT)), "
    "lambda t, d: t * CAST(r AS BIGINT) + d) * CASE WHEN s LIKE '-%' THEN -1 ELSE 1 END",
    "p_to_base": "(n, r) AS lower(to_base(n, CAST(r AS INTEGER)))",
    "p_nan": "() AS CAST('NaN' AS DOUBLE)",
    "p_infinity": "() AS CAST('Infinity' AS DOUBLE)",
    "p_e": "() AS exp(1)",
    "p_geometric_mean": "(a) AS exp(avg(ln(a)))",
}
_TYPED: Final = re.compile(
    r"[(,]\s*\w+ (?:BIGINT|HUGEINT|DOUBLE|TIMESTAMP|DATE|INTERVAL|BLOB|MAP\(|STRUCT\(|VARCHAR\b)"
)
_USED: Final = re.compile(r"\b[xpht]_[a-z0-9_]+(?=\()")


@cache
def definitions() -> dict[str, str]:
    """Give what follows the name in each macro's CREATE, by name."""
    from argosy.sandbox.sql.macros_hive import HIVE, TREASURE  # noqa: PLC0415  # only with a query

    return {**_SHARED, **_PRESTO, **HIVE, **TREASURE}


@cache
def creation(name: str) -> tuple[str, ...]:
    """Give the statements that make a macro and all it calls, in order."""
    body = definitions()[name]
    before: dict[str, None] = {}
    for used in _USED.findall(body):
        if used != name:
            before.update(dict.fromkeys(creation(used)))
    return (*before, f"CREATE TEMP MACRO IF NOT EXISTS {name} {body}")


@cache
def is_typed(name: str) -> bool:
    """Say whether DuckDB has to know an argument's type to choose among a macro's overloads."""
    return any(
        _TYPED.search(statement.split(" EXISTS ", 1)[1]) is not None for statement in creation(name)
    )


@cache
def growth(name: str) -> int:
    """Say how often an argument of a macro comes in the text it stands for, at the most."""
    overloads = re.split(r",\s*(?=\((?:\w[^()]*(?:\([^()]*\))?[^()]*)?\) AS )", definitions()[name])
    # to know a type DuckDB binds an argument once more, at each level of a nest
    least = 2 if is_typed(name) else 1
    return max(least, *(_growth_of_one(name, one) for one in overloads))


def _growth_of_one(name: str, overload: str) -> int:
    head, _, body = overload.strip().partition(" AS ")
    parameters = {part.split()[0] for part in head.strip("()").split(",") if part.split()}
    counts = dict.fromkeys(parameters, 0)
    enclosing: list[int] = []
    bare = re.sub(r"'(?:[^']|'')*'", "''", body)
    for token in re.finditer(r"(\w+)\(|(\()|(\))|(\w+)", bare):
        called, opened, closed, word = token.groups()
        if called or opened:
            inner = called in definitions() and called != name
            enclosing.append((enclosing[-1] if enclosing else 1) * (growth(called) if inner else 1))
        elif closed and enclosing:
            enclosing.pop()
        elif word in counts:
            counts[word] += enclosing[-1] if enclosing else 1
    return max([1, *counts.values()])
