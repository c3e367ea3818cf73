"""Rows of a query's result: read within bounds, and written as CSV, JSON, JSON lines or Parquet.

The vendor gives a result as one JSON list a line. Everything here reads it line by line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import IO, TYPE_CHECKING

from argosy.sdk import HandlerError, Json, JsonObject, PartFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

#: Rows beyond so many bytes of JSON are not held in memory, whatever their number.
MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_FORMATS = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_FORMATS |= {".parquet": "parquet"}

#: Types of the vendor's engines that are another word for one of DuckDB's.
_SCALARS = {
    "bigint": "BIGINT",
    "long": "BIGINT",
    "integer": "INTEGER",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "tinyint": "TINYINT",
    "double": "DOUBLE",
    "real": "FLOAT",
    "float": "FLOAT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_DECIMAL = re.compile(r"decimal\(([0-9]{1,2}),\s*([0-9]{1,2})\)")
_ARRAY = re.compile(r"array[(<](.*)[)>]", re.DOTALL)


def format_for(target: Path) -> str:
    """Return the format that a file's ending stands for; CSV where it says nothing."""
    return _FORMATS.get(target.suffix.lower(), "csv")


def each_row(found: Path) -> Iterator[list[Json]]:
    """Yield the rows of a result. Raises HandlerError for a line that is no row."""
    with found.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, list):
                raise HandlerError(detail=f"line {number} of the result is no row")
            yield row


def read_rows(found: Path, most: int, most_bytes: int = MOST_BYTES) -> tuple[list[Json], bool]:
    """Return the first rows of a result, and whether these are all.

    At most `most` of them, and none that begins after so many bytes of the result.
    """
    rows: list[Json] = []
    size = 0
    for row in each_row(found):
        if len(rows) >= most or size >= most_bytes:
            return rows, False
        rows.append(row)
        size += len(json.dumps(row))
    return rows, True


def as_named(names: Sequence[str], row: Sequence[Json]) -> JsonObject:
    """Return a row as an object; values beyond the known columns have a number as name."""
    extra = [f"column{number}" for number in range(len(names) + 1, len(row) + 1)]
    return dict(zip((*names, *extra), row, strict=False))


def write_file(found: Path, target: Path, form: str, columns: Sequence[JsonObject]) -> JsonObject:
    """Write a result to a file, which is there only when it is whole; return what was written.

    Raises UnwritableFileError where the file cannot be written, and HandlerError for rows that
    the format cannot hold.
    """
    names = [column["name"] for column in columns]
    with PartFile(target) as part:
        if form == "parquet":
            count = _write_parquet(found, part.write, columns)
        else:
            count = _write_text(found, part.write, form, names)
    return {"file": str(target), "format": form, "size": target.stat().st_size, "rowCount": count}


def _write_text(
    found: Path, write: Callable[[bytes], None], form: str, names: Sequence[str]
) -> int:
    count = 0
    if form == "csv":
        write(_csv_line(names))
    for count, row in enumerate(each_row(found), start=1):
        if form == "csv":
            write(_csv_line(row))
            continue
        text = json.dumps(as_named(names, row), ensure_ascii=False, separators=(",", ":"))
        if form == "json":
            text = ("[" if count == 1 else ",\n") + text
        write(text.encode(errors="surrogatepass"))
        if form == "jsonl":
            write(b"\n")
    if form == "json":
        write(b"]\n" if count else b"[]\n")
    return count


def _csv_line(row: Sequence[Json]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([_csv_value(value) for value in row])
    return buffer.getvalue().encode(errors="surrogatepass")


def _csv_value(value: Json) -> str:
    """Return a value as a field: null is empty, a list or object is JSON."""
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _write_parquet(
    found: Path, write: Callable[[bytes], None], columns: Sequence[JsonObject]
) -> int:
    """Write a result as Parquet; the types are those of the columns, what is nested is JSON."""
    try:
        import duckdb  # noqa: PLC0415 - only who writes Parquet needs it
    except ImportError:
        detail = "Parquet needs the package duckdb, which is not installed"
        raise HandlerError(detail=detail) from None
    if not columns:
        raise HandlerError(detail="Parquet needs columns, and the query has none")
    kinds = {f"c{index}": parquet_type(column["type"]) for index, column in enumerate(columns)}
    plain, packed = found.with_name("plain.jsonl"), found.with_name("packed.parquet")
    with plain.open("w", encoding="utf-8") as lines:
        count = _write_plain(found, lines, kinds)
    try:
        with duckdb.connect() as connection:
            connection.execute(_copy(plain, packed, kinds, columns))
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        raise HandlerError(detail=f"the rows cannot be written as Parquet: {first}") from error
    with packed.open("rb") as content:
        while chunk := content.read(_CHUNK):
            write(chunk)
    return count


def _write_plain(found: Path, lines: IO[str], kinds: Mapping[str, str]) -> int:
    count = 0
    for count, row in enumerate(each_row(found), start=1):
        if len(row) != len(kinds):
            detail = f"row {count} has {len(row)} values, and there are {len(kinds)} columns"
            raise HandlerError(detail=detail)
        lines.write(json.dumps(dict(zip(kinds, row, strict=True))) + "\n")
    return count


def _copy(
    plain: Path, packed: Path, kinds: Mapping[str, str], columns: Sequence[JsonObject]
) -> str:
    """Return the statement; its types are our own words, names and paths are quoted."""
    given = ", ".join(f"{name}: '{kind}'" for name, kind in kinds.items())
    names = [_quoted(column["name"], mark='"') for column in columns]
    shown = ", ".join(f"{key} AS {name}" for key, name in zip(kinds, names, strict=True))
    source = f"read_json({_quoted(str(plain))}, format='newline_delimited', columns={{{given}}})"
    return f"COPY (SELECT {shown} FROM {source}) TO {_quoted(str(packed))} (FORMAT parquet)"  # noqa: S608


def _quoted(text: str, mark: str = "'") -> str:
    return mark + text.replace(mark, mark * 2) + mark


def parquet_type(given: str) -> str:
    """Return DuckDB's type for one of the engines; what is nested or unknown is text."""
    kind = given.strip().lower()
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        digits, scale = (int(part) for part in decimal.groups())
        return f"DECIMAL({digits},{scale})" if scale <= digits <= 38 else "VARCHAR"
    array = _ARRAY.fullmatch(kind)
    if array:
        inner = parquet_type(array[1])
        return "VARCHAR" if inner == "VARCHAR" and not _is_text(array[1]) else f"{inner}[]"
    return _SCALARS.get(re.sub(r"^timestamp\([0-9]+\)$", "timestamp", kind), "VARCHAR")


def _is_text(kind: str) -> bool:
    return re.fullmatch(r"\s*(varchar|char|string)(\([0-9]+\))?\s*", kind) is not None
