"""Work done ahead of whoever takes its results, in a thread, with a bounded queue between them."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class _Queue(Generic[T]):
    """What lies between the thread and the taker; neither of them holds the other."""

    def __init__(self, most: int) -> None:
        self.changed = threading.Condition()
        self.ready: deque[T] = deque()
        self.most = most
        self.is_over = False
        self.is_stopped = False
        self.error: BaseException | None = None

    def has_room(self) -> bool:
        """Wait for room for one more; False where nobody takes it any more."""
        with self.changed:
            self.changed.wait_for(lambda: self.is_stopped or len(self.ready) < self.most)
            return not self.is_stopped

    def put(self, one: T) -> None:
        with self.changed:
            if not self.is_stopped:
                self.ready.append(one)
                self.changed.notify_all()

    def finish(self, error: BaseException | None) -> None:
        with self.changed:
            self.is_over, self.error = True, error
            self.changed.notify_all()

    def take(self) -> T:
        """Wait for the next. Raises StopIteration, or what stopped the work."""
        with self.changed:
            self.changed.wait_for(lambda: self.ready or self.is_over or self.is_stopped)
            if self.is_stopped:
                raise StopIteration
            if self.ready:
                self.changed.notify_all()
                return self.ready.popleft()
            error, self.error = self.error, None
        if error is not None:
            raise error
        raise StopIteration

    def stop(self) -> None:
        with self.changed:
            self.is_stopped = True
            self.ready.clear()
            self.changed.notify_all()


def _work(source: Iterator[T], queue: _Queue[T]) -> None:
    error: BaseException | None = None
    try:
        while queue.has_room():
            queue.put(next(source))
    except StopIteration:
        pass
    except BaseException as raised:  # noqa: BLE001, RUF100 - whoever takes is told
        error = raised
    with suppress(BaseException):
        if (close := getattr(source, "close", None)) is not None:
            close()
    queue.finish(error)


class Ahead(Generic[T]):
    """Iterates `source` in a thread, at most `most` results ahead of whoever takes them.

    The thread starts with the first `next`. What the source raises is raised where its turn comes.
    The source is closed in the thread, when it has ended or was stopped; an iterator that nobody
    holds any more stops its thread too.
    """

    def __init__(self, source: Iterator[T], most: int = 1) -> None:
        self._queue: _Queue[T] = _Queue(most)
        self._source: Iterator[T] | None = source
        self._thread: threading.Thread | None = None
        self._abandoned = weakref.finalize(self, self._queue.stop)
        self._abandoned.atexit = False

    def __iter__(self) -> Ahead[T]:
        return self

    def __next__(self) -> T:
        if self._source is not None:
            source, self._source = self._source, None
            self._thread = threading.Thread(
                target=_work, args=(source, self._queue), name="argosy-table-read", daemon=True
            )
            self._thread.start()
        return self._queue.take()

    def stop(self) -> None:
        """Ask the thread to end, and do not wait for it."""
        self._queue.stop()

    def close(self) -> None:
        """End the thread, and wait for what it is just reading."""
        self._queue.stop()
        source, self._source = self._source, None
        if (close := getattr(source, "close", None)) is not None:
            close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
