"""Read uploaded records: concatenated msgpack maps or JSON, gzipped or not, whoever sent them.

Refused with 400 is what can't be read at all, with 413 what gets too large when it is unpacked.
Not documented, so assumed: JSON is one object a line, or one array of objects. Extensions of
msgpack are refused but for its own timestamps, which become seconds.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgpack
import orjson

from argosy.sandbox.core.errors import CoreError, invalid

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

FORMATS: Final = ("msgpack.gz", "msgpack", "json.gz", "json")
LARGEST_UNPACKED: Final = 128 << 20

_GZIP: Final = 31  # zlib's number for "a gzip header, largest window"
_GROWTH: Final = 64 << 10
_UNSAID: Final = {
    msgpack.StackError: "it is nested too deeply",
    msgpack.FormatError: "a byte in it begins no value",
}
"""What msgpack's exceptions without a text mean."""


def read_records(body: bytes, form: str) -> list[Any]:
    """Give the values of an upload, which aren't known to be maps yet."""
    if form not in FORMATS:
        raise invalid(f"Unknown import format {form[:100]!r}; there are {', '.join(FORMATS)}")
    content = gunzipped(body) if form.endswith(".gz") else body
    if len(content) > LARGEST_UNPACKED:
        raise _too_large()
    return _json(content) if form.startswith("json") else _msgpack(content)


def gunzipped(body: bytes, limit: int = LARGEST_UNPACKED) -> bytes:
    """Unpack gzip, also of several members, no further than a limit; nothing of nothing."""
    parts: list[bytes] = []
    size = 0
    while body:
        unpacker = zlib.decompressobj(_GZIP)
        try:
            part = unpacker.decompress(body, limit - size + 1)
        except zlib.error as error:
            raise CoreError(400, "The body is not gzip.") from error
        size += len(part)
        if size > limit:
            raise _too_large()
        if not unpacker.eof:
            raise CoreError(400, "The gzip in the body is cut off.")
        parts.append(part)
        body = unpacker.unused_data
    return b"".join(parts)


def _too_large() -> CoreError:
    return CoreError(413, f"The records have more than {LARGEST_UNPACKED} bytes unpacked.")


def _msgpack(content: bytes) -> list[Any]:
    unpacker = msgpack.Unpacker(
        max_buffer_size=max(len(content), _GROWTH),
        unicode_errors="replace",
        timestamp=1,
        ext_hook=_refuse_extension,
    )
    unpacker.feed(content)
    try:
        records = list(unpacker)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
        reason = str(error)[:200] or _UNSAID.get(type(error), "it can't be read")
        raise CoreError(400, f"The body is not msgpack: {reason}") from error
    if unpacker.tell() < len(content):
        raise CoreError(400, "The msgpack in the body is cut off.")
    return records


def _refuse_extension(code: int, _data: bytes) -> NoReturn:
    message = f"extension type {code} is unknown"
    raise ValueError(message)


def _json(content: bytes) -> list[Json]:
    try:
        if content.lstrip()[:1] == b"[":
            records: list[Json] = orjson.loads(content)
            return records
        return [orjson.loads(line) for line in content.splitlines() if line.strip()]
    except ValueError as error:
        raise CoreError(400, f"The body is not JSON: {error}") from error
