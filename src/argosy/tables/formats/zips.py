"""What a zip archive holds, from its directory, without reading the archive as a whole."""

from __future__ import annotations

import posixpath
import struct
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.connections.probing.calling import plain
from argosy.errors import TableError
from argosy.model.secret import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.tables.content import Content, Limits
    from argosy.tables.formats.ranged import RangedFile

#: The longest directory that is read, in bytes: a few ten thousand members.
MOST_DIRECTORY = 4 * 1024 * 1024

_FIELD = "connection_table_params.options.compression"
_METHODS = {0: "none", 8: "deflate", 12: "bz2", 93: "zstd"}
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_LOCAL = struct.Struct("<4s22xHH")
_NAMED = 5
_LONGEST_NAME = 200
_NO_SECRETS = Redactor(())
#: Where the end of the directory is looked for, and the number that says that there are more.
_TAIL = 64 * 1024
_MANY = 0xFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of data within an archive, its name as it may be shown. Sizes are in bytes."""

    name: str
    method: str
    packed: int
    size: int
    checksum: int
    _at: int
    _file: RangedFile = field(repr=False)
    _archive: str = field(repr=False)

    def range(self) -> tuple[int, int]:
        """Return where its bytes begin and end in the archive. Raises TableError."""
        head = self._file.read_at(self._at, _LOCAL.size)
        if len(head) == _LOCAL.size:
            magic, name, extra = _LOCAL.unpack(head)
            if magic == b"PK\x03\x04":
                start = self._at + _LOCAL.size + name + extra
                return start, start + self.packed
        raise _broken(self._archive, f"{self.name} is not where its directory says")


def entries(file: RangedFile, content: Content, limits: Limits) -> list[Entry]:
    """Return the files of data in an archive, in its order; at least one.

    Folders and what macOS adds are none. Raises TableError.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except TableError as error:
        raise _too_many(file, content, limits) if error.reason == "too_large" else error from None
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise file.error or _unreadable(content.name, str(error)) from None
    told = _told(file, content)
    if told not in {None, len(found)}:
        raise _broken(content.name, f"its directory tells of {told:,} files and has {len(found):,}")
    data = [one for one in found if _is_data(one)]
    if len(data) > limits.members:
        raise _many(content.name, len(data), limits)
    if any(one.filename == "xl/workbook.xml" for one in data):
        raise TableError(
            detail="is an Excel workbook, which is not read.",
            file=content.name,
            reason="wrong_format",
            remedy="Save the sheet as CSV.",
        )
    if not data:
        raise TableError(
            detail=f"is a zip archive without a file of data ({len(found)} entries).",
            file=content.name,
            reason="no_columns",
            remedy="Put one file with rows into it.",
        )
    return [_entry(one, file, content) for one in data]


def _too_many(file: RangedFile, content: Content, limits: Limits) -> TableError:
    """Return the error of an archive whose directory is too long to be read."""
    count = _told(file, content) or 0
    if count > limits.members:
        return _many(content.name, count, limits)
    return TableError(
        detail=f"has a directory of more than {MOST_DIRECTORY:,} bytes, for {count:,} files.",
        file=content.name,
        reason="too_large",
        remedy="Give its files shorter names and comments.",
    )


def _told(file: RangedFile, content: Content) -> int | None:
    """Return how many entries the end of an archive tells of, where it is found."""
    start = max(0, content.size - _TAIL)
    tail = file.read_at(start, content.size - start)
    at, at_large = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    if at < 0:
        return None
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    if count == _MANY and at_large >= 0:
        count = int.from_bytes(tail[at_large + 32 : at_large + 40], "little")
    return count


def _many(name: str, count: int, limits: Limits) -> TableError:
    return TableError(
        detail=f"holds {count:,} files; at most {limits.members:,} are read of an archive.",
        file=name,
        reason="too_large",
        remedy="Make several archives of it.",
    )


def _shown(name: str) -> str:
    """Return a member's name without letters that a screen would obey, and not too long."""
    return plain(name, _NO_SECRETS, _LONGEST_NAME)


def several(name: str, found: Sequence[str]) -> TableError:
    """Return the error of an archive whose files of data are not one table."""
    named = ", ".join(found[:_NAMED])
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return TableError(
        detail=f"holds {len(found):,} files of data: {named}{more}.",
        file=name,
        reason="mixed_files",
        remedy="Keep one in the archive, or give all of them the same columns.",
    )


def _is_data(one: zipfile.ZipInfo) -> bool:
    parts = [part for part in one.filename.split("/") if part]
    is_extra = "__MACOSX" in parts[:1] or posixpath.basename(one.filename) == ".DS_Store"
    return not one.is_dir() and bool(parts) and not is_extra


def _entry(one: zipfile.ZipInfo, file: RangedFile, content: Content) -> Entry:
    name = _shown(one.filename)
    if one.flag_bits & _ENCRYPTED:
        raise TableError(
            detail=f"its member {name} is encrypted.",
            file=content.name,
            reason="unsupported",
            remedy="Make the archive without a password.",
        )
    if one.compress_type not in _METHODS:
        raise TableError(
            detail=f"its member {name} is compressed with the method number "
            f"{one.compress_type}, which is not read.",
            file=content.name,
            reason="unsupported",
            remedy="Make the archive with the usual method, deflate.",
        )
    end = one.header_offset + one.compress_size
    if one.header_offset < 0 or one.compress_size < 0 or end > content.size:
        raise _broken(content.name, f"{name} would lie beyond its end")
    return Entry(
        name,
        _METHODS[one.compress_type],
        one.compress_size,
        one.file_size,
        one.CRC,
        one.header_offset,
        file,
        content.name,
    )


def _unreadable(name: str, why: str) -> TableError:
    if "not a zip file" in why or "directory" in why:
        return TableError(
            detail="begins as a zip archive does, but has no directory at its end.",
            file=name,
            reason="broken_file",
            remedy="It was cut short when it was written or copied; put the whole file there.",
        )
    return _broken(name, why[:1].lower() + why[1:])


def _broken(name: str, why: str) -> TableError:
    return TableError(
        detail=f"is a broken zip archive: {why}.",
        file=name,
        reason="broken_file",
        remedy="Make the archive again.",
        field=_FIELD,
    )
