"""What the first bytes of a file say that it is, for programs and in words."""

from __future__ import annotations

import re

#: How many bytes are enough to know.
ENOUGH = 264

_COMPRESSIONS = (
    ("gzip", re.compile(rb"\x1f\x8b")),
    ("zip", re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)")),
    ("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
    ("bz2", re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)")),
)
_MAGIC = {
    "gzip": (b"\x1f\x8b",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"),
    "zstd": (b"\x28\xb5\x2f\xfd",),
    "bz2": tuple(b"BZh%d1AY&SY" % n for n in range(1, 10)),
}
_WORDS = {
    "gzip": "a gzip file",
    "zip": "a zip archive",
    "zstd": "a zstd file",
    "bz2": "a bz2 file",
}
_OTHERS = (
    (b"PAR1", "a Parquet file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"\xff\x06\x00\x00sNaPpY", "a snappy file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
#: The kinds of files that are compressed, and not so that tables are read from them.
FOREIGN = frozenset(
    {
        "an xz file", "a tar archive", "a 7z archive", "a rar archive", "an lz4 file",
        "a snappy file",
    }
)  # fmt: skip
#: What to do with one of those.
REPACK = "Compress the file with gzip, zip, zstd or bz2, or not at all."
_FORMATS = {"a Parquet file": "PARQUET", "an Avro file": "AVRO"}
_TAR_AT = 257
_SHOWN = 30
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")


def compression_of(head: bytes) -> str:
    """Return the compression that a file with these first bytes has; empty for none."""
    return next((name for name, magic in _COMPRESSIONS if magic.match(head)), "")


def is_cut_head(head: bytes, compression: str) -> bool:
    """Whether these are all bytes of a file that was cut before it said what it is."""
    return any(magic.startswith(head) and magic != head for magic in _MAGIC[compression])


def kind_of(head: bytes) -> str:
    """Return what a file with these first bytes is, as people call it; empty where unknown."""
    if compression := compression_of(head):
        return _WORDS[compression]
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "a tar archive"
    return next((words for magic, words in _OTHERS if head.startswith(magic)), "")


def remedy_of(kind: str) -> str:
    """Return what to do with a file of this kind that was to be text."""
    if kind in _FORMATS:
        return f"Set connection_table_params.file_format to {_FORMATS[kind]}."
    return REPACK if kind in FOREIGN else "Save its rows as CSV, NDJSON, Parquet or Avro."


def describe(head: bytes) -> str:
    """Return what a file begins with, to be read after "it begins"."""
    if not head:
        return "with nothing: it is empty"
    if kind := kind_of(head):
        return f"as {kind} does"
    text = head[:_SHOWN].decode("utf-8", "replace").rstrip("\ufffd")
    if not text or _UNSEEN.search(text):
        return f"with the bytes {head[:8].hex(' ')}"
    line = text.removeprefix("\ufeff").splitlines()[:1] or [""]
    return f'with the text "{line[0]}"'
