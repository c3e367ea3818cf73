"""What tables cost: previews on S3, whole reads beside polars, and the memory of a large file.

    python benchmarks/tables.py [--quick] [--rounds N] [--only previews|reads|memory]

Previews open tables of 100,000 rows and seven columns in an S3 of this machine, as the server
opens them; beside each is one ranged request of boto3 for as many bytes. Whole reads go over files
on the disk, from their first row to their last, beside polars reading the same file into one frame
(and, for Parquet, on into Arrow); ours and theirs by turns, the best of the rounds, in wall
seconds, and in CPU seconds, which other work on the machine changes less. For the memory a child
process reads a file that is gigabytes of one block, repeated, and tells the most it has held.
Everything is made up anew in a temporary folder.

Ends with 1 where a limit is missed. Not limited are the bytes of Parquet's previews, since its
dictionaries and first pages are as large as their writer made them, and its rate beside polars'
own frame, which holds texts in another form than Arrow's plain one.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import logging
import math
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argosy.tables
from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import LOCAL, StoredConnection
from argosy.connections.table_document import with_defaults
from argosy.connections.types import load_types
from argosy.tables import StoredTable
from argosy.tables.opener import ReadingOpener
from argosy.tables.sources import Contents, Files

Made = dict[str, Path]
Peer = Callable[[Path], Any]
#: Wall and CPU seconds.
Cost = tuple[float, float]

#: A preview's limits: seconds, and bytes fetched.
MOST_SECONDS = 1.0
MOST_FETCHED = 1024 * 1024
#: The least part of polars' rate at which a file is read in full.
LEAST_RATIO = 0.6
#: Megabytes that a process may hold while it reads a file of any size.
MOST_MEMORY = 300
PREVIEW_ROWS = 100_000
#: Seconds: of one preview, and of the rounds of one file.
BUDGET = 5.0
PATIENCE = 25.0
MISSED = "   MISSED"
WORDS = """
    amber birch cedar delta ember fjord grove harbor island juniper kernel lagoon meadow north
    orchard prairie quartz river summit timber upland valley willow yonder zenith
""".split()  # noqa: SIM905 - it is read more easily
FORMATS = {"csv": "CSV", "ndjson": "NDJSON", "parquet": "PARQUET", "avro": "AVRO"}
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40}
#: What the child processes read, and how the repeated block is packed.
LARGE: dict[str, Callable[[bytes], bytes]] = {
    "large.csv": bytes,
    "large.csv.gz": gzip.compress,
    "large.ndjson": bytes,
}
_CONNECTION = StoredConnection("org", LOCAL, LOCAL)


def frame(rows: int) -> Any:
    """Make up users: three texts, a word of few, an integer, a number, and a time."""
    import polars as pl  # noqa: PLC0415 - what is measured does without

    number = pl.int_range(rows)

    def word(seed: int) -> Any:
        place = number.hash(seed) % len(WORDS)
        return place.replace_strict(dict(enumerate(WORDS)), return_dtype=pl.String)

    return pl.select(
        user_id=pl.format("user-{}", number),
        email=pl.format("{}.{}@example.com", word(1), number.hash(2) % 1_000_000),
        about=pl.concat_str([word(seed) for seed in range(10, 18)], separator=" "),
        country=word(3),
        age=(number.hash(4) % 80 + 18).cast(pl.Int64),
        spent=(number.hash(5) % 1_000_000).cast(pl.Float64) / 100,
        seen=pl.from_epoch((number.hash(6) % 50_000_000).cast(pl.Int64) + 1_700_000_000),
    ).with_columns(pl.col("seen").cast(pl.Datetime("us")))


def written(folder: Path, rows: int) -> Made:
    """Write the same rows in all formats; return where each lies, by what it is called."""
    import polars as pl  # noqa: PLC0415 - what is measured does without
    import pyarrow as pa  # noqa: PLC0415 - what is measured does without
    import pyarrow.parquet as pq  # noqa: PLC0415 - what is measured does without

    data = frame(rows)
    texts = data.with_columns(data["seen"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    made = {name: folder / f"users.{name}" for name in ("csv", "ndjson", "parquet", "avro")}
    texts.write_csv(made["csv"])
    texts.write_ndjson(made["ndjson"])
    pq.write_table(data.to_arrow(), made["parquet"])
    slices = data.iter_slices(10_000)  # a block each, about 1 MB
    pl.concat(slices, rechunk=False).write_avro(str(made["avro"]), compression="deflate")
    plain, lines = made["csv"].read_bytes(), made["ndjson"].read_bytes()
    packed: dict[str, Callable[[], bytes]] = {
        "csv.gz": lambda: gzip.compress(plain, 6),
        "csv.zst": lambda: pa.compress(plain, codec="zstd", asbytes=True),
        "csv.bz2": lambda: bz2.compress(plain),
        "ndjson.gz": lambda: gzip.compress(lines, 6),
    }
    for name, pack in packed.items():
        made[name] = folder / f"users.{name}"
        made[name].write_bytes(pack())
    made["csv.zip"] = folder / "users.csv.zip"
    with zipfile.ZipFile(made["csv.zip"], "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(made["csv"], "users.csv")
    made["polars.parquet"] = folder / "users.polars.parquet"
    data.write_parquet(made["polars.parquet"])
    made["texts.parquet"] = folder / "users.texts.parquet"
    pq.write_table(data.select("user_id", "email", "about").to_arrow(), made["texts.parquet"])
    return made


def table_of(name: str, **params: Any) -> TableToOpen:
    """Return a table as the API has it."""
    known = next(FORMATS[part] for part in reversed(name.split(".")) if part in FORMATS)
    table = {
        "resource": "user",
        "resource_params": {"columns_mapping": {"user_id": "user_id"}},
        "connection_table_params": {"file_format": known, **params},
        "connection_table_metadata": {},
    }
    return TableToOpen("db", name, with_defaults(table))


def files_of(path: Path | None = None, url: str = "") -> Files:
    """Return what finds the files of tables: one that was uploaded, or those of a store."""
    prober = Prober(ProbeSettings(base_urls={"S3": url} if url else {}))
    return Files(prober, load_types(), lambda _database, _name: path)


# previews


@contextmanager
def store() -> Iterator[str]:
    """Run an S3 in a process of its own; give its URL."""
    command = [sys.executable, __file__, "--store"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def serve_store() -> int:
    """Serve an S3 until this process is ended, and print its URL."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - what is measured does without

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    print("http://{}:{}".format(*server.get_host_and_port()), flush=True)
    threading.Event().wait()
    return 0


@dataclass(frozen=True, slots=True)
class Preview:
    """One table's previews: milliseconds of each, bytes of one, and what a plain request takes."""

    key: str
    size: int
    took: list[float]
    fetched: int
    plain: list[float]

    def is_good(self) -> bool:
        """Whether they keep to their limits."""
        is_small = self.fetched <= MOST_FETCHED or self.key.endswith("parquet")
        return statistics.median(self.took) < 1000 * MOST_SECONDS and is_small

    def line(self) -> str:
        """Return it as a line of the table."""
        took, plain = statistics.median(self.took), statistics.median(self.plain)
        return (
            f"  {self.key:<21}{self.size:>12,}{self.fetched:>12,}{took:>7.0f} ms"
            f"{max(self.took):>7.0f} ms{plain:>11.0f} ms{'' if self.is_good() else MISSED}"
        )


def measure_previews(rounds: int) -> bool:
    """Print what previews cost; tell whether all keep to their limits."""
    import boto3  # noqa: PLC0415 - what is measured does without

    with tempfile.TemporaryDirectory() as folder, store() as url:
        client: Any = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **KEYS)
        client.create_bucket(Bucket="bucket-one")
        paths = list(written(Path(folder), PREVIEW_ROWS).values())
        for path in paths:
            client.put_object(Bucket="bucket-one", Key=path.name, Body=path.read_bytes())
        connection = StoredConnection("org", "S3", "S3", KEYS, {"region_name": "us-east-1"})
        opener = ReadingOpener(files_of(url=url), now=time.time, clock=time.monotonic)
        began = time.perf_counter()
        opener.open(connection, table_of(paths[0].name, bucket="bucket-one"), BUDGET)
        first = 1000 * (time.perf_counter() - began)
        found = [preview(opener, connection, client, path, rounds) for path in paths]
    print(f"Previews on S3 of {PREVIEW_ROWS:,} rows x 7 columns; at most 1 s and 1 MiB")
    print(f"  {'':<21}{'bytes':>12}{'fetched':>12}{'median':>10}{'most':>10}{'one request':>14}")
    for one in found:
        print(one.line())
    print(f"  The first of all, which loads the readers: {first:.0f} ms")
    return all(one.is_good() for one in found)


def preview(
    opener: ReadingOpener, connection: StoredConnection, client: Any, path: Path, rounds: int
) -> Preview:
    """Preview a table once to warm up and then so many times, by turns with a plain request."""
    took, plain, fetched = [], [], 0
    table = table_of(path.name, bucket="bucket-one", path=path.name)
    for _ in range(rounds + 1):
        began = time.perf_counter()
        opened = opener.open(connection, table, BUDGET)
        took.append(1000 * (time.perf_counter() - began))
        assert opened.ok, opened.checks
        assert len(opened.rows) == 20, path
        fetched = opened.bytes_read
        began = time.perf_counter()
        bytes_ = f"bytes=0-{fetched - 1}"
        client.get_object(Bucket="bucket-one", Key=path.name, Range=bytes_)["Body"].read()
        plain.append(1000 * (time.perf_counter() - began))
    return Preview(path.name, path.stat().st_size, took[1:], fetched, plain[1:])


# whole reads


def peers() -> dict[str, list[tuple[str, Peer]]]:
    """Return how polars alone reads each file; the last way is the one that is held against.

    Nothing for what it does not read.
    """
    import polars as pl  # noqa: PLC0415 - what is measured does without

    def read_csv(data: Path | bytes) -> Any:
        return pl.read_csv(data, infer_schema=False)

    csv: list[tuple[str, Peer]] = [("polars", read_csv)]
    parquet: list[tuple[str, Peer]] = [
        ("polars, its own frame", pl.read_parquet),
        ("polars, to Arrow", lambda path: pl.read_parquet(path).to_arrow()),
    ]
    return {
        "csv": [("polars, to Arrow", lambda path: read_csv(path).to_arrow()), *csv],
        "csv.gz": csv,
        "csv.zst": csv,
        "csv.bz2": [("bz2, polars", lambda path: read_csv(bz2.decompress(path.read_bytes())))],
        "csv.zip": [],
        "ndjson": [
            ("polars, to Arrow", lambda path: pl.read_ndjson(path).to_arrow()),
            ("polars", pl.read_ndjson),
        ],
        "ndjson.gz": [
            (
                "gzip, polars",
                lambda path: pl.read_ndjson(io.BytesIO(gzip.decompress(path.read_bytes()))),
            )
        ],
        "parquet": parquet,
        "polars.parquet": parquet,
        "texts.parquet": parquet,
        "avro": [("polars", pl.read_avro)],
    }


def read_whole(path: Path) -> int:
    """Read a table to its end, batch by batch; return how many rows it has."""
    stored = StoredTable(_CONNECTION, table_of(path.name), files_of(path))
    rows = 0
    with argosy.tables.open(stored) as reader:
        for batch in reader:
            rows += batch.num_rows
    return rows


def cost(work: Callable[[], Any]) -> Cost:
    """Return the wall and the CPU seconds that some work takes."""
    began, spent = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - spent


def measure_reads(rows: int, rounds: int) -> bool:
    """Print what reading whole files costs; tell whether none is too slow."""
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        made = written(Path(folder), rows)
        print(f"Whole reads of {rows:,} rows; at least {LEAST_RATIO} of polars' rate")
        print(f"  {'':<21}{'bytes':>12}{'ours':>9}{'peer':>9}{'rate':>7}{'by CPU':>8}   the peer")
        for name, theirs in peers().items():
            path = made[name]
            ours, found = by_turns(path, rows, [peer for _, peer in theirs], rounds)
            begin = f"  {path.name:<21}{path.stat().st_size:>12,}{ours[0]:>7.2f} s"
            if not theirs:
                print(f"{begin}{'none':>9}")
            for number, ((peer, _), (wall, cpu)) in enumerate(zip(theirs, found, strict=True), 1):
                is_low = number == len(theirs) and wall / ours[0] < LEAST_RATIO
                is_good &= not is_low
                print(
                    f"{begin}{wall:>7.2f} s{wall / ours[0]:>7.2f}{cpu / ours[1]:>8.2f}   {peer}"
                    f"{MISSED if is_low else ''}"
                )
    return is_good


def by_turns(path: Path, rows: int, theirs: list[Peer], rounds: int) -> tuple[Cost, list[Cost]]:
    """Return the best of ours and of each peer; the first round only warms up.

    There are two more rounds at least, and no further ones once they have taken too long.
    """

    def ours() -> None:
        assert read_whole(path) == rows, path

    works = [ours, *(lambda peer=peer: peer(path) for peer in theirs)]
    figures: list[list[Cost]] = [[] for _ in works]
    began = time.perf_counter()
    for number in range(rounds + 1):
        if number > 2 and time.perf_counter() - began > PATIENCE:
            break
        order = list(zip(works, figures, strict=True))
        for work, taken in order[:: 1 if number % 2 else -1]:
            taken.append(cost(work))
    best = [
        (min(wall for wall, _ in taken[1:]), min(cpu for _, cpu in taken[1:])) for taken in figures
    ]
    return best[0], best[1:]


# memory


class RepeatedContent:
    """A file that is a beginning and then one block as often as it fits; it holds both once."""

    def __init__(self, name: str, head: bytes, block: bytes, times: int) -> None:
        self.name = f"local://{name}"
        self.version = "1"
        self.size = len(head) + times * len(block)
        self._head = head
        self._block = memoryview(block * 2)
        self._length = len(block)

    def read(self, start: int, length: int) -> bytes:
        """Return bytes, see `argosy.tables.content.Content`."""
        end = min(start + length, self.size)
        pieces: list[Any] = []
        while start < end:
            if start < len(self._head):
                piece: Any = self._head[start:end]
            else:
                at = (start - len(self._head)) % self._length
                piece = self._block[at : at + min(end - start, self._length)]
            pieces.append(piece)
            start += len(piece)
        return b"".join(pieces)


@dataclass(frozen=True)
class OneFile(Files):
    """Finds one content, whatever the table."""

    content: RepeatedContent | None = None

    def find(self, *_asked: Any, **_options: Any) -> Contents:
        """Return it."""
        assert self.content is not None
        return Contents((self.content,), lambda: None)


def write_blocks(folder: Path) -> int:
    """Write what the large files are made of, and return how many rows a block has."""
    rows = 5_000
    made = written(folder, rows)
    for name, pack in LARGE.items():
        text = made["ndjson" if "ndjson" in name else "csv"].read_bytes()
        head = b"" if "ndjson" in name else text[: text.index(b"\n") + 1]
        block = text[len(head) :]
        (folder / f"{name}.length").write_text(str(len(block)), encoding="ascii")
        (folder / f"{name}.head").write_bytes(pack(head) if head else b"")
        (folder / f"{name}.block").write_bytes(pack(block))
    return rows


def measure_memory(gigabytes: float) -> bool:
    """Print the most that a process holds; tell whether it is little enough."""
    print(f"Reading {gigabytes:g} GB of one file, unpacked; at most {MOST_MEMORY} MB held")
    print(f"  {'':<21}{'most':>9}{'before':>10}{'took':>9}{'rate':>12}")
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        rows = write_blocks(Path(folder))
        for name in LARGE:
            length = int((Path(folder) / f"{name}.length").read_text(encoding="ascii"))
            times = math.ceil(gigabytes * 1e9 / length)
            command = [sys.executable, __file__, "--read", f"{folder}/{name}", "--times"]
            command.append(str(times))
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found, most, before, took = map(float, said.split())
            assert found == rows * times, (name, found)
            is_small = most < MOST_MEMORY
            is_good &= is_small
            print(
                f"  {name:<21}{most:>6.0f} MB{before:>7.0f} MB{took:>7.1f} s"
                f"{length * times / took / 1e6:>7.0f} MB/s{'' if is_small else MISSED}"
            )
    return is_good


def read_large(path: Path, times: int) -> int:
    """Read a large file in this process.

    Prints the rows, the most megabytes held, those held before, and the seconds.
    """
    head, block = (path.with_name(f"{path.name}.{part}") for part in ("head", "block"))
    content = RepeatedContent(path.name, head.read_bytes(), block.read_bytes(), times)
    prober = Prober(ProbeSettings())
    files = OneFile(prober, load_types(), lambda _database, _name: None, content=content)
    stored = StoredTable(_CONNECTION, table_of(path.name), files)
    before, began, rows = held("VmRSS"), time.perf_counter(), 0
    with argosy.tables.open(stored) as reader:
        for batch in reader:
            rows += batch.num_rows
        assert rows == reader.tally.rows_read
    print(rows, held("VmHWM"), before, time.perf_counter() - began)
    return 0


def held(what: str) -> float:
    """Return megabytes of this process: those it holds, or the most it has held.

    Not `getrusage`, whose maximum a child takes over from its parent.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024 / 1e6


def main() -> int:
    """Measure what was chosen."""
    parser = argparse.ArgumentParser(description="What tables cost.")
    parser.add_argument("--quick", action="store_true", help="fewer rows, rounds and gigabytes")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", choices=["previews", "reads", "memory"])
    parser.add_argument("--store", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.store:
        return serve_store()
    if chosen.read:
        return read_large(chosen.read, chosen.times)
    rounds = chosen.rounds or (3 if chosen.quick else 7)
    parts: dict[str, Callable[[], bool]] = {
        "previews": lambda: measure_previews(rounds),
        "reads": lambda: measure_reads(300_000 if chosen.quick else 1_000_000, rounds),
        "memory": lambda: measure_memory(1 if chosen.quick else 5),
    }
    kept = [part() for name, part in parts.items() if chosen.only in (None, name)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
