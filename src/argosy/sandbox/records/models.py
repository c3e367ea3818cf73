"""Take records into tables: the rules of the Data Ingestion API, without HTTP.

Facts of the vendor's documentation: 1 to 500 records a request; unknown keys become columns;
`time` is in whole Unix seconds and defaults to now; a record's `uuid` may be the client's own
if it is valid, comes back in the answer, isn't stored, and de-duplicates for about an hour.

Assumptions, where nothing is documented: a limit of 1 MB is 1,048,576 bytes; a duplicate is
answered as a success; a `time` that looks like milliseconds, and names that differ only in
(ASCII) case, fail their record; `auto_create` "all" makes databases and tables for a master
key and tables for a write-only key, "tables" makes tables only, "none" makes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from msgspec import Struct

from argosy.sandbox.records.batch import Batch, Record, folded, refuse_value
from argosy.sandbox.records.columns import kept
from argosy.sandbox.records.errors import (
    RecordError,
    RefusedRecordError,
    bad_request,
    no_such_target,
)
from argosy.sandbox.records.plain import MOST_RECORDS, UUID, PlainBatch
from argosy.sandbox.records.seen import Seen
from argosy.sandbox.store import RESERVED, Store
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from argosy.sandbox.clock import Clock, Randomness
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Table, Tables

REMEMBERED_SECONDS: Final = 3600.0
NAME: Final = r"[a-z0-9_]{3,255}"


class Receipt(NamedTuple):
    """What became of one record; no error means that it was taken."""

    uuid: str
    error: RecordError | None = None


class Target(Struct, frozen=True):
    """Where records go, and what may be made on the way."""

    database: str
    table: str
    makes_database: bool
    makes_table: bool


class Ingestion:
    """Take records into the tables of a store."""

    def __init__(self, store: Store, tables: Tables, clock: Clock, randomness: Randomness) -> None:
        self.tables = tables
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._seen = Seen(store, randomness)
        self._forgot_at = clock.now()

    def ingest(
        self,
        target: Target,
        records: Sequence[Record],
        failing: Mapping[int, RecordError] | None = None,
    ) -> list[Receipt]:
        """Take records, all those that can be taken or none, and give a receipt for each.

        `failing` names records, by position, that a fault makes fail. Raises the vendor's
        answer where the request as a whole is refused.
        """
        if not 1 <= len(records) <= MOST_RECORDS:
            message = f"1 to {MOST_RECORDS} records are needed, not {len(records)}."
            raise bad_request(message)
        with self._store.transaction():
            table = self.provide(target)
            batch = self._batch(table, records)
            known = frozenset(batch.columns)
            receipts = [
                self._receipt(batch, record, (failing or {}).get(index))
                for index, record in enumerate(records)
            ]
            self._store_batch(table, batch, known)
        return receipts

    def take_plain(self, target: Target, body: bytes) -> list[str] | None:
        """Take a batch the quick way and give the uuids, or None if it isn't for that."""
        table = self.tables.table(target.database, target.table)
        if table is None or self._store.is_in_transaction:
            return None
        known = self.tables.columns(table.database, table.name)
        columns = tuple((one.name, one.type) for one in known)
        now = self._now()
        plain = PlainBatch.read(body, columns, int(now))
        if plain is None:
            return None
        if plain.sent:
            sent = plain.uuids
            taken = self._seen.among(table.id, sent, now - REMEMBERED_SECONDS)
            if taken or len(set(sent)) < len(sent):
                return None
            self._seen.remember(table.id, sent, now)
        self._store.take(path(table.database, table.name), columns, plain.rows, plain.count)
        return plain.sent or self._seen.make(table.id, plain.count, now)

    def _now(self) -> float:
        """Give the time, and drop the uuids that no longer count."""
        now = self._clock.now()
        since = now - REMEMBERED_SECONDS
        if since > self._forgot_at:
            self._seen.forget(since)
            self._forgot_at = now
        return now

    def provide(self, target: Target) -> Table:
        """Give the table, made with its database if they are missing and may be made."""
        check_target_name("database", target.database)
        check_target_name("table", target.table)
        table = self.tables.table(target.database, target.table)
        if table is not None:
            return table
        if not self.tables.has_database(target.database):
            if not target.makes_database:
                raise no_such_target("database", target.database)
            self.tables.create_database(target.database)
        if not target.makes_table:
            raise no_such_target("table", f"{target.database}.{target.table}")
        return self.tables.create_table(target.database, target.table)

    def _batch(self, table: Table, records: Sequence[Record]) -> Batch:
        now = self._now()
        sent = [folded_uuid(record["uuid"]) for record in records if is_uuid(record.get("uuid"))]
        columns = self.tables.columns(table.database, table.name)
        return Batch(
            now,
            {folded(column.name): column for column in columns},
            self._seen.among(table.id, sent, now - REMEMBERED_SECONDS),
        )

    def _receipt(self, batch: Batch, record: Record, fault: RecordError | None) -> Receipt:
        sent = record.get("uuid")
        uuid: str = sent if is_uuid(sent) else self._randomness.uuid()
        if fault is not None:
            return Receipt(uuid, fault)
        try:
            if "uuid" in record and not is_uuid(sent):
                refuse_value("The value of 'uuid' is not a UUID.")
            batch.take(record, folded_uuid(uuid))
        except RefusedRecordError as refusal:
            return Receipt(uuid, refusal.error)
        return Receipt(uuid)

    def _store_batch(self, table: Table, batch: Batch, known: Container[str]) -> None:
        """Widen the table, add the rows, and remember their uuids."""
        if not batch.rows:
            return
        for key, column in batch.changed.items():
            if key in known:
                self.tables.retype_column(table.database, table.name, column)
            else:
                self.tables.add_column(table.database, table.name, column)
        used = {key for row in batch.rows for key in row}
        columns = {key: column for key, column in batch.columns.items() if key in used}
        values = [
            [kept(row.get(key), column.type) for row in batch.rows]
            for key, column in columns.items()
        ]
        self.tables.insert(table.database, table.name, list(columns.values()), values)
        self._seen.remember(table.id, batch.uuids, batch.now)


def is_uuid(value: Json) -> TypeGuard[str]:
    """Say whether a value is a UUID in its usual written form."""
    return isinstance(value, str) and re.fullmatch(UUID, value) is not None


def folded_uuid(uuid: str) -> bytes:
    """Give the bytes of a UUID, which are the same in upper and lower case."""
    return bytes.fromhex(uuid.replace("-", ""))


def check_target_name(what: str, name: str) -> None:
    """Raise the 400 answer for a name that no database or table can have."""
    if not re.fullmatch(NAME, name):
        message = f"The {what} name {name!r} does not match ^{NAME}$."
        raise bad_request(message)
    if what == "database" and name in RESERVED:
        message = f"The sandbox cannot have a database named {name!r}."
        raise bad_request(message)
