"""The bytes of compressed files: the same by any cut, and a clear word where they are broken."""

from __future__ import annotations

import bz2
import gc
import gzip
import lzma
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import Limits, Tally
from argosy.tables.formats.streams import expanded, members
from tests.tables.contents import MemoryContent

LIMITS = Limits()
FIELD = "connection_table_params.options.compression"
ROWS = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n * 7919) for n in range(200))
MEBIBYTE = 1024 * 1024
RANDOM = random.Random(1).randbytes(3 * MEBIBYTE)


def zstd(data: bytes, level: int = 3) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": zstd,
}
ENDINGS = {"gzip": ".gz", "bz2": ".bz2", "zstd": ".zst"}


def read(data: bytes, compression: str = "infer", name: str = "rows.csv") -> bytes:
    return b"".join(expanded(MemoryContent(name, data), compression, LIMITS, Tally()))


def refusal(data: bytes, compression: str = "infer", name: str = "rows.csv") -> TableError:
    with pytest.raises(TableError) as raised:
        read(data, compression, name)
    return raised.value


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "argosy-table-read"]


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("how", ["declared", "by its bytes", "by its name"])
def test_every_compression_is_read(compression: str, how: str) -> None:
    data = COMPRESS[compression](ROWS)
    name = "ROWS.CSV" + ENDINGS.get(compression, "").upper() if how == "by its name" else "rows"
    declared = compression if how == "declared" else "infer"
    tally = Tally()

    stream = expanded(MemoryContent(name, data), declared, LIMITS, tally)

    assert b"".join(stream) == ROWS
    assert stream.ended
    assert (stream.name, stream.member) == (name, "")
    assert tally.bytes_read == len(data)


@pytest.mark.parametrize("compression", ["gzip", "bz2", "zstd"])
def test_members_one_after_another_are_one_stream(compression: str) -> None:
    compress = COMPRESS[compression]

    assert read(compress(ROWS) + compress(b"") + compress(b"more\n")) == ROWS + b"more\n"


@settings(deadline=None, max_examples=60)
@given(
    data=st.binary(max_size=5_000),
    compression=st.sampled_from(list(COMPRESS)),
    chunk=st.integers(1, 3_000),
    parts=st.integers(1, 3),
)
def test_any_chunking_gives_the_same_bytes(
    data: bytes, compression: str, chunk: int, parts: int
) -> None:
    content = MemoryContent("rows", b"x" * 10_000 + data)
    packed = COMPRESS[compression](content.data) * parts
    limits = replace(LIMITS, chunk=chunk, preview_fetched=chunk)

    stream = expanded(MemoryContent("rows", packed), compression, limits, Tally())

    assert b"".join(stream) == content.data * parts


@pytest.mark.parametrize("compression", ["gzip", "bz2", "zstd"])
@pytest.mark.parametrize("is_bounded", [False, True])
def test_a_cut_at_any_byte_is_told(compression: str, is_bounded: bool) -> None:
    data = COMPRESS[compression](ROWS)
    bounds = {"most_fetched": MEBIBYTE} if is_bounded else {}

    for length in range(len(data)):
        content = MemoryContent("rows" + ENDINGS[compression], data[:length])
        with pytest.raises(TableError) as raised:
            b"".join(expanded(content, "infer", LIMITS, Tally(), **bounds))
        assert raised.value.reason == "broken_file", length
        assert raised.value.status == "wrong_specification"
        assert length == 0 or "it was cut short when" in raised.value.message.lower(), length


@pytest.mark.parametrize("compression", ["gzip", "bz2", "zstd"])
def test_a_cut_in_a_second_member_is_told(compression: str) -> None:
    data = COMPRESS[compression](ROWS)

    for length in range(1, len(data)):
        error = refusal(data + data[:length], compression)
        assert error.reason == "broken_file", length


def test_a_cut_says_where_and_what_to_do() -> None:
    data = gzip.compress(ROWS)

    error = refusal(data[:500], name="s3://bucket/rows.csv.gz")

    assert error.message == (
        "s3://bucket/rows.csv.gz: ends after 500 bytes, in the middle of its gzip data. "
        "It was cut short when it was written or copied; put the whole file there."
    )
    assert error.facts["file"] == "s3://bucket/rows.csv.gz"


def test_an_empty_file_is_no_compressed_one() -> None:
    assert refusal(b"", name="rows.csv.gz").message == (
        "rows.csv.gz: is empty (0 bytes), where a file compressed with gzip was expected: "
        "its name ends in .gz. Put the whole file there."
    )
    assert read(b"") == b""


def test_a_plain_file_that_is_named_gz_is_refused() -> None:
    error = refusal(ROWS, name="rows.csv.gz")

    assert error.message == (
        "rows.csv.gz: is not compressed with gzip, but its name ends in .gz: the file begins with "
        f'the text "id,name". Set `{FIELD}` to "none".'
    )
    assert (error.status, error.reason) == ("wrong_specification", "wrong_compression")
    assert error.field == FIELD


def test_a_file_of_another_compression_is_refused() -> None:
    assert refusal(zstd(ROWS), "bz2").message == (
        'rows.csv: is not compressed with bz2, but the table says "bz2": the file begins as a zstd '
        f'file does. Set `{FIELD}` to "zstd".'
    )


def test_a_compressed_file_is_not_read_as_a_plain_one() -> None:
    assert refusal(gzip.compress(ROWS), "none").message == (
        'rows.csv: is compressed, but the table says "none": the file begins as a gzip file does. '
        f'Set `{FIELD}` to "gzip".'
    )


def test_a_compression_that_is_not_read_is_named() -> None:
    assert refusal(lzma.compress(ROWS), "gzip").message == (
        'rows.csv: is not compressed with gzip, but the table says "gzip": the file begins as an '
        "xz file does. Compress the file with gzip, zip, zstd or bz2, or not at all."
    )


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"PAR1\x15\x04", "as a Parquet file does"),
        (b"Obj\x01\x04", "as an Avro file does"),
        (b"\x00\x01\x02", "with the bytes 00 01 02"),
        (b"<html>\n<body>", 'with the text "<html>"'),
        (b"\n", 'with the text ""'),
        (b"x" * 257 + b"ustar", "as a tar archive does"),
        ("é".encode() * 30, f'with the text "{"é" * 15}"'),
    ],
)
def test_what_a_file_begins_with_is_said_in_words(head: bytes, words: str) -> None:
    assert f"the file begins {words}." in refusal(head, "gzip").message


def test_a_file_that_was_compressed_twice_is_refused() -> None:
    assert refusal(gzip.compress(zstd(ROWS)), name="a.gz").message == (
        "a.gz: is compressed twice: what it expands to begins as a zstd file does. "
        f'Unpack it once, and set `{FIELD}` to "zstd".'
    )


@pytest.mark.parametrize("compression", ["gzip", "bz2"])
def test_garbage_behind_the_data_is_told(compression: str) -> None:
    tally = Tally()
    data = COMPRESS[compression](ROWS) + b"garbage!"

    stream = expanded(MemoryContent("rows", data), compression, LIMITS, tally)

    assert b"".join(stream) == ROWS
    assert tally.warnings == [
        f"rows: the last 8 bytes, behind the {compression} data, are no {compression} data and "
        "were left out."
    ]


def test_zeros_behind_gzip_are_padding() -> None:
    tally = Tally()
    content = MemoryContent("rows", gzip.compress(ROWS) + bytes(1_000))

    assert b"".join(expanded(content, "gzip", LIMITS, tally)) == ROWS
    assert tally.warnings == []


def test_garbage_behind_zstd_is_refused_as_its_tool_does() -> None:
    error = refusal(zstd(ROWS) + b"garbage!", "zstd")

    assert error.reason == "broken_file"
    assert error.message.endswith(
        "its zstd data does not expand (unknown frame descriptor). Put the file there again."
    )


@pytest.mark.parametrize("compression", ["gzip", "bz2"])
def test_a_wrong_checksum_is_told(compression: str) -> None:
    data = bytearray(COMPRESS[compression](ROWS))
    data[-7] ^= 1

    error = refusal(bytes(data), compression)

    assert error.reason == "broken_file"
    assert f"is broken near byte {len(data):,}: its {compression} data does not expand" in (
        error.message
    )


def test_a_zstd_window_that_is_too_large_is_told() -> None:
    # a frame that asks for a window of 2 GiB: magic, no checksum and no size, exponent 21
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00"

    assert refusal(frame, "zstd").message == (
        "rows.csv: was compressed by zstd with a window of more than 128 MiB. "
        "Compress it again without `--long`, or with `--long=27` at most."
    )


@pytest.mark.parametrize("compression", ["gzip", "bz2", "zstd"])
def test_a_bomb_is_expanded_no_further_than_asked(compression: str) -> None:
    data = COMPRESS[compression](bytes(20 * MEBIBYTE))
    tally = Tally()
    content = MemoryContent("bomb", data)

    stream = expanded(
        content, compression, LIMITS, tally, most_fetched=MEBIBYTE, most_expanded=3 * MEBIBYTE
    )

    pieces = list(stream)
    assert sum(map(len, pieces)) == 3 * MEBIBYTE
    assert max(map(len, pieces)) <= 64 * 1024
    assert not stream.ended


def test_a_bomb_that_is_read_as_a_whole_comes_in_small_pieces() -> None:
    stream = expanded(
        MemoryContent("bomb", gzip.compress(bytes(64 * MEBIBYTE))), "gzip", LIMITS, Tally()
    )

    assert max(map(len, stream)) <= MEBIBYTE


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_preview_fetches_no_more_than_it_may(compression: str) -> None:
    content, tally = MemoryContent("rows", COMPRESS[compression](RANDOM)), Tally()

    stream = expanded(content, compression, LIMITS, tally, most_fetched=100_000)
    found = b"".join(stream)

    assert tally.bytes_read <= 100_000
    assert not stream.ended
    assert RANDOM.startswith(found)
    assert found or compression == "bz2"


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_preview_of_a_small_file_has_ended(compression: str) -> None:
    content = MemoryContent("rows", COMPRESS[compression](ROWS))

    stream = expanded(
        content, compression, LIMITS, Tally(), most_fetched=MEBIBYTE, most_expanded=len(ROWS)
    )

    assert b"".join(stream) == ROWS
    assert stream.ended
    assert content.reads == [(0, len(content.data))]


def test_a_preview_starts_no_thread() -> None:
    before = len(threads())
    stream = expanded(
        MemoryContent("rows", gzip.compress(ROWS)), "gzip", LIMITS, Tally(), most_fetched=1_000
    )
    next(stream)

    assert len(threads()) == before


@dataclass(slots=True)
class Endless:
    """A large file that is never in memory; counts what was asked for."""

    size: int
    name: str = "endless"
    version: str = "1"
    asked: int = 0

    def read(self, start: int, length: int) -> bytes:
        self.asked += length
        return b"row\n" * (length // 4)


def test_reading_is_only_a_little_ahead() -> None:
    content = Endless(1_000 * LIMITS.chunk)
    stream = expanded(content, "none", LIMITS, Tally())
    given = len(next(stream)) + len(next(stream))

    time.sleep(0.05)

    assert content.asked - given <= 3 * LIMITS.chunk
    stream.close()


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_closed_stream_has_no_threads_left(compression: str) -> None:
    before = set(threads())
    data = COMPRESS[compression](RANDOM)
    stream = expanded(MemoryContent("rows", data), compression, LIMITS, Tally())
    next(stream)
    stream.close()

    assert set(threads()) <= before
    assert list(stream) == []
    assert not stream.ended


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_an_abandoned_stream_ends_its_threads(compression: str) -> None:
    before = set(threads())
    data = RANDOM * 5
    limits = replace(LIMITS, chunk=65_536)
    stream = expanded(
        MemoryContent("rows", COMPRESS[compression](data)), compression, limits, Tally()
    )
    next(stream)
    started = set(threads()) - before
    assert started

    del stream
    gc.collect()

    for thread in started:
        thread.join(10)
    assert not any(thread.is_alive() for thread in started)


class Replaced(MemoryContent):
    """A file that is another one behind its first mebibyte."""

    def read(self, start: int, length: int) -> bytes:
        if start > MEBIBYTE:
            raise TableError(detail="was replaced.", file=self.name, reason="changed")
        return self.data[start : start + length]


@pytest.mark.parametrize("compression", COMPRESS)
def test_what_the_source_raises_comes_through(compression: str) -> None:
    data = COMPRESS[compression](RANDOM)

    stream = expanded(Replaced("s3://bucket/rows", data), compression, LIMITS, Tally())

    with pytest.raises(TableError) as raised:
        list(stream)
    assert raised.value.message == "s3://bucket/rows: was replaced."
    assert list(stream) == []
    assert not stream.ended


def test_a_file_that_became_shorter_was_replaced() -> None:
    class Shorter(MemoryContent):
        size = 5 * MEBIBYTE

    with pytest.raises(TableError) as raised:
        list(expanded(Shorter("rows", b"x" * MEBIBYTE), "none", LIMITS, Tally()))

    assert raised.value.message == (
        "rows: ends after 1,048,576 bytes, but had 5,242,880 before. "
        "It was replaced while it was read, or its server cut it; read it again."
    )
    assert (raised.value.status, raised.value.reason) == ("unknown_error", "changed")
    assert raised.value.passes


def test_a_file_without_an_archive_is_its_own_only_member() -> None:
    (member,) = members(MemoryContent("rows", gzip.compress(ROWS)), "infer", LIMITS, Tally())

    assert (member.name, member.member) == ("rows", "")
    assert b"".join(member.expanded()) == b"".join(member.expanded()) == ROWS


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(min_size=1, max_size=300),
    compression=st.sampled_from(["gzip", "bz2", "zstd"]),
    at=st.integers(0, 10_000),
    change=st.integers(1, 255),
)
def test_a_changed_byte_gives_an_error_or_bytes_and_never_another_exception(
    data: bytes, compression: str, at: int, change: int
) -> None:
    packed = bytearray(COMPRESS[compression](data))
    packed[at % len(packed)] ^= change

    reasons = []
    try:
        read(bytes(packed), compression)
    except TableError as error:
        reasons.append(error.reason)

    assert set(reasons) <= {"broken_file", "wrong_compression", "too_large"}
