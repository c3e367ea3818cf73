"""`argosy tables upload`: a file goes to its table part by part, and on where it broke off."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from argosy.cli.listing import print_text, print_warnings
from argosy.cli.output import console, print_json, visible
from argosy.connections.upload_parts import Arrived, Part
from argosy.errors import (
    RequestTimedOutError,
    ServerUnavailableError,
    ServiceError,
    ServiceNotFoundError,
    TransportError,
    UnreachableError,
    UnreadableAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from argosy.cli.service import Service
    from argosy.connections.upload_parts import Digests
    from argosy.errors import ArgosyError
    from argosy.model import JsonObject

    Send = Callable[[Part, bytes], Arrived]

#: Bytes of a part: what a dropped connection costs at most, and a proxy may have to hold.
PART_BYTES = 4 * 1024 * 1024
_MOST_FAILURES = 5
_LONGEST_WAIT = 15.0
_WELL = ("available", "uploading")


class Source(Protocol):
    """What a file is read from; `total` is None where its length is not known."""

    @property
    def total(self) -> int | None:
        """How many bytes there are."""
        ...

    def part(self, start: int) -> tuple[Part, bytes]:
        """Return what is sent next where so much has arrived; a question at the end."""
        ...

    def question(self) -> Part:
        """Return the part that asks how much has arrived."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class FileSource:
    """A file on this machine. Raises UsageError where it cannot be read."""

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            if Path(name).exists() and not Path(name).is_file():  # to open a pipe may wait
                raise click.UsageError(f"{name} is no file; a pipe is sent with - as FILE.")
            self._file = Path(name).open("rb")  # noqa: SIM115 - open until `close`
        except OSError as error:
            text = f"{name} cannot be read: {error.strerror or error}."
            raise click.UsageError(text) from error
        self._total = os.fstat(self._file.fileno()).st_size
        # told with each part, so that another run of the command can go on
        self._whole: Digests = (("sha256", hashlib.file_digest(self._file, "sha256").digest()),)

    @property
    def total(self) -> int | None:
        """How many bytes there are."""
        return self._total

    def part(self, start: int) -> tuple[Part, bytes]:
        """Return the next bytes. Raises UsageError where the file has become shorter."""
        size = min(PART_BYTES, self._total - start)
        if size <= 0:
            return self.question(), b""
        self._file.seek(start)
        data = self._file.read(size)
        if len(data) < size:
            raise click.UsageError(f"{self._name} became shorter while it was read.")
        return Part(start, size, self._total, content=_digests(data), whole=self._whole), data

    def question(self) -> Part:
        """Return the part that asks how much has arrived."""
        return Part(length=0, total=self._total, is_question=True, whole=self._whole)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class StreamSource:
    """A stream, whose length is known at its end; of it the last part is kept."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._start = 0
        self._data = b""

    @property
    def total(self) -> int | None:
        """Nobody knows it yet."""
        return None

    def part(self, start: int) -> tuple[Part, bytes]:
        """Return the next bytes. Raises UsageError where they were let go of."""
        end = self._start + len(self._data)
        if start == end:
            self._start, self._data = end, self._stream.read(PART_BYTES)
            self._hash.update(self._data)
        elif not self._start <= start < end:
            text = "standard input cannot be read again from its beginning; send a file"
            raise click.UsageError(f"The upload broke off, and {text}.")
        data = self._data[start - self._start :]
        if not data:
            whole = (("sha256", self._hash.digest()),)
            return Part(length=0, total=start, is_question=True, whole=whole), b""
        return Part(start, len(data), None, content=_digests(data)), data

    def question(self) -> Part:
        """Return the part that asks how much has arrived."""
        return Part(length=0, is_question=True)

    def close(self) -> None:
        """Leave the stream as it is; it is not ours."""


def upload_file(service: Service, name: str, file: str, *, resume: bool, as_json: bool) -> int:
    """Upload a file, print what became of its table, and return the exit status."""
    if resume and file == "-":
        raise click.UsageError("--resume goes with a file; standard input is read once only.")
    try:
        send = service.begin_upload(name)
    except ServiceNotFoundError as error:
        if error.facts.get("type") != "table":
            raise
        text = f"There is no table {name!r} of LOCAL; make it with --create --resource NAME."
        raise click.UsageError(text) from error
    with ExitStack() as opened:
        source = _source(file)
        opened.enter_context(closing(source))
        tell = opened.enter_context(_progress(name, source.total))
        found = send_all(send, source, resume=resume, tell=tell)
    if as_json:
        print_json(found)
    else:
        _print(name, found)
    return 0 if found["status"] in _WELL else 1


def send_all(
    send: Send,
    source: Source,
    *,
    resume: bool,
    tell: Callable[[int], None],
    sleep: Callable[[float], None] = time.sleep,
) -> JsonObject:
    """Send a source to its end, and return the answer.

    What breaks off goes on where it ended; after `_MOST_FAILURES` without progress it fails with
    what the last attempt raised: a TransportError, a ServiceError.
    """
    start = furthest = failures = 0
    asks = resume
    while True:
        part, data = (source.question(), b"") if asks else source.part(start)
        try:
            arrived = send(part, data)
            failure: ArgosyError | None = None
        except (TransportError, ServiceError) as error:
            if not _may_pass(error):
                raise
            failure = error
        if failure is None:
            if arrived.answer is not None:
                return arrived.answer
            goes_on = asks or arrived.size != start
            start, asks = arrived.size, False
            tell(start)
            if start > furthest:
                failures, furthest = 0, start
            if goes_on:
                continue
            failure = ServerUnavailableError(detail=f"it takes no more than {start:,} bytes.")
        failures += 1
        if failures > _MOST_FAILURES:
            if furthest and source.total is not None:
                text = "What has arrived is kept for a while; go on with --resume."
                click.echo(text, err=True)
            raise failure
        asks = True
        sleep(min(float(failure.facts.get("retry_after", 2 ** (failures - 1))), _LONGEST_WAIT))


def _source(file: str) -> Source:
    if file == "-":
        return StreamSource(sys.stdin.buffer)
    return FileSource(file)


def _may_pass(error: ArgosyError) -> bool:
    if isinstance(error, ServiceError):
        return error.retryable or error.facts.get("reason") == "taken_over"
    return isinstance(error, UnreachableError | RequestTimedOutError | UnreadableAnswerError)


def _digests(data: bytes) -> Digests:
    return (("sha256", hashlib.sha256(data).digest()),)


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how much has arrived."""
    if not sys.stderr.isatty():
        yield lambda _size: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as shown:
        task = shown.add_task(visible(name), total=total)
        yield lambda size: shown.update(task, completed=size)


def _print(name: str, found: JsonObject) -> None:
    status = str(found["status"]).replace("_", " ")
    size = f"{found['bytes']:,} byte{'' if found['bytes'] == 1 else 's'}"
    out = console()
    print_text(out, f"Uploaded {size} as {name} of LOCAL; its status is {status}.")
    detail = found.get("status_detail") or {}
    if detail.get("error") and found["status"] not in _WELL:
        print_text(out, str(detail["error"]), indent=2)
    print_warnings(found)
