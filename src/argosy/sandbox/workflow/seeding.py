r"""The projects of a seed, and what was run of them.

    {"projects": [{"name": "shop", "folder": "workflows/shop",
                   "files": {"daily.dig": "+load:\n  td>: load.sql\n", "load.sql": "SELECT 1"},
                   "metadata": {"sys": "cdp_audience"}, "revision": "r1",
                   "createdAt": "2026-01-01T00:00:00Z", "secrets": {"token": "…"},
                   "runs": [{"workflow": "daily", "sessionTime": "2026-01-31T00:00:00Z",
                             "startedAt": "2026-01-31T01:00:00Z", "params": {"day": 1},
                             "retryAttemptName": "again"}]}]}

A project needs a name and files: those of a `folder` in the seed's folder, or `files` by their
paths, or both (then `files` win). Everything else is optional. `metadata` marks the projects
that the system makes. `createdAt` is a time, by default the sandbox's now.

`runs` are history: they run to their end when the sandbox first serves a request, whatever the
pace, and in their order; queries in them are run. They bear times from `startedAt` on (default:
the session's time if that lies behind, else now). One that fails is a session that failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.auth import OWNER
from argosy.sandbox.seed import seed_file
from argosy.sandbox.workflow.archives import MOST_BYTES, MOST_ENTRIES, make_archive
from argosy.sandbox.workflow.asking import instant
from argosy.sandbox.workflow.attempts import AttemptExistsError, Start
from argosy.sandbox.workflow.errors import WorkflowError
from argosy.sandbox.workflow.schedules import Upload

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.reading import Node
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.projects import Definition, Projects
    from argosy.sandbox.workflow.schedules import Schedules
    from argosy.sandbox.workflow.secrets import Secrets

_MEMBERS: Final = (
    "name",
    "folder",
    "files",
    "metadata",
    "revision",
    "createdAt",
    "secrets",
    "runs",
)
_RUN_MEMBERS: Final = ("workflow", "sessionTime", "startedAt", "params", "retryAttemptName")
_REVISION: Final = "seed"


class Planter:
    """Plants projects and their runs."""

    def __init__(
        self,
        foundation: Foundation,
        projects: Projects,
        schedules: Schedules,
        secrets: Secrets,
        attempts: Attempts,
    ) -> None:
        self._clock = foundation.clock
        self._projects = projects
        self._schedules = schedules
        self._secrets = secrets
        self._attempts = attempts

    def plant(self, node: Node, folder: Path | None) -> None:
        """Plant one project; raise ShapeError where it is wrong."""
        members = node.members(*_MEMBERS)
        files = self._files(node, folder)
        metadata = {
            key: one.text()
            for key, one in (members["metadata"].members() if "metadata" in members else {}).items()
        }
        name = node.required("name").text()
        if self._projects.named(name) is not None:
            node.refuse(f"there is a project {name!r} already.")
        at = _time(members["createdAt"]) if "createdAt" in members else None
        revision = members["revision"].text() if "revision" in members else _REVISION
        try:
            project, definitions = self._projects.put(
                name, revision, make_archive(files), {}, metadata, at
            )
            self._schedules.update(project, definitions, OWNER, Upload())
            for key, value in (
                members["secrets"].members() if "secrets" in members else {}
            ).items():
                self._secrets.put(project.id, key, value.text())
        except WorkflowError as error:
            node.refuse(error.message)
        for run in members["runs"].items() if "runs" in members else []:
            self._run(run, {one.name: one for one in definitions})

    def _files(self, node: Node, folder: Path | None) -> dict[str, bytes]:
        members = node.members()
        files: dict[str, bytes] = {}
        if "folder" in members:
            files = _read_folder(members["folder"], folder)
        if "files" in members:
            texts = members["files"].members()
            files |= {path: one.text().encode() for path, one in texts.items()}
        if not files:
            node.refuse("files are needed: by 'folder' or 'files'.")
        return files

    def _run(self, node: Node, definitions: dict[str, Definition]) -> None:
        members = node.members(*_RUN_MEMBERS)
        workflow = node.required("workflow")
        name = workflow.choice(definitions)
        session = _time(node.required("sessionTime"))
        now = self._clock.now()
        started = _time(members["startedAt"]) if "startedAt" in members else min(session, now)
        params = members.get("params")
        retry = members["retryAttemptName"].text() if "retryAttemptName" in members else None
        if params is not None:
            params.members()
        start = Start(
            definitions[name],
            int(session),
            OWNER,
            params={} if params is None else params.value,
            retry_name=retry,
            may_queue=True,
            replay_at=started,
        )
        try:
            self._attempts.start(start)
        except AttemptExistsError as error:
            node.refuse(f"{error}; a second run of a session needs a retryAttemptName.")
        except WorkflowError as error:
            node.refuse(error.message)


def _time(node: Node) -> float:
    text = node.text()
    try:
        return instant(text, "a time")
    except WorkflowError as error:
        node.refuse(error.message)


def _read_folder(node: Node, folder: Path | None) -> dict[str, bytes]:
    """Read the files of a project's folder, but none whose name begins with a dot."""
    root = seed_file(node, folder)
    if not root.is_dir():
        node.refuse(f"{root.name!r} is not a folder.")
    files: dict[str, bytes] = {}
    size = 0
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_symlink() or not path.is_file() or any(one.startswith(".") for one in parts):
            continue
        size += path.stat().st_size
        if size > MOST_BYTES or len(files) >= MOST_ENTRIES:
            node.refuse("the folder holds more than an archive may.")
        files["/".join(parts)] = path.read_bytes()
    return files
