"""How one call of one capability fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.errors.root import ArgosyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.model import Problem


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
