"""CSV files in full and in preview: the options, the values, the counts."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from argosy.tables.formats.csv_dialect import read_dialect
from argosy.tables.formats.csv_records import read_records
from tests.tables.contents import MemoryContent

NAME = "s3://bucket.example.com/people.csv"
Rows = list[dict[str, Any]]


def read(data: str | bytes, limits: Limits | None = None, **options: Any) -> tuple[Rows, Tally]:
    tally = Tally()
    content = MemoryContent(NAME, data.encode() if isinstance(data, str) else data)
    reader = open_file(content, FileSpec("CSV", "none", options), limits or Limits(), tally)
    rows = [row for batch in reader for row in batch.to_pylist()]
    assert tally.rows_delivered == len(rows)
    return rows, tally


def schema_of(data: str, **options: Any) -> dict[str, str]:
    content = MemoryContent(NAME, data.encode())
    reader = open_file(content, FileSpec("CSV", "none", options), Limits(), Tally())
    reader.close()
    return {field.name: str(field.type) for field in reader.schema}


def preview(data: str | bytes, limits: Limits | None = None, **options: Any) -> Any:
    content = MemoryContent(NAME, data.encode() if isinstance(data, str) else data)
    spec = FileSpec("CSV", "none", options)
    return preview_file(content, spec, limits or Limits(), Tally())


def values(data: str | bytes, **options: Any) -> list[list[Any]]:
    return [list(row.values()) for row in read(data, **options)[0]]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_in_any_way_and_the_last_need_not(end: str, last: bool) -> None:
    data = end.join(["a,b", "1,2", "3,4"]) + (end if last else "")

    assert values(data) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        ("\ufeffa,b\n1,2\n", {}, [["1", "2"]]),
        ("a,b\n007,1.50\n", {}, [["007", "1.50"]]),
        ('a,b\n"x\r\ny","1\r2"\n', {}, [["x\r\ny", "1\r2"]]),
        ('a,b\n"say ""hi""",2\n', {}, [['say "hi"', "2"]]),
        ('a,b\n"say \\"hi\\"",2\\,5\n', {}, [['say "hi"', "2,5"]]),
        ("a,b\nC:\\dir,2\n", {"escape": ""}, [["C:\\dir", "2"]]),
        ('a,b\n"x""y",2\n', {"escape": '"'}, [['x"y', "2"]]),
        ("a,b\n1,5\" pipe\n3,4\n", {}, [["1", '5" pipe'], ["3", "4"]]),
        ('a,b\n"x",2\n', {"quote": ""}, [['"x"', "2"]]),
        ("a,b\n'x,y',2\n", {"quote": "'"}, [["x,y", "2"]]),
        ("a\tb\n1\t2\n", {"delimiter": "\\t"}, [["1", "2"]]),
        ("a;b\n1;2\n", {"delimiter": ";"}, [["1", "2"]]),
        ("a¦b\n1¦«x¦y«\n", {"delimiter": "¦", "quote": "«"}, [["1", "x¦y"]]),
        ("# note\n\na,b\nunit,unit\n1,2\n",
         {"skip_rows_before_header": 2, "skip_rows_after_header": 1}, [["1", "2"]]),
        ("1,2\n3,4\n", {"has_header": False}, [["1", "2"], ["3", "4"]]),
        ("1,2\n3,4\n", {"column_names": ["x", "y"]}, [["1", "2"], ["3", "4"]]),
        ("a,b\n1,2\n", {"column_names": ["x", "y"], "has_header": True}, [["1", "2"]]),
        ("a,b\nNA,\n", {"null_values": ["NA"]}, [[None, ""]]),
        ("a,b\nNA,\n", {"null_values": ["NA"], "strings_can_be_null": False}, [["NA", ""]]),
        ("a,b\n1,2\n\n\n3,4\n", {}, [["1", "2"], ["3", "4"]]),
        ("a,b\n", {}, []),
        ("", {"column_names": ["a"]}, []),
        ("a,b\né,ü\n".encode("latin-1"), {"encoding": "latin-1"}, [["é", "ü"]]),
        ("a,b\né,€\n".encode("cp1252"), {"encoding": "cp1252"}, [["é", "€"]]),
        ("a,b\né,ü\n".encode("utf-16"), {"encoding": "utf-16"}, [["é", "ü"]]),
        ("a,b\né,ü\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, [["é", "ü"]]),
        ("a,b\n1,2\n".encode("utf-8-sig"), {"encoding": "utf-8-sig"}, [["1", "2"]]),
    ],
)  # fmt: skip
def test_values_are_the_texts_of_the_file(
    data: str | bytes, options: dict[str, Any], expected: list[list[Any]]
) -> None:
    assert values(data, **options) == expected
    shown = preview(data, **options)
    assert [list(row.values()) for row in shown.rows] == expected
    assert shown.is_whole


def test_columns_without_a_name_are_called_by_their_place() -> None:
    assert list(schema_of("1,2\n", has_header=False)) == ["column_1", "column_2"]


def test_names_that_are_given_replace_those_of_the_header() -> None:
    assert list(schema_of("a,b\n", column_names=["x", "y"], has_header=True)) == ["x", "y"]


def test_columns_are_text_unless_types_are_asked_for() -> None:
    assert schema_of("n,m\n1,1.5\n") == {"n": "string", "m": "string"}


def test_types_are_those_of_the_first_rows() -> None:
    data = (
        "id,zip,price,day,at,zoned,yes,nothing,big\n"
        "1,00501,1.5,2024-01-31,2024-01-31 10:00,2024-01-31T10:00:00.5Z,true,,9223372036854775808\n"
        "-2,10001,2,2024-02-01,2024-02-01T11:00:01,2024-01-31T10:00:00+02:00,false,,1\n"
    )

    assert schema_of(data, infer=True) == {
        "id": "int64",
        "zip": "string",
        "price": "double",
        "day": "date32[day]",
        "at": "timestamp[us]",
        "zoned": "timestamp[us, tz=UTC]",
        "yes": "bool",
        "nothing": "string",
        "big": "string",
    }
    assert [(one.name, one.type) for one in preview(data).columns] == [
        ("id", "integer"), ("zip", "text"), ("price", "number"), ("day", "date"),
        ("at", "timestamp"), ("zoned", "timestamp"), ("yes", "boolean"), ("nothing", "null"),
        ("big", "text"),
    ]  # fmt: skip


def test_words_for_true_and_false_and_nothing_are_those_of_the_options() -> None:
    options = {
        "infer": True, "true_values": ["yes"], "false_values": ["no"], "null_values": ["-"],
    }  # fmt: skip

    assert values("a,n\nyes,1\nno,-\n-,\n", **options) == [[True, 1], [False, None], [None, None]]


def test_a_column_that_seems_alone_is_told_of() -> None:
    assert read("a;b\n1;2\n")[1].warnings == [
        f"{NAME} has one column, 'a;b'. Is ';' its delimiter?"
    ]


def test_rows_of_another_length_can_be_left_out_and_are_counted_with_their_lines() -> None:
    data = 'a,b\n1,2\n3\n"x\ny",4\n5,6,7\n'

    rows, tally = read(data, ignore_errors_on_fields_mismatch=True)

    assert rows == [{"a": "1", "b": "2"}, {"a": "x\ny", "b": "4"}]
    assert (tally.rows_read, tally.rows_refused) == (4, 2)
    assert [one.to_json() for one in tally.refusals] == [
        {"file": NAME, "line": 3, "message": "1 value where the header names 2."},
        {"file": NAME, "line": 6, "message": "3 values where the header names 2."},
    ]


def test_all_refused_rows_are_counted_and_the_first_hundred_listed() -> None:
    data = "a,b\n" + "1\n2,3\n" * 30_000

    rows, tally = read(data, Limits(chunk=4096), ignore_errors_on_fields_mismatch=True)

    assert len(rows) == tally.rows_refused == 30_000
    assert [one.line for one in tally.refusals] == list(range(2, 202, 2))


def test_two_thousand_columns_can_be_read() -> None:
    names = [f"c{at}" for at in range(2_000)]
    data = f"{','.join(names)}\n{','.join('1' for _ in names)}\n"

    assert list(read(data)[0][0]) == names
    assert len(preview(data).columns) == 2_000


def test_cells_of_ten_megabytes_can_be_read_and_are_cut_in_a_preview() -> None:
    cell = "x\n" * 5_000_000
    data = f'a,b\n1,"{cell}"\n2,y\n'

    assert values(data) == [["1", cell], ["2", "y"]]
    assert preview(data, Limits(preview_fetched=2**25, preview_expanded=2**25)).rows[0]["b"] == (
        f"{cell[:1000]}…"
    )


def test_a_preview_cuts_the_last_row_that_is_not_whole_and_reads_no_more() -> None:
    content = MemoryContent(NAME, b"a,b\n" + b"1,2\n" * 1_000_000)
    limits, tally = Limits(preview_fetched=65_537), Tally()

    shown = preview_file(content, FileSpec("CSV", "none"), limits, tally, rows=5)

    assert [dict(row) for row in shown.rows] == [{"a": "1", "b": "2"}] * 5
    assert not shown.is_whole
    assert sum(length for _, length in content.reads) <= limits.preview_fetched + 65_536
    assert tally.rows_read == 5


def test_a_preview_of_a_row_that_is_too_long_for_it_says_so() -> None:
    content, tally = MemoryContent(NAME, b"a,b\n" + b"1" * 500_000), Tally()
    limits = Limits(preview_fetched=100_000)

    shown = preview_file(content, FileSpec("CSV", "none"), limits, tally)

    assert (len(shown.columns), shown.rows, shown.is_whole) == (2, (), False)
    assert tally.warnings == [
        f"{NAME}: the first row is longer than the 99,996 bytes that a preview reads of it; no row "
        "is shown."
    ]


def test_a_preview_is_json() -> None:
    data = "n,d,t,f\n9007199254740993,2024-01-01,2024-01-01T00:00Z,1.5\n"

    shown = preview(data, infer=True)

    assert json.loads(json.dumps(shown.rows)) == [
        {"n": "9007199254740993", "d": "2024-01-01", "t": "2024-01-01T00:00:00+00:00", "f": 1.5}
    ]


def test_batches_are_no_larger_than_their_bound() -> None:
    content = MemoryContent(NAME, b"a\n" + b"1\n" * 1_000)
    reader = open_file(content, FileSpec("CSV", "none"), Limits(batch_rows=300), Tally())

    assert [batch.num_rows for batch in reader] == [300, 300, 300, 100]


CHUNKED = (
    'a,b\r\n1,"x\r\n""y"" \\"z\\\\"\r\n\r\nü\\,€,5" pipe\r\n"",\r\n"q,""",\\\n\n"last\n",\r\n3,4'
)


@pytest.mark.parametrize("size", range(1, len(CHUNKED.encode()) + 1))
def test_rows_are_the_same_wherever_the_text_is_cut(size: int) -> None:
    rows, _ = read(CHUNKED, Limits(chunk=size))

    assert [list(row.values()) for row in rows] == [
        ["1", 'x\r\n"y" "z\\'], ["ü,€", '5" pipe'], ["", ""], ['q,"', "\n"], ["last\n", ""],
        ["3", "4"],
    ]  # fmt: skip


@pytest.mark.parametrize("policy", [True, False])
def test_stray_quotes_do_not_mislead_where_rows_end(policy: bool) -> None:
    row = '{0},v 5" pipe,"x\ny"\n' if policy else '{0},v 5" pipe,z\n'
    data = "i,v,x\n" + "".join(row.format(at) for at in range(4_001))

    rows, _ = read(data, Limits(chunk=1000))

    assert [row["i"] for row in rows] == [str(at) for at in range(4_001)]


CELLS = st.text(st.sampled_from("ab\u00fc\u20ac,;\t|\"'\\ \n\r0"), max_size=8)


@settings(max_examples=100, deadline=None)
@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|", "\u00a6"]),
    quote=st.sampled_from(['"', "'"]),
    escape=st.sampled_from(["", "\\", "\u00ac"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    chunk=st.integers(1, 40),
)
def test_what_the_standard_library_writes_comes_back(
    table: list[list[str]],
    delimiter: str,
    quote: str,
    escape: str,
    quoting: Any,
    end: str,
    chunk: int,
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # its writer leaves out quotes around other line ends
        table = [[one.replace("\r", end).replace("\n", end) for one in row] for row in table]
    width = len(table[0]) if table else 1
    header = [f"c{at}" for at in range(width)]
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote, escapechar=escape or None,
        doublequote=not escape, quoting=quoting, lineterminator=end,
    )  # fmt: skip
    writer.writerows([header, *table])
    options: dict[str, Any] = {
        "delimiter": delimiter, "quote": quote, "escape": escape, "double_quote": not escape,
    }  # fmt: skip

    rows, tally = read(text.getvalue(), Limits(chunk=chunk), **options)

    assert [list(row.values()) for row in rows] == table
    assert tally.rows_read == len(table)
    assert [list(row.values()) for row in preview(text.getvalue(), **options).rows] == table


@settings(max_examples=50, deadline=None)
@given(
    columns=st.integers(1, 8).flatmap(
        lambda height: st.fixed_dictionaries(
            {
                "n": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=height, max_size=height),
                "f": st.lists(
                    st.floats(allow_nan=False, allow_infinity=False).map(lambda x: round(x, 3)),
                    min_size=height,
                    max_size=height,
                ),
                "b": st.lists(st.booleans(), min_size=height, max_size=height),
                "s": st.lists(st.text(max_size=5), min_size=height, max_size=height),
            }
        )
    )
)
def test_what_arrow_writes_comes_back(columns: dict[str, list[Any]]) -> None:
    assume(all("\0" not in one for one in columns["s"]))
    written = io.BytesIO()
    arrow_csv.write_csv(pa.table(columns), written)

    rows, _ = read(written.getvalue(), escape="")

    assert [int(row["n"]) for row in rows] == columns["n"]
    assert [float(row["f"]) for row in rows] == columns["f"]
    assert [row["b"] == "true" for row in rows] == columns["b"]
    assert [row["s"] for row in rows] == columns["s"]


class Endless:
    """A large file that is made while it is read; `taken` counts the bytes."""

    name = NAME
    version = "1"
    row = b'1,"two ""2"" \n",three\n'
    size = len(row) * 20_000_000

    def __init__(self) -> None:
        self.taken = 0

    def read(self, start: int, length: int) -> bytes:
        self.taken += length
        header = b"a,b,c".ljust(len(self.row), b"\n")
        skipped = start % len(self.row)
        text = (self.row * (length // len(self.row) + 2))[skipped : skipped + length]
        return text if start else header + text[len(header) :]


def test_reading_takes_of_the_file_only_what_is_worked_on() -> None:
    content, tally = Endless(), Tally()
    reader = open_file(content, FileSpec("CSV", "none"), Limits(), tally)
    batches, most = iter(reader), 0
    for _ in range(60):
        next(batches)
        most = max(most, content.taken - tally.rows_read * len(content.row))
    reader.close()

    assert tally.rows_read > 1_000_000
    assert most < 64 * 1024 * 1024


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.sampled_from('ab,"\\\n\r;\u00e9'), max_size=50),
    escape=st.sampled_from(["", "\\"]),
    quote=st.sampled_from(["", '"']),
    double_quote=st.booleans(),
    newlines=st.booleans(),
    chunk=st.sampled_from([1, 7, 2**20]),
)
def test_any_text_is_read_as_its_records_are_and_nothing_gets_lost(
    text: str, escape: str, quote: str, double_quote: bool, newlines: bool, chunk: int
) -> None:
    options: dict[str, Any] = {
        "column_names": ["x", "y"], "ignore_errors_on_fields_mismatch": True, "escape": escape,
        "quote": quote, "double_quote": double_quote, "newlines_in_values": newlines,
    }  # fmt: skip
    records = list(read_records(text, read_dialect(options, NAME)))
    is_wrong = any(one.open_line or (one.last_line > one.line and not newlines) for one in records)

    try:
        rows, tally = read(text, Limits(chunk=chunk), **options)
    except TableError:
        assert is_wrong
        return

    assert not is_wrong
    assert [list(row.values()) for row in rows] == [
        one.cells for one in records if len(one.cells) == 2
    ]
    refused = [one.line for one in records if len(one.cells) != 2]
    assert [one.line for one in tally.refusals] == refused
    assert (tally.rows_read, tally.rows_refused) == (len(records), len(refused))


@pytest.mark.parametrize("null", ["\n", "x\n", "\r"])
def test_a_text_for_no_value_may_end_as_a_line_does(null: str) -> None:
    data = f'id,a\n1,"{null}2,3"\n4,"{null}"\n5,6\n' * 1

    for limits in (None, Limits(chunk=20)):
        rows, _ = read(data, limits, null_values=[null])
        assert [row["a"] for row in rows] == [f"{null}2,3", None, "6"]
