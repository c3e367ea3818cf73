"""Write a file at once: whoever reads it sees the old content or the new, never half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click


def write_atomically(file: Path, content: bytes) -> None:
    """Put a file's content in place; its mode stays, and a new one is its owner's alone.

    A link stays a link: what it leads to is written. Raises OSError.
    """
    target = file.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        if target.exists():
            made.chmod(target.stat().st_mode & 0o7777)
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def write_json(value: object, out: Path | None) -> None:
    """Write a JSON document to a file, whole or not at all, or to standard output."""
    import json

    from argosy.cli.output import print_json

    if out is None:
        print_json(value)
        return
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    try:
        write_atomically(out, text.encode())
    except OSError as error:
        raise click.UsageError(f"--out {out} cannot be written: {error.strerror}.") from error
