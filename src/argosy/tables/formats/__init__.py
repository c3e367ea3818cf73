"""The formats that tables' files have: each read in full as batches, or its first rows as JSON."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.reading import FilePreview, FileReader

#: The module of each format, and how its functions end.
_FORMATS = {
    "CSV": ("members", "members"),
    "NDJSON": ("members", "members"),
    "JSON": ("members", "members"),
    "PARQUET": ("parquet", "parquet"),
    "AVRO": ("avro", "avro"),
    "dat": ("dat", "dat"),
}


def open_file(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> FileReader:
    """Return a reader of a file, which must be read to its end or closed. Raises TableError."""
    reader: FileReader = _function("open", spec, content.name)(content, spec, limits, tally)
    return reader


def preview_file(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, rows: int = 20
) -> FilePreview:
    """Return the columns and the first rows of a file, of which little is read.

    Raises TableError.
    """
    preview = _function("preview", spec, content.name)
    found: FilePreview = preview(content, spec, limits, tally, rows)
    return found


def _function(verb: str, spec: FileSpec, name: str) -> Callable[..., Any]:
    """Return what opens or previews a format. Raises TableError."""
    if spec.file_format not in _FORMATS:
        raise TableError(
            detail=f"{spec.file_format or 'nothing'!r} is no format that files are read in.",
            file=name,
            remedy=f"Use one of {', '.join(_FORMATS)}.",
            field="connection_table_params.file_format",
            reason="unsupported",
        )
    module, ending = _FORMATS[spec.file_format]
    try:  # not before a file is read: what it needs is an extra, and takes its time
        found = importlib.import_module(f"argosy.tables.formats.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("argosy"):
            raise
        raise TableError(
            detail=f"reading {spec.file_format} needs {error.name}, which is not installed.",
            file=name,
            remedy="pip install 'argosy[tables]'",
            status="unknown_error",
            reason="unsupported",
        ) from None
    function: Callable[..., Any] = getattr(found, f"{verb}_{ending}")
    return function
