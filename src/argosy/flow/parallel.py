"""Do the same for many numbers, some at a time, in the caller's thread and those of a pool."""

from __future__ import annotations

import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


def run_each(
    work: Callable[[int], None], count: int, concurrency: int, pool: Executor | None
) -> None:
    """Call `work` with each number below `count`, at most `concurrency` at a time.

    The caller's thread works too, so nothing waits for a pool without a free thread. After one
    call has raised, none begins; what the call with the lowest number raised is raised here.
    """
    lock = threading.Lock()
    numbers = iter(range(count))
    raised: dict[int, BaseException] = {}

    def worker() -> None:
        while True:
            with lock:
                number = next(numbers, None) if not raised else None
            if number is None:
                return
            try:
                work(number)
            except BaseException as error:  # raised by the caller's thread
                with lock:
                    raised[number] = error

    helpers = []
    if pool is not None:
        helpers = [pool.submit(worker) for _ in range(min(concurrency, count) - 1)]
    worker()
    for helper in helpers:
        helper.cancel()  # one that has not begun finds nothing to do
    wait([helper for helper in helpers if not helper.cancelled()])
    if raised:
        raise raised[min(raised)]
