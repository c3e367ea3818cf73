"""Pages of rows: each row once, whoever asks when; a source that changed is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import argosy.tables
from argosy.errors import RunCancelledError, ServiceNotFoundError, TableError
from argosy.tables import serving
from argosy.tables.content import Tally
from argosy.tables.serving import LONGEST_WAIT, MOST_WAITING, TablePages
from argosy.tables.stored import identity
from argosy.transport import OWN_TERMS, Cancellation, Control
from tests.tables.local import stored_at, table_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Alarm:
    """One that rings when it is told to."""

    seconds: float
    ring: Callable[[], None]
    daemon: bool = False
    state: str = ""

    def start(self) -> None:
        self.state = "started"

    def cancel(self) -> None:
        self.state = "cancelled"


class Pages:
    """Pages of a file, and how often it was opened."""

    def __init__(self, path: Path, table: Any = None) -> None:
        self.path = path
        self.table = table
        self.opened = 0
        self.closed = 0
        self.is_gone = False
        self.clock = Clock()
        self.alarms: list[Alarm] = []
        self.pages = TablePages(self, self.clock, self.alarm)

    def alarm(self, seconds: float, ring: Callable[[], None]) -> Any:
        self.alarms.append(Alarm(seconds, ring))
        return self.alarms[-1]

    def identity(self, connection: str, table: str) -> str:
        if self.is_gone:
            raise ServiceNotFoundError(type="table", key=table, known="none")
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

    def get(self, cursor: str = "", amount: int = 10, control: Control = OWN_TERMS) -> Any:
        return self.pages.rows("LOCAL", "t", cursor, amount, control)


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
    "cursor",
    ["x", "!!!", "WzEsMl0", "Wy0xLCIiLCIiXQ", "bnVsbA", "W1tbW1s", "é", "WzEuNSwiIiwiIl0"],
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


def test_readings_are_closed_though_nobody_asks_for_another_page(pages: Pages) -> None:
    pages.get(amount=1)
    pages.clock.now += 1
    pages.get(amount=2)
    (alarm,) = pages.alarms
    assert (alarm.seconds, alarm.daemon, alarm.state) == (LONGEST_WAIT, True, "started")

    pages.clock.now = LONGEST_WAIT
    alarm.ring()
    assert pages.closed == 1
    pages.clock.now += LONGEST_WAIT
    pages.alarms[1].ring()
    assert pages.closed == 2
    assert len(pages.alarms) == 2


def test_nothing_rings_once_the_pages_are_closed(pages: Pages) -> None:
    pages.get(amount=1)

    pages.pages.close()

    assert [one.state for one in pages.alarms] == ["cancelled"]


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


def test_a_table_that_is_gone_leaves_no_reading_open(pages: Pages) -> None:
    cursor = pages.get()["cursor"]
    pages.is_gone = True

    with pytest.raises(ServiceNotFoundError):
        pages.get(cursor)

    assert (pages.opened, pages.closed) == (1, 1)


def test_a_page_of_large_rows_has_fewer_and_none_is_lost(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_BYTES", 100)

    found, cursor = [pages.get()], ""
    while cursor := found[-1]["cursor"]:
        found.append(pages.get(cursor))

    assert max(len(page["rows"]) for page in found) < 10
    rows = [int(row["user_id"]) for page in found for row in page["rows"]]
    assert rows == list(range(25))


class Rows:
    """Opens a source of rows that has no version, and that `meet` may hold up or fail."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.opened: list[Control] = []
        self.closed = 0
        self.meet: Callable[[Control], None] = lambda control: None
        self.meet_close: Callable[[int], str] = lambda count: ""
        self.reader: type[RowsReader] = RowsReader
        self.clock = Clock()
        self.pages = TablePages(self, self.clock)

    def identity(self, connection: str, table: str) -> str:
        return "the same"

    def __call__(self, connection: str, table: str, control: Control) -> Any:
        self.opened.append(control)
        return self.reader(self, control)

    def get(self, cursor: str = "", amount: int = 2, **terms: Any) -> Any:
        return self.pages.rows("VENDOR", "t", cursor, amount, Control(**terms))


class RowsReader:
    version = ""
    schema = pa.schema([("n", pa.int64())])

    def __init__(self, rows: Rows, control: Control) -> None:
        self.rows = rows
        self.control = control
        self.tally = Tally()
        self.left = iter(list(rows.numbers))

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        self.rows.meet(self.control)
        return pa.record_batch([pa.array([next(self.left)], pa.int64())], schema=self.schema)

    def close(self) -> None:
        assert self.control.cancellation is not None
        assert self.control.cancellation.is_cancelled  # what is under way has been cut off
        self.rows.closed += 1
        if trouble := self.rows.meet_close(self.rows.closed):
            raise OSError(trouble)


def paused(control: Control) -> None:
    """Wait as a reading does for a system that asks for it."""
    assert control.sleep is not None
    control.sleep(60)


def test_a_page_ends_with_the_time_of_whoever_waits_for_it() -> None:
    rows = Rows(1, 2, 3)
    rows.meet = paused

    with pytest.raises(TableError) as caught:
        rows.get(deadline=0.03)

    assert caught.value.message == (
        "It could not be read in time. Allow more time for it, or ask for fewer rows at once."
    )
    assert (caught.value.reason, caught.value.passes) == ("timed_out", True)
    assert rows.closed == 1


def test_nothing_is_opened_for_one_whose_time_is_up() -> None:
    rows = Rows(1)
    rows.clock.now = 5.0

    with pytest.raises(TableError, match="could not be read in time"):
        rows.get(deadline=5.0)

    assert rows.opened == []


def test_a_page_ends_when_whoever_waits_for_it_is_cancelled() -> None:
    rows, cancellation = Rows(1, 2, 3), Cancellation()
    rows.meet = paused
    threading.Timer(0.02, cancellation.cancel, ["somebody said so"]).start()

    with pytest.raises(RunCancelledError, match="somebody said so"):
        rows.get(cancellation=cancellation)

    assert rows.closed == 1


def test_a_page_goes_on_when_whoever_had_the_page_before_is_over() -> None:
    rows, before = Rows(1, 2, 3, 4, 5), Cancellation()
    cursor = rows.get(cancellation=before, deadline=100.0)["cursor"]
    before.cancel()
    rows.clock.now = 101.0
    rows.meet = lambda control: control.cancellation.check() if control.cancellation else None

    second = rows.get(cursor, cancellation=Cancellation(), deadline=200.0)

    assert [row["n"] for row in second["rows"]] == [3, 4]
    (control,) = rows.opened
    assert control.deadline is None


def test_who_goes_on_ends_what_was_begun_for_another() -> None:
    rows, now = Rows(1, 2, 3, 4, 5), Cancellation()
    cursor = rows.get(cancellation=Cancellation())["cursor"]
    rows.meet = paused
    threading.Timer(0.02, now.cancel).start()

    with pytest.raises(RunCancelledError):
        rows.get(cursor, cancellation=now)


def test_rows_of_no_version_that_moved_between_two_pages_are_told() -> None:
    rows = Rows(1, 2, 3, 4, 5)
    cursor = rows.get()["cursor"]
    rows.pages.close()
    rows.numbers.remove(1)

    with pytest.raises(TableError, match="has changed since the page before"):
        rows.get(cursor)


def test_rows_of_no_version_that_did_not_move_are_read_again() -> None:
    rows = Rows(1, 2, 3, 4, 5)
    cursor = rows.get()["cursor"]
    rows.pages.close()

    assert [row["n"] for row in rows.get(cursor)["rows"]] == [3, 4]
    assert len(rows.opened) == 2


def test_a_cursor_behind_the_last_row_is_told() -> None:
    rows = Rows(1, 2, 3, 4, 5)
    cursor = rows.get(amount=4)["cursor"]
    rows.pages.close()
    rows.numbers = [1, 2]

    with pytest.raises(TableError, match="The table has 2 rows, and the cursor is behind them"):
        rows.get(cursor)


class Counted(RowsReader):
    """Refuses a row before each that it gives."""

    def __next__(self) -> pa.RecordBatch:
        batch = super().__next__()
        self.tally.rows_refused += 1
        return batch


@pytest.mark.parametrize("amount", [1, 2, 3])
def test_a_row_that_is_refused_is_counted_once_though_the_reading_begins_anew(amount: int) -> None:
    rows = Rows(*range(6))
    rows.reader = Counted

    found = [rows.get(amount=amount)]
    while found[-1]["cursor"]:
        rows.pages.close()
        found.append(rows.get(found[-1]["cursor"], amount))

    assert sum(page["rows_refused"] for page in found) == 6
    assert sum(page["rows_read"] for page in found) == 12


def test_two_that_read_one_table_do_not_close_each_other_s_readings() -> None:
    rows = Rows(*range(9))
    cursors, found = ["", ""], []

    for _ in range(5):
        pages = [rows.get(cursor) for cursor in cursors]
        cursors = [page["cursor"] for page in pages]
        found += [[row["n"] for row in page["rows"]] for page in pages]

    assert cursors == ["", ""]
    assert found == [[0, 1], [0, 1], [2, 3], [2, 3], [4, 5], [4, 5], [6, 7], [6, 7], [8], [8]]
    assert (len(rows.opened), rows.closed) == (2, 2)


def test_a_reading_that_cannot_be_closed_leaves_no_other_open() -> None:
    rows = Rows(*range(9))
    for amount in (1, 2, 3):
        rows.get(amount=amount)
    rows.meet_close = lambda count: "broken" if count == 2 else ""

    with pytest.raises(OSError, match="broken"):
        rows.pages.close()

    assert rows.closed == 3
    assert rows.pages._alarm is None


def test_a_page_under_way_while_all_is_closed_leaves_no_reading_open() -> None:
    rows = Rows(1, 2, 3, 4, 5)
    rows.meet = lambda control: rows.pages.close()

    cursor = rows.get()["cursor"]

    assert (cursor != "", rows.closed) == (True, 1)
    assert rows.pages._alarm is None
