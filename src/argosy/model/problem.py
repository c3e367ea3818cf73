"""A problem is a value: what was found wrong, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from argosy.model.json import JsonObject


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. Text, JSON, SARIF and annotations are renderings of it.

    `pointer` is a JSON Pointer into the inputs, or into `file` where there is one.
    """

    code: str
    message: str
    pointer: str = ""
    hint: str = ""
    file: str = ""
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """Where it is, as text: file and pointer."""
        if self.file:
            return f"{self.file}#{self.pointer}" if self.pointer else self.file
        return self.pointer or "/"

    def to_json(self) -> JsonObject:
        """Return the problem as a JSON object; what is empty is left out."""
        members = {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "pointer": self.pointer,
            "message": self.message,
            "hint": self.hint,
        }
        return {
            name: value for name, value in members.items() if value or name in {"pointer", "code"}
        }
