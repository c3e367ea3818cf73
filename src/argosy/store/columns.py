"""The kinds of columns, so chosen that both databases hold and sort them alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Float, Integer, Text
from sqlalchemy.types import UserDefinedType

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect

#: Text that sorts and compares by code point, whatever the database's language.
Words = Text().with_variant(Text(collation="C"), "postgresql")
#: Seconds since 1970, as a double.
Seconds = Float(53)
#: A number that counts rows up.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")


class JsonText(UserDefinedType[Any]):
    """A JSON value as text: numbers and the order of keys stay as they were given.

    Not a database's own JSON: PostgreSQL's refuses text that SQLite's takes. NaN and infinities
    are no JSON and raise ValueError. None is no value.
    """

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type in the database's words."""
        return "TEXT"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """Return what writes a value as text."""
        return _write

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return what reads the text as a value."""
        return _read


def _write(value: Any) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
