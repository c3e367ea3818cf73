"""A job's result in the formats it can be fetched in, whole or by ranges of bytes.

What is kept is msgpack.gz: gzip over one msgpack array a row, and its length is what jobs tell
as `result_size`, so that a client can fetch it piece by piece. The others are made of it: `json`
is one JSON array a line, `csv` and `tsv` have a header only if asked, and null is empty there.
Not documented, so assumed: the format is tsv where none is named, lines end with a line feed.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgpack
from starlette.responses import Response

from argosy.sandbox.core.errors import CoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from argosy.sandbox.settings import Json

FORMATS: Final = {
    "msgpack.gz": "application/x-gzip",
    "msgpack": "application/x-msgpack",
    "json": "application/json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
USUAL_FORMAT: Final = "tsv"

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_LEVEL: Final = 6
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SMALLEST, _LARGEST = -(2**63), 2**64


def packed(rows: Iterable[Sequence[Any]]) -> bytes:
    """Write rows as msgpack.gz; the same rows give the same bytes."""
    packer = msgpack.Packer()
    stream = b"".join(packer.pack([plain(value) for value in row]) for row in rows)
    return gzip.compress(stream, _LEVEL, mtime=0)


def unpacked(content: bytes) -> Iterator[list[Json]]:
    """Read the rows that `packed` wrote."""
    plain_bytes = gzip.decompress(content)
    unpacker = msgpack.Unpacker(
        io.BytesIO(plain_bytes), max_buffer_size=len(plain_bytes) + 1, strict_map_key=False
    )
    yield from unpacker


def plain(value: Any) -> Json:
    """Give a value of a row as msgpack and JSON can hold it.

    Dates and times become texts as Presto writes them, decimals texts, and whole numbers beyond
    64 bits texts too, so that no digit is lost.
    """
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return value if _SMALLEST <= value < _LARGEST else str(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {_text(key): plain(one) for key, one in value.items()}
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def written(
    content: bytes, form: str, names: Sequence[str], *, header: bool, nullify_special: bool
) -> bytes:
    """Write a packed result in another format."""
    if form == "msgpack.gz":
        return content
    if form == "msgpack":
        return gzip.decompress(content)
    rows: Iterable[list[Json]] = unpacked(content)
    if nullify_special:
        rows = ([_without_special(value) for value in row] for row in rows)
    if form == "json":
        return "".join(f"{_json(row)}\n" for row in rows).encode()
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if form == "csv" else "\t", lineterminator="\n")
    if header:
        writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def check_format(form: str) -> None:
    """Refuse an unknown format with 406."""
    if form not in FORMATS:
        raise CoreError(406, f"Unknown format: {form[:100]}")


def _without_special(value: Json) -> Json:
    if isinstance(value, list):
        return [_without_special(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_special(one) for key, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _json(value: Json) -> str:
    return _ENCODER.encode(value)


def _cell(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return _json(value)  # NaN, Infinity and -Infinity, as Java spells them
    return _json(value) if isinstance(value, list | dict) else value


def ranged(content: bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """Answer with bytes, or the part of them that `Range` asks for.

    A part is given only if `If-Range` is absent or names the same bytes; several parts at once
    aren't, and all of it is sent instead, as HTTP allows.
    """
    etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    sent = {"ETag": etag, "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    is_same = headers.get("if-range", etag) == etag
    if asked is None or not is_same or asked[0] == "bytes=-":
        return Response(content, headers=sent, media_type=media_type)
    size = len(content)
    if asked[1]:
        first = int(asked[1])
        last = min(int(asked[2]) if asked[2] else size - 1, size - 1)
    else:
        first, last = max(size - int(asked[2]), 0), size - 1
    if first > last:
        return Response(status_code=416, headers=sent | {"Content-Range": f"bytes */{size}"})
    sent["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(content[first : last + 1], 206, headers=sent, media_type=media_type)
