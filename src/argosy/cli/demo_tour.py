"""The steps of a demo, as they run and are shown."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from argosy.cli.output import print_error
from argosy.cli.tables_preview import print_preview
from argosy.errors import ArgosyError, MissingExtraError
from argosy.rendering import compile_value

if TYPE_CHECKING:
    from argosy.cli.demo_tables import DemoTables
    from argosy.dispatch import Dispatcher
    from argosy.model import JsonObject


@dataclass(slots=True)
class Tour:
    """The steps of a demo as they run; `done` are the outputs of those that did, by their ids."""

    dispatcher: Dispatcher
    tables: DemoTables
    url: str
    out: Console
    done: JsonObject = field(default_factory=dict)

    def run(self, steps: list[JsonObject]) -> bool:
        """Run the steps in order; return whether all succeeded, or could be left out."""
        left_out = 0
        for number, step in enumerate(steps, start=1):
            self.out.print(Text(f"{number}. {step['title']}", style="bold"))
            try:
                self._take(step)
            except _LeftOut as error:
                self.out.print(_indented(f"Left out: {error}\n", style="yellow"))
                left_out += 1
            except ArgosyError as error:
                print_error(error, as_json=False)
                return False
        count = len(steps) - left_out
        told = f"All {count} steps" if not left_out else f"{count} of {len(steps)} steps"
        self.out.print(f"{told} succeeded.", style="green")
        return True

    def _take(self, step: JsonObject) -> None:
        """Take a step. Raises _LeftOut, ArgosyError."""
        if step.get("after", step["id"]) not in {step["id"], *self.done}:
            raise _LeftOut(f"the step {step['after']!r} was left out.")
        if "rows" in step:
            _print_rows(self.url, step["rows"], self.out)
        elif "table" in step:
            self._make_table(step)
        elif "flow" in step:
            self._run_flow(step)
        else:
            self._call(step)

    def _call(self, step: JsonObject) -> None:
        inputs = compile_value(step["inputs"])({"steps": self.done})
        request = self.dispatcher.prepare(step["capability"], inputs)
        path = request.url.removeprefix(self.url)
        told = f"{step['capability']}: {request.method} {path}"
        self.out.print(_indented(told, style="cyan"))
        result = self.dispatcher.call(step["capability"], inputs)
        if result.error:
            raise result.error
        self.done[step["id"]] = result.outputs
        self.out.print(_indented(f"HTTP {result.outputs['statusCode']}"))
        self._show(step, result.outputs)

    def _make_table(self, step: JsonObject) -> None:
        try:
            found = self.tables.make(step["table"])
        except MissingExtraError as error:
            raise _LeftOut(error.message) from error
        self.done[step["id"]] = found
        # a width of its own, since it stands indented
        inner = Console(width=self.out.width - 3, record=True, file=io.StringIO())
        print_preview(inner, found["preview"])
        self.out.print(Padding(Text(inner.export_text().rstrip()), (0, 0, 1, 3), expand=False))

    def _run_flow(self, step: JsonObject) -> None:
        self.out.print(_indented(f"flow {step['flow']}", style="cyan"))
        done = self.tables.run(step["flow"], step["input"])
        if done.error is not None:
            raise done.error
        body = done.response.body if done.response else None
        self.done[step["id"]] = body if isinstance(body, dict) else {}
        count = "1 step" if len(done.steps) == 1 else f"{len(done.steps)} steps"
        self.out.print(_indented(f"The run succeeded after {count}."))
        self._show(step, self.done[step["id"]])

    def _show(self, step: JsonObject, outputs: JsonObject) -> None:
        for name in step.get("show", []):
            shown = json.dumps(outputs.get(name), ensure_ascii=False)
            self.out.print(_indented(f"{name} = {shown}"))
        self.out.print()


class _LeftOut(Exception):  # noqa: N818 - not a failure
    """A step that this installation cannot take."""


def _indented(text: str, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 3), expand=False)


def _print_rows(url: str, table: JsonObject, out: Console) -> None:
    import requests
    from rich.table import Table

    path = f"/_sandbox/rows/{table['database']}/{table['table']}"
    answer = requests.get(url + path, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    shown = Table()
    for column in found["columns"]:
        shown.add_column(column["name"], overflow="fold")
    for row in found["rows"]:
        cells = [row.get(column["name"]) for column in found["columns"]]
        shown.add_row(*("" if cell is None else str(cell) for cell in cells))
    out.print(f"   {found['count']} rows in {table['database']}.{table['table']}")
    out.print(Padding(shown, (0, 0, 1, 3), expand=False))
