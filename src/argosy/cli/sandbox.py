"""`argosy sandbox`: the vendor's API on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8040, show_default=True, help="0 takes any."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--data", metavar="FOLDER", help="Keep everything in here.  [default: memory]")
@click.option(
    "--seed", metavar="PATH", help="Fill an empty sandbox from this JSON file or folder.  [a shop]"
)
@click.option(
    "--region",
    "regions",
    multiple=True,
    type=click.Choice(["us01", "ap01", "eu01", "ap02", "ap03"]),
    help="A region to be; several are each an account of their own.  [default: us01]",
)
@click.option(
    "--pace",
    default="immediate",
    show_default=True,
    help="How jobs, runs and attempts end: immediate, polls:N or seconds:N.",
)
@click.option("--tls", is_flag=True, help="Speak HTTPS, with a certificate made here.")
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

    Every API family answers on one port. Control routes (seed, reset, snapshots, clock, pace,
    rows, requests, faults, outbox) are below /_sandbox/.
    """
    from argosy.sandbox import Settings, SetupError, serve, welcome

    try:
        settings = Settings(
            data=None if data is None else Path(data),
            seed=None if seed is None else _read_seed(seed),
            control_hosts=choices.pop("control_host"),
            regions=choices.pop("regions") or ("us01",),
            **choices,
        )
        serve(settings, host, port, lambda url: click.echo(welcome(url, settings)))
    except (SetupError, OSError) as error:
        raise click.ClickException(str(error)) from error
    return 0


def _read_seed(path: str) -> dict[str, Any] | Path:
    from argosy.model import parse_json  # only here: a start without a seed is the quicker

    if Path(path).is_dir():
        return Path(path)
    try:
        seed = parse_json(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--seed {path} cannot be read: {error}") from error
    if not isinstance(seed, dict):
        raise click.UsageError(f"--seed {path} is not a JSON object.")
    return seed
