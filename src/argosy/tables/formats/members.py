"""Files of text, CSV and JSON: one by itself, or all that an archive holds as one table.

The columns of an archive's members have the types that the first rows of the first members have in
common; what does not fit them later is an error, as it is in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from argosy.errors import TableError
from argosy.tables.formats import zips
from argosy.tables.formats.delimited import open_csv, preview_csv, sample_csv
from argosy.tables.formats.in_order import Once
from argosy.tables.formats.jsons import open_json, preview_json, sample_json
from argosy.tables.formats.streams import members
from argosy.tables.formats.types import common_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.json_values import Shape
    from argosy.tables.formats.reading import FilePreview, FileReader
    from argosy.tables.formats.streams import Member

#: How many members of an archive a preview looks into; those tell the columns' types.
_LOOKED_INTO = 16
#: Columns by their names: types of a CSV file, shapes of a JSON file.
_Columns = Mapping[str, Any]


def open_members(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    """Return a reader of a file of text; the members of an archive are read one after another.

    Raises TableError, where they have not all the same columns, too.
    """
    found = members(content, spec.compression, limits, tally)
    if len(found) == 1:
        only = found[0]
        # of what lies in an archive a preview sees less, by what it fetches of the directory
        is_less = only.member and spec.file_format != "CSV"
        columns = sample_json(only, spec, limits, tally) if is_less else None
        return _open(only, spec, limits, tally, columns)
    columns = _common_columns(content, found, spec, limits, tally)
    return _Chain(content, found, columns, spec, limits, tally)


def preview_members(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, rows: int = 20
) -> FilePreview:
    """Return the columns and the first rows of a file of text, or of an archive's first member.

    Of its first one with rows, that is. Raises TableError, where the first members have not all
    the same columns, too.
    """
    found = members(content, spec.compression, limits, tally)
    if len(found) == 1:
        return _preview(found[0], spec, limits, tally, rows, None)
    columns = _common_columns(content, found[:_LOOKED_INTO], spec, limits, tally)
    for member in found[:_LOOKED_INTO]:
        preview = _preview(member, spec, limits, tally, rows, columns)
        if preview.rows or not preview.is_whole:
            break
    return type(preview)(preview.columns, preview.rows, is_whole=False)


class _Chain(Once):
    """Reads the members of an archive one after another."""

    def __init__(
        self,
        content: Content,
        found: Sequence[Member],
        columns: _Columns,
        spec: FileSpec,
        limits: Limits,
        tally: Tally,
    ) -> None:
        super().__init__()
        self._content = content
        self._members = found
        self._rest = (spec, limits, tally, columns)
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


def _open(
    member: Member, spec: FileSpec, limits: Limits, tally: Tally, columns: _Columns | None
) -> FileReader:
    if spec.file_format == "CSV":
        return open_csv(member, spec, limits, tally, columns)
    return open_json(member, spec, limits, tally, columns)


def _preview(
    member: Member,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    rows: int,
    columns: _Columns | None,
) -> FilePreview:
    if spec.file_format == "CSV":
        return preview_csv(member, spec, limits, tally, rows, columns)
    return preview_json(member, spec, limits, tally, rows, columns)


def _common_columns(
    content: Content, found: Sequence[Member], spec: FileSpec, limits: Limits, tally: Tally
) -> _Columns:
    """Return the columns that the first members have in common.

    Raises TableError where some of them have others. Members that say nothing of their columns, in
    as much as a preview reads, are left to whoever reads them.
    """
    sample: Callable[..., _Columns] = sample_csv if spec.file_format == "CSV" else sample_json
    samples = [sample(member, spec, limits, tally) for member in found]
    names = [tuple(one) for one in samples if one]
    widest = max(names, key=len, default=())
    if spec.file_format == "CSV":
        is_alike = all(one == widest for one in names)
    else:  # a row may lack any member
        is_alike = all(frozenset(widest).issuperset(one) for one in names)
    if not is_alike:
        raise _several(content, found)
    told = [pair for pair in zip(found[:_LOOKED_INTO], samples, strict=False) if pair[1]]
    if spec.file_format == "CSV":
        return {name: common_type(one[name] for _, one in told) for name in widest}
    shape: dict[str, Shape] = {}
    for member, one in told:
        shape = _common_members(shape, one, member, "")
    return shape


def _common_members(
    before: Mapping[str, Shape], shape: Mapping[str, Shape], member: Member, path: str
) -> dict[str, Shape]:
    made = dict(before)
    for name, one in shape.items():
        within = f"{path}.{name}" if path else name
        made[name] = _common_shape(made.get(name, "null"), one, member, within)
    return made


def _common_shape(before: Shape, shape: Shape, member: Member, path: str) -> Shape:
    """Return the shape that holds what two hold: any holds null, and numbers hold integers.

    Raises TableError where there is none.
    """
    if shape in (before, "null"):
        return before
    if before == "null":
        return shape
    if isinstance(before, dict) and isinstance(shape, dict):
        return _common_members(before, shape, member, path)
    if isinstance(before, list) and isinstance(shape, list):
        return [_common_shape(before[0], shape[0], member, path)]
    words = _word(before), _word(shape)
    if set(words) == {"integer", "number"}:
        return "number"
    raise TableError(
        detail=f"it is {words[1]} here and {words[0]} in the files before.",
        file=member.name,
        column=path,
        reason="mixed_files",
        remedy="Write the same kind of value in all files of the archive.",
    )


def _word(shape: Shape) -> str:
    return "object" if isinstance(shape, dict) else "list" if isinstance(shape, list) else shape


def _several(content: Content, found: Sequence[Member]) -> TableError:
    return zips.several(content.name, [one.member for one in found])
