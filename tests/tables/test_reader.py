"""Readings that another thread closes: whatever is under way then, they never end as if whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats.avro import open_avro
from argosy.tables.formats.in_order import Once
from argosy.tables.reader import TableReader
from tests.tables.contents import MemoryContent
from tests.tables.formats.avro_files import DATA
from tests.tables.local import table_of

CLOSED = "The reading was closed before its end."
BATCH = pa.record_batch({"id": [1]})


class Part:
    """Gives a batch, and lets something happen before it is asked for the next."""

    schema = BATCH.schema

    def __init__(self, happens: Callable[[], None] = lambda: None) -> None:
        self._happens = happens
        self.is_closed = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        yield BATCH
        self._happens()

    def close(self) -> None:
        self.is_closed = True


def reading(*parts: Callable[[Tally], Part]) -> TableReader:
    named: list[Any] = [("rows", part) for part in parts]
    return TableReader(table_of("user_id", {"user_id": "id"}), named, lambda: None)


def test_a_table_that_is_closed_while_its_last_batch_is_awaited_says_so() -> None:
    def close() -> None:
        reader.close()

    reader = reading(lambda _: Part(close))
    next(reader)

    for _ in range(2):
        with pytest.raises(TableError, match=CLOSED):
            next(reader)


def test_a_part_that_is_opened_while_the_table_is_closed_is_closed_too() -> None:
    later = Part()

    def opening(_: Tally) -> Part:
        reader.close()
        return later

    reader = reading(lambda _: Part(), opening)
    next(reader)

    with pytest.raises(TableError, match=CLOSED):
        next(reader)
    assert later.is_closed


class Failing(Once):
    """Is closed while it works, and fails by that."""

    def _give(self) -> Iterator[pa.RecordBatch]:
        yield BATCH
        self.close()
        raise RuntimeError("cannot schedule new futures after shutdown")

    def _let_go(self) -> None:
        pass


def test_what_a_closed_reading_raises_is_told_as_that() -> None:
    batches = Failing()
    next(batches)

    for _ in range(2):
        with pytest.raises(TableError, match=CLOSED):
            next(batches)


def test_an_avro_reading_that_is_closed_before_its_end_says_so() -> None:
    content, limits = MemoryContent("rows.avro", DATA), replace(Limits(), batch_rows=1)
    reader = open_avro(content, FileSpec("AVRO"), limits, Tally())
    batches = iter(reader)
    next(batches)
    reader.close()

    for _ in range(2):
        with pytest.raises(TableError, match=CLOSED):
            list(batches)
