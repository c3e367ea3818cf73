"""Projects to upload, and a client that knows the workflow API."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sandbox.conftest import Client

SESSION = "2023-11-14T00:00:00Z"


def archive(files: dict[str, str | bytes]) -> bytes:
    """Pack files as a client does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


@dataclass
class Workflows:
    """The workflow API of one sandbox."""

    client: Client

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """Get a document."""
        answer = self.client.call("GET", f"/api/{path}", params=params or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Send a document and get one."""
        answer = self.client.call(method, f"/api/{path}", body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def upload(
        self,
        files: dict[str, str | bytes] | bytes,
        name: str = "shop",
        revision: str = "r1",
        status: int = 200,
        **params: Any,
    ) -> Any:
        """Upload a project."""
        body = files if isinstance(files, bytes) else archive(files)
        answer = self.client.call(
            "PUT",
            "/api/projects",
            body,
            media_type="application/gzip",
            params={"project": name, "revision": revision} | params,
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def start(
        self,
        workflow: str = "daily",
        project: str = "shop",
        time: str = SESSION,
        status: int = 200,
        **more: Any,
    ) -> Any:
        """Start an attempt."""
        body = {
            "projectName": project,
            "workflowName": workflow,
            "sessionTime": time,
            "params": {},
        } | more
        return self.send("PUT", "attempts", body, status)

    def run(self, dig: str, status: int = 200, files: Any = None, **more: Any) -> Any:
        """Upload one workflow under a new revision, and start it."""
        count = len(self.get("projects")["projects"])
        name = f"p{count}"
        self.upload({"daily.dig": dig, **(files or {})}, name)
        return self.start(project=name, status=status, **more)

    def tasks(self, attempt: Any) -> dict[str, Any]:
        """Give an attempt's tasks by full name; of several with one name the last."""
        found = self.get(f"attempts/{attempt['id']}/tasks")["tasks"]
        return {one["fullName"]: one for one in found}

    def states(self, attempt: Any) -> dict[str, str]:
        """Give the states of an attempt's tasks by full name."""
        return {name: one["state"] for name, one in self.tasks(attempt).items()}

    def attempt(self, attempt: Any) -> Any:
        """Give an attempt as it is now."""
        return self.get(f"attempts/{attempt['id']}")

    def log(self, attempt: Any, task: str) -> str:
        """Give what the log files of a task say."""
        files = self.get(f"logs/{attempt['id']}/files", task=task)["files"]
        text = ""
        for file in files:
            answer = self.client.call("GET", f"/api/logs/{attempt['id']}/files/{file['fileName']}")
            assert answer.status_code == 200, answer.text
            text += gzip.decompress(answer.content).decode()
        return text

    def finish(self, attempt: Any, most: int = 500) -> Any:
        """Look at an attempt, and let its time pass, until it is done."""
        for _ in range(most):
            found = self.attempt(attempt)
            if found["done"]:
                return found
            self.client.control("PUT", "clock", {"advance": 60})
        raise AssertionError(f"the attempt does not end: {self.states(attempt)}")


@pytest.fixture
def api(client: Client) -> Workflows:
    return Workflows(client)


@pytest.fixture
def start_api(start_client: Callable[..., Client]) -> Callable[..., Workflows]:
    return lambda **settings: Workflows(start_client(**settings))
