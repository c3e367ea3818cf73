"""Precomputed files of the vendor: kept as they are, and never read as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats.reading import FilePreview

if TYPE_CHECKING:
    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.reading import FileReader


def open_dat(content: Content, _spec: FileSpec, _limits: Limits, _tally: Tally) -> FileReader:
    """Raise TableError: such a file has no rows to read."""
    raise TableError(
        detail="is a dat file: results that were computed before, in a form of their own. "
        "It is kept and given on as a whole, and has no rows or columns to read.",
        file=content.name,
        reason="unsupported",
        field="connection_table_params.file_format",
        remedy="To read rows, upload them as CSV, NDJSON, Parquet or Avro.",
    )


def preview_dat(
    content: Content, _spec: FileSpec, _limits: Limits, tally: Tally, _rows: int
) -> FilePreview:
    """Return a preview without columns, and a warning that says why."""
    tally.warnings.append(
        f"{content.name}: is a dat file, which is kept as it is; it has no columns to show."
    )
    return FilePreview((), (), is_whole=False)
