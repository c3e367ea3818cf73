"""What the API is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the API keeps what it knows, and whom it answers; each process opens its own store.

    `store_url` is the store's address; `environ` may hold ARGOSY_SECRET_KEYS, else `key_file`
    does (None is the usual file). `data` is the folder of what is kept beside the store, `origin`
    the address that clients know the server by (`https://argosy.example.com`). `local` asks
    nobody who they are, and answers loopback alone. `behind_proxy` takes a client's address from
    X-Forwarded-For. Requests may come at `rate` a second of one organization with `burst` at
    once, and logins at `login_rate` of one address.

    A file that is uploaded has at most `max_upload_bytes`, and all files of a database together
    `max_database_bytes`.

    Without accounts all work in the database of the name `database`; None is `default`, or the
    oldest where none is called so. Flows use the connections of `organization`; None is the only
    one there is. Their calls go to
    `endpoint` where a connection names none, and the tests of a connection type where
    `probe_urls` says, by its id: to a sandbox. `allowed_networks` are private networks, and
    `allowed_endpoints` origins, that a connection may reach all the same. `backend_writes` lets
    the role backend change connections, `test_unsaved` lets credentials be tested that are not
    stored.
    """

    store_url: str = field(repr=False)
    connector: Path
    data: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    key_file: Path | None = None
    origin: str = ""
    local: bool = False
    behind_proxy: bool = False
    access_log: bool = True
    rate: float = 50.0
    burst: int = 200
    login_rate: float = 2.0
    login_burst: int = 30
    max_body_bytes: int = 1024 * 1024
    max_upload_bytes: int = 1024**3
    max_database_bytes: int = 10 * 1024**3
    organization: str | None = None
    database: str | None = None
    endpoint: str = ""
    backend_writes: bool = True
    test_unsaved: bool = True
    probe_urls: Mapping[str, str] = field(default_factory=dict)
    allowed_networks: tuple[str, ...] = ()
    allowed_endpoints: tuple[str, ...] = ()

    @property
    def uploads(self) -> Path:
        """The folder of the files that people upload."""
        return self.data / "uploads"
