"""Rows of Avro read one by one: exactly, in pieces that memory holds, and with a place for errors.

This is the slow reader. It reads every schema, makes the values that Arrow takes, and knows which
row and column is at fault. What a file says that a value has is never made before it is found to
be there, and never more of it than one cell may have.
"""

from __future__ import annotations

import json
import struct
import uuid
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.formats.avro_schema import Node, arrow_schema, count_of, wider, width_of
from argosy.tables.formats.text import size_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.tables.content import Limits
    from argosy.tables.formats.avro_blocks import Block

#: Takes the bytes of a block and where a value begins; gives the value, and where it ends.
Read = Callable[[bytes, int], tuple[Any, int]]

#: How much a piece holds; as values of Python that is some hundred megabytes at the most.
_MOST_VALUES = 1_000_000
_MOST_BYTES = 4 * 1024 * 1024
_MOST_DEEP = 150
#: How many items of a list are read before it is asked whether to go on.
_ASKED_EACH = 65_536
_INT, _LONG = 1 << 31, (1 << 64) - 1
#: How many bytes an item of a list has at least where the list is JSON: `0, `.
_ITEM_AS_TEXT = 3
_EXACT = Context(prec=200)
_FLOAT, _DOUBLE = struct.Struct("<f"), struct.Struct("<d")


class _WrongError(Exception):
    """A value is not as it should be; the text says why."""


class _EndError(Exception):
    """The bytes end within a value."""


class _TooLargeError(Exception):
    """A value has more in it than one may have."""


class _TooDeepError(Exception):
    """An object is within itself too often."""


class AvroRows:
    """Reads the rows of blocks, so many at a time; `go_on` is asked now and then and may raise."""

    def __init__(self, node: Node, limits: Limits, name: str, go_on: Callable[[], None]) -> None:
        self.schema, self.name = arrow_schema(node), name
        self.limits, self.go_on = limits, go_on
        self.readers = _Readers(limits.cell, go_on)
        self.columns = self.readers.columns(node)
        self._most_rows = max(1, min(limits.batch_rows, _MOST_VALUES // count_of(node)))

    def read(self, blocks: Iterable[Block], before: int) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some blocks; `before` are the rows in front. Raises TableError."""
        piece = _Piece(self, before, self._most_rows)
        for block in blocks:
            at, end = 0, piece.next + block.rows
            while piece.next < end:
                at = piece.take(block.data, at, end)
                if piece.is_full:
                    yield piece.batch()
                    piece = _Piece(self, piece.next, self._most_rows)
            self._check_end(block, at)
        if piece.next > piece.first:
            yield piece.batch()

    def first(self, block: Block, rows: int, before: int) -> pa.RecordBatch:
        """Return the first rows of a block, fewer where it is partial. Raises TableError."""
        piece = _Piece(self, before, rows)
        at = 0
        with suppress(_EndError):
            while piece.next < before + rows:
                at = piece.take(block.data, at, before + rows, is_partial=block.is_partial)
        if rows == block.rows and not block.is_partial:
            self._check_end(block, at)
        return piece.batch()

    def _check_end(self, block: Block, at: int) -> None:
        if at < len(block.data):
            raise TableError(
                detail=f"is a broken Avro file: block {block.number} holds more than its rows.",
                file=self.name,
                reason="broken_file",
                remedy="Write the file again.",
            )


class _Piece:
    """Rows that become a batch; `first` and `next` count those of the file, from 0."""

    def __init__(self, rows: AvroRows, first: int, most_rows: int) -> None:
        self._rows, self._most_rows = rows, most_rows
        self._columns: list[list[Any]] = [[] for _ in rows.columns]
        self._size = 0
        self.first = self.next = first

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it may."""
        return self.next - self.first >= self._most_rows or self._size >= _MOST_BYTES

    def take(self, data: bytes, at: int, end: int, *, is_partial: bool = False) -> int:
        """Read rows until the row `end`, and return where the next would begin.

        Stops where enough were read. Raises TableError; _EndError where the block is partial and
        what there is of it ends.
        """
        pairs = list(zip(self._rows.columns, self._columns, strict=True))
        self._rows.go_on()
        begun, readers = at, self._rows.readers
        readers.made = 0
        end = min(end, self.first + self._most_rows)
        column: list[Any] = []
        try:
            while self.next < end and at - begun + readers.made < _MOST_BYTES:
                for read, column in pairs:
                    value, at = read(data, at)
                    column.append(value)
                self.next += 1
        except (_EndError, IndexError) as error:
            if is_partial:
                self._drop_unfinished()
                raise _EndError from None
            raise self._at_fault(column, error) from None
        except (_WrongError, _TooLargeError, _TooDeepError, UnicodeDecodeError) as error:
            raise self._at_fault(column, error) from None
        except RecursionError:
            raise self._at_fault(column, _TooDeepError()) from None
        self._size += at - begun + readers.made
        return at

    def batch(self) -> pa.RecordBatch:
        """Return its rows."""
        schema = self._rows.schema
        made = [
            pa.array(column, one.type) for column, one in zip(self._columns, schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(made, schema=schema)

    def _drop_unfinished(self) -> None:
        for column in self._columns:
            del column[self.next - self.first :]

    def _at_fault(self, column: list[Any], error: Exception) -> TableError:
        place = next(at for at, one in enumerate(self._columns) if one is column)
        return _refusal(self._rows, self.next + 1, self._rows.schema.names[place], error)


def _refusal(rows: AvroRows, row: int, column: str, error: Exception) -> TableError:
    if isinstance(error, _TooLargeError):
        detail = f"the value of row {row:,} is longer than {size_in_words(rows.limits.cell)}."
        reason, remedy = "too_large", "Shorten it, or leave the column out."
    elif isinstance(error, _TooDeepError):
        detail = f"the value of row {row:,} is nested too deeply."
        reason, remedy = "too_large", "Write it with fewer objects within objects."
    else:
        detail = f"the value of row {row:,} cannot be read: {_why(error)}."
        reason, remedy = "broken_file", "The file is broken; write it again."
    return TableError(detail=detail, file=rows.name, column=column, reason=reason, remedy=remedy)


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 at its byte {error.start + 1:,}"
    return str(error) if isinstance(error, _WrongError) else "its block ends too soon"


class _Readers:
    """Makes what reads the values of a schema.

    Values are made for Arrow, or plain, where they become JSON: a value of several types, and an
    object within itself.
    """

    def __init__(self, cell: int, go_on: Callable[[], None]) -> None:
        self._cell, self._go_on = cell, go_on
        self._left = cell
        self._deep = 0
        self.made = 0  # how much was made of what is not in the bytes
        self._open: dict[str, Node] = {}
        self._within: dict[int, Read] = {}

    def columns(self, node: Node) -> list[Read]:
        """Return a reader for each field of a record."""
        self._open[node.name] = node
        return [self._cell_of(self.read(part)) for _, part in node.fields]

    def _cell_of(self, read: Read) -> Read:
        def whole(data: bytes, at: int) -> tuple[Any, int]:
            self._left, self._deep = self._cell, 0
            return read(data, at)

        return whole

    def read(self, node: Node, is_plain: bool = False) -> Read:
        """Return what reads values of a type."""
        made = self._of_kind(node, is_plain)
        if not node.nullable:
            return made
        return _union([_null, made] if node.null_first else [made, _null])

    def _of_kind(self, node: Node, is_plain: bool) -> Read:
        several = {
            "array": self._items,
            "map": self._items,
            "record": self._record,
            "ref": self._any,
            "union": self._any,
        }
        if node.kind in several:
            return several[node.kind](node, is_plain)
        if node.kind == "enum":
            return self._enum(node.symbols)
        read = _fixed(node.size) if node.kind == "fixed" else _SIMPLE[node.kind]
        if node.is_decimal and not is_plain:
            return _decimal(read, node)
        return _uuid(read) if node.is_uuid and not is_plain else read

    def _any(self, node: Node, is_plain: bool) -> Read:
        """Return what reads that for which Arrow has no type, unless a wider one holds it."""
        if node.kind == "ref":
            itself = self._itself(self._open[node.name])
            return itself if is_plain else _text(itself)
        is_text = not is_plain and not wider(node)
        read = _union([self.read(part, is_plain or is_text) for part in node.within])
        return _text(read) if is_text else read

    def _enum(self, symbols: tuple[str, ...]) -> Read:
        """Return what reads symbols; a number stands for a text, which may be long."""

        def read(data: bytes, at: int) -> tuple[str, int]:
            index, at = _long(data, at)
            if not 0 <= index < len(symbols):
                raise _WrongError(f"{index} is the number of none of its {len(symbols)} symbols")
            symbol = symbols[index]
            self.made += len(symbol)
            self._left -= len(symbol)
            if self._left < 0:
                raise _TooLargeError
            return symbol, at

        return read

    def _record(self, node: Node, is_plain: bool) -> Read:
        before = self._open.get(node.name)
        self._open[node.name] = node
        fields = [(name, self.read(part, is_plain)) for name, part in node.fields]
        if before is not None:
            self._open[node.name] = before

        def read(data: bytes, at: int) -> tuple[Any, int]:
            found = {}
            for name, field in fields:
                found[name], at = field(data, at)
            return found, at

        return read

    def _itself(self, node: Node) -> Read:
        """Return what reads an object that is within itself, and counts how deep it is there."""

        def read(data: bytes, at: int) -> tuple[Any, int]:
            if self._deep >= _MOST_DEEP:
                raise _TooDeepError
            self._deep += 1
            found = self._within[id(node)](data, at)
            self._deep -= 1
            return found

        if id(node) not in self._within:
            self._within[id(node)] = read  # for those that are found while it is made
            self._within[id(node)] = self._record(node, True)
        return read

    def _items(self, node: Node, is_plain: bool) -> Read:
        """Return what reads lists and maps; each item takes of what is left for a cell."""
        is_map, item = node.kind == "map", self.read(node.within[0], is_plain)
        width = _ITEM_AS_TEXT if is_plain else max(1, width_of(node.within[0]) + 4 * is_map)

        def pair(data: bytes, at: int) -> tuple[Any, int]:
            key, at = _string(data, at)
            value, at = item(data, at)
            return (key, value), at

        part = pair if is_map else item

        def read(data: bytes, at: int) -> tuple[Any, int]:
            found: list[Any] = []
            while True:
                count, at = _long(data, at)
                if count < 0:  # its size in bytes follows
                    count, at = -count, _long(data, at)[1]
                if not count:
                    break
                if count > len(data) - at:  # none takes less than a byte
                    raise _EndError
                self._left -= count * width
                if self._left < 0:
                    raise _TooLargeError
                for number in range(count):
                    if not number % _ASKED_EACH:
                        self._go_on()
                    one, at = part(data, at)
                    found.append(one)
            if not is_map:
                return found, at
            return dict(found) if is_plain else [*dict(found).items()], at

        return read


def _null(_data: bytes, at: int) -> tuple[Any, int]:
    return None, at


def _boolean(data: bytes, at: int) -> tuple[Any, int]:
    byte = data[at]
    if byte > 1:
        raise _WrongError(f"the byte {byte} is neither false (0) nor true (1)")
    return byte == 1, at + 1


def _long(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, shift = byte & 0x7F, 7
    for place in range(at + 1, at + 10):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            value &= _LONG
            return (value >> 1) ^ -(value & 1), place + 1
        shift += 7
    raise _WrongError("it has a number of more than 10 bytes")


def _int(data: bytes, at: int) -> tuple[int, int]:
    value, at = _long(data, at)
    if not -_INT <= value < _INT:
        raise _WrongError(f"{value} is no integer of 32 bits")
    return value, at


def _slice(data: bytes, at: int, size: int) -> bytes:
    if size > len(data) - at:
        raise _EndError
    return data[at : at + size]


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _long(data, at)
    if size < 0:
        raise _WrongError(f"its length is {size}")
    return _slice(data, at, size), at + size


def _string(data: bytes, at: int) -> tuple[str, int]:
    found, at = _bytes(data, at)
    return found.decode(), at


def _float(data: bytes, at: int) -> tuple[float, int]:
    return _FLOAT.unpack(_slice(data, at, 4))[0], at + 4


def _double(data: bytes, at: int) -> tuple[float, int]:
    return _DOUBLE.unpack(_slice(data, at, 8))[0], at + 8


_SIMPLE: dict[str, Read] = {
    "null": _null,
    "boolean": _boolean,
    "int": _int,
    "long": _long,
    "float": _float,
    "double": _double,
    "bytes": _bytes,
    "string": _string,
}


def _fixed(size: int) -> Read:
    return lambda data, at: (_slice(data, at, size), at + size)


def _union(parts: list[Read]) -> Read:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        index, at = _long(data, at)
        if not 0 <= index < len(parts):
            raise _WrongError(f"{index} is the number of none of its {len(parts)} types")
        return parts[index](data, at)

    return read


def _decimal(inner: Read, node: Node) -> Read:
    most, scale = 10**node.precision, -node.scale

    def read(data: bytes, at: int) -> tuple[Decimal, int]:
        found, at = inner(data, at)
        number = int.from_bytes(found, "big", signed=True)
        if not -most < number < most:
            raise _WrongError(f"it has more digits than {node.precision}")
        return Decimal(number).scaleb(scale, _EXACT), at

    return read


def _uuid(inner: Read) -> Read:
    def read(data: bytes, at: int) -> tuple[str, int]:
        found, at = inner(data, at)
        return str(uuid.UUID(bytes=found)), at

    return read


def _text(inner: Read) -> Read:
    """Return what reads a value as text, as JSON unless it is one."""

    def read(data: bytes, at: int) -> tuple[str | None, int]:
        value, at = inner(data, at)
        if value is None or isinstance(value, str):
            return value, at
        if type(value) is int:  # as JSON has it, but sooner
            return str(value), at
        return json.dumps(value, ensure_ascii=False, default=_as_json), at

    return read


def _as_json(value: bytes) -> str:
    return b64encode(value).decode()
