"""JavaScript that flows hold, run in processes of their own.

QuickJS bounds time, memory and depth of a script, but not all that its built-in functions do; a
process can be ended whatever it is at. So a script that does not keep to its time, or whose run
is cancelled, loses its process, and no other notices.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from argosy.errors import ImportedNodeError, ScriptError
from argosy.model import parse_json

if TYPE_CHECKING:
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject

SECONDS: Final = 5.0
MEMORY: Final = 64 * 1024 * 1024
STACK: Final = 512 * 1024
#: The most characters that a result may have; the flow's own limit is checked besides.
SIZE: Final = 16 * 1024 * 1024
#: How much longer than the script the process may take before it is ended.
_GRACE = 0.5
#: How long a process may take to start.
_START = 10.0
_MOST_IDLE = 4
_WORKER = Path(__file__).with_name("script_worker.py")
_PACKAGE = "quickjs"


def run_script(code: str, params: JsonObject, context: StepContext) -> JsonObject:
    """Run a script that exports a function of `{params}`, and return the object that it gives.

    It has 5 s, less where its step's time ends before, and is ended at once where the run is
    cancelled. Raises ImportedNodeError with what it throws, ScriptError for all else that goes
    wrong in it, and the errors of a step's time and of a cancellation.
    """
    if not code.strip():
        raise ScriptError(detail="is empty")
    try:
        written = json.dumps(params)
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptError(detail=f"cannot be given its parameters: {error}") from error
    how, given = _answer(code, written, _folder_of(_PACKAGE), context)
    return _result(how, given)


def _result(how: str, given: str) -> JsonObject:
    if how == "thrown":
        raise _thrown(given)
    if how != "done":
        raise ScriptError(detail=_WORDS[how].format(given=given))
    result = _parsed(given)
    if not isinstance(result, dict):
        raise ScriptError(detail="gives an object that is none in JSON")
    return result


def _thrown(given: str) -> ImportedNodeError:
    """Return the error for what a script throws, whatever it made of it."""
    found = _parsed(given)
    said = found if isinstance(found, dict) else {}
    detail = str(said.get("message") or "The script failed, and does not say why.")
    code = str(said.get("code") or "customFunctionError")
    return ImportedNodeError(detail=detail, code=code, details=said.get("details"))


def _parsed(given: str) -> Json:
    try:
        return parse_json(given)
    except ValueError as error:
        raise ScriptError(detail=f"gives what cannot be read as JSON: {error}") from error


_WORDS = {
    "unusable": "{given}",
    "unsettled": "waits for something that never comes",
    "deep": "calls itself too deeply",
    "null": "threw null, as one does that needs more memory than 64 MB",
    "memory": "took more memory than 64 MB",
    "large": f"gives {{given}} characters; {SIZE} are allowed",
    "ended": "ended its process",
}


@lru_cache(maxsize=8)
def _folder_of(package: str) -> str:
    """Return the folder that a package is installed in. Raises ScriptError where it is not."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        detail = "needs the package quickjs-ng: install argosy[javascript]"
        raise ScriptError(detail=detail)
    return str(Path(found.origin).parent.parent)


def _answer(code: str, params: str, folder: str, context: StepContext) -> tuple[str, str]:
    """Have a script run, and return how it ended and with what."""
    worker = _workers.take(folder)
    cancellation, deadline = context.state.stop, context.deadline
    try:
        cancellation.hold(worker)
        try:
            if not worker.is_ready(_START):
                cancellation.check()
                raise ScriptError(detail="cannot be run: QuickJS does not start")
            context.check_time()
            left = deadline.at - context.state.clock()
            seconds = min(SECONDS, left)
            order = {"code": code, "params": params, "seconds": seconds}
            order |= {"memory": MEMORY, "stack": STACK, "size": SIZE}
            found = worker.ask(order, seconds + _GRACE)
        finally:
            cancellation.let_go(worker)
        cancellation.check()
    except BaseException:
        worker.end()
        raise
    if found is None:
        worker.end()
        found = ("late" if worker.is_late else "ended"), ""
    else:
        _workers.give_back(worker)
    if found[0] == "late":
        late = ScriptError(detail=f"took longer than {SECONDS:g} s")
        raise deadline.error() if left <= SECONDS else late
    return found


class _Worker:
    """A process that runs one script at a time."""

    def __init__(self, folder: str) -> None:
        self.is_late = self._started = False
        # Without the environment: it may hold secrets, and no script is to see them.
        kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WORKER), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
        )

    def is_ready(self, seconds: float) -> bool:
        """Wait until the process takes orders; tell whether it does."""
        if not self._started:
            self._started = self._read(seconds) is not None
        return self._started

    def ask(self, order: JsonObject, seconds: float) -> tuple[str, str] | None:
        """Return the answer to an order, None where none comes in time or the process ended."""
        return self._read(seconds, json.dumps(order).encode() + b"\n")

    def _read(self, seconds: float, said: bytes = b"") -> tuple[str, str] | None:
        end = threading.Timer(seconds, self._give_up)
        end.daemon = True
        end.start()
        stdin, stdout = self._process.stdin, self._process.stdout
        try:
            if stdin is not None and stdout is not None:
                stdin.write(said)
                stdin.flush()
                how, given = json.loads(stdout.readline())
                return how, given
        except (OSError, ValueError):  # the process has ended
            pass
        finally:
            end.cancel()
        return None

    def _give_up(self) -> None:
        self.is_late = True
        self._process.kill()

    def cut_off(self, _reason: str) -> None:
        """End what the process is at."""
        self._process.kill()

    def end(self) -> None:
        """End the process, and leave nothing of it."""
        self._process.kill()
        self._process.communicate()

    @property
    def is_alive(self) -> bool:
        """Tell whether the process can take an order."""
        return self._process.poll() is None

    def forget(self) -> None:
        """Leave the process to the one that this one was forked from."""
        self._process.returncode = 0


class _Workers:
    """Processes that wait for a script."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def take(self, folder: str) -> _Worker:
        """Return a process that is ready, or start one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                worker = self._idle.pop()
            if worker.is_alive:
                return worker
            worker.end()
        return _Worker(folder)

    def give_back(self, worker: _Worker) -> None:
        """Keep a process for the next script, or end it where enough are waiting."""
        with self._lock:
            keeps = len(self._idle) < _MOST_IDLE
            if keeps:
                self._idle.append(worker)
        if not keeps:
            worker.end()

    def end(self) -> None:
        """End the processes that are waiting."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def forget(self) -> None:
        """Begin anew in a process that was forked."""
        for worker in self._idle:
            worker.forget()
        self._lock, self._idle = threading.Lock(), []


_workers = _Workers()
atexit.register(_workers.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.forget)
