"""The formats that tables' files have: each read in full as batches, or its first rows as JSON."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.tables.content import Content, FileSpec, Limits, Tally
    from argosy.tables.formats.reading import FilePreview, FileReader, Known

#: The module of each format, and how its functions end.
_FORMATS = {
    "CSV": ("members", "members"),
    "NDJSON": ("members", "members"),
    "JSON": ("members", "members"),
    "PARQUET": ("parquet", "parquet"),
    "AVRO": ("avro", "avro"),
    "dat": ("dat", "dat"),
}


def open_file(
    content: Content, spec: FileSpec, limits: Limits, tally: Tally, known: Known | None = None
) -> FileReader:
    """Return a reader of a file, which must be read to its end or closed. Raises TableError.

    `known` is what was found for it as one of several files, of a format that can be sampled.
    """
    open_it = _function("open", spec, content.name)
    more = () if known is None else (known,)
    reader: FileReader = open_it(content, spec, limits, tally, *more)
    return reader


def preview_file(
    content: Content,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    rows: int = 20,
    known: Known | None = None,
) -> FilePreview:
    """Return the columns and the first rows of a file, of which little is read.

    `known` is as in `open_file`. Raises TableError.
    """
    preview = _function("preview", spec, content.name)
    more = () if known is None else (known,)
    found: FilePreview = preview(content, spec, limits, tally, rows, *more)
    return found


def says_no_types(spec: FileSpec) -> bool:
    """Tell whether the values of files tell their types, so that one file may say less of them."""
    if spec.file_format == "CSV":
        return bool(spec.options.get("infer"))
    return spec.file_format in {"NDJSON", "JSON"}


def sample_file(content: Content, spec: FileSpec, limits: Limits, tally: Tally) -> Known:
    """Return what a preview sees of a file that says no types. Raises TableError."""
    known: Known = _function("sample", spec, content.name)(content, spec, limits, tally)
    return known


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
