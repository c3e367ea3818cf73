"""CSV files that cannot be read as they are specified: where, what, and what would be right."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from tests.tables.contents import MemoryContent

NAME = "s3://b.example.com/a.csv"
OPTIONS = "connection_table_params.options"
RENAME = (
    "Give each column a name of its own in the header, or leave the header out (has_header false, "
    "skip_rows_before_header) and name the columns with column_names."
)
QUOTED = (
    "Put values that hold the delimiter in quotes, or set the option "
    "ignore_errors_on_fields_mismatch to leave such rows out."
)
ENCODING = "Set the option encoding to the file's own, such as latin-1 or cp1252."
NUL = "Write the file without it; if it is UTF-16, set the option encoding to utf-16."
INFER = (
    "Correct it, add it to the option null_values if it stands for no value, or set infer to false "
    "to take all values as text."
)
EMPTY = (
    "A CSV file begins with a line that names the columns; without one, set has_header to false "
    "and column_names."
)
CLOSE = "Close it, or set the option quote to an empty text if values have no quotes."
NEWLINES = "Close its quote, or set the option newlines_in_values to true."

Case = tuple[str | bytes, dict[str, Any], str, str, str]
CASES: list[Case] = [
    ("", {}, f": is empty. {EMPTY}", "no_columns", ""),
    ("\n\n", {}, f": is empty. {EMPTY}", "no_columns", ""),
    ("x\n", {"skip_rows_before_header": 2},
     f": has no more than 2 lines, which are skipped. {EMPTY}", "no_columns",
     f"{OPTIONS}.skip_rows_before_header"),
    ("note\nid,b,id\n", {"skip_rows_before_header": 1},
     f", line 2: columns 1 and 3 are both named 'id'. {RENAME}", "duplicate_columns", ""),
    ("a,,c\n", {}, f", line 1: column 2 has no name in the header. {RENAME}", "no_columns", ""),
    ("1,2\n", {"column_names": ["a", "a"]},
     f": columns 1 and 2 are both named 'a'. {RENAME}", "duplicate_columns",
     f"{OPTIONS}.column_names"),
    ("a,b,c\n", {"column_names": ["a", "b"], "has_header": True},
     ", line 1: the header names 3 columns, column_names 2 columns. Name as many, or set "
     "has_header to false if this is no header.", "wrong_row", f"{OPTIONS}.column_names"),
    (",".join(f"c{at}" for at in range(2_001)), {},
     ", line 1: 2,001 columns where a table has at most 2,000. Write fewer columns; if these are "
     "too many, check the option delimiter.", "too_many_columns", ""),
    ('a,b\n"1\n2",x\n3,4,5\n', {}, f", line 4: 3 values where the header names 2. {QUOTED}",
     "wrong_row", f"{OPTIONS}.ignore_errors_on_fields_mismatch"),
    ("a,b\n1\n", {}, f", line 2: 1 value where the header names 2. {QUOTED}", "wrong_row",
     f"{OPTIONS}.ignore_errors_on_fields_mismatch"),
    ('a,b\n1,"2\n3",4\n', {},
     ", line 2: 3 values where the header names 2. The row ends on line 3: is a quote not closed? "
     f"{QUOTED}", "wrong_row", f"{OPTIONS}.ignore_errors_on_fields_mismatch"),
    ("a;b\n1;2,5\n", {}, ", line 2: 2 values where the header names 1. Is ';' the delimiter? Then "
     "set the option delimiter to it.", "wrong_row", f"{OPTIONS}.delimiter"),
    ("1,2,3\n", {"column_names": ["a", "b"]},
     f", line 1: 3 values where column_names names 2. {QUOTED}", "wrong_row",
     f"{OPTIONS}.ignore_errors_on_fields_mismatch"),
    ('a,b\n1,2\n3,"4\n5,6\n', {},
     f", line 3: a quote opens here and is never closed. {CLOSE}", "wrong_row", f"{OPTIONS}.quote"),
    ('a,"b\n1,2\n', {}, f", line 1: a quote opens here and is never closed. {CLOSE}", "wrong_row",
     f"{OPTIONS}.quote"),
    ('a,b\n1,"2\n3"\n', {"newlines_in_values": False},
     f", line 2: a value goes on in the next line. {NEWLINES}", "wrong_row",
     f"{OPTIONS}.newlines_in_values"),
    ("a,b\r\n1,2\r\n3,x\0y\r\n", {}, f", line 3, column 'b': a NUL byte, which no text has. {NUL}",
     "wrong_encoding", f"{OPTIONS}.encoding"),
    ("a,b\n1,2\ncafé,1\n".encode("latin-1"), {},
     f", line 3, column 'a': the byte 0xE9 is not UTF-8. {ENCODING}", "wrong_encoding",
     f"{OPTIONS}.encoding"),
    ("a,né\n".encode("latin-1"), {}, f", line 1: the byte 0xE9 is not UTF-8. {ENCODING}",
     "wrong_encoding", f"{OPTIONS}.encoding"),
    ("a,b\n".encode("utf-16"), {}, ", line 1: begins with the byte order mark of UTF-16. Set the "
     "option encoding to utf-16.", "wrong_encoding", f"{OPTIONS}.encoding"),
    ("a,b\n1,2\n".encode("utf-16-le"), {}, f", line 1: a NUL byte, which no text has. {NUL}",
     "wrong_encoding", f"{OPTIONS}.encoding"),
    (b"a,b\n1,2\n\x81,2\n", {"encoding": "cp1252"}, ", line 3: the byte 0x81 is not cp1252. Set "
     "the option encoding to the file's own.", "wrong_encoding", f"{OPTIONS}.encoding"),
    ("a,b\n", {"encoding": "klingon"}, ": the encoding 'klingon' is not known. Use one such as "
     "utf-8, latin-1, cp1252 or utf-16.", "wrong_encoding", f"{OPTIONS}.encoding"),
    ("a,b\n", {"encoding": "base64"}, ": the encoding 'base64' is not known. Use one such as "
     "utf-8, latin-1, cp1252 or utf-16.", "wrong_encoding", f"{OPTIONS}.encoding"),
    (b"PAR1" + bytes(300), {}, ": is no text: it begins as a Parquet file does. Set "
     "connection_table_params.file_format to PARQUET.", "wrong_format",
     "connection_table_params.file_format"),
    ("a,b\n", {"delimiter": ";;"}, ": the option delimiter is ';;'. It is one character within a "
     "line.", "unsupported", f"{OPTIONS}.delimiter"),
    ("a,b\n", {"delimiter": '"'}, ": the option quote is the delimiter, '\"'. Each needs its own "
     "character.", "unsupported", f"{OPTIONS}.quote"),
]  # fmt: skip


def failure(
    data: str | bytes, limits: Limits | None = None, name: str = NAME, **options: Any
) -> TableError:
    content = MemoryContent(name, data.encode() if isinstance(data, str) else data)
    with pytest.raises(TableError) as caught:
        list(open_file(content, FileSpec("CSV", "infer", options), limits or Limits(), Tally()))
    return caught.value


@pytest.mark.parametrize(("data", "options", "message", "reason", "field"), CASES)
def test_an_error_says_where_and_what_and_what_would_be_right(
    data: str | bytes, options: dict[str, Any], message: str, reason: str, field: str
) -> None:
    found = failure(data, **options)

    assert found.message == f"{NAME}{message}"
    assert (found.status, found.reason, found.field) == ("wrong_specification", reason, field)
    content = MemoryContent(NAME, data.encode() if isinstance(data, str) else data)
    with pytest.raises(TableError) as previewed:
        preview_file(content, FileSpec("CSV", "none", options), Limits(), Tally())
    assert previewed.value.message == found.message


@pytest.mark.parametrize(
    ("column", "later", "found"),
    [
        ("7", "1.5", "'1.5' in a column of integers."),
        ("7", "007", "'007' in a column of integers."),
        ("7", "9223372036854775808", "'9223372036854775808' in a column of integers."),
        ("7", "0x1F", "'0x1F' in a column of integers."),
        ("1.5", "9007199254740993", "'9007199254740993' in a column of numbers."),
        ("1.5", "NaN", "'NaN' in a column of numbers."),
        ("1.5", "1e999", "'1e999' in a column of numbers."),
        ("2024-01-31", "2024-02-31", "'2024-02-31' in a column of dates."),
        ("2024-01-31 10:00", "soon", "'soon' in a column of timestamps."),
        ("true", "maybe", "'maybe' in a column of booleans."),
    ],
)
def test_a_later_value_that_does_not_fit_the_inferred_type_is_told_with_its_place(
    column: str, later: str, found: str
) -> None:
    data = f'n,"t\n"\n{column},x\n' + f'{column},"x\ny"\n\n' * 3_000 + f"{later},x\n"

    error = failure(data, infer=True)

    assert error.message == f"{NAME}, line 9004, column 'n': {found} {INFER}"
    assert (error.reason, error.field) == ("wrong_value", f"{OPTIONS}.infer")


@pytest.mark.parametrize("chunk", [64, 1000, 2**20])
def test_the_line_is_right_far_into_a_file(chunk: int) -> None:
    data = "# one\n\nid,text\nunits,\n" + '1,"a\r\nb"\n\n' * 5_000 + '"oops\n'
    options: dict[str, Any] = {"skip_rows_before_header": 2, "skip_rows_after_header": 1}

    assert failure(data, Limits(chunk=chunk), **options).facts["line"] == 5 + 3 * 5_000


def test_rows_before_a_wrong_one_are_delivered_block_by_block() -> None:
    content, tally = MemoryContent(NAME, b"a,b\n" + b"1,2\n" * 1_000 + b"3\n"), Tally()

    with pytest.raises(TableError):
        list(open_file(content, FileSpec("CSV"), Limits(chunk=400), tally))

    assert 900 <= tally.rows_delivered <= 1_000
    assert tally.rows_refused == 0


def test_a_cell_beyond_the_limit_is_refused() -> None:
    error = failure(f"a,b\n1,2\n3,{'x' * 2_000_000}\n", Limits(cell=2**20))

    assert error.message == (
        f"{NAME}, line 3, column 'b': a value is longer than 1 MiB. Shorten it; if it is no single "
        "value, check the quotes."
    )
    assert error.reason == "too_large"


def test_a_row_beyond_the_limit_is_refused() -> None:
    error = failure(f"a,b\n1,2\n3,{'x' * 20_000}\n4,5\n", Limits(row=10_000))

    assert error.message == (
        f"{NAME}, line 3: the row is longer than 10,000 bytes. Check the line ends and the quotes "
        "of the file."
    )
    assert error.reason == "too_large"


def test_a_quote_that_is_not_closed_within_a_row_is_told_before_the_file_is_read() -> None:
    content = MemoryContent(NAME, b'a,b\n1,"2\n' + b"3,4\n" * 1_000_000)

    with pytest.raises(TableError) as caught:
        list(open_file(content, FileSpec("CSV", "none"), Limits(row=10_000), Tally()))

    assert (
        caught.value.message == f"{NAME}, line 2: a quote opens here and is never closed. {CLOSE}"
    )


def test_a_file_that_breaks_off_is_told_after_the_rows_before() -> None:
    rows = "".join(f"{at},{at * 7919 % 1_000_003}\n" for at in range(200_000))
    data = gzip.compress(f"a,b\n{rows}".encode())
    content, tally = MemoryContent(f"{NAME}.gz", data[: len(data) // 2]), Tally()

    with pytest.raises(TableError) as caught:
        list(open_file(content, FileSpec("CSV"), Limits(), tally))

    assert caught.value.reason == "broken_file"
    assert tally.rows_delivered > 50_000


def archive(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, text in members.items():
            file.writestr(f"{name}.csv", text)
    return data.getvalue()


def test_members_of_an_archive_with_the_same_header_are_one_table() -> None:
    content, tally = MemoryContent("a.zip", archive(a="x,y\n1,2\n", b="x,y\n3,4\n")), Tally()

    reader = open_file(content, FileSpec("CSV"), Limits(), tally)
    rows = [row for batch in reader for row in batch.to_pylist()]

    assert rows == [{"x": "1", "y": "2"}, {"x": "3", "y": "4"}]
    assert tally.rows_read == 2
    shown = preview_file(content, FileSpec("CSV"), Limits(), Tally())
    assert (shown.rows, shown.is_whole) == (({"x": "1", "y": "2"},), False)


def test_members_of_an_archive_with_other_headers_are_refused() -> None:
    error = failure(archive(a="x,y\n1,2\n", b="x,z\n3,4\n"), name="a.zip")

    assert error.message == (
        "a.zip: holds 2 files of data: a.csv, b.csv. Keep one in the archive, or give all of them "
        "the same columns."
    )
    assert error.reason == "mixed_files"


def test_an_error_in_an_archive_names_the_member() -> None:
    error = failure(archive(a="x,y\n1,2\n", b="x,y\n3\n"), name="a.zip")

    assert error.message.startswith("a.zip (b.csv), line 2: 1 value where the header names 2.")


def test_a_format_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        open_file(MemoryContent("a.xls", b""), FileSpec("XLS"), Limits(), Tally())

    assert caught.value.message == (
        "a.xls: 'XLS' is no format that files are read in. Use one of CSV, NDJSON, JSON, PARQUET, "
        "AVRO, dat."
    )


@pytest.mark.parametrize("option", ["null_values", "delimiter", "quote", "column_names"])
def test_an_option_with_half_of_a_character_is_refused(option: str) -> None:
    value: Any = "\ud800" if option in {"delimiter", "quote"} else ["\ud800", "b"]

    assert failure(b"id,a\n1,2\n", **{option: value}).message == (
        f"{NAME}: the option {option} has half of a character. Write the whole character."
    )


def test_the_line_of_a_wrong_byte_is_known_wherever_the_text_is_cut() -> None:
    for size in range(1, 9):
        lines = [b"i" * size + b",a", *[b"%06d,x" % n for n in range(140_000)]]
        lines[139_000] = b"\x81,x"

        error = failure(b"\r\n".join(lines), encoding="cp1252")

        assert error.facts["line"] == 139_001


def test_a_row_that_is_left_out_and_no_utf_8_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    error = failure(b"id,a\n1,2\n\xff\n", ignore_errors_on_fields_mismatch=True)

    assert "line 3, column 'id': the byte 0xFF is not UTF-8." in error.message
    assert not capfd.readouterr().err
