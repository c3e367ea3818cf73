"""What a capability of DaVinci's is given when a node runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.errors import ImportedNodeError
from argosy.flow.kinds.davinci.values import is_void

if TYPE_CHECKING:
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject

#: The names of outputs that no capability gives its one value.
_COMMON = frozenset({"rawResponse", "statusCode", "headers"})


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of one node.

    `properties` are computed, `literals` as they are. `reads` are the names under which the flow
    reads outputs of the node.
    """

    context: StepContext
    capability: str
    properties: JsonObject
    literals: JsonObject = field(default_factory=dict)
    flow: str = ""
    reads: tuple[str, ...] = ()

    def value(self, name: str, default: Json = None) -> Json:
        """Return a property; what is left out, null or an empty text is the default."""
        found = self.properties.get(name, self.literals.get(name))
        return default if is_void(found) else found

    def one_output(self, value: Json) -> JsonObject:
        """Return a value under each name by which the flow reads it, `result` where none does.

        DaVinci does not publish what it calls the value.
        """
        names = [name for name in self.reads if name not in _COMMON] or ["result"]
        return dict.fromkeys(names, value)

    def fail(
        self, detail: str, code: str = "", http_status: int | None = None, details: Json = None
    ) -> ImportedNodeError:
        """Return the error of a node that fails; its code is the capability's unless given."""
        own = code or f"{self.capability}Error"
        return ImportedNodeError(detail=detail, code=own, http_status=http_status, details=details)


#: Does what a capability is for: returns an outcome and outputs, or raises an ArgosyError.
Perform = Callable[[Call], tuple[str, "JsonObject"]]
#: Does again to a run what a step did that is taken over.
Redo = Callable[[Call], None]
#: What a module of a connector has: its capabilities by their names.
Performs = Mapping[str, Perform]
