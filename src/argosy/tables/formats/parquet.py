"""Parquet files: read by row groups where they lie, previewed from the footer and a few pages."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from argosy.errors import TableError
from argosy.tables.formats import beginnings, zips
from argosy.tables.formats.ahead import Ahead
from argosy.tables.formats.in_order import Once
from argosy.tables.formats.parquet_chunks import Chunks, longest_word, top_of
from argosy.tables.formats.pieces import check_texts, plain_pieces
from argosy.tables.formats.plain import check_members, check_names, plain_schema
from argosy.tables.formats.ranged import RangedFile
from argosy.tables.formats.shown import preview_of
from argosy.tables.formats.streams import members

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.reading import FilePreview, FileReader
    from argosy.tables.formats.streams import Member

_MEBIBYTE = 1024 * 1024
#: What a compressed file around a Parquet file may expand to, on the disk: read, and previewed.
_MOST_SPOOLED = 16 * 1024 * _MEBIBYTE
_MOST_SPOOLED_PREVIEW = 256 * _MEBIBYTE
#: A row group up to this size is fetched at once; of a larger one, so much in all its columns.
_GROUP = 16 * _MEBIBYTE
_SMALLEST_BUFFER = 4 * 1024
#: What the library reads of a column at least.
_LEAST_READ = 16 * 1024
#: How many rows are decoded at once: with more, texts no longer stay in the processor's caches.
_DECODED_ROWS = 32 * 1024
#: How many columns a file has at most, those within objects counted: each costs time to open.
_MOST_PARTS = 20_000
#: How much more than its usual bound a preview may fetch where the first pages are so large.
_PREVIEW_TIMES = 16
_FOOTER = 8
_TAIL = 64 * 1024
_MAGIC = b"PAR1"
_FORMAT = "connection_table_params.file_format"
_RANGE = tuple[int, int]


def open_parquet(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    """Return a reader of a Parquet file. Raises TableError.

    A file within a compressed one is first unpacked to a temporary file of the process's own.
    """
    plain, head, spooled = _unpacked(content, spec, limits, tally, _MOST_SPOOLED)
    try:
        return _ParquetReader(_Parquet(plain, head, limits, tally), spooled)
    except BaseException:
        if spooled is not None:
            spooled.close()
        raise


def preview_parquet(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, rows: int
) -> FilePreview:
    """Return the columns and first rows of a Parquet file. Raises TableError.

    Reads the footer, and of the first row group what its first rows need: the first pages of
    each column. Where they are far too large, there are no rows, and a warning says so.
    """
    plain, head, spooled = _unpacked(content, spec, limits, tally, _MOST_SPOOLED_PREVIEW)
    try:
        most = _PREVIEW_TIMES * limits.preview_fetched
        parquet = _Parquet(plain, head, limits, tally, most=most)
        return parquet.preview(rows)
    finally:
        if spooled is not None:
            spooled.close()


class _Parquet:
    """An open Parquet file: its footer is read, its rows are not."""

    def __init__(
        self,
        content: Content,
        head: bytes,
        limits: Limits,
        tally: Tally,
        most: int | None = None,
    ) -> None:
        self.limits, self.tally = limits, tally
        self.name = content.name
        # a preview keeps the heads of pages that it looked at: the pages are behind them
        holds = None if most is None else 2 * limits.columns
        self._file = RangedFile(content, tally, most=most, held=((0, head),), holds=holds)
        _check_ends(self._file, content, head)
        with self._told("its footer"):
            self._source = pa.PythonFile(self._file, mode="r")
            self._metadata = pq.read_metadata(self._source)
            self._check_counts()
            self._opened = self._open(_GROUP)
            self._coded: dict[tuple[str, ...], pq.ParquetFile] = {}
            self._its_schema = self._opened.schema_arrow
            check_names(self._its_schema.names, self.name, limits)
            end = content.size - _FOOTER
            size = int.from_bytes(self._file.read_at(end, 4), "little")
            footer = self._file.read_at(end - size, size)
            names = self._its_schema.names
            self._chunks = Chunks(footer, self._metadata, names, self.name, limits)
            self.schema = plain_schema(self._its_schema)
            check_members(self.schema, self.name)

    def _check_counts(self) -> None:
        """Raise TableError where the footer tells of too much, or of rows that are nowhere."""
        parts, rows = self._metadata.num_columns, self._metadata.num_rows
        if parts > _MOST_PARTS:
            raise TableError(
                detail=f"{parts:,} columns, with those within objects, where a file has at most "
                f"{_MOST_PARTS:,}.",
                file=self.name,
                reason="too_many_columns",
                remedy="Write fewer members, or some objects as text.",
            )
        if rows < 0 or (rows and not self._metadata.num_row_groups):
            raise self._fewer(0)

    def _fewer(self, found: int) -> TableError:
        why = f"its footer tells of {self._metadata.num_rows:,}, its row groups of {found:,}"
        return _broken(self.name, "its rows", why)

    def _open(self, buffers: int, coded: Iterable[str] = ()) -> pq.ParquetFile:
        """Open it with buffers of so many bytes in all columns together.

        The columns `coded` come as dictionaries and what is chosen of them.
        """
        columns = max(1, self._metadata.num_columns)
        options: Any = {
            "pre_buffer": False,  # it would hold all row groups
            "buffer_size": max(_SMALLEST_BUFFER, buffers // columns),
            "coerce_int96_timestamp_unit": "us",  # what wrote it had microseconds, and far years
            "page_checksum_verification": True,
            "read_dictionary": list(coded),
        }
        return pq.ParquetFile(self._source, metadata=self._metadata, **options)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows as they lie there, row group by row group. Raises TableError.

        Those of a group are as many as the footer tells, and those of the file, too.
        """
        groups, rows = Ahead(self._groups()), 0
        try:
            for group, start, data in groups:
                self._file.pin(start, data)
                del data
                with self._told(f"row group {group + 1}"):  # what is small there can be huge
                    self._file.watch = self._chunks.watch(group)
                yield from self._counted(group, self._batches(group))
                rows += self._chunks.group(group).rows
            if rows != self._metadata.num_rows:
                raise self._fewer(rows)
        finally:
            self._file.pin(0, b"")
            groups.close()

    def _groups(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the row groups, each with its bytes where they are few enough to be held.

        Those without rows are left out.
        """
        for group in range(self._metadata.num_row_groups):
            start, end = self._range(group)
            if not self._chunks.group(group).rows:
                continue
            self._chunks.check(group)
            is_held = end - start <= _GROUP
            yield group, start, self._file.fetch(start, end - start) if is_held else b""

    def _range(self, group: int) -> _RANGE:
        """Return where the bytes of a row group begin and end."""
        with self._told(f"row group {group + 1}"):
            start, end = self._chunks.range(group)
        if start < 0 or end < start or end > self._file.size:
            raise _broken(self.name, f"row group {group + 1}", "it would lie outside of the file")
        return start, end

    def _counted(
        self, group: int, batches: Iterator[pa.RecordBatch], most: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the batches of a row group, which has as many rows as the footer tells.

        With `most` only so many of them are wanted.
        """
        rows, told = 0, self._chunks.group(group).rows
        wanted = told if most is None else min(most, told)
        for batch in batches:
            rows += batch.num_rows
            yield batch
            del batch
            if most is not None and rows >= wanted:
                return
        if rows != told:
            why = f"it has {rows:,} rows where the footer tells of {told:,}"
            raise _broken(self.name, f"row group {group + 1}", why)

    def _batches(self, group: int) -> Iterator[pa.RecordBatch]:
        most = min(_DECODED_ROWS, self.limits.batch_rows)
        with self._told(f"row group {group + 1}"):
            rows = max(1, min(most, self.limits.batch_bytes // self._chunks.row_size(group)))
            coded = self._long_words(group, rows)
            opened = self._reopen(coded) if coded else self._opened
            yield from opened.iter_batches(rows, row_groups=[group])

    def _long_words(self, group: int, rows: int) -> tuple[str, ...]:
        """Return the columns whose dictionaries have words too long to be repeated in many rows.

        They are known from the dictionaries, which come with the first row.
        """
        coded = self._chunks.coded(group, rows)
        if self._file.has_pinned:  # it costs nothing to look which dictionaries are small
            coded = self._chunks.with_more(
                group, coded, self.limits.batch_bytes // rows, self._file
            )
        if not coded:
            return ()
        opened = self._reopen(coded)
        batches = opened.iter_batches(1, row_groups=[group], columns=[*coded], use_threads=False)
        batch = next(batches, None)
        if batch is None:
            return ()
        most = self.limits.batch_bytes // rows
        names = zip(batch.schema.names, batch.columns, strict=True)
        tops = frozenset(name for name, column in names if longest_word(column) > most)
        return tuple(path for path in coded if top_of(path, tops))

    def _reopen(self, coded: tuple[str, ...]) -> pq.ParquetFile:
        """Return it with these columns coded; row groups have mostly the same ones."""
        if coded not in self._coded:
            self._coded = {**dict(list(self._coded.items())[-1:]), coded: self._open(_GROUP, coded)}
        return self._coded[coded]

    def preview(self, rows: int) -> FilePreview:
        """Return the columns and the first rows. Raises TableError."""
        found: list[pa.RecordBatch] = []
        left = rows
        try:
            for group in range(self._metadata.num_row_groups):
                if left <= 0:
                    break
                self.tally.go_on(self.name)
                for batch in self._first(group, left, rows - left):
                    found.append(batch)
                    left -= batch.num_rows
        except TableError as error:
            if error.reason != "too_large":
                raise
            self.tally.warnings.append(self._too_large(error))
            found, left = [], rows
        self.tally.rows_read += rows - left
        is_whole = rows - left >= self._metadata.num_rows
        return preview_of(self.schema, found, self.limits, is_whole=is_whole)

    def _too_large(self, error: TableError) -> str:
        if error is not self._file.error:
            return f"{error.finding} So the preview shows no rows."
        most = _PREVIEW_TIMES * self.limits.preview_fetched
        return (
            f"{self.name}: its first pages are too large for a preview (more than {most:,} bytes), "
            "so it shows no rows."
        )

    def _first(self, group: int, rows: int, before: int) -> Iterator[pa.RecordBatch]:
        """Yield the first rows of a row group, so many of them; so many are known before."""
        start, end = self._range(group)
        if not self._chunks.group(group).rows:
            return
        budget = self.limits.preview_fetched - self._file.fetched
        if end - start <= budget:
            self._file.read_at(start, end - start)
        else:
            # so few at once that the first pages of all columns fit, where they can
            share = budget // (2 * max(1, self._metadata.num_columns))
            self._file.ahead = max(_LEAST_READ, min(_TAIL, share))
        with self._told(f"row group {group + 1}"):
            self._chunks.hold_first(group, rows, self._file)
            self._chunks.check_first(group, rows, self._file)
            self._file.watch = self._chunks.watch_first(group)
            opened = self._open(0, self._chunks.coded(group, rows))
            batches = opened.iter_batches(rows, row_groups=[group], use_threads=False)
            for batch in self._counted(group, batches, rows):
                check_texts(batch, before, self.name)
                before += batch.num_rows
                yield batch.slice(0, rows)
                rows -= min(rows, batch.num_rows)

    @contextmanager
    def _told(self, part: str) -> Iterator[None]:
        """Make a TableError of what the library raises of a part of the file."""
        try:
            yield
        except TableError:
            raise
        except (OSError, ValueError, KeyError, pa.ArrowException, MemoryError) as error:
            raise self._file.error or _unreadable(self.name, part, error) from None

    def close(self) -> None:
        self._opened.close(force=True)


class _ParquetReader(Once):
    """Reads a Parquet file from its first row group to its last."""

    def __init__(self, parquet: _Parquet, spooled: IO[bytes] | None) -> None:
        super().__init__()
        self._parquet = parquet
        self._spooled = spooled
        self._batches: Ahead[pa.RecordBatch] = Ahead(parquet.batches())
        # plain here, beside the thread that decodes the next ones; one for all that iterate
        self._pieces = plain_pieces(
            self._batches, parquet.schema, parquet.limits, parquet.tally, parquet.name
        )

    @property
    def schema(self) -> pa.Schema:
        return self._parquet.schema

    def _give(self) -> Iterator[pa.RecordBatch]:
        row = 0
        for piece in self._pieces:
            check_texts(piece, row, self._parquet.name)  # nobody else looks
            row += piece.num_rows
            yield piece
            del piece

    def _let_go(self) -> None:
        self._batches.close()
        self._parquet.close()
        with suppress(ValueError):  # another thread is just taking from it, and ends too
            self._pieces.close()
        if self._spooled is not None:
            self._spooled.close()


def _check_ends(file: RangedFile, content: Content, head: bytes) -> None:
    """Raise TableError where a file's first and last bytes are not a Parquet file's."""
    if not content.size:
        raise TableError(
            detail="is empty (0 bytes); a Parquet file without rows has a footer still.",
            file=content.name,
            reason="broken_file",
            remedy="Write the file again.",
        )
    if head[:4] not in {_MAGIC, b"PARE"}:
        if len(head) < 4 and _MAGIC.startswith(head):
            raise _cut(content)
        raise TableError(
            detail=f"is not a Parquet file: it begins {beginnings.describe(head)}.",
            file=content.name,
            reason="wrong_format",
            field=_FORMAT,
            remedy=f"Set `{_FORMAT}` to the format that it has.",
        )
    tail = file.read_at(max(0, content.size - _FOOTER), min(_FOOTER, content.size))
    if tail[4:] == b"PARE" or head[:4] == b"PARE":
        raise _encrypted(content.name)
    if content.size < _FOOTER + 4 or tail[4:] != _MAGIC:
        raise _cut(content)


def _cut(content: Content) -> TableError:
    return TableError(
        detail=f"begins as a Parquet file does, but has no footer at its end, byte "
        f"{content.size:,}.",
        file=content.name,
        reason="broken_file",
        remedy="It was cut short when it was written or copied; put the whole file there.",
    )


def _encrypted(name: str) -> TableError:
    return TableError(
        detail="is encrypted, which is not read.",
        file=name,
        reason="unsupported",
        remedy="Write the Parquet file without encryption.",
    )


def _unreadable(name: str, part: str, error: BaseException) -> TableError:
    text = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    if "ncrypt" in text or "ecrypt" in text:
        return _encrypted(name)
    return _broken(name, part, text)


def _broken(name: str, part: str, why: str) -> TableError:
    return TableError(
        detail=f"is a broken Parquet file: {part} cannot be read ({why}).",
        file=name,
        reason="broken_file",
        remedy="Write the file again.",
    )


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A file that was unpacked to the disk."""

    name: str
    size: int
    version: str
    _file: IO[bytes]

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, start)


def _unpacked(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, most: int
) -> tuple[Content, bytes, IO[bytes] | None]:
    """Return a file that can be read anywhere, its first bytes, and what to close after it."""
    found = members(content, spec.compression, limits, tally)
    if len(found) > 1:
        raise zips.several(content.name, [one.member for one in found])
    member = found[0]
    if member.is_plain:
        return content, member.head, None
    file = tempfile.TemporaryFile(prefix="argosy-")  # noqa: SIM115 - its reader closes it
    try:
        size = _spool(member, file, most, tally)
        return _spooled(member, content, size, file)
    except BaseException:
        file.close()
        raise


def _spooled(
    member: Member, content: Content, size: int, file: IO[bytes]
) -> tuple[Content, bytes, IO[bytes]]:
    spooled = _Spooled(member.name, size, content.version, file)
    return spooled, spooled.read(0, beginnings.ENOUGH), file


def _spool(member: Member, file: IO[bytes], most: int, tally: Tally) -> int:
    """Write a member to a file and return its length. Raises TableError."""
    stream: Any = member.expanded()
    size = 0
    try:
        for piece in stream:
            tally.go_on(member.name)
            size += len(piece)
            if size > most:
                raise TableError(
                    detail=f"expands to more than {most:,} bytes, and a Parquet file within a "
                    "compressed one must be unpacked as a whole.",
                    file=member.name,
                    reason="too_large",
                    remedy="Store the Parquet file as it is: it is compressed within.",
                )
            file.write(piece)
        file.flush()
    finally:
        stream.close()
    return size
