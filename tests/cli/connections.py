"""What the tests of connections and tables share: a store with known keys."""

from __future__ import annotations

import json
import os
import re
import select
from pathlib import Path
from typing import Any

KEYS = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
S3 = {"aws_access_key_id": "my-user@test.com", "aws_secret_access_key": "PasSW0rD"}

#: Seconds that a program may take to write anything.
_PATIENCE = 60


def private(path: Path, document: Any) -> str:
    """Write a file that its owner alone may read, and return its name."""
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def steady(text: str) -> list[str]:
    """Return the lines of an output, with what differs from run to run made the same."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-02 03:04", text)
    text = re.sub(r" in \d+(\.\d+)? m?s", " in 5 ms", text)
    text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:50000", text)
    return re.sub(r"127\.0\.0\.1:\d{4}\b", "127.0.0.1:50000", text).splitlines()


def read_until(handle: int, words: bytes) -> bytes:
    """Read a terminal until words appear, and return all that was read.

    What comes behind them may be read with them, so wait for the last words of what is written.
    """
    found = b""
    while words not in found:
        ready, _, _ = select.select([handle], [], [], _PATIENCE)
        assert ready, found
        try:
            found += os.read(handle, 4096)
        except OSError:  # the other end is closed
            break
    assert words in found, found
    return found
