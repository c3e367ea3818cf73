"""Taking the files of LOCAL tables: part by part, until one is whole; then its table is opened.

uploading = tables.uploading
upload = uploading.begin(Address(…))
arrived = uploading.receive(upload, Part(…), stream)
"""

from __future__ import annotations

import errno
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import select

from argosy.connections.partial_files import PartialFile, done_at, folder_lock, mark_done
from argosy.connections.service import ROLES
from argosy.connections.stored import LOCAL
from argosy.connections.table_document import with_defaults
from argosy.connections.table_rows import its_key, members_of
from argosy.connections.upload_parts import Arrived, too_large
from argosy.connections.uploads import Upload
from argosy.errors import (
    ServerUnavailableError,
    ServiceError,
    ServiceForbiddenError,
    ServiceNotFoundError,
    StorageFullError,
    TooManyRequestsError,
    WrongDataError,
)
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Row

    from argosy.accounts import Principal
    from argosy.connections.openings import Openings
    from argosy.connections.partial_files import PartialName
    from argosy.connections.service import Connections
    from argosy.connections.upload_parts import Digests, Part
    from argosy.connections.uploads import Address, Uploads
    from argosy.model import JsonObject

_CHUNK = 1024 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OVER = "the upload address is over; read the table to get a new one."


class Stream(Protocol):
    """What the bytes of a request are read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, so many at most; none at the end, or where it broke off."""
        ...


class Uploading:
    """Takes files; safe to share between threads, and beside other processes on the same folder.

    A file takes the place of the one before when it is there as a whole, fits its checksum where
    one was told, and its table is still there. Until then the old one stays.
    """

    def __init__(
        self,
        connections: Connections,
        uploads: Uploads,
        openings: Openings,
        *,
        now: Callable[[], float],
    ) -> None:
        self._connections = connections
        self._store = connections.store
        self._uploads = uploads
        self._openings = openings
        self._now = now
        self._most = connections.settings.most_file_bytes
        self._quota = connections.settings.most_database_bytes

    @property
    def most(self) -> int:
        """How many bytes a file may have."""
        return self._most

    def begin(self, address: Address) -> Upload:
        """Return the upload that an address allows.

        Raises ServiceForbiddenError where the address is none of this server's, or it or its
        table is over, and ServerUnavailableError on a server that takes no files.
        """
        with self._store.read() as opened:
            row = _row(opened, address.database, address.name)
        found = self._uploads.check(address, None if row is None else row.created)
        return _there(found)

    def begin_here(self, principal: Principal, name: str) -> Upload:
        """Return an upload to a table for whoever may use it, without an address.

        Raises ServiceForbiddenError, ServiceNotFoundError, ServerUnavailableError.
        """
        principal.require(*ROLES)
        database = principal.require_database()
        with self._store.read() as opened:
            row = _row(opened, database, name)
        if row is None:
            raise ServiceNotFoundError(type="table", key=name)
        place, id_ = self._uploads.file(database, name), self._uploads.new_id()
        return _there(None if place is None else Upload(database, name, row.created, place, id_))

    def receive(self, upload: Upload, part: Part, stream: Stream) -> Arrived:
        """Take a part of a file; where the file is whole, put it in its place and open its table.

        Raises WrongDataError where less or more came than was told, or where a checksum does not
        fit; TooLargeError, StorageFullError, ServiceForbiddenError.
        """
        names = upload.partials(part.whole, part.total, self._uploads.new_id())
        folder = upload.place.parent
        with _full_disk_told():
            with folder_lock(folder):
                if part.start == 0:
                    self._uploads.sweep(upload.database)
                partial = self._partial(upload, part, names)
            if partial is not None:
                with closing(partial):
                    return self._take(upload, part, partial, names, stream)
        done = done_at(folder, names) if part.is_question else None
        return Arrived(0) if done is None else self._told(upload, done)

    def _partial(
        self, upload: Upload, part: Part, names: Sequence[PartialName]
    ) -> PartialFile | None:
        """Return the partial file that a part belongs to, None where it has not begun."""
        folder = upload.place.parent
        begins = part.start == 0 and not (part.is_question and part.total != 0)
        taken = (PartialFile.take_over(folder, name) for name in ([] if begins else names))
        found = next((one for one in taken if one is not None), None)
        if found is None and part.is_question and done_at(folder, names) is not None:
            return None
        try:
            self._check_terms(upload, part, names, has_begun=found is not None)
        except ServiceError:
            if found is not None:
                found.close()
            raise
        return PartialFile.begin(folder, names[0], self._now()) if begins else found

    def _check_terms(
        self, upload: Upload, part: Part, names: Sequence[PartialName], *, has_begun: bool
    ) -> None:
        """Raise ServiceForbiddenError behind the address's end, StorageFullError over the quota."""
        if upload.is_over and not has_begun:
            raise ServiceForbiddenError(detail=_OVER)
        if not part.is_question:
            needed = max(part.total or 0, part.start + (part.length or 0))
            self._check_room(upload, part, names, needed)

    def _check_room(
        self, upload: Upload, part: Part, names: Sequence[PartialName], needed: int
    ) -> None:
        """Raise StorageFullError where the database has no room for a file of so many bytes."""
        taken = self._uploads.taken(upload, {name.key for name in names})
        if taken + needed > self._quota:
            least = "at least " if part.total is None else ""
            detail = (
                f"the file has {least}{needed:,} bytes, and the other files of the database "
                f"{taken:,} of the {self._quota:,} that they may have together; delete tables that "
                "nobody needs, or ask whoever runs the server for more."
            )
            raise StorageFullError(detail=detail, most=self._quota)

    def _take(
        self,
        upload: Upload,
        part: Part,
        partial: PartialFile,
        names: Sequence[PartialName],
        stream: Stream,
    ) -> Arrived:
        if partial.size != part.start and not part.is_question:
            return Arrived(partial.size)  # the client goes on from there
        try:
            if not part.is_question:
                self._write(upload, part, partial, names, stream)
            is_whole = part.is_last or partial.size == part.total
            if not is_whole:
                return Arrived(partial.size)
            self._finish(upload, part.whole, partial, names)
        except OSError:
            partial.discard()
            raise
        size = partial.size
        return Arrived(size, {"bytes": size, **self._open(upload)})

    def _write(
        self,
        upload: Upload,
        part: Part,
        partial: PartialFile,
        names: Sequence[PartialName],
        stream: Stream,
    ) -> None:
        """Write what a request brings.

        Raises WrongDataError, TooLargeError, and StorageFullError where the quota ends in the
        middle of a file whose length nobody has told.
        """
        most = self._most - part.start if part.length is None else part.length
        came = 0
        while came <= most and (data := stream.read(min(_CHUNK, most - came + 1))):
            came += len(data)
            if came > most:
                break
            if part.total is not None:  # it was counted in full before its first byte
                partial.write(data, self._now())
                continue
            try:
                with folder_lock(upload.place.parent):  # what others bring meanwhile counts too
                    self._check_room(upload, part, names, partial.size + len(data))
                    partial.write(data, self._now())
            except StorageFullError:
                _undo(part, partial)
                raise
        if came > most:
            _undo(part, partial)
            if part.length is None:
                raise too_large(self._most)
        if part.length not in {None, came}:
            told = "more" if came > most else f"{came} bytes"
            detail = f"{told} came, and Content-Length is {part.length}; send the file again."
            raise WrongDataError(detail=detail, arrived=partial.size)
        try:
            _check_digests(partial, part.content, part.start)
        except WrongDataError:
            _undo(part, partial)
            raise

    def _finish(
        self, upload: Upload, whole: Digests, partial: PartialFile, names: Sequence[PartialName]
    ) -> None:
        """Put a whole file in its place.

        Raises WrongDataError where it does not fit its checksum, and ServiceForbiddenError where
        its table was deleted in the meantime; then nothing of it is kept.
        """
        try:
            _check_digests(partial, whole, 0)
            partial.sync()
            with self._store.write() as opened:  # a table that is deleted waits, and takes the file
                _check_table(opened, upload)
                with folder_lock(upload.place.parent):
                    partial.move(upload.place)
                    mark_done(upload.place.parent, names, self._now())
        except (WrongDataError, ServiceForbiddenError):
            partial.discard()
            raise

    def _open(self, upload: Upload) -> JsonObject:
        """Open the table of a file that has arrived; return its status and what to know of it.

        Where the opener cannot look inside, the status stays: it is for the uploader to say.
        """
        with self._store.read() as opened:
            row = _row(opened, upload.database, upload.name)
            if row is None:
                return {"status": "uploading"}
            stored, fault = self._connections.for_tables(opened, row.organization, LOCAL)
        database, name, table = upload.database, upload.name, members_of(row)
        try:
            found, at = self._openings.open(
                stored, fault, database, name, with_defaults(table), row.fingerprint
            )
        except TooManyRequestsError as error:
            text = f"The table was not opened. {error.message} Test it then."
            return {"warnings": [text], **_status(row)}
        is_seen = not (found.ok and found.status == "unknown_error")
        self._openings.keep(stored, database, name, table, found, at, is_new=is_seen)
        warnings = list(found.warnings)
        return {**({"warnings": warnings} if warnings else {}), **self._status_now(upload)}

    def _told(self, upload: Upload, done: float) -> Arrived:
        """Return once more what was answered when a file had arrived, which it was at `done`.

        Where nobody was there any more to open its table, that is made up for.
        """
        with self._store.read() as opened:
            row = _row(opened, upload.database, upload.name)
        is_opened = row is None or (row.last_tested or 0.0) >= done
        answer = self._status_now(upload) if is_opened else self._open(upload)
        size = upload.place.stat().st_size
        return Arrived(size, {"bytes": size, **answer})

    def _status_now(self, upload: Upload) -> JsonObject:
        with self._store.read() as opened:
            row = _row(opened, upload.database, upload.name)
        return {"status": "uploading"} if row is None else _status(row)


def _row(opened: Connection, database: str, name: str) -> Row[Any] | None:
    """Return the row of a table of LOCAL with its organization, None where there is none."""
    owners = tables.databases
    query = select(tables.data_tables, owners.c.organization).join(
        owners, owners.c.id == tables.data_tables.c.database
    )
    return opened.execute(query.where(its_key(database, LOCAL, name))).first()


def _check_table(opened: Connection, upload: Upload) -> None:
    """Raise ServiceForbiddenError where the table of an upload is there no more."""
    row = _row(opened, upload.database, upload.name)
    if row is None or row.created != upload.created:
        raise ServiceForbiddenError(detail="the table was deleted while its file was on the way.")


def _status(row: Row[Any]) -> JsonObject:
    detail = row.status_detail
    return {"status": row.status, **({"status_detail": detail} if detail else {})}


def _there(upload: Upload | None) -> Upload:
    if upload is None:
        raise ServerUnavailableError(detail="this server takes no files.")
    return upload


def _undo(part: Part, partial: PartialFile) -> None:
    """Take away what a request has brought; all of the file where it was its beginning."""
    if part.start:
        partial.cut(part.start)
    else:
        partial.discard()


def _check_digests(partial: PartialFile, digests: Digests, start: int) -> None:
    """Raise WrongDataError where what has arrived from `start` on does not fit a checksum."""
    for algorithm, expected in digests:
        if partial.digest(algorithm, start) != expected:
            what = "the file" if not start else "what the request brings"
            detail = (
                f"{what} does not fit its {algorithm} checksum, so it was changed on its way or "
                "while it was read; nothing of it was kept. Send it again."
            )
            raise WrongDataError(detail=detail, reason="wrong_checksum")


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Raise StorageFullError where the disk has no room."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        detail = "the disk of the server is full; nothing of the file was kept."
        raise StorageFullError(detail=detail) from error
