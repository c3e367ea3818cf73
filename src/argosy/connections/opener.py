"""What opens a table: the protocol, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from argosy.errors import ServiceNotFoundError, WrongDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argosy.connections.probing.result import Check, Remote
    from argosy.connections.stored import StoredConnection
    from argosy.model import Json, JsonObject

#: What is said of a LOCAL table until its file is there.
NO_FILE = "No file has been uploaded yet."


@dataclass(frozen=True, slots=True)
class TableToOpen:
    """A table with its defaults filled in: `table` has the members of the API.

    `known` is the fingerprint of when it was last good, None where there is none to hold it
    against.
    """

    database: str
    name: str
    table: JsonObject
    known: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source; `type` is a word for people, `fields` are what is made of it."""

    name: str
    type: str
    nullable: bool = True
    fields: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the column as a JSON object."""
        found: JsonObject = {"name": self.name, "type": self.type, "nullable": self.nullable}
        return {**found, "fields": list(self.fields)} if self.fields else found


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a table came to.

    `ok` says that nothing failed; `status` is the table's from now on, and is `available` only
    where its inside was seen. `reason` is empty or one of `argosy.connections.probing.REASONS`.
    `rows` are those of a preview, `columns` all there are; `refusals` say of the first rows that
    were left out why they were. `filled` replaces whole members of the
    table: a mapping that was completed by what the source has. `fingerprint` tells a source that
    has changed, `drift` how it has. `facts` are further ones about a failure: file, line, column.
    No text here holds a secret.
    """

    ok: bool
    status: str
    reason: str = ""
    checks: tuple[Check, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[Mapping[str, Json], ...] = ()
    rows_read: int = 0
    rows_refused: int = 0
    refusals: tuple[JsonObject, ...] = ()
    bytes_read: int = 0
    truncated: bool = False
    retryable: bool = False
    remote: Remote | None = None
    warnings: tuple[str, ...] = ()
    filled: JsonObject = field(default_factory=dict)
    fingerprint: JsonObject | None = None
    drift: JsonObject | None = None
    facts: JsonObject = field(default_factory=dict)
    duration_ms: int = 0

    def preview(self) -> JsonObject:
        """Return what was seen of the table as a JSON object."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "rows": [dict(row) for row in self.rows],
            "rows_read": self.rows_read,
            **({"rows_refused": self.rows_refused} if self.rows_refused else {}),
            **({"refusals": list(self.refusals)} if self.refusals else {}),
            "bytes_read": self.bytes_read,
            "truncated": self.truncated,
        }


class TableOpener(Protocol):
    """What opens tables. Remote trouble is a value of it, never an exception."""

    def open(self, connection: StoredConnection, table: TableToOpen, budget: float) -> Opened:
        """Open a table within `budget` seconds and return what was found."""
        ...


def opening_failure(
    found: Opened, place: str, told: Iterable[str] = (), *, status: str = ""
) -> Exception:
    """Return the error for a table that cannot be opened; `place` is its address.

    It has the warnings that were `told` before, and those of the opening, which often say why.
    `status` is the one that the table has now where that is not what was found.
    """
    failed = next((check for check in found.checks if check.status == "failed"), None)
    texts = [failed.message, failed.hint] if failed else ["The table could not be opened."]
    facts: dict[str, Any] = {
        "reason": found.reason or None,
        "field": failed.field if failed else None,
        "retryable": found.retryable,
        "remote": found.remote.to_json() if found.remote else None,
        "status": status or found.status,
        **found.facts,
        "drift": found.drift,
        "checks": [check.to_json() for check in found.checks],
    }
    given = {name: fact for name, fact in facts.items() if fact not in (None, "")}
    text = " ".join(filter(None, texts))
    warnings = list(dict.fromkeys([*told, *found.warnings]))
    if found.status == "resource_not_found":
        missing = {"type": "object", "key": place, "name": "RESOURCE_NOT_FOUND", "error": text}
        return ServiceNotFoundError(**missing, **given).with_warnings(warnings)
    return WrongDataError(detail=text, **given).with_warnings(warnings)
