"""Avro files made by hand, whole and broken, and how tests read them."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import random
import zlib
from collections.abc import Callable
from typing import Any

import fastavro
import pyarrow as pa
import pytest

from argosy.errors import TableError
from argosy.tables.content import FileSpec, Limits, Tally
from argosy.tables.formats.avro import open_avro, preview_avro
from tests.tables.contents import MemoryContent

LIMITS = Limits()
SPEC = FileSpec("AVRO")
FORMAT = "connection_table_params.file_format"
SYNC = bytes(range(16))
RANDOM = random.Random(1)
ROWS = [{"id": n, "name": f"name {n}", "note": None if n % 3 else "x"} for n in range(200)]
FIELDS: list[Any] = [
    {"name": "id", "type": "long"},
    {"name": "name", "type": "string"},
    {"name": "note", "type": ["null", "string"]},
]


def long(value: int) -> bytes:
    rest, found = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        found.append((rest & 0x7F) | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def sized(value: bytes) -> bytes:
    return long(len(value)) + value


def record(*fields: Any) -> Any:
    return {"type": "record", "name": "row", "fields": list(fields)}


def of_x(type_: Any) -> Any:
    return record({"name": "x", "type": type_})


def head(schema: Any, codec: str = "null") -> bytes:
    text = schema if isinstance(schema, bytes) else json.dumps(schema).encode()
    meta = sized(b"avro.schema") + sized(text) + sized(b"avro.codec") + sized(codec.encode())
    return b"Obj\x01" + long(2) + meta + long(0) + SYNC


def block(rows: int, data: bytes) -> bytes:
    return long(rows) + sized(data) + SYNC


def encoded(schema: Any, rows: list[Any]) -> bytes:
    sink = io.BytesIO()
    parsed = fastavro.parse_schema(json.loads(json.dumps(schema)))
    for row in rows:
        fastavro.schemaless_writer(sink, parsed, row)
    return sink.getvalue()


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def snappy(data: bytes) -> bytes:
    packed: bytes = pa.Codec("snappy").compress(data, asbytes=True)
    return packed + zlib.crc32(data).to_bytes(4, "big")


def zstandard(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": deflate,
    "snappy": snappy,
    "zstandard": zstandard,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def written(schema: Any, rows: list[Any], codec: str = "null", per_block: int = 50) -> bytes:
    blocks = [
        block(len(part), CODECS[codec](encoded(schema, part)))
        for part in (rows[at : at + per_block] for at in range(0, len(rows), per_block))
    ]
    return head(schema, codec) + b"".join(blocks)


DATA = written(record(*FIELDS), ROWS)


def content(data: bytes, name: str = "rows.avro") -> MemoryContent:
    return MemoryContent(name, data)


def read(data: bytes, limits: Limits = LIMITS, tally: Tally | None = None) -> pa.Table:
    reader = open_avro(content(data), SPEC, limits, tally or Tally())
    try:
        return pa.Table.from_batches(list(reader), reader.schema)
    finally:
        reader.close()


def slowly(data: bytes) -> pa.Table:
    reader: Any = open_avro(content(data), SPEC, LIMITS, Tally())
    reader._quick = None
    try:
        return pa.Table.from_batches(list(reader), reader.schema)
    finally:
        reader.close()


def is_quick(data: bytes) -> bool:
    reader: Any = open_avro(content(data), SPEC, LIMITS, Tally())
    reader.close()
    return reader._quick is not None


def preview(data: bytes, rows: int = 20, tally: Tally | None = None) -> Any:
    return preview_avro(content(data), SPEC, LIMITS, tally or Tally(), rows)


def refusal(data: bytes) -> TableError:
    with pytest.raises(TableError) as raised:
        read(data)
    return raised.value
