"""The workflow API as a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.workflow.attempts import Attempts
from argosy.sandbox.workflow.logs import Logs
from argosy.sandbox.workflow.pools import Pools
from argosy.sandbox.workflow.projects import Projects
from argosy.sandbox.workflow.reach import OtherReach
from argosy.sandbox.workflow.routes_projects import ProjectRoutes
from argosy.sandbox.workflow.routes_runs import RunRoutes
from argosy.sandbox.workflow.routes_schedules import ScheduleRoutes
from argosy.sandbox.workflow.routes_service import ServiceRoutes
from argosy.sandbox.workflow.running import Runner
from argosy.sandbox.workflow.schedules import Schedules
from argosy.sandbox.workflow.secrets import Secrets
from argosy.sandbox.workflow.seeding import Planter
from argosy.sandbox.workflow.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.core.family import CoreFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node


class WorkflowFamily:
    """Projects of workflows, what was run of them, and when they run."""

    seed_members: Final = ("projects",)

    def __init__(self, foundation: Foundation, core: CoreFamily) -> None:
        self._foundation = foundation
        self.projects = Projects(foundation)
        self.sessions = Sessions(foundation)
        self.pools = Pools(foundation, self.sessions)
        self.attempts = Attempts(foundation, self.projects, self.sessions, self.pools)
        self.secrets = Secrets(foundation)
        self.logs = Logs(foundation)
        self.schedules = Schedules(foundation, self.projects, self.sessions, self.attempts)
        reach = OtherReach(
            foundation, core, self.projects, self.sessions, self.attempts, self.secrets
        )
        self.runner = Runner(
            foundation, self.projects, self.sessions, self.attempts, self.logs, reach
        )
        reach.waits_for = self.runner.waits_for

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        foundation = self._foundation
        parts = (
            ServiceRoutes(foundation, self.pools, self.sessions, self.attempts),
            ProjectRoutes(foundation, self.projects, self.schedules, self.secrets),
            RunRoutes(
                foundation, self.projects, self.sessions, self.attempts, self.runner, self.logs
            ),
            ScheduleRoutes(foundation, self.projects, self.schedules, self.sessions),
        )
        return [route for part in parts for route in part.routes()]

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant the projects; see `seeding`."""
        planter = Planter(
            self._foundation, self.projects, self.schedules, self.secrets, self.attempts
        )
        for node in seed["projects"].items() if "projects" in seed else []:
            planter.plant(node, folder)
