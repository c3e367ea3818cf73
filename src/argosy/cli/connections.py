"""The connection that a command uses: from a file, the environment and options.

A secret comes from `--api-key-file`, then from the connection, then from the environment
(`ARGOSY_` and the setting's name in capitals, `ARGOSY_API_KEY` for `apiKey`); never from an
argument, which everybody on the machine can read in the list of processes. A connection file
that holds a secret must be readable by its owner alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

from argosy.connector.loading import file_validator
from argosy.errors import InvalidConnectionError, UnsafeFileError
from argosy.model import (
    Connection,
    Connector,
    JsonObject,
    Problem,
    Redactor,
    parse_json,
    variable_name,
)

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SEEN_SECRETS: set[str] = set()

_OPTIONS = (
    click.option(
        "--connection", metavar="NAME|FILE", help="A connection file, or the name of a stored one."
    ),
    click.option("--region", metavar="REGION", help="The region to call, by id or alias."),
    click.option(
        "--endpoint", metavar="URL", help="Send every API family to this base URL: a sandbox."
    ),
    click.option(
        "--api-key-file", metavar="FILE", help="Read the API key from this file; - reads stdin."
    ),
)


def connection_options(command: _Command) -> _Command:
    """Add the options that say which connection to use."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def open_connection(
    connector: Connector,
    *,
    connection: str | None,
    region: str | None,
    endpoint: str | None,
    api_key_file: str | None,
    environ: Mapping[str, str],
) -> Connection:
    """Put a connection together.

    Raises UnsafeFileError or InvalidConnectionError with every problem in the file.
    """
    chosen = {"connection": connection, "region": region, "endpoint": endpoint}
    for name, value in {**chosen, "api-key-file": api_key_file}.items():
        if value is not None and not value.strip():
            raise click.UsageError(f"--{name} is empty; leave it out or give it a value.")
    given = _read_connection(connector, connection, environ) if connection else Connection()
    properties = {**_from_environment(connector, environ), **given.properties}
    if api_key_file:
        properties[_key_setting(connector)] = _read_key(api_key_file)
    if region:
        properties["region"] = region
    for name in connector.secret_settings:
        _SEEN_SECRETS.add(str(properties.get(name) or ""))
    return replace(given, properties=properties, endpoint=endpoint or given.endpoint)


def known_secrets() -> Redactor:
    """Return a redactor for every secret that this process has read."""
    return Redactor(_SEEN_SECRETS)


def _from_environment(connector: Connector, environ: Mapping[str, str]) -> JsonObject:
    names = connector.settings.get("properties", {})
    return {name: environ[v] for name in names if environ.get(v := variable_name(name))}


def _key_setting(connector: Connector) -> str:
    if len(connector.secret_settings) != 1:
        text = f"{connector.title} has {len(connector.secret_settings)} secret settings, not one"
        raise click.UsageError(f"--api-key-file cannot be used: {text}.")
    return connector.secret_settings[0]


def _read_key(file: str) -> str:
    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            text: str = stream.read(64 * 1024)
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--api-key-file {file} cannot be read: {error}") from error
    return text.strip()


def _read_connection(connector: Connector, name: str, environ: Mapping[str, str]) -> Connection:
    path = _connection_path(name, environ)
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
    path = Path(name)
    if path.is_file() or path.suffix == ".json" or len(path.parts) > 1:
        return path
    home = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "argosy" / "connections" / f"{name}.json"


def _demand_privacy(connector: Connector, path: Path, document: object) -> None:
    properties = document.get("properties") if isinstance(document, dict) else None
    held = properties if isinstance(properties, dict) else {}
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077 and any(n in held for n in connector.secret_settings):
        raise UnsafeFileError(file=str(path), mode=f"{mode:04o}")
