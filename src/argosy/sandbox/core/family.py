"""The core API as a family: its models, made once over a foundation, and their routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.core.access_control import AccessControl
from argosy.sandbox.core.access_control_routes import AccessControlRoutes, PolicyGroupRoutes
from argosy.sandbox.core.bulk_import_routes import BulkImportRoutes
from argosy.sandbox.core.bulk_imports import BulkImports
from argosy.sandbox.core.bulk_load_routes import BulkLoadRoutes
from argosy.sandbox.core.bulk_loads import BulkLoads
from argosy.sandbox.core.connections import ConnectionRoutes, Connections
from argosy.sandbox.core.databases import DatabaseRoutes, Databases
from argosy.sandbox.core.desk import Desk
from argosy.sandbox.core.exports import Exports
from argosy.sandbox.core.import_routes import ImportRoutes
from argosy.sandbox.core.imports import Imports
from argosy.sandbox.core.job_routes import JobRoutes
from argosy.sandbox.core.jobs import Jobs
from argosy.sandbox.core.result_targets import ResultTargets
from argosy.sandbox.core.saved_queries import SavedQueries
from argosy.sandbox.core.saved_query_routes import SavedQueryRoutes
from argosy.sandbox.core.schemas import Schemas
from argosy.sandbox.core.seeding import MEMBERS, Seeding
from argosy.sandbox.core.table_changes import TableChanges
from argosy.sandbox.core.table_routes import TableRoutes
from argosy.sandbox.core.user_routes import UserRoutes
from argosy.sandbox.core.users import Users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class CoreFamily:
    """The core API; other families run their queries through `jobs`."""

    seed_members = MEMBERS

    def __init__(self, foundation: Foundation) -> None:
        self.users = Users(foundation)
        self.changes = TableChanges(foundation)
        self.schemas = Schemas(foundation)
        self.databases = Databases(foundation, self.changes, self.users)
        self.imports = Imports(foundation, self.changes)
        self.connections = Connections(foundation)
        targets = ResultTargets(foundation, self.imports, self.connections)
        self.jobs = Jobs(foundation, targets)
        self.saved_queries = SavedQueries(foundation, self.jobs)
        access = AccessControl(foundation, self.users)
        desk = Desk(foundation.doorkeeper, foundation.tables)
        self._parts = (
            UserRoutes(desk, self.users, access, self.changes, foundation),
            DatabaseRoutes(desk, self.databases, foundation),
            TableRoutes(desk, self.changes, self.schemas, self.jobs, foundation),
            ImportRoutes(desk, self.imports, self.changes, foundation),
            BulkImportRoutes(desk, BulkImports(foundation, self.jobs, self.imports)),
            BulkLoadRoutes(desk, BulkLoads(foundation, self.jobs), self.jobs, foundation),
            JobRoutes(desk, self.jobs, targets),
            Exports(desk, self.jobs, targets, foundation),
            SavedQueryRoutes(desk, self.saved_queries, self.users, targets),
            ConnectionRoutes(desk, self.connections),
            AccessControlRoutes(desk, access, self.users),
            PolicyGroupRoutes(desk, access),
        )
        self._seeding = Seeding(
            foundation, self.users, self.connections, self.saved_queries, self.jobs
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes; those with fixed words go before those with placeholders."""
        return [route for part in self._parts for route in part.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant users, connections, saved queries and jobs; see `seeding`."""
        self._seeding.plant(seed)
