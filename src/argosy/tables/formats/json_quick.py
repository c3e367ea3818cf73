"""Blocks of rows parsed by libraries, which are quick but do not see all that is wrong.

What they would misread is looked for before and after; where there may be any of it, the rows are
to be read slowly, one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from argosy.tables.formats.json_sparse import Sparse
from argosy.tables.formats.text import is_utf8

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.tables.formats.json_blocks import Block
    from argosy.tables.formats.json_proved import Proved

#: Blocks of so many bytes come quickest through polars, and through pyarrow.
_LARGE, _SMALL = 3 * 1024 * 1024, 1024 * 1024
#: For a file of so many bytes polars is worth the time that loading it takes.
_WORTH_POLARS = 16 * 1024 * 1024
#: What polars is given: from some 50 columns on pyarrow is quicker, and objects within objects take
#: polars time by the square of their levels. Of lists it makes far more memory than their text.
_MOST_COLUMNS, _MOST_LEVELS = 40, 5
#: What counts in a proof, and what no name is passed on with.
_ODD_NAME = re.compile('[":\0]|\\A\\Z')
_EXACT = 2**53
_EMPTY_LINE = re.compile(rb"\n[ \t]*\n")
#: For Arrow, which searches several times as quickly as Python, while other threads go on.
_NULL_ROW = r"\}[ \t\r\n]*null"
_OTHER_LINE = r"\n[^{]"
_Unexpected = Literal["error", "ignore"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of a block, and what keeps it from being taken as it is, if anything does.

    `block` is there where there is trouble; others are let go of as soon as they are parsed. What
    `is_strict` found trouble in members that no column has, too.
    """

    batch: pa.RecordBatch | None
    trouble: str = ""
    block: Block | None = None
    is_strict: bool = False


class Quick:
    """Parses blocks of one file. Threads may share it.

    `longest` is how long a text may be, `size` how many bytes the file has: long ones are parsed by
    polars where it can be proved right. Members that `schema` does not have are trouble until
    `leaves_out` is set.
    """

    def __init__(
        self, schema: pa.Schema, size: int, longest: int, go_on: Callable[[], None]
    ) -> None:
        self._schema = schema
        self._longest = longest
        self._sparse = Sparse(schema, go_on)
        self._is_for_polars = size >= _WORTH_POLARS and _is_for_polars(list(schema), 1)
        self._proved: Proved | None = None
        self.leaves_out = False

    @property
    def block_size(self) -> int:
        """Of how many bytes the next block is best."""
        return _LARGE if self._is_proving else _SMALL

    @property
    def _is_proving(self) -> bool:
        is_over = self._proved is not None and self._proved.is_over
        return self._is_for_polars and not self.leaves_out and not is_over

    def parse(self, block: Block, *, is_sparse: bool) -> Parsed:
        """Return what comes of a block; never raises for what is in it.

        Its rows are sparse if few of the columns have a value in them.
        """
        rows = block.rows
        if not rows[:1].strip() and not rows.strip():
            return Parsed(pa.RecordBatch.from_pylist([], schema=self._schema))
        if not is_sparse and (batch := self._prove(block)) is not None:
            return self._looked_at(batch, block)
        if not _is_safe(rows, whole := pa.array([rows], pa.large_binary())):
            return Parsed(None, "a row is no object, or no UTF-8", block)
        if _has_empty_line(rows, whole):  # else two rows on another line were not seen
            return Parsed(None, "it has empty lines", block)
        if self.leaves_out:
            return self._parse(block, "ignore", is_sparse=is_sparse)
        return replace(self._parse(block, "error", is_sparse=is_sparse), is_strict=True)

    def parse_checked(self, block: Block, *, is_sparse: bool) -> Parsed:
        """Return what comes of rows that are known to be right."""
        return self._parse(block, "ignore", is_sparse=is_sparse)

    def _prove(self, block: Block) -> pa.RecordBatch | None:
        is_long = len(block.rows) > _LARGE
        # polars unpacks what begins like a compressed file
        if not self._is_proving or is_long or not block.rows.startswith(b"{"):
            return None
        if self._proved is None:
            from argosy.tables.formats.json_proved import (  # noqa: PLC0415 - loads polars: 0.2 s
                Proved,
            )

            self._proved = Proved(self._schema)
        return self._proved.parse(block.rows, block.count)

    def _parse(self, block: Block, unexpected: _Unexpected, *, is_sparse: bool) -> Parsed:
        rows = block.rows
        schema = self._sparse.narrow(rows) if is_sparse else self._schema
        try:
            table = arrow_json.read_json(
                cast("IO[bytes]", pa.BufferReader(rows)),
                arrow_json.ReadOptions(use_threads=False, block_size=len(rows) + 1),
                arrow_json.ParseOptions(
                    explicit_schema=schema,
                    newlines_in_values=False,
                    unexpected_field_behavior=unexpected,
                ),
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            return Parsed(None, str(error), block)
        batch = table.to_batches()[0]
        if batch.num_rows != block.count:
            return Parsed(None, "it is not one object on each line", block)
        parsed = self._looked_at(batch, block)
        return replace(parsed, batch=self._sparse.fill(batch)) if is_sparse else parsed

    def _looked_at(self, batch: pa.RecordBatch, block: Block) -> Parsed:
        if len(block.rows) > self._longest or not all(map(_is_exact, batch.columns)):
            return Parsed(batch, "it may hold what is rounded or too long", block)
        return Parsed(batch)


def _is_safe(rows: bytes, whole: pa.Array[Any]) -> bool:
    """Whether the quick parser can be given these rows, which are `whole`, too.

    It ends the process where a row is null, and does not see what is no UTF-8.
    """
    has_null = _has(whole, _NULL_ROW) or (not rows.startswith(b"{") and b"null" in rows)
    return not has_null and b"\0" not in rows and is_utf8(rows)


def _has_empty_line(rows: bytes, whole: pa.Array[Any]) -> bool:
    if not rows[: rows.find(b"\n")].strip():
        return True
    return _has(whole, _OTHER_LINE) and _EMPTY_LINE.search(rows) is not None


def _has(whole: pa.Array[Any], pattern: str) -> bool:
    return bool(pc.match_substring_regex(whole, pattern)[0].as_py())


def _is_exact(column: Any) -> bool:
    """Whether numbers are so small that none was rounded, and none is NaN."""
    if pa.types.is_floating(column.type):
        is_small = pc.less(pc.abs(column), pa.scalar(float(_EXACT)))
        return bool(pc.all(is_small, min_count=0).as_py())
    if pa.types.is_list(column.type):
        return _is_exact(column.flatten())
    if pa.types.is_struct(column.type):
        return all(map(_is_exact, column.flatten()))
    return True


def _is_for_polars(fields: list[Any], level: int) -> bool:
    within = [list(one.type) for one in fields if pa.types.is_struct(one.type)]
    return (
        level <= _MOST_LEVELS
        and len(fields) + sum(map(len, within)) <= _MOST_COLUMNS
        and not any(pa.types.is_list(one.type) or _ODD_NAME.search(one.name) for one in fields)
        and all(_is_for_polars(one, level + 1) for one in within)
    )
