"""The program `argosy`: finds the command, runs it, and ends in one of few ways.

Ends with 0 where all went well, 1 where the user's input or the vendor's answer is at fault,
2 where the connector or the command line is, 130 when interrupted, and 70 for a defect of our
own, with a report file that holds what an issue needs.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.errors import ArgosyError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where each command lives; nothing is imported until it is asked for.
COMMANDS = {
    "accounts": "argosy.cli.accounts_group:accounts",
    "call": "argosy.cli.call:call",
    "capabilities": "argosy.cli.capabilities:capabilities",
    "check": "argosy.cli.check:check",
    "completion": "argosy.cli.completion:completion",
    "connections": "argosy.cli.connections_group:connections",
    "demo": "argosy.cli.demo:demo",
    "export": "argosy.cli.exporting:export",
    "fmt": "argosy.cli.fmt:fmt",
    "import": "argosy.cli.importing:import_",
    "run": "argosy.cli.run:run",
    "sandbox": "argosy.cli.sandbox:sandbox",
    "server": "argosy.cli.server:server",
    "tables": "argosy.cli.tables_group:tables",
    "test": "argosy.cli.test:test",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        from importlib import import_module

        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from argosy import load

    connector = load(ctx.params.get("connector"))
    click.echo(f"argosy {connector.version} ({connector.title}, {connector.root})")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--connector",
    metavar="DIR",
    is_eager=True,
    help="Use the connector in this directory.  [default: the one that is installed]",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and the connector in use.",
)
@click.pass_context
def cli(ctx: click.Context, connector: str | None) -> None:
    """Run a connector's capabilities, check it, and try it on a local sandbox."""
    ctx.obj = connector


def main(argv: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one return an ending
    """Run one command and return the exit status; `argv` is without the program's name."""
    from argosy.cli.output import print_error, print_usage_error

    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = cli.main(arguments, prog_name="argosy", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        if "--json" in arguments:
            print_usage_error(error)
        else:
            error.show()
        return error.exit_code
    except ArgosyError as error:
        print_error(error, as_json="--json" in arguments)
        return error.exit_status
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return 130
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EIO}:
            return _report_defect(error)
        click.echo(f"The output cannot be written: {error.strerror}.", err=True)
        return 1
    except Exception as error:  # the last boundary: a defect of ours gets a report, not a scream
        return _report_defect(error)
    return status if isinstance(status, int) else 0


def _report_defect(error: Exception) -> int:
    from argosy.cli.seen import known_secrets

    text = known_secrets().text("".join(traceback.format_exception(error)))
    handle, name = tempfile.mkstemp(prefix="argosy-error-", suffix=".txt", text=True)
    os.close(handle)
    Path(name).write_text(text, encoding="utf-8")
    click.echo(f"argosy failed: {type(error).__name__}. This is a defect of Argosy.", err=True)
    click.echo(f"The report for an issue is in {name}.", err=True)
    return 70


if __name__ == "__main__":
    sys.exit(main())
