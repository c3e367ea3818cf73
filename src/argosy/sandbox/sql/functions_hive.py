"""Hive's functions, and what each is in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql import times
from argosy.sandbox.sql.casts import cast
from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.functions_presto import java_format, replacement_text
from argosy.sandbox.sql.presto_nested import is_of_many, json_path
from argosy.sandbox.sql.rules import (
    Arguments,
    Builder,
    Rule,
    builders,
    call,
    constant_text,
    folded,
    number,
    table,
    text,
    words,
)
from argosy.sandbox.sql.zones import formatted, zone_name

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession

_SCALARS: Final = """
abs 1
acos 1
add_months=h_add_months 2
array_contains=list_contains 2
ascii 1
asin 1
atan 1
base64 1
bin 1
bround=h_bround 1-2
cbrt 1
ceil 1
ceiling=ceil 1
character_length=length 1
char_length=length 1
chr 1
conv=h_conv 3
cos 1
date_add=h_date_add 2
date_sub=h_date_sub 2
datediff=h_datediff 2
day=h_dayofmonth 1
dayofmonth=h_dayofmonth 1
dayofweek=h_dayofweek 1
degrees 1
e=p_e 0
exp 1
factorial 1
find_in_set=h_find_in_set 2
floor 1
hex=h_hex 1
hour=h_hour 1
initcap=h_initcap 1
instr=h_instr 2
last_day=h_last_day 1
lcase=lower 1
length 1
levenshtein 2
ln 1
locate=h_locate 2-3
log10 1
log2 1
lower 1
lpad=x_lpad 3
ltrim 1
map_keys 1
map_values 1
md5 1
minute=h_minute 1
month=h_month 1
months_between=h_months_between 2
next_day=h_next_day 2
octet_length=h_octet_length 1
parse_url=h_parse_url 2-3
pi 0
pow 2
power=pow 2
quarter=h_quarter 1
radians 1
rand=p_random 0
regexp=h_rlike 2
repeat=h_repeat 2
reverse 1
round=h_round 1-2
rpad=x_rpad 3
rtrim 1
second=h_second 1
sha=sha1 1
sha1 1
sign 1
sin 1
size=h_size 1
sort_array=h_sort_array 1-2
space=h_space 1
shiftleft=h_shiftleft 2
shiftright=h_shiftright 2
split=h_split 2
sqrt 1
str_to_map=h_str_to_map 1-3
substr=h_substr 2-3
substring=h_substr 2-3
substring_index=h_substring_index 3
tan 1
to_date=h_to_date 1
translate 3
trim 1
trunc=h_trunc 2
ucase=upper 1
unbase64=from_base64 1
unhex 1
upper 1
uuid 0
weekofyear=h_weekofyear 1
year=h_year 1
replace 3
"""
_AGGREGATES: Final = """
avg 1
corr 2
covar_pop 2
covar_samp 2
cume_dist 0
dense_rank 0
lag 1-3
lead 1-3
max 1
min 1
ntile 1
percent_rank 0
percentile=quantile_cont 2
rank 0
row_number 0
stddev=stddev_pop 1
stddev_pop 1
stddev_samp 1
sum 1
var_pop 1
var_samp 1
variance=var_pop 1
"""
_DEFAULT_TIME: Final = "yyyy-MM-dd HH:mm:ss"


def _shown(node: exp.Expr) -> exp.Expr:
    is_plain = isinstance(node, exp.Literal) and node.is_string
    return node if is_plain else call("h_string", node)


def _concat(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return folded(exp.DPipe, [_shown(one) for one in arguments])


def _concat_ws(arguments: Arguments, _: QuerySession) -> exp.Expr:
    separator, *parts = arguments
    lists: Arguments = [call("h_listed", part) for part in parts]
    joined = lists[0] if len(lists) == 1 else call("list_concat", *lists)
    return call("array_to_string", joined, separator)


def _moment_text(moment: exp.Expr, pattern: str) -> exp.Expr:
    return formatted(moment, times.java_pieces(pattern), None)


def _from_unixtime(arguments: Arguments, _: QuerySession) -> exp.Expr:
    pattern = constant_text(arguments[1], "The format") if len(arguments) > 1 else _DEFAULT_TIME
    return _moment_text(call("x_of_seconds", call("h_bigint", arguments[0])), pattern)


def _unix_timestamp(arguments: Arguments, session: QuerySession) -> exp.Expr:
    if not arguments:
        return exp.cast(number(int(session.now)), "BIGINT")
    if len(arguments) == 1:
        return call("h_unix_timestamp", arguments[0])
    pieces = times.java_pieces(constant_text(arguments[1], "The format"))
    pattern = "".join(piece if isinstance(piece, str) else "%z" for piece in pieces)
    parsed = call("try_strptime", arguments[0], text(pattern))
    return exp.cast(call("floor", call("epoch", parsed)), "BIGINT")


def _date_format(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return _moment_text(call("h_moment", arguments[0]), constant_text(arguments[1], "The format"))


def _from_utc(arguments: Arguments, _: QuerySession) -> exp.Expr:
    where = zone_name(constant_text(arguments[1], "The time zone"))
    return call("x_local", call("h_moment", arguments[0]), text(where))


def _to_utc(arguments: Arguments, _: QuerySession) -> exp.Expr:
    where = zone_name(constant_text(arguments[1], "The time zone"))
    return call("x_from_wall", call("h_moment", arguments[0]), text(where))


def _get_json_object(arguments: Arguments, _: QuerySession) -> exp.Expr:
    path = json_path(arguments[1])
    name = "x_json_list_text_at" if is_of_many(path) else "x_json_text_at"
    return call(name, arguments[0], path)


def _regexp_replace(arguments: Arguments, _: QuerySession) -> exp.Expr:
    replacement = replacement_text(arguments[2])
    return call("regexp_replace", arguments[0], arguments[1], replacement, text("g"))


def _regexp_extract(arguments: Arguments, _: QuerySession) -> exp.Expr:
    group = arguments[2] if len(arguments) == 3 else number(1)
    return call("regexp_extract", arguments[0], arguments[1], group)


def _nvl(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("coalesce", *arguments)


def _if(arguments: Arguments, _: QuerySession) -> exp.Expr:
    default = arguments[2] if len(arguments) == 3 else None
    return exp.Case(ifs=[exp.If(this=arguments[0], true=arguments[1])], default=default)


def _map(arguments: Arguments, _: QuerySession) -> exp.Expr:
    if len(arguments) % 2:
        raise QueryFailedError("Arguments must be in key/value pairs")
    keys, values = exp.Array(expressions=arguments[::2]), exp.Array(expressions=arguments[1::2])
    return call("map", keys, values)


def _named_struct(arguments: Arguments, _: QuerySession) -> exp.Expr:
    if len(arguments) % 2:
        raise QueryFailedError("NAMED_STRUCT expects an even number of arguments.")
    names = [constant_text(one, "A field's name") for one in arguments[::2]]
    return call(
        "struct_pack",
        *(
            exp.PropertyEQ(this=exp.to_identifier(name), expression=value)
            for name, value in zip(names, arguments[1::2], strict=True)
        ),
    )


def _struct(arguments: Arguments, session: QuerySession) -> exp.Expr:
    named: Arguments = []
    for place, value in enumerate(arguments, 1):
        named += [text(f"col{place}"), value]
    return _named_struct(named, session)


def _positive_mod(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value, by = arguments
    once = exp.Paren(this=exp.Add(this=call("h_mod", value, by), expression=by.copy()))
    return call("h_mod", once, by.copy())


def _log(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("ln", arguments[0]) if len(arguments) == 1 else call("h_log", *arguments)


def _extreme(name: str) -> Builder:
    return lambda arguments, _: call(name, exp.Array(expressions=arguments))


def _is_null(*, negated: bool) -> Builder:
    def build(arguments: Arguments, _: QuerySession) -> exp.Expr:
        test = exp.Is(this=arguments[0], expression=exp.Null())
        return exp.Paren(this=exp.Not(this=test) if negated else test)

    return build


def _format_number(arguments: Arguments, _: QuerySession) -> exp.Expr:
    places = arguments[1]
    if not isinstance(places, exp.Literal) or not str(places.this).isdigit():
        raise QueryFailedError("format_number: a constant number of places is needed")
    return call("format", text(f"{{:,.{places.this}f}}"), exp.cast(arguments[0], "DOUBLE"))


def _not_null(call_of: exp.Expr, value: exp.Expr) -> exp.Expr:
    test = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    return exp.Filter(this=call_of, expression=exp.Where(this=test))


def _collect_list(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return _not_null(call("list", arguments[0]), arguments[0])


def _collect_set(arguments: Arguments, _: QuerySession) -> exp.Expr:
    value = arguments[0]
    return _not_null(call("list", exp.Distinct(expressions=[value])), value)


def _at_end(name: str) -> Builder:
    """Make the first or last value; a second argument says whether NULLs don't count."""

    def build(arguments: Arguments, _: QuerySession) -> exp.Expr:
        made = call(name, arguments[0])
        if len(arguments) == 2 and not isinstance(arguments[1], exp.Boolean):
            raise QueryFailedError(f"{name}: the second argument must be a constant boolean")
        return exp.IgnoreNulls(this=made) if len(arguments) == 2 and arguments[1].this else made

    return build


def _element(arguments: Arguments, _: QuerySession) -> exp.Expr:
    shown: Arguments = [call("h_string", one) for one in arguments[1:]]
    return call("h_elt", arguments[0], exp.Array(expressions=shown))


def _field(arguments: Arguments, _: QuerySession) -> exp.Expr:
    shown: Arguments = [call("h_string", one) for one in arguments]
    return call("h_field", shown[0], exp.Array(expressions=shown[1:]))


def _converted(kind: str) -> Builder:
    """Make a function that is a cast by the name of the type."""
    return lambda arguments, _: cast(
        exp.Cast(this=arguments[0], to=exp.DataType.build(kind, dialect="hive")), "hive"
    )


def _percentile_approx(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("quantile_cont", arguments[0], arguments[1])


def _sha2(arguments: Arguments, _: QuerySession) -> exp.Expr:
    if str(arguments[1].this) not in {"0", "256"}:
        raise QueryFailedError("sha2: only 256 bits in the sandbox", "unsupported")
    return call("sha256", arguments[0])


def _direct(name: str) -> Builder:
    return lambda arguments, _: call(name, *arguments)


_CODED: Final[dict[str, tuple[int, int, Builder]]] = {
    **{
        name: (1, 1, _converted(name))
        for name in words("int bigint smallint tinyint double float boolean string date timestamp")
    },
    "array": (0, 10_000, lambda arguments, _: exp.Array(expressions=arguments)),
    "coalesce": (1, 1000, _nvl),
    "concat": (1, 1000, _concat),
    "concat_ws": (2, 1000, _concat_ws),
    "current_date": (0, 0, lambda _, session: exp.cast(_now(session), "DATE")),
    "current_timestamp": (0, 0, lambda _, session: _now(session)),
    "current_database": (0, 0, lambda _, session: text(session.database)),
    "date_format": (2, 2, _date_format),
    "elt": (2, 1000, _element),
    "field": (2, 1000, _field),
    "format_number": (2, 2, _format_number),
    "from_unixtime": (1, 2, _from_unixtime),
    "from_utc_timestamp": (2, 2, _from_utc),
    "get_json_object": (2, 2, _get_json_object),
    "greatest": (1, 1000, _extreme("p_array_max")),
    "if": (2, 3, _if),
    "isnotnull": (1, 1, _is_null(negated=True)),
    "isnull": (1, 1, _is_null(negated=False)),
    "least": (1, 1000, _extreme("p_array_min")),
    "log": (1, 2, _log),
    "map": (0, 10_000, _map),
    "named_struct": (2, 1000, _named_struct),
    "negative": (1, 1, lambda arguments, _: exp.Paren(this=exp.Neg(this=arguments[0]))),
    "nullif": (2, 2, _direct("nullif")),
    "nvl": (2, 2, _nvl),
    "pmod": (2, 2, _positive_mod),
    "printf": (1, 100, java_format),
    "regexp_extract": (2, 3, _regexp_extract),
    "regexp_replace": (3, 3, _regexp_replace),
    "sha2": (2, 2, _sha2),
    "struct": (1, 1000, _struct),
    "to_utc_timestamp": (2, 2, _to_utc),
    "unix_timestamp": (0, 2, _unix_timestamp),
}


def _now(session: QuerySession) -> exp.Expr:
    return call("make_timestamp", number(int(session.now * 1000) * 1000))


def hive_rules() -> dict[str, Rule]:
    """Give the rules of all functions of Hive."""
    aggregates = table(_AGGREGATES, aggregates=True) | {
        "first_value": Rule(1, 2, _at_end("first_value"), is_aggregate=True),
        "last_value": Rule(1, 2, _at_end("last_value"), is_aggregate=True),
        "count": Rule(0, 1000, "count", is_aggregate=True),
        "collect_list": Rule(1, 1, _collect_list, "x_not_empty", is_aggregate=True),
        "collect_set": Rule(1, 1, _collect_set, "x_not_empty", is_aggregate=True),
        "percentile_approx": Rule(2, 3, _percentile_approx, is_aggregate=True),
    }
    return table(_SCALARS) | aggregates | builders(_CODED)


UNSUPPORTED: Final = words(
    "crc32 encode decode soundex sentences ngrams context_ngrams histogram_numeric "
    "posexplode inline stack xpath xpath_string in_file hash mask"
)
