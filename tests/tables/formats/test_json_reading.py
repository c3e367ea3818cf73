"""JSON files: lines, arrays, one object; values, types, and what cannot be read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats import open_file, preview_file
from argosy.tables.formats.types import preview_rows
from tests.tables.contents import MemoryContent

NAME = "s3://b.example.com/a.json"
FORMAT = "connection_table_params.file_format"
EACH = 'Write each row as an object, such as {"id": 1}.'
WHOLE = "Write each row as one JSON object."
ALIKE = "Write the same kind of value in all rows."
AS_TEXT = "Write it as text, in quotes."
NO_ROWS = "The columns are those of the rows: there must be one."
DEEP = "is nested deeper than 100 levels. Flatten it, or write it as text."
Rows = list[dict[str, Any]]


def read(
    data: str | bytes, form: str = "NDJSON", limits: Limits | None = None, **options: Any
) -> tuple[Rows, Tally]:
    tally = Tally()
    content = MemoryContent(NAME, data.encode() if isinstance(data, str) else data)
    reader = open_file(content, FileSpec(form, "none", options), limits or Limits(), tally)
    rows = [row for batch in reader for row in batch.to_pylist()]
    assert tally.rows_delivered == len(rows)
    return rows, tally


def preview(data: str | bytes, form: str = "NDJSON", limits: Limits | None = None) -> Any:
    content = MemoryContent(NAME, data.encode() if isinstance(data, str) else data)
    return preview_file(content, FileSpec(form, "none"), limits or Limits(), Tally())


def failure(
    data: str | bytes, form: str = "NDJSON", limits: Limits | None = None, **options: Any
) -> TableError:
    with pytest.raises(TableError) as caught:
        read(data, form, limits, **options)
    return caught.value


@pytest.mark.parametrize(
    ("data", "form", "expected"),
    [
        ('{"a":1,"b":{"c":"x"},"l":[1,2]}\n\n{"a":null}', "NDJSON",
         [{"a": 1, "b": {"c": "x"}, "l": [1, 2]}, {"a": None, "b": None, "l": None}]),
        ('\ufeff{"a":1}\r\n {"a":2} \r\n', "NDJSON", [{"a": 1}, {"a": 2}]),
        ('{"a":1}\r{"a":2}\r', "NDJSON", [{"a": 1}, {"a": 2}]),
        ('{"a":1}\n{"a":2.5}\n', "NDJSON", [{"a": 1.0}, {"a": 2.5}]),
        ('{"a":null}\n{"a":"x"}\n', "NDJSON", [{"a": None}, {"a": "x"}]),
        ('{"a":"2024-01-31T00:00:00Z"}\n', "NDJSON", [{"a": "2024-01-31T00:00:00Z"}]),
        ('{"a":"} null"}\n{"a":null}\n', "NDJSON", [{"a": "} null"}, {"a": None}]),
        ('{"a":1}\n{"a":2}\n', "JSON", [{"a": 1}, {"a": 2}]),
        ('{"a":1}', "JSON", [{"a": 1}]),
        ('{\n "a": 1,\n "l": [{"c": 1},\n {"c": 2}]\n}\n', "JSON",
         [{"a": 1, "l": [{"c": 1}, {"c": 2}]}]),
        (' [\n {"a":1},\n {"a":\r\n 2}\n ] \n', "JSON", [{"a": 1}, {"a": 2}]),
        ('[{"s":"}, {\\n\\""},{"s":"]"}]', "JSON", [{"s": '}, {\n"'}, {"s": "]"}]),
    ],
)  # fmt: skip
def test_rows_are_the_objects_of_the_file(data: str, form: str, expected: Rows) -> None:
    assert read(data, form)[0] == expected
    shown = preview(data, form)
    assert list(shown.rows) == expected
    assert shown.is_whole


def test_other_encodings_are_read() -> None:
    assert read('{"a":"é"}\n'.encode("latin-1"), encoding="latin-1")[0] == [{"a": "é"}]
    assert read('[{"a":"é"}]'.encode("utf-16"), "JSON", encoding="utf-16")[0] == [{"a": "é"}]


def test_columns_have_words_and_members() -> None:
    columns = preview('{"a":1,"o":{"x":1.5,"n":null},"l":[],"t":"007","b":true}\n').columns

    assert [(one.name, one.type) for one in columns] == [
        ("a", "integer"), ("o", "object"), ("l", "list"), ("t", "text"), ("b", "boolean"),
    ]  # fmt: skip
    assert [(one.name, one.type) for one in columns[1].members] == [("x", "number"), ("n", "null")]


CASES: list[tuple[str | bytes, str, str, str]] = [
    ("", "NDJSON", f": is empty. {NO_ROWS}", "no_columns"),
    ("[]", "JSON", ": there are no rows, or they have no members. The columns are the members of "
     "the rows' objects: there must be one.", "no_columns"),
    ("{}\n", "NDJSON", ": there are no rows, or they have no members. The columns are the members "
     "of the rows' objects: there must be one.", "no_columns"),
    ('{"a":1}\n\n{"a":2,}\n', "NDJSON", ", line 3: is not JSON: expecting property name enclosed "
     f"in double quotes, at character 8. {WHOLE}", "wrong_row"),
    ('{"a":1}\n[1]\n', "NDJSON", f", line 2: a list where an object was expected. {EACH}",
     "wrong_row"),
    ('{"a":1}\nnull\n', "NDJSON", f", line 2: null where an object was expected. {EACH}",
     "wrong_row"),
    ('{"a":1}\nNaN\n', "NDJSON", f", line 2: NaN where an object was expected. {EACH}",
     "wrong_row"),
    ('{"a":1}\n{"a":2} null\n', "NDJSON",
     f", line 2: is not JSON: extra data, at character 9. {WHOLE}", "wrong_row"),
    ('[{"a":1}]', "NDJSON", ", line 1: an array where a line with one object was expected. Set "
     "file_format to JSON, which reads arrays.", "wrong_format"),
    ("id,x\n1,2\n", "JSON", ", line 1: begins with 'id,x', which is no JSON object. Each row is "
     'an object, such as {"id": 1}; set file_format to what the file is.', "wrong_format"),
    ('{"a":1}\n{"a":1,"a":2}\n', "NDJSON",
     ", line 2, column 'a': the key stands twice in one object. Write it once.", "wrong_row"),
    ('{"a":12345678901234567890}\n', "NDJSON", ", line 1, column 'a': 12345678901234567890 is an "
     f"integer of more than 64 bits. {AS_TEXT}", "wrong_value"),
    ('{"a":1.5}\n{"a":9007199254740993}\n', "NDJSON", ", line 2, column 'a': 9007199254740993 in "
     f"a column of numbers, which would round it. {AS_TEXT}", "wrong_value"),
    ('{"a":1}\n{"a":9007199254740993}\n{"a":1.5}\n', "NDJSON", ", line 3, column 'a': 1.5 in a "
     f"column of integers, some too large for a fraction. {ALIKE}", "wrong_value"),
    ('{"a":[1,9007199254740993]}\n{"a":[1.5]}\n', "NDJSON", ", line 2, column 'a[0]': 1.5 in a "
     f"column of integers, some too large for a fraction. {ALIKE}", "wrong_value"),
    ('{"a":1.5}\n{"a":2}\n{"a":9007199254740993}\n', "NDJSON", ", line 3, column 'a': "
     f"9007199254740993 in a column of numbers, which would round it. {AS_TEXT}", "wrong_value"),
    ('{"a":1}\n \n{"a":2}{"a":3}\n', "NDJSON",
     f", line 3: is not JSON: extra data, at character 8. {WHOLE}", "wrong_row"),
    ('{"o":{"l":[1,NaN]}}\n', "NDJSON", ", line 1, column 'o.l[1]': NaN is no value of JSON. "
     "Write null for no value.", "wrong_value"),
    ('{"a":1e999}\n', "NDJSON", f", line 1, column 'a': 1e999 is too large. {AS_TEXT}",
     "wrong_value"),
    ('{"a":1}\n{"a":"x"}\n', "NDJSON",
     f", line 2, column 'a': the text \"x\" in a column of integers. {ALIKE}", "wrong_value"),
    ('{"a":["x"]}\n{"a":[1,5]}\n', "NDJSON", ", line 2, column 'a[0]': 1 in a column of texts. "
     f"{ALIKE}", "wrong_value"),
    ('{"a":{"b":1}}\n{"a":[]}\n', "NDJSON",
     f", line 2, column 'a': a list in a column of objects. {ALIKE}", "wrong_value"),
    ('{"a":1}\n{"a":' + "[" * 100_000 + "]" * 100_000 + "}\n", "NDJSON", f", line 2: {DEEP}",
     "wrong_row"),
    ('{"a":' + "[" * 101 + "]" * 101 + "}\n", "NDJSON", f", line 1, column 'a': {DEEP}",
     "wrong_row"),
    ('{"a":"\\ud800"}\n', "NDJSON", ", line 1, column 'a': \\ud800 is half of a surrogate pair, "
     "and no character. Write both halves, or leave it out.", "wrong_value"),
    ('{"a":"é"}\n'.encode("latin-1"), "NDJSON", ", line 1: the byte 0xE9 is not UTF-8. Set the "
     "option encoding to the file's own, such as latin-1 or cp1252.", "wrong_encoding"),
    ('{"a":"x\0"}\n', "NDJSON", ", line 1: a NUL byte, which no text has. Write the file without "
     "it; if it is UTF-16, set the option encoding to utf-16.", "wrong_encoding"),
    ('[{"a":1},\n]', "JSON", ", line 2: a comma stands before the array's end. Leave it out.",
     "wrong_format"),
    ('[{"a":1}\n{"a":2}]', "JSON", ", line 2: a comma or the array's end is missing. Correct the "
     "file.", "wrong_format"),
    ('[{"a":1},\n{"a":2}', "JSON", ", line 2: the array is not closed: the file ends within it. "
     "Put the whole file there.", "broken_file"),
    ('[{"a":1}]\nx', "JSON", ", line 2: the file goes on after the end of its array. Put all rows "
     "into one array, or one on each line.", "wrong_format"),
    ('[{"a":1},\n\n3]', "JSON", f", line 3: 3 where an object was expected. {EACH}", "wrong_row"),
    ('[{"a":1},\n{"a":"x"}]', "JSON",
     f", line 2, column 'a': the text \"x\" in a column of integers. {ALIKE}", "wrong_value"),
    ('{\n"a":1,}\n', "JSON", ", line 2: is not JSON: expecting property name enclosed in double "
     f"quotes, at character 7. {WHOLE}", "wrong_row"),
    ('{\n"a":1}\n{"a":2}', "JSON", ", line 3: the file goes on after the end of its object. Put "
     "each row on one line, or all into an array.", "wrong_format"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "form", "message", "reason"), CASES)
def test_an_error_says_where_and_what_and_what_would_be_right(
    data: str | bytes, form: str, message: str, reason: str
) -> None:
    found = failure(data, form)

    assert found.message == f"{NAME}{message}"
    assert (found.status, found.reason) == ("wrong_specification", reason)
    with pytest.raises(TableError) as previewed:
        preview(data, form)
    assert previewed.value.message == found.message


FIRST = '{"a":1,"f":0.5,"s":"x","o":{"b":1}}\n\n' * 40


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"a":1.5}', f", column 'a': 1.5 in a column of integers. {ALIKE}"),
        ('{"a":12345678901234567890}', ", column 'a': 12345678901234567890 is an integer of more "
         f"than 64 bits. {AS_TEXT}"),
        ('{"f":9007199254740993}', ", column 'f': 9007199254740993 in a column of numbers, which "
         f"would round it. {AS_TEXT}"),
        ('{"f":NaN}', ", column 'f': NaN is no value of JSON. Write null for no value."),
        ('{"s":true}', f", column 's': true in a column of texts. {ALIKE}"),
        ('{"o":{"b":"x"}}', f", column 'o.b': the text \"x\" in a column of integers. {ALIKE}"),
        ('{"a":1,"a":1}', ", column 'a': the key stands twice in one object. Write it once."),
        ("null", f": null where an object was expected. {EACH}"),
        ('{"a":1} null', f": is not JSON: extra data, at character 9. {WHOLE}"),
        ('{"a":1', f": is not JSON: expecting ',' delimiter, at character 7. {WHOLE}"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", f": {DEEP}"),
        ('{"z":' + '{"z":' * 100_000 + "1" + "}" * 100_001, f": {DEEP}"),
    ],
)  # fmt: skip
def test_a_later_row_that_does_not_fit_is_told_with_its_place(row: str, message: str) -> None:
    error = failure(f"{FIRST}{row}\n{FIRST}", limits=Limits(chunk=500))

    assert error.message == f"{NAME}, line 81{message}"


def test_a_later_row_of_an_array_is_told_with_its_line() -> None:
    rows: list[Any] = [{"a": at, "o": {"s": "}, {"}} for at in range(2_000)]

    error = failure(json.dumps([*rows, {"a": 1.5}], indent=1), "JSON", Limits(chunk=1_000))

    assert error.message == (
        f"{NAME}, line {2 + 2_000 * 6}, column 'a': 1.5 in a column of integers. {ALIKE}"
    )


def test_a_member_that_comes_up_later_is_told_of_and_left_out() -> None:
    data = f'{FIRST}{{"a":2,"o":{{"b":1,"z":5}}}}\n{FIRST}'

    rows, tally = read(data, limits=Limits(chunk=500))

    assert len(rows) == 81
    assert rows[40] == {"a": 2, "f": None, "s": None, "o": {"b": 1}}
    assert tally.warnings == [
        f"{NAME}, line 81: 'o.z' is not among the columns, which are those of the first rows; it "
        "is left out, as all that come up later."
    ]


def test_rows_and_cells_beyond_the_limits_are_refused() -> None:
    long_cell = f'{FIRST}{{"s":"{"x" * 3_000}"}}\n'

    assert failure(long_cell, limits=Limits(cell=2_000, chunk=500)).message == (
        f"{NAME}, line 81, column 's': a value is longer than 2,000 bytes. Shorten it."
    )
    for form, data in (("NDJSON", long_cell), ("JSON", f'[{{"a":1}},\n{{"a":"{"x" * 3_000}"}}]')):
        assert failure(data, form, Limits(row=2_000, chunk=500)).reason == "too_large"


def test_too_many_columns_are_refused() -> None:
    error = failure(json.dumps({f"c{at}": 1 for at in range(2_001)}))

    assert error.message == (
        f"{NAME}: 2,001 columns where a table has at most 2,000. Write fewer members, or some of "
        "them as an object."
    )


def test_a_preview_cuts_the_last_row_that_is_not_whole() -> None:
    limits = Limits(preview_fetched=65_537, preview_expanded=70_000)
    for form, data in (("NDJSON", '{"a":1}\n' * 50_000), ("JSON", json.dumps([{"a": 1}] * 50_000))):
        shown = preview(data, form, limits)
        assert [dict(row) for row in shown.rows] == [{"a": 1}] * 20
        assert not shown.is_whole


@pytest.mark.parametrize("form", ["NDJSON", "JSON", "indented"])
def test_rows_are_the_same_wherever_the_text_is_cut(form: str) -> None:
    rows = [
        {"a": 1, "s": 'ü€"}\r\n{', "l": [{"x": 1}, {"x": None}]},
        {"a": 2, "s": "", "l": []},
    ] * 2
    if form == "NDJSON":
        data = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    else:
        indent = 1 if form == "indented" else None
        data = json.dumps(rows, ensure_ascii=False, indent=indent)
    form = "NDJSON" if form == "NDJSON" else "JSON"
    first = len(json.dumps(rows[0], indent=1).encode())

    for size in range(first, len(data.encode()) + 1):
        assert read(data, form, Limits(chunk=size))[0] == rows


NAMES = st.sampled_from(["a", "b", "é", "x.y", "null", ""])
SINGLE = {
    "i": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(allow_nan=False, allow_infinity=False),
    "s": st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(
        lambda text: "\0" not in text
    ),
    "b": st.booleans(),
}
COLUMNS = st.fixed_dictionaries(
    {
        **{name: st.none() | values for name, values in SINGLE.items()},
        "o": st.fixed_dictionaries({"é": SINGLE["s"], "": SINGLE["i"]}),
        "l": st.lists(SINGLE["s"], max_size=3),
        "ol": st.lists(st.fixed_dictionaries({"n": SINGLE["b"]}), max_size=2),
    }
)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(COLUMNS, min_size=1, max_size=6),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 0, 2]),
)
def test_what_the_standard_library_writes_comes_back(
    rows: Rows, ascii_only: bool, indent: int | None
) -> None:
    whole = {"i": 1, "f": 0.5, "s": "x", "b": True, "o": {"é": "x", "": 1}, "l": ["x"],
             "ol": [{"n": True}]}  # fmt: skip
    rows = [whole, *rows]
    lines = io.StringIO()
    for row in rows:
        lines.write(json.dumps(row, ensure_ascii=ascii_only) + "\n")

    assert read(lines.getvalue())[0] == rows
    assert read(json.dumps(rows, ensure_ascii=ascii_only, indent=indent), "JSON")[0] == rows


PIECES = st.sampled_from(
    ["1", "-0", "2.5", "1e400", "9007199254740993", "9223372036854775808", "1234567890123456789012",
     '"x"', '"2024-01-31"', '"\\ud800"', '"\x01"', "true", "null", "NaN", "[]", "[null]", "[1]",
     '[1,"x"]', "[2.5]", "{}", '{"a":1}', '{"a":"x","b":2}', '{"a":1,"a":2}',
     '[{"a":1},{"b":[]}]', "[" * 101 + "]" * 101, "tru", '"x']
)  # fmt: skip
ODD_ROWS = st.one_of(
    st.lists(st.tuples(st.sampled_from(["a", "b", "é", ""]), PIECES), max_size=3).map(
        lambda row: "{" + ",".join(f'"{name}": {value}' for name, value in row) + "}"
    ),
    st.sampled_from(["", "null", "[]", "7"]),
)


def attempt(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except TableError as error:
        return error


def with_values(value: Any) -> Any:
    """Return a value without members that are null, which columns cannot leave out."""
    if isinstance(value, dict):
        return {name: with_values(one) for name, one in value.items() if one is not None}
    return [with_values(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(ODD_ROWS, min_size=1, max_size=4))
def test_a_preview_and_a_reading_find_the_same(lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines)
    shown = attempt(lambda: preview(data))
    if isinstance(shown, TableError):
        assert failure(data).message == shown.message
        return

    content = MemoryContent(NAME, data.encode())
    reader = open_file(content, FileSpec("NDJSON", "none"), Limits(), Tally())
    assert reader.schema.names == [column.name for column in shown.columns]
    rows = [row for batch in reader for row in batch.to_pylist()]
    assert with_values(list(preview_rows(rows, 1_000))) == with_values(list(shown.rows))
