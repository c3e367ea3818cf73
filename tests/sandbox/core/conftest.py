"""The core API as its clients call it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import msgpack
import pytest

if TYPE_CHECKING:
    import requests

    from tests.sandbox.conftest import Client

NOON = 1_700_000_000
FORM = "application/x-www-form-urlencoded"


class Core:
    """Calls paths under `/v3`, with a form unless told otherwise, and expects them to succeed."""

    def __init__(self, client: Client, key: str = "1/sandbox") -> None:
        self.client = client
        self.key = key

    def send(
        self, method: str, path: str, form: dict[str, Any] | None = None, **more: Any
    ) -> requests.Response:
        """Send a request and give the answer."""
        headers = {"Authorization": f"TD1 {self.key}"} | more.pop("headers", {})
        url = f"{self.client.url}/v3{path}"
        body = more.pop("data", form)
        return self.client.session.request(method, url, data=body, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Get a document."""
        return read(self.send("GET", path, **more))

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> Any:
        """Post a form."""
        return read(self.send("POST", path, form, **more))

    def refused(
        self, method: str, path: str, form: dict[str, Any] | None = None, **more: Any
    ) -> Any:
        """Give the status and message of a request that must fail, in the API's own shape."""
        answer = self.send(method, path, form, **more)
        assert answer.status_code >= 400, answer.text
        body = answer.json()
        assert body["status_code"] == answer.status_code
        assert body["text"] == body["message"]
        assert {"error", "severity"} <= body.keys()
        return answer.status_code, body["message"]

    def bring(self, records: list[Any], table: str = "shop/people", **more: Any) -> Any:
        """Import records."""
        path = f"/table/import/{table}/msgpack.gz"
        return read(self.send("PUT", path, data=packed(records), **more))

    def query(self, query: str, kind: str = "presto", database: str = "shop", **more: Any) -> str:
        """Issue a query and give the job's id."""
        job: str = self.post(f"/job/issue/{kind}/{database}", {"query": query, **more})["job_id"]
        return job

    def rows(self, query: str, kind: str = "presto", database: str = "shop") -> list[Any]:
        """Give the rows of a query that must succeed."""
        job = self.query(query, kind, database)
        shown = self.get(f"/job/show/{job}")
        assert shown["status"] == "success", shown["debug"]
        body = self.send("GET", f"/job/result/{job}?format=msgpack").content
        unpacker = msgpack.Unpacker()
        unpacker.feed(body)
        return list(unpacker)

    def by(self, key: str) -> Core:
        """Give the same with another key."""
        return Core(self.client, key)


def read(answer: requests.Response) -> Any:
    """Give the JSON of an answer that must be 200."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def packed(records: list[Any]) -> bytes:
    """Write records as an import has them."""
    return gzip.compress(b"".join(msgpack.packb(record) for record in records))


@pytest.fixture
def core(client: Client) -> Core:
    """Give the core API over a database `shop` with an empty table `people`."""
    made = Core(client)
    made.post("/table/create/shop/people")
    return made
