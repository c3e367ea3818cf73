"""Pages of rows: each row once, whoever asks when; a source that changed is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import argosy.tables
from argosy.errors import TableError
from argosy.tables.serving import LONGEST_WAIT, MOST_WAITING, TablePages
from argosy.tables.stored import identity
from argosy.transport import Control
from tests.tables.local import stored_at, table_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Pages:
    """Pages of a file, and how often it was opened."""

    def __init__(self, path: Path, table: Any = None) -> None:
        self.path = path
        self.table = table
        self.opened = 0
        self.closed = 0
        self.clock = Clock()
        self.pages = TablePages(self, self.clock)

    def identity(self, connection: str, table: str) -> str:
        return identity(stored_at(self.path, self.table))

    def __call__(self, connection: str, table: str, control: Control) -> Any:
        self.opened += 1
        reader: Any = argosy.tables.open(stored_at(self.path, self.table), control=control)
        close = reader.close

        def counted() -> None:
            self.closed += 1
            close()

        reader.close = counted
        return reader

    def get(self, cursor: str = "", amount: int = 10) -> Any:
        return self.pages.rows("LOCAL", "t", cursor, amount)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "users.csv"
    made.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(25)))
    return made


@pytest.fixture
def pages(path: Path) -> Iterator[Pages]:
    made = Pages(path)
    yield made
    made.pages.close()


def test_pages_follow_each_other_until_the_last(pages: Pages) -> None:
    first = pages.get()
    second = pages.get(first["cursor"])
    third = pages.get(second["cursor"])

    found = [row["user_id"] for page in (first, second, third) for row in page["rows"]]
    assert found == [str(n) for n in range(25)]
    assert [page["rows_read"] for page in (first, second, third)] == [10, 10, 5]
    assert third["cursor"] == ""
    assert pages.opened == 1
    assert first["columns"] == [
        {"name": "user_id", "type": "text", "nullable": True},
        {"name": "name", "type": "text", "nullable": True},
    ]


def test_a_page_that_ends_with_the_table_is_the_last(pages: Pages) -> None:
    assert pages.get(amount=25)["cursor"] == ""


def test_a_page_can_be_asked_for_again(pages: Pages) -> None:
    first = pages.get()
    second = pages.get(first["cursor"])

    assert pages.get(first["cursor"]) == second
    assert pages.opened == 2


def test_a_restart_goes_on_where_the_page_before_ended(path: Path, pages: Pages) -> None:
    cursor = pages.get()["cursor"]
    after = Pages(path)

    assert after.get(cursor, 2)["rows"][0] == {"user_id": "10", "name": "name 10"}
    after.pages.close()


def test_a_file_that_changed_between_two_pages_is_told(path: Path, pages: Pages) -> None:
    cursor = pages.get()["cursor"]
    pages.pages.close()
    path.write_text("id,name\n1,another\n")

    with pytest.raises(TableError) as caught:
        pages.get(cursor)

    assert caught.value.message == (
        "The table or what it is read from has changed since the page before. "
        "Begin again without a cursor."
    )


def test_a_file_that_changed_while_the_reading_waited_is_told(path: Path, pages: Pages) -> None:
    cursor = pages.get()["cursor"]
    path.write_text("id,name\n1,another\n")

    with pytest.raises(TableError, match="has changed since the page before"):
        pages.get(cursor)

    assert (pages.opened, pages.closed) == (1, 1)


def test_a_mapping_that_changed_between_two_pages_is_told(pages: Pages) -> None:
    cursor = pages.get()["cursor"]
    pages.pages.close()
    pages.table = table_of(mapping={"user_id": "name"})

    with pytest.raises(TableError, match="has changed since the page before"):
        pages.get(cursor)


@pytest.mark.parametrize(
    "cursor", ["x", "!!!", "WzEsMl0", "Wy0xLCIiXQ", "bnVsbA", "W1tbW1s", "é", "WzEuNSwiIl0"]
)
def test_a_cursor_that_is_none_is_told(pages: Pages, cursor: str) -> None:
    with pytest.raises(TableError) as caught:
        pages.get(cursor)

    assert caught.value.message == (
        "This is not a cursor that a page of rows gave. Begin again without a cursor."
    )
    assert not pages.opened


def test_a_row_that_is_refused_is_told_with_its_page(path: Path) -> None:
    lines = path.read_text().splitlines()
    lines[12] = "11,too,many"
    path.write_text("\n".join(lines) + "\n")
    pages = Pages(path, table_of(options={"ignore_errors_on_fields_mismatch": True}))

    found = []
    cursor = ""
    while True:
        page = pages.get(cursor, 5)
        found.append(page)
        cursor = page["cursor"]
        if not cursor:
            break

    assert sum(page["rows_refused"] for page in found) == 1
    assert sum(page["rows_read"] for page in found) == 25
    [refusal] = [one for page in found for one in page["refusals"]]
    assert refusal["line"] == 13


def test_readings_that_nobody_goes_on_with_are_closed(pages: Pages) -> None:
    cursors = [pages.get(amount=n)["cursor"] for n in range(1, MOST_WAITING + 3)]
    pages.clock.now += LONGEST_WAIT + 1

    assert pages.get(cursors[-1], 1)["rows"]
    assert pages.opened == len(cursors) + 1
    assert pages.closed == len(cursors)


def test_a_failure_closes_the_reading(path: Path) -> None:
    path.write_text('id,name\n1,one\n2,"never closed\n')
    pages = Pages(path)

    with pytest.raises(TableError):
        pages.get()

    assert (pages.opened, pages.closed) == (1, 1)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(st.integers(1, 12), min_size=1, max_size=8), lost=st.sets(st.integers(0, 9))
)
def test_each_row_comes_once_however_the_pages_are_cut(
    path: Path, amounts: list[int], lost: set[int]
) -> None:
    pages, cursor, found = Pages(path), "", []
    for turn in range(30):
        if turn in lost:
            pages.pages.close()
        page = pages.get(cursor, amounts[turn % len(amounts)])
        found += [int(row["user_id"]) for row in page["rows"]]
        cursor = page["cursor"]
        if not cursor:
            break
    pages.pages.close()

    assert found == list(range(25))
