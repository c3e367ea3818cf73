"""`argosy import davinci` and `argosy export davinci`: flows from and to PingOne DaVinci."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.output import console, print_json, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argosy.davinci import Export, FlowReport, ImportedFlow
    from argosy.model import Connector, JsonObject, Problem

_SUFFIX = ".flow.json"


@click.command("davinci")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    metavar="PATH",
    default=Path(),
    type=click.Path(path_type=Path),
    help="The folder to write the flows to, or the file for one flow.  [default: .]",
)
@click.option("--force", is_flag=True, help="Write over flows that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as a JSON object.")
@click.pass_obj
def import_davinci(
    connector: str | None, file: Path, *, out: Path, force: bool, as_json: bool
) -> int:
    """Import flows that DaVinci exported.

    Each flow of FILE becomes a NAME.flow.json, which can be edited, run and exported again; what
    it has no place for is kept in it. The report tells which nodes can run here, which cannot and
    why, what to set up, and what the check finds. It ends with 0 whatever is found.
    """
    from argosy import load
    from argosy.davinci import import_export, read_export
    from argosy.davinci.shape import ConnectorNames

    made_of = load(connector)
    export = read_export(file.read_bytes(), str(file))
    folder, name = _target(out, export)
    flows = import_export(export, ConnectorNames(made_of), name)
    _write(flows, folder, force=force)
    found = _check(flows, folder, made_of)
    if as_json:
        print_json(_report(flows, folder, found))
    else:
        for flow in flows:
            _print(flow.report, folder, found[flow.id])
        file_to_run = folder / f"{flows[0].id}{_SUFFIX}"
        console().print(visible(f"\nNext: argosy run {file_to_run}"), soft_wrap=True)
    return 0


def _target(out: Path, export: Export) -> tuple[Path, str]:
    """Return the folder to write to, and the main flow's id where the command line names it."""
    if out.suffix != ".json":
        return out, ""
    if len(export.flows) > 1:
        detail = f"{len(export.flows)} flows need a folder; --out {out} is a file"
        raise click.UsageError(f"{detail}.")
    if not out.name.endswith(_SUFFIX):
        raise click.UsageError(f"--out {out} is no flow's file: its name ends in {_SUFFIX}.")
    return out.parent, out.name.removesuffix(_SUFFIX)


def _write(flows: Sequence[ImportedFlow], folder: Path, *, force: bool) -> None:
    from argosy.cli.files import write_atomically
    from argosy.flow.form import canonical_text

    files = {folder / f"{flow.id}{_SUFFIX}": flow.document for flow in flows}
    there = [str(file) for file in files if file.exists()]
    if there and not force:
        told = f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already"
        raise click.UsageError(f"{told}; name another --out, or write over it with --force.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, document in files.items():
            write_atomically(file, canonical_text(document, "flow").encode())
    except OSError as error:
        raise click.UsageError(f"--out {folder} cannot be written: {error.strerror}.") from error


def _check(
    flows: Sequence[ImportedFlow], folder: Path, connector: Connector
) -> dict[str, list[Problem]]:
    """Return what the check finds in each flow."""
    from argosy.check.flows import check_flow_files

    files = {f"{flow.id}{_SUFFIX}": flow.id for flow in flows}
    held = {f"{flow.id}{_SUFFIX}": flow.document for flow in flows}
    found: dict[str, list[Problem]] = {flow.id: [] for flow in flows}
    for problem in sorted(check_flow_files(folder, files, connector, held=held), key=_order):
        found[files[problem.file]].append(problem)
    return found


def _numbered(pointer: str) -> str:
    """Return a pointer as it sorts by its numbers: 2 before 10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(6), pointer)


def _order(problem: Problem) -> tuple[str, str, str, str]:
    return problem.severity, problem.code, _numbered(problem.pointer), problem.message


def _report(
    flows: Iterable[ImportedFlow], folder: Path, found: dict[str, list[Problem]]
) -> JsonObject:
    return {
        "flows": [
            {
                **flow.report.to_json(),
                "file": str(folder / f"{flow.id}{_SUFFIX}"),
                "findings": [problem.to_json() for problem in found[flow.id]],
            }
            for flow in flows
        ]
    }


def _print(report: FlowReport, folder: Path, found: Sequence[Problem]) -> None:
    from rich.text import Text

    out = console()
    file = folder / f"{report.id}{_SUFFIX}"
    counts = [_plural(report.nodes, "node"), f"{report.runnable} can run here"]
    if report.annotations:
        counts.append(_plural(report.annotations, "annotation"))
    out.print(Text(_shown(f"{report.name}: {file}"), style="bold"))
    _line(", ".join(counts) + ".")
    _rows("Cannot run here; stub or replace them:", _opaque_rows(report))
    _rows("Connections to set up:", [(one.what, one.detail) for one in report.connections])
    _rows("Variables to fill:", [(one.what, one.detail) for one in report.variables])
    _rows("Not as it came:", report.notes)
    _rows(f"The check finds {_counted(found)}:", _finding_rows(found))


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _finding_rows(found: Sequence[Problem]) -> list[tuple[str, ...]]:
    """Return the findings, those of one rule together, each with its place."""
    groups: dict[tuple[str, str], list[str]] = {}
    for problem in found:
        place = f" ({problem.pointer})" if problem.pointer else ""
        told = f"{problem.message}{place}"
        groups.setdefault((problem.severity, problem.code), []).append(told)
    return [(f"{severity} {code}", *told) for (severity, code), told in groups.items()]


def _opaque_rows(report: FlowReport) -> list[tuple[str, str]]:
    """Return the nodes that cannot run, those of one capability together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in report.opaque:
        what = f"{one.connector} {one.capability or '(no capability)'}"
        told = f"{one.node} ({one.title})" if one.title else one.node
        groups.setdefault((what, one.why), []).append(told)
    return [(f"{what}: {', '.join(nodes)}", why) for (what, why), nodes in groups.items()]


def _counted(found: Sequence[Problem]) -> str:
    errors = sum(problem.severity == "error" for problem in found)
    counts = {"error": errors, "warning": len(found) - errors}
    told = [_plural(count, word) for word, count in counts.items() if count]
    return " and ".join(told) or "nothing"


def _rows(head: str, rows: Sequence[tuple[str, ...]]) -> None:
    """Print a head, and below it each row: what it is about, then what is to be said of it."""
    from rich.padding import Padding
    from rich.text import Text

    if not rows:
        return
    _line(head)
    out = console()
    for what, *details in rows:
        out.print(Padding(Text(_shown(what)), (0, 0, 0, 4), expand=False))
        for detail in details:
            out.print(Padding(Text(_shown(detail), style="dim"), (0, 0, 0, 6), expand=False))


def _shown(text: str) -> str:
    """Return a text of an export as it can be shown: whatever it holds, it is no line of ours."""
    return visible(text).replace("\n", "\\n")


def _line(text: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console().print(Padding(Text(_shown(text)), (0, 0, 0, 2), expand=False))


@click.command("davinci")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file.  [default: standard output]",
)
@click.option("--partial", is_flag=True, help="Leave out what DaVinci has no words for.")
@click.pass_obj
def export_davinci(connector: str | None, path: Path, *, out: Path | None, partial: bool) -> int:
    """Write a flow as DaVinci exports it.

    PATH is a flow's file, or a folder whose flows go together. A flow that was imported leaves as
    it came, with what was edited since; flows that came in one export leave together. Ends with
    2 where a flow says what DaVinci has no words for, unless --partial leaves that out.
    """
    from argosy import load
    from argosy.cli.files import write_json
    from argosy.davinci import Documents, export_again, export_folder
    from argosy.davinci.shape import ConnectorNames
    from argosy.errors import UnsayableFlowError
    from argosy.flow.library import flow_id

    names = ConnectorNames(load(connector))
    folder = path if path.is_dir() else path.parent
    flows = Documents(folder, None if path.is_dir() else path)
    if not flows:
        raise click.UsageError(f"{path} holds no flow: no file in it ends in {_SUFFIX}.")
    if path.is_dir():
        document, left_out = export_folder(flows, names)
    else:
        document, left_out = export_again(flow_id(path), flows, names)
    if left_out and not partial:
        raise UnsayableFlowError(file=str(path), problems=left_out)
    for problem in left_out:
        told = _shown(f"Left out: {problem.place}: {problem.message}")
        console(stderr=True).print(told, soft_wrap=True)
    write_json(document, out)
    return 0
