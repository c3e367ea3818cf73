"""Rows of Avro read by polars, many at once, and then proved.

polars is quick, but it does not look: an integer of 64 bits where one of 32 should be loses half
of them, any byte is a boolean, any number chooses the type of a union, and what is behind the rows
of a block is left. So it reads the simplest schema that has the same bytes (a boolean and the
number of a symbol are long integers too); the ranges are looked at here, and from the values it is
worked out where in the block each of them must lie. What is not exactly so is not taken, and the
other reader tells why.
"""

from __future__ import annotations

import io
import json
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.compute

from argosy.tables.formats.avro_schema import WIDTHS, Node, arrow_type, has_nullable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.tables.formats.avro_blocks import Block

    #: Arrow's; what its functions take and give is not declared well enough.
    Array = Any
    #: What all values have of a size, and what each has beside, where they are not alike.
    Sizes = tuple[int, Array]

pc: Any = pyarrow.compute

_SYNC = bytes(16)
#: How many bytes polars may make of some blocks; a block of few bytes can say a lot.
_MOST_MADE = 512 * 1024 * 1024
#: Of that for a number, and for a text or a list: what polars has, and Arrow once more.
_MADE_FOR_NUMBER, _MADE_FOR_TEXT = 8, 24
_AS_LONG = {"boolean", "int", "long", "enum"}
_BITS = 7
#: How many rows are proved at once, and about how many bytes: numbers are made for all of those.
_AT_ONCE = 16_384
_BYTES_AT_ONCE = 4 * 1024 * 1024
_DECIMAL = 16
_SIGN = pa.scalar(62, pa.int64())
_ZERO, _ONE = pa.scalar(0, pa.int64()), pa.scalar(1, pa.int64())
#: The bits that neither of the numbers has that choose one of two types, 0 and 2 as bytes.
_NO_INDEX = pa.scalar(0xFD, pa.uint8())


class AvroQuick:
    """Reads blocks with polars, which is given them as a file of one block."""

    def __init__(self, node: Node) -> None:
        self._node = node
        schema = json.dumps(_bare(node)).encode()
        meta = {b"avro.schema": schema, b"avro.codec": b"null"}
        pairs = b"".join(_sized(key) + _sized(value) for key, value in meta.items())
        self._head = b"Obj\x01" + _long(len(meta)) + pairs + b"\x00" + _SYNC
        self._made_for_row = _made_for(node)
        self._made_for_byte = _MADE_FOR_TEXT if _has_list(node) else 1

    def read(self, blocks: Sequence[Block]) -> pa.RecordBatch | None:
        """Return the rows; None where polars does not read them, or not rightly."""
        rows = sum(block.rows for block in blocks)
        size = sum(len(block.data) for block in blocks)
        if not rows or max(rows * self._made_for_row, size * self._made_for_byte) > _MOST_MADE:
            return None
        parts = (self._head, _long(rows), _long(size), *(block.data for block in blocks), _SYNC)
        file = b"".join(parts)
        try:
            frame = pl.read_avro(io.BytesIO(file))
            if frame.height != rows:
                return None
            table = frame.to_arrow().combine_chunks()
            columns = [column.chunk(0) for column in table.columns]
            buffer = pa.py_buffer(file).slice(len(file) - len(_SYNC) - size, size)
            data = pa.Array.from_buffers(pa.uint8(), size, [None, buffer])
            _prove(self._node, columns, blocks, data)
            fields = zip(self._node.fields, columns, strict=True)
            made = [_meant(part, column) for (_, part), column in fields]
            return pa.RecordBatch.from_arrays(made, names=table.column_names)
        except (Exception, pl.exceptions.PanicException):  # noqa: BLE001, RUF100 - the other way tells
            return None


def _bare(node: Node) -> Any:
    """Return a schema of the same bytes with as few types as there can be."""
    if node.kind == "record":
        fields = [{"name": name, "type": _bare(part)} for name, part in node.fields]
        bare: Any = {"type": "record", "name": f"t{id(node)}", "fields": fields}
    elif node.kind == "array":
        bare = {"type": "array", "items": _bare(node.within[0])}
    elif node.kind == "fixed":
        bare = {"type": "fixed", "name": f"t{id(node)}", "size": node.size}
    else:
        bare = {"type": "long" if node.kind in _AS_LONG else node.kind}
    if not node.nullable:
        return bare
    return ["null", bare] if node.null_first else [bare, "null"]


def _made_for(node: Node) -> int:
    """Return about how many bytes are made for a value at least."""
    if node.kind == "record":
        return sum(_made_for(part) for _, part in node.fields)
    if node.kind in _AS_LONG or node.kind in {"float", "double"}:
        return _MADE_FOR_NUMBER
    return _MADE_FOR_TEXT


def _has_list(node: Node) -> bool:
    return node.kind == "array" or any(_has_list(part) for part in node.parts)


def _prove(node: Node, columns: Sequence[Array], blocks: Sequence[Block], data: Array) -> None:
    """Raise ValueError where these columns are not all that is in these blocks.

    No value takes fewer bytes than are worked out for it. So where the blocks end as worked out,
    all values lie where they are worked out to.
    """
    row_ends = accumulate(block.rows for block in blocks)
    ends = zip(row_ends, accumulate(len(block.data) for block in blocks), strict=True)
    last, end = next(ends)
    before, size = 0, len(columns[0])
    at_once = max(1, min(_AT_ONCE, size * _BYTES_AT_ONCE // max(1, len(data))))
    for at in range(0, size, at_once):
        found = _prove_some(node, [one.slice(at, at_once) for one in columns], before, data)
        while last <= at + len(found):
            if (found[last - at - 1].as_py() if last > at else before) != end:
                raise ValueError("a block does not end with a row")
            last, end = next(ends, (size + 1, 0))
        before = found[-1].as_py()


def _prove_some(node: Node, columns: Sequence[Array], before: int, data: Array) -> Array:
    """Return where each of some rows ends, of which the first begins behind so many bytes."""
    parts = [part for _, part in node.fields]
    sizes = [_sizes(part, column) for part, column in zip(parts, columns, strict=True)]
    row_sizes = _each(_sum(sizes), len(columns[0]))
    ends: Array = pc.cumulative_sum(row_sizes, before)
    starts: Sizes = 0, pc.subtract(ends, row_sizes)
    for part, column, size in zip(parts, columns, sizes, strict=True):
        _check(part, column, starts, data)
        starts = _plus(starts, size)
    return ends


def _sizes(node: Node, column: Array) -> Sizes:
    """Return how many bytes each value takes at least; anything for one that is not there."""
    alike, more = _sizes_of_kind(node, column)
    if not node.nullable or not column.null_count:
        return alike + node.nullable, more
    filled = pa.scalar(alike, pa.int64()) if more is None else pc.add(more, alike)
    return 1, pc.if_else(column.is_valid(), filled, _ZERO)


def _sizes_of_kind(node: Node, column: Any) -> Sizes:
    if node.kind == "array":
        return 0, _List(node, column).sizes()
    if node.kind == "record":
        parts = zip(node.fields, column.flatten(), strict=True)
        return _sum([_sizes(part, one) for (_, part), one in parts])
    if node.kind in {"int", "long", "enum"}:
        return _number_sizes(column)
    if node.kind in {"bytes", "string"}:
        lengths = pc.binary_length(column).cast(pa.int64())
        return _plus((0, lengths), _number_sizes(lengths))
    return node.size if node.kind == "fixed" else WIDTHS[node.kind], None


def _number_sizes(numbers: Any) -> Sizes:
    """Return how many bytes numbers of 64 bits take, written twice as large for their signs."""
    ends = pc.min_max(numbers)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if least is None:
        return 1, None
    if least < 0:  # what is less than zero takes as many bytes as what is as far from minus one
        signs = pc.shift_right(pc.shift_right(numbers, _SIGN), _ONE)  # Arrow shifts no more at once
        numbers = pc.bit_wise_xor(numbers, signs)
        ends = pc.min_max(numbers)
        least, most = ends["min"].as_py(), ends["max"].as_py()
    least, most = _number_size(least), _number_size(most)
    sizes: Sizes = least, None
    for size in range(least, most):
        is_longer = pc.greater_equal(numbers, pa.scalar(1 << (_BITS * size - 1), pa.int64()))
        sizes = _plus(sizes, (0, is_longer.cast(pa.int64())))
    return sizes


def _number_size(number: int) -> int:
    return max(1, -(-(2 * number).bit_length() // _BITS))


def _plus(one: Sizes, other: Sizes) -> Sizes:
    more = one[1] if other[1] is None else other[1]
    if one[1] is not None and other[1] is not None:
        more = pc.add(one[1], other[1])
    return one[0] + other[0], more


def _sum(sizes: Sequence[Sizes]) -> Sizes:
    return reduce(_plus, sizes)


def _each(sizes: Sizes, count: int) -> Array:
    """Return sizes as so many numbers."""
    alike, more = sizes
    if more is None:
        return pa.repeat(pa.scalar(alike, pa.int64()), count)
    return pc.add(more, pa.scalar(alike, pa.int64())) if alike else more


class _List:
    """A column of lists: where their items begin, given where the lists do."""

    def __init__(self, node: Node, column: Any) -> None:
        self.node, self._column = node.within[0], column
        self.items: Array = column.flatten()
        ends = pc.cumulative_sum(_each(_sizes(self.node, self.items), len(self.items)))
        self._before = pa.concat_arrays([pa.array([0], pa.int64()), ends])
        self._counts = _counts(column)
        self._heads = _number_sizes(self._counts)
        self._last = pc.cumulative_sum(self._counts)
        self._first = pc.subtract(self._last, self._counts)

    def sizes(self) -> Array:
        """Return how many bytes each list takes: how many items, the items, and a zero."""
        taken = pc.subtract(self._before.take(self._last), self._before.take(self._first))
        filled = _each(_plus((1, taken), self._heads), len(taken))
        return pc.if_else(pc.equal(self._counts, _ZERO), _ONE, filled)

    def starts(self, starts: Sizes) -> Sizes:
        """Return where each item begins; no list is null."""
        alike, first = _plus(starts, self._heads)
        first = pc.subtract(first, self._before.take(self._first))
        lists = pc.list_parent_indices(self._column)
        return alike, pc.add(first.take(lists), self._before.slice(0, len(self.items)))


def _counts(column: Any) -> Array:
    """Return how many items each list has."""
    counts: Array = pc.list_value_length(column).cast(pa.int64())
    return counts.fill_null(0) if counts.null_count else counts


def _check(node: Node, column: Any, starts: Sizes, data: Array) -> None:
    """Raise ValueError where what says which type a value has is not one of two numbers."""
    if not has_nullable(node) or not len(column):
        return
    alike, more = starts
    if node.nullable:
        found = data.slice(alike).take(more)
        if pc.max(pc.bit_wise_and(found, _NO_INDEX)).as_py():
            raise ValueError("a value is of no type")
        if not node.parts:
            return
        alike += 1
        if column.null_count:
            is_there = column.is_valid()
            column, more = column.filter(is_there), more.filter(is_there)
    starts = alike, more
    if node.kind == "array":
        inner = _List(node, column)
        _check(inner.node, inner.items, inner.starts(starts), data)
    for (_, part), one in zip(node.fields, column.flatten() if node.fields else (), strict=True):
        _check(part, one, starts, data)
        starts = _plus(starts, _sizes(part, one))


def _meant(node: Node, column: Any) -> Array:
    """Return the values that were read as simpler ones. Raises where one is out of range."""
    if node.is_decimal:
        return _decimals(column, arrow_type(node))
    if node.kind == "int":
        made: Array = column.cast(pa.int32())
        return made
    if node.kind == "boolean":
        _check_range(column, -1, 0)
        return pc.not_equal(column, 0)
    if node.kind == "enum":
        _check_range(column, 0, len(node.symbols) - 1)
        symbols = pa.array(node.symbols, pa.string())
        return pa.DictionaryArray.from_arrays(column.cast(pa.int32()), symbols)
    if node.kind in {"array", "record"}:
        return _meant_within(node, column)
    return column


def _meant_within(node: Node, column: Any) -> Array:
    is_null = column.is_null() if column.null_count else None
    if node.kind == "record":
        parts = zip(node.fields, column.flatten(), strict=True)
        arrays = [_meant(part, one) for (_, part), one in parts]
        names = [name for name, _ in node.fields]
        return pa.StructArray.from_arrays(arrays, names, mask=is_null)
    last = pc.cumulative_sum(_counts(column))
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), last]).cast(pa.int32())
    return pa.ListArray.from_arrays(offsets, _meant(node.within[0], column.flatten()), mask=is_null)


def _check_range(column: Array, least: int, most: int) -> None:
    ends = pc.min_max(column)
    if ends["min"].is_valid and not least <= ends["min"].as_py() <= ends["max"].as_py() <= most:
        raise ValueError("a value is out of range")


def _decimals(column: Any, type_: Any) -> Array:
    """Return decimals of their bytes, of which the first is the highest and has the sign."""
    found = column.cast(pa.binary())
    if (pc.max(pc.binary_length(found)).as_py() or 0) > _DECIMAL:
        raise ValueError("a decimal is too long")
    is_negative = pc.greater_equal(pc.binary_slice(found, 0, 1), pa.scalar(b"\x80"))
    signs = pc.if_else(is_negative, pa.scalar(b"\xff" * _DECIMAL), pa.scalar(bytes(_DECIMAL)))
    filled = pc.binary_join_element_wise(signs, found, pa.scalar(b""))
    numbers = pc.binary_reverse(pc.binary_slice(filled, -_DECIMAL, None)).cast(pa.binary(_DECIMAL))
    made: Array = pa.Array.from_buffers(type_, len(numbers), numbers.buffers())
    made.validate(full=True)  # that none has more digits than there may be
    return made


def _long(value: int) -> bytes:
    """Return a number of no sign as Avro writes it."""
    rest, found = value << 1, bytearray()
    while rest > 0x7F:
        found.append((rest & 0x7F) | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def _sized(value: bytes) -> bytes:
    return _long(len(value)) + value
