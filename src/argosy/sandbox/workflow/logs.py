"""Logs of tasks: a gzipped text for each run of a task, under a name like digdag's.

A name is the task's full name, the time in hexadecimal (eight digits of seconds and eight of
nanoseconds) and the agent's id: `+daily+load@6553f1000000000a.1@sandbox.log.gz`. The sandbox
counts its logs in place of nanoseconds, so that no two names are the same.
"""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import asdict

from argosy.sandbox.workflow.projects import id_maker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.foundation import Foundation

AGENT: Final = "1@sandbox"
_SOURCE: Final = "io.digdag.core.agent.OperatorManager"
_KIND: Final = "workflow-log"
_LONGEST: Final = 1 << 20
_KEPT: Final = "+^&=%-_.*"
_NANOSECONDS: Final = 1_000_000_000


class Log(Struct, frozen=True):
    """A log file; `name` is the file's, `time` the epoch it was begun."""

    id: str
    name: str
    task: str
    time: float
    nanoseconds: int
    size: int

    @property
    def agent(self) -> str:
        """Give the id of the agent that ran the task."""
        return AGENT


class Logs:
    """The logs of a store, each of an attempt."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._new_id = id_maker(foundation, _KIND)

    def write(self, attempt: str, task: str, time: float, lines: Sequence[str]) -> None:
        """Keep the log of a task's run."""
        text = "".join(f"{line}\n" for line in lines)
        content = gzip.compress(text.encode()[:_LONGEST], mtime=0)
        key = self._new_id()
        nanoseconds = int(key) % _NANOSECONDS
        stamp = f"{int(time):08x}{nanoseconds:08x}"
        name = f"{quote(task, safe=_KEPT)}@{stamp}.{AGENT}.log.gz"
        log = Log(key, name, task, time, nanoseconds, len(content))
        self._documents.add(_KIND, attempt, {key: asdict(log)})
        self._documents.put_bytes(_KIND, key, content)

    def of(self, attempt: str, task: str | None) -> list[Log]:
        """Give an attempt's logs, the oldest first; with a task those whose names begin so."""
        found = [Log(**document) for document in self._documents.every(_KIND, attempt)]
        return [one for one in found if one.task.startswith(task or "")]

    def content(self, attempt: str, name: str) -> bytes | None:
        """Give a log by its file's name as the list has it, or as a path decodes it."""
        for one in self._documents.every(_KIND, attempt):
            if name in {one["name"], unquote(one["name"])}:
                return self._documents.bytes(_KIND, one["id"])
        return None


def line(time: float, task: str, text: str) -> str:
    """Write a line of a log as digdag's agent does."""
    stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return f"{stamp} +0000 [INFO] (0001@[0:sandbox]{task}) {_SOURCE}: {text}"
