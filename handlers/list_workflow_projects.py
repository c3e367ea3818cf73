"""List workflow projects, those that the vendor's own tools made told apart from people's.

The marks are the vendor's metadata: the key `sys`, or `pbp`, on a project that a tool made. Where
a server leaves metadata out, the strict form of such names tells the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from argosy.sdk import HandlerContext, Reply, members_of

if TYPE_CHECKING:
    from argosy.sdk import Json, JsonObject

#: The names that the vendor's tools give to projects.
_SYSTEM_NAME = re.compile(r"cdp_audience_[0-9]+(_.*)?")
_SYSTEM_KEYS = ("sys", "pbp")


def run(context: HandlerContext) -> Reply:
    """Return the projects, each with its origin; only those of one where it is asked for."""
    wanted = context.inputs.get("origin")
    given = {name: value for name, value in context.inputs.items() if name != "origin"}
    outputs = context.call("list-workflow-projects", **given)
    marked = [{**project, **origin_of(project)} for project in outputs["projects"]]
    said = members_of(outputs, "hasMore", "next")
    origins = [project["origin"] for project in marked]
    return Reply(
        {
            "projects": [one for one in marked if wanted in (None, one["origin"])],
            "systemCount": origins.count("system"),
            "manualCount": origins.count("manual"),
            **said,
        }
    )


def origin_of(project: JsonObject) -> JsonObject:
    """Return who made a project, and by what it is known."""
    marks = _marks(project.get("metadata"))
    for key in _SYSTEM_KEYS:
        if key in marks:
            return {"origin": "system", "originReason": f"metadata {key}={marks[key]}"}
    name = str(project.get("name", ""))
    if _SYSTEM_NAME.fullmatch(name):
        return {"origin": "system", "originReason": "its name has the form of the vendor's tools"}
    return {"origin": "manual", "originReason": "no mark of the vendor's tools"}


def _marks(metadata: Json) -> dict[str, str]:
    """Return metadata by key, the first value of each; what is no metadata is none."""
    marks: dict[str, str] = {}
    for entry in metadata if isinstance(metadata, list) else ():
        if isinstance(entry, dict) and "key" in entry:
            marks.setdefault(str(entry["key"]), str(entry.get("value", "")))
    return marks
