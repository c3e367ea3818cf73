"""How the command line writes: plain, narrow or wide; errors to standard error.

Colour only on a terminal and never with `NO_COLOR`. An error is one line, then its problems,
each with its place, then the hint. With `--json` an error is an object on standard output.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import click

from argosy.errors import ArgosyError, MissingPropertyError, ServiceNotFoundError

if TYPE_CHECKING:
    from rich.console import Console

    from argosy.model import Problem


#: What to do where a place may not be called.
ALLOWING = (
    "--allow-endpoint ORIGIN allows a store, --allow-network NETWORK a private network: here, or "
    "to argosy server where that opens it."
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def console(*, stderr: bool = False) -> Console:
    """Return a console that is as wide as the terminal, 100 columns where there is none."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))  # neither colours nor bold or dim
    made = Console(
        color_system=None if plain else "auto",
        stderr=stderr,
        highlight=False,
        markup=False,
        emoji=False,
    )
    if not made.is_terminal and "COLUMNS" not in made._environ:  # noqa: SLF001
        made.width = 100
    return made


def print_json(value: Any) -> None:
    """Print a JSON document, indented, to standard output."""
    click.echo(visible(json.dumps(value, indent=2, ensure_ascii=False)))


def visible(text: str) -> str:
    """Return a text with its control characters written out.

    What a server sends may hold commands to the terminal, or letters that turn its direction.
    """
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def print_error(error: ArgosyError, *, as_json: bool) -> None:
    """Print an error for people, or as the object that a program reads."""
    if as_json:
        print_json({"status": "failed", "error": error.to_json()})
        return
    from rich.text import Text

    out = console(stderr=True)
    out.print(Text.assemble(("Error: ", "bold red"), visible(error.message)))
    for problem in error.problems:
        print_problem(problem, out)
    warnings = error.facts.get("warnings")
    for text in warnings if isinstance(warnings, list) else ():
        out.print(Text(visible(f"Warning: {text}")))
    hint = error.filled_hint if isinstance(error, MissingPropertyError) else error.hint
    note = error.facts.get("note") or ""
    more = error.facts.get("error") if isinstance(error, ServiceNotFoundError) else ""
    allowing = ALLOWING if error.facts.get("reason") == "blocked_host" else ""
    for line in (visible(str(more or "")), note, f"Hint: {hint}" if hint else "", allowing):
        if line:
            out.print(Text(line, style="dim"))


def print_usage_error(error: click.ClickException) -> None:
    """Print a wrong command line as the object that a program reads."""
    shown = {"code": "usage", "message": error.format_message(), "retryable": False}
    print_json({"status": "failed", "error": {**shown, "problems": []}})


def print_problem(problem: Problem, out: Console) -> None:
    """Print one problem: its place, then what was found, then what to do."""
    from rich.padding import Padding
    from rich.text import Text

    place, message = visible(problem.place), visible(problem.message)
    out.print(Text.assemble("  ", (place, "bold"), f"  {message}"), soft_wrap=True)
    if problem.hint:
        out.print(Padding(Text(f"Hint: {problem.hint}", style="dim"), (0, 0, 0, 4), expand=False))
