"""The outcome of one invocation, a value also when it failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.errors import ArgosyError
    from argosy.model.exchange import Answer
    from argosy.model.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler returns: named outputs and the answer they came from.

    Without one, the answer that came last counts.
    """

    outputs: Mapping[str, Json]
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one invocation.

    `outputs` always has `rawResponse`, `statusCode` and `headers` where an answer came, also
    on failure; the named fields of the capability are there when it succeeded, and on failure
    those that say what was done or what to repeat. `attempts` counts HTTP requests.
    """

    capability: str
    outputs: JsonObject
    error: ArgosyError | None = None
    attempts: int = field(default=0, compare=False)

    @property
    def status(self) -> Literal["succeeded", "failed"]:
        """Either `succeeded` or `failed`."""
        return "failed" if self.error else "succeeded"

    def unwrap(self) -> JsonObject:
        """Return the outputs; raise the error where the invocation failed."""
        if self.error:
            raise self.error
        return self.outputs

    def to_json(self) -> JsonObject:
        """Return the result as the JSON object that `argosy call --json` prints.

        Of bytes it tells how many there are.
        """
        shown: JsonObject = {
            "capability": self.capability,
            "status": self.status,
            "attempts": self.attempts,
            "outputs": {
                name: {"bytes": len(value)} if isinstance(value, bytes) else value
                for name, value in self.outputs.items()
            },
        }
        if self.error:
            shown["error"] = self.error.to_json()
        return shown
