"""Routes of bulk imports; a write-only key may create, upload, perform and commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from argosy.sandbox.core.desk import Door
from argosy.sandbox.core.job_routes import read_options

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import Right
    from argosy.sandbox.core.bulk_imports import BulkImports, Session
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.settings import Json

_PATH: Final = "/bulk_import"


class BulkImportRoutes:
    """Routes of bulk imports."""

    def __init__(self, desk: Desk, imports: BulkImports) -> None:
        self._desk = desk
        self._imports = imports

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk, open_door = self._desk, Door.ANY_KEY
        part = "{name}/{part}"
        return [
            desk.get(f"{_PATH}/list", self.listed),
            desk.get(f"{_PATH}/show/{{name}}", self.show),
            desk.get(f"{_PATH}/list_parts/{{name}}", self.list_parts),
            desk.get(f"{_PATH}/error_records/{{name}}", self.error_records),
            desk.post(f"{_PATH}/create/{{name}}/{{database}}/{{table}}", self.create, open_door),
            desk.upload(f"{_PATH}/upload_part/{part}", self.upload_part),
            desk.post(f"{_PATH}/delete_part/{part}", self.delete_part),
            desk.post(f"{_PATH}/freeze/{{name}}", self.freeze),
            desk.post(f"{_PATH}/unfreeze/{{name}}", self.unfreeze),
            desk.post(f"{_PATH}/perform/{{name}}", self.perform, open_door),
            desk.post(f"{_PATH}/commit/{{name}}", self.commit, open_door),
            desk.post(f"{_PATH}/delete/{{name}}", self.delete),
        ]

    def create(self, ask: Ask) -> Json:
        """Begin a session."""
        table = self._desk.table(ask.caller, ask.path["database"], ask.path["table"], "import")
        return _named(self._imports.create(ask.path["name"], table.database, table.name))

    def listed(self, ask: Ask) -> Json:
        """Give the sessions of databases that the caller may import into."""
        found = [one for one in self._imports.every() if ask.caller.may("import", one.database)]
        return {"bulk_imports": [_shown(one) for one in found]}

    def show(self, ask: Ask) -> Json:
        """Give a session."""
        return _shown(self._imports.look(self._found(ask)))

    def list_parts(self, ask: Ask) -> Json:
        """Give the names of a session's parts."""
        session = self._found(ask)
        return _named(session) | {"parts": self._imports.parts(session)}

    def upload_part(self, ask: Ask) -> Json:
        """Take a part."""
        session = self._found(ask)
        self._imports.put_part(session, ask.path["part"], ask.body)
        return _named(session) | {"part_name": ask.path["part"]}

    def delete_part(self, ask: Ask) -> Json:
        """Delete a part."""
        session = self._found(ask)
        self._imports.delete_part(session, ask.path["part"])
        return _named(session) | {"part_name": ask.path["part"]}

    def freeze(self, ask: Ask) -> Json:
        """Let a session take no more parts."""
        session = self._found(ask)
        self._imports.freeze(session, is_frozen=True)
        return _named(session)

    def unfreeze(self, ask: Ask) -> Json:
        """Let a session take parts again."""
        session = self._found(ask)
        self._imports.freeze(session, is_frozen=False)
        return _named(session)

    def perform(self, ask: Ask) -> Json:
        """Start to read a session's parts."""
        session = self._found(ask)
        job = self._imports.perform(session, ask.caller.user, read_options(ask.values))
        return _named(session) | {"job_id": int(job.id)}

    def commit(self, ask: Ask) -> Json:
        """Start to put a session's records into its table."""
        session = self._found(ask)
        self._imports.commit(session)
        return _named(session)

    def delete(self, ask: Ask) -> Json:
        """Delete a session."""
        session = self._found(ask)
        self._imports.delete(session)
        return _named(session)

    def error_records(self, ask: Ask) -> Response:
        """Give a session's bad records."""
        content = self._imports.bad_records(self._found(ask))
        return Response(content, media_type="application/x-gzip")

    def _found(self, ask: Ask, right: Right = "import") -> Session:
        session = self._imports.named(ask.path["name"])
        self._desk.database(ask.caller, session.database, right)
        return session


def _named(session: Session) -> dict[str, Json]:
    return {"name": session.name, "bulk_import": session.name}


def _shown(session: Session) -> dict[str, Json]:
    return {
        "name": session.name,
        "database": session.database,
        "table": session.table,
        "status": session.status,
        "upload_frozen": session.upload_frozen,
        "job_id": None if session.job_id is None else int(session.job_id),
        "valid_records": session.valid_records,
        "error_records": session.error_records,
        "valid_parts": session.valid_parts,
        "error_parts": session.error_parts,
    }
