"""The table of cases that is run over requests' own adapter and ours: acts and scripts."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import urllib3.exceptions
from urllib3.util import SKIP_HEADER

from tests.transport.scripted_server import Exchange, answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transport.scripted_server import Script


@dataclass(frozen=True, slots=True)
class Case:
    """Requests to make against a script, and the words the common outcome must contain."""

    name: str
    script: Script
    expect: str
    act: Callable[[requests.Session, str], list[Any]]
    may_spare_connections: bool = False


def fetch(method: str = "GET", path: str = "/a", times: int = 2, **options: Any) -> Any:
    """Make the same request some times and tell all that a caller can see of each answer."""

    def act(session: requests.Session, url: str) -> list[Any]:
        return [
            observe(lambda: session.request(method, url + path, timeout=4, **options))
            for _ in range(times)
        ]

    return act


def posting(make_body: Callable[[], Any], **options: Any) -> Any:
    """Make one POST of a body that can be read once only."""

    def act(session: requests.Session, url: str) -> list[Any]:
        return [observe(lambda: session.post(url, data=make_body(), timeout=4, **options))]

    return act


def streaming(read: Callable[[requests.Response], object]) -> Any:
    """Make two streamed requests, read each as given, and tell what came of it."""

    def act(session: requests.Session, url: str) -> list[Any]:
        return [observe(lambda: session.get(url, stream=True, timeout=4), read) for _ in range(2)]

    return act


EXPECTED = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    ValueError,
    RuntimeError,  # what urllib3 2.2 makes of reading nothing
)


def observe(
    send: Callable[[], requests.Response],
    read: Callable[[requests.Response], object] = lambda response: response.content,
) -> Any:
    try:
        response = send()
        with response:
            body = read(response)
    except EXPECTED as error:
        return type(error).__name__
    return (
        response.status_code,
        response.reason,
        list(response.raw.headers.items()),
        dict(response.headers),
        response.cookies.get_dict(),
        response.encoding,
        response.raw.version,
        response.is_redirect,
        [past.status_code for past in response.history],
        body,
    )


def ok(*headers: str, body: bytes = b"hello", status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def sized(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return ok(f"Content-Length: {len(body)}", *headers, body=body, status=status)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def in_pieces(*pieces: bytes) -> Script:
    """Answer in pieces that arrive one by one: the next is sent when the client waits."""

    def script(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.answer(piece)
            exchange.stopped.wait(0.01)

    return script


def redirecting(exchange: Exchange) -> None:
    if exchange.number == 0:
        exchange.answer(sized(b"away", "Location: /b", status="302 Found"))
    else:
        exchange.answer(sized(exchange.seen.line.encode()))


GZIPPED = gzip.compress(b"hello " * 100)
CHUNKED = ("Transfer-Encoding: chunked",)
LONG = bytes(range(256)) * 4000

ANSWERS = [
    ("a plain answer", answering(sized(b"hello")), "200"),
    ("an empty answer", answering(sized(b"")), "b''"),
    ("an answer without reason", answering(sized(b"x", status="200")), "''"),
    ("an answer with an empty reason", answering(sized(b"x", status="200 ")), "''"),
    ("a reason with blanks", answering(sized(b"x", status="404  Not  here ")), "Not  here"),
    ("204", answering(ok(status="204 No Content", body=b"")), "204"),
    ("204 with a length", answering(ok("Content-Length: 5", status="204 No", body=b"")), "204"),
    ("304 with a length", answering(ok("Content-Length: 5", status="304 Not", body=b"")), "304"),
    (
        "a server error",
        answering(
            sized(
                b"no",
                status="503 Busy",
            )
        ),
        "503",
    ),
    ("an unusual status", answering(sized(b"x", status="799 Odd")), "799"),
    ("HTTP/1.0", answering(b"HTTP/1.0 200 OK\r\n\r\nhello", hang_up=True), "hello"),
    (
        "HTTP/1.0 kept alive",
        answering(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"),
        "ok",
    ),
    ("HTTP/1.1 without length", answering(ok(body=b"hello"), hang_up=True), "hello"),
    ("closing", answering(sized(b"hello", "Connection: close"), hang_up=True), "hello"),
    ("Close, spelt so", answering(sized(b"hello", "Connection: Close"), hang_up=True), "hello"),
    ("chunks", answering(ok(*CHUNKED, body=chunked(b"hel", b"lo"))), "hello"),
    ("chunks spelt loud", answering(ok("TRANSFER-ENCODING: Chunked", body=chunked(b"hey"))), "hey"),
    (
        "chunks with extension and trailer",
        answering(ok(*CHUNKED, body=b"3;a=b\r\nhel\r\n0\r\nX-Late: 1\r\n\r\n")),
        "hel",
    ),
    ("chunks and a length", answering(ok(*CHUNKED, "Content-Length: 2", body=chunked(b"x"))), "x"),
    ("gzip", answering(sized(GZIPPED, "Content-Encoding: gzip")), "hello hello"),
    ("x-gzip", answering(sized(GZIPPED, "Content-Encoding: x-gzip")), "hello hello"),
    ("deflate", answering(sized(zlib.compress(b"hello"), "Content-Encoding: deflate")), "hello"),
    (
        "two encodings",
        answering(sized(gzip.compress(GZIPPED), "Content-Encoding: gzip, gzip")),
        "hello",
    ),
    ("an unknown encoding", answering(sized(b"hello", "Content-Encoding: odd")), "hello"),
    ("broken gzip", answering(sized(b"hello", "Content-Encoding: gzip")), "ContentDecodingError"),
    (
        "gzip in chunks",
        answering(ok(*CHUNKED, "Content-Encoding: gzip", body=chunked(GZIPPED[:9], GZIPPED[9:]))),
        "hello hello",
    ),
    ("a long body", answering(sized(LONG)), "200"),
    ("a body that fits the reads exactly", answering(sized(b"x" * 10240)), "200"),
    ("a name twice", answering(sized(b"x", "Vary: A", "vary: B")), "'A, B'"),
    (
        "two cookies",
        answering(sized(b"x", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2")),
        "'b': '2'",
    ),
    ("one cookie", answering(sized(b"x", "Set-Cookie: a=1")), "'a': '1'"),
    ("bytes above ASCII", answering(sized(b"x", "X-Name: caf\xe9 \x85 \xff")), "caf\xe9"),
    ("blanks around a value", answering(sized(b"x", "X-A: \t b \t ")), "b"),
    ("an empty value", answering(sized(b"x", "X-A:")), "X-A"),
    ("colons in a value", answering(sized(b"x", "X-A: b: c:d")), "b: c:d"),
    ("an odd name", answering(sized(b"x", "X(A): b")), "X(A)"),
    ("a folded value", answering(sized(b"x", "X-A: b\r\n  c")), "b c"),
    ("a line without colon", answering(sized(b"", "nonsense", "X-A: b")), "200"),
    ("bare line ends", answering(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), "ok"),
    ("89 headers", answering(sized(b"x", *[f"X-{n}: {n}" for n in range(88)])), "X-87"),
    ("99 headers", answering(sized(b"x", *[f"X-{n}: {n}" for n in range(98)])), "X-97"),
    (
        "200 headers",
        answering(sized(b"x", *[f"X-{n}: {n}" for n in range(200)])),
        "ConnectionError",
    ),
    ("a header too long", answering(sized(b"x", "X-A: " + "b" * 70000)), "ConnectionError"),
    ("a header of 60 kB", answering(sized(b"x", "X-A: " + "b" * 60000)), "200"),
    ("a body cut short", answering(ok("Content-Length: 9"), hang_up=True), "ChunkedEncodingError"),
    (
        "a chunk cut short",
        answering(ok(*CHUNKED, body=b"9\r\nab"), hang_up=True),
        "ChunkedEncoding",
    ),
    (
        "chunks without end",
        answering(ok(*CHUNKED, body=chunked(b"a", end=b"")), hang_up=True),
        "Chunk",
    ),
    (
        "a senseless chunk size",
        answering(ok(*CHUNKED, body=b"zz\r\nab\r\n")),
        "ChunkedEncodingError",
    ),
    ("no status line", answering(b"nonsense\r\n\r\n"), "ConnectionError"),
    ("a senseless status", answering(b"HTTP/1.1 abc OK\r\n\r\n"), "ConnectionError"),
    ("another protocol", answering(b"HTTP/3.0 200 OK\r\n\r\n"), "ConnectionError"),
    ("no answer", answering(b"", hang_up=True), "ConnectionError"),
    ("half a head", answering(b"HTTP/1.1 200 OK\r\nX-A", hang_up=True), "200"),
    ("100 first", answering(b"HTTP/1.1 100 Continue\r\n\r\n" + sized(b"x")), "200"),
    ("two equal lengths", answering(sized(b"hello", "Content-Length: 5")), "hello"),
    ("two lengths", answering(sized(b"hello", "Content-Length: 6")), "InvalidHeader"),
    ("a negative length", answering(ok("Content-Length: -1"), hang_up=True), "hello"),
    ("a senseless length", answering(ok("Content-Length: five"), hang_up=True), "hello"),
    ("a length of 5000 digits", answering(ok(f"Content-Length: {'9' * 5000}"), hang_up=True), "he"),
    ("a length with a plus", answering(ok("Content-Length: +5")), "hello"),
    ("superscript as length", answering(ok("Content-Length: \xb2"), hang_up=True), "hello"),
    ("head and body apart", in_pieces(ok("Content-Length: 5", body=b""), b"hel", b"lo"), "hello"),
    ("a head in pieces", in_pieces(b"HTTP/1.1 200 OK\r\nContent-", b"Length: 2\r\n\r\nok"), "ok"),
    (
        "JSON with a charset",
        answering(sized(b"{}", "Content-Type: text/x; charset=utf-16")),
        "utf-16",
    ),
    ("text without a charset", answering(sized(b"x", "Content-Type: text/plain")), "ISO-8859-1"),
]

REQUESTS = [
    ("POST of JSON", fetch("POST", json={"a": "é"})),
    ("POST of a form", fetch("POST", data={"a": "é", "b": "1 2"})),
    ("POST of text", fetch("POST", data="é")),
    ("POST of bytes", fetch("POST", data=b"\x00\xff")),
    ("POST of a memoryview", fetch("POST", data=memoryview(b"abc"))),
    ("POST of a bytearray", fetch("POST", data=bytearray(b"abc"))),
    ("POST of nothing", fetch("POST")),
    ("POST of empty bytes", fetch("POST", data=b"")),
    ("POST of a megabyte", fetch("POST", data=LONG)),
    ("POST of a generator", posting(lambda: iter([b"ab", b"", b"c"]))),
    ("POST of texts", posting(lambda: iter(["ab", "é"]))),
    ("POST of a file", posting(lambda: io.BytesIO(LONG))),
    (
        "own words for chunks",
        posting(lambda: iter([b"a"]), headers={"Transfer-Encoding": "chunked"}),
    ),
    ("chunks of nothing", fetch(headers={"Transfer-Encoding": "chunked"})),
    ("PUT", fetch("PUT", data=b"abc")),
    ("PATCH", fetch("PATCH", json=[])),
    ("DELETE", fetch("DELETE")),
    ("OPTIONS", fetch("OPTIONS", path="/")),
    ("an unusual method", fetch("PURGE")),
    ("GET with a body", fetch(data=b"abc")),
    ("a query", fetch(path="/a b/é?x=%2f&y=ü|[1]", params={"z": "1 2&3"})),
    ("a fragment", fetch(path="/a?b#c")),
    ("dots in a path", fetch(path="/a/../b/./c")),
    ("no path", fetch(path="")),
    ("a lone percent", fetch(path="/100%")),
    ("basic authentication", fetch(auth=("user", "pass"))),
    ("own Host", fetch(headers={"Host": "example.com"})),
    ("no Accept-Encoding", fetch(headers={"Accept-Encoding": None})),
    ("no User-Agent", fetch(headers={"User-Agent": None})),
    ("skipped headers", fetch(headers={"User-Agent": SKIP_HEADER, "Accept-Encoding": SKIP_HEADER})),
    ("bytes as a value", fetch(headers={"X-A": b"caf\xc3\xa9"})),
    ("bytes as a name", fetch(headers={b"X-A": "b"})),
    ("text above ASCII", fetch(headers={"X-A": "caf\xe9"})),
    ("cookies", fetch(cookies={"a": "1"})),
    ("a closing request", fetch(headers={"Connection": "close"})),
]  # fmt: skip

READS = [
    ("by three bytes", lambda r: list(r.iter_content(3))),
    ("by one byte", lambda r: list(r.iter_content(1))),
    ("as it comes", lambda r: b"".join(r.iter_content(None))),
    ("by lines", lambda r: list(r.iter_lines())),
    ("by text", lambda r: list(r.iter_content(4, decode_unicode=True))),
    ("raw", lambda r: r.raw.read()),
    ("raw, decoded", lambda r: r.raw.read(decode_content=True)),
    ("raw by four", lambda r: [r.raw.read(4), r.raw.read(4), r.raw.read()]),
    ("raw, nothing", lambda r: [r.raw.read(0), r.raw.read()]),
    ("raw, negative", lambda r: r.raw.read(-1)),
    ("raw, read1", lambda r: [r.raw.read1(4), r.raw.read1(4)]),
    ("raw, past its end", lambda r: [r.raw.read(), r.raw.read(), r.raw.read(1), r.raw.read1()]),
    ("raw, into a buffer", lambda r: [r.raw.readinto(bytearray(3)), r.raw.tell()]),
    ("raw, data", lambda r: [r.raw.data, r.raw.tell(), r.raw.closed]),
    ("raw, lines", lambda r: list(r.raw)),
    ("raw, streamed", lambda r: list(r.raw.stream(2))),
    ("raw, drained", lambda r: [r.raw.drain_conn(), r.raw.closed, r.raw.isclosed()]),
    ("no more than headers", lambda r: r.raw.headers.get("x-none")),
    ("given up early", lambda r: r.raw.read(2)),
    ("not at all", lambda r: r.raw.closed),
    ("twice", lambda r: [r.content, r.content, r.text]),
    ("after closing", lambda r: [r.content, r.close(), r.close()]),
]  # fmt: skip

# What has arrived whole needs no reading to its end before its connection serves again; requests'
# own adapter doesn't notice and opens another.
UNFINISHED = {
    "raw, read1",
    "raw, into a buffer",
    "no more than headers",
    "given up early",
    "not at all",
}

STREAMED = {
    "sized": answering(sized(b"ab\ncd\nef")),
    "sized, in pieces": in_pieces(ok("Content-Length: 8", body=b"ab"), b"\ncd\n", b"ef"),
    "sized, long": answering(sized(b"line of text\n" * 6000)),
    "empty": answering(sized(b"")),
    "chunks": answering(ok(*CHUNKED, body=chunked(b"ab\nc", b"d\nef"))),
    "gzip": answering(sized(GZIPPED, "Content-Encoding: gzip")),
    "to the end": answering(ok(body=b"ab\ncd\nef"), hang_up=True),
    "cut short": answering(ok("Content-Length: 99", body=b"ab\ncd"), hang_up=True),
}


def cases() -> list[Case]:
    table = [Case(name, script, expect, fetch()) for name, script, expect in ANSWERS]
    table += [Case(f"HEAD: {n}", answering(a), "b''", fetch("HEAD")) for n, a in HEADS.items()]
    table += [Case(name, echo, "HTTP/1.1", act) for name, act in REQUESTS]
    table += [Case("text above Latin-1", echo, "Unicode", fetch(headers={"X-A": "\u20ac"}))]
    table += [
        Case(f"{kind}, read {name}", script, "", streaming(read), name in UNFINISHED)
        for kind, script in STREAMED.items()
        for name, read in READS
    ]
    table += [
        Case("a redirect", redirecting, "GET /b", fetch(times=1)),
        Case("a redirected POST", redirecting, "GET /b", fetch("POST", times=1, data=b"a")),
        Case("no redirect", redirecting, "302", fetch(times=1, allow_redirects=False)),
    ]
    return table


def echo(exchange: Exchange) -> None:
    exchange.answer(sized(exchange.seen.line.encode("latin-1")))


HEADS = {
    "a length": ok("Content-Length: 5", body=b""),
    "no length": ok(body=b""),
    "chunks": ok(*CHUNKED, body=b""),
    "gzip": ok("Content-Length: 5", "Content-Encoding: gzip", body=b""),
}
