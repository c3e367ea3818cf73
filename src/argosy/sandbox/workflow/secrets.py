"""Secrets of projects: set and used, listed by key, and never read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.workflow.errors import TaskError, bad_request
from argosy.sandbox.workflow.projects import id_maker

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation

_KIND: Final = "workflow-secret"
_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}")
_LONGEST_VALUE: Final = 16 << 10


class Secrets:
    """The secrets of a store, each of a project."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._new_id = id_maker(foundation, _KIND)

    def keys(self, project: str) -> list[str]:
        """Give the keys of a project's secrets, sorted."""
        return sorted(one["name"] for one in self._documents.every(_KIND, project))

    def put(self, project: str, key: str, value: Any) -> None:
        """Set a secret; raise the 400 answer for a bad key or value."""
        if not _KEY.fullmatch(key) or not isinstance(value, str) or len(value) > _LONGEST_VALUE:
            message = f"Invalid secret key or value: {key[:255]!r}"
            raise bad_request(message)
        known = self._documents.named(_KIND, key, project)
        made = self._new_id() if known is None else known["id"]
        self._documents.replace(_KIND, made, project, {"id": made, "name": key, "value": value})

    def delete(self, project: str, key: str) -> None:
        """Forget a secret; one that isn't there is no error."""
        known = self._documents.named(_KIND, key, project)
        if known is not None:
            self._documents.remove(_KIND, known["id"])

    def forget(self, project: str) -> None:
        """Forget all secrets of a project."""
        for key in self.keys(project):
            self.delete(project, key)

    def value(self, project: str, key: str) -> str:
        """Give a secret for a task to use; raise TaskError if there is none."""
        known = self._documents.named(_KIND, key, project)
        if known is None:
            message = f"Secret not found for key: '{key:.100}'"
            raise TaskError(message, "secret not found")
        return str(known["value"])
