"""A stored table, ready to be read: what it is, and how its files are found."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING

from argosy.connections.stored import LOCAL
from argosy.errors import TableError
from argosy.tables.sources.paging import Patience
from argosy.tables.sources.rows import RowSettings, declared_rows, open_rows
from argosy.tables.specs import spec_of, with_format
from argosy.tables.terms import Terms
from argosy.tables.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.connections.opener import TableToOpen
    from argosy.connections.stored import StoredConnection
    from argosy.model import JsonObject
    from argosy.tables.content import Tally
    from argosy.tables.formats.reading import FileReader
    from argosy.tables.reader import TableReader
    from argosy.tables.sources import Files
    from argosy.transport import Control


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of a connection; `files` finds what it is read from."""

    connection: StoredConnection
    table: TableToOpen
    files: Files


def open_table(
    stored: StoredTable,
    *,
    control: Control | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> TableReader:
    """Open a table for reading from its first row to its last. Close it, or use it in a `with`.

    `control` says until when the reading may last, and cancels it. What fails for a reason that
    passes is tried again, after pauses for which `control` is asked, or else `sleep`; no pause
    goes beyond the end. Raises TableError, and RunCancelledError.
    """
    demand_reader()
    terms = Terms(control, clock=stored.files.prober.settings.clock, sleep=sleep)
    if declared_rows(stored.files.types[stored.connection.type]) is not None:
        return _open_rows(stored, control, terms)
    return _open_files(stored, control, terms)


def demand_reader() -> None:
    """Raise TableError where what reads tables is not installed."""
    if find_spec("pyarrow") is None:
        raise TableError(
            detail="Reading tables needs more than is installed.",
            remedy="pip install 'argosy[tables]'",
            reason="not_installed",
            status="unknown_error",
        )


def identity(stored: StoredTable) -> str:
    """Return what is another when a table is changed, its connection, or its uploaded file.

    Nothing is called for it.
    """
    connection, table = stored.connection, stored.table
    its = [connection.type, connection.credentials, connection.metadata]
    file = stored.files.local_file(table.database, table.name) if connection.type == LOCAL else None
    try:
        found = None if file is None else file.stat()
    except OSError:
        found = None
    version = "" if found is None else f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"
    return _digest(table.table, [(json.dumps(its, sort_keys=True), version)])


def _open_files(stored: StoredTable, control: Control | None, terms: Terms) -> TableReader:
    from argosy.tables.reader import Patient, TableReader  # noqa: PLC0415 - an extra

    found = stored.files.find(stored.connection, stored.table, control=control)
    try:
        table = with_format(stored.table.table, found.files[0].name)
        spec = spec_of(table)
    except BaseException:
        found.close()
        raise
    files = [Patient(content, terms) for content in found.files]
    together = Together(files, spec, stored.files.limits)
    parts = [(file.name, partial(together.open, file)) for file in files]
    version = _digest(table, [(file.name, file.version) for file in files])
    return TableReader(table, parts, found.close, version, terms.is_over)


def _open_rows(stored: StoredTable, control: Control | None, terms: Terms) -> TableReader:
    from argosy.tables.reader import TableReader  # noqa: PLC0415 - an extra
    from argosy.tables.sources.arrows import arrow_batches  # noqa: PLC0415 - an extra

    files, connection, table = stored.files, stored.connection, stored.table.table
    params = {**table["connection_table_params"], "name": stored.table.name}
    session = files.prober.session(
        files.types[connection.type],
        connection.credentials,
        connection.metadata,
        table=params,
        control=control,
    )
    settings = RowSettings(patience=Patience(sleep=terms.sleep, left=terms.left))
    try:
        source = open_rows(connection, stored.table, session, settings, types=files.types)
    except BaseException:
        session.close()
        raise

    def open_part(tally: Tally) -> FileReader:
        return arrow_batches(source, files.limits, tally)

    parts = [(source.name, open_part)]
    return TableReader(table, parts, session.close, _digest(table, []), terms.is_over)


def _digest(table: JsonObject, files: Sequence[tuple[str, str]]) -> str:
    """Return what is another when a table or one of its files is."""
    text = json.dumps([table, files], sort_keys=True, ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
