"""One pooled session a connection: attempts, deadline, size cap, redaction.

Times are in seconds on the clock that is given. A request is repeated only where its capability
says that this is safe; the adapter never repeats one. Redirects are followed for GET and HEAD
only, and where `judge_redirect` says so, with the key (True) or without it (False). Answers are
read up to a limit, after decompression, and pass through the redactor before anything else
sees them.
"""

from __future__ import annotations

import logging
import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies, requote_uri
from urllib3.exceptions import HTTPError

from argosy.errors import (
    AnswerTooLargeError,
    InvalidConnectionError,
    RedirectRefusedError,
    RequestTimedOutError,
    TransportError,
    UnreadableAnswerError,
)
from argosy.model import (
    Answer,
    Authentication,
    OutgoingRequest,
    Problem,
    Redactor,
    TransportSettings,
)
from argosy.sdk.part_file import PartFile
from argosy.transport.adapter import LeanAdapter
from argosy.transport.control import OWN_TERMS, Control
from argosy.transport.failures import failure_of
from argosy.transport.limits import ExchangeTimeout
from argosy.transport.response_bytes import WholeResponse
from argosy.transport.retry import RETRY_STATUSES, RetryPolicy, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG = logging.getLogger("argosy.transport")
_MOST_REDIRECTS = 5
_CHUNK = 256 * 1024
_USER_INFO = re.compile("//[^/@]*@")
#: What was asked for; another coding might not be decoded.
_CODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
_ANONYMOUS_HEADERS = frozenset({"User-Agent", "Accept", "Accept-Encoding"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Transport:
    """Sends requests for one connection. Safe to share between threads; close it when done.

    Raises InvalidConnectionError where the file of certificates is not there.
    """

    def __init__(
        self,
        settings: TransportSettings,
        redactor: Redactor,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        allow_address: Callable[[str, str], bool] | None = None,
        judge_redirect: Callable[[str, str], bool | None] = lambda _from, _to: None,
        resolve: Callable[..., Any] = socket.getaddrinfo,
    ) -> None:
        self.settings = settings
        self.policy = RetryPolicy.of(settings, random)
        self._redactor = redactor
        self._judge_redirect = judge_redirect
        self._clock = clock
        self._sleep = sleep
        if settings.ca_bundle and not Path(settings.ca_bundle).exists():
            text = f"there is no file {settings.ca_bundle!r}"
            problem = Problem("transport-setting", text, "/transport/caBundle")
            raise InvalidConnectionError(problems=[problem])
        self._verify = settings.ca_bundle or True
        self._session = requests.Session()
        self._session.trust_env = False
        adapter = LeanAdapter(
            pool_maxsize=settings.pool_size, allow_address=allow_address, resolve=resolve
        )
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def deadline(self) -> float:
        """Return the moment by which a call that starts now must end."""
        return self._clock() + self.settings.deadline

    def send(
        self,
        request: OutgoingRequest,
        *,
        auth: Authentication,
        may_repeat: bool,
        deadline: float,
        first: int = 1,
        sent: Callable[[], None] = lambda: None,
        save_to: Path | None = None,
        control: Control = OWN_TERMS,
    ) -> Answer:
        """Send a request and return the whole answer, whatever its status.

        `auth` is added to what goes on the wire only. `first` is the number of the first
        attempt, for a request that goes on where an earlier one ended; `sent` is called for
        each HTTP request. The body of an answer with a 2xx status goes to the file `save_to`
        where there is one. Raises a TransportError, with the fact `attempt`, where no usable
        answer came, RunCancelledError where `control` was cancelled, and UnwritableFileError.
        """
        attempt = first
        while True:
            failure: TransportError | None = None
            answer: Answer | None = None
            try:
                answer = self._follow(request, auth, attempt, deadline, sent, save_to, control)
            except TransportError as error:
                error.facts["attempt"] = attempt
                failure = error
            wait = self._wait(answer, failure, attempt, deadline) if may_repeat else None
            if wait is None:
                if answer is None:
                    raise failure or AssertionError
                return answer
            attempt += 1
            (control.sleep or self._sleep)(wait)

    def pause(
        self, attempt: int, deadline: float, sleep: Callable[[float], None] | None = None
    ) -> bool:
        """Wait before attempt number `attempt` of a handler; False where there is none."""
        wait = self.policy.wait_before(attempt, now=self._clock(), deadline=deadline)
        if wait is not None:
            (sleep or self._sleep)(wait)
        return wait is not None

    def _wait(
        self, answer: Answer | None, failure: TransportError | None, attempt: int, deadline: float
    ) -> float | None:
        asked = None
        if answer is not None:
            if answer.status not in RETRY_STATUSES:
                return None
            asked = parse_retry_after(answer.headers.get("retry-after"))
        elif failure is not None and not failure.retryable:
            return None
        now = self._clock()
        return self.policy.wait_before(attempt + 1, now=now, deadline=deadline, asked=asked)

    def _follow(
        self,
        request: OutgoingRequest,
        auth: Authentication,
        attempt: int,
        deadline: float,
        sent: Callable[[], None],
        save_to: Path | None,
        control: Control,
    ) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._exchange(request, auth, attempt, deadline, sent, save_to, control)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            redirected = self._redirected(request, location)
            shown = self._redactor.text(_USER_INFO.sub("//", location.partition("?")[0]))
            if redirected is None:
                why = "a call does not follow there"
                break
            request = redirected
        else:
            why = f"a call follows {_MOST_REDIRECTS} redirects at most"
        raise RedirectRefusedError(host=_host(request.url), location=shown, detail=why)

    def _redirected(self, request: OutgoingRequest, location: str) -> OutgoingRequest | None:
        """Return the request that a redirect asks for, or None where a call does not follow."""
        if request.method not in {"GET", "HEAD"} or not request.follows:
            return None
        try:
            target = requote_uri(urljoin(request.url, location))
        except ValueError:  # it is no URL
            return None
        takes_auth = self._judge_redirect(request.url, target)
        if takes_auth is None:
            return None
        if takes_auth:
            return replace(request, url=target)
        # Another host gets neither the key nor what the inputs put into headers.
        headers = {n: v for n, v in request.headers.items() if n in _ANONYMOUS_HEADERS}
        return replace(request, url=target, headers=headers, send_auth=False)

    def _exchange(
        self,
        request: OutgoingRequest,
        auth: Authentication,
        attempt: int,
        deadline: float,
        sent: Callable[[], None],
        save_to: Path | None,
        control: Control,
    ) -> Answer:
        started = self._clock()
        remaining = deadline - started
        if remaining <= 0:
            raise RequestTimedOutError(
                host=_host(request.url), attempts=_times(attempt - 1), detail="the deadline passed"
            )
        settings, cancellation = self.settings, control.cancellation
        timeout = ExchangeTimeout(
            settings.connect_timeout, settings.read_timeout, remaining, cancellation
        )
        if cancellation is not None:
            cancellation.check()
        proxies = get_environ_proxies(request.url) if self.settings.environment_proxies else {}
        response = None
        sent()
        try:
            # The session's own send would follow redirects and keep cookies between calls.
            response = self._session.get_adapter(request.url).send(
                _prepared(request, auth),
                stream=True,
                timeout=timeout,  # type: ignore[arg-type]
                verify=self._verify,
                proxies=proxies,
            )
            if save_to and 200 <= response.status_code < 300:
                body, size = b"", self._save(response, request, save_to)
            else:
                body = self._read(response, request)
                size = len(body)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if cancellation is not None:
                cancellation.check()
            failure = failure_of(error, host=_host(request.url), attempts=_times(attempt))
            failure.redact(self._redactor.value)
            _LOG.debug("%s %s: %s", request.method, _host(request.url), failure)
            raise failure from error
        finally:
            if response is not None:
                response.close()
        if _LOG.isEnabledFor(logging.DEBUG):
            took = (self._clock() - started) * 1000
            path = self._redactor.text(urlsplit(request.url).path)
            text = "%s %s%s: %d after %.0f ms, attempt %d"
            _LOG.debug(
                text, request.method, _host(request.url), path, response.status_code, took, attempt
            )
        file = str(save_to) if save_to and 200 <= response.status_code < 300 else ""
        return Answer(
            response.status_code, self._headers(response), body, attempt, file=file, size=size
        )

    def _headers(self, response: requests.Response) -> dict[str, str]:
        clean, raw = self._redactor.text, response.raw
        if isinstance(raw, WholeResponse):
            return {name: clean(value) for name, value in raw.fields.items()}
        return {name.lower(): clean(value) for name, value in response.headers.items()}

    def _save(self, response: requests.Response, request: OutgoingRequest, path: Path) -> int:
        """Write the body to a file, which is there only when it is whole; return its size."""
        self._check_coding(response, request)
        limit = self.settings.max_file_bytes
        size = 0
        with PartFile(path) as part:
            for chunk in self._redactor.stream(_chunks(response)):
                size += len(chunk)
                if size > limit:
                    raise AnswerTooLargeError(host=_host(request.url), limit=limit)
                part.write(chunk)
        return size

    def _read(self, response: requests.Response, request: OutgoingRequest) -> bytes:
        limit = self.settings.max_response_bytes
        is_data = request.as_is and 200 <= response.status_code < 300
        body: bytes | None = getattr(response.raw, "whole", None)
        if body is None and is_data:
            body = _read_raw(response, limit + 1)
        elif body is None:
            self._check_coding(response, request)
            body = response.raw.read(limit + 1, decode_content=True)
        if len(body) > limit:
            raise AnswerTooLargeError(host=_host(request.url), limit=limit)
        return body if is_data else self._redactor.data(body)

    def _check_coding(self, response: requests.Response, request: OutgoingRequest) -> None:
        coding = response.headers.get("content-encoding", "identity")
        if not {part.strip().lower() for part in coding.split(",")} <= _CODINGS:
            detail = f"it is encoded as {coding!r}, which was not asked for"
            raise UnreadableAnswerError(host=_host(request.url), detail=detail)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    while chunk := response.raw.read(_CHUNK, decode_content=True):
        yield chunk


def _read_raw(response: requests.Response, most: int) -> bytes:
    """Return the body as it travels, up to so many bytes; a body cut short raises."""
    parts = []
    while most and (part := response.raw.read(most, decode_content=False)):
        parts.append(part)
        most -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _prepared(request: OutgoingRequest, auth: Authentication) -> requests.PreparedRequest:
    """Build the library's request without its own preparation, which would do our work again."""
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    prepared.headers = CaseInsensitiveDict(request.headers)
    if request.body is not None:
        prepared.headers["Content-Length"] = str(len(request.body))
    elif request.method not in {"GET", "HEAD", "OPTIONS"}:
        prepared.headers["Content-Length"] = "0"
    if request.send_auth:
        for name, value in auth.headers.items():
            prepared.headers[name] = value
        if auth.query:
            prepared.url += ("&" if "?" in request.url else "?") + auth.query
    prepared.body = request.body
    prepared.hooks = {"response": []}
    return prepared


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _times(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"
