"""Each format, packed each way, wherever it lies: previewed, validated, and read in full."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trustme

import argosy.tables
from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import LOCAL, StoredConnection
from argosy.connections.types import load_types
from argosy.tables import StoredTable
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Files
from tests.connections.fakes.aws import Store, running_store
from tests.connections.fakes.google import NOW, key_file
from tests.connections.fakes.world import World
from tests.tables.conftest import Emulator
from tests.tables.local import table_of

ROWS = [
    {"id": f"{number:05}", "name": f'Name "{number}", é\n', "visits": number * 3}
    for number in range(1_000)
]


def _csv() -> bytes:
    made = io.StringIO(newline="")
    writer = csv.DictWriter(made, list(ROWS[0]))
    writer.writeheader()
    writer.writerows(ROWS)
    return made.getvalue().encode()


def _ndjson() -> bytes:
    return "\n".join(json.dumps(row) for row in ROWS).encode()


def _parquet() -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), made, row_group_size=300)
    return made.getvalue()


def _avro() -> bytes:
    fields = [{"name": name, "type": "string"} for name in ("id", "name")]
    schema = {
        "type": "record",
        "name": "row",
        "fields": [*fields, {"name": "visits", "type": "long"}],
    }
    made = io.BytesIO()
    fastavro.writer(made, fastavro.parse_schema(schema), ROWS, codec="deflate", sync_interval=4_000)
    return made.getvalue()


def _zip(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._inside", b"nothing")
        archive.writestr("inside", data)
    return made.getvalue()


def _zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


FORMATS: dict[str, Callable[[], bytes]] = {
    "CSV": _csv,
    "NDJSON": _ndjson,
    "JSON": lambda: json.dumps(ROWS).encode(),
    "PARQUET": _parquet,
    "AVRO": _avro,
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "gzip": gzip.compress,
    "zip": _zip,
    "zstd": _zstd,
    "bz2": bz2.compress,
}


class Place:
    """Somewhere that files can be put, and read as tables."""

    def __init__(
        self, connection: StoredConnection, files: Files, put: Callable[[str, bytes], None]
    ) -> None:
        self.connection = connection
        self.files = files
        self.put = put
        #: A table of LOCAL is one file and names no place.
        self.params = {} if connection.type == LOCAL else {"bucket": "bucket-one"}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


@pytest.fixture(params=["LOCAL", "S3", "GCS"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return {"LOCAL": _local, "S3": _s3, "GCS": _gcs}[request.param](request, tmp_path)


def _local(_request: pytest.FixtureRequest, folder: Path) -> Place:
    files = Files(Prober(ProbeSettings()), load_types(), lambda _database, name: folder / name)
    stored = StoredConnection("org", LOCAL, LOCAL)
    return Place(stored, files, lambda name, data: _written(folder / name, data))


def _written(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _s3(request: pytest.FixtureRequest, _folder: Path) -> Place:
    store: Store = request.getfixturevalue("store")
    prober = Prober(ProbeSettings(base_urls={"S3": store.url}))
    stored = StoredConnection("org", "S3", "S3", dict(store.reader))
    client = store.client()

    def put(name: str, data: bytes) -> None:
        client.put_object(Bucket="bucket-one", Key=name, Body=data)

    return Place(stored, Files(prober, load_types(), lambda _database, _name: None), put)


def _gcs(request: pytest.FixtureRequest, folder: Path) -> Place:
    emulator: Emulator = request.getfixturevalue("emulator")
    world: World = request.getfixturevalue("world")
    authority: trustme.CA = request.getfixturevalue("authority")
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    settings = ProbeSettings(
        allow_networks=("127.0.0.0/8",),
        ca_bundle=str(bundle),
        now=lambda: float(NOW),
        resolve=world.resolve,
    )
    files = Files(Prober(settings), load_types(), lambda _database, _name: None)
    stored = StoredConnection("org", "GCS", "GCS", key_file())
    return Place(stored, files, lambda name, data: emulator.put("bucket-one", name, data))


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("file_format", FORMATS)
def test_it_is_previewed_validated_and_read(place: Place, file_format: str, packed: str) -> None:
    name = f"{file_format}-{packed}"
    place.put(name, PACKED[packed](FORMATS[file_format]()))
    options = {"compression": packed}
    if file_format == "CSV":
        options |= {"infer": True, "escape": ""}  # type: ignore[dict-item]
    table = table_of(file_format=file_format, options=options, **place.params)

    opener = ReadingOpener(place.files, now=lambda: 0.0, clock=time.monotonic)
    found = opener.open(place.connection, TableToOpen("db", name, table), 60.0)

    assert (found.ok, found.status) == (True, "available"), found.checks
    assert list(found.rows) == ROWS[:20]
    assert {one.name: one.type for one in found.columns} == {
        "id": "text",
        "name": "text",
        "visits": "integer",
    }
    assert _read(place, name, table) == [
        {"user_id": row["id"], "name": row["name"], "visits": row["visits"]} for row in ROWS
    ]


def _read(place: Place, name: str, table: Any) -> list[Any]:
    stored = StoredTable(place.connection, TableToOpen("db", name, table), place.files)
    with argosy.tables.open(stored) as reader:
        rows = [row for batch in reader for row in batch.to_pylist()]
    assert reader.tally.rows_read == len(rows) == reader.tally.rows_delivered
    return rows


def test_what_is_not_said_is_taken_from_the_file(place: Place) -> None:
    name = "users.ndjson.gz"
    place.put(name, gzip.compress(_ndjson()))
    table = table_of(**place.params)
    del table["connection_table_params"]["file_format"]

    assert len(_read(place, name, table)) == len(ROWS)


@pytest.mark.parametrize("place", ["S3", "GCS"], indirect=True)
def test_files_of_one_form_are_one_table(place: Place) -> None:
    for part in (1, 2, 10):
        lines = f"id,part\n{part},x\n" if part != 2 else f"part,id\nx,{part}\n"
        place.put(f"parts/part-{part}.csv", lines.encode())

    found = _read(place, "t", table_of(**place.params, glob="parts/*.csv"))

    assert found == [{"user_id": str(part), "part": "x"} for part in (1, 2, 10)]


@pytest.mark.parametrize("place", ["S3", "GCS"], indirect=True)
def test_a_file_among_them_that_has_other_columns_is_named(place: Place) -> None:
    place.put("mixed/part-1.csv", b"id,part\n1,x\n")
    place.put("mixed/part-2.csv", b"id,other\n2,x\n")
    table = table_of(**place.params, prefix="mixed/")

    opener = ReadingOpener(place.files, now=lambda: 0.0, clock=time.monotonic)
    found = opener.open(place.connection, TableToOpen("db", "t", table), 60.0)

    assert (found.status, found.reason) == ("wrong_specification", "mixed_files")
    base = f"{place.connection.type.lower()}://bucket-one/mixed"
    assert found.checks[1].message == (
        f"{base}/part-2.csv: its columns are not those of {base}/part-1.csv: "
        "it lacks part and has other besides."
    )
    with pytest.raises(argosy.errors.TableError, match="lacks part and has other besides"):
        _read(place, "t", table)
