"""Connections by the names that people give them: files, and those of the store.

What ends in `.json` or holds a slash is a file. Any other name is that of a file in the folder of
the user's connections or of a connection in the store on this machine, in this order; what lies
in the working directory hides none. A file that holds a secret must be readable by its owner
alone; a word on standard error tells that the store would keep it encrypted.
"""

from __future__ import annotations

import os
import shlex
import stat
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.seen import learn_secrets
from argosy.cli.stored import StoredConnections
from argosy.connector.loading import file_validator
from argosy.errors import InvalidConnectionError, UnsafeFileError
from argosy.model import Connection, Problem, parse_json, variable_name
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Connector

#: The files of keys that a word was said of.


class NamedConnections:
    """Connections by their names, each read once; a context manager. Threads may share it."""

    def __init__(
        self,
        connector: Connector,
        data: str | None,
        environ: Mapping[str, str],
        organization: str | None = None,
    ) -> None:
        self._connector = connector
        self._environ = environ
        self._stored = StoredConnections(connector, data, environ, organization)
        self._found: dict[str, Connection] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> NamedConnections:
        return self

    def __exit__(self, *_: object) -> None:
        self._stored.__exit__(None, None, None)

    def check(self, name: str) -> None:
        """Go on where there is such a connection, without opening it. Raises UsageError."""
        if not _connection_path(name, self._environ).is_file() and not self._stored.has(name):
            raise self._unknown(name)

    def find(self, name: str) -> Connection:
        """Return a connection with its secrets, and what it lacks from the environment.

        Raises UsageError where there is none, UnsafeFileError, InvalidConnectionError, and what
        opening the store raises.
        """
        with self._lock:
            if name not in self._found:
                self._found[name] = self.complete(self._read(name))
            return self._found[name]

    def complete(self, given: Connection) -> Connection:
        """Return a connection with what it lacks from the environment."""
        declared = self._connector.settings.get("properties", {})
        variables = {name: self._environ.get(variable_name(name)) for name in declared}
        held = {name: value for name, value in variables.items() if value}
        properties = {**held, **given.properties}
        secrets = self._connector.secret_settings
        learn_secrets(*(str(properties.get(name) or "") for name in secrets))
        return replace(given, properties=properties)

    def names(self) -> list[str]:
        """Return the names of all connections there are, sorted."""
        files = [file.stem for file in _folder(self._environ).glob("*.json")]
        return sorted({*files, *self._stored.names()})

    def _read(self, name: str) -> Connection:
        path = _connection_path(name, self._environ)
        if path.is_file() or _is_file_name(name):
            given = _read_connection(self._connector, name, path)
            _demand_no_key(self._connector, path, given)
            return given
        found = self._stored.find(name)
        if found is None:
            raise self._unknown(name)
        return found

    def _unknown(self, name: str) -> click.UsageError:
        if _is_file_name(name):
            return click.UsageError(f"--connection {name}: there is no such file.")
        known = list_words(self.names(), name) or "none yet"
        places = f"as {_connection_path(name, self._environ)} or in {self._stored.place}"
        return click.UsageError(f"There is no connection {name!r}, {places}; there is {known}.")


def _demand_no_key(connector: Connector, path: Path, given: Connection) -> None:
    """Refuse a key in plain text, with the command that stores it encrypted.

    A connector that no type of stored connections is for has no other place for its key. Raises
    InvalidConnectionError.
    """
    from argosy.connections.types import load_types, type_of_calls

    type_ = type_of_calls(load_types(), connector.id)
    secrets = connector.secret_settings
    held = next((name for name in secrets if given.properties.get(name)), None)
    if type_ is None or held is None:
        return
    kept = {name: one for name, one in given.properties.items() if name not in secrets}
    kept |= {"settings.endpoint": given.endpoint} if given.endpoint else {}
    options = "".join(f" --set {shlex.quote(f'{name}={kept[name]}')}" for name in kept)
    command = f"argosy connections set {shlex.quote(path.stem)} --type {type_.id}{options}"
    text = f"{held!r} stands in it in plain text, and no key is read from a file of connections"
    hint = f"Have it encrypted by {command}, and delete the file."
    problem = Problem("plain-key", text, f"/properties/{held}", hint, file=str(path))
    raise InvalidConnectionError(problems=[problem])


def _read_connection(connector: Connector, name: str, path: Path) -> Connection:
    try:
        document = parse_json(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        text = f"--connection {name}: {path} cannot be read: {error.strerror}"
        raise click.UsageError(text) from error
    except ValueError as error:
        problem = Problem("unreadable-file", f"it is not JSON: {error}", file=str(path))
        raise InvalidConnectionError(problems=[problem]) from error
    _demand_privacy(connector, path, document)
    found = file_validator("connection").problems(document)
    if found:
        problems = [replace(problem, file=str(path)) for problem in found]
        raise InvalidConnectionError(problems=problems)
    return Connection.from_json(document)


def _connection_path(name: str, environ: Mapping[str, str]) -> Path:
    return Path(name) if _is_file_name(name) else _folder(environ) / f"{name}.json"


def _is_file_name(name: str) -> bool:
    return name.endswith(".json") or any(mark in name for mark in (os.sep, os.altsep) if mark)


def _folder(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "argosy" / "connections"


def _demand_privacy(connector: Connector, path: Path, document: object) -> None:
    properties = document.get("properties") if isinstance(document, dict) else None
    held = properties if isinstance(properties, dict) else {}
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077 and any(n in held for n in connector.secret_settings):
        raise UnsafeFileError(file=str(path), mode=f"{mode:04o}")
