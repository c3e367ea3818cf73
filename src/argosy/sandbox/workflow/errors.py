"""The workflow API's errors: `{"message": text, "status": number}`, and what a task fails with.

The open-source server answers 400 for a bad argument, a configuration that can't be and a limit
that is passed, 404 for what isn't there, 409 for what is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.answers import VendorError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json


class WorkflowError(VendorError):
    """An answer of the workflow API that refuses a request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, {"message": message, "status": status})
        self.message = message


class ConfigError(Exception):
    """Something in a workflow's file can't be as it is; the text says what."""


class TaskError(Exception):
    """A task can't do its work; `kind` is the word that the vendor puts behind the text."""

    def __init__(self, message: str, kind: str = "runtime") -> None:
        super().__init__(message)
        self.kind = kind

    def shown(self) -> Json:
        """Give the error as a task shows it."""
        return error_shown(str(self), self.kind)


class NotRunHereError(TaskError):
    """An operator that the vendor has and the sandbox doesn't run."""


def error_shown(message: str, kind: str) -> Json:
    """Shape a task's error; the server's stack trace is kept as an empty text."""
    return {"message": f"{message} ({kind})", "stacktrace": ""}


def bad_request(message: str) -> WorkflowError:
    """Make the 400 answer."""
    return WorkflowError(400, message)


def not_found(what: str) -> WorkflowError:
    """Make the 404 answer; `what` is like `project id=1`."""
    return WorkflowError(404, f"Resource does not exist: {what}")


def conflict(message: str) -> WorkflowError:
    """Make the 409 answer."""
    return WorkflowError(409, message)
