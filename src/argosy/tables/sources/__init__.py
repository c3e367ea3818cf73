"""Where tables lie: files of this server, objects of a store, rows of another system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from argosy.connections.stored import LOCAL
from argosy.connections.table_document import place_of
from argosy.errors import TableError
from argosy.tables.content import Limits
from argosy.tables.sources.local import LocalContent
from argosy.tables.sources.objects import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from argosy.connections.opener import TableToOpen
    from argosy.connections.probing import Prober
    from argosy.connections.stored import StoredConnection
    from argosy.connections.types import ConnectionType
    from argosy.tables.content import Content
    from argosy.transport import Control

_USUAL_LIMITS = Limits()
#: The kind of tables, as types declare it, that are objects of a bucket.
_OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a table, in order, until it is closed; use it in a `with`."""

    files: Sequence[Content]
    close: Callable[[], None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Content]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True)
class Files:
    """Finds the files that tables are made of.

    `local_file` tells where the uploaded file of a database's table lies, None on a server without
    a folder for them.
    """

    prober: Prober
    types: Mapping[str, ConnectionType]
    local_file: Callable[[str, str], Path | None]
    limits: Limits = _USUAL_LIMITS

    def find(
        self,
        stored: StoredConnection,
        table: TableToOpen,
        *,
        budget: float | None = None,
        control: Control | None = None,
    ) -> Contents:
        """Return the files of a table; nothing of their inside is read.

        With a `budget` all calls, later reads included, end within so many seconds from now.
        Raises TableError.
        """
        type_ = self.types[stored.type]
        if stored.type == LOCAL:
            return Contents((self._local(table),), lambda: None)
        if type_.tables["kind"] != _OBJECT:
            raise TableError(
                detail=f"The tables of {type_.title} are no files.",
                reason="unsupported",
                status="wrong_specification",
            )
        params = table.table["connection_table_params"]
        bucket = _bucket(stored, params, type_)
        given = {**params, "name": table.name, "bucket": bucket}
        session = self.prober.session(
            type_, stored.credentials, stored.metadata, table=given, budget=budget, control=control
        )
        try:
            place = f"{type_.id.lower()}://{bucket}"
            found = Bucket(session, type_.tables["paging"], place, self.limits.files)
            return Contents(found.find(params, table.name), session.close)
        except BaseException:
            session.close()
            raise

    def _local(self, table: TableToOpen) -> LocalContent:
        path = self.local_file(table.database, table.name)
        name = place_of(LOCAL, table.name, {})
        if path is None:
            raise TableError(
                detail="this server has no folder for uploads.",
                remedy="The operator of this server sets one.",
                file=name,
                reason="not_writable",
                status="unknown_error",
            )
        return LocalContent(path, name)


def _bucket(stored: StoredConnection, params: Mapping[str, object], type_: ConnectionType) -> str:
    """Return the bucket of a table, or of its connection. Raises TableError."""
    bucket = str(params.get("bucket") or stored.metadata.get("bucket") or "")
    declared = type_.metadata["properties"]["bucket"]
    if bucket and re.fullmatch(declared["pattern"], bucket):
        return bucket
    if bucket:
        detail, remedy = "No bucket can have this name.", declared["x-hint"]
    else:
        detail = "The table names no bucket."
        remedy = "Give it one, or name one for all tables in the metadata of the connection."
    raise TableError(
        detail=detail,
        remedy=remedy,
        field="connection_table_params.bucket",
        reason="bad_shape",
        status="wrong_specification",
    )
