"""The exception tree: every failure the host can name.

    ArgosyError                      code, message, hint, facts; exit and HTTP status; retryable
      ConnectorError                 the connector's author must mend it        exit 2  http 500
        InvalidManifestError, InvalidCapabilityError, InvalidHandlerError
        UnknownCapabilityError                                                           404
      InvalidDocumentError           a document to import cannot be used        exit 1  http 422
      ConnectionSetupError           the operator must mend it                  exit 1  http 422
        UnknownRegionError, MissingPropertyError, InvalidConnectionError, UnsafeFileError
      InvocationError                one capability, one time                   exit 1
        InvalidInputsError           problems, each with its place                       422
        RenderError                  a template could not be rendered                    422
        HostRefusedError             the address is not one a call may go to             422
        TransportError               no usable answer came                               502
          UnreachableError, RequestTimedOutError             retryable
          UntrustedServerError, RedirectRefusedError
          UnreadableAnswerError, AnswerTooLargeError
        ApiError                     the vendor said no: status, request id              502
          UnauthorizedError 401, ForbiddenError 403, NotFoundError 404, ConflictError 409,
          RateLimitedError 429 (retryable), UnavailableError 5xx but 501 (retryable)
        NotFinishedError             what the call started goes on; the wait is over     504
        FailedLaterError             what the call started ended without success         502
        UnwritableFileError          an answer could not be written to its file          422
        HandlerError                 raised by a handler on purpose                      502
        HandlerCrashedError          a handler raised something else                     500
        InvalidOutputsError          the answer is not what the capability promises      502

A class is chosen by who can mend the failure and how. Each holds its message as a format
string, and its constructor takes the facts of that string by keyword only and keeps them, so
that the sentence and the machine-readable facts cannot drift apart. `code` is derived from the
class name and stable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.model import Problem


class ArgosyError(Exception):
    """Root of everything the host raises on purpose.

    `facts` are the keywords given to the constructor; `problems` is the fact of that name, or
    empty. `exit_status` is the command line's, `http_status` a REST answer's, and `retryable`
    says whether the same call may succeed later.
    """

    message_format: ClassVar[str] = "{detail}"
    hint: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts: dict[str, Any] = facts

    @classmethod
    def error_code(cls) -> str:
        """Return the stable kebab-case code, derived from the class name."""
        name = cls.__name__.removesuffix("Error")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()

    @property
    def code(self) -> str:
        """The stable kebab-case code of this error."""
        return self.error_code()

    @property
    def message(self) -> str:
        """One sentence: what happened, with what was found."""
        return self.message_format.format_map(self.facts)

    @property
    def problems(self) -> Sequence[Problem]:
        """The findings behind this error, in order of place; empty where there are none."""
        found: Sequence[Problem] = self.facts.get("problems", ())
        return found

    def __str__(self) -> str:
        return self.message

    def redact(self, clean: Callable[[Any], Any]) -> None:
        """Pass all facts, and the words of causes, through `clean`, which takes secrets out."""
        self.facts = {name: clean(value) for name, value in self.facts.items()}
        for cause in causes_of(self):
            cause.args = tuple(clean(a) if isinstance(a, str) else a for a in cause.args)

    def forget_frames(self) -> None:
        """Let go of the frames of this error and of everything behind it.

        Frames hold the values of a call, secrets among them, and some tools print the locals of
        every frame in a chain.
        """
        for error in causes_of(self):
            error.__traceback__ = None

    def to_json(self) -> dict[str, Any]:
        """Return the error as the JSON object that the command line and REST answers show."""
        return {
            "code": self.code,
            "message": self.message,
            **({"hint": self.hint} if self.hint else {}),
            "retryable": self.retryable,
            **self._extra(),
            "problems": [problem.to_json() for problem in self.problems],
        }

    def _extra(self) -> dict[str, Any]:
        return {}


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything behind it: causes, contexts, reasons and wrapped errors."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = [getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting += [inner for inner in (*behind, *current.args) if isinstance(inner, Exception)]


class ConnectorError(ArgosyError):
    """The connector's own files are wrong; its author must mend them."""

    exit_status = 2
    http_status = 500


class InvalidManifestError(ConnectorError):
    """`connector.json` cannot be read as a manifest."""

    message_format = "{file} is not a valid manifest."
    hint = "`argosy check` lists every finding with its place."


class InvalidCapabilityError(ConnectorError):
    """A capability file cannot be read as a capability."""

    message_format = "{file} is not a valid capability."
    hint = "`argosy check` lists every finding with its place."


class InvalidHandlerError(ConnectorError):
    """A capability names a handler that is missing or has another signature."""

    message_format = "The handler of {capability!r} cannot be used: {detail}."


class UnknownCapabilityError(ConnectorError):
    """No capability has this id."""

    message_format = "There is no capability {found!r}; there is {known}."
    hint = "`argosy capabilities` lists them."
    http_status = 404


class InvalidDocumentError(ArgosyError):
    """A document that is to be imported cannot be read, or nothing can be made of it."""

    message_format = "{file} cannot be imported: {detail}."
    http_status = 422


class ConnectionSetupError(ArgosyError):
    """The connection is set up wrongly; whoever runs it must mend it."""

    http_status = 422


class UnknownRegionError(ConnectionSetupError):
    """The manifest lists no such region."""

    message_format = "There is no region {found!r}; the regions are {known}."


class MissingPropertyError(ConnectionSetupError):
    """The connection lacks a value that the connector cannot work without."""

    message_format = "The connection has no {name}: {title} is needed for this call."
    hint = "Give it by {sources}."

    def to_json(self) -> dict[str, Any]:
        """Return the error with its hint filled in."""
        return {**super().to_json(), "hint": self.filled_hint}

    @property
    def filled_hint(self) -> str:
        """The hint, naming the ways to give the value."""
        return self.hint.format_map(self.facts)


class InvalidConnectionError(ConnectionSetupError):
    """A connection's values do not fit the manifest's settings."""

    message_format = "The connection is not valid."


class UnsafeFileError(ConnectionSetupError):
    """A file that holds a secret may be read by others."""

    message_format = (
        "{file} may be read by others (mode {mode}); a file with a secret must be 0600."
    )
    hint = "Run chmod 600 on it."


class InvocationError(ArgosyError):
    """One call of one capability failed.

    `outputs` are named outputs that the call gives all the same: what was done, and what to
    repeat it with.
    """

    http_status = 502

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.outputs: dict[str, Any] = {}


class InvalidInputsError(InvocationError):
    """The inputs do not fit the capability's schema."""

    message_format = "The inputs of {capability!r} are not valid: {count}."
    http_status = 422

    def __init__(self, *, capability: str, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(capability=capability, problems=tuple(problems), count=count)


class RenderError(InvocationError):
    """A template of the capability could not be rendered with these inputs."""

    message_format = "{where} cannot be rendered: {detail}."
    http_status = 422


class HostRefusedError(InvocationError):
    """The request would go to an address that this connection may not call."""

    message_format = "A call to {host} is refused: {detail}."
    hint = "A connection's `allowHosts` names further hosts; the key is never sent to them."
    http_status = 422


class TransportError(InvocationError):
    """No usable answer came."""


class UnreachableError(TransportError):
    """The server could not be reached, or the connection broke before the answer was whole."""

    message_format = "No answer from {host} after {attempts}: {detail}."
    retryable = True


class RequestTimedOutError(TransportError):
    """The answer did not come in time."""

    message_format = "{host} did not answer in time after {attempts}: {detail}."
    retryable = True


class UntrustedServerError(TransportError):
    """There is no TLS, or its certificate could not be verified."""

    message_format = "There is no trusted connection to {host}: {detail}."


class RedirectRefusedError(TransportError):
    """The server sent the call elsewhere."""

    message_format = "{host} redirects to {location}; {detail}."


class UnreadableAnswerError(TransportError):
    """The answer came and cannot be decoded."""

    message_format = "The answer of {host} cannot be read: {detail}."


class AnswerTooLargeError(TransportError):
    """The answer is larger than the connection accepts."""

    message_format = "The answer of {host} is larger than {limit} bytes."
    hint = "A connection's `transport.maxResponseBytes` sets the limit."


class ApiError(InvocationError):
    """The vendor answered, and the answer is a refusal.

    Facts: `status` (HTTP), `vendor_message` (text or empty), `request_id` (text or empty),
    `host`, `note` (what the capability says about this status, or empty).
    """

    message_format = "{host} answered {status}: {vendor_message}"

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return int(self.facts["status"])

    @property
    def message(self) -> str:
        """What the vendor said, and when to try again where it said so."""
        wait = self.facts.get("retry_after")
        later = f" (try again in {wait:.0f} s)" if wait else ""
        return super().message + later

    def _extra(self) -> dict[str, Any]:
        names = {"status": "status", "vendor_message": "vendorMessage"}
        names |= {"request_id": "requestId", "note": "note", "retry_after": "retryAfter"}
        return {name: self.facts[key] for key, name in names.items() if self.facts.get(key)}


class UnauthorizedError(ApiError):
    """401: the key is missing, unknown, or of the wrong kind."""


class ForbiddenError(ApiError):
    """403: the key is known and may not do this."""


class NotFoundError(ApiError):
    """404: there is nothing under this id in this region."""


class ConflictError(ApiError):
    """409: the thing exists already or is in use."""


class RateLimitedError(ApiError):
    """429: too many calls; `retry_after` is in seconds where the vendor said so."""

    retryable = True


class UnavailableError(ApiError):
    """5xx but 501: the vendor failed."""

    retryable = True


class NotFinishedError(InvocationError):
    """What the call waits for goes on, and the time to wait for it is over."""

    message_format = (
        "What {capability!r} waits for is not finished after {seconds} s; it is {status}."
    )
    hint = "It goes on; the outputs name it. Give `waitSeconds` to wait longer."
    http_status = 504


class FailedLaterError(InvocationError):
    """What the call waited for has ended, and not in success."""

    message_format = "What {capability!r} waited for has ended as {status}."
    hint = "The call itself succeeded; the outputs name what was waited for."

    @property
    def message(self) -> str:
        """How it ended, and why where a `reason` is known."""
        reason = self.facts.get("reason")
        return f"{super().message.removesuffix('.')}: {reason}" if reason else super().message


class UnwritableFileError(InvocationError):
    """An answer that was to go to a file could not be written there."""

    message_format = "{file} cannot be written: {detail}."
    http_status = 422


class HandlerError(InvocationError):
    """A handler says that the call failed, and why."""

    message_format = "{detail}"


class HandlerCrashedError(InvocationError):
    """A handler raised something it should not have."""

    message_format = "The handler of {capability!r} crashed with {kind}."
    hint = "The cause is kept as `__cause__`; this is a defect of the connector."
    exit_status = 70
    http_status = 500


class InvalidOutputsError(InvocationError):
    """The answer is not what the capability promises."""

    message_format = "The answer to {capability!r} is not what the capability promises."


def error_for_status(status: int) -> type[ApiError]:
    """Return the class for an HTTP status outside 2xx; 501 says that there is no such thing."""
    by_status: dict[int, type[ApiError]] = {
        401: UnauthorizedError,
        403: ForbiddenError,
        404: NotFoundError,
        409: ConflictError,
        429: RateLimitedError,
    }
    is_passing = status >= 500 and status != 501
    return by_status.get(status, UnavailableError if is_passing else ApiError)
