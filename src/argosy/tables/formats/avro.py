"""Avro files: blocks of records, read many at a time, or one by one.

polars reads many at a time, but not all of Avro, and it trusts what it reads; so what it gives is
proved. Where it cannot be, rows are read one by one, and that tells which row and column is at
fault. Previews are read one by one, too; both ways give the same rows, or both refuse them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.tables.formats.ahead import Ahead
from argosy.tables.formats.avro_blocks import AvroBlocks, broken
from argosy.tables.formats.avro_quick import AvroQuick
from argosy.tables.formats.avro_rows import AvroRows
from argosy.tables.formats.avro_schema import is_quick, narrowest, read_schema
from argosy.tables.formats.in_order import Once
from argosy.tables.formats.pieces import plain_pieces
from argosy.tables.formats.plain import check_names
from argosy.tables.formats.shown import preview_of
from argosy.tables.formats.streams import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.avro_blocks import Block
    from argosy.tables.formats.reading import FilePreview, FileReader
    from argosy.tables.formats.streams import ByteStream

#: How many rows a block may have whose rows take no bytes.
_MOST_EMPTY = 1_000_000


def open_avro(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    """Return a reader of an Avro file. Raises TableError."""
    stream = expanded(content, spec.compression, limits, tally)
    try:
        return _AvroReader(stream, limits, tally)
    except BaseException:
        stream.close()
        raise


def preview_avro(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, rows: int
) -> FilePreview:
    """Return the columns and first rows of an Avro file, from its beginning. Raises TableError."""
    most = limits.preview_fetched + limits.preview_further
    stream = expanded(content, spec.compression, limits, tally, most_fetched=most)
    try:
        return _Avro(stream, limits, tally).preview(rows)
    finally:
        stream.close()


class _Avro:
    """An Avro file whose head is read."""

    def __init__(self, stream: ByteStream, limits: Limits, tally: Tally) -> None:
        self.name, self.limits, self.tally = stream.name, limits, tally
        self.blocks = AvroBlocks(stream)
        self.node = read_schema(self.blocks.head.schema, self.name)
        check_names([name for name, _ in self.node.fields], self.name, limits)
        self.rows = AvroRows(self.node, limits, self.name, self._go_on)
        self.schema = self.rows.schema
        self._least = narrowest(self.node)

    def preview(self, rows: int) -> FilePreview:
        batches: list[pa.RecordBatch] = []
        left, is_whole = rows, True
        further = self.limits.preview_further
        most = self.limits.preview_fetched // 2 + further, self.limits.preview_expanded + further
        for block in self.blocks.blocks(*most):
            self._go_on()
            self.check(block)
            if not block.rows:
                continue
            wanted = min(left, block.rows)
            found = self.rows.first(block, wanted, rows - left)
            batches.append(found)
            left -= found.num_rows
            is_whole = is_whole and found.num_rows == block.rows
            if not is_whole:
                break
        if left == rows and not is_whole and rows:
            self.tally.warnings.append(
                f"{self.name}: its first row is longer than a preview reads, so it shows no rows."
            )
        self.tally.rows_read += rows - left
        is_whole = is_whole and not self.blocks.is_cut
        return preview_of(self.schema, batches, self.limits, is_whole=is_whole)

    def _go_on(self) -> None:
        self.tally.go_on(self.name)

    def check(self, block: Block) -> None:
        """Raise TableError where a block has no room for its rows, or has something and no rows."""
        if block.data and not block.rows:
            raise broken(self.name, f"block {block.number} holds more than its rows")
        size = len(block.data) if self._least else _MOST_EMPTY
        if block.rows * max(self._least, 1) > size and not block.is_partial:
            why = f"block {block.number} has {len(block.data):,} bytes for {block.rows:,} rows"
            raise broken(self.name, why)

    def groups(self) -> Iterator[_Group]:
        """Yield blocks put together, so that few of them make a batch."""
        group = _Group(before=0)
        for block in self.blocks:
            self._go_on()
            self.check(block)
            if block.rows:
                group.add(block)
            del block
            if group.rows >= self.limits.batch_rows or group.size >= self.limits.batch_bytes:
                yield group
                group = _Group(before=group.before + group.rows)
        if group.blocks:
            yield group


@dataclass(slots=True)
class _Group:
    """Blocks whose rows are read at once; `before` are the rows in front of them."""

    before: int
    rows: int = 0
    size: int = 0
    blocks: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.rows += block.rows
        self.size += len(block.data)


class _AvroReader(Once):
    """Reads an Avro file from its first block to its last."""

    def __init__(self, stream: ByteStream, limits: Limits, tally: Tally) -> None:
        super().__init__()
        self._stream = stream
        self._avro = avro = _Avro(stream, limits, tally)
        self._groups = Ahead(avro.groups())
        self._quick = AvroQuick(avro.node) if is_quick(avro.node) else None
        self._tables = Ahead(self._decoded())
        self._pieces = plain_pieces(self._tables, avro.schema, limits, tally, avro.name)

    @property
    def schema(self) -> pa.Schema:
        return self._avro.schema

    def _give(self) -> Iterator[pa.RecordBatch]:
        yield from self._pieces

    def _decoded(self) -> Iterator[pa.RecordBatch]:
        for group in self._groups:
            found = self._quick.read(group.blocks) if self._quick is not None else None
            if found is not None:
                yield found
            else:
                yield from self._avro.rows.read(group.blocks, group.before)
            del group, found

    def _let_go(self) -> None:
        for one in (self._tables, self._groups):
            one.stop()
        self._stream.close()
        self._groups.close()
        self._tables.close()
        with suppress(ValueError):  # another thread is just taking from it, and ends too
            self._pieces.close()
