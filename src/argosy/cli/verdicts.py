"""How `argosy test` shows results: a line for each case as it ends, then what failed and why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from argosy.cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from argosy.testing import CaseResult, Coverage

STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


class Verdicts:
    """Prints a line for each case as it comes, and at the end what failed."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._file = ""
        self.results: list[CaseResult] = []

    @property
    def failed(self) -> list[CaseResult]:
        """The results of the cases that failed."""
        return [result for result in self.results if result.verdict == "failed"]

    def add(self, result: CaseResult) -> None:
        """Take one result."""
        self.results.append(result)
        if result.file != self._file:
            self._print(result.file, "bold")
            self._file = result.file
        note = f" ({result.reason})" if result.reason else f" ({_duration(result.seconds)})"
        self._print_verdict(result, f"{result.name}{note}")

    def end(self, seconds: float, coverage: Sequence[Coverage], changed: int) -> None:
        """Print what failed, the coverage, and the counts."""
        for result in self.failed:
            self._print_trace(result)
        for one in coverage:
            self._print_coverage(one)
        if changed:
            what = "case has" if changed == 1 else "cases have"
            self._print(f"\n{changed} {what} other snapshots now; read the difference.")
        counts = {name: sum(one.verdict == name for one in self.results) for name in STYLES}
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        style = "bold red" if self.failed else "bold green"
        self._print(f"\n{told} in {_duration(seconds)}", style)

    def _print_verdict(self, result: CaseResult, text: str) -> None:
        """Print a line; on a terminal that is too narrow for it, the rest stands below."""
        from rich.text import Text

        word = "FAILED" if result.verdict == "failed" else result.verdict
        width = self._out.width - 10 if self._out.is_terminal else len(text) + 1
        first, *rest = textwrap.wrap(visible(text), max(width, 20)) or [""]
        style = STYLES[result.verdict]
        self._out.print(Text.assemble("  ", (f"{word:<8}", style), first), soft_wrap=True)
        for line in rest:
            self._print(" " * 10 + line)

    def _print_trace(self, result: CaseResult) -> None:
        from argosy.testing import trace_lines

        self._print(f"\n{result.file}: {result.name}", "bold red")
        for line in trace_lines(result, self._out.width):
            self._print(line, _style_of(line))

    def _print_coverage(self, coverage: Coverage) -> None:
        counts = [f"{n} {what}" for what, n in _fractions(coverage)]
        self._print(f"\nCoverage of {coverage.flow}: {', '.join(counts)}", "bold")
        for what, missed in coverage.missed.items():
            for name in missed:
                self._print(f"  not met: {what.removesuffix('s')} {name}")

    def _print(self, text: str, style: str = "") -> None:
        from rich.text import Text

        lines = "\n".join(map(visible, text.split("\n")))
        self._out.print(Text(lines, style=style), soft_wrap=True)


def _fractions(coverage: Coverage) -> Iterator[tuple[str, str]]:
    for what, (covered, total) in coverage.counts.items():
        yield what, f"{covered}/{total}"


def _style_of(line: str) -> str:
    words = line.split(None, 1)
    first = words[0] if words else ""
    return {"expected:": "green", "found:": "red", "at": "dim", "FAILED": "red"}.get(first, "")


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
