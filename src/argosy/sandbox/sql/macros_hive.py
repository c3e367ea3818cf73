"""Macros with Hive's and Treasure Data's meanings; see `macros`."""

# SQL is easier to read where a line isn't broken in the middle of a thought.
# ruff: noqa: E501

from __future__ import annotations

from typing import Final

HIVE: Final = {
    "h_divide": "(a, b) AS TRY_CAST(a AS DOUBLE) / nullif(TRY_CAST(b AS DOUBLE), 0)",
    "h_div": "(a, b) AS CAST(a AS BIGINT) // nullif(CAST(b AS BIGINT), 0)",
    "h_mod": "(a, b) AS a % nullif(b, 0)",
    "h_number": "(a) AS a, (a VARCHAR) AS TRY_CAST(trim(a) AS DOUBLE)",
    # a text beside what it is compared with
    "h_beside": """(a, b) AS a, (a VARCHAR, b VARCHAR) AS a,
        (a VARCHAR, b DOUBLE) AS TRY_CAST(trim(a) AS DOUBLE),
        (a VARCHAR, b DATE) AS TRY_CAST(a AS TIMESTAMP),
        (a VARCHAR, b TIMESTAMP) AS TRY_CAST(a AS TIMESTAMP)""",
    "h_bigint": """(a) AS TRY_CAST(trunc(TRY_CAST(a AS DOUBLE)) AS BIGINT),
        (a BIGINT) AS CAST(a AS BIGINT), (a DOUBLE) AS TRY_CAST(trunc(a) AS BIGINT),
        (a TIMESTAMP) AS CAST(floor(epoch(a)) AS BIGINT)""",
    "h_boolean": "(a) AS CASE WHEN typeof(a) = 'VARCHAR' THEN length(CAST(a AS VARCHAR)) > 0 "
    "ELSE TRY_CAST(a AS BOOLEAN) END",
    "h_string": """(a) AS x_shown_inside(a), (a TIMESTAMP) AS h_timestamp_text(a),
        (a DATE) AS CAST(a AS VARCHAR)""",
    "h_timestamp_text": "(a) AS rtrim(rtrim(strftime(a, '%Y-%m-%d %H:%M:%S.%f'), '0'), '.')",
    # by way of text, since the type isn't known while the macros above it are made
    "h_moment": "(a) AS TRY_CAST(CAST(a AS VARCHAR) AS TIMESTAMP)",
    "h_day": "(a) AS CAST(h_moment(a) AS DATE)",
    "h_to_date": "(a) AS strftime(h_moment(a), '%Y-%m-%d')",
    "h_date_add": "(a, n) AS strftime(h_day(a) + CAST(n AS INTEGER), '%Y-%m-%d')",
    "h_date_sub": "(a, n) AS strftime(h_day(a) - CAST(n AS INTEGER), '%Y-%m-%d')",
    "h_datediff": "(a, b) AS CAST(h_day(a) - h_day(b) AS BIGINT)",
    "h_add_months": "(a, n) AS strftime(CASE WHEN h_day(a) = last_day(h_day(a)) "
    "THEN last_day(h_day(a) + to_months(CAST(n AS INTEGER))) "
    "ELSE h_day(a) + to_months(CAST(n AS INTEGER)) END, '%Y-%m-%d')",
    "h_last_day": "(a) AS strftime(last_day(h_day(a)), '%Y-%m-%d')",
    "h_trunc": "(a, u) AS strftime(date_trunc(CASE WHEN upper(u) IN ('YEAR', 'YYYY', 'YY') THEN 'year' "
    "WHEN upper(u) IN ('Q', 'QUARTER') THEN 'quarter' ELSE 'month' END, h_day(a)), '%Y-%m-%d')",
    "h_months_between": """(a, b) AS round(datediff('month', h_day(b), h_day(a))
        + CASE WHEN day(h_day(a)) = day(h_day(b))
            OR h_day(a) = last_day(h_day(a)) AND h_day(b) = last_day(h_day(b)) THEN 0
          ELSE (day(h_day(a)) - day(h_day(b))) / 31.0 END, 8)""",
    "h_unix_timestamp": "(a) AS CAST(floor(epoch(h_moment(a))) AS BIGINT)",
    "h_regexp_extract": "(s, p) AS regexp_extract(s, p, 1), (s, p, g) AS regexp_extract(s, p, g)",
    "h_substr": """(s, a) AS CASE WHEN -a > length(CAST(s AS VARCHAR)) THEN ''
            ELSE substr(CAST(s AS VARCHAR), CASE WHEN a = 0 THEN 1 ELSE CAST(a AS BIGINT) END) END,
        (s, a, n) AS CASE WHEN -a > length(CAST(s AS VARCHAR)) OR n <= 0 THEN
            CASE WHEN s IS NULL THEN NULL ELSE '' END
            ELSE substr(CAST(s AS VARCHAR), CASE WHEN a = 0 THEN 1 ELSE CAST(a AS BIGINT) END,
                CAST(n AS BIGINT)) END""",
    "h_split": "(s, p) AS regexp_split_to_array(CAST(s AS VARCHAR), p)",
    "h_size": """(a) AS CAST(coalesce(len(a), -1) AS INTEGER),
        (a MAP(VARCHAR, VARCHAR)) AS CAST(coalesce(cardinality(a), -1) AS INTEGER)""",
    "h_at": "(a, k) AS h_at_of(a, a, k)",
    "h_at_of": """(t, a, k) AS CASE WHEN TRY_CAST(k AS BIGINT) >= 0 THEN a[TRY_CAST(k AS BIGINT) + 1] END,
        (t MAP(VARCHAR, VARCHAR), a, k) AS a[k]""",
    "h_str_to_map": """(s) AS h_str_to_map_by(s, ',', ':'), (s, d) AS h_str_to_map_by(s, d, ':'),
        (s, d, k) AS h_str_to_map_by(s, d, k)""",
    "h_str_to_map_by": """(s, d, k) AS x_map_of(list_transform(string_split(s, d), lambda one:
        {'k': split_part(one, k, 1), 'v': CASE WHEN contains(one, k)
            THEN substr(one, instr(one, k) + length(k)) END}))""",
    "h_listed": "(a) AS [CAST(a AS VARCHAR)], (a VARCHAR[]) AS a",
    "h_instr": "(s, t) AS instr(s, t)",
    "h_locate": "(t, s) AS instr(s, t), "
    "(t, s, n) AS CASE WHEN instr(substr(s, CAST(n AS BIGINT)), t) = 0 THEN 0 "
    "ELSE instr(substr(s, CAST(n AS BIGINT)), t) + n - 1 END",
    "h_initcap": "(s) AS array_to_string(list_transform(string_split(lower(s), ' '), "
    "lambda one: upper(one[1]) || one[2:]), ' ')",
    "h_parse_url": """(u, p) AS CASE p
        WHEN 'HOST' THEN p_url_host(u) WHEN 'PATH' THEN x_url_part(u, '^(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)')
        WHEN 'QUERY' THEN x_url_part(u, '^[^?#]*\\?([^#]*)') WHEN 'REF' THEN p_url_fragment(u)
        WHEN 'PROTOCOL' THEN p_url_protocol(u)
        WHEN 'AUTHORITY' THEN x_url_part(u, '^[^:/?#]+://([^/?#]*)')
        WHEN 'FILE' THEN x_url_part(u, '^(?:[^:/?#]+:)?(?://[^/?#]*)?([^#]*)')
        WHEN 'USERINFO' THEN x_url_part(u, '^[^:/?#]+://([^/?#@]*)@') END,
        (u, p, n) AS CASE WHEN p = 'QUERY' THEN list_transform(list_filter(
            string_split(x_url_part(u, '^[^?#]*\\?([^#]*)'), '&'),
            lambda one: split_part(one, '=', 1) = n),
            lambda one: regexp_replace(one, '^[^=]*=?', ''))[1] END""",
    "h_find_in_set": "(s, l) AS coalesce(list_position(string_split(l, ','), s), 0)",
    "h_sort_array": "(a) AS list_sort(a, 'ASC', 'NULLS FIRST'), (a, b) AS CASE WHEN b "
    "THEN list_sort(a, 'ASC', 'NULLS FIRST') ELSE list_sort(a, 'DESC', 'NULLS LAST') END",
    "h_hex": "(a) AS upper(to_hex(a))",
    "h_round": "(a) AS round(a), (a, n) AS round(a, CAST(n AS INTEGER))",
    "h_log": "(b, a) AS ln(a) / ln(b)",
    "h_space": "(n) AS repeat(' ', x_sized(n))",
    "h_repeat": "(s, n) AS repeat(s, x_sized(n))",
    "h_elt": "(n, a) AS CASE WHEN n > 0 THEN a[CAST(n AS BIGINT)] END",
    "h_field": "(v, a) AS coalesce(list_position(a, v), 0)",
    "h_bround": "(a) AS round_even(a, 0), (a, n) AS round_even(a, CAST(n AS INTEGER))",
    "h_conv": "(n, f, t) AS upper(p_to_base(p_from_base(CAST(n AS VARCHAR), f), t))",
    "h_octet_length": "(a) AS octet_length(encode(CAST(a AS VARCHAR)))",
    "h_shiftleft": "(a, n) AS CAST(a AS BIGINT) << CAST(n AS INTEGER)",
    "h_shiftright": "(a, n) AS CAST(a AS BIGINT) >> CAST(n AS INTEGER)",
    "h_substring_index": """(s, d, n) AS CASE
        WHEN n > 0 THEN array_to_string(string_split(s, d)[1:n], d)
        WHEN n < 0 AND -n < len(string_split(s, d)) THEN array_to_string(string_split(s, d)[n:], d)
        WHEN n < 0 THEN s WHEN n = 0 THEN '' END""",
    # the day of the week by the first two letters of its name
    "h_next_day": """(a, w) AS CASE WHEN strpos('MOTUWETHFRSASU', upper(w[1:2])) % 2 = 1 THEN strftime(
        h_day(a) + CAST(((strpos('MOTUWETHFRSASU', upper(w[1:2])) + 1) // 2 - isodow(h_day(a)) + 6)
            % 7 + 1 AS INTEGER), '%Y-%m-%d') END""",
    "h_rlike": "(s, p) AS regexp_matches(CAST(s AS VARCHAR), p)",
    "h_quarter": "(a) AS quarter(h_moment(a))",
    "h_year": "(a) AS year(h_moment(a))",
    "h_month": "(a) AS month(h_moment(a))",
    "h_dayofmonth": "(a) AS day(h_moment(a))",
    "h_dayofweek": "(a) AS dayofweek(h_moment(a)) + 1",
    "h_weekofyear": "(a) AS week(h_moment(a))",
    "h_time": "(a) AS TRY_CAST(CAST(a AS VARCHAR) AS TIME)",
    "h_hour": "(a) AS coalesce(hour(h_moment(a)), hour(h_time(a)))",
    "h_minute": "(a) AS coalesce(minute(h_moment(a)), minute(h_time(a)))",
    "h_second": "(a) AS coalesce(second(h_moment(a)), second(h_time(a)))",
}

_TIME_TEXT: Final = (
    r"regexp_replace(s, '\s*(Z|UTC|[A-Z]{3,4}|[+-]\d{2}:?\d{2})$', '')"  # the time without its zone
)
TREASURE: Final = {
    "t_epoch": """(s, z) AS CASE
            WHEN regexp_full_match(CAST(s AS VARCHAR), '-?\\d{5,}') THEN TRY_CAST(CAST(s AS VARCHAR) AS BIGINT)
            ELSE t_epoch_of_text(CAST(s AS VARCHAR), z) END,
        (s BIGINT, z) AS CAST(s AS BIGINT),
        (s TIMESTAMPTZ, z) AS CAST(floor(epoch(s)) AS BIGINT),
        (s STRUCT(instant TIMESTAMP, zone VARCHAR), z) AS CAST(floor(epoch(s.instant)) AS BIGINT),
        (s DOUBLE, z) AS CAST(floor(s) AS BIGINT)""",
    # by way of a lambda, so that the text is computed once
    "t_epoch_of_text": f"""(text, z) AS list_transform([text], lambda s: CAST(floor(epoch(CASE
        WHEN regexp_matches(s, '(Z|UTC)$') THEN TRY_CAST({_TIME_TEXT} AS TIMESTAMP)
        WHEN regexp_matches(s, '[ T]\\d.*[+-]\\d{{2}}:?\\d{{2}}$') THEN TRY_CAST({_TIME_TEXT} AS TIMESTAMP)
            - to_seconds((CAST(regexp_extract(s, '[+-](\\d{{2}}):?\\d{{2}}$', 1) AS INTEGER) * 3600
                + CAST(regexp_extract(s, '(\\d{{2}})$', 1) AS INTEGER) * 60)
                * CASE WHEN regexp_matches(s, '-\\d{{2}}:?\\d{{2}}$') THEN -1 ELSE 1 END)
        WHEN regexp_matches(s, '[ T]\\d.*[A-Z]{{3,4}}$') THEN x_from_wall(
            TRY_CAST({_TIME_TEXT} AS TIMESTAMP), regexp_extract(s, '([A-Z]{{3,4}})$', 1))
        ELSE t_wall_epoch(TRY_CAST(s AS TIMESTAMP), z) END)) AS BIGINT))[1]""",
    # a zone is a name, or a number of seconds ahead of UTC
    "t_wall_epoch": "(w, z) AS x_from_wall(w, z), (w, z BIGINT) AS w - to_seconds(z)",
    "t_wall": "(t, z) AS x_local(make_timestamp(CAST(t AS BIGINT) * 1000000), z), "
    "(t, z BIGINT) AS make_timestamp((CAST(t AS BIGINT) + z) * 1000000)",
    "t_within": "(t, a, b) AS coalesce(t >= a, TRUE) AND coalesce(t < b, TRUE) AND t IS NOT NULL",
    "t_date_trunc": "(u, t, z) AS CAST(epoch(t_wall_epoch("
    "date_trunc(u, t_wall(t, z)), z)) AS BIGINT)",
    "t_offset": """(t, z) AS t_offset_text(CAST(epoch(t_wall(t, z)) AS BIGINT) - CAST(t AS BIGINT))""",
    "t_offset_text": """(s) AS CASE WHEN s < 0 THEN '-' ELSE '+' END
        || lpad(CAST(abs(s) // 3600 AS VARCHAR), 2, '0') || lpad(CAST(abs(s) % 3600 // 60 AS VARCHAR), 2, '0')""",
    "t_offset_colon": "(o) AS o[1:3] || ':' || o[4:5]",
    "t_session": """(k) AS regexp_replace(md5(k),
        '^(.{8})(.{4}).(.{3}).(.{3})(.{12})$', '\\1-\\2-4\\3-8\\4-\\5')""",
    "t_array_at": "(a, i) AS CASE WHEN i >= 0 THEN a[i + 1] END",
    "t_range": "(n) AS range(x_sized(n)), (a, b) AS range(a, a + x_sized(b - a)), "
    "(a, b, s) AS range(a, a + x_sized(b - a), s)",
}
