"""What a terminal shows of a run while it goes on: a line for each step, as it ends.

Steps within loops, calls and other flows are indented below the step around them. On a terminal a
last line tells what is running; piped, or with `NO_COLOR`, there are the lines alone.
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from argosy.cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

    from argosy.model import JsonObject

_WIDEST = 100
_STYLES = {"succeeded": "green", "failed": "bold red", "cancelled": "yellow"}
_MARKS = {"succeeded": "✓", "failed": "✗", "cancelled": "○"}
_PLAIN_MARKS = {"succeeded": "+", "failed": "x", "cancelled": "-"}
_LONGEST_ERROR = 500
#: What stands deeper is indented no further; its path is told above it.
_DEEPEST = 8


class StepList:
    """Prints the events of one run; a listener of the engine, told one event at a time."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._width = min(out.width, _WIDEST)
        self._running: dict[str, float] = {}
        self._shown_around = ""
        self._calls: set[str] = set()
        can_draw = out.encoding.lower().startswith("utf")
        self._marks = _MARKS if can_draw else _PLAIN_MARKS

    def live(self) -> AbstractContextManager[Any]:
        """Show what is running in a last line, where there is a terminal that can."""
        out = self._out
        if not out.is_terminal or out.is_dumb_terminal or os.environ.get("NO_COLOR"):
            return nullcontext()
        from rich.live import Live

        return Live(
            console=out,
            get_renderable=self._now_running,
            transient=True,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __call__(self, event: JsonObject) -> None:
        """Take note of one event."""
        path = event.get("path", "")
        if event["event"] == "step-started":
            self._running[path] = time.monotonic()
            if event["what"] == "call":
                self._calls.add(path)
        elif event["event"] == "step-ended":
            self._running.pop(path, None)
            self._print(event)

    def _now_running(self) -> Text:
        from rich.text import Text

        from argosy.flow.run import shown_path

        now = time.monotonic()
        inner = [path for path in list(self._running) if not self._is_around_others(path)]
        begun = [(path, self._running.get(path, now)) for path in inner]
        told = [f"{shown_path(path)} {duration(now - since)}" for path, since in begun]
        line = Text(f"… {', '.join(told)}" if told else "", style="dim", no_wrap=True)
        line.truncate(self._width, overflow="ellipsis")
        return line

    def _is_around_others(self, path: str) -> bool:
        return any(other.startswith(f"{path}/") for other in list(self._running))

    def _print(self, step: JsonObject) -> None:
        from argosy.flow.run import shown_path

        around, turn, name = split_path(step["path"])
        depth = len([part for part in step["path"].split("/") if not part.isdecimal()]) - 1
        depth = min(depth, _DEEPEST)
        if around and around != self._shown_around:
            self._line(shown_path(around), "", "", depth - 1, "dim")
        self._shown_around = around
        mark = self._marks[step["status"]]
        has_turns = turn and around not in self._calls
        shown = f"{mark} {turn}/{name}" if has_turns else f"{mark} {name}"
        self._line(shown, _notes(step), duration(step["seconds"]), depth, _STYLES[step["status"]])
        for line in _explanations(step):
            self._explain(line, depth)

    def _line(self, name: str, notes: str, time_taken: str, depth: int, style: str) -> None:
        from rich.text import Text

        left = Text("  " * depth)
        left.append(visible(name), style=style)
        if notes:
            left.append(f"  {visible(notes)}", style="dim")
        room = self._width - len(time_taken) - 2
        left.truncate(room, overflow="ellipsis", pad=bool(time_taken))
        left.append(f"  {time_taken}" if time_taken else "")
        self._out.print(left, soft_wrap=True)

    def _explain(self, message: str, depth: int) -> None:
        from rich.text import Text

        indent = 2 * depth + 4
        text = Text(visible(message), style="dim")
        for line in text.wrap(self._out, max(self._width - indent, 20)):
            line.rstrip()
            self._out.print(Text(" " * indent).append_text(line), soft_wrap=True)


def split_path(path: str) -> tuple[str, str, str]:
    """Return the step around a step, its turn there, and its own name; empty where there is none.

    `each/3/insert` is `insert` in turn 3 of `each`.
    """
    before, _, name = path.rpartition("/")
    around, slash, turn = before.rpartition("/")
    return (around, turn, name) if slash and turn.isdecimal() else (before, "", name)


def duration(seconds: float) -> str:
    """Say how long something took, in the unit that reads best."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _notes(step: JsonObject) -> str:
    notes = [step["what"]] if step["what"] != step["node"] else []
    if step["outcome"] not in {"success", "error", ""}:
        notes.append(f"→ {step['outcome']}")
    if step["attempts"] > 1:
        notes.append(f"{step['attempts']} attempts")
    if step.get("reused"):
        notes.append("from the earlier run")
    count = step["outputs"].get("count") if isinstance(step["outputs"], dict) else None
    if step["what"] == "for-each" and count is not None:
        notes.append("1 item" if count == 1 else f"{count} items")
    return ", ".join(notes)


def _explanations(step: JsonObject) -> Iterator[str]:
    """Yield a line for each attempt that failed, and what may help with the last."""
    earlier = step.get("failedAttempts", ())
    for attempt in earlier:
        yield f"attempt {attempt['number']}: {_said(attempt['error'])}"
    if "error" in step:
        error = step["error"]
        number = f"attempt {step['attempts']}: " if earlier else ""
        yield f"{number}{_said(error)}"
        if error.get("note"):
            yield str(error["note"])
        if error.get("hint"):
            yield f"Hint: {error['hint']}"


def _said(error: JsonObject) -> str:
    message = str(error["message"])
    return message if len(message) <= _LONGEST_ERROR else f"{message[: _LONGEST_ERROR - 1]}…"
