"""Do the same for many numbers, some at a time, in the caller's thread and those of a pool."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


def ask_help(pool: Executor | None, work: Callable[[], None]) -> None:
    """Have a thread of the pool do some work, soon or late, or never where there is none."""
    if pool is not None:
        with suppress(RuntimeError):  # it was shut down, or the system gives no further thread
            pool.submit(work)


def on_fresh_stack(work: Callable[[], None]) -> None:
    """Do work in a thread of its own, wait for it, and raise what it raises.

    What is nested deeply has a stack that is empty there.
    """
    done: Future[None] = Future()

    def perform() -> None:
        try:
            work()
        except BaseException as error:  # raised by the caller's thread
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=perform, name="flow").start()
    done.result()


def run_each(
    work: Callable[[int], None], count: int, concurrency: int, pool: Executor | None
) -> None:
    """Call `work` with each number below `count`, at most `concurrency` at a time.

    The caller's thread works too, so nothing waits for a pool without a free thread; a thread
    that comes late finds nothing to do. After one call has raised, none begins; what the call
    with the lowest number raised is raised here, once none is at work.
    """
    lock = threading.Condition(threading.Lock())
    numbers = iter(range(count))
    at_work: set[int] = set()
    raised: dict[int, BaseException] = {}

    def worker() -> None:
        while True:
            with lock:
                number = next(numbers, None) if not raised else None
                if number is None:
                    return
                at_work.add(number)
            try:
                work(number)
            except BaseException as error:  # raised by the caller's thread
                raised[number] = error
            finally:
                with lock:
                    at_work.discard(number)
                    lock.notify_all()

    for _ in range(min(concurrency, count) - 1):
        ask_help(pool, worker)
    worker()
    with lock:
        lock.wait_for(lambda: not at_work)
    if raised:
        raise raised[min(raised)]
