"""Presto's functions, and what each is in DuckDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import unsupported
from argosy.sandbox.sql.presto_nested import NESTED_FUNCTIONS, replaced_by_function, struct
from argosy.sandbox.sql.presto_times import TIME_FUNCTIONS
from argosy.sandbox.sql.rules import (
    Arguments,
    Builder,
    Rule,
    builders,
    call,
    constant_text,
    folded,
    is_text,
    number,
    table,
    text,
    words,
)

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession

_SCALARS: Final = """
abs 1
acos 1
array_distinct=x_distinct 1
array_except=p_array_except 2
array_frequency=list_histogram 1
array_intersect=p_array_intersect 2
array_join=p_array_join 2-3
array_max=p_array_max 1
array_min=p_array_min 1
array_position=p_array_position 2
array_remove=p_array_remove 2
array_union=p_array_union 2
arrays_overlap=list_has_any 2
array_sum=list_sum 1
array_average=list_avg 1
asin 1
atan 1
atan2 2
bit_count=p_bit_count 2
bitwise_not=~ 1
cardinality=p_cardinality 1
cbrt 1
ceil 1
ceiling=ceil 1
char_length=length 1
chr 1
codepoint=unicode 1
contains=p_contains 2
cos 1
cosh 1
date=p_date 1
degrees 1
e=p_e 0
element_at=p_element_at 2
ends_with 2
exp 1
flatten 1
floor 1
from_base=p_from_base 2
from_base64 1
from_hex=unhex 1
from_iso8601_date=p_date 1
from_iso8601_timestamp=p_from_iso_timestamp 1
from_utf8=p_from_utf8 1
hamming_distance=hamming 2
infinity=p_infinity 0
is_finite=isfinite 1
is_infinite=isinf 1
is_json_scalar=p_is_json_scalar 1
is_nan=isnan 1
json_array_contains=p_json_array_contains 2
json_array_get=p_json_array_get 2
json_array_length=p_json_array_length 1
json_format=p_json_format 1
json_parse=p_json_parse 1
last_day_of_month=p_last_day 1
length=p_length 1
levenshtein_distance=levenshtein 2
ln 1
log=log 2
log10 1
log2 1
lower 1
lpad=x_lpad 3
ltrim=x_trim_start 1
map_entries 1
map_from_entries 1
map_keys 1
map_values 1
map_concat 2+
md5=p_md5 1
multimap_from_entries=p_multimap_from 1
nan=p_nan 0
ngrams=p_ngrams 2
pi 0
pow 2
power=pow 2
radians 1
rand=p_random 0-2
random=p_random 0-2
regexp_extract_all 2-3
regexp_like=regexp_matches 2
regexp_position=p_regexp_position 2
regexp_split=string_split_regex 2
repeat=p_repeat 2
replace=p_replace 2-3
reverse 1
round=p_round 1-2
rpad=x_rpad 3
rtrim=x_trim_end 1
sequence=p_sequence 2-3
sha1=p_sha1 1
sha256=p_sha256 1
sign 1
sin 1
sinh 1
slice=p_slice 3
split=p_split 2-3
split_part=p_split_part 3
split_to_map=p_split_to_map 3
split_to_multimap=p_split_to_multimap 3
sqrt 1
starts_with 2
strpos=p_strpos 2-3
substr=p_substr 2-3
substring=p_substr 2-3
tan 1
tanh 1
to_base=p_to_base 2
to_base64=base64 1
to_hex=hex 1
to_iso8601=p_to_iso 1
to_milliseconds=epoch_ms 1
to_unixtime=p_to_unixtime 1
to_utf8=encode 1
translate 3
trim_array=p_trim_array 2
trim=x_trim 1
truncate=p_truncate 1-2
typeof=x_type 1
upper 1
url_decode=x_decoded 1
url_encode=p_url_encode 1
url_extract_fragment=p_url_fragment 1
url_extract_host=p_url_host 1
url_extract_parameter=p_url_parameter 2
url_extract_path=p_url_path 1
url_extract_port=p_url_port 1
url_extract_protocol=p_url_protocol 1
url_extract_query=p_url_query 1
uuid 0
width_bucket=p_width_bucket 4
xor 2
millisecond=p_millisecond 1
zip=list_zip 2-5
"""
_AGGREGATES: Final = """
any_value=any_value 1
arbitrary=any_value 1
array_agg=array_agg 1
avg 1
bitwise_and_agg=bit_and 1
bitwise_or_agg=bit_or 1
bitwise_xor_agg=bit_xor 1
bool_and 1
bool_or 1
corr 2
count 0+
count_if 1
covar_pop 2
covar_samp 2
cume_dist 0
dense_rank 0
entropy 1
every=bool_and 1
first_value=first_value 1
geometric_mean=p_geometric_mean 1
grouping 1+
histogram 1
kurtosis 1
lag 1-3
last_value=last_value 1
lead 1-3
max 1-2
max_by=arg_max 2-3
min 1-2
min_by=arg_min 2-3
nth_value=nth_value 2
ntile 1
percent_rank 0
rank 0
regr_intercept 2
regr_slope 2
row_number 0
skewness 1
stddev 1
stddev_pop 1
stddev_samp 1
sum 1
var_pop 1
var_samp 1
variance 1
"""
UNSUPPORTED: Final = words(
    "checksum xxhash64 crc32 hmac_md5 hmac_sha1 hmac_sha256 sha512 numeric_histogram "
    "approx_set merge "
    "empty_approx_set soundex word_stem combinations reduce_agg "
    "approx_most_frequent learn_classifier learn_regressor classify "
    "json_object json_array shuffle "
    "normal_cdf inverse_normal_cdf cosine_similarity parse_duration "
    "human_readable_seconds from_iso8601_timestamp_nanos tdigest_agg qdigest_agg value_at_quantile "
    "make_set_digest geometric st_point bing_tile listagg_distinct "
    "murmur3 spooky_hash_v2_64 format_number luhn_check timezone_hour "
    "timezone_minute transform_values_with uuid_v7 contains_sequence"
)


def _concat(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return folded(exp.DPipe, arguments)


def _concat_ws(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("concat_ws", *arguments)


def _extreme(name: str) -> Builder:
    def build(arguments: Arguments, _: QuerySession) -> exp.Expr:
        return call(name, exp.Array(expressions=arguments))

    return build


def _regexp_extract(arguments: Arguments, _: QuerySession) -> exp.Expr:
    group = arguments[2] if len(arguments) == 3 else number(0)
    return call("x_regexp_or_null", arguments[0], arguments[1], group)


def _regexp_replace(arguments: Arguments, _: QuerySession) -> exp.Expr:
    replacement: exp.Expr = text("")
    if len(arguments) == 3:
        if isinstance(arguments[2], exp.Lambda):
            return replaced_by_function(*arguments)
        replacement = replacement_text(arguments[2])
    return call("regexp_replace", arguments[0], arguments[1], replacement, text("g"))


def replacement_text(node: exp.Expr) -> exp.Expr:
    """Turn a replacement with $1 into one with a backslash and 1."""
    if not is_text(node):
        return call("regexp_replace", node, text(r"\$(\d)"), text(r"\\\1"), text("g"))
    parts = re.findall(r"\\(.)|\$(\d)|([^\\$]+|.)", str(node.this), re.DOTALL)
    turned = [
        escaped.replace("\\", "\\\\") or (f"\\{group}" if group else plain)
        for escaped, group, plain in parts
    ]
    return text("".join(turned))


def _regexp_count(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("len", call("regexp_extract_all", *arguments))


def _operator(kind: type[exp.Binary]) -> Builder:
    return lambda arguments, _: folded(kind, arguments)


def _if(arguments: Arguments, _: QuerySession) -> exp.Expr:
    default = arguments[2] if len(arguments) == 3 else None
    return exp.Case(ifs=[exp.If(this=arguments[0], true=arguments[1])], default=default)


def _coalesce(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("coalesce", *arguments)


def java_format(arguments: Arguments, _: QuerySession) -> exp.Expr:
    """Make a text by a constant pattern of Java's Formatter."""
    pattern = constant_text(arguments[0], "The format")
    shown = [
        call("x_shown", one) if letter == "s" else one
        for one, letter in zip(
            arguments[1:], re.findall(r"%[-+0 ,#]*\d*(?:\.\d+)?([a-z])", pattern), strict=False
        )
    ]
    return call("printf", text(pattern), *shown, *arguments[1 + len(shown) :])


def _row(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("row", *arguments)


def _try(arguments: Arguments, _: QuerySession) -> exp.Expr:
    for node in list(arguments[0].find_all(exp.Anonymous)):
        if node.name == "p_subscript":  # its error is one that DuckDB's TRY doesn't take
            node.set("this", "p_element_at")
    return call("try", arguments[0])


CODED: Final[dict[str, tuple[int, int, Builder]]] = {
    **TIME_FUNCTIONS,
    **NESTED_FUNCTIONS,
    "concat": (1, 1000, _concat),
    "concat_ws": (2, 1000, _concat_ws),
    "greatest": (1, 1000, _extreme("p_array_max")),
    "least": (1, 1000, _extreme("p_array_min")),
    "coalesce": (1, 1000, _coalesce),
    "nullif": (2, 2, lambda arguments, _: call("nullif", *arguments)),
    "if": (2, 3, _if),
    "try": (1, 1, _try),
    "regexp_extract": (2, 3, _regexp_extract),
    "regexp_replace": (2, 3, _regexp_replace),
    "regexp_count": (2, 2, _regexp_count),
    "mod": (2, 2, _operator(exp.Mod)),
    "bitwise_and": (2, 2, _operator(exp.BitwiseAnd)),
    "bitwise_or": (2, 2, _operator(exp.BitwiseOr)),
    "bitwise_xor": (2, 2, lambda arguments, _: call("xor", *arguments)),
    "bitwise_left_shift": (2, 2, _operator(exp.BitwiseLeftShift)),
    "bitwise_right_shift": (2, 2, _operator(exp.BitwiseRightShift)),
    "bitwise_not": (1, 1, lambda arguments, _: exp.Paren(this=exp.BitwiseNot(this=arguments[0]))),
    "format": (1, 100, java_format),
    "row": (1, 1000, _row),
}


def _entries(arguments: Arguments, _: QuerySession) -> exp.Expr:
    key, value = arguments
    return call("list", struct(k=key, v=value))


def _map_entries(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("list", call("map_entries", arguments[0]))


def _approx_distinct(arguments: Arguments, _: QuerySession) -> exp.Expr:
    return call("count", exp.Distinct(expressions=[arguments[0]]))


def _approx_percentile(arguments: Arguments, _: QuerySession) -> exp.Expr:
    """Give exact percentiles; the weight of a value, if any, has to be the same for all."""
    if len(arguments) > 2 and not isinstance(arguments[1], exp.Literal):
        raise unsupported("approx_percentile with weights")
    return call("quantile_disc", arguments[0], arguments[1 if len(arguments) == 2 else 2])


def presto_rules() -> dict[str, Rule]:
    """Give the rules of all functions of Presto."""
    aggregates = table(_AGGREGATES, aggregates=True) | {
        "map_agg": Rule(2, 2, _entries, "x_map_of", is_aggregate=True),
        "multimap_agg": Rule(2, 2, _entries, "x_multimap_of", is_aggregate=True),
        "map_union": Rule(1, 1, _map_entries, "p_map_union", is_aggregate=True),
        "approx_distinct": Rule(1, 2, _approx_distinct, is_aggregate=True),
        "approx_percentile": Rule(2, 4, _approx_percentile, is_aggregate=True),
    }
    return table(_SCALARS) | aggregates | builders(CODED)
