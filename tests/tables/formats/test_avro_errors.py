"""Avro files that are broken, hostile or none: each is refused with its reason."""

from __future__ import annotations

import lzma
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import Tally
from argosy.tables.formats import avro_blocks
from argosy.tables.formats.avro import preview_avro
from argosy.tables.formats.streams import expanded
from tests.tables.formats.avro_files import (
    CODECS,
    DATA,
    FIELDS,
    FORMAT,
    LIMITS,
    ROWS,
    SPEC,
    SYNC,
    block,
    content,
    deflate,
    encoded,
    head,
    long,
    of_x,
    preview,
    read,
    record,
    refusal,
    sized,
    snappy,
    written,
    zstandard,
)

ENUM = {"type": "enum", "name": "e", "symbols": ["A", "B"]}
DECIMAL: Any = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}


def test_an_object_within_itself_a_hundred_thousand_times_is_refused() -> None:
    tree = record({"name": "v", "type": "long"}, {"name": "next", "type": ["null", "row"]})
    data = head(tree) + block(1, (long(1) + long(1)) * 100_000 + long(1) + long(0))

    assert refusal(data).message == (
        "rows.avro, column 'next': the value of row 1 is nested too deeply. "
        "Write it with fewer objects within objects."
    )


def test_an_empty_file_is_told() -> None:
    assert refusal(b"").message == (
        "rows.avro: is not an Avro file: it begins with nothing: it is empty. "
        f"Set `{FORMAT}` to the format that it has."
    )


def test_what_is_no_avro_is_told() -> None:
    error = refusal(b"id,name\n1,Ada\n")

    assert error.message == (
        'rows.avro: is not an Avro file: it begins with the text "id,name". '
        f"Set `{FORMAT}` to the format that it has."
    )
    assert (error.reason, error.field) == ("wrong_format", FORMAT)


def test_a_truncated_file_is_told() -> None:
    error = refusal(DATA[:1_000])

    assert error.message == (
        "rows.avro: ends after 1,000 bytes, in the middle of its Avro data. "
        "It was cut short when it was written or copied; put the whole file there."
    )
    assert error.reason == "broken_file"


def test_a_cut_at_any_byte_is_told_or_leaves_whole_blocks() -> None:
    data = written(record(*FIELDS), ROWS[:6], per_block=2)
    ends = {len(written(record(*FIELDS), ROWS[:count], per_block=2)): count for count in (0, 2, 4)}

    for length in range(len(data)):
        if length in ends:
            assert read(data[:length]).num_rows == ends[length]
            continue
        with pytest.raises(TableError) as raised:
            read(data[:length])
        assert raised.value.reason in {"broken_file", "wrong_format"}
        with pytest.raises(TableError):
            preview(data[:length])


def test_a_wrong_mark_behind_a_block_is_told() -> None:
    data = bytearray(DATA)
    data[-1] ^= 1

    assert refusal(bytes(data)).message == (
        "rows.avro: is a broken Avro file: block 4 does not end with the mark of this file. "
        "Write the file again."
    )


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        ("deflate", deflate(b"x" * 100)[:-2]),
        ("deflate", b"\xff\xff"),
        ("snappy", snappy(b"x" * 100)[:-1] + b"\x00"),
        ("snappy", b"\xff\xff\xff\xff\x07ab"),
        ("snappy", b""),
        ("zstandard", zstandard(b"x" * 100)[:-2]),
        ("bzip2", b"BZh9"),
        ("xz", lzma.compress(b"x")[:-3]),
        ("xz", lzma.compress(b"x") + b"y"),
    ],
)
def test_a_block_that_does_not_expand_is_named(codec: str, data: bytes) -> None:
    error = refusal(head(of_x("long"), codec) + block(1, data))

    assert error.message.startswith(
        "rows.avro: is a broken Avro file: block 1 does not expand ("
    ) or (error.reason == "too_large")


@pytest.mark.parametrize("codec", ["deflate", "zstandard", "bzip2", "xz"])
def test_a_block_that_is_a_bomb_is_refused(codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_blocks, "MOST_BLOCK", 1_000_000)
    data = head(of_x("bytes"), codec) + block(1, CODECS[codec](bytes(20_000_000)))

    error = refusal(data)

    assert error.message == (
        "rows.avro: its block 1 has more than 1,000,000 bytes. "
        "Write it in smaller blocks, of some megabytes each."
    )
    assert error.reason == "too_large"


@pytest.mark.parametrize(
    ("type_", "data", "why"),
    [
        ("string", long(2**40) + b"ab", "its block ends too soon"),
        ("bytes", long(2**62) + b"ab", "its block ends too soon"),
        ("bytes", long(-2) + b"ab", "its length is -2"),
        ("string", long(2) + b"a\xfe", "it is no UTF-8 at its byte 2"),
        ({"type": "array", "items": "long"}, long(2**40) + b"\x02", "its block ends too soon"),
        ({"type": "map", "values": "long"}, long(2**40) + b"\x02", "its block ends too soon"),
        ("long", b"\xff" * 10 + b"\x01", "it has a number of more than 10 bytes"),
        ("int", long(2**31), "2147483648 is no integer of 32 bits"),
        ("int", long(-(2**31) - 1), "-2147483649 is no integer of 32 bits"),
        ({"type": "int", "logicalType": "date"}, long(2**40), f"{2**40} is no integer of 32 bits"),
        ("boolean", b"\x05", "the byte 5 is neither false (0) nor true (1)"),
        ("boolean", b"\x80\x00", "the byte 128 is neither false (0) nor true (1)"),
        (ENUM, long(2), "2 is the number of none of its 2 symbols"),
        (ENUM, long(-1), "-1 is the number of none of its 2 symbols"),
        (["null", ENUM], long(1) + long(2), "2 is the number of none of its 2 symbols"),
        (["null", "int"], long(5) + long(3), "5 is the number of none of its 2 types"),
        (["null", "int"], long(-1) + long(3), "-1 is the number of none of its 2 types"),
        (["int", "null"], long(2), "2 is the number of none of its 2 types"),
        (["null", "int", "string"], long(-1) + sized(b"a"), "-1 is the number of none of its 3"),
        (["null"], long(1), "1 is the number of none of its 1 types"),
        ([], long(0), "0 is the number of none of its 0 types"),
        (DECIMAL, sized(b"\x27\x10"), "it has more digits than 4"),
        (DECIMAL, sized(b"\x00" * 20 + b"\x27\x10"), "it has more digits than 4"),
        ({**DECIMAL, "type": "fixed", "name": "d", "size": 2}, b"\x27\x10", "it has more digits"),
        ({"type": "array", "items": "int"}, long(1) + long(2**31) + long(0), "2147483648 is no"),
        ({"type": "array", "items": ["null", "int"]}, long(1) + long(3) + long(0) * 2, "3 is the"),
        (["null", of_x(["null", "int"])], long(1) + long(3) + long(0), "3 is the number of none"),
    ],
)
def test_a_value_that_is_none_is_refused_in_whole_and_in_a_preview_with_its_place(
    type_: Any, data: bytes, why: str
) -> None:
    error = refusal(head(of_x(type_)) + block(1, data))

    place = "rows.avro, column 'x': the value of row 1 cannot be read: "
    assert error.message.startswith(f"{place}{why}")
    assert error.message.endswith(". The file is broken; write it again.")
    assert error.reason == "broken_file"
    with pytest.raises(TableError) as raised:
        preview(head(of_x(type_)) + block(1, data))
    assert raised.value.message == error.message


def test_what_is_wrong_in_a_later_row_is_told_with_that_row() -> None:
    schema = record({"name": "a", "type": ["null", "string"]}, {"name": "b", "type": "int"})
    rows = encoded(schema, [{"a": "a" * (n % 99), "b": n} for n in range(20_000)])
    data = head(schema) + block(20_000, rows) + block(2, long(0) + long(1) + long(0) + long(2**33))

    assert refusal(data).message == (
        "rows.avro, column 'b': the value of row 20,002 cannot be read: "
        "8589934592 is no integer of 32 bits. The file is broken; write it again."
    )


@pytest.mark.parametrize(
    ("size", "why"),
    [
        (2**50, "is a broken Avro file: its schema cannot be read (a value of the type f would"),
        (2**20, "is a broken Avro file: block 1 has 1 bytes for 1 rows."),
    ],
)
def test_values_of_a_size_that_is_not_true_are_refused(size: int, why: str) -> None:
    schema = of_x({"type": "fixed", "name": "f", "size": size})

    assert f"rows.avro: {why}" in refusal(head(schema) + block(1, b"a")).message


def test_a_block_of_more_rows_than_it_has_room_for_is_told() -> None:
    assert refusal(head(of_x("long")) + block(2**40, b"\x02")).message == (
        "rows.avro: is a broken Avro file: block 1 has 1 bytes for 1,099,511,627,776 rows. "
        "Write the file again."
    )
    assert "for 1,099,511,627,776 rows" in refusal(head(of_x("null")) + block(2**40, b"")).message


@pytest.mark.parametrize("rows", [long(-1), b"\xff" * 11])
def test_a_number_of_rows_that_is_none_is_told(rows: bytes) -> None:
    error = refusal(head(of_x("long")) + rows + sized(b"\x02") + SYNC)

    assert error.message.startswith("rows.avro: is a broken Avro file: ")


def test_a_block_that_says_it_is_huge_is_refused_before_it_is_read() -> None:
    error = refusal(head(of_x("long")) + long(1) + long(2**60) + b"x" * 100)

    assert error.message == (
        "rows.avro: its block 1 has more than 268,435,456 bytes. "
        "Write it in smaller blocks, of some megabytes each."
    )


def test_lists_of_what_takes_no_bytes_are_refused() -> None:
    schema = of_x({"type": "array", "items": "null"})

    assert refusal(head(schema) + block(1, long(2**40) + long(0))).message == (
        "rows.avro, column 'x': is a list of values that take no bytes, which could be endless. "
        "Leave the column out."
    )


def test_more_than_its_rows_in_a_block_is_told_by_the_slow_reader() -> None:
    data = head(of_x(["int", "string"])) + block(
        1, encoded(of_x(["int", "string"]), [{"x": 1}] * 2)
    )

    assert "is a broken Avro file: block 1 holds more than its rows." in refusal(data).message


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (b"{", "its schema cannot be read (Expecting property name"),
        (b"", "its schema cannot be read (Expecting value"),
        (of_x("row2"), "its schema cannot be read (the type 'row2' is not defined)"),
        (of_x(5), "its schema cannot be read (5 is no type)"),
        (record({"type": "long"}), "its schema cannot be read (a field of row has no name)"),
        (
            b'{"type":"record","name":"r","fields":[{"name":"\\ud800","type":"int"}]}',
            "its schema cannot be read (the name '\\ud800' is no text)",
        ),
        (
            of_x({"type": "enum", "name": "e", "symbols": ["A", "\ud800"]}),
            "its schema cannot be read (the name '\\ud800' is no text)",
        ),
        (of_x({"\ud800": 1}), 'its schema cannot be read ({"\\ud800": 1} is no type)'),
        (
            of_x({"type": "fixed", "name": "f", "size": True}),
            "its schema cannot be read (its size true is no whole number)",
        ),
        (b"[" * 100_000, "its schema cannot be read (it is nested too deeply)"),
    ],
)
def test_a_schema_that_is_none_is_told(schema: Any, why: str) -> None:
    assert f"rows.avro: is a broken Avro file: {why}" in refusal(head(schema)).message


def test_a_schema_that_grows_without_end_is_refused() -> None:
    fields: list[Any] = [
        {"name": "a", "type": record({"name": "v", "type": "long"}) | {"name": "t0"}}
    ]
    for at in range(40):
        inner = [{"name": "l", "type": f"t{at}"}, {"name": "r", "type": f"t{at}"}]
        type_ = {"type": "record", "name": f"t{at + 1}", "fields": inner}
        fields.append({"name": f"f{at}", "type": type_})

    error = refusal(head(record(*fields)))

    assert "nested too deeply or there are too many of them" in error.message


def test_a_file_of_values_that_are_no_records_is_refused() -> None:
    assert refusal(head("string")).message == (
        "rows.avro: holds values of the Avro type string, and no records. "
        "Write records, one for each row."
    )


def test_an_unknown_codec_is_named() -> None:
    assert refusal(head(of_x("long"), "lzo")).message == (
        "rows.avro: its blocks are compressed with 'lzo'. "
        "Write it with one of null, deflate, snappy, zstandard, bzip2, xz."
    )


def test_too_many_columns_and_two_of_one_name_are_refused() -> None:
    many = [{"name": f"c{at}", "type": "long"} for at in range(2_001)]

    assert read(head(record(*many[:2_000])) + block(1, bytes(2_000))).num_columns == 2_000
    assert refusal(head(record(*many))).message == (
        "rows.avro: 2,001 columns where a table has at most 2,000. Write fewer columns."
    )
    assert refusal(head(record(many[0], many[1], many[0]))).message == (
        "rows.avro: columns 1 and 3 are both named 'c0'. Give each column a name of its own."
    )
    inner = {**record(many[0], many[1], many[0]), "name": "inner"}
    for type_ in (inner, ["null", inner], {"type": "array", "items": inner}):
        assert refusal(head(of_x(type_))).message == (
            "rows.avro, column 'x': two of its fields are both named 'c0'. "
            "Give each field a name of its own."
        )
    assert refusal(head(record())).message == (
        "rows.avro: has no columns. Write at least one column."
    )


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_changed_byte_gives_an_error_or_rows_and_never_another_exception(
    at: int, change: int
) -> None:
    data = bytearray(written(record(*FIELDS), ROWS[:20], "deflate"))
    data[at % len(data)] ^= change

    try:
        found = read(bytes(data))
    except TableError:
        return
    assert found.num_columns == 3


def test_a_value_beyond_the_limit_is_refused_with_its_row_and_column() -> None:
    limits = replace(LIMITS, cell=1_000)
    rows = [{"x": "a" * 1_000}, {"x": "b" * 1_001}]

    assert read(written(of_x("string"), rows[:1]), limits).num_rows == 1
    with pytest.raises(TableError) as raised:
        read(written(of_x("string"), rows), limits)

    assert raised.value.message == (
        "rows.avro, column 'x': the value of row 2 is longer than 1,000 bytes. "
        "Shorten it, or leave the column out."
    )
    assert raised.value.reason == "too_large"


@pytest.mark.parametrize("codec", CODECS)
def test_a_preview_expands_no_more_than_it_may(codec: str) -> None:
    schema = of_x("bytes")
    limits = replace(LIMITS, preview_expanded=100_000)
    small = block(1, CODECS[codec](encoded(schema, [{"x": b"ab"}])))
    large = block(1, CODECS[codec](encoded(schema, [{"x": bytes(400_000)}])))
    blocks = avro_blocks.AvroBlocks(
        expanded(content(head(schema, codec) + small + large), "none", limits, Tally())
    )

    sizes = [len(one.data) for one in blocks.blocks(1_000_000, limits.preview_expanded)]
    shown = preview_avro(content(head(schema, codec) + small + large), SPEC, limits, Tally(), 20)

    assert sum(sizes) <= limits.preview_expanded
    assert shown.rows == ({"x": "YWI="},)
    assert not shown.is_whole


def test_a_preview_stops_when_its_time_is_over() -> None:
    with pytest.raises(TableError) as raised:
        preview(DATA, tally=Tally(is_over=lambda: True))

    assert raised.value.reason == "timed_out"
