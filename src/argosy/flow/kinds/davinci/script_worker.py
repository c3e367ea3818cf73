"""The process that runs JavaScript, apart from all others: whatever a script does, it ends.

It is started by its path and knows nothing of this package. It reads orders and writes answers,
each one line of JSON. A script sees its parameters and the language, nothing else: no files, no
network, no timers. Each has a context of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from types import ModuleType

_FRAME = Path(__file__).with_name("script_frame.js").read_text(encoding="utf-8")


class _TimeUpError(Exception):
    """The time of a script is over."""


class _Script:
    """One script, in a context of its own."""

    def __init__(self, quickjs: ModuleType, order: dict[str, Any]) -> None:
        self._quickjs = quickjs
        self._order = order
        self._end = time.process_time() + order["seconds"]
        self._context = quickjs.Context()
        self._context.set_memory_limit(order["memory"])
        self._context.set_max_stack_size(order["stack"])

    def answer(self) -> tuple[str, str]:
        """Run the script; return how it ended, and with what."""
        try:
            how, given = self._run()
        except _TimeUpError:
            return "late", ""
        except self._quickjs.StackOverflow:
            return "deep", ""
        except self._quickjs.JSException as error:
            is_late = time.process_time() >= self._end or "interrupted" in str(error)
            return ("late" if is_late else "memory"), ""
        if len(given) > self._order["size"]:
            return "large", str(len(given))
        return how, given

    def _run(self) -> tuple[str, str]:
        frame = self._limited(self._context.eval, _FRAME)
        self._limited(frame, "start", self._order["code"], self._order["params"])
        while self._limited(frame, "how") == "pending":
            if not self._limited(self._context.execute_pending_job):
                return "unsettled", ""
        return self._limited(frame, "how"), self._limited(frame, "given") or ""

    def _limited(self, work: Any, *given: str) -> Any:
        """Do a part of the script's work in what is left of its time."""
        left = self._end - time.process_time()
        if left <= 0:
            raise _TimeUpError
        self._context.set_time_limit(left)
        return work(*given)


def _bound_process() -> None:
    """Keep the process from taking all memory, whatever goes wrong in it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not every system has it

        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _set_alarm(seconds: float) -> None:
    """End the process after some time, for when nobody is left to do it; 0 is never."""
    with contextlib.suppress(AttributeError):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _say(answers: TextIO, found: tuple[str, str]) -> None:
    answers.write(json.dumps(found) + "\n")
    answers.flush()


def main() -> None:
    """Run scripts until no more orders come."""
    sys.path.insert(0, sys.argv[1])  # where the package is; the process has no other
    quickjs = importlib.import_module("quickjs")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # nothing else gets among the answers
    _bound_process()
    _say(answers, ("ready", ""))
    for line in sys.stdin.buffer:
        order = json.loads(line)
        _set_alarm(order["seconds"] + 2)
        found = _Script(quickjs, order).answer()
        _set_alarm(0)
        _say(answers, found)


if __name__ == "__main__":
    main()
