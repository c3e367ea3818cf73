"""The quick way for plain batches: the same outcome as record by record, and nothing lost."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.sandbox import Settings
from argosy.sandbox.clock import Clock
from argosy.sandbox.journal import Journal
from argosy.sandbox.records.models import Target
from argosy.sandbox.records.plain import PlainBatch
from argosy.sandbox.state import State
from tests.sandbox.conftest import NOON, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TARGET = Target("shop", "orders", makes_database=True, makes_table=True)
FIRST = {"time": 1, "whole": 1, "number": 1.5, "flag": True, "text": "a", "nested": {"a": [1]}}
UUID = "00000000-0000-4000-8000-00000000000{}"

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    FLOATS,
    TEXTS,
    st.lists(st.integers(), max_size=2),
)
PLAIN = {
    "time": st.integers(-10, 10**10),
    "whole": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "number": st.one_of(
        st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 5)
    ),
    "flag": st.one_of(st.none(), st.booleans()),
    "text": st.one_of(st.none(), TEXTS),
    "uuid": st.sampled_from([UUID.format(n) for n in range(4)] + ["no uuid"]),
}
ODD = st.dictionaries(
    st.sampled_from(["time", "whole", "WHOLE", "text", "new", ""]), VALUES, max_size=3
)
RECORDS = st.lists(
    st.one_of(st.fixed_dictionaries({}, optional=PLAIN), ODD), min_size=1, max_size=6
)


def state() -> State:
    return State(Settings(seed={}, random_seed=1), "us01", 0, Clock(NOON))


@pytest.fixture(scope="module")
def states() -> Iterator[tuple[State, State]]:
    pair = (state(), state())
    yield pair
    for one in pair:
        one.close()


def held(one: State) -> tuple[Any, Any]:
    rows = one.tables.rows("shop", "orders", 1000, 0)
    return one.tables.columns("shop", "orders"), orjson.loads(orjson.dumps(rows))


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(RECORDS, min_size=1, max_size=3))
def test_the_quick_way_ends_like_the_one_by_one(
    states: tuple[State, State], batches: list[list[dict[str, Any]]]
) -> None:
    quick, slow = states
    for one in states:
        one.replace({})
        one.records.ingestion.ingest(TARGET, [FIRST])
    for batch in batches:
        uuids = quick.records.ingestion.take_plain(TARGET, json.dumps({"records": batch}).encode())
        taken = quick.records.ingestion.ingest(TARGET, batch) if uuids is None else []
        with slow.store.transaction():  # in which nothing goes the quick way
            sorted_out = slow.records.ingestion.ingest(TARGET, batch)
        expected = [one.error for one in sorted_out]
        assert [one.error for one in taken] == ([] if uuids else expected)
        assert not uuids or expected == [None] * len(uuids)

    assert held(quick) == held(slow)


@pytest.mark.parametrize("wrapper", ["records", "events"])
@pytest.mark.parametrize("space", ["", "\n"])
def test_a_usual_batch_goes_the_quick_way(wrapper: str, space: str) -> None:
    one = state()
    one.records.ingestion.ingest(TARGET, [FIRST])
    columns = tuple((column.name, column.type) for column in one.tables.columns("shop", "orders"))
    usual = {"whole": 2, "number": 2, "flag": None, "text": "b]["}

    def read(*records: Any, **more: Any) -> PlainBatch | None:
        body = orjson.dumps({wrapper: list(records), **more}) + space.encode()
        return PlainBatch.read(body, columns, NOON)

    assert read(*[usual] * 500) is not None
    assert read(usual | {"time": 5}) is not None
    assert read(usual | {"uuid": UUID.format(1)}) is not None
    assert read(usual | {"uuid": UUID.format(1)}, usual) is None
    assert read(usual | {"new": 1}) is None
    assert read(usual, more=[]) is None
    assert read(*[usual] * 501) is None
    assert read() is None
    one.close()


def test_rows_of_a_process_that_was_killed_are_there_again(
    start_client: Callable[..., Client], tmp_path: Path
) -> None:
    """The files as they are after a kill: rows in the journal, the last line torn."""
    first = start_client(data=tmp_path / "data")
    first.several([{"n": 1}])
    first.several([{"n": 2}, {"n": 3}])
    shutil.copytree(tmp_path / "data", tmp_path / "killed")
    first.sandbox.close()
    (lines,) = (tmp_path / "killed" / "us01" / "journal").glob("*.rows.json")
    with lines.open("ab") as file:
        file.write(b',{"time":5,"n":')

    again = start_client(data=tmp_path / "killed")

    assert [row["n"] for row in again.rows()] == [1, 2, 3]
    assert list((tmp_path / "killed" / "us01" / "journal").iterdir()) == []


def test_a_journal_that_was_read_in_is_not_read_in_again(
    start_client: Callable[..., Client], tmp_path: Path
) -> None:
    """Killed after the rows were committed, before the files were gone."""
    first = start_client(data=tmp_path / "data")
    first.several([{"n": 1}])
    first.several([{"n": 2}])
    journal = tmp_path / "data" / "us01" / "journal"
    kept = {file.name: file.read_bytes() for file in journal.iterdir()}
    assert first.table()["count"] == 2
    first.sandbox.close()
    for name, content in kept.items():
        (journal / name).write_bytes(content)

    assert kept
    assert start_client(data=tmp_path / "data").table()["count"] == 2


def test_more_rows_than_wait_are_all_there_in_order() -> None:
    """Files that have grown are read in beside the requests, over and over."""
    one = state()
    ingestion = one.records.ingestion
    other = Target("shop", "visits", makes_database=True, makes_table=True)
    for target in (TARGET, other):
        ingestion.ingest(target, [{"time": 1, "n": -1}])

    for first in range(0, 150_000, 500):
        records = [{"time": 1, "n": number} for number in range(first, first + 500)]
        body = orjson.dumps({"records": records})
        assert ingestion.take_plain(other if first % 5_000 else TARGET, body) is not None

    kept = {
        table: [n for (n,) in one.store.run(f"SELECT n FROM td.shop.{table} ORDER BY rowid")]
        for table in ("orders", "visits")
    }
    batches = range(0, 150_000, 500)
    assert kept["orders"] == [
        -1,
        *(n for first in batches if not first % 5_000 for n in range(first, first + 500)),
    ]
    assert sum(map(len, kept.values())) == 150_002
    assert sorted(kept["orders"] + kept["visits"])[2:] == list(range(150_000))
    one.close()


def test_what_goes_wrong_beside_the_requests_is_told_and_its_rows_are_kept(tmp_path: Path) -> None:
    rows = duckdb.connect(":memory:")
    rows.execute("ATTACH ':memory:' AS td")
    journal = Journal(rows, tmp_path)
    journal.append("td.main.gone", (("n", "BIGINT"),), b'{"n":1}', 1_000_000)

    with pytest.raises(duckdb.CatalogException, match="gone"):
        journal.flush()

    journal.flush()
    assert (tmp_path / "1.rows.json").read_bytes() == b'[{"n":1}\n]'
    rows.execute("CREATE TABLE td.main.gone (n BIGINT)")
    Journal(rows, tmp_path).close()
    assert rows.execute("FROM td.main.gone").fetchall() == [(1,)]
