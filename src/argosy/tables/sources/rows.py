"""Rows that another system gives by its API: a collection, page by page, as JSON objects.

source = open_rows(stored, table, session)
for page in source.pages(None): …

Which collections there are, by which calls, and where an answer has its rows is declared in
`schemas/connection-types/`, under `tables.rows`; nothing here names a vendor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from argosy.connections.types import load_types
from argosy.errors import TableError
from argosy.tables.sources import bigquery
from argosy.tables.sources.paging import Patience, RowSession
from argosy.tables.sources.rows_api import ApiRows
from argosy.tables.sources.rows_declared import Declared
from argosy.tables.sources.rows_naming import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.connections.opener import TableToOpen
    from argosy.connections.stored import StoredConnection
    from argosy.connections.types import ConnectionType
    from argosy.model import JsonObject
    from argosy.tables.content import Tally
    from argosy.tables.formats.reading import PreviewColumn
    from argosy.tables.sources.rows_shapes import Shape


@dataclass(frozen=True, slots=True)
class RowSettings:
    """The terms of reading rows.

    `patience` is that of a full reading; a preview has none. `query_bytes` is how many bytes a
    query of a warehouse may process, since that is what it costs. `new_id` makes the id by which
    a warehouse knows that a query is sent once more.
    """

    patience: Patience = field(default_factory=Patience)
    query_bytes: int = 10 * 1024**3
    new_id: Callable[[], str] = lambda: str(uuid4())


class RowSource(Protocol):
    """Gives rows, once from the beginning for each call of `pages`."""

    @property
    def name(self) -> str:
        """The table as people write it: `klaviyo://profiles`."""
        ...

    def columns(self) -> tuple[PreviewColumn, ...] | None:
        """Return the columns that are known before a row is read; None where none is."""
        ...

    def shape(self) -> Shape | None:
        """Return the same as a shape; its types are widened by what the first rows hold."""
        ...

    def pages(self, first: int | None, tally: Tally | None = None) -> Iterator[list[JsonObject]]:
        """Yield rows page by page: `first` of them for a preview, all where that is None.

        A preview waits for nothing. Raises TableError.
        """
        ...


def open_rows(
    stored: StoredConnection,
    table: TableToOpen,
    session: RowSession,
    settings: RowSettings | None = None,
    *,
    types: Mapping[str, ConnectionType] | None = None,
) -> RowSource:
    """Find what a table means in its connection, and return what reads it.

    Nothing is called yet, unless the name has to be looked up. Raises TableError where the type
    has no rows, or there is no such collection.
    """
    type_ = (types or load_types())[stored.type]
    settings = settings or RowSettings()
    declared = declared_rows(type_)
    if declared is None or declared.none:
        raise no_rows(type_)
    if declared.engine == bigquery.ENGINE:
        return bigquery.open_table(stored, table, session, settings)
    chosen = choose(declared, type_, table, session)
    return ApiRows(chosen, session, settings.patience)


def declared_rows(type_: ConnectionType) -> Declared | None:
    """Return what a type says of the rows of its tables; None for one whose tables are files."""
    return Declared.from_json(type_.tables["rows"]) if "rows" in type_.tables else None


def no_rows(type_: ConnectionType) -> TableError:
    """Return the error for reading a table of which nothing can be read.

    Its status is that of the table all the same: one that only holds what is noted about it is
    `available` with that.
    """
    declared = declared_rows(type_) or Declared(none="Its tables are files.")
    return TableError(
        detail=declared.none,
        remedy=declared.none_remedy,
        status=declared.none_status,
        reason="unsupported",
        type=type_.id,
    )
