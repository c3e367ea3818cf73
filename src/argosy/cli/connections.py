"""The connection that a command uses: from a file, the store, the environment and options.

What ends in `.json` or holds a slash is a file; any other name is that of a file in the folder of
the user's connections or of a connection in the store on this machine, in this order. A secret
comes from `--api-key-file`, then from the connection, then from the environment (`ARGOSY_` and the
setting's name in capitals, `ARGOSY_API_KEY` for `apiKey`); never from an argument, which everybody
on the machine can read in the list of processes. A connection file that holds a secret must be
readable by its owner alone, and is the older way: the store keeps it encrypted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, TypeVar

import click

from argosy.cli.completion import complete_connection
from argosy.cli.named import NamedConnections
from argosy.cli.seen import learn_secrets
from argosy.model import Connection, Connector

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--connection",
        metavar="NAME|FILE",
        shell_complete=complete_connection,
        help="The name of a stored connection; what ends in .json or holds a slash is a file.",
    ),
    click.option("--region", metavar="REGION", help="The region to call, by id or alias."),
    click.option(
        "--endpoint", metavar="URL", help="Send every API family to this base URL: a sandbox."
    ),
    click.option(
        "--api-key-file", metavar="FILE", help="Read the API key from this file; - reads stdin."
    ),
    click.option(
        "--data",
        metavar="DIR",
        help="The folder of the store of connections.  [default: ~/.local/share/argosy]",
    ),
    click.option(
        "--organization", metavar="NAME", help="Where the store has several: whose connections."
    ),
    click.option("--database", metavar="NAME", help="Where the store has several: whose tables."),
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
    data: str | None = None,
    organization: str | None = None,
) -> Connection:
    """Put a connection together.

    Raises UnsafeFileError or InvalidConnectionError with every problem in the file, and what
    opening the store raises.
    """
    places = {"data": data, "organization": organization, "api-key-file": api_key_file}
    chosen = {"connection": connection, "region": region, "endpoint": endpoint, **places}
    for name, value in chosen.items():
        if value is not None and not value.strip():
            raise click.UsageError(f"--{name} is empty; leave it out or give it a value.")
    with NamedConnections(connector, data, environ, organization) as named:
        given = named.find(connection) if connection else named.complete(Connection())
    properties = dict(given.properties)
    if api_key_file:
        properties[_key_setting(connector)] = _read_key(api_key_file)
    if region:
        properties["region"] = region
    learn_secrets(*(str(properties.get(name) or "") for name in connector.secret_settings))
    return replace(given, properties=properties, endpoint=endpoint or given.endpoint)


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
