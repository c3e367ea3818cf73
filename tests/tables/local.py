"""Tables of LOCAL whose files lie in a folder of the test."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from argosy.connections.opener import Opened, TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import LOCAL, StoredConnection
from argosy.connections.table_document import with_defaults
from argosy.connections.types import load_types
from argosy.tables import StoredTable
from argosy.tables.content import Limits
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Contents, Files
from argosy.tables.sources.local import LocalContent

_CONNECTION = StoredConnection("org", LOCAL, LOCAL)


def table_of(resource: str = "user", mapping: Any = None, **params: Any) -> Any:
    """Return a table as the API has it, with its defaults."""
    return with_defaults(
        {
            "resource": resource,
            "resource_params": {
                "columns_mapping": {"user_id": "id"} if mapping is None else mapping
            },
            "connection_table_params": {"file_format": "CSV", **params},
            "connection_table_metadata": {},
        }
    )


def files_at(path: Path, limits: Limits | None = None) -> Files:
    """Return what finds one file, whatever the table."""
    return Files(
        Prober(ProbeSettings()), load_types(), lambda _database, _name: path, limits or Limits()
    )


def stored_at(path: Path, table: Any = None, limits: Limits | None = None) -> StoredTable:
    """Return a table that is a file, ready to be read."""
    to_open = TableToOpen("db", path.name, table or table_of())
    return StoredTable(_CONNECTION, to_open, files_at(path, limits))


def opened_at(
    path: Path,
    table: Any = None,
    known: Any = None,
    budget: float = 5.0,
    limits: Limits | None = None,
) -> Opened:
    """Open a table that is a file, and return what was found."""
    opener = ReadingOpener(
        files_at(path, limits), now=lambda: 1_700_000_000.0, clock=time.monotonic
    )
    to_open = TableToOpen("db", path.name, table or table_of(), known)
    return opener.open(_CONNECTION, to_open, budget)


class _Several(Files):
    """Finds all files of a folder."""

    __slots__ = ()

    def find(self, *_: Any, **__: Any) -> Contents:
        folder = self.local_file("", "")
        assert folder is not None
        found = [LocalContent(one, f"local://{one.name}") for one in sorted(folder.iterdir())]
        return Contents(found, lambda: None)


def stored_all(folder: Path, table: Any) -> StoredTable:
    """Return a table that is all files of a folder, ready to be read."""
    one = stored_at(folder, table)
    files = _Several(one.files.prober, one.files.types, one.files.local_file)
    return replace(one, files=files)


def opened_all(folder: Path, table: Any = None) -> Opened:
    """Open a table that is all files of a folder, and return what was found."""
    opener = ReadingOpener(
        stored_all(folder, table).files, now=lambda: 1_700_000_000.0, clock=time.monotonic
    )
    return opener.open(_CONNECTION, TableToOpen("db", "all", table or table_of()), 5.0)
