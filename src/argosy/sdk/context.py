"""The contract between the dispatcher and a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from argosy.errors import HandlerError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from argosy.model import Answer, Json, JsonObject, Reply
    from argosy.sdk.tables import TableService


class PartialFailureError(HandlerError):
    """A handler did part of its work; `reply` says which part."""

    message_format = "{detail}"

    def __init__(self, *, detail: str, reply: Reply) -> None:
        super().__init__(detail=detail)
        self.reply = reply
        self.outputs = dict(reply.outputs)


class HandlerContext(Protocol):
    """What the dispatcher gives a handler for one invocation."""

    @property
    def inputs(self) -> JsonObject:
        """The validated inputs."""
        ...

    @property
    def save_to(self) -> Path | None:
        """The file or folder that the call names for what comes, as `handler.saves` says."""
        ...

    @property
    def tables(self) -> TableService:
        """What reads stored tables; `handler.reads` has to say that this one does.

        Raises HandlerError where whoever runs the call has no tables.
        """
        ...

    def call(
        self, capability: str, /, *, save_to: Path | None = None, **inputs: Json
    ) -> JsonObject:
        """Run another capability, in the same region, and return its outputs.

        They are those of a call of its own, pages and waiting included. An answer of bytes goes
        to the file `save_to`, or into the output `content`. `handler.uses` has to name the
        capability; the handler's own id runs what its file declares. Raises InvocationError for
        every failure; its `outputs` are those of the failed call.
        """
        ...

    def send(self, **inputs: Json) -> Answer:
        """Send the declared request, rendered with these inputs put over the validated ones.

        Raises InvocationError: a TransportError where no answer came, an ApiError for a status
        outside 2xx. Statuses inside 2xx come back as they are.
        """
        ...

    def decode(self, answer: Answer) -> Json:
        """Return the answer's body: JSON where it is JSON, else text."""
        ...

    def wait(self) -> bool:
        """Wait before the last request is sent in another form, with backoff and jitter.

        The next `send` counts as another attempt of the last one. Returns False at once where
        the connection's attempts or the call's deadline are used up.
        """
        ...

    def sleep(self, seconds: float) -> None:
        """Wait, for what no declared waiting covers."""
        ...

    def clock(self) -> float:
        """Return seconds that only grow, for deadlines."""
        ...

    def now(self) -> datetime:
        """Return the date and time, in UTC."""
        ...

    def new_uuid(self) -> str:
        """Return a new random UUID as text."""
        ...
