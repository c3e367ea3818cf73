"""The uploaded file of a table."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import StoredConnection
from argosy.connections.types import load_types
from argosy.errors import TableError
from argosy.tables.sources import Contents, Files

TABLE = TableToOpen("db", "visits 2.csv", {"connection_table_params": {"file_format": "CSV"}})


def find(path: Path | None) -> Contents:
    asked: list[tuple[str, str]] = []

    def local_file(database: str, name: str) -> Path | None:
        asked.append((database, name))
        return path

    files = Files(Prober(ProbeSettings()), load_types(), local_file)
    found = files.find(StoredConnection("org", "LOCAL", "LOCAL"), TABLE)
    assert asked == [("db", "visits 2.csv")]
    return found


def failed(path: Path | None) -> TableError:
    with pytest.raises(TableError) as caught:
        find(path)
    return caught.value


def test_a_file_is_read_by_ranges(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    with find(path) as found:
        (content,) = found
        assert len(found) == 1
        assert (content.name, content.size) == ("local://visits 2.csv", 10)
        assert content.version == f"{path.stat().st_mtime_ns}-10"
        reads = [(0, 4), (4, 4), (8, 4), (10, 4), (99, 1), (3, 0), (0, 10**12)]
        assert [content.read(*one) for one in reads] == [
            b"0123", b"4567", b"89", b"", b"", b"", b"0123456789",
        ]  # fmt: skip


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()

    (content,) = find(path)

    assert (content.size, content.read(0, 10)) == (0, b"")


def test_a_file_of_gigabytes_is_read_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(5 * 1024**3)
        file.seek(5 * 1024**3 - 3)
        file.write(b"end")

    (content,) = find(path)

    assert content.read(5 * 1024**3 - 4, 10) == b"\0end"


@pytest.mark.parametrize("how", ["replaced", "overwritten", "longer"])
def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path, how: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    (content,) = find(path)
    content.read(0, 5)

    if how == "replaced":
        (tmp_path / "new").write_bytes(b"9876543210")
        (tmp_path / "new").replace(path)
    elif how == "overwritten":
        path.write_bytes(b"9876543210")
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    else:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(TableError) as caught:
        content.read(5, 5)
    error = caught.value
    assert error.message == (
        "local://visits 2.csv: the file was replaced while it was read. Read it again."
    )
    assert (error.reason, error.status, error.passes) == ("changed", "unknown_error", True)


def test_a_file_that_goes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    (content,) = find(path)
    path.unlink()

    with pytest.raises(TableError) as caught:
        content.read(5, 5)
    assert caught.value.message == (
        "local://visits 2.csv: the file is gone since it was found. Read it again."
    )
    assert caught.value.reason == "changed"


def test_without_a_file_the_table_waits_for_its_upload(tmp_path: Path) -> None:
    error = failed(tmp_path / "none")

    assert error.message == (
        "local://visits 2.csv: no file has been uploaded yet. "
        "Upload it to the table's connection_table_params.url."
    )
    assert (error.reason, error.status) == ("not_found", "resource_not_found")
    assert error.field == "connection_table_params.url"


def test_without_a_folder_the_operator_is_asked() -> None:
    error = failed(None)

    assert error.message == (
        "local://visits 2.csv: this server has no folder for uploads. "
        "The operator of this server sets one."
    )
    assert (error.reason, error.status) == ("not_writable", "unknown_error")


def test_what_cannot_be_read_names_no_path_of_the_server(tmp_path: Path) -> None:
    error = failed(tmp_path)

    assert error.message == (
        "local://visits 2.csv: the uploaded file cannot be read: Is a directory. "
        "The operator of this server can mend that."
    )
    assert str(tmp_path) not in repr(error.facts)


def test_tables_that_are_no_files_are_told_apart() -> None:
    files = Files(Prober(ProbeSettings()), load_types(), lambda _database, _name: None)

    with pytest.raises(TableError) as caught:
        files.find(StoredConnection("org", "k", "KLAVIYO", {"api_key": "pk_x"}), TABLE)
    assert caught.value.message == "The tables of Klaviyo are no files."
