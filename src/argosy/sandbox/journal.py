"""Rows that are taken but not in DuckDB yet: files of JSON, read in by the thousands.

DuckDB takes one large insert far more quickly than many small ones. So a batch of plain rows is
appended to a file (from where a killed process loses nothing), and the files are read in before
anything else is asked of DuckDB. Those that have grown are read in beforehand, in a thread and
over a connection of its own, which nothing else works beside: whoever asks waits for it. A file
is done with once the transaction that read it has noted its number, so that none is read twice.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import orjson
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    import duckdb

_MOST_ROWS: Final = 65_536
_LONGEST_ROW: Final = 16 << 20
_DONE: Final = 'td."sandbox-state".journal'

Columns = tuple[tuple[str, str], ...]
"""Names and DuckDB types."""


class _Part(Struct):
    """One file that rows of one table are appended to, while it has these columns."""

    number: int
    table: str
    columns: Columns
    file: BinaryIO


class Journal:
    """The files of a folder; None makes a temporary one that goes away with the journal."""

    def __init__(self, rows: duckdb.DuckDBPyConnection, folder: Path | None) -> None:
        self._rows = rows
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-") if folder is None else None
        self._folder = Path(self._temporary.name) if self._temporary else Path(str(folder))
        self._folder.mkdir(exist_ok=True)
        self._parts: dict[tuple[str, Columns], _Part] = {}
        self._count = 0
        self._reader = ThreadPoolExecutor(1, "sandbox-journal")
        self._reading: Future[None] | None = None
        self.prepare()
        self._last = self._recover()

    def prepare(self) -> None:
        """Make the journal's own table where it is missing."""
        self._rows.execute('CREATE SCHEMA IF NOT EXISTS td."sandbox-state"')
        self._rows.execute(f"CREATE TABLE IF NOT EXISTS {_DONE} (number BIGINT)")

    def append(self, table: str, columns: Columns, rows: bytes, count: int) -> None:
        """Keep some rows of a table (its name as SQL has it): JSON objects between commas."""
        part = self._parts.get((table, columns))
        if part is None:
            part = self._open(table, columns)
            part.file.write(b"[" + rows + b"\n")
        else:
            part.file.write(b"," + rows + b"\n")
        self._count += count
        if self._count >= _MOST_ROWS:
            self._wait()
            self._reading = self._reader.submit(self._read_beside, self._closed())

    def flush(self) -> None:
        """Read what was appended into DuckDB; outside of any transaction."""
        self._wait()
        if self._parts:
            self._read_all(self._rows, self._closed())

    def close(self) -> None:
        """Read in what is left, and let go of the files."""
        try:
            self.flush()
        finally:
            self._reader.shutdown()
            if self._temporary is not None:
                self._temporary.cleanup()

    def _wait(self) -> None:
        """Wait for the thread, and raise what went wrong in it."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.result()

    def _closed(self) -> list[_Part]:
        """Give the files, each a whole array now; from here on rows go to new ones."""
        parts = list(self._parts.values())
        self._parts = {}
        self._count = 0
        for part in parts:
            part.file.write(b"]")
            part.file.close()
        return parts

    def _read_beside(self, parts: Sequence[_Part]) -> None:
        with closing(self._rows.cursor()) as rows:
            self._read_all(rows, parts)

    def _read_all(self, rows: duckdb.DuckDBPyConnection, parts: Sequence[_Part]) -> None:
        rows.execute("BEGIN")
        try:
            for part in parts:
                self._read_in(rows, part.number, part.table, part.columns)
        except BaseException:
            rows.execute("ROLLBACK")
            raise
        rows.execute("COMMIT")
        self._remove([part.number for part in parts])

    def _open(self, table: str, columns: Columns) -> _Part:
        self._last += 1
        head = orjson.dumps({"table": table, "columns": columns})
        (self._folder / f"{self._last}.head.json").write_bytes(head)
        file = (self._folder / f"{self._last}.rows.json").open("ab", buffering=0)
        part = _Part(self._last, table, columns, file)
        self._parts[(table, columns)] = part
        return part

    def _read_in(
        self, rows: duckdb.DuckDBPyConnection, number: int, table: str, columns: Columns
    ) -> None:
        source = str(self._folder / f"{number}.rows.json")
        names = ", ".join(_identifier(name) for name, _ in columns)
        rows.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM read_json(?, "
            f"columns = {_struct(columns)}, format = 'array', "
            f"maximum_object_size = {_LONGEST_ROW})",
            [source],
        )
        rows.execute(f"INSERT INTO {_DONE} VALUES (?)", [number])

    def _remove(self, numbers: list[int]) -> None:
        for number in numbers:
            (self._folder / f"{number}.head.json").unlink(missing_ok=True)
            (self._folder / f"{number}.rows.json").unlink(missing_ok=True)

    def _recover(self) -> int:
        """Read in what a process left behind when it was killed; give the last number used."""
        done = {number for (number,) in self._rows.execute(f"FROM {_DONE}").fetchall()}
        left = sorted(int(file.name.partition(".")[0]) for file in self._folder.glob("*.head.json"))
        for number in left:
            lines = self._folder / f"{number}.rows.json"
            if number not in done and lines.exists():
                _mend(lines)
                head = orjson.loads((self._folder / f"{number}.head.json").read_bytes())
                columns = tuple((name, kind) for name, kind in head["columns"])
                self._read_in(self._rows, number, head["table"], columns)
        self._remove(left)
        self._rows.execute(f"DELETE FROM {_DONE}")
        return max([*done, *left], default=0)


def _mend(file: Path) -> None:
    """End an array, without a last batch that the process had no time to write to its end."""
    content = file.read_bytes()
    file.write_bytes((content[: content.rfind(b"\n") + 1] or b"[") + b"]")


def _struct(columns: Columns) -> str:
    return "{" + ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns) + "}"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
