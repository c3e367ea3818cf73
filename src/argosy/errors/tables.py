"""What stands in the way of reading a table."""

from __future__ import annotations

from typing import Any, ClassVar

from argosy.errors.root import ArgosyError

_NAMED = ("status", "reason", "file", "line", "column", "field")


class TableError(ArgosyError):
    """A table cannot be read, or not as it is specified.

    Facts beside the sentence `detail`, each where it is known: `status` is what the table's
    becomes (`wrong_credentials`, `resource_not_found`, `wrong_specification`, the usual one, or
    `unknown_error`), `reason` a word for programs. `file` is the file at fault, `line` counts from
    1 and the header counts, `column` is a column's name. `remedy` says what to change, `field`
    which member of the table that is. `passes` says that the same may succeed later. No fact
    holds a secret.
    """

    message_format: ClassVar[str] = "{detail}"
    http_status: ClassVar[int] = 422

    @property
    def message(self) -> str:
        """Where, what was found, and what would be right."""
        return f"{self.finding} {self.remedy}".rstrip()

    @property
    def finding(self) -> str:
        """What was found, with its place and without the remedy."""
        line, column = self.facts.get("line"), self.facts.get("column")
        named = (self.facts.get("file"), line and f"line {line}", column and f"column {column!r}")
        place = ", ".join(str(part) for part in named if part)
        detail = str(self.facts["detail"])
        if place:
            return f"{place}: {detail}"
        first = detail.partition(" ")[0]  # a host or another name stays as it is written
        return detail[:1].upper() + detail[1:] if first.isalpha() else detail

    @property
    def remedy(self) -> str:
        """What to change; empty where nobody can say."""
        return str(self.facts.get("remedy", ""))

    @property
    def status(self) -> str:
        """The status of the table from now on."""
        return str(self.facts.get("status", "wrong_specification"))

    @property
    def reason(self) -> str:
        """A word for programs."""
        return str(self.facts.get("reason", "unreadable"))

    @property
    def field(self) -> str:
        """The member of the table that is to be changed; empty where none is."""
        return str(self.facts.get("field", ""))

    @property
    def passes(self) -> bool:
        """Whether the same may succeed later."""
        return bool(self.facts.get("passes", False))

    def _extra(self) -> dict[str, Any]:
        named = {"status": self.status, "reason": self.reason, **self.facts}
        return {name: named[name] for name in _NAMED if named.get(name)}
