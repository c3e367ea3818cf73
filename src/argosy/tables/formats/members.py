"""Files of text, CSV and JSON: one by itself, or several, or an archive's members, as one table.

The columns of several have the types that the first rows of the first of them have in common; what
does not fit them later is an error, as it is in one file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats import zips
from argosy.tables.formats.delimited import open_csv, preview_csv, sample_csv
from argosy.tables.formats.in_order import Once
from argosy.tables.formats.json_values import Large
from argosy.tables.formats.jsons import open_json, preview_json, sample_json
from argosy.tables.formats.reading import Known
from argosy.tables.formats.streams import members
from argosy.tables.formats.types import common_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.json_values import Shape
    from argosy.tables.formats.reading import Columns, FilePreview, FileReader
    from argosy.tables.formats.streams import Member

#: How many members of an archive a preview looks into; those tell the columns' types.
_LOOKED_INTO = 16


def open_members(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, known: Known | None = None
) -> FileReader:
    """Return a reader of a file of text; the members of an archive are read one after another.

    Raises TableError, where they have not all the same columns, too.
    """
    found, columns = _known(content, spec, limits, tally, known)
    if len(found) == 1:
        only = found[0]
        # a preview sees less of what is compressed or lies in an archive, and no column behind it
        if columns is None and not only.is_plain and spec.file_format != "CSV":
            columns = sample_json(only, spec, limits, tally)
            return open_json(only, spec, limits, tally, columns, is_final=True)
        return _open(only, spec, limits, tally, columns)
    own = _common_columns(content, found, spec, limits, tally)
    return _Chain(content, found, columns or own, spec, limits, tally)


def preview_members(
    content: Content,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    rows: int = 20,
    known: Known | None = None,
) -> FilePreview:
    """Return the columns and the first rows of a file of text, or of an archive's first member.

    Of its first one with rows, that is. Raises TableError, where the first members have not all
    the same columns, too.
    """
    found, columns = _known(content, spec, limits, tally, known)
    if len(found) == 1:
        return _preview(found[0], spec, limits, tally, rows, columns)
    found = found[:_LOOKED_INTO]
    columns = columns or _common_columns(content, found, spec, limits, tally)
    for member in found:
        preview = _preview(member, spec, limits, tally, rows, columns)
        if preview.rows or not preview.is_whole:
            break
    return replace(preview, is_whole=False)


def sample_members(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> Known:
    """Return the members of a file, and the columns that a preview sees. Raises TableError."""
    found = members(content, spec.compression, limits, tally)
    if len(found) == 1:
        return Known(_sample(spec)(found[0], spec, limits, tally), found)
    return Known(_common_columns(content, found[:_LOOKED_INTO], spec, limits, tally), found)


def common_columns(samples: Iterable[tuple[str, Columns]], spec: FileSpec) -> Columns:
    """Return what the columns of files are that have these, each named for errors.

    A row of JSON may lack any member, so there the columns are those of the file that has most of
    them. Raises TableError where JSON's values are of other kinds.
    """
    samples = list(samples)
    if spec.file_format == "CSV":
        names = dict.fromkeys(name for _, one in samples for name in one)
        return {name: common_type(one[name] for _, one in samples if name in one) for name in names}
    shape: dict[str, Shape] = {}
    for file, one in samples:
        shape = _common_members(shape, one, file, "")
    return {name: shape[name] for name in max((one for _, one in samples), key=len, default=())}


class _Chain(Once):
    """Reads the members of an archive one after another."""

    def __init__(
        self,
        content: Content,
        found: Sequence[Member],
        columns: Columns,
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
    member: Member, spec: FileSpec, limits: Limits, tally: Tally, columns: Columns | None
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
    columns: Columns | None,
) -> FilePreview:
    if spec.file_format == "CSV":
        return preview_csv(member, spec, limits, tally, rows, columns)
    return preview_json(member, spec, limits, tally, rows, columns)


def _known(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, known: Known | None
) -> tuple[tuple[Member, ...], Columns | None]:
    """Return the members of a file, and its columns if they are known. Raises TableError."""
    found = known.found if known else ()
    columns = known.columns if known else None
    return found or members(content, spec.compression, limits, tally), columns or None


def _sample(spec: FileSpec) -> Callable[..., Columns]:
    return sample_csv if spec.file_format == "CSV" else sample_json


def _common_columns(
    content: Content, found: Sequence[Member], spec: FileSpec, limits: Limits, tally: Tally
) -> Columns:
    """Return the columns that the first members have in common.

    Raises TableError where some of them have others. Members that say nothing of their columns, in
    as much as a preview reads, are left to whoever reads them.
    """
    sampled = [(member.name, _sample(spec)(member, spec, limits, tally)) for member in found]
    columns = common_columns(sampled[:_LOOKED_INTO], spec)
    names = [list(one) for _, one in sampled if one]
    if spec.file_format == "CSV":
        is_alike = all(one == names[0] for one in names)
    else:
        is_alike = all(columns.keys() >= set(one) for one in names)
    if not is_alike:
        raise _several(content, found)
    return columns


def _common_members(
    before: Mapping[str, Shape], shape: Mapping[str, Shape], file: str, path: str
) -> dict[str, Shape]:
    made = dict(before)
    for name, one in shape.items():
        within = f"{path}.{name}" if path else name
        made[name] = _common_shape(made.get(name, "null"), one, file, within)
    return made


def _common_shape(before: Shape, shape: Shape, file: str, path: str) -> Shape:
    """Return the shape that holds what two hold: any holds null, and numbers hold integers.

    Raises TableError where there is none.
    """
    if "null" in (before, shape):
        return shape if before == "null" else before
    if isinstance(before, dict) and isinstance(shape, dict):
        return _common_members(before, shape, file, path)
    if isinstance(before, list) and isinstance(shape, list):
        return [_common_shape(before[0], shape[0], file, path)]
    is_large = isinstance(before, Large) or isinstance(shape, Large)
    if before == shape:
        return before if isinstance(before, Large) else shape
    words = _word(before), _word(shape)
    are_numbers = set(words) == {"integer", "number"}
    if are_numbers and not is_large:
        return "number"
    why = ", and some of the integers are too large for that" if are_numbers else ""
    raise TableError(
        detail=f"it is {words[1]} here and {words[0]} in the files before{why}.",
        file=file,
        column=path,
        reason="mixed_files",
        remedy="Write the same kind of value in all files.",
    )


def _word(shape: Shape) -> str:
    return "object" if isinstance(shape, dict) else "list" if isinstance(shape, list) else shape


def _several(content: Content, found: Sequence[Member]) -> TableError:
    return zips.several(content.name, [one.member for one in found])
