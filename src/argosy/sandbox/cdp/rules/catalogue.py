"""What a rule can speak of: the built tables of a parent segment and their columns.

A column has one of the vendor's types. Names are found as the parent segment has them and as
the built table has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOMER_ID: Final = "cdp_customer_id"
CUSTOMERS: Final = "customers"
TIME: Final = "time"
TIMESTAMP: Final = "timestamp"
"""What rules call the time of a behavior's row."""
ARRAYS: Final = {"string_array": "string", "number_array": "number"}


class MatrixTable(Struct, frozen=True):
    """A built table: its name, and the types of its columns by their names."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> tuple[str, str] | None:
        """Find a column by the name it was given or has; give its name and type."""
        for wanted in (name, matrix_name(name), TIME if name == TIMESTAMP else name):
            if wanted in self.columns:
                return wanted, self.columns[wanted]
        return None


class Catalogue(Struct, frozen=True):
    """The built tables of one parent segment, groups and behaviors by their given names."""

    database: str
    customers: MatrixTable
    behaviors: Mapping[str, MatrixTable] = field(default_factory=dict)
    groups: Mapping[str, MatrixTable] = field(default_factory=dict)

    def behavior(self, name: str) -> MatrixTable | None:
        """Find a behavior by its name, or by its table's."""
        tables = self.behaviors
        return tables.get(name) or next((t for t in tables.values() if t.name == name), None)


def matrix_name(name: str) -> str:
    """Give the name that a table or column gets for a name that people gave."""
    made = re.sub(r"[^a-z0-9_]+", "_", name.lower())
    return made if made and not made[0].isdigit() else f"_{made}"
