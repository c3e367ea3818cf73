"""Upload a folder, or files given as texts, as the next revision of a workflow project."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.sdk import HandlerContext, InvalidInputsError, Problem, Reply, members_of

from ._archives import Packed, files_below, files_of_texts, pack

if TYPE_CHECKING:
    from collections.abc import Sequence

_PASSED_ON = ("project", "scheduleFrom", "clearSchedule", "clearScheduleAll", "skipSchedule")


def run(context: HandlerContext) -> Reply:
    """Return the project as the vendor has it now, and the files that were sent.

    With `dryRun` nothing is sent, and the files that would be are returned. Raises
    InvalidInputsError where there is no workflow among them, HandlerError for files that are
    refused, and what the vendor refuses.
    """
    inputs = context.inputs
    files = _files(context)
    archive = pack(files)
    digest = hashlib.md5(archive, usedforsecurity=False).digest()
    outputs = {
        "files": [file.to_json() for file in files],
        "fileCount": len(files),
        "archiveSize": len(archive),
        "archiveMd5": base64.b64encode(digest).decode(),
        "isSent": not inputs["dryRun"],
    }
    if inputs["dryRun"]:
        return Reply(outputs)
    revision = inputs.get("revision") or context.new_uuid()
    given = members_of(inputs, *_PASSED_ON)
    sent = context.call("upload-workflow-project", revision=revision, archive=archive, **given)
    project = sent["project"]
    return Reply(
        {**outputs, "project": project, "projectId": project.get("id"), "revision": revision}
    )


def _files(context: HandlerContext) -> Sequence[Packed]:
    inputs = context.inputs
    name = "folder" if "folder" in inputs else "files"
    files = files_below(Path(inputs[name])) if name == "folder" else files_of_texts(inputs[name])
    if not any(file.path.endswith(".dig") and "/" not in file.path for file in files):
        message = "there is no workflow (a file that ends with .dig) at its top"
        problem = Problem("no-workflow", message, f"/{name}")
        raise InvalidInputsError(capability="upload-project", problems=[problem])
    return files
