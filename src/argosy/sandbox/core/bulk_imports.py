"""Bulk imports: a session collects parts, a job reads them, a commit puts the rows in the table.

Performing sorts the parts' records into good and bad ones; the bad ones can be fetched with
what is wrong with each. Not documented, so assumed: performing freezes a session that isn't;
performing again replaces what the last time gave; a record without `time`, or with a name that
no column can have, is bad; a session that commits or has committed can't be changed any more,
only deleted.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any, Final

import msgpack
from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.agenda import DONE
from argosy.sandbox.core.errors import (
    CoreError,
    already_there,
    check_short_name,
    invalid,
    not_found,
)
from argosy.sandbox.core.imports import check_maps, check_name, whole_time
from argosy.sandbox.core.jobs import JobFailedError, JobOptions
from argosy.sandbox.core.msgpack_rows import gunzipped, read_records
from argosy.sandbox.core.results import plain
from argosy.sandbox.records.batch import MOST_COLUMNS, folded

if TYPE_CHECKING:
    from argosy.sandbox.auth import User
    from argosy.sandbox.core.imports import Imports
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

MOST_SESSIONS: Final = 2448

_KIND: Final = "bulk-import"
_PART: Final = "bulk-import-part"
_GOOD: Final = "bulk-import-good"
_BAD: Final = "bulk-import-bad"
_COMMIT: Final = "bulk-import-commit"
_NO_PARENT: Final = "0"
_PART_NAME: Final = re.compile(r"[^/.]{1,200}(\.[^/.]{0,50})?|\.[^/.]{1,50}")
_MOST_PARTS: Final = 10_000
_LONGEST_SHOWN: Final = 500


class Session(Struct, frozen=True):
    """A bulk import; `created_at` is an epoch."""

    id: str
    name: str
    database: str
    table: str
    created_at: float
    status: str = "uploading"
    upload_frozen: bool = False
    job_id: str | None = None
    valid_records: int | None = None
    error_records: int | None = None
    valid_parts: int | None = None
    error_parts: int | None = None

    @property
    def is_settled(self) -> bool:
        """Say whether the session can't be changed any more."""
        return self.status in {"committing", "committed"}


class BulkImports:
    """The bulk imports of a store."""

    def __init__(self, foundation: Foundation, jobs: Jobs, imports: Imports) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._tables = foundation.tables
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._jobs = jobs
        self._imports = imports
        jobs.runners["bulk_import_perform"] = self._perform
        foundation.agenda.handlers[_COMMIT] = self._commit

    def create(self, name: str, database: str, table: str) -> Session:
        """Begin a session for a table that is there."""
        check_short_name(name)
        if self._documents.named(_KIND, name) is not None:
            raise already_there("Bulk import", name)
        if self._documents.count(_KIND) >= MOST_SESSIONS:
            raise invalid(f"Validation failed: there are {MOST_SESSIONS} sessions already")
        key = self._documents.new_id(_KIND)
        made = Session(key, name, database, table, self._clock.now())
        self._documents.add(_KIND, _NO_PARENT, {key: asdict(made)})
        return made

    def every(self) -> list[Session]:
        """Give all sessions, oldest first."""
        return [self._read(document) for document in self._documents.every(_KIND)]

    def _read(self, document: Json) -> Session:
        """Read a session; one whose job was killed waits for the next."""
        session = Session(**document)
        is_left = (
            session.status == "performing" and self._jobs.find(str(session.job_id)).is_finished
        )
        return replace(session, status="uploading") if is_left else session

    def named(self, name: str) -> Session:
        """Give a session by its name; raise the 404 answer."""
        document = self._documents.named(_KIND, name)
        if document is None:
            raise not_found("BulkImport", name)
        return self._read(document)

    def look(self, session: Session) -> Session:
        """Count that a client looked at a session, which may let it go on."""
        if session.job_id is not None:
            self._jobs.look(session.job_id)
        self._agenda.look(f"{_KIND}:{session.id}")
        return self.named(session.name)

    def delete(self, session: Session) -> None:
        """Delete a session with everything that was uploaded."""
        with self._store.transaction():
            self._agenda.drop(_COMMIT, session.id)
            for part in self._documents.every(_PART, session.id):
                self._remove_part(part["id"])
            for kind in (_GOOD, _BAD):
                self._documents.remove_bytes(kind, session.id)
            self._documents.remove(_KIND, session.id)

    def parts(self, session: Session) -> list[str]:
        """Give the names of a session's parts, as they came first."""
        return [part["name"] for part in self._documents.every(_PART, session.id)]

    def put_part(self, session: Session, name: str, content: bytes) -> None:
        """Keep a part, in place of one of the same name."""
        self._check_open(session)
        if not _PART_NAME.fullmatch(name):
            raise invalid("Validation failed: a part's name has at most one '.' and no '/'")
        known = self._documents.named(_PART, name, session.id)
        if known is None and self._documents.count(_PART, session.id) >= _MOST_PARTS:
            raise invalid(f"Validation failed: there are {_MOST_PARTS} parts already")
        with self._store.transaction():
            key = known["id"] if known is not None else self._documents.new_id(_PART)
            self._documents.replace(_PART, key, session.id, {"id": key, "name": name})
            self._documents.put_bytes(_PART, key, content)

    def delete_part(self, session: Session, name: str) -> None:
        """Delete a part."""
        self._check_open(session)
        found = self._documents.named(_PART, name, session.id)
        if found is None:
            raise not_found("BulkImport part", name)
        with self._store.transaction():
            self._remove_part(found["id"])

    def _remove_part(self, key: str) -> None:
        self._documents.remove(_PART, key)
        self._documents.remove_bytes(_PART, key)

    def _check_open(self, session: Session) -> None:
        self._check_unsettled(session)
        if session.upload_frozen:
            raise invalid(f"Bulk import {session.name} is frozen")

    def _check_unsettled(self, session: Session) -> None:
        if session.is_settled or session.status == "performing":
            raise invalid(f"Bulk import {session.name} is {session.status}")

    def freeze(self, session: Session, *, is_frozen: bool) -> None:
        """Let a session take no more parts, or let it again."""
        self._check_unsettled(session)
        changed = replace(session, upload_frozen=is_frozen)
        self._keep(changed if is_frozen else replace(changed, status="uploading"))

    def perform(self, session: Session, user: User, options: JobOptions) -> Job:
        """Start the job that reads a session's parts."""
        self._check_unsettled(session)
        work = {"session": session.id}
        with self._store.transaction():
            kind = "bulk_import_perform"
            job = self._jobs.record(kind, session.database, user, work=work, options=options)
            performing = replace(session, upload_frozen=True, status="performing", job_id=job.id)
            self._keep(performing)
            self._jobs.begin(job)
        self._agenda.settle()
        return job

    def commit(self, session: Session) -> None:
        """Start to put a session's good records into its table."""
        if session.status != "ready":
            raise invalid(f"Bulk import {session.name} is {session.status}, not ready")
        if not self._tables.has_table(session.database, session.table):
            raise not_found("UserTableReference", session.table)
        with self._store.transaction():
            self._keep(replace(session, status="committing"))
            self._agenda.start(_COMMIT, session.id, watch=f"{_KIND}:{session.id}")
        self._agenda.settle()

    def bad_records(self, session: Session) -> bytes:
        """Give a session's bad records as gzipped msgpack; nothing if there are none."""
        return self._documents.bytes(_BAD, session.id) or b""

    def _perform(self, job: Job) -> int:
        document = self._documents.find(_KIND, job.work["session"])
        if document is None:
            raise JobFailedError("The bulk import is no longer there")
        session = Session(**document)
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Json]] = []
        bad_parts = 0
        parts = self._documents.every(_PART, session.id)
        for part in parts:
            content = self._documents.bytes(_PART, part["id"]) or b""
            try:
                records = read_records(content, "msgpack.gz")
            except CoreError as error:
                bad_parts += 1
                bad.append({"part": part["name"], "error": error.message})
                continue
            for record in records:
                problem = _problem(record)
                if problem is None:
                    good.append(record)
                else:
                    shown = plain(record) if problem != _TOO_DEEP else None
                    bad.append({"part": part["name"], "error": problem, "record": shown})
        self._check_width(session, good)
        with self._store.transaction():
            self._documents.put_bytes(_GOOD, session.id, _packed(good))
            self._documents.remove_bytes(_BAD, session.id)
            if bad:
                self._documents.put_bytes(_BAD, session.id, _packed(bad))
            self._keep(
                replace(
                    session,
                    status="ready",
                    valid_records=len(good),
                    error_records=len(bad) - bad_parts,
                    valid_parts=len(parts) - bad_parts,
                    error_parts=bad_parts,
                )
            )
        return len(good)

    def _check_width(self, session: Session, good: list[dict[str, Any]]) -> None:
        """Fail the job where a commit couldn't succeed; clients wait for one without end."""
        if not self._tables.has_table(session.database, session.table):
            return
        columns = self._tables.columns(session.database, session.table)
        names = {folded(column.name) for column in columns}
        names |= {folded(name) for name in set().union(*good) if name}
        if len(names) > MOST_COLUMNS:
            raise JobFailedError(f"The table would have more than {MOST_COLUMNS} columns")

    def _commit(self, key: str, stage: str) -> None:
        document = self._documents.find(_KIND, key)
        if stage != DONE or document is None:
            return
        session = Session(**document)
        table = self._tables.table(session.database, session.table)
        if table is None:
            self._keep(replace(session, status="ready"))  # so that it can be tried again
            return
        content = gunzipped(self._documents.bytes(_GOOD, key) or b"", _NO_LIMIT)
        records = list(_unpacked(content))
        try:
            with self._store.transaction():
                self._imports.take(table, records)
                self._keep(replace(session, status="committed"))
        except CoreError:
            self._keep(replace(session, status="ready"))

    def _keep(self, session: Session) -> None:
        self._documents.replace(_KIND, session.id, _NO_PARENT, asdict(session))


_NO_LIMIT: Final = 1 << 40
_TOO_DEEP: Final = "a value is nested too deep"


def _problem(record: Any) -> str | None:
    """Tell what is wrong with a record; None if it is good."""
    try:
        check_maps([record])
        if not all(isinstance(name, str) for name in record):
            return "a name is not a text"
        for name in filter(None, record):
            check_name(name)
        if record.get("time") is None:
            return "'time' is missing"
        whole_time(record["time"], 0)
        plain(record)
    except CoreError as error:
        return error.message.removeprefix("Validation failed: ")
    except RecursionError:
        return _TOO_DEEP
    return None


def _packed(records: list[dict[str, Any]]) -> bytes:
    packer = msgpack.Packer()
    return gzip.compress(b"".join(packer.pack(plain(one)) for one in records), mtime=0)


def _unpacked(content: bytes) -> msgpack.Unpacker:
    unpacker = msgpack.Unpacker(max_buffer_size=max(len(content), 1 << 16))
    unpacker.feed(content)
    return unpacker
