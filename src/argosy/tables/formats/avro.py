"""Avro files: blocks of records, read many at a time by polars, or one by one by fastavro.

polars is the quick way. It reads whole files, and not all of Avro; so blocks are taken together
to small files in memory, and schemas that it does not read, or reads wrongly, go to fastavro,
which gives one record after another. What polars cannot make anything of is tried there too,
since fastavro says which row is at fault.
"""

from __future__ import annotations

import io
import json
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import fastavro
import polars as pl
import pyarrow as pa
from fastavro import _read_py as recursive_reader

from argosy.errors import TableError
from argosy.tables.formats.ahead import Ahead
from argosy.tables.formats.avro_blocks import AvroBlocks, broken
from argosy.tables.formats.avro_schema import (
    Node,
    arrow_schema,
    bare_schema,
    is_quick,
    is_recursive,
    narrowest,
    read_schema,
    reading_of,
)
from argosy.tables.formats.pieces import plain_pieces
from argosy.tables.formats.plain import check_names
from argosy.tables.formats.shown import preview_of
from argosy.tables.formats.streams import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.avro_blocks import Block
    from argosy.tables.formats.reading import FilePreview, FileReader
    from argosy.tables.formats.streams import ByteStream

_SYNC = b"\x00" * 16
#: How many rows a block may have whose rows take no bytes.
_MOST_EMPTY = 1_000_000
_ROWS_AT_FAULT = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    EOFError,
    MemoryError,
    RecursionError,
    struct.error,
    pa.ArrowException,
)


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
    most = limits.preview_fetched
    stream = expanded(content, spec.compression, limits, tally, most_fetched=most)
    try:
        return _Avro(stream, limits).preview(rows, tally)
    finally:
        stream.close()


class _Avro:
    """An Avro file whose head is read."""

    def __init__(self, stream: ByteStream, limits: Limits) -> None:
        self.name, self.limits = stream.name, limits
        self.blocks = AvroBlocks(stream)
        self.node = read_schema(self.blocks.head.schema, self.name)
        check_names([name for name, _ in self.node.fields], self.name, limits)
        self.schema = arrow_schema(self.node)
        self.slow = _Slow(self.node, self.schema, self.name)

    def preview(self, rows: int, tally: Tally) -> FilePreview:
        batches: list[pa.RecordBatch] = []
        left, is_whole = rows, True
        most = self.limits.preview_fetched // 2, self.limits.preview_expanded
        for block in self.blocks.blocks(*most):
            tally.go_on(self.name)
            self.check(block)
            wanted = min(left, block.rows)
            found = self.slow.first(block, wanted, rows - left)
            batches.append(found)
            left -= found.num_rows
            is_whole = is_whole and found.num_rows == block.rows
            if not is_whole:
                break
        if left == rows and not is_whole and rows:
            tally.warnings.append(
                f"{self.name}: its first row is longer than a preview reads, so it shows no rows."
            )
        tally.rows_read += rows - left
        is_whole = is_whole and not self.blocks.is_cut
        return preview_of(self.schema, batches, self.limits, is_whole=is_whole)

    def check(self, block: Block) -> None:
        """Raise TableError where a block has no room for the rows that it says it has."""
        least = narrowest(self.node)
        size = max(len(block.data), block.size_if_partial) if least else _MOST_EMPTY
        if block.rows * max(least, 1) > size and not block.is_partial:
            why = f"block {block.number} has {len(block.data):,} bytes for {block.rows:,} rows"
            raise broken(self.name, why)

    def groups(self) -> Iterator[_Group]:
        """Yield blocks put together, so that few of them make a batch."""
        group = _Group(first=1, before=0)
        for block in self.blocks:
            self.check(block)
            group.add(block)
            del block
            if group.rows >= self.limits.batch_rows or group.size >= self.limits.batch_bytes:
                yield group
                group = _Group(first=group.last + 1, before=group.before + group.rows)
        if group.last >= group.first:
            yield group


@dataclass(slots=True)
class _Group:
    """Blocks whose rows are read at once; `before` are the rows in front of them."""

    first: int
    before: int
    last: int = 0
    rows: int = 0
    size: int = 0
    parts: list[bytes] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.parts.append(block.data)
        self.last = block.number
        self.rows += block.rows
        self.size += len(block.data)

    def joined(self) -> bytes:
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)


class _AvroReader:
    """Reads an Avro file from its first block to its last."""

    def __init__(self, stream: ByteStream, limits: Limits, tally: Tally) -> None:
        self._stream = stream
        self._avro = avro = _Avro(stream, limits)
        self._groups = Ahead(avro.groups())
        self._quick = _Quick(avro.node) if is_quick(avro.node) else None
        self._tables = Ahead(self._decoded())
        # one for all that iterate: who takes some rows and comes again goes on behind them
        self._pieces = plain_pieces(self._tables, avro.schema, limits, tally, avro.name)

    @property
    def schema(self) -> pa.Schema:
        return self._avro.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._pieces

    def _decoded(self) -> Iterator[pa.RecordBatch]:
        for group in self._groups:
            data = group.joined()
            found = self._quick.read(group.rows, data) if self._quick is not None else None
            yield from found if found is not None else [self._avro.slow.read(group, data)]
            del group, data, found

    def close(self) -> None:
        for one in (self._tables, self._groups):
            one.stop()
        self._stream.close()
        self._groups.close()
        self._tables.close()
        with suppress(ValueError):  # another thread is just taking from it, and ends too
            self._pieces.close()


class _Quick:
    """Reads rows with polars, which is given them as a file of one block."""

    def __init__(self, node: Node) -> None:
        schema = json.dumps(bare_schema(node, has_decimals=True)).encode()
        meta = {b"avro.schema": schema, b"avro.codec": b"null"}
        pairs = b"".join(_sized(key) + _sized(value) for key, value in meta.items())
        self._head = b"Obj\x01" + _long(len(meta)) + pairs + b"\x00" + _SYNC

    def read(self, rows: int, data: bytes) -> list[pa.RecordBatch] | None:
        """Return the rows; None where polars does not read them."""
        file = b"".join((self._head, _long(rows), _long(len(data)), data, _SYNC))
        try:
            found = pl.read_avro(io.BytesIO(file))
            return found.to_arrow().to_batches() if found.height == rows else None
        except (Exception, pl.exceptions.PanicException):  # noqa: BLE001, RUF100 - the other way tells
            return None


class _Slow:
    """Reads rows with fastavro, one by one."""

    def __init__(self, node: Node, schema: pa.Schema, name: str) -> None:
        self._node, self._schema, self._name = node, schema, name
        self._parsed: Any = None
        self._change = reading_of(node)
        # the quick form of fastavro calls itself without a limit, and the stack has one
        self._reader: Any = recursive_reader if is_recursive(node) else fastavro

    def read(self, group: _Group, data: bytes) -> pa.RecordBatch:
        """Return all rows of a group. Raises TableError."""
        file = io.BytesIO(data)
        records = self._records(file, group.rows, group.before)
        if file.tell() != len(data):
            blocks = f"{group.first}" if group.first == group.last else f"{group.first} or later"
            raise broken(self._name, f"block {blocks} holds more than its rows")
        return self._batch(records, group.before)

    def first(self, block: Block, rows: int, before: int) -> pa.RecordBatch:
        """Return the first rows of a block, fewer where it is partial. Raises TableError."""
        file = io.BytesIO(block.data)
        return self._batch(self._records(file, rows, before, block.is_partial), before)

    def _records(
        self,
        file: io.BytesIO,
        rows: int,
        before: int,
        is_partial: bool = False,  # noqa: FBT001, FBT002, RUF100
    ) -> list[Any]:
        found: list[Any] = []
        try:
            if self._parsed is None:
                bare: Any = bare_schema(self._node, has_decimals=False)
                self._parsed = fastavro.parse_schema(bare)
            for _ in range(rows):
                found.append(self._reader.schemaless_reader(file, self._parsed))  # noqa: PERF401
        except EOFError as error:
            if not is_partial:
                raise self._at_fault(before + len(found) + 1, error) from None
        except _ROWS_AT_FAULT as error:
            if is_partial and file.tell() >= len(file.getvalue()):
                return found
            raise self._at_fault(before + len(found) + 1, error) from None
        return found

    def _batch(self, records: list[Any], before: int) -> pa.RecordBatch:
        try:
            changed = records if self._change is None else [self._change(one) for one in records]
            return self._arrow(changed)
        except _ROWS_AT_FAULT as error:
            raise self._first_at_fault(records, before, error) from None

    def _arrow(self, records: list[Any]) -> pa.RecordBatch:
        columns = [pa.array([row[one.name] for row in records], one.type) for one in self._schema]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def _first_at_fault(self, records: list[Any], before: int, error: Exception) -> TableError:
        for at, record in enumerate(records):
            try:
                self._arrow([record if self._change is None else self._change(record)])
            except _ROWS_AT_FAULT as its_error:
                return self._at_fault(before + at + 1, its_error)
        return self._at_fault(before + 1, error)

    def _at_fault(self, row: int, error: Exception) -> TableError:
        if isinstance(error, RecursionError):
            return TableError(
                detail=f"row {row:,} is nested too deeply.",
                file=self._name,
                reason="too_large",
                remedy="Write it with fewer objects within objects.",
            )
        why = str(error).splitlines()[0].rstrip(".") if str(error) else "it ends too soon"
        return broken(self._name, f"row {row:,} cannot be read ({why})")


def _long(value: int) -> bytes:
    """Return a number of no sign as Avro writes it."""
    rest, found = value << 1, bytearray()
    while rest > 0x7F:
        found.append((rest & 0x7F) | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def _sized(value: bytes) -> bytes:
    return _long(len(value)) + value
