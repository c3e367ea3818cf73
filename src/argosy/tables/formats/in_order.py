"""Works on the blocks of a file in threads, and gives what comes of them in their order, once."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    import pyarrow as pa

_MOST_THREADS = 4
Block = TypeVar("Block")
Parsed = TypeVar("Parsed")


class InOrder(Generic[Block, Parsed]):
    """Parses blocks ahead, as many as there are cores.

    `next_block` is called by the thread that takes, and gives None at the end.
    """

    def __init__(
        self, next_block: Callable[[], Block | None], parse: Callable[[Block], Parsed]
    ) -> None:
        self._next_block = next_block
        self._parse = parse
        self._ahead = min(os.cpu_count() or 1, _MOST_THREADS)
        self._threads = ThreadPoolExecutor(self._ahead)
        self._waiting: deque[Future[Parsed]] = deque()
        self._failure: TableError | None = None
        self._is_done = False

    def take(self) -> Parsed | None:
        """Return what came of the next block, or None after the last.

        Raises TableError, which `next_block` raised, once what came before it was taken.
        """
        while not self._is_done and len(self._waiting) <= self._ahead:
            try:
                block = self._next_block()
            except TableError as error:
                self._failure, block = error, None
            if block is None:
                self._is_done = True
                break
            self._waiting.append(self._threads.submit(self._parse, block))
        if self._waiting:
            return self._waiting.popleft().result()
        if self._failure is not None:
            raise self._failure
        return None

    def withdraw(self) -> list[Parsed]:
        """Return what was parsed and not taken: its blocks come again, cut otherwise."""
        parsed = [one.result() for one in self._waiting]
        self._waiting.clear()
        self._failure, self._is_done = None, False
        return parsed

    def close(self) -> None:
        """Let go of the threads."""
        self._is_done = True
        self._threads.shutdown(cancel_futures=True)


class Once(ABC):
    """Gives its batches once, whoever asks: who stops and begins again goes on where it was.

    At the end, and after a failure, it closes itself.
    """

    def __init__(self) -> None:
        self._given = self._give()
        self._problem: TableError | None = None
        self._is_at_end = self._is_closed = False

    @abstractmethod
    def _give(self) -> Iterator[pa.RecordBatch]:
        """Yield all batches. Raises TableError."""

    @abstractmethod
    def _let_go(self) -> None:
        """Let go of what is open."""

    def __iter__(self) -> Self:
        """Go on with the batches that are left."""
        return self

    def __next__(self) -> pa.RecordBatch:
        """Return the next batch. Raises TableError, the same again once it was raised."""
        if self._problem is not None:
            raise self._problem
        if self._is_closed and not self._is_at_end:
            raise _closed()
        try:
            return next(self._given)
        except StopIteration:
            if self._is_closed and not self._is_at_end:  # by another thread, meanwhile
                raise _closed() from None
            self._is_at_end = True
            self.close()
            raise
        except BaseException as error:
            if self._is_closed and isinstance(error, Exception):  # what that left raised it
                self._problem = _closed()
                raise self._problem from error
            self._problem = error if isinstance(error, TableError) else None
            self.close()
            raise

    def close(self) -> None:
        """Let go of threads and files; what is under way ends."""
        self._is_closed = True
        self._let_go()


def _closed() -> TableError:
    return TableError(
        detail="the reading was closed before its end.", reason="closed", status="unknown_error"
    )
