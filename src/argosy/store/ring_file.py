"""Where the keys come from: the environment, or a file that its owner alone may read.

A key is made only where nothing is encrypted yet. Whoever has lost one gets an error that says so,
and not a new key that can read nothing.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from argosy.errors import KeyRingError, MissingKeyError, UnsafeFileError
from argosy.store.keys import KEY_BYTES, KeyRing, read_keys
from argosy.store.tables import accounts, connections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.store.store import Store

VARIABLE = "ARGOSY_SECRET_KEYS"
_LARGEST_FILE = 64 * 1024


def default_key_file(environ: Mapping[str, str]) -> Path:
    """Return where the key file lies: `argosy/keys` below the folder of user settings."""
    given = environ.get("XDG_CONFIG_HOME", "")
    home = environ.get("HOME", "")
    folder = Path(given) if given else (Path(home) if home else Path.home()) / ".config"
    return folder / "argosy" / "keys"


def open_ring(
    store: Store,
    environ: Mapping[str, str],
    *,
    file: Path | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> KeyRing:
    """Return the keys of a store, and make the key file where nothing is encrypted yet.

    `ARGOSY_SECRET_KEYS` in `environ` goes before the file, which is `default_key_file` unless
    another is given. Raises MissingKeyError where there is no key and stored secrets need one,
    UnsafeFileError, and KeyRingError.
    """
    if environ.get(VARIABLE, "").strip():
        return KeyRing(read_keys(environ[VARIABLE]), random=random)
    chosen = file or default_key_file(environ)
    if store.folder is not None and chosen.resolve().is_relative_to(store.folder.resolve()):
        raise KeyRingError(
            detail=f"{chosen} lies in the folder of the data; who copies one must not have both."
        )
    if chosen.exists():
        return read_file(chosen, random=random)
    if needs_key(store):
        raise MissingKeyError(detail=f"{VARIABLE} is not set, and there is no file {chosen}.")
    return create_file(chosen, random=random)


def needs_key(store: Store) -> bool:
    """Tell whether the store holds what only the keys of before can read or verify."""
    with store.read() as connection:
        found = [
            connection.execute(select(table).limit(1)).first() for table in (connections, accounts)
        ]
    return any(row is not None for row in found)


def read_file(file: Path, *, random: Callable[[int], bytes] = secrets.token_bytes) -> KeyRing:
    """Read a key file. Raises UnsafeFileError where others may read it, and KeyRingError."""
    try:
        with file.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyRingError(detail=f"{file} is not a file.")
            if status.st_mode & 0o077:
                raise UnsafeFileError(file=str(file), mode=f"{stat.S_IMODE(status.st_mode):04o}")
            text = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise KeyRingError(detail=f"{file}: {error.strerror}.") from error
    if len(text) > _LARGEST_FILE:
        raise KeyRingError(detail=f"{file} has more than {_LARGEST_FILE} bytes.")
    try:
        return KeyRing(read_keys(text.decode("ascii", "replace")), random=random)
    except KeyRingError as error:
        raise KeyRingError(detail=f"{file}: {error.facts['detail']}") from None


def create_file(file: Path, *, random: Callable[[int], bytes] = secrets.token_bytes) -> KeyRing:
    """Make a file with a new key, whole at once; where another process was first, read its file.

    Only for a store in which nothing is encrypted: `open_ring` asks first. Raises KeyRingError.
    """
    key = random(KEY_BYTES)
    text = f"# The keys of Argosy's secrets: the first encrypts. Keep a copy.\n{_base64(key)}\n"
    made: Path | None = None
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        made = Path(name)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(made, file)
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyRingError(detail=f"{file} cannot be made: {error.strerror}.") from error
    finally:
        if made is not None:
            made.unlink(missing_ok=True)
    return read_file(file, random=random)


def _base64(key: bytes) -> str:
    return b64encode(key).decode()
