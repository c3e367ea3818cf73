"""The pauses of reading another system's rows go by the terms of whoever reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from argosy.errors import RunCancelledError, TableError
from argosy.tables.stored import open_table
from argosy.transport import Cancellation, Control
from tests.tables.sources.rows_world import Reading, limited, running_world


@pytest.fixture
def reading() -> Iterator[Reading]:
    with running_world() as running:
        yield Reading(*running)


def read_under(reading: Reading, control: Control) -> int:
    """Read a table in full as the product does, and return how many rows it has."""
    with open_table(reading.stored("SENDLANE", object="contacts"), control=control) as reader:
        return sum(batch.num_rows for batch in reader)


def test_a_pause_that_would_end_after_the_deadline_is_not_made(reading: Reading) -> None:
    reading.interrupt(2, limited("7"))

    with pytest.raises(TableError, match="called too often"):
        read_under(reading, Control(deadline=time.monotonic() + 5))


def test_a_pause_ends_with_the_cancellation(reading: Reading) -> None:
    reading.interrupt(2, limited("7"))
    cancellation = Cancellation()
    threading.Timer(0.05, cancellation.cancel).start()

    with pytest.raises(RunCancelledError):
        read_under(reading, Control(cancellation=cancellation))


def test_a_control_that_waits_in_its_own_way_is_asked(reading: Reading) -> None:
    reading.interrupt(2, limited("7"))

    assert read_under(reading, Control(sleep=reading.slept.append)) == 205
    assert reading.slept == [7]
