"""The columns of built tables: from DuckDB's types to the vendor's column types, and back."""

# Every name put into SQL here is one of our own or goes through `quoted`.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from argosy.sandbox.store import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.sandbox.store import Store

_NUMBERS: Final = ("BIGINT", "DOUBLE", "INTEGER", "HUGEINT", "FLOAT", "SMALLINT", "DECIMAL")
_WORDS: Final = {"BIGINT": "long", "INTEGER": "int", "DOUBLE": "double", "FLOAT": "float"}


class Source(Struct, frozen=True):
    """A table to build from: its name for people, its path, its columns and DuckDB's types.

    `missing` makes the error for a column that isn't there.
    """

    name: str
    path: str
    columns: Mapping[str, str]
    missing: Callable[[str], Exception]

    def column(self, name: str) -> str:
        """Write a column as an identifier; raise the error if the table lacks it."""
        self.type_of(name)
        return quoted(name)

    def type_of(self, name: str) -> str:
        """Give the type of a column; raise the error if the table lacks it."""
        if name not in self.columns:
            raise self.missing(f"The table {self.name} has no column {name!r}.")
        return self.columns[name]


def natural_kind(store: Store, source: Source, name: str) -> str:
    """Tell which of the vendor's column types a column is by itself."""
    kind = source.columns[name]
    if kind.endswith("[]"):
        return "number_array" if kind.startswith(_NUMBERS) else "string_array"
    if kind == "JSON":
        return _json_kind(store, source, name)
    if kind.startswith(_NUMBERS):
        return "timestamp" if name == "time" else "number"
    return "boolean" if kind == "BOOLEAN" else "string"


def _json_kind(store: Store, source: Source, name: str) -> str:
    """Look into a JSON column: if all its values are arrays, it is one of arrays."""
    column = quoted(name)
    sql = (
        f"SELECT bool_and(json_type({column}) = 'ARRAY'), bool_and(TRY_CAST({column} AS DOUBLE[])"
        f" IS NOT NULL) FROM {source.path} WHERE {column} IS NOT NULL"
    )
    are_arrays, are_numbers = store.run(sql)[0]
    if not are_arrays:
        return "string"
    return "number_array" if are_numbers else "string_array"


def cast_to(value: str, kind: str, wanted: str) -> str:
    """Write a value of a DuckDB type as one of the vendor's column types; NULL if it isn't one."""
    if wanted.endswith("_array"):
        element = "DOUBLE" if wanted == "number_array" else "VARCHAR"
        if kind.endswith("[]"):
            return f"CAST({value} AS {element}[])"
        return f"TRY_CAST(TRY_CAST({value} AS JSON) AS {element}[])"
    text = f"json_extract_string({value}, '$')" if kind == "JSON" else f"CAST({value} AS VARCHAR)"
    is_number = kind.startswith(_NUMBERS) and not kind.endswith("[]")
    parsed = f"CAST(epoch(TRY_CAST({text} AS TIMESTAMP)) AS BIGINT)"
    whole = f"CAST({value} AS BIGINT)"
    of_number = {
        "number": value,
        "timestamp": whole,
        "date": f"strftime(make_timestamp({whole} * 1000000), '%Y-%m-%d')",
    }
    if is_number and wanted in of_number:
        return of_number[wanted]
    of_text = {
        "number": f"TRY_CAST({text} AS DOUBLE)",
        "timestamp": f"COALESCE(TRY_CAST({text} AS BIGINT), {parsed})",
        "boolean": value if kind == "BOOLEAN" else f"TRY_CAST({text} AS BOOLEAN)",
    }
    return of_text.get(wanted, text)


def vendor_type(kind: str) -> str:
    """Give the word that a table's schema has for a DuckDB type."""
    if kind.endswith("[]"):
        return f"array<{vendor_type(kind.removesuffix('[]'))}>"
    return _WORDS.get(kind, "string")
