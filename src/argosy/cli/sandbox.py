"""`argosy sandbox`: the vendor's API on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8040, show_default=True, help="0 takes any."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--data", metavar="FILE", help="Keep everything in this file.  [default: memory]")
@click.option("--seed", metavar="FILE", help="Fill an empty sandbox from this JSON file.")
@click.option("--master-key", default="1/sandbox", show_default=True, help="The key for all.")
@click.option(
    "--write-key", default="2/sandbox", show_default=True, help="The key for records alone."
)
def sandbox(
    *, port: int, host: str, data: str | None, seed: str | None, master_key: str, write_key: str
) -> int:
    """Serve the vendor's API on this machine until Ctrl-C.

    Every API family answers on one port. Control routes (seed, reset, clock, rows, requests,
    faults) are below /_sandbox/.
    """
    from argosy.sandbox import Settings, SetupError, serve

    try:
        settings = Settings(
            master_key=master_key,
            write_key=write_key,
            data=Path(data) if data else None,
            seed=_read_seed(seed) if seed else None,
        )
        serve(settings, host, port, lambda url: _tell(url, settings))
    except (SetupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return 0


def _read_seed(file: str) -> dict[str, Any]:
    try:
        seed = json.loads(Path(file).read_text(encoding="utf-8"))
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
