"""Reading a response from the wire into the raw object that requests expects.

Two ways lead there. The short one takes a response whose head came in one piece, is
regular to the letter (HTTP/1.1, token names, no name twice, no folding), says its
length, and sets no cookie: nearly every answer of an API. The long one is http.client's
parser under urllib3's response, for everything else: chunks, bodies that end with the
connection, HTTP/1.0, cookies, heads in pieces, and whatever is wrong. Both end in an
`urllib3.HTTPResponse`, so decoding, streaming and errors are urllib3's either way.
"""

from __future__ import annotations

import functools
import http.client
import io
import re
from typing import TYPE_CHECKING, Any, cast

from urllib3 import HTTPHeaderDict, HTTPResponse

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from urllib3.connection import HTTPConnection

    from argosy.transport.wire import Wire

_BLOCK = 65536
_MOST_LINES = 90  # below http.client's limit, so that it is http.client that refuses
_MOST_INTERIM = 20
_MOST_DIGITS = 18
_NO_BODY = frozenset({204, 304})
_LONG_WAY = frozenset({"transfer-encoding", "set-cookie", "set-cookie2"})
_is_plain_head = re.compile(
    r"HTTP/1\.1 [2-9][0-9]{2}(?: [^\r\n]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n]*)*"
).fullmatch


def receive_response(wire: Wire, method: str, owner: Any, url: str) -> HTTPResponse:
    """Receive one response's head and return it with its body still to be read.

    `owner` is what urllib3's errors name as the pool. The wire goes back when the body
    has been read and is closed when the response is closed before that. Raises OSError
    and http.client.HTTPException, as http.client does.
    """
    data = wire.receive(_BLOCK)
    end = data.find(b"\r\n\r\n")
    if end >= 0:
        head = str(data[:end], "latin-1")
        if _is_plain_head(head):
            response = _take_short_way(wire, method, owner, url, head, data[end + 4 :])
            if response is not None:
                return response
    return _take_long_way(wire, method, owner, url, data)


def _take_short_way(
    wire: Wire, method: str, owner: Any, url: str, head: str, behind: bytes
) -> HTTPResponse | None:
    status_line, *lines = head.split("\r\n")
    parts = [line.partition(":") for line in lines]
    pairs = [(name, value.lstrip(" \t")) for name, _, value in parts]
    fields = {name.lower(): value for name, value in pairs}
    if len(fields) < len(pairs) or len(pairs) > _MOST_LINES or not _LONG_WAY.isdisjoint(fields):
        return None
    status = int(status_line[9:12])
    length = 0 if method == "HEAD" or status in _NO_BODY else _length(fields)
    if length is None:
        return None
    # bytes behind the body mean that the connection can't be used again
    is_kept = "close" not in fields.get("connection", "").lower()
    wire.reusable = is_kept and len(behind) <= length
    make = functools.partial(
        HTTPResponse,
        headers=cast("Any", pairs),
        status=status,
        version=11,
        version_string="HTTP/1.1",
        reason=status_line[13:].strip(),
        preload_content=False,
        decode_content=False,
        pool=owner,
        request_method=method,
        request_url=url,
    )
    if len(behind) < length or "content-encoding" in fields:
        return make(body=cast("Any", SizedBody(wire, behind, length)))
    wire.release()
    return cast("HTTPResponse", WholeResponse(fields, behind[:length], make))


class WholeResponse:
    """A response whose body came with its head and needs no decoding: nothing is to be read.

    `fields` are its headers by their names in lower case, `whole` is its body. To whoever wants
    more it is the urllib3 response that is made then.
    """

    def __init__(
        self, fields: dict[str, str], whole: bytes, make: functools.partial[HTTPResponse]
    ) -> None:
        self.fields = fields
        self.whole = whole
        self.status: int = make.keywords["status"]
        self.reason: str = make.keywords["reason"]
        self._make = make
        self._made: HTTPResponse | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies and pickles look for before anything is there
            raise AttributeError(name)
        return getattr(self._response(), name)

    def _response(self) -> HTTPResponse:
        if self._made is None:
            body = SizedBody(None, self.whole, len(self.whole))
            self._made = self._make(body=cast("Any", body))
        return self._made

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response())

    def __enter__(self) -> WholeResponse:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the response that was made, if one was."""
        if self._made is not None:
            self._made.close()

    def release_conn(self) -> None:
        """Do nothing: the wire has gone back."""


def _length(fields: dict[str, str]) -> int | None:
    text = fields.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None


class SizedBody:
    """A body of known length: what came with the head, then the rest from the wire.

    Has the methods of a binary file that urllib3 uses. The wire goes back by itself once
    the last byte has arrived; there is none where all has arrived already.
    """

    __slots__ = ("_arrived", "_coming", "_unread", "_wire", "closed")

    def __init__(self, wire: Wire | None, behind: bytes, length: int) -> None:
        self._wire = wire
        self._unread = length
        self._coming = length
        self.closed = False
        self._arrived = io.BytesIO()
        self._accept(behind[:length])

    def read(self, amt: int | None = None) -> bytes:
        """Read up to amt bytes, fewer only where the server stops too early.

        Without amt a body that stops too early raises http.client.IncompleteRead.
        """
        wanted = self._unread if amt is None else min(amt, self._unread)
        data = self._arrived.read(wanted)
        if len(data) < wanted:
            data += self._receive(wanted - len(data))
            if not data:
                self.close()
        self._consume(data)
        if amt is None and len(data) < wanted:
            raise http.client.IncompleteRead(data, wanted - len(data))
        return data

    def read1(self, amt: int = -1) -> bytes:
        """Read what is there, up to amt bytes, with at most one reception."""
        size = self._unread if amt < 0 else amt
        data = self._arrived.read(size)
        if not data and size and self._wire is not None:
            self._accept(self._wire.receive(min(_BLOCK, self._coming)))
            data = self._arrived.read(size)
        self._consume(data)
        return data

    def close(self) -> None:
        """Give up the rest of the body, and with it the connection if there is any rest."""
        self.closed = True
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _consume(self, data: bytes) -> None:
        self._unread -= len(data)
        if not self._unread:
            self.closed = True

    def _receive(self, size: int) -> bytes:
        pieces: list[bytes] = []
        while size and self._wire is not None:
            self._accept(self._wire.receive(min(_BLOCK, self._coming)))
            piece = self._arrived.read(size)
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _accept(self, data: bytes) -> None:
        """Hold newly arrived bytes; the earlier ones have been read by now."""
        self._arrived = io.BytesIO(data)
        self._coming -= len(data)
        if not self._coming and self._wire is not None:
            self._wire.release()
            self._wire = None


def _take_long_way(wire: Wire, method: str, owner: Any, url: str, data: bytes) -> HTTPResponse:
    source = cast("socket.socket", _BufferedWire(_WireFile(wire, data)))
    answer = _final_answer(source, method)
    wire.reusable = not answer.will_close and answer.status != http.client.SWITCHING_PROTOCOLS
    response = HTTPResponse(
        body=cast("Any", answer),
        headers=HTTPHeaderDict([(name, _unfold(value)) for name, value in answer.msg.items()]),
        status=answer.status,
        version=answer.version,
        reason=answer.reason,
        preload_content=False,
        decode_content=False,
        original_response=answer,
        pool=owner,
        connection=cast("HTTPConnection", wire),
        request_method=method,
        request_url=url,
    )
    response.version_string = "HTTP/1.1"
    return response


def _final_answer(source: socket.socket, method: str) -> http.client.HTTPResponse:
    """Skip interim answers (RFC 9110 section 15.2); http.client skips only 100."""
    for _ in range(_MOST_INTERIM):
        answer = http.client.HTTPResponse(source, method=method)
        try:
            answer.begin()
        except BaseException:
            answer.close()  # left to the collector, it may be finalised after its file
            raise
        if answer.status >= 200 or answer.status == http.client.SWITCHING_PROTOCOLS:
            return answer
        answer.fp = cast("Any", None)  # not closed: the next answer comes from the same file
    message = f"more than {_MOST_INTERIM} interim answers"
    raise http.client.HTTPException(message)


def _unfold(value: str) -> str:
    if "\r\n" not in value:
        return value
    return " ".join(part.strip(" \t") for part in value.split("\r\n"))


class _WireFile(io.RawIOBase):
    """The wire as a raw file that begins with bytes received already."""

    def __init__(self, wire: Wire, data: bytes) -> None:
        super().__init__()
        self.wire = wire
        self._data = memoryview(data)
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._data or memoryview(self.wire.receive(len(buffer)))
        size = min(len(data), len(buffer))
        buffer[:size] = data[:size]
        self._data = data[size:]
        self._given += size
        return size

    def tell(self) -> int:
        return self._given

    @property
    def is_drained(self) -> bool:
        return not self._data


class _BufferedWire(io.BufferedReader):
    """What http.client reads from; notes at closing whether bytes were left over."""

    raw: _WireFile

    def makefile(self, _mode: str) -> _BufferedWire:
        """Stand in for the socket that http.client asks for a file."""
        return self

    def close(self) -> None:
        if not self.closed and (self.tell() != self.raw.tell() or not self.raw.is_drained):
            self.raw.wire.reusable = False
        super().close()
