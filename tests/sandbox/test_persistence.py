"""A data file keeps everything over a restart, and is refused where it can't be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from argosy.sandbox import DataFileError, Settings, SetupError, ShapeError, start
from tests.sandbox.conftest import NOON, Client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UUID = "0b5a1c8e-1111-4222-8333-444455556666"


@pytest.fixture
def restart(tmp_path: Path, start_client: Callable[..., Client]) -> Callable[..., Client]:
    """Start a sandbox on the same data file, after the one before has closed."""
    running: list[Client] = []

    def start_again(**settings: object) -> Client:
        if running:
            running.pop().sandbox.close()
        running.append(start_client(data=tmp_path / "it's data.duckdb", **settings))
        return running[0]

    return start_again


def test_rows_and_columns_survive(restart: Callable[..., Client]) -> None:
    restart().several([{"a": 1, 'b"x': {"c": [1]}}, {"a": 2.5}])

    client = restart()

    assert client.types() == {"time": "BIGINT", "a": "DOUBLE", 'b"x': "JSON"}
    assert client.rows()[0] == {"time": NOON, "a": 1.0, 'b"x': {"c": [1]}}
    assert client.several([{"a": "x"}]).status_code == 200
    assert [row["a"] for row in client.rows()] == ["1.0", "2.5", "x"]


def test_tokens_survive(restart: Callable[..., Client]) -> None:
    created = restart().create_token(segments=("301",), attributeColumns=["email"])

    client = restart()

    assert client.call("GET", f"/entities/tokens/{created['id']}").json()["data"] == created
    assert client.create_token("Other")["id"] != created["id"]


def test_taken_uuids_survive(restart: Callable[..., Client]) -> None:
    restart().single({"a": 1, "uuid": UUID})

    client = restart()
    client.single({"a": 2, "uuid": UUID})

    assert [row["a"] for row in client.rows()] == [1]


def test_a_posted_seed_survives(restart: Callable[..., Client]) -> None:
    restart().control("POST", "seed", {"databases": {"other": {"customers": [{"a": 1}]}}})

    client = restart()

    assert list(client.databases()) == ["other"]
    assert client.call("GET", "/audiences").json() == []


def test_a_seed_fills_a_new_file_only(restart: Callable[..., Client]) -> None:
    restart().single({"a": 1})

    client = restart(seed={"databases": {"other": {}}})

    assert client.table()["count"] == 1
    assert list(client.databases()) == ["shop"]


def test_made_ids_do_not_repeat_after_a_restart(restart: Callable[..., Client]) -> None:
    uuids = [restart(random_seed=7).single({"a": 1}).json()["uuid"] for _ in range(2)]

    assert len(set(uuids)) == 2


def test_what_a_reset_made_survives(restart: Callable[..., Client]) -> None:
    client = restart()
    client.single({"a": 1})
    client.control("POST", "reset", {})

    client = restart()

    assert client.call("GET", "/audiences/101").status_code == 200
    assert client.databases() == {"shop": {}}


def test_a_file_that_is_no_data_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("This is no database at all. " * 100)

    with pytest.raises(DataFileError, match=r"notes\.txt.*: this can't be used"):
        start(Settings(data=path))


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    with start(Settings(data=tmp_path / "new" / "data")):
        pass

    assert (tmp_path / "new" / "data" / "us01").is_dir()


def test_a_wrong_seed_leaves_a_file_that_a_right_one_can_fill(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.duckdb"
    with pytest.raises(ShapeError):
        start(Settings(data=path, seed={"databases": 7}))

    with start(Settings(data=path, seed={"databases": {"other": {}}})) as sandbox:
        client = Client(sandbox)
        with client.session:
            assert client.control("GET", "databases")["databases"][0]["name"] == "other"


@pytest.mark.parametrize("name", ["rows.duckdb", "state.sqlite"])
def test_a_folder_with_other_content_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "us01" / name
    file.parent.mkdir()
    file.write_text("a,b\n1,2\n" * 1000)

    with pytest.raises(SetupError, match="can't be used as the sandbox's data folder"):
        start(Settings(data=tmp_path))

    assert file.read_text() == "a,b\n1,2\n" * 1000
