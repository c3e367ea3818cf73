"""`argosy completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from argosy.errors import ArgosyError


def complete_capability(ctx: click.Context, _parameter: click.Parameter, start: str) -> list[str]:
    """Return the ids of capabilities that begin with what is typed."""
    from argosy import load

    try:
        known = load(ctx.find_root().params.get("connector")).capability_files
    except ArgosyError:  # a shell that completes has no place for an error
        return []
    return [capability for capability in known if capability.startswith(start)]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in SHELL; `eval` it when the shell starts."""
    from argosy.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(found(cli, {}, "argosy", "_ARGOSY_COMPLETE").source())
