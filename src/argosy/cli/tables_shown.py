"""How tables look on a terminal: one, a list of them, and what opening one came to."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.listing import (
    moment,
    print_checks,
    print_grid,
    print_outcome,
    print_pairs,
    print_text,
    print_warnings,
    shown_value,
)
from argosy.cli.output import console, print_json, visible
from argosy.cli.tables_changes import PARTS
from argosy.cli.tables_preview import print_preview
from argosy.connections.opener import NO_FILE
from argosy.errors import ServiceError, ServiceNotFoundError, WrongDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from argosy.model import JsonObject

_NARROW = 80
#: What a check names where the file of a table has not been uploaded yet.
_WAITING = "connection_table_params.url"


def print_tables(listed: Sequence[JsonObject]) -> None:
    """Print tables; on a narrow terminal without when they were changed."""
    out = console()
    headings = ["connection", "name", "resource", "status", "changed (UTC)"]
    rows = [
        (
            one["connection"],
            one["name"],
            one["resource"],
            one["status"].replace("_", " "),
            moment(one["modified_timestamp"]),
        )
        for one in listed
    ]
    shown = len(headings) if out.width >= _NARROW else len(headings) - 1
    print_grid(out, headings[:shown], (row[:shown] for row in rows))


def print_opened(ask: Callable[[], JsonObject], name: str, *, as_json: bool) -> int:
    """Print what opening the table `name` came to, and return the exit status."""
    try:
        found = ask()
    except (WrongDataError, ServiceNotFoundError) as error:
        if as_json or "checks" not in error.facts:
            raise
        _print_refusal(error, name)
        return 1
    if as_json:
        print_json(found)
        return 1 if _is_waiting(found) else 0
    out = console()
    if "resource" in found:
        print_table(found)
        click.echo()
    if (preview := found.get("preview") or {}).get("columns"):
        print_preview(out, preview)
        click.echo()
    print_checks(out, found["checks"])
    if _is_waiting(found):
        _print_waiting(name)
        told = [text for text in found.get("warnings", []) if text != NO_FILE]
        print_warnings({"warnings": told})  # the checks have said the other
        return 1
    print_outcome(out, found, ok=True)
    print_warnings(found)
    return 0


def _print_refusal(error: ServiceError, name: str) -> None:
    out = console()
    print_checks(out, error.facts["checks"])
    if _is_waiting(error.facts):
        _print_waiting(name)
    else:
        print_outcome(out, error.facts, ok=False)
    print_warnings(error.facts)


def _is_waiting(found: Mapping[str, Any]) -> bool:
    return any(check["field"] == _WAITING for check in found["checks"])


def _print_waiting(name: str) -> None:
    """Say how the file of a table comes, which has none yet."""
    print_text(console(), f"Nothing to open yet: argosy tables upload {shlex.quote(name)} FILE")


def print_table(found: JsonObject) -> None:
    """Print one table with all that it says."""
    from rich.text import Text

    out = console()
    head = f"  a table of {found['connection']}"
    out.print(Text.assemble((visible(found["name"]), "bold"), visible(head)))
    pairs = [("resource", found["resource"]), ("status", found["status"].replace("_", " "))]
    if "created_timestamp" in found:
        pairs += [
            ("made", f"{moment(found['created_timestamp'])} UTC"),
            ("changed", f"{moment(found['modified_timestamp'])} UTC"),
        ]
        tested = found.get("last_tested_timestamp")
        pairs.append(("tested", f"{moment(tested)} UTC" if tested is not None else "never"))
    print_pairs(out, "", pairs)
    for part in PARTS:
        print_pairs(out, part, _members(found.get(part) or {}))


def _members(value: JsonObject, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of an object under its path."""
    for name, one in value.items():
        if isinstance(one, dict) and one:
            yield from _members(one, f"{before}{name}.")
        else:
            yield f"{before}{name}", shown_value(one)
