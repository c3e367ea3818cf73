"""The variables of a task, and the `${…}` templates that are filled in with them.

What a task sees is laid over each other, the last winning: the attempt's parameters; then, from
the root down, what each ancestor exports (`_export`) and what the tasks before it stored; what
it exports itself; and at the bottom the built-in ones (`session_time` and so on). A variable may
hold a template itself, which is filled in when the variable is used.

`${secret:KEY}` is left as it is: the vendor puts secrets in only where an operator asks for one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import TaskError
from argosy.sandbox.workflow.evaluation import Evaluation
from argosy.sandbox.workflow.expressions import ExpressionError, parsed
from argosy.sandbox.workflow.tasks import Task, lay
from argosy.sandbox.workflow.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.tree import Tree

DEEPEST: Final = 20
MOST_TEMPLATES: Final = 20_000
LARGEST: Final = 4 << 20
"""How many characters one task's templates may come to."""

_KEPT: Final = frozenset({"_export", "_do", "_else_do", "_error", "_check", "_parallel", "_retry"})
_START: Final = "${"
_SECRET: Final = "secret:"  # noqa: S105 - a prefix


def seen_by(tree: Tree, task: Task, params: Mapping[str, Json]) -> dict[str, Json]:
    """Give the parameters that a task sees, built-in ones aside."""
    seen = dict(params)
    for ancestor in _line(tree, task):
        for one in tree.left_before(ancestor):
            lay(one.stored, seen)
        exported = ancestor.config.get("_export")
        if isinstance(exported, dict):
            lay(exported, seen)
        if ancestor is not task:
            lay(ancestor.stored, seen)
    return seen


def _line(tree: Tree, task: Task) -> list[Task]:
    """Give a task's ancestors from the root down, and itself."""
    line = [task]
    while line[-1].parent is not None:
        line.append(tree.tasks[line[-1].parent])
    return line[::-1]


def session_params(session_time: float, timezone: str) -> dict[str, Json]:
    """Give the built-in variables of a session's time (`session_…`)."""
    return {"timezone": timezone, **time_params("session_", session_time, zone(timezone))}


def time_params(prefix: str, epoch: float, where: ZoneInfo) -> dict[str, Json]:
    """Give the built-in variables of one time."""
    time = datetime.fromtimestamp(epoch, where)
    return {
        f"{prefix}time": time.isoformat(timespec="seconds"),
        f"{prefix}date": time.strftime("%Y-%m-%d"),
        f"{prefix}date_compact": time.strftime("%Y%m%d"),
        f"{prefix}local_time": time.strftime("%Y-%m-%d %H:%M:%S"),
        f"{prefix}local_time_compact": time.strftime("%Y%m%d%H%M%S"),
        f"{prefix}tz_offset": time.strftime("%z"),
        f"{prefix}unixtime": int(epoch),
    }


def written_time(epoch: float, where: ZoneInfo) -> str:
    """Write a time with the offset that a zone has then, in seconds."""
    return datetime.fromtimestamp(epoch, where).isoformat(timespec="seconds")


def epoch_of(text: Json) -> float | None:
    """Read a time with an offset; None for anything else."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except ValueError:
        return None


def instant(epoch: float) -> str:
    """Write an epoch as an ISO instant: UTC, seconds, `Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Templates:
    """Fills in templates over one task's variables; `now` gives the time as an epoch."""

    def __init__(
        self, variables: Mapping[str, Json], zone: ZoneInfo, now: Callable[[], float]
    ) -> None:
        self._variables = variables
        self.zone = zone
        self.now = now
        self._depth = 0
        self._count = 0
        self._size = 0
        self._evaluation = Evaluation(self)

    def filled(self, config: Mapping[str, Json]) -> dict[str, Json]:
        """Fill in a task's members, but not those that other tasks are made from."""
        return {key: value if key in _KEPT else self.deep(value) for key, value in config.items()}

    def deep(self, value: Json) -> Json:
        """Fill in all templates of a value; raise TaskError where one can't be."""
        if isinstance(value, dict):
            return {as_text(self.deep(key)): self.deep(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.deep(one) for one in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, template: str) -> str:
        """Fill in one template; raise TaskError where it can't be."""
        if _START not in template:
            return template
        try:
            return self._text(template)
        except RecursionError:
            message = "Failed to evaluate a variable (it is nested too deep)"
            raise TaskError(message, "config") from None

    def whole(self, value: Json) -> Json:
        """Fill in all templates of a value, as `text` does."""
        try:
            return self.deep(value)
        except RecursionError:
            message = "Failed to evaluate a variable (it is nested too deep)"
            raise TaskError(message, "config") from None

    def variable(self, name: str) -> Any:
        """Give a variable, its templates filled in; raise KeyError for an unknown one."""
        return self.resolved(self._variables[name])

    def resolved(self, value: Any) -> Any:
        """Give a value with the templates in it filled in."""
        if isinstance(value, str):
            return self._text(value) if _START in value else value
        return self.deep(value) if isinstance(value, dict | list | tuple) else value

    def _text(self, template: str) -> str:
        parts: list[str] = []
        place = 0
        while (start := template.find(_START, place)) >= 0:
            parts.append(template[place:start])
            place = _end(template, start)
            inner = template[start + 2 : place - 1].strip()
            whole = template[start:place]
            parts.append(whole if inner.startswith(_SECRET) else self._worked_out(inner, whole))
        parts.append(template[place:])
        return "".join(parts)

    def _worked_out(self, inner: str, whole: str) -> str:
        self._depth += 1
        self._count += 1
        try:
            self._check_bounds()
            text = as_text(self._evaluation.value(parsed(inner)))
            self._size += len(text)
            self._check_bounds()
        except ExpressionError as error:
            message = f"Failed to evaluate a variable {whole:.200} ({error})"
            raise TaskError(message, "config") from error
        finally:
            self._depth -= 1
        return text

    def _check_bounds(self) -> None:
        if self._depth > DEEPEST or self._count > MOST_TEMPLATES:
            message = "the variables refer to each other too often"
            raise ExpressionError(message)
        if self._size > LARGEST:
            message = "the texts become too long"
            raise ExpressionError(message)


def _end(template: str, start: int) -> int:
    """Give where a template's `}` ends, past braces and quotes within."""
    depth, quote = 0, ""
    place = start + 1
    while place < len(template):
        one = template[place]
        if quote:
            place += 1 if one == "\\" else 0
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one == "{":
            depth += 1
        elif one == "}":
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    message = f"Failed to evaluate a variable {template[start : start + 100]} (no closing brace)"
    raise TaskError(message, "config")
