"""How the files of a table are to be read: what it says, and what their names make plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.connections.table_document import with_defaults
from argosy.errors import TableError
from argosy.tables.content import FileSpec

if TYPE_CHECKING:
    from argosy.model import JsonObject

_FIELD = "connection_table_params.file_format"
_ENDINGS = {
    "csv": "CSV",
    "tsv": "CSV",
    "json": "JSON",
    "ndjson": "NDJSON",
    "jsonl": "NDJSON",
    "parquet": "PARQUET",
    "avro": "AVRO",
    "dat": "dat",
}
_PACKED = ("gz", "gzip", "zip", "zst", "zstd", "bz2")


def with_format(table: JsonObject, file: str) -> JsonObject:
    """Return a table that says how its files are read; what it leaves open, a file's name tells.

    Raises TableError where the name tells nothing.
    """
    params = table["connection_table_params"]
    if "file_format" in params:
        return table
    ending = _ending(file)
    if ending not in _ENDINGS:
        raise TableError(
            detail="the table names no file format, and the file's name does not tell one.",
            remedy="Set file_format to CSV, JSON, NDJSON, PARQUET or AVRO.",
            reason="wrong_format",
            file=file,
            field=_FIELD,
        )
    made = {**params, "file_format": _ENDINGS[ending]}
    if ending == "tsv":
        made["options"] = {"delimiter": "\t", **params.get("options", {})}
    return with_defaults({**table, "connection_table_params": made})


def spec_of(table: JsonObject) -> FileSpec:
    """Return how the files of a table with a format are read."""
    params = table["connection_table_params"]
    options = params.get("options", {})
    return FileSpec(params["file_format"], options.get("compression", "infer"), options)


def _ending(file: str) -> str:
    """Return what a name ends in, without what only says how the file is compressed."""
    parts = file.rpartition("/")[2].lower().split(".")[1:]
    while parts and parts[-1] in _PACKED:
        parts.pop()
    return parts[-1] if parts else ""
