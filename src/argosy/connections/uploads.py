"""Where files of LOCAL tables go: an address that this server signs, and the place of the file.

An address holds for one table of one database until its end, or the table's: one that is made anew
has others. Whoever has it may upload without a login. It is made when it is shown, and stored
nowhere.
"""

from __future__ import annotations

import hmac
import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from argosy.errors import ServiceForbiddenError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from argosy.store import KeyRing

PATH = "/v1/uploads/"
_PURPOSE = "upload-url"
_SECONDS = re.compile(r"[0-9]{1,12}")
_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may come: of which table, made when, and where it goes."""

    database: str
    name: str
    created: float
    place: Path


class Uploads:
    """Makes and checks the addresses, and names the files.

    `origin` stands before the path; `seconds` is how long an address holds; without a `folder`
    nothing can be uploaded.
    """

    def __init__(
        self,
        ring: KeyRing,
        now: Callable[[], float],
        *,
        origin: str = "",
        seconds: float = 3600.0,
        folder: Path | None = None,
    ) -> None:
        self._ring = ring
        self._now = now
        self._origin = origin.rstrip("/")
        self._seconds = seconds
        self._folder = folder

    def url(self, database: str, name: str, created: float) -> str:
        """Return an address that the file of a table, made then, can be uploaded to."""
        expires = int(self._now() + self._seconds)
        signature = self._sign(database, name, created, str(expires), self._ring.ids[0])
        path = f"{PATH}{quote(database, safe='')}/{quote(name, safe='')}/"
        return f"{self._origin}{path}?expires={expires}&signature={signature}"

    def check(
        self, database: str, name: str, created: float | None, expires: str, signature: str
    ) -> Path | None:
        """Return where the file of an address goes, None on a server without a folder.

        `created` is when the table was made, None where there is none. Raises
        ServiceForbiddenError where the address is not one of the table's, or is over.
        """
        known = [self._sign(database, name, created, expires, id_) for id_ in self._ring.ids]
        given = signature.encode("utf-8", "surrogatepass")
        # compared with all, so that the time tells nothing
        matches = [hmac.compare_digest(one.encode(), given) for one in known]
        if created is None or not _SECONDS.fullmatch(expires) or not any(matches):
            raise ServiceForbiddenError(detail="this is not an upload address of this server.")
        if int(expires) <= self._now():
            raise ServiceForbiddenError(
                detail="the upload address is over; read the table to get a new one."
            )
        return self.file(database, name)

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

    def remove_files(self, database: str) -> None:
        """Remove the files of a database that is gone."""
        if self._folder is not None and _DATABASE.fullmatch(database):
            shutil.rmtree(self._folder / database, ignore_errors=True)

    def _sign(self, database: str, name: str, created: float | None, expires: str, id_: str) -> str:
        signed = (database, name, repr(created), expires)
        parts = [part.encode("utf-8", "surrogatepass") for part in signed]
        content = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        key = self._ring.sign_key(_PURPOSE, id_)
        return hmac.digest(key, content, "sha256").hex()
