"""The tables that the product brief shows, with real files where it says that they lie."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trustme

import argosy.tables
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.service import Connections
from argosy.connections.settings import ConnectionsSettings
from argosy.connections.tables import Tables
from argosy.connections.types import load_types
from argosy.connections.upload_parts import Part
from argosy.connections.uploads import Uploads
from argosy.store import KeyRing, Store, open_store
from argosy.tables import StoredTable
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Files
from tests.connections.bodies import ITEMS, REPORT, USERS
from tests.connections.fakes.aws import running_store
from tests.connections.fakes.google import NOW, key_file
from tests.connections.fakes.world import World
from tests.connections.service.service import KEY, ROOT, error_of, found_organizations
from tests.tables.conftest import Emulator

CUSTOMERS: list[Any] = [
    {"user_id": f"{n}", "customer": {"age": 20 + n, "name": "x"}} for n in range(3)
]
USERS_FILE = "test_field_user_id,age\n007,40\n008,41\n"


def zipped(name: str, data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


class Service:
    """Connections and tables over a store, with the real opener."""

    def __init__(self, store: Store, probing: ProbeSettings, uploads: Path) -> None:
        settings, ring, types = (
            ConnectionsSettings(upload_folder=uploads),
            KeyRing([KEY]),
            load_types(),
        )
        prober = Prober(probing)
        self.connections = Connections(store, ring, types, prober, now=time.time, settings=settings)
        kept = Uploads.of(settings, ring, time.time)
        self.files = Files(prober, types, kept.file)
        opener = ReadingOpener(self.files, now=time.time, clock=time.monotonic)
        self.tables = Tables(store, self.connections, now=time.time, opener=opener, uploads=kept)

    def upload(self, name: str, data: bytes) -> Any:
        uploading = self.tables.uploading
        part = Part(0, len(data), len(data))
        return uploading.receive(uploading.begin_here(ROOT, name), part, io.BytesIO(data)).answer

    def rows(self, connection: str, name: str) -> list[Any]:
        stored, table = self.tables.to_read(ROOT, connection, name)
        with argosy.tables.open(StoredTable(stored, table, self.files)) as reader:
            return [row for batch in reader for row in batch.to_pylist()]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'argosy.db'}") as opened:
        found_organizations(opened)
        yield opened


@pytest.fixture
def local(store: Store, tmp_path: Path) -> Service:
    return Service(store, ProbeSettings(), tmp_path / "uploads")


@pytest.fixture
def cloud(store: Store, world: World, authority: trustme.CA, tmp_path: Path) -> Service:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    settings = ProbeSettings(
        allow_networks=("127.0.0.0/8",),
        ca_bundle=str(bundle),
        now=lambda: float(NOW),
        resolve=world.resolve,
    )
    made = Service(store, settings, tmp_path / "uploads")
    made.connections.put(ROOT, "GCS", {"credentials": key_file()})
    return made


def test_a_preview_of_items_in_cloud_storage_answers_what_the_brief_shows(
    cloud: Service, emulator: Emulator
) -> None:
    emulator.bucket("my-test-bucket")
    name = "table name_test.csv"
    emulator.put("my-test-bucket", name, zipped("items.csv", b"item_id,title\n1,One\n"))

    answer = cloud.tables.preview(ROOT, "GCS", name, ITEMS)

    shown = {key: answer[key] for key in ("name", "connection", "resource", "resource_params")}
    assert shown == {
        "name": name,
        "connection": "GCS",
        "resource": "item",
        "resource_params": {"columns_mapping": {"item_id": "item_id"}},
    }
    assert answer["connection_table_params"] == {
        "file_format": "CSV",
        "bucket": "my-test-bucket",
        "options": {"compression": "zip", "delimiter": ",", "escape": "\\"},
    }
    assert answer["connection_table_metadata"] == ITEMS["connection_table_metadata"]
    assert answer["status"] == "available"
    assert answer["preview"]["rows"] == [{"item_id": "1", "title": "One"}]


def test_an_object_that_is_not_there_is_the_error_that_the_brief_names(
    cloud: Service, emulator: Emulator
) -> None:
    emulator.bucket("my-test-bucket")

    error = error_of(lambda: cloud.tables.preview(ROOT, "GCS", "none.csv", ITEMS))

    assert (error["http"], error["error_data"]["name"]) == (404, "RESOURCE_NOT_FOUND")
    assert error["error_data"]["type"] == "object"
    assert error["error_data"]["key"] == "gcs://my-test-bucket/none.csv"
    assert error["error_data"]["status"] == "resource_not_found"


def test_users_of_an_uploaded_file_become_available_and_are_read(local: Service) -> None:
    made = local.tables.patch(ROOT, "LOCAL", "users", USERS)
    assert made["status"] == "uploading"

    arrived = local.upload("users", zipped("users.csv", USERS_FILE.encode()))

    assert arrived["status"] == "available"
    assert local.tables.get(ROOT, "LOCAL", "users")["status"] == "available"
    assert local.tables.test(ROOT, "LOCAL", "users")["ok"]
    assert local.rows("LOCAL", "users") == [
        {"user_id": "007", "age": "40"},
        {"user_id": "008", "age": "41"},
    ]


def test_a_file_that_does_not_fit_is_wrong_and_a_better_one_mends_it(local: Service) -> None:
    local.tables.patch(ROOT, "LOCAL", "users", USERS)

    wrong = local.upload("users", zipped("users.csv", b"id,age\n1,2\n"))
    right = local.upload("users", zipped("users.csv", USERS_FILE.encode()))

    assert (wrong["status"], right["status"]) == ("wrong_specification", "available")
    assert "test_field_user_id" in wrong["status_detail"]["error"]


def test_a_report_is_held_as_it_is(local: Service) -> None:
    local.tables.patch(ROOT, "LOCAL", "report", REPORT)

    assert local.upload("report", b"\0indexed")["status"] == "available"


def test_users_in_a_packed_parquet_file_on_s3(store: Store, tmp_path: Path) -> None:
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(CUSTOMERS), made)
    body = {
        "resource": "user",
        "connection_table_params": {
            "file_format": "PARQUET",
            "bucket": "bucket-one",
            "options": {"compression": "zip"},
        },
        "resource_params": {"columns_mapping": {"age": "customer.age"}},
        "connection_table_metadata": {
            "description": "list of users properties imported from AWS S3"
        },
    }
    with running_store() as moto:
        client = moto.client()
        packed = zipped("table.parquet", made.getvalue())
        client.put_object(Bucket="bucket-one", Key="table_name_test", Body=packed)
        service = Service(store, ProbeSettings(base_urls={"S3": moto.url}), tmp_path / "uploads")
        service.connections.put(ROOT, "S3", {"credentials": dict(moto.reader)})

        table = service.tables.patch(ROOT, "S3", "table_name_test", body)
        rows = service.rows("S3", "table_name_test")

    assert table["status"] == "available", table
    assert any("the whole file has to be read" in text for text in table["warnings"])
    assert rows == [
        {"age": row["customer"]["age"], "user_id": row["user_id"], "customer": row["customer"]}
        for row in CUSTOMERS
    ]


def test_setting_a_table_again_takes_its_columns_as_they_are_now(local: Service) -> None:
    body = {**USERS, "connection_table_params": {"file_format": "NDJSON"}}
    local.tables.patch(ROOT, "LOCAL", "users", body)
    local.upload("users", b'{"test_field_user_id": 7}\n')

    drifted = local.upload("users", b'{"test_field_user_id": "seven"}\n')
    again = local.tables.patch(ROOT, "LOCAL", "users", body)

    assert drifted["status"] == "wrong_specification"
    assert "it was integer at" in drifted["status_detail"]["error"]
    assert again["status"] == "available"
