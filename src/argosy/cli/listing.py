"""How connections, their fields and tests, and tables look on a terminal, narrow or wide."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from argosy.cli.output import ALLOWING, visible
from argosy.cli.steps import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.console import Console

    from argosy.model import Json, JsonObject

_STYLES = {"passed": "green", "failed": "bold red", "warning": "yellow", "skipped": "dim"}
_MARKS = {"passed": "✓", "failed": "✗", "warning": "!", "skipped": "○"}
_PLAIN_MARKS = {"passed": "+", "failed": "x", "warning": "!", "skipped": "-"}


def print_grid(out: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their headings; what is too wide goes on in the next line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    _print_trimmed(out, table)


def print_pairs(out: Console, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and what belongs to them below a title; nothing where there are none."""
    from rich.table import Table
    from rich.text import Text

    rows = list(pairs)
    if not rows:
        return
    if title:
        out.print(Text(f"\n{title}", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan", overflow="fold", max_width=max(out.width // 2, 12))
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(Text(visible(f"  {name}" if title else name)), Text(visible(text)))
    _print_trimmed(out, table)


def print_text(out: Console, text: str, indent: int = 0) -> None:
    """Print a text in lines that fit."""
    from rich.text import Text

    for line in Text(visible(text)).wrap(out, max(out.width - indent, 20)):
        line.rstrip()
        out.print(Text(" " * indent).append_text(line), soft_wrap=True)


def print_checks(out: Console, checks: Iterable[Mapping[str, str]]) -> None:
    """Print the steps of a test: how each ended, what was found, and what to change."""
    from rich.padding import Padding
    from rich.text import Text

    can_draw = out.encoding.lower().startswith("utf")
    marks = _MARKS if can_draw else _PLAIN_MARKS
    told = list(checks)
    width = max((len(check["name"]) for check in told), default=0)
    for check in told:
        style = _STYLES.get(check["status"], "")
        name = f"{marks.get(check['status'], '?')} {visible(check['name']):<{width}}"
        lines = [(check["message"], ""), (check["hint"], "dim")]
        if check["field"] and check["status"] in {"failed", "warning"}:
            lines.append((f"Field: {check['field']}", "dim"))
        texts = [Text(visible(text), style=shade) for text, shade in lines if text]
        room = width + 4
        first = texts[0] if texts else Text("")
        for number, text in enumerate(texts or [first]):
            for place, line in enumerate(text.wrap(out, max(out.width - room, 20))):
                line.rstrip()
                if number == place == 0:
                    out.print(Text.assemble((name, style), "  ", line), soft_wrap=True)
                else:
                    out.print(Padding(line, (0, 0, 0, room), expand=False), soft_wrap=True)


def print_outcome(out: Console, found: Mapping[str, Json], *, ok: bool) -> None:
    """Print how a test ended, and whose the credentials are."""
    from rich.text import Text

    ms = found.get("duration_ms")
    time = f" in {duration(ms / 1000)}" if isinstance(ms, int | float) else ""
    if ok and found.get("verified", True):
        out.print(Text.assemble(("Passed", "bold green"), time))
    elif ok:
        text = "nothing is wrong, and nothing proves that they work"
        out.print(Text.assemble(("Not verified", "bold yellow"), f"{time}: {text}"))
    else:
        remote = found.get("remote")
        parts = [str(found.get("reason") or found.get("status") or "").replace("_", " ")]
        if isinstance(remote, dict) and remote.get("http_status"):
            parts.append(f"HTTP {remote['http_status']}")
            parts += [str(remote["code"])] if remote.get("code") else []
        again = "; it may pass later" if found.get("retryable") else ""
        told = f"{time}: {', '.join(filter(None, parts))}{again}"
        out.print(Text.assemble(("Failed", "bold red"), visible(told)))
        if found.get("reason") == "blocked_host":
            print_text(out, ALLOWING)
    identity = found.get("identity")
    if isinstance(identity, dict):
        for name, value in identity.items():
            out.print(Text(visible(f"  {name}: {value}"), style="dim"))


def field_rows(described: JsonObject, part: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a type's credentials or metadata, and what to know of each."""
    schema = described[part]
    groups = [group["required"] for group in schema.get("anyOf", ())]
    for name, field in schema.get("properties", {}).items():
        notes = ["Required."] if name in schema.get("required", ()) else []
        if any(name in group for group in groups):
            notes.append("One of several ways.")
        if field.get("secret"):
            notes.append("Secret.")
        notes += [field.get("description", ""), field.get("x-hint", "")]
        if "enum" in field:
            notes.append(f"One of {', '.join(map(str, field['enum']))}.")
        if "const" in field:
            notes.append(f"Always {field['const']}.")
        if "default" in field:
            notes.append(f"{field['default']} unless given.")
        yield name, " ".join(filter(None, notes))


def print_fields(out: Console, described: JsonObject) -> None:
    """Print what a connection of a type holds."""
    print_pairs(out, f"Fields of {described['type']}", field_rows(described, "credentials"))
    metadata = ((f"metadata.{name}", text) for name, text in field_rows(described, "metadata"))
    print_pairs(out, "Fields that are no credentials", metadata)


def print_warnings(found: Mapping[str, Json]) -> None:
    """Print the warnings of an answer to standard error."""
    warnings = found.get("warnings")
    for text in warnings if isinstance(warnings, list) else ():
        click.echo(visible(f"Warning: {text}"), err=True)


def moment(seconds: Json) -> str:
    """Write a moment in epoch seconds as date and time of UTC."""
    if not isinstance(seconds, int | float):
        return "never"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def shown_value(value: Json) -> str:
    """Write a JSON value for people: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print_trimmed(out: Console, table: object) -> None:
    """Print without the spaces that fill each line up to the width."""
    with out.capture() as captured:
        out.print(table)
    for line in captured.get().splitlines():
        out.out(line.rstrip(), highlight=False)
