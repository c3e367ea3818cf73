"""Files that options name: read whole, with a word where others may read a secret in one."""

from __future__ import annotations

import os
import stat

import click

_MOST_BYTES = 256 * 1024


def read_secret(file: str, option: str) -> str:
    """Return the text of a file without what surrounds it; `-` is standard input.

    Raises UsageError.
    """
    return read_text(file, option, is_secret=True).strip()


def read_text(file: str, option: str, *, is_secret: bool = False) -> str:
    """Return the text of a file that an option names. Raises UsageError."""
    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            if is_secret:
                _warn_of_others(file, stream)
            text: str = stream.read(_MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise click.UsageError(f"{option} {file} cannot be read: {reason}.") from error
    if len(text) > _MOST_BYTES:
        raise click.UsageError(f"{option} {file} has more than {_MOST_BYTES} characters.")
    return text


def _warn_of_others(file: str, stream: object) -> None:
    """Say so where others may read a file with secrets; pipes are nobody else's."""
    if file == "-" or os.name != "posix":
        return
    status = os.fstat(stream.fileno())  # type: ignore[attr-defined]
    if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        click.echo(f"Note: {file} may be read by others (mode {mode}); chmod 600 it.", err=True)
