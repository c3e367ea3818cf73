"""Each handler that a capability names can be used, and each handler is named by one.

A handler is imported here as a call would import it, so a missing module or a wrong signature
shows now. A file that no capability names is dead code; one that handlers share starts with an
underscore. Why there is a handler at all is a member that the capability's schema demands.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from argosy.connector import load_handler
from argosy.errors import InvalidHandlerError
from argosy.model import Capability, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "handlers"
DEMAND = "Each named handler can be imported and run, and each handler is named."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with handlers, and handlers that nobody names."""
    for _, capability in subject.valid_capabilities():
        detail = _fault(subject.root, capability)
        if detail:
            yield Problem(ID, detail, "/handler/name", file=capability.file)
    named = set(_named(subject))
    for file in subject.handlers:
        stem = PurePosixPath(file).stem
        if not stem.startswith("_") and stem not in named:
            hint = "Name it in a capability's `handler`, or start its name with an underscore."
            yield Problem(ID, "no capability names this handler", hint=hint, file=file)


def _fault(root: Path, capability: Capability) -> str:
    if capability.handler is None:
        return ""
    name = capability.handler.name
    file = root / "handlers" / f"{name}.py"
    try:
        if not file.resolve().is_relative_to(root.resolve()):
            return f"handlers/{name}.py lies outside the connector's folder"
        load_handler(root, name, capability.id)
    except InvalidHandlerError as error:
        return str(error.facts["detail"])
    except SystemExit:
        return f"handlers/{name}.py ends the program when it is imported"
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        # `run` is something that has no signature, or a link leads in a circle.
        return f"handlers/{name}.py cannot be used: {error}"
    return ""


def _named(subject: Subject) -> Iterator[str]:
    """Yield the names that capabilities give, also those whose file is wrong elsewhere."""
    for source in subject.capabilities:
        handler = (source.document or {}).get("handler")
        if isinstance(handler, dict):
            yield str(handler.get("name"))
