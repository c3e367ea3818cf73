"""Sandboxes for cases: each case finds one that holds its seed and nothing else.

One that another case had before is taken back to the snapshot of its beginning, which is ten times
as quick as a start. Nobody shares one at the same time.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from argosy.errors import InvalidFlowTestError
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.model import Json, JsonObject
    from argosy.sandbox import RunningSandbox
    from argosy.testing.cases import Case, FlowTest

_START = "start"
_IDLE = 6
_LOGGED = 10_000
_PAGE = 10_000
_KEPT_SECONDS = 2.0


class SandboxRefusedError(Exception):
    """A control route of the sandbox refused something; the text says what and why."""


class CaseSandbox:
    """A running sandbox that is one case's for a while."""

    def __init__(self, running: RunningSandbox) -> None:
        self._running = running
        self.url = running.url
        self.master_key = running.master_key
        self._http = HTTPConnection(urlsplit(running.url).netloc, timeout=60)
        self._asked = time.monotonic()
        self._ask("GET", "clock")  # what is due at the start is done now, not after each return
        self._ask("POST", "snapshots", {"name": _START})

    def close(self) -> None:
        """Stop it."""
        self._http.close()
        self._running.close()

    def begin(self, case: Case, *, is_new: bool) -> None:
        """Make it what a case finds. Raises SandboxRefusedError."""
        if not is_new:
            self._ask("POST", f"snapshots/{_START}/restore", {})
            self._ask("DELETE", "faults")
            self._ask("DELETE", "requests")
        self._ask("PUT", "clock", {"system": True} if case.is_real_time else {"now": case.now})
        self._ask("PUT", "pace", {"pace": case.pace})
        if case.faults:
            self._ask("POST", "faults", list(case.faults))

    def move_clock(self, seconds: float) -> None:
        """Move its clock on."""
        self._ask("PUT", "clock", {"advance": seconds})

    def requests(self) -> list[JsonObject]:
        """Return the requests it got from the case, oldest first; secrets are masked."""
        found: list[JsonObject] = self._ask("GET", "requests")["requests"]
        return found

    def rows(self, database: str, table: str) -> list[JsonObject] | None:
        """Return all rows of a table, or None where there is none."""
        place = f"rows/{quote(database, safe='')}/{quote(table, safe='')}"
        rows: list[JsonObject] = []
        while True:
            page = self._ask("GET", f"{place}?limit={_PAGE}&offset={len(rows)}", may_lack=True)
            if page is None:
                return None
            rows += page["rows"]
            if not page["rows"] or len(rows) >= page["count"]:
                return rows

    def _ask(self, method: str, place: str, body: Json = None, *, may_lack: bool = False) -> Json:
        sent = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        if time.monotonic() - self._asked > _KEPT_SECONDS:
            self._http.close()  # the sandbox has, or will in the midst of this
        try:
            self._http.request(method, f"/_sandbox/{place}", sent, headers)
            answer = self._http.getresponse()
            text = answer.read()
            self._asked = time.monotonic()
        except (OSError, HTTPException) as error:
            self._http.close()
            raise SandboxRefusedError(f"the sandbox does not answer: {error}") from error
        if answer.status == 404 and may_lack:
            return None
        found = json.loads(text)
        if answer.status >= 400:
            said = found.get("message", found) if isinstance(found, dict) else found
            raise SandboxRefusedError(f"the sandbox refuses {place}: {said}")
        return found


class Sandboxes:
    """Lends sandboxes, and keeps some that are idle for the next case with the same seed.

    Threads may share one. A folder that a seed names is read once, when its first case begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[str, CaseSandbox]] = []

    @contextmanager
    def lend(self, test: FlowTest, case: Case) -> Iterator[CaseSandbox]:
        """Lend a sandbox that holds what a case finds, until the block ends.

        Raises InvalidFlowTestError for a seed that it does not take, SandboxRefusedError.
        """
        key = _key(case)
        kept = self._take(key)
        sandbox = kept or CaseSandbox(_start(test, case))
        try:
            sandbox.begin(case, is_new=kept is None)
            yield sandbox
        except BaseException:
            sandbox.close()  # nobody knows what state it is in
            raise
        self._put(key, sandbox)

    def close(self) -> None:
        """Stop all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, sandbox in idle:
            sandbox.close()

    def _take(self, key: str) -> CaseSandbox | None:
        with self._lock:
            for place, (found, sandbox) in enumerate(self._idle):
                if found == key:
                    del self._idle[place]
                    return sandbox
        return None

    def _put(self, key: str, sandbox: CaseSandbox) -> None:
        with self._lock:
            self._idle.append((key, sandbox))
            surplus = self._idle.pop(0)[1] if len(self._idle) > _IDLE else None
        if surplus:
            surplus.close()


def _key(case: Case) -> str:
    seed = case.seed
    known = json.dumps(seed, sort_keys=True) if isinstance(seed, dict) else str(seed)
    return f"{case.is_real_time or case.now} {known}"


def _start(test: FlowTest, case: Case) -> RunningSandbox:
    from argosy.sandbox import Settings, SetupError, ShapeError, start  # noqa: PLC0415 - costly

    now = None if case.is_real_time else case.now
    settings = Settings(seed=case.seed, now=now, random_seed=1, logged_requests=_LOGGED)
    try:
        return start(settings)
    except (SetupError, ShapeError) as error:
        pointer = f"{case.pointer}/sandbox/seed"
        problem = Problem("seed", f"the sandbox does not take it: {error}", pointer, file=test.file)
        raise InvalidFlowTestError(file=test.file, problems=[problem]) from error
