"""Make tables and change their settings, as requests say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from argosy.sandbox.core.databases import check_name
from argosy.sandbox.core.errors import already_there, invalid, no_table
from argosy.sandbox.core.schemas import read_schema

if TYPE_CHECKING:
    from argosy.sandbox.core.parameters import Parameters
    from argosy.sandbox.core.schemas import Schemas
    from argosy.sandbox.core.table_changes import TableChanges
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.tables import Table

_ONCE: Final = "idempotent-key"
_MOST_DAYS: Final = 365_000
_LONGEST_DESCRIPTION: Final = 10_000
_COPIED: Final = ("expire_days", "include_v", "description")


class TableSettings:
    """Make tables and change their settings."""

    def __init__(self, foundation: Foundation, changes: TableChanges, schemas: Schemas) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._tables = foundation.tables
        self._changes = changes
        self._schemas = schemas

    def create(self, database: str, name: str, values: Parameters) -> None:
        """Make a table; the same `idempotent_key` again changes nothing."""
        check_name(name)
        key = values.text("idempotent_key")
        if key is not None and self.knows(key):
            return
        if self._tables.has_table(database, name):
            raise already_there("Table", name)
        settings, schema = self._copied(database, values)
        settings |= _settings(values)
        declared = values.document("schema")
        if declared is not None:
            schema = read_schema(declared)
        with self._store.transaction():
            made = self._tables.create_table(database, name, **settings)
            if schema:
                made = self._schemas.set(made, schema)
            self._changes.plan_expiry(made)
            self.remember(key, made.id)

    def _copied(
        self, database: str, values: Parameters
    ) -> tuple[dict[str, Any], tuple[tuple[str, ...], ...]]:
        source = values.text("source_table")
        if source is None:
            return {}, ()
        found = self._tables.table(database, source)
        if found is None:
            raise no_table(source)
        wanted = _COPIED if values.flag("including_properties") else ()
        return {name: getattr(found, name) for name in wanted}, found.schema

    def update(self, table: Table, values: Parameters) -> Table:
        """Change what was sent of a table."""
        settings = _settings(values)
        declared = values.document("schema")
        with self._store.transaction():
            changed = replace(table, **settings) if settings else table
            if declared is not None:
                changed = self._schemas.set(changed, self._read(declared, values))
            changed = self._changes.touch(changed)
            name = values.text("name")
            if name is not None:
                overwrite = values.flag("overwrite")
                changed = self._changes.rename(changed, name, overwrite=overwrite)
            if "expire_days" in settings:
                self._changes.plan_expiry(changed)
        return changed

    def _read(self, declared: Any, values: Parameters) -> tuple[tuple[str, ...], ...]:
        if values.flag("ignore_duplicate_schema") and isinstance(declared, list):
            once = {str(one[0]) if one else "": one for one in declared if isinstance(one, list)}
            declared = list(once.values())
        return read_schema(declared)

    def knows(self, key: str) -> bool:
        """Say whether something was made with this idempotent key before."""
        return self._documents.named(_ONCE, key) is not None

    def remember(self, key: str | None, table: str) -> None:
        """Note that a table, by its id, was made with this key."""
        if key is not None:
            made = self._documents.new_id(_ONCE)
            document = {"id": made, "name": key, "table": table}
            self._documents.add(_ONCE, "0", {made: document})


def _settings(values: Parameters) -> dict[str, Any]:
    """Give the members of a Table that were sent; `detect_schema` is always on here."""
    found: dict[str, Any] = {}
    values.flag("detect_schema")  # refused if it is no truth value
    if values.has("expire_days"):
        days = values.whole("expire_days", 0, _MOST_DAYS)
        found["expire_days"] = days or None  # 0 is how clients end an expiry
    if values.has("include_v"):
        found["include_v"] = values.flag("include_v", default=True)
    if values.has("description"):
        text = values.text("description")
        if text is not None and len(text) > _LONGEST_DESCRIPTION:
            raise invalid("Validation failed: Description is too long")
        found["description"] = text
    return found
