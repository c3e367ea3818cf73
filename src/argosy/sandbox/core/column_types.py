"""Column types: the vendor's words (long, string, array<long>) and what DuckDB keeps them as.

Declared columns are real columns, so that SQL works on them: int and long are BIGINT, float and
double DOUBLE, arrays lists, maps maps. A column that only came with rows has the type its
values needed. The vendor has no word for truth values in a table, and its Java client knows
none, so BOOLEAN is told as string; so is JSON, for nested values of no declared type.
"""

from __future__ import annotations

import re
from typing import Final

from argosy.sandbox.core.errors import invalid

_SCALARS: Final = {
    "int": "BIGINT",
    "long": "BIGINT",
    "float": "DOUBLE",
    "double": "DOUBLE",
    "string": "VARCHAR",
}
_WORDS: Final = {
    "BIGINT": "long",
    "INTEGER": "int",
    "HUGEINT": "long",
    "DOUBLE": "double",
    "FLOAT": "float",
}
_ARRAY: Final = re.compile(r"array<(.+)>")
_MAP: Final = re.compile(r"map<([a-z]+),(.+)>")
_DEEPEST: Final = 5


def duckdb_type(word: str, depth: int = 0) -> str:
    """Give the column type for a word of the vendor's; refuse an unknown one with 422."""
    plain = word.strip().lower().replace(" ", "")
    if plain in _SCALARS:
        return _SCALARS[plain]
    if depth < _DEEPEST:
        if array := _ARRAY.fullmatch(plain):
            return f"{duckdb_type(array[1], depth + 1)}[]"
        if pair := _MAP.fullmatch(plain):
            key, value = (duckdb_type(one, depth + 1) for one in (pair[1], pair[2]))
            return f"MAP({key}, {value})"
    raise invalid(f"Validation failed: '{word[:100]}' is not a column type")


def vendor_type(column: str) -> str:
    """Give the vendor's word for a column type of DuckDB."""
    if column.endswith("[]"):
        return f"array<{vendor_type(column[:-2])}>"
    if column.startswith("MAP("):
        key, _, value = column[4:-1].partition(", ")
        return f"map<{vendor_type(key)},{vendor_type(value)}>"
    return _WORDS.get(column, "string")
