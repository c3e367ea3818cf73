"""`argosy completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from argosy.errors import ArgosyError


def complete_capability(ctx: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the ids of capabilities that begin with what is typed."""
    from argosy import load

    try:
        known = load(ctx.find_root().params.get("connector")).every_capability
    except ArgosyError:  # a shell that completes has no place for an error
        return []
    return [capability for capability in known if capability.startswith(start)]


def complete_connection(ctx: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the names of connections on this machine that begin with what is typed."""
    import os

    from argosy import load
    from argosy.cli.named import NamedConnections

    try:
        loaded = load(ctx.find_root().params.get("connector"))
        data, organization = ctx.params.get("data"), ctx.params.get("organization")
        with NamedConnections(loaded, data, os.environ, organization) as named:
            return [name for name in named.names() if name.startswith(start)]
    except (ArgosyError, OSError):
        return []


def complete_stored_connection(
    ctx: click.Context, _parameter: click.Parameter, start: str
) -> list[str]:
    """Return types, and names of connections in the store, that begin with what is typed."""
    import os

    from argosy import load
    from argosy.cli.stored import StoredConnections

    try:
        loaded = load(ctx.find_root().params.get("connector"))
        data, organization = ctx.params.get("data"), ctx.params.get("organization")
        with StoredConnections(loaded, data, os.environ, organization) as stored:
            known = {*stored.names(for_calls=False), *_types()}
    except (ArgosyError, OSError):
        return []
    return sorted(name for name in known if name.startswith(start))


def complete_type(_ctx: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the types of connections that begin with what is typed, in whichever case."""
    return [name for name in _types() if name.startswith(start.upper())]


def _types() -> list[str]:
    from argosy.connections.types import load_types

    return list(load_types())


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in SHELL; `eval` it when the shell starts."""
    from argosy.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(found(cli, {}, "argosy", "_ARGOSY_COMPLETE").source())
