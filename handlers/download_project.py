"""Download a workflow project as files: into a folder, or as texts for whoever has none."""

from __future__ import annotations

import tempfile
from pathlib import Path

from argosy.sdk import HandlerContext, HandlerError, JsonObject, Reply, members_of

from ._archives import Limits, texts_of, unpack

#: Without a folder the texts are held in memory, so there may be fewer of them.
_IN_MEMORY = Limits(members=2_000, size=16 * 1024 * 1024)


def run(context: HandlerContext) -> Reply:
    """Return what was written, or the texts.

    Raises HandlerError for a project that is not there and an archive that is refused, and
    UnwritableFileError where the folder cannot take it.
    """
    project = _project(context)
    target = context.save_to
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        archive = Path(folder) / "project.tar.gz"
        given = members_of(context.inputs, "revision")
        context.call("download-workflow-project", save_to=archive, projectId=project["id"], **given)
        outputs: JsonObject = {
            "projectId": project["id"],
            "revision": context.inputs.get("revision", project.get("revision")),
            "archiveSize": archive.stat().st_size,
        }
        if target:
            files = unpack(archive, target, overwrite=context.inputs["overwrite"])
            outputs["folder"] = str(target)
        else:
            files, outputs["contents"] = texts_of(archive, _IN_MEMORY)
    named = {name: value for name, value in outputs.items() if value is not None}
    return Reply({**named, "files": files, "fileCount": len(files)})


def _project(context: HandlerContext) -> JsonObject:
    """Return the project, by its id or its name."""
    inputs = context.inputs
    if "projectId" in inputs:
        found: JsonObject = context.call("get-workflow-project", projectId=inputs["projectId"])
        project: JsonObject = found["project"]
        return project
    listed = context.call("list-workflow-projects", name=inputs["project"])["projects"]
    for project in listed:
        if project.get("name") == inputs["project"]:
            return project
    raise HandlerError(detail=f"there is no project named {inputs['project']!r}")
