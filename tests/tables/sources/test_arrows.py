"""Values that Arrow's columns do not hold, from whatever source: told with page, row and column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.content import Limits, Tally
from argosy.tables.sources.arrows import RowReader, preview_rows
from argosy.tables.sources.rows_shapes import Shape

LARGE = 2**53 + 1
HALF = "a\ud800b"


class Source:
    """Gives pages of rows as they are."""

    name = "vendor://things"

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self._pages = pages

    def columns(self) -> None:
        return None

    def shape(self) -> Shape | None:
        return None

    def pages(self, _first: int | None, _tally: Tally | None = None) -> Iterator[Any]:
        yield from self._pages


def rows_of(*pages: list[dict[str, Any]], tally: Tally | None = None) -> list[Any]:
    limits = Limits(batch_rows=3)
    reader = RowReader(Source(*pages), limits, Tally() if tally is None else tally)
    return [row for batch in reader for row in batch.to_pylist()]


def failure(*pages: list[dict[str, Any]]) -> str:
    with pytest.raises(TableError) as caught:
        rows_of(*pages)
    assert caught.value.reason == "wrong_value"
    caught.value.message.encode()
    return caught.value.message


def test_numbers_that_no_type_holds_together_are_text() -> None:
    assert rows_of([{"x": 1.5}, {"x": LARGE}]) == [{"x": "1.5"}, {"x": str(LARGE)}]
    assert rows_of([{"x": LARGE}, {"x": 5}, {"x": 1.5}]) == [
        {"x": str(LARGE)},
        {"x": "5"},
        {"x": "1.5"},
    ]


def test_large_integers_that_a_number_holds_stay_what_they_are() -> None:
    assert rows_of([{"x": LARGE}, {"x": 5}]) == [{"x": LARGE}, {"x": 5}]
    assert rows_of([{"x": 1.5}], [{"x": 2**60}]) == [{"x": 1.5}, {"x": float(2**60)}]


@pytest.mark.parametrize(
    ("first", "later", "words"),
    [(1.5, LARGE, "numbers"), (1.5, 10**30, "numbers"), (7, 2**63, "whole numbers")],
)
def test_a_later_integer_that_would_be_rounded_is_told(first: Any, later: int, words: str) -> None:
    assert failure([{"x": first}], [{"x": first}, {"x": later}]) == (
        f"vendor://things, column 'x': row 2 of page 2 has {later} in place of {words} of 64 bits, "
        "which do not hold it. The first page decides the types. Mend the value in the other "
        "system, or leave the column out with a query."
    )


@pytest.mark.parametrize(
    ("value", "column"), [(HALF, "x"), ({"y": [HALF]}, "x.y"), ([{"y": HALF}], "x.y")]
)
def test_a_text_that_is_none_is_told(value: Any, column: str) -> None:
    bad = ([{"x": "a"}], [], [{"x": "b"}, {"x": value}]) if value == HALF else ([{"x": value}],)
    place = "row 2 of page 3" if value == HALF else "row 1 of page 1"

    assert failure(*bad) == (
        f"vendor://things, column '{column}': {place} has a text that holds half a character "
        "(a lone surrogate). Mend the value in the other system, or leave the column out with a "
        "query."
    )
    with pytest.raises(TableError, match="half a character"):
        preview_rows(Source(*bad), Limits(), Tally())


def test_a_text_that_is_none_within_json_is_told() -> None:
    found = failure([{"x": 1}, {"x": "a"}, {"x": [HALF]}])

    assert "column 'x': row 3 of page 1 has a value that is no JSON" in found


def test_a_name_that_is_none_is_told() -> None:
    told = r"has a column named a\\ud800b, which holds half a character"
    with pytest.raises(TableError, match=told):
        rows_of([{"x": {HALF: 1}}])
    with pytest.raises(TableError, match=told):
        preview_rows(Source([{HALF: 1}]), Limits(), Tally())


def test_a_later_name_that_is_none_can_be_told() -> None:
    tally = Tally()
    rows_of([{"x": 1}], [{"x": 1, HALF: 2}], tally=tally)

    assert tally.warnings == [r"a\ud800b first came after the first page and is left out."]


def test_rows_are_counted_when_they_are_given() -> None:
    tally = Tally()
    source = Source([{"x": 1}] * 4, [{"x": 2}, {"x": "bad"}])
    batches = iter(RowReader(source, Limits(batch_rows=3), tally))

    given = next(batches).num_rows
    with pytest.raises(TableError):
        next(batches)

    assert (given, tally.rows_read, tally.rows_delivered) == (4, 4, 4)
