"""Sandboxes on real sockets, and a client that knows their routes."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import requests

from argosy.sandbox import Settings, start
from tests.sandbox.contract_watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.sandbox import RunningSandbox

SINGLE = "application/vnd.treasuredata.v1.single+json"
SEVERAL = "application/vnd.treasuredata.v1+json"
SEED = orjson.loads(Path(__file__).with_name("small_seed.json").read_bytes())
"""What most of these sandboxes hold: one parent segment, one empty database."""
NOON = 1_700_000_000
"""Where the clock of the tests' sandboxes stands."""


class Client:
    """Talks to one sandbox, with its master key unless told otherwise."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.url = sandbox.url
        self.session = requests.Session()
        self.session.trust_env = False

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "1/sandbox",
        media_type: str = "application/json",
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        encoding: str | None = None,
    ) -> requests.Response:
        """Send one request; a body that isn't bytes is sent as JSON."""
        sent = {} if key is None else {"Authorization": f"TD1 {key}"}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else orjson.dumps(body)
            sent["Content-Type"] = media_type
        if encoding is not None:
            sent["Content-Encoding"] = encoding
        return self.session.request(
            method, f"{self.url}{path}", data=data, headers=sent | (headers or {}), params=params
        )

    def single(self, record: Any, table: str = "shop/customers", **more: Any) -> requests.Response:
        """Post one record."""
        return self.call("POST", f"/{table}", record, media_type=SINGLE, **more)

    def several(
        self, records: Any, table: str = "shop/customers", **more: Any
    ) -> requests.Response:
        """Post a batch of records."""
        return self.call("POST", f"/{table}", {"records": records}, media_type=SEVERAL, **more)

    def gzipped(self, plain: bytes, encoding: str = "gzip") -> requests.Response:
        """Post a batch whose body is compressed."""
        return self.call(
            "POST",
            "/shop/customers",
            gzip.compress(plain),
            media_type=SEVERAL,
            encoding=encoding,
        )

    def control(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Call a control route that must succeed, and give its document."""
        answer = self.call(method, f"/_sandbox/{path}", body, key=None, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def table(self, table: str = "shop/customers") -> Any:
        """Look into a table."""
        return self.control("GET", f"rows/{table}")

    def databases(self) -> dict[str, dict[str, int]]:
        """Count the rows of each database's tables, but for those of the seed's profiles."""
        listed = self.control("GET", "databases")["databases"]
        return {
            one["name"]: {table["name"]: table["count"] for table in one["tables"]}
            for one in listed
            if one["name"] not in {"sandbox", "cdp_audience_101"}
        }

    def rows(self, table: str = "shop/customers") -> Any:
        """Give a table's rows."""
        return self.table(table)["rows"]

    def types(self, table: str = "shop/customers") -> dict[str, str]:
        """Give a table's columns and their types."""
        return {column["name"]: column["type"] for column in self.table(table)["columns"]}

    def fault(self, **rule: Any) -> None:
        """Add a fault rule."""
        self.control("POST", "faults", rule)

    def create_token(self, name: str = "Site", **more: Any) -> Any:
        """Create a token and give its document's data."""
        answer = self.call("POST", "/entities/tokens", token(name, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def token(
    name: str = "Site", folder: str = "201", segments: tuple[str, ...] = (), **attributes: Any
) -> Any:
    """Make the body of a create."""
    kinds = {"301": "segment-batch", "302": "segment-realtime"}
    return {
        "type": "token",
        "attributes": {"name": name, "attributeColumns": [], **attributes},
        "relationships": {
            "parentFolder": {"data": {"id": folder, "type": "folder-segment"}},
            "segments": {"data": [{"id": one, "type": kinds[one]} for one in segments]},
        },
    }


@pytest.fixture
def start_client() -> Iterator[Callable[..., Client]]:
    """Start sandboxes, by default with the clock stopped; they end with the test."""
    watch = Watch()
    with contextlib.ExitStack() as stack:

        def start_one(**settings: Any) -> Client:
            usual = {"now": NOON, "seed": SEED, "observer": watch}
            chosen = Settings(**(usual | settings))
            sandbox = stack.enter_context(start(chosen))
            client = Client(sandbox)
            stack.callback(client.session.close)
            return client

        yield start_one
    watch.check()


@pytest.fixture(scope="session")
def shared_watch() -> Watch:
    """Watch the sandbox that most tests share."""
    return Watch()


@pytest.fixture(scope="session")
def shared_client(shared_watch: Watch) -> Iterator[Client]:
    """Start the sandbox that most tests share."""
    with start(Settings(now=NOON, seed=SEED, observer=shared_watch)) as sandbox:
        client = Client(sandbox)
        yield client
        client.session.close()


@pytest.fixture
def client(shared_client: Client, shared_watch: Watch) -> Iterator[Client]:
    """Give a client of a sandbox that is as the seed makes it; no answer may be undocumented."""
    shared_client.control("POST", "reset", {})
    shared_client.session.cookies.clear()
    yield shared_client
    shared_watch.check()
