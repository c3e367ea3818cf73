"""The one test that calls nobody: whether files can be written to a folder."""

from __future__ import annotations

import errno
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WORDS = {
    errno.ENOENT: "it is not there",
    errno.ENOTDIR: "it is not a folder",
    errno.EACCES: "this server may not write there",
    errno.EPERM: "this server may not write there",
    errno.EROFS: "it can only be read",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota is used up",
}


def why_unwritable(folder: Path) -> str:
    """Return why no file can be written to a folder, or nothing; leaves nothing behind."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"test")
    except OSError as error:
        return _WORDS.get(error.errno or 0, "writing failed")
    return ""
