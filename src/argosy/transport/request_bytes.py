"""Turning a prepared request into the bytes that go over the wire.

The header lines and their order are those of urllib3 (Host and framing first, then the
caller's). Nothing that could end a line gets into one: names and the method must be
tokens (RFC 9110 section 5.6.2), values may hold no CR, LF or NUL, and the target is
percent-encoded. This is stricter than http.client, which lets folded values through.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import urllib3
from urllib3.util import SKIP_HEADER
from urllib3.util.request import body_to_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_BLOCK = 16384  # as urllib3 reads files
_SMALL = 65536  # up to here copying a body behind its head is cheaper than a second send
# urllib3 names its version without exporting it to type checkers
_USER_AGENT = f"python-urllib3/{urllib3.__version__}"  # type: ignore[attr-defined]
_SKIPPABLE = frozenset({"accept-encoding", "host", "user-agent"})
_TARGET_CHARACTERS = "/?%:@!$&'()*+,;=-._~"

_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_is_plain_target = re.compile(rf"/[A-Za-z0-9{re.escape(_TARGET_CHARACTERS)}]*").fullmatch


@dataclass(slots=True)
class RequestBytes:
    """A request ready to send: the head with a small body, then what is left of the body."""

    first: bytes
    rest: Iterable[Any] = ()
    chunked: bool = False

    def send_to(self, send: Callable[[bytes | memoryview], None]) -> None:
        """Send every byte, each chunk of a chunked body as one piece."""
        send(self.first)
        for piece in self.rest:
            data = piece.encode() if isinstance(piece, str) else piece
            if not data:
                continue  # an empty chunk would end the body
            if self.chunked:
                send(b"%x\r\n%b\r\n" % (len(data), data))
            else:
                send(memoryview(data).cast("B"))
        if self.chunked:
            send(b"0\r\n\r\n")


def encode_request(
    method: str,
    target: str,
    host: str,
    headers: Mapping[str | bytes, Any],
    body: Any,
    *,
    chunked: bool,
) -> RequestBytes:
    """Encode a request; host is the Host header's value unless the caller's headers have one.

    Raises ValueError for a method, header name or header value that would change the
    shape of the request.
    """
    if not _is_plain_target(target):
        target = quote(target, safe=_TARGET_CHARACTERS)
    names, given = _header_lines(headers)
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in names:
        lines.append(f"Host: {host}")
    if "accept-encoding" not in names:
        lines.append("Accept-Encoding: identity")
    pieces: Iterable[Any] | None
    if type(body) is bytes and "content-length" in names:
        pieces = (body,)
    else:
        pieces, chunked, framing = _frame(body, method, names, chunked=chunked)
        lines += framing
    if "user-agent" not in names:
        lines.append(f"User-Agent: {_USER_AGENT}")
    lines += given
    head = "\r\n".join(lines)
    if not _is_token(method) or _breaks_lines(head, len(lines)):
        message = "the method or a header's value would change the shape of the request"
        raise ValueError(message)
    return _join(f"{head}\r\n\r\n".encode("latin-1"), pieces, chunked=chunked)


def _header_lines(headers: Mapping[str | bytes, Any]) -> tuple[set[str], list[str]]:
    names: set[str] = set()
    lines: list[str] = []
    for name, value in headers.items():
        text = name if isinstance(name, str) else name.decode("latin-1")
        content = value if isinstance(value, str) else _header_text(value)
        lower = _lower_token(text)
        names.add(lower)
        if content == SKIP_HEADER and lower in _SKIPPABLE:
            continue
        lines.append(f"{text}: {content}")
    return names, lines


@functools.lru_cache(maxsize=256)  # the same few names again and again
def _lower_token(name: str) -> str:
    if not _is_token(name):
        message = f"a header's name must be a token, not {name!r}"
        raise ValueError(message)
    return name.lower()


def _breaks_lines(head: str, lines: int) -> bool:
    """Tell whether there are line ends besides those that join the lines, or a NUL."""
    ends = lines - 1
    return head.count("\r") != ends or head.count("\n") != ends or "\0" in head


def _header_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, int):
        return str(value)
    message = f"a header's value must be text, bytes or an integer, not {type(value).__name__}"
    raise TypeError(message)


def _frame(
    body: Any, method: str, names: set[str], *, chunked: bool
) -> tuple[Iterable[Any] | None, bool, list[str]]:
    """Choose between a length and chunks just as urllib3 does; returns the header lines too."""
    pieces, length = body_to_chunks(body, method=method, blocksize=_BLOCK)
    if "content-length" in names and not chunked:
        return pieces, False, []
    if "transfer-encoding" in names:
        return pieces, True, []
    if chunked:
        return pieces, True, ["Transfer-Encoding: chunked"]
    return pieces, False, [] if length is None else [f"Content-Length: {length}"]


def _join(head: bytes, pieces: Iterable[Any] | None, *, chunked: bool) -> RequestBytes:
    """Put a small body behind the head, so that both leave in one packet."""
    if not chunked and isinstance(pieces, tuple) and len(pieces) == 1:
        (body,) = pieces
        if isinstance(body, bytes) and len(body) <= _SMALL:
            return RequestBytes(head + body)
    return RequestBytes(head, pieces or (), chunked)
