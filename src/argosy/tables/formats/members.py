"""Files of text, CSV and JSON: one by itself, or all that an archive holds as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.tables.content import Tally
from argosy.tables.formats import zips
from argosy.tables.formats.delimited import open_csv, preview_csv
from argosy.tables.formats.in_order import Once
from argosy.tables.formats.jsons import open_json, preview_json
from argosy.tables.formats.streams import members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from argosy.errors import TableError
    from argosy.tables.content import Content, FileSpec, Limits
    from argosy.tables.formats.reading import FilePreview, FileReader
    from argosy.tables.formats.streams import Member

#: How many members of an archive a preview looks into.
_LOOKED_INTO = 16


def open_members(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    """Return a reader of a file of text; the members of an archive are read one after another.

    Raises TableError, where they have not all the same columns, too.
    """
    found = members(content, spec.compression, limits, tally)
    if len(found) == 1:
        return _open(found[0], spec, limits, tally)
    _check_alike(content, found, spec, limits, tally)
    return _Chain(content, found, spec, limits, tally)


def preview_members(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, rows: int = 20
) -> FilePreview:
    """Return the columns and the first rows of a file of text, or of an archive's first member.

    Raises TableError, where the first members have not all the same columns, too.
    """
    found = members(content, spec.compression, limits, tally)
    preview = _preview(found[0], spec, limits, tally, rows)
    if len(found) == 1:
        return preview
    _check_alike(content, found[:_LOOKED_INTO], spec, limits, tally)
    return type(preview)(preview.columns, preview.rows, is_whole=False)


class _Chain(Once):
    """Reads the members of an archive one after another."""

    def __init__(
        self,
        content: Content,
        found: Sequence[Member],
        spec: FileSpec,
        limits: Limits,
        tally: Tally,
    ) -> None:
        super().__init__()
        self._content = content
        self._members = found
        self._rest = (spec, limits, tally)
        self._current = _open(found[0], *self._rest)
        self._schema = self._current.schema

    @property
    def schema(self) -> pa.Schema:
        """The columns of all members."""
        return self._schema

    def _give(self) -> Iterator[pa.RecordBatch]:
        yield from self._current
        for member in self._members[1:]:
            self._current = _open(member, *self._rest)
            if not self._current.schema.equals(self._schema):
                raise _several(self._content, self._members)
            yield from self._current

    def _let_go(self) -> None:
        self._current.close()


def _open(member: Member, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    if spec.file_format == "CSV":
        return open_csv(member, spec, limits, tally)
    return open_json(member, spec, limits, tally)


def _preview(
    member: Member, spec: FileSpec, limits: Limits, tally: Tally, rows: int
) -> FilePreview:
    if spec.file_format == "CSV":
        return preview_csv(member, spec, limits, tally, rows)
    return preview_json(member, spec, limits, tally, rows)


def _check_alike(
    content: Content, found: Sequence[Member], spec: FileSpec, limits: Limits, tally: Tally
) -> None:
    """Refuse members whose columns have not the same names. Raises TableError."""
    seen: set[tuple[str, ...]] = set()
    for member in found:
        counted = Tally(is_over=tally.is_over)
        columns = _preview(member, spec, limits, counted, 0).columns
        tally.bytes_read += counted.bytes_read
        if columns:  # else its first row is longer than a preview reads
            seen.add(tuple(column.name for column in columns))
        if len(seen) > 1:
            raise _several(content, found)


def _several(content: Content, found: Sequence[Member]) -> TableError:
    return zips.several(content.name, [one.member for one in found])
