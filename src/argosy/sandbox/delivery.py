"""Requests in and answers out: bounded reading, and every way an answer can go wrong.

A request's body is read whole before anything else happens, up to a limit; what is beyond it
is read on and thrown away for a while, so that a client still sending gets to see the 413. An
answer is made whole, too, so that a fault can take its place or cut it short. Faults act on
the connection's real transport, which the server puts into the request's state.
"""

from __future__ import annotations

import socket
import struct
import zlib
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from argosy.sandbox.answers import CodeMessageError

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DISCARDED_LIMIT: Final = 64 << 20
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_WINDOWS: Final = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""How to undo the encodings clients use; the older ones for phones send deflate."""

Headers = list[tuple[bytes, bytes]]


class ClientLeftError(Exception):
    """The client closed the connection before its request was complete."""


class Answer(Struct, frozen=True):
    """A complete HTTP answer."""

    status: int
    headers: Headers
    body: bytes


async def read_body(receive: Receive, limit: int) -> bytes:
    """Read a request's body; raise the 413 answer if it is longer than the limit."""
    body = bytearray()
    discarded = 0
    more = True
    while more and discarded < _DISCARDED_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        if discarded or len(body) + len(chunk) > limit:
            discarded += len(chunk)
        else:
            body += chunk
    if discarded:
        raise _too_large(limit)
    return bytes(body)


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a Content-Encoding; raise the 400, 413 or 415 answer if that can't be done."""
    if encoding in {"", "identity"}:
        return body
    if encoding not in _WINDOWS:
        text = f"The content encoding {encoding!r} is not known; there are gzip and deflate."
        raise CodeMessageError(415, "unsupported-media-type", text)
    inflater = zlib.decompressobj(_WINDOWS[encoding])
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise CodeMessageError(
            400, "bad-request", f"The body is not {encoding}: {error}"
        ) from error
    if len(plain) > limit:
        raise _too_large(limit)
    if not inflater.eof:
        raise CodeMessageError(400, "bad-request", f"The {encoding} body is incomplete.")
    return plain


def _too_large(limit: int) -> CodeMessageError:
    return CodeMessageError(413, "payload-too-large", f"A body has at most {limit} bytes.")


async def ask(app: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """Let an app answer a request whose body was read already."""
    start: Message = {}
    content = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            content.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(start["status"], list(start["headers"]), bytes(content))


async def send_answer(send: Send, answer: Answer, body: bytes | None = None) -> None:
    """Send an answer; with a body given, send that one under the answer's own headers."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send(
        {
            "type": "http.response.body",
            "body": answer.body if body is None else body,
            "more_body": body is not None,
        }
    )


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the TCP connection, so that the client sees no orderly end."""
    transport = _transport(scope)
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    await _closed(receive)


async def send_garbage(scope: Scope, receive: Receive, garbage: bytes) -> None:
    """Send bytes that are no HTTP answer and close the connection."""
    transport = _transport(scope)
    transport.write(garbage)
    transport.close()
    await _closed(receive)


async def send_part(scope: Scope, receive: Receive, send: Send, answer: Answer, part: int) -> None:
    """Announce an answer's full length, send the first bytes, and close the connection."""
    await send_answer(send, answer, answer.body[:part])
    _transport(scope).close()
    await _closed(receive)


async def _closed(receive: Receive) -> None:
    """Wait until the server has noticed that its connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport
