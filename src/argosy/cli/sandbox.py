"""`argosy sandbox`: the vendor's API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from argosy.model import parse_json


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8040, show_default=True, help="0 takes any."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--data", metavar="FILE", help="Keep everything in this file.  [default: memory]")
@click.option("--seed", metavar="FILE", help="Fill an empty sandbox from this JSON file.")
@click.option("--now", type=float, help="Fix the clock at these Unix seconds.")
@click.option("--random-seed", type=int, help="Make ids and chances repeat.")
@click.option(
    "--auto-create",
    type=click.Choice(["all", "tables", "none"]),
    default="all",
    show_default=True,
    help="What inserting a record makes where it is missing.",
)
@click.option(
    "--control-host",
    multiple=True,
    metavar="HOST",
    help="A further host name that the control routes answer to.",
)
@click.option("--master-key", default="1/sandbox", show_default=True, help="The key for all.")
@click.option(
    "--write-key", default="2/sandbox", show_default=True, help="The key for records alone."
)
def sandbox(*, host: str, port: int, data: str | None, seed: str | None, **choices: Any) -> int:
    """Serve the vendor's API on this machine until Ctrl-C.

    Every API family answers on one port. Control routes (seed, reset, clock, rows, requests,
    faults) are below /_sandbox/.
    """
    from argosy.sandbox import Settings, SetupError, serve

    try:
        settings = Settings(
            data=None if data is None else Path(data),
            seed=None if seed is None else _read_seed(seed),
            control_hosts=choices.pop("control_host"),
            **choices,
        )
        serve(settings, host, port, lambda url: _tell(url, settings))
    except (SetupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return 0


def _read_seed(file: str) -> dict[str, Any]:
    try:
        seed = parse_json(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--seed {file} cannot be read: {error}") from error
    if not isinstance(seed, dict):
        raise click.UsageError(f"--seed {file} is not a JSON object.")
    return seed


def _tell(url: str, settings: Any) -> None:
    kept = f"in {settings.data}" if settings.data else "in memory"
    click.echo(
        f"""\
The sandbox answers at {url}, its data is {kept}.

  master key      {settings.master_key}
  write-only key  {settings.write_key}
  control routes  {url}/_sandbox/

From another terminal:

  export ARGOSY_API_KEY={settings.master_key}
  argosy call CAPABILITY --endpoint {url} --set KEY=VALUE

Ctrl-C ends it."""
    )
