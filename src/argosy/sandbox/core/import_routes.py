"""Routes that take uploads: `import` and `import_with_id`.

An id is `[0-9a-f]+`, also with the hyphens of a UUID, which the vendor's pandas client sends, and
what comes with one that a table has seen before is answered as taken but not stored again. An
upload without records asks only whether the table is there.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from argosy.sandbox.core.errors import invalid
from argosy.sandbox.core.msgpack_rows import read_records

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.imports import Imports
    from argosy.sandbox.core.table_changes import TableChanges
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_UNIQUE_ID: Final = re.compile(r"[0-9a-f][0-9a-f-]{0,255}")


class ImportRoutes:
    """Routes that take uploads."""

    def __init__(
        self, desk: Desk, imports: Imports, changes: TableChanges, foundation: Foundation
    ) -> None:
        self._desk = desk
        self._imports = imports
        self._changes = changes
        self._store = foundation.store
        self._clock = foundation.clock
        self._randomness = foundation.randomness

    def routes(self) -> list[BaseRoute]:
        """Give the routes; a write-only key may use them."""
        one = "{database}/{table}"
        with_id = f"/table/import_with_id/{one}/{{unique_id}}/{{format}}"
        return [
            self._desk.upload(f"/table/import/{one}/{{format}}", self.take),
            self._desk.upload(with_id, self.take),
        ]

    def take(self, ask: Ask) -> Json:
        """Take an upload into a table, once."""
        table = self._desk.table(ask.caller, ask.path["database"], ask.path["table"], "import")
        unique_id = ask.path.get("unique_id")
        if unique_id is not None and not _UNIQUE_ID.fullmatch(unique_id):
            raise invalid("Validation failed: the unique id is not [0-9a-f-]+")
        began = self._clock.now()
        if unique_id is None or not self._changes.knows_import(table, unique_id):
            records = read_records(ask.body, ask.path["format"])
            with self._store.transaction():
                taken = self._imports.take(table, records)
                if unique_id is not None and taken:
                    self._changes.remember_import(table, unique_id)
        return {
            "elapsed_time": int(self._clock.now() - began),
            "database": table.database,
            "table": table.name,
            "md5_hex": hashlib.md5(ask.body, usedforsecurity=False).hexdigest(),
            "unique_id": unique_id or self._randomness.uuid().replace("-", ""),
        }
