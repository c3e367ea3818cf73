"""Read and write project archives: gzipped tar files of a project's folder.

What an archive may hold is bounded, as anybody's may be uploaded: 2 MiB packed and unpacked
(the open-source server's limit), so many entries, plain files and folders only, and no name
that leads out of the project. Nothing is ever written to a disk.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from argosy.sandbox.workflow.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES: Final = 2 << 20
MOST_ENTRIES: Final = 5_000
LONGEST_NAME: Final = 1_000
_STRANGE: Final = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_BLOCKS: Final = MOST_ENTRIES * 2048
"""Room for the headers and the padding that a tar file has beside its files' content."""


def read_archive(packed: bytes) -> dict[str, bytes]:
    """Give the files of an archive by their paths; raise the 400 answer for a bad one."""
    if len(packed) > MOST_BYTES:
        message = f"Size of the uploaded archive file exceeds limit ({MOST_BYTES} bytes)"
        raise bad_request(message)
    plain = _unpacked(packed)
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            for count, entry in enumerate(archive):
                if count >= MOST_ENTRIES:
                    message = f"The archive has more than {MOST_ENTRIES} entries"
                    raise bad_request(message)
                path = _checked_path(entry)
                if entry.isdir():
                    continue
                total += entry.size
                content = _content(archive, entry, total)
                files[path] = content
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        message = f"The uploaded file is not a tar archive: {error}"
        raise bad_request(message) from error
    return files


def make_archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files, by their paths, into an archive; the same files give the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            archive.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()


def _unpacked(packed: bytes) -> bytes:
    limit = MOST_BYTES + _BLOCKS
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(packed, limit)
    except zlib.error as error:
        message = f"Input is not in the .gz format: {error}"
        raise bad_request(message) from error
    if unpacker.unconsumed_tail:
        raise _too_large(limit)
    if not unpacker.eof:
        message = "Input is not in the .gz format: it ends too early"
        raise bad_request(message)
    return plain


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo, total: int) -> bytes:
    if total > MOST_BYTES:
        raise _too_large(total)
    if entry.issparse():
        message = f"The archive has something other than files and folders: {entry.name}"
        raise bad_request(message)
    opened = archive.extractfile(entry)
    content = b"" if opened is None else opened.read()
    if len(content) != entry.size:
        message = f"The archive ends within {entry.name}"
        raise bad_request(message)
    return content


def _checked_path(entry: tarfile.TarInfo) -> str:
    """Give an entry's path as one below the project; refuse links, devices and ways out."""
    path = PurePosixPath(entry.name)
    if not (entry.isfile() or entry.isdir()):
        message = f"The archive has something other than files and folders: {entry.name}"
        raise bad_request(message)
    if path.is_absolute() or ".." in path.parts or _STRANGE.search(entry.name):
        message = f"The archive has a path that is not in the project: {entry.name[:200]!a}"
        raise bad_request(message)
    if len(entry.name) > LONGEST_NAME:
        message = f"The archive has a path longer than {LONGEST_NAME}: {entry.name[:200]!a}"
        raise bad_request(message)
    return str(path)


def _too_large(size: int) -> Exception:
    message = f"Total size of the archive exceeds limit ({size} > {MOST_BYTES} bytes)"
    return bad_request(message)
