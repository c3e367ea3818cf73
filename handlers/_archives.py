"""Folders as tar.gz archives and back, between people who need not trust each other.

Packing gives the same bytes for the same files: sorted, without times, owners or a name in the
gzip header. Hidden files stay behind, as the vendor's own client leaves them. Unpacking takes
ordinary files and folders only, below the target only, and within limits; what breaks one of
these rules is refused before anything stands in the target.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import stat
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from argosy.sdk import HandlerError, JsonObject, UnwritableFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DRIVE = re.compile(r"[A-Za-z]:")
#: A backslash is a separator elsewhere; control characters and half characters are tricks.
_FORBIDDEN = re.compile(r"[\\\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_NAME = 255
_DEEPEST = 32
_STEP = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold: files and folders, bytes of all files, of these for each packed."""

    members: int = 10_000
    size: int = 256 * 1024 * 1024
    ratio: int = 500


LIMITS = Limits()
#: Below so many bytes nothing is a bomb, however well it is packed.
_HARMLESS = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Packed:
    """One file of an archive: its path below the root, its bytes, and whether it may be run."""

    path: str
    content: bytes
    is_program: bool = False

    def to_json(self) -> JsonObject:
        """Return path and size."""
        return {"path": self.path, "size": len(self.content)}


def sound_path(name: str) -> str:
    """Return a path within an archive in its plain form.

    Raises HandlerError for one that is absolute, leads upwards, or that some system reads
    otherwise than it looks.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    is_bad = (
        name.startswith("/")
        or _DRIVE.match(name) is not None
        or _FORBIDDEN.search(name) is not None
        or ".." in parts
        or len(parts) > _DEEPEST
        or any(len(part.encode()) > _LONGEST_NAME for part in parts)
    )
    if is_bad:
        raise HandlerError(detail=f"the path {name!r} is refused: it may lead out of its folder")
    return "/".join(parts)


def files_below(folder: Path, limits: Limits = LIMITS) -> list[Packed]:
    """Return the files of a folder that are sent, in the order of their paths.

    Hidden files and folders are left out. Raises HandlerError for a link or a device, which could
    bring in what is not the folder's, for too many or too large files, and for unreadable ones.
    """
    found: list[Packed] = []
    size = 0
    for path in sorted(_visible(folder), key=lambda path: path.relative_to(folder).as_posix()):
        name = sound_path(path.relative_to(folder).as_posix())
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                raise HandlerError(detail=f"{name} is a link or a device, which is not sent")
            size += status.st_size
            if size > limits.size or len(found) >= limits.members:
                raise HandlerError(detail=_too_large(limits))
            content = path.read_bytes()
        except OSError as error:
            raise HandlerError(detail=f"{name} cannot be read: {error.strerror}") from error
        found.append(Packed(name, content, bool(status.st_mode & stat.S_IXUSR)))
    return found


def _visible(folder: Path) -> Iterator[Path]:
    """Yield what lies below a folder and is not hidden; a linked folder is yielded, not entered."""
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (here / name for name in folders if (here / name).is_symlink())
        yield from (here / name for name in names if not name.startswith("."))


def files_of_texts(texts: Mapping[str, str], limits: Limits = LIMITS) -> list[Packed]:
    """Return files that are given as path and text, in the order of their paths.

    Raises HandlerError for paths that are refused or the same, and where it is too much.
    """
    found: dict[str, Packed] = {}
    for name, text in texts.items():
        path = sound_path(name)
        if not path or path in found:
            raise HandlerError(detail=f"the path {name!r} names no file, or one that is there")
        found[path] = Packed(path, text.encode(errors="replace"))
    inner = {str(parent) for path in found for parent in PurePosixPath(path).parents}
    for path in inner & set(found):
        raise HandlerError(detail=f"{path!r} is a file and a folder")
    if len(found) > limits.members or sum(len(f.content) for f in found.values()) > limits.size:
        raise HandlerError(detail=_too_large(limits))
    return [found[path] for path in sorted(found)]


def pack(files: Iterable[Packed]) -> bytes:
    """Return the tar.gz archive of some files; the same files give the same bytes."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for file in sorted(files, key=lambda file: file.path):
            member = tarfile.TarInfo(file.path)
            member.size = len(file.content)
            member.mode = 0o755 if file.is_program else 0o644
            archive.addfile(member, io.BytesIO(file.content))
    return packed.getvalue()


class _Bounded:
    """Reads an archive's unpacked bytes and refuses to read more than a limit of them."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream = stream
        self._left = most

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise HandlerError(detail="the archive unpacks to far more than it may")
        return data


def each_file(archive: Path, limits: Limits = LIMITS) -> Iterator[tuple[str, bool, IO[bytes]]]:
    """Yield path, whether it may be run, and content of each file of an archive.

    Raises HandlerError for what is no archive, for members that are refused, and for too much.
    """
    most = min(limits.size + 1024 * limits.members, _most_unpacked(archive, limits))
    seen: set[str] = set()
    try:
        with (
            gzip.open(archive) as plain,
            tarfile.open(fileobj=cast("IO[bytes]", _Bounded(plain, most)), mode="r|") as members,
        ):
            for number, member in enumerate(members, start=1):
                if number > limits.members:
                    raise HandlerError(detail=_too_large(limits))
                path = sound_path(member.name)
                if member.isdir():
                    continue
                is_plain = member.isreg() and not member.issparse()
                content = members.extractfile(member) if is_plain else None
                if content is None:
                    raise HandlerError(detail=f"{member.name!r} is a link or a device; refused")
                if not path or path in seen:
                    raise HandlerError(detail=f"{member.name!r} is there twice, or has no name")
                seen.add(path)
                yield path, bool(member.mode & stat.S_IXUSR), content
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise HandlerError(detail=f"the archive cannot be read: {error}") from error


def _most_unpacked(archive: Path, limits: Limits) -> int:
    return max(archive.stat().st_size * limits.ratio, _HARMLESS)


def unpack(
    archive: Path, target: Path, *, overwrite: bool = False, limits: Limits = LIMITS
) -> list[JsonObject]:
    """Unpack an archive into a folder and return its files, by path and size.

    The folder is made, or is there and empty, and gets all files or none. With `overwrite` it may
    hold others: files of the same names are replaced, one by one, and the rest stays. Raises
    HandlerError, and UnwritableFileError where the target does not fit.
    """
    with _unwritable(target):
        target = target.resolve()
        is_there = target.exists()
        if is_there and not target.is_dir():
            raise UnwritableFileError(file=str(target), detail="it is no folder")
        if is_there and any(target.iterdir()) and not overwrite:
            detail = "the folder is not empty; `overwrite` replaces files in it"
            raise UnwritableFileError(file=str(target), detail=detail)
        part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:80]}."))
        try:
            written = [_write(part, *file) for file in each_file(archive, limits)]
            part.chmod(0o755)
            if is_there:
                _move_into(part, target, [file["path"] for file in written])
            else:
                part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return sorted(written, key=lambda file: file["path"])


@contextmanager
def _unwritable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        detail = error.strerror or str(error)
        raise UnwritableFileError(file=str(target), detail=detail) from error


def _write(root: Path, path: str, is_program: bool, content: IO[bytes]) -> JsonObject:
    file = root / path
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        plain = file.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise HandlerError(detail=f"{path!r} is a file and a folder, or is there twice") from error
    with plain:
        shutil.copyfileobj(content, plain, _STEP)
    file.chmod(0o755 if is_program else 0o644)
    return {"path": path, "size": file.stat().st_size}


def _move_into(part: Path, target: Path, paths: list[str]) -> None:
    """Move files into a folder; nothing is moved where a link in it would lead elsewhere."""
    for path in paths:
        for parent in list(PurePosixPath(path).parents)[:-1]:
            if (target / parent).is_symlink():
                detail = f"{parent} in it is a link, which files could go out by"
                raise UnwritableFileError(file=str(target), detail=detail)
        if (target / path).is_dir() and not (target / path).is_symlink():
            raise UnwritableFileError(file=str(target), detail=f"{path} in it is a folder")
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (part / path).replace(target / path)


def texts_of(archive: Path, limits: Limits = LIMITS) -> tuple[list[JsonObject], dict[str, str]]:
    """Return an archive's files by path and size, and the contents of those that are text."""
    files: list[JsonObject] = []
    texts: dict[str, str] = {}
    for path, _, content in each_file(archive, limits):
        data = content.read()
        files.append({"path": path, "size": len(data)})
        try:
            texts[path] = data.decode()
        except UnicodeDecodeError:
            continue
    return sorted(files, key=lambda file: file["path"]), dict(sorted(texts.items()))


def _too_large(limits: Limits) -> str:
    return f"there are more than {limits.members} files, or more than {limits.size} bytes in them"
