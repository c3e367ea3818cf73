"""What every request of the API passes first, and every answer last.

The gate brings a path into its one form, reads the body, turns away what a browser was tricked
into, gives each request a trace id, writes its line of the access log, and sets the headers that
every answer has. What is behind it sees only requests that are in order.
"""

from __future__ import annotations

import logging
import os
import re
import time
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from argosy.errors import ServiceError, ServiceForbiddenError, ServiceNotFoundError, WrongDataError
from argosy.server.api.bodies import read_body
from argosy.server.api.logs import ACCESS
from argosy.server.api.problems import problem_body, problem_headers, service_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Headers = list[tuple[str, str]]
    StartResponse = Callable[..., Any]
    Environ = dict[str, Any]
    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

VERSION = "/v1"
#: What begins a path of the API, so that it is answered without its version too.
RESOURCES = frozenset(
    {
        "accounts",
        "audit",
        "connection-types",
        "connections",
        "databases",
        "login",
        "organizations",
        "sessions",
        "tables",
        "uploads",
    }
)
#: Environment key: the account that asked, for the log.
ACCOUNT = "argosy.account"
#: Environment key: the body of an upload, which is no JSON and may be long.
UPLOAD = "argosy.upload"
#: Environment key: what the header says of an upload, by `OF_UPLOADS`; empty where it does not.
UPLOAD_FIELDS = "argosy.upload-fields"
OF_UPLOADS = (
    "CONTENT_LENGTH",
    "HTTP_CONTENT_DIGEST",
    "HTTP_CONTENT_MD5",
    "HTTP_CONTENT_RANGE",
    "HTTP_REPR_DIGEST",
)
_UPLOADS = f"{VERSION}/uploads/"
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_TRACE = re.compile(r"[0-9A-Za-z._/;=-]{1,100}")
_MOST_FIELDS = 50
_PASSED_ON = (
    "REQUEST_METHOD",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "wsgi.errors",
    "wsgi.multiprocess",
    "wsgi.multithread",
    "wsgi.run_once",
    "wsgi.url_scheme",
    "wsgi.version",
)
_HEADERS_PASSED_ON = ("HTTP_ACCEPT", "HTTP_AUTHORIZATION", "HTTP_HOST", "HTTP_USER_AGENT")
_SECURITY = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
)
_NOTHING_LOADED = ("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
_NOT_KEPT = ("cache-control", "no-store")

_LOG = logging.getLogger(ACCESS)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    headers: Headers
    body: bytes


class Gate:
    """A WSGI application in front of the API's.

    `local` is a server without accounts: it answers requests to a loopback name alone, and none
    that another site's page sends. With `behind_proxy` the client's address is what the proxy
    says. `new_trace` gives a trace id to a request that has none. `takes_body` tells of a method
    and a path whether a body is read: where it is not, one that is sent is passed over.
    """

    def __init__(
        self,
        application: Application,
        *,
        new_trace: Callable[[], str],
        takes_body: Callable[[str, str], bool],
        local: bool = False,
        behind_proxy: bool = False,
        max_body_bytes: int = 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._application = application
        self._new_trace = new_trace
        self._takes_body = takes_body
        self._local = local
        self._behind_proxy = behind_proxy
        self._most = max_body_bytes
        self._clock = clock
        self._variables = _variables()

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer one request."""
        began = self._clock()
        environ = {name: environ[name] for name in environ if name not in self._variables}
        trace = _trace(environ) or self._new_trace()
        address = self._address(environ)
        passed: Environ = {}
        try:
            passed = self._admitted(environ, address)
            answer = self._ask(passed)
        except Exception as error:  # the last boundary: whatever it is becomes an answer
            answer = _error_answer(service_error(error))
        ms = round((self._clock() - began) * 1000)
        _log(environ, answer.status, ms, address, trace, str(passed.get(ACCOUNT, "-")))
        ids = [("x-cloud-trace-context", trace), ("x-request-id", trace)]
        start_response(answer.status, [*_completed(answer.headers), *ids])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _admitted(self, environ: Environ, address: str) -> Environ:
        """Return the request as the application is given it. Raises ServiceError."""
        if self._local:
            _check_origin(environ)
        path = _path(environ)
        _check_query(environ)
        method = environ["REQUEST_METHOD"]
        passed = {name: environ[name] for name in _PASSED_ON if name in environ}
        passed |= {name: environ[name] for name in _HEADERS_PASSED_ON if environ.get(name)}
        passed |= {"PATH_INFO": path, "SCRIPT_NAME": "", "REMOTE_ADDR": address, "REMOTE_PORT": "0"}
        if method == "HEAD":
            passed["REQUEST_METHOD"] = "GET"
        body = b""
        if method == "PUT" and path.startswith(_UPLOADS):
            passed[UPLOAD] = environ["wsgi.input"]
            passed[UPLOAD_FIELDS] = {name: environ.get(name) or "" for name in OF_UPLOADS}
        elif self._takes_body(method, path):
            body = read_body(environ, self._most)
        passed["wsgi.input"] = BytesIO(body)
        passed["CONTENT_LENGTH"] = str(len(body))
        if body:
            passed["CONTENT_TYPE"] = "application/json"
        return passed

    def _ask(self, environ: Environ) -> _Answer:
        heard: list[tuple[str, Headers]] = []

        def start_response(status: str, headers: Headers, _error: object = None) -> None:
            heard.append((status, headers))

        body = b"".join(self._application(environ, start_response))
        status, headers = heard[-1]
        return _Answer(status, headers, body)

    def _address(self, environ: Environ) -> str:
        said = environ.get("HTTP_X_FORWARDED_FOR") if self._behind_proxy else None
        if said:  # the last one is the proxy's own word; the client may have written the others
            return str(said).rpartition(",")[2].strip()[:100]
        return str(environ.get("REMOTE_ADDR") or "")


class LocalGate:
    """A WSGI application in front of another, on a server without accounts.

    It turns away what did not come from this machine's own pages and programs, as `Gate` does.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._variables = _variables()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        try:
            _check_origin({name: environ[name] for name in environ if name not in self._variables})
        except ServiceForbiddenError as error:
            answer = _error_answer(error)
            start_response(answer.status, list(_completed(answer.headers)))
            return [answer.body]
        return self._application(environ, start_response)


def _variables() -> frozenset[str]:
    """Return what is no header: the server puts the variables of its environment beside them."""
    return frozenset(name for name in os.environ if name.startswith("HTTP_"))


def _trace(environ: Environ) -> str:
    for name in ("HTTP_X_CLOUD_TRACE_CONTEXT", "HTTP_X_REQUEST_ID"):
        found = environ.get(name) or ""
        if _TRACE.fullmatch(found):
            return str(found)
    return ""


def _check_origin(environ: Environ) -> None:
    """Refuse what did not come from this machine's own pages and programs.

    A name that is not loopback's is a site that had its name point here. Raises
    ServiceForbiddenError.
    """
    host = environ.get("HTTP_HOST") or ""
    if not _LOOPBACK.fullmatch(host):
        detail = "a server without accounts answers to localhost and 127.0.0.1 only."
        raise ServiceForbiddenError(detail=detail)
    origin = environ.get("HTTP_ORIGIN")
    own = {f"http://{host.lower()}", f"https://{host.lower()}"}
    is_foreign = origin is not None and origin.lower() not in own
    if is_foreign or environ.get("HTTP_SEC_FETCH_SITE", "none") not in {"none", "same-origin"}:
        raise ServiceForbiddenError(detail="the request comes from a page of another site.")


def _path(environ: Environ) -> str:
    """Return the path in its one form: with its version, with a slash at its end."""
    path = environ.get("PATH_INFO") or "/"
    try:
        text = path.encode("latin-1").decode()
    except UnicodeError:
        raise WrongDataError(detail="the path is not UTF-8.") from None
    if "\0" in text:
        raise WrongDataError(detail="the path has the character U+0000, which is not text.")
    if not text.startswith("/"):
        raise ServiceNotFoundError(type="path", key=text[:200])
    first = text[1:].partition("/")[0]
    if first in RESOURCES:
        path, first = VERSION + path, VERSION[1:]
    bare = path.removesuffix("/")
    return f"{bare}/" if first == VERSION[1:] else bare or "/"


def _check_query(environ: Environ) -> None:
    query = environ.get("QUERY_STRING") or ""
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
        query.encode("ascii")
    except ValueError:
        detail = f"the query is not one of at most {_MOST_FIELDS} names and values in UTF-8."
        raise WrongDataError(detail=detail) from None
    if any("\0" in text for pair in pairs for text in pair):
        raise WrongDataError(detail="the query has the character U+0000, which is not text.")


def _error_answer(error: ServiceError) -> _Answer:
    from argosy.server.answers import status_line  # noqa: PLC0415

    headers = list(problem_headers(error).items())
    return _Answer(status_line(error.http_status), headers, problem_body(error))


def _completed(headers: Headers) -> Iterator[tuple[str, str]]:
    """Yield an answer's headers and, where it has none of its own, those that every answer has."""
    named = {name.lower() for name, _ in headers}
    yield from headers
    yield from (pair for pair in (*_SECURITY, _NOTHING_LOADED, _NOT_KEPT) if pair[0] not in named)


def _log(environ: Environ, status: str, ms: int, address: str, trace: str, account: str) -> None:
    """Write a request's line: of its query the names alone, since a value may be a token.

    The third argument is the query, for the log to mask.
    """
    names = [
        quote(pair.partition("=")[0][:40])
        for pair in (environ.get("QUERY_STRING") or "").split("&")[:_MOST_FIELDS]
        if pair
    ]
    _LOG.info(
        "%s %s%s %s %d ms from %s by %s trace %s",
        quote(environ["REQUEST_METHOD"][:20]),
        quote((environ.get("PATH_INFO") or "/").encode("latin-1", "replace")[:300]),
        f"?{'&'.join(names)}" if names else "",
        status[:3],
        ms,
        quote(address, safe=":"),
        account,
        trace,
    )
