"""Reading rows from the world of vendors: real sockets, the product's own sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import trustme

from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.probing.session import Session
from argosy.connections.stored import StoredConnection
from argosy.connections.table_document import with_defaults
from argosy.connections.types import load_types
from argosy.errors import TableError
from argosy.tables import StoredTable
from argosy.tables.content import Limits, Tally
from argosy.tables.formats.reading import FilePreview
from argosy.tables.sources import Files
from argosy.tables.sources.arrows import arrow_batches, preview_rows
from argosy.tables.sources.paging import Patience
from argosy.tables.sources.rows import RowSettings, RowSource, open_rows
from tests.connections.fakes.google import NOW
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.connections.probing.cases import GOOD
from tests.servers import Received, Say, Scripted


@dataclass
class Reading:
    """Reads tables of one type after the other; `slept` are the pauses that were made."""

    world: World
    ca_file: str
    vendors: Vendors = field(default_factory=Vendors)
    slept: list[float] = field(default_factory=list)
    terms: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.world.reset(self.vendors.by_host())

    def session(self, type_: str, params: dict[str, Any], budget: float | None = None) -> Session:
        """Return a session of calls to a vendor, as the product makes one."""
        prober, declared = self.prober(), load_types()[type_]
        return prober.session(declared, self._credentials(type_), {}, table=params, budget=budget)

    def prober(self) -> Prober:
        """Return what makes calls to the world."""
        return Prober(
            ProbeSettings(
                allow_networks=("127.0.0.0/8",),
                ca_bundle=self.ca_file,
                now=lambda: float(NOW),
                resolve=self.world.resolve,
            )
        )

    def stored(self, type_: str, **params: Any) -> StoredTable:
        """Return a table as the store gives it to who reads it."""
        files = Files(self.prober(), load_types(), lambda _database, _name: None)
        connection = StoredConnection("org", type_, type_, self._credentials(type_))
        table = with_defaults(
            {
                "resource": "user",
                "resource_params": {"columns_mapping": {"user_id": "id"}},
                "connection_table_params": params,
                "connection_table_metadata": {},
            }
        )
        return StoredTable(connection, TableToOpen("db", "table", table), files)

    def _credentials(self, type_: str) -> dict[str, Any]:
        return {**GOOD[type_], **self.terms.get("credentials", {})}

    def open(
        self, type_: str, named: str = "table", budget: float | None = None, **params: Any
    ) -> RowSource:
        """Open a table with these `connection_table_params`."""
        stored = StoredConnection("org", type_, type_, self._credentials(type_))
        table = {
            "resource": "user",
            "resource_params": {"columns_mapping": {}},
            "connection_table_params": params,
        }
        patience = Patience(sleep=self.slept.append, **self.terms.get("patience", {}))
        more = {name: self.terms[name] for name in ("query_bytes",) if name in self.terms}
        terms = RowSettings(patience=patience, new_id=lambda: "request-1", **more)
        session = self.session(type_, params, budget)
        return open_rows(stored, TableToOpen("db", named, table), session, terms)

    def preview(self, type_: str, rows: int = 20, **params: Any) -> FilePreview:
        """Return the first rows of a table."""
        return preview_rows(self.open(type_, **params), Limits(), self.tally, rows)

    def rows(self, type_: str, limits: Limits | None = None, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of a table, after Arrow has held them."""
        return [row for batch in self.batches(type_, limits, **params) for row in batch.to_pylist()]

    def batches(
        self, type_: str, limits: Limits | None = None, **params: Any
    ) -> list[pa.RecordBatch]:
        """Return all batches of a table."""
        self.tally = Tally()
        return list(arrow_batches(self.open(type_, **params), limits or Limits(), self.tally))

    def failure(self, type_: str, **params: Any) -> TableError:
        """Return the error that a preview fails with."""
        try:
            found = self.preview(type_, **params)
        except TableError as error:
            return error
        raise AssertionError(f"it did not fail: {found}")

    def interrupt(self, at: int, *answers: Scripted) -> None:
        """Answer calls with something else, beginning with the call of this number from 1."""
        left = {at + offset: answer for offset, answer in enumerate(answers)}

        def answer(request: Received) -> Scripted:
            scripted = left.pop(len(self.world.received), None)
            return self.usual(request) if scripted is None else scripted

        self.world.fault = answer

    def usual(self, request: Received) -> Scripted:
        """Return what the vendor that is asked answers."""
        host = request.headers["host"]
        vendors = self.world.vendors.items()
        return next(one for hosts, one in vendors if re.fullmatch(hosts, host))(request)


@contextmanager
def running_world() -> Iterator[tuple[World, str]]:
    """Serve the vendors, and write the certificate that they are known by."""
    authority = trustme.CA()
    with TemporaryDirectory() as folder, World(authority) as world:
        path = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        yield world, str(path)


def limited(seconds: str = "7") -> Say:
    """Return an answer to a caller that has called too often."""
    return Say(429, {"message": "slow down"}, {"Retry-After": seconds})
