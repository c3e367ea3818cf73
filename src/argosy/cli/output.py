"""How the command line writes: plain, narrow or wide; errors to standard error.

Colour only on a terminal and never with `NO_COLOR`. An error is one line, then its problems,
each with its place, then the hint. With `--json` an error is an object on standard output.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from argosy.errors import ArgosyError, MissingPropertyError

if TYPE_CHECKING:
    from rich.console import Console

    from argosy.model import Problem


def console(*, stderr: bool = False) -> Console:
    """Return a console that is as wide as the terminal, 100 columns where there is none."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in made._environ:  # noqa: SLF001
        made.width = 100
    return made


def print_json(value: Any) -> None:
    """Print a JSON document, indented, to standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_error(error: ArgosyError, *, as_json: bool) -> None:
    """Print an error for people, or as the object that a program reads."""
    if as_json:
        print_json({"status": "failed", "error": error.to_json()})
        return
    from rich.text import Text

    out = console(stderr=True)
    out.print(Text.assemble(("Error: ", "bold red"), error.message))
    for problem in error.problems:
        print_problem(problem, out)
    hint = error.filled_hint if isinstance(error, MissingPropertyError) else error.hint
    note = error.facts.get("note") or ""
    for line in (note, f"Hint: {hint}" if hint else ""):
        if line:
            out.print(Text(line, style="dim"))


def print_problem(problem: Problem, out: Console) -> None:
    """Print one problem: its place, then what was found, then what to do."""
    from rich.padding import Padding
    from rich.text import Text

    out.print(Text.assemble("  ", (problem.place, "bold"), f"  {problem.message}"), soft_wrap=True)
    if problem.hint:
        out.print(Padding(Text(f"Hint: {problem.hint}", style="dim"), (0, 0, 0, 4), expand=False))
