"""Where files of LOCAL tables go: an address that this server signs, and the place of the file.

An address holds for one table of one database until its end, or the table's: one that is made anew
has others. Whoever has it may upload without a login. It is made when it is shown, and stored
nowhere. Each is of an upload of its own, so that two clients never write into one file.
"""

from __future__ import annotations

import hmac
import os
import re
import shutil
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from argosy.connections.partial_files import PREFIX, PartialName, remove_left
from argosy.errors import ServiceForbiddenError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from argosy.connections.settings import ConnectionsSettings
    from argosy.connections.upload_parts import Digests
    from argosy.store import KeyRing

PATH = "/v1/uploads/"
_PURPOSE = "upload-url"
_SECONDS = re.compile(r"[0-9]{1,12}")
_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says: of which table, which upload, until when, and the signature."""

    database: str
    name: str
    id: str
    expires: str
    signature: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may come: of which table, made when, and where it goes.

    `id` tells the uploads of a table apart. `is_over` says that the address has ended, so that
    only what was begun before may go on.
    """

    database: str
    name: str
    created: float
    place: Path
    id: str
    is_over: bool = False

    def partials(self, whole: Digests, total: int | None, owner: str) -> tuple[PartialName, ...]:
        """Return the names that the partial file of an `owner` may have, the best first.

        A client that tells the checksum of the `whole` file may go on at another address of the
        same table: what was begun with the same checksum is the same file.
        """
        texts = [*(f"{name}:{value.hex()}" for name, value in whole[:1]), f"id:{self.id}"]
        keys = [sha256(text.encode()).hexdigest()[:32] for text in texts]
        return tuple(PartialName(self.place.name, key, total, owner) for key in keys)


class Uploads:
    """Makes and checks the addresses, and names the files.

    `origin` stands before the path; `seconds` is how long an address holds, and how long a
    partial file is kept after its last byte; without a `folder` nothing can be uploaded.
    """

    def __init__(
        self,
        ring: KeyRing,
        now: Callable[[], float],
        *,
        origin: str = "",
        seconds: float = 3600.0,
        folder: Path | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._ring = ring
        self._now = now
        self._origin = origin.rstrip("/")
        self._seconds = seconds
        self._folder = folder
        self._random = random

    @classmethod
    def of(cls, settings: ConnectionsSettings, ring: KeyRing, now: Callable[[], float]) -> Uploads:
        """Return them as a service's settings have them."""
        return cls(
            ring,
            now,
            origin=settings.origin,
            seconds=settings.upload_seconds,
            folder=settings.upload_folder,
        )

    def url(self, database: str, name: str, created: float) -> str:
        """Return an address that the file of a table, made then, can be uploaded to."""
        address = Address(database, name, self.new_id(), str(int(self._now() + self._seconds)), "")
        signature = self._sign(address, created, self._ring.ids[0])
        # without a slash at its end: curl puts the name of the file behind one
        path = f"{PATH}{quote(database, safe='')}/{quote(name, safe='')}"
        query = f"expires={address.expires}&id={address.id}&signature={signature}"
        return f"{self._origin}{path}?{query}"

    def new_id(self) -> str:
        """Return an id that no other upload has."""
        return self._random(_ID_BYTES).hex()

    def check(self, address: Address, created: float | None) -> Upload | None:
        """Return the upload of an address, None on a server without a folder.

        `created` is when the table was made, None where there is none. Raises
        ServiceForbiddenError where the address is not one of the table's.
        """
        known = [self._sign(address, created, id_) for id_ in self._ring.ids]
        given = address.signature.encode("utf-8", "surrogatepass")
        # compared with all, so that the time tells nothing
        matches = [hmac.compare_digest(one.encode(), given) for one in known]
        if created is None or not _SECONDS.fullmatch(address.expires) or not any(matches):
            raise ServiceForbiddenError(detail="this is not an upload address of this server.")
        place = self.file(address.database, address.name)
        if place is None:
            return None
        is_over = int(address.expires) <= self._now()
        return Upload(address.database, address.name, created, place, address.id, is_over)

    def file(self, database: str, name: str) -> Path | None:
        """Return the file of a table, whether or not it is there; None without a folder.

        The table's name is no part of the path: it may hold anything.
        """
        if self._folder is None or not _DATABASE.fullmatch(database):
            return None
        return self._folder / database / sha256(name.encode("utf-8", "surrogatepass")).hexdigest()

    def has_file(self, database: str, name: str) -> bool:
        """Tell whether the file of a table has arrived."""
        file = self.file(database, name)
        return file is not None and file.is_file()

    def version(self, database: str, name: str) -> str:
        """Return what is another when the file of a table is; empty where it has none."""
        file = self.file(database, name)
        try:
            found = None if file is None else file.stat()
        except OSError:
            found = None
        return "" if found is None else f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"

    def taken(self, upload: Upload, keys: Collection[str]) -> int:
        """Return how many bytes a database's files have, what is on the way counted in full.

        The file that the upload replaces does not count, nor do partial files of these `keys`.
        """
        total = 0
        for entry in os.scandir(upload.place.parent):
            known = PartialName.read(entry.name)
            if entry.name != upload.place.name and (known is None or known.key not in keys):
                total += max(_size(entry), (known.total or 0) if known else 0)
        return total

    def sweep(self, database: str | None = None) -> None:
        """Remove the partial files that nobody has gone on with; of all databases without one."""
        if self._folder is None or not self._folder.is_dir():
            return
        pattern = f"{database if database is not None else '*'}/{PREFIX}*"
        for one in list(self._folder.glob(pattern)):
            remove_left(one, self._now() - self._seconds)

    def remove_file(self, database: str, name: str) -> None:
        """Remove the file of a table that is gone, and what was on the way to it."""
        file = self.file(database, name)
        if file is not None:
            for one in (file, *file.parent.glob(f"{PREFIX}{file.name}-*")):
                one.unlink(missing_ok=True)

    def remove_files(self, database: str) -> None:
        """Remove the files of a database that is gone."""
        if self._folder is not None and _DATABASE.fullmatch(database):
            shutil.rmtree(self._folder / database, ignore_errors=True)

    def _sign(self, address: Address, created: float | None, id_: str) -> str:
        signed = (address.database, address.name, repr(created), address.expires, address.id)
        parts = [part.encode("utf-8", "surrogatepass") for part in signed]
        content = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        key = self._ring.sign_key(_PURPOSE, id_)
        return hmac.digest(key, content, "sha256").hex()


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # it has gone to its place, or was given up
        return 0
