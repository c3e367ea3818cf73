"""What the operator decides about connections and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: The entry of `allow_endpoints` that allows every address.
ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class ConnectionsSettings:
    """The terms of the service. Times are in seconds.

    `test_unsaved` allows tests of credentials that are not stored, `backend_writes` lets the role
    backend change connections. `allow_endpoints` are the origins that a connection's own endpoint
    may be at, and the entries of `allowHosts` that are not public names; `*` allows all, which is
    right where the one who runs the service is the one who uses it.

    A type is tested at most `tests_per_minute` times in an organization, and its tables are
    opened at most `opens_per_minute` times. What a test found holds for `cache_seconds`; who asks
    while it runs waits at most `wait` for it. `budget` bounds the opening of a table.

    An organization has at most `most_connections`, and each of its databases `most_tables`.

    The file of a LOCAL table has at most `most_file_bytes`, and all files of a database together
    `most_database_bytes`, what is on the way among them.

    `origin` is this server's own (`https://argosy.example.com`), for the addresses that files are
    uploaded to; without it they are paths. They hold for `upload_seconds`, and so long is kept what
    has arrived of a file that breaks off. `upload_folder` is where the files lie.
    """

    test_unsaved: bool = True
    backend_writes: bool = True
    allow_endpoints: tuple[str, ...] = ()
    tests_per_minute: int = 15
    opens_per_minute: int = 60
    cache_seconds: float = 10.0
    wait: float = 6.0
    budget: float = 5.0
    most_connections: int = 1000
    most_tables: int = 10_000
    most_file_bytes: int = 1024**3
    most_database_bytes: int = 10 * 1024**3
    origin: str = ""
    upload_seconds: float = 3600.0
    upload_folder: Path | None = None
