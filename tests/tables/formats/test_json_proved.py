"""Rows that polars parses are taken only where they are what the slow parser reads."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import json_quick, open_file
from argosy.tables.formats.json_blocks import Block
from argosy.tables.formats.json_proved import Proved
from argosy.tables.formats.json_quick import Quick
from argosy.tables.formats.json_values import Shape, parse_row, to_arrow, unknown_members
from tests.tables.contents import MemoryContent

SHAPE: dict[str, Shape] = {
    "i": "integer",
    "f": "number",
    "t": "text",
    "b": "boolean",
    "n": "null",
    "o": {"t": "text", "i": "integer", "o": {"t": "text"}},
    "e": {},
}
SCHEMA = pa.schema([(name, to_arrow(one)) for name, one in SHAPE.items()])
ROW = '{"i":7,"t":"a:b","o":{"t":"\\"","i":1,"o":{"t":""}},"e":{}}'


def proved(*rows: str) -> list[dict[str, Any]] | None:
    text = "".join(f"{row}\n" for row in rows)
    batch = Proved(SCHEMA).parse(text.encode("utf-8", "surrogatepass"), len(rows))
    return None if batch is None else batch.to_pylist()


def read_slowly(*rows: str) -> list[dict[str, Any]] | None:
    """Return what the rows are, or None where anything is wrong with them or left out."""
    try:
        found = [parse_row(row) for row in rows]
        for row in found:
            if list(unknown_members(SHAPE, row, lambda: None)):
                return None
    except TableError:
        return None
    return pa.RecordBatch.from_pylist(found, schema=SCHEMA).to_pylist()


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        "{}",
        ' { "i" : 1 , "t" : "" } ',
        '{"t":"\\u00e9\\n\\\\\\/é😀"}',
        '{"\\u0074":"a name with an escape"}',
        '{"f":1}',
        '{"f":-1.5e-3}',
        '{"i":-9223372036854775808}',
        '{"o":{}}',
        '{"o":{"o":{"t":"::\\"\\""}}}',
        '{"t":"\\ud000\\u0020"}',
    ],
)
def test_rows_that_are_as_the_columns_are_proved(row: str) -> None:
    found = proved(ROW, row)

    assert found is not None
    assert found == read_slowly(ROW, row)


@pytest.mark.parametrize(
    "row",
    [
        '{"z":1}',
        '{"z":null}',
        '{"i":1,"i":2}',
        '{"i":1,"i":null}',
        '{"i":null}',
        '{"o":{"z":1}}',
        '{"o":{"i":1,"i":1}}',
        '{"e":{"z":"t"}}',
        '{"t":1}',
        '{"t":1.50}',
        '{"t":true}',
        '{"t":["x"]}',
        '{"t":{"a":"b"}}',
        '{"n":1}',
        '{"o":{"t":{"t":"x"}}}',
        '{"i":1.0}',
        '{"i":1e2}',
        '{"i":"1"}',
        '{"i":true}',
        '{"i":9223372036854775808}',
        '{"f":"1"}',
        '{"f":1e999}',
        '{"f":NaN}',
        '{"b":1}',
        '{"b":"true"}',
        '{"o":1}',
        '{"o":[]}',
        '{"e":"x"}',
        '{"t":"\\ud83d"}',
        '{"t":"\\ude00"}',
        '{"t":"\ud800"}',
        '{"t":"a\tb"}',
        '{"t":"a\0b"}',
        '{"i":01}',
        '{"i":1}{"i":2}',
        '{"i":1} {"i":2}',
        '{"i":1},',
        '{"i":1',
        "{i:1}",
        "null",
        "[]",
        "1",
        "",
        "  ",
        # What one takes away, another would add.
        '{"t":1,"z":"x"}',
        '{"t":"\\u003a","z":1}',
        '{"t":"\\u0022\\u0022\\u003a","i":1,"i":2}',
        '{"t":["\\"x"],"e":{"a":1}}',
        '{"t":1,"i":["x"]}',
        '{"t":1,"b":["x"],"f":{}}',
    ],
)
def test_rows_that_polars_would_change_or_refuses_are_not_proved(row: str) -> None:
    assert proved(ROW, row) is None
    assert proved(row, ROW) is None


def quick(schema: pa.Schema) -> Quick:
    """Return what parses the blocks of a file of a gigabyte."""
    return Quick(schema, 2**30, Limits().cell, lambda: None)


def nested(levels: int) -> pa.DataType:
    return pa.struct([("a", nested(levels - 1))]) if levels else pa.int64()


@pytest.mark.parametrize(
    "field",
    [
        ("a:b", pa.int64()),
        ('a"b', pa.int64()),
        ("a\0b", pa.int64()),
        ("", pa.int64()),
        ("a", pa.struct([("", pa.int64())])),
        ("a", pa.list_(pa.int64())),
        ("a", pa.struct([("b", pa.list_(pa.string()))])),
        ("a", nested(9)),
        ("a", pa.struct([(f"c{at}", pa.int64()) for at in range(300)])),
    ],
)
def test_columns_that_polars_is_slow_with_or_fails_at_are_not_given_to_it(field: Any) -> None:
    small = Quick(SCHEMA, 1_000, Limits().cell, lambda: None)

    assert quick(pa.schema([field])).block_size == small.block_size
    assert quick(SCHEMA).block_size > small.block_size


def test_a_row_that_is_longer_than_a_block_is_not_given_to_polars(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Proved, "parse", lambda *_: pytest.fail("it was given to polars"))
    row = b'{"i":1,"z":[' + b"[]," * 2_000_000 + b"[]]}\n"

    parsed = quick(SCHEMA).parse(Block(row, 1, row, 1), is_sparse=False)

    assert (parsed.batch, parsed.is_strict) == (None, True)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bz2.compress, lzma.compress])
def test_rows_that_look_compressed_are_not_expanded(pack: Callable[[bytes], bytes]) -> None:
    data = pack(b'{"i":1}\n' * 1_000) + b"\n"
    block = Block(data, 1, data, data.count(b"\n"))

    parsed = quick(SCHEMA).parse(block, is_sparse=False)

    assert (parsed.batch, parsed.trouble) == (None, "a row is no object, or no UTF-8")


def test_a_file_that_fails_again_and_again_is_not_tried_for_ever() -> None:
    one = Proved(SCHEMA)
    good, bad = b'{"i":1}\n', b'{"i":null}\n'

    assert one.parse(bad, 1) is None
    assert one.parse(good, 1) is not None
    assert not one.is_over
    assert [one.parse(bad, 1) for _ in range(2)] == [None, None]
    assert one.is_over


TEXTS = st.text(st.sampled_from('ab:"\\/{}[],1é\n\u2028😀'), max_size=6)
SINGLES = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(-1e15, 1e15, allow_nan=False),
    TEXTS,
    st.booleans(),
    st.none(),
)


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    if isinstance(shape, dict):
        return st.fixed_dictionaries({}, optional={k: values_of(v) for k, v in shape.items()})
    if isinstance(shape, list):
        return st.lists(values_of(shape[0]), max_size=3)
    return {
        "integer": st.integers(-(2**63), 2**63 - 1),
        "number": st.floats(-1e15, 1e15, allow_nan=False),
        "text": TEXTS,
        "boolean": st.booleans(),
        "null": TEXTS,
    }[shape]


@st.composite
def odd_values(draw: st.DrawFn, shape: Shape) -> Any:
    """Return a value that mostly is of a shape, and sometimes is not."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.one_of(SINGLES, st.lists(SINGLES, max_size=2)))
    if isinstance(shape, list):
        return [draw(odd_values(shape[0])) for _ in range(draw(st.integers(0, 2)))]
    if not isinstance(shape, dict):
        return draw(values_of(shape))
    names = draw(st.lists(st.sampled_from([*shape, *shape, "z"]), max_size=3))
    return Pairs((name, draw(odd_values(shape.get(name, "text")))) for name in names)


class Pairs(list[tuple[str, Any]]):
    """Members of an object, some of which may have one name."""


def written(value: Any, *, is_ascii: bool) -> str:
    if isinstance(value, Pairs):
        within = (f"{json.dumps(name)}:{written(one, is_ascii=is_ascii)}" for name, one in value)
        return "{" + ",".join(within) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(one, is_ascii=is_ascii) for one in value) + "]"
    return json.dumps(value, ensure_ascii=is_ascii)


@settings(max_examples=600, deadline=None)
@given(
    rows=st.lists(odd_values(SHAPE).filter(lambda one: isinstance(one, Pairs)), min_size=1,
                  max_size=3),
    is_ascii=st.booleans(),
)  # fmt: skip
def test_what_is_proved_is_what_the_slow_parser_reads(rows: list[Pairs], is_ascii: bool) -> None:
    lines = [written(row, is_ascii=is_ascii) for row in rows]
    if (found := proved(*lines)) is not None:
        assert found == read_slowly(*lines)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(values_of(SHAPE), min_size=1, max_size=3))
def test_rows_of_values_that_fit_are_proved(rows: list[dict[str, Any]]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]

    assert proved(*lines) == read_slowly(*lines) != None  # noqa: E711


def readings(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Read a file by polars, where it can, and without."""
    for worth in (500_000, 2**60):
        monkeypatch.setattr(json_quick, "_WORTH_POLARS", worth)
        tally = Tally()
        content = MemoryContent("s3://b.example.com/a.json", data)
        try:
            reader = open_file(content, FileSpec("NDJSON", "none"), Limits(), tally)
            rows: Any = pa.Table.from_batches(list(reader), reader.schema)
        except TableError as error:
            rows = error.message
        yield rows, tally.rows_delivered if isinstance(rows, pa.Table) else 0, tally.warnings


@pytest.mark.parametrize(
    "odd",
    [
        "",
        '{"i":null}',
        '{"z":[1]}',
        '{"i":1,"i":2}',
        '{"t":7}',
        '{"i":1.5}',
        '{"f":9007199254740993}',
        '{"f":1e300}',
        '{"t":"\\ud800"}',
        '{"t":"\\u003a\\u00e9"}',
        "null",
        "{}",
        '{"i":1}{"i":2}',
    ],
)
def test_a_file_is_read_the_same_whoever_parses_it(
    odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f'{{"i":{at},"f":{at}.5,"t":"a: {at}"}}\n' for at in range(60_000))
    middle = len(rows) * 3 // 4
    cut = rows.index("\n", middle) + 1

    asked: list[int] = []
    parse = Proved.parse

    def noted(self: Proved, given: bytes, count: int) -> Any:
        asked.append(count)
        return parse(self, given, count)

    monkeypatch.setattr(Proved, "parse", noted)

    first, second = readings(f"{rows[:cut]}{odd}\n{rows[cut:]}".encode(), monkeypatch)

    assert first == second
    assert sum(asked) > 20_000
