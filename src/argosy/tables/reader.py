"""A table's rows as Arrow batches: typed, streaming, with the mapping applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from argosy.errors import TableError
from argosy.tables.content import Tally
from argosy.tables.mapping import map_columns
from argosy.tables.projection import Projection, alike, columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    import pyarrow as pa

    from argosy.model import JsonObject
    from argosy.tables.content import Content
    from argosy.tables.formats.reading import FileReader
    from argosy.tables.terms import Terms


class TableReader:
    """Reads a table once, from its first row to its last; a context manager.

    `table` has the members of the API. `parts` are the names of what it is read from, each with
    what opens it. Every row is delivered or refused: `tally` counts them, and says why rows were
    refused. `version` is another when the table or its source is; `is_over` is that of the tally.
    Raises TableError where the first part cannot be opened, or the mapping does not fit it.
    """

    def __init__(
        self,
        table: JsonObject,
        parts: Sequence[tuple[str, Callable[[Tally], FileReader]]],
        close: Callable[[], None],
        version: str = "",
        is_over: Callable[[], bool] | None = None,
    ) -> None:
        self.version = version
        self.tally = Tally(is_over)
        self._parts = list(parts)
        self._close = close
        self._current: FileReader | None = None
        self._failure: Exception | None = None
        self._is_closed = self._is_done = False
        self._batches = self._read()
        try:
            self._current = self._parts[0][1](self.tally)
            self._source = self._current.schema
            mapping = table["resource_params"].get("columns_mapping", {})
            is_csv = table["connection_table_params"].get("file_format") == "CSV"
            mapped = map_columns(
                columns_of(self._source), mapping, table["resource"], is_csv=is_csv
            )
            self._projection = Projection(self._source, mapped.selections)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def schema(self) -> pa.Schema:
        """The fields of the delivered rows."""
        return self._projection.schema

    def __iter__(self) -> Self:
        """Go on with the batches that are left."""
        return self

    def __next__(self) -> pa.RecordBatch:
        """Return the next batch. Raises TableError: what was raised before is raised again."""
        if self._failure is not None:
            raise self._failure
        if self._is_closed and not self._is_done:
            raise _closed()
        try:
            return next(self._batches)
        except StopIteration:
            raise
        except Exception as error:
            self._failure = error
            raise

    def _read(self) -> Iterator[pa.RecordBatch]:
        first = self._parts[0][0]
        for name, open_part in self._parts:
            part = self._current or open_part(self.tally)
            self._current = part
            if self._is_closed:  # by another thread, while this part was opened
                part.close()
                raise _closed()
            for batch in alike(part, part.schema, self._source, name, first):
                self.tally.go_on(name)
                if batch.num_rows:
                    yield self._projection.apply(batch)
            part.close()
            self._current = None
            if self._is_closed:  # by another thread: these may not be all rows
                raise _closed()
        self._is_done = True

    def close(self) -> None:
        """Let go of what is open; a reading that is under way ends."""
        if self._is_closed:
            return
        self._is_closed = True
        current, self._current = self._current, None
        try:
            if current is not None:
                current.close()
        finally:
            self._close()


def _closed() -> TableError:
    return TableError(
        detail="the reading was closed before its end.", reason="closed", status="unknown_error"
    )


class Patient:
    """A file that is read again where a read fails for a reason that passes.

    Waits `first` seconds, and twice as long each further time, at most `attempts` times in all,
    and not where the time of the reading is up before.
    """

    def __init__(
        self,
        content: Content,
        terms: Terms,
        *,
        attempts: int = 4,
        first: float = 0.5,
    ) -> None:
        self._content = content
        self._terms = terms
        self._attempts = attempts
        self._first = first

    @property
    def name(self) -> str:
        """The file as people write it."""
        return self._content.name

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._content.size

    @property
    def version(self) -> str:
        """What is another when the file is."""
        return self._content.version

    def read(self, start: int, length: int) -> bytes:
        """Return bytes. Raises TableError once it has been tried as often as it may."""
        wait = self._first
        for _ in range(self._attempts - 1):
            try:
                return self._content.read(start, length)
            except TableError as error:
                is_lasting = not error.passes or error.reason == "changed"
                if is_lasting or wait >= self._terms.left():
                    raise
            self._terms.sleep(wait)
            wait *= 2
        return self._content.read(start, length)
