"""What the operators of tasks do that need nothing but their own members.

`echo>`, `fail>`, `notify>`, `store>`, `for_each>`, `for_range>`, `loop>`, `if>`, `call>` and
`wait>`; those for queries are in `query_operators`. The tasks that a loop makes have digdag's
names. An operator that runs a program or reaches the network isn't run and fails with a text
that says so; one that digdag doesn't know fails as it does there.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson
from msgspec import Struct, field

from argosy.sandbox.workflow.dig import read_config
from argosy.sandbox.workflow.errors import ConfigError, NotRunHereError, TaskError
from argosy.sandbox.workflow.tasks import MOST_TASKS, Outcome
from argosy.sandbox.workflow.values import as_text, json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.dig import Config

LARGEST_MADE: Final = 2 << 20
"""How many characters of members an operator may make tasks with."""
MOST_CALLS: Final = 50
_DURATION: Final = re.compile(r"(?:(\d{1,9})\s*(d|h|m|s|day|hour|min|minute|sec|second)s?\s*)")
_SECONDS: Final = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_TAG_LENGTH: Final = 8

OUTSIDE: Final = {
    **dict.fromkeys(("sh", "py", "rb", "embulk"), "it starts no programs"),
    **dict.fromkeys(
        (
            "bq",
            "bq_ddl",
            "bq_extract",
            "bq_load",
            "emr",
            "gcs_wait",
            "http",
            "http_call",
            "param_get",
            "param_set",
            "pg",
            "redshift",
            "redshift_load",
            "redshift_unload",
            "s3_copy",
            "s3_delete",
            "s3_move",
            "s3_touch",
            "s3_wait",
            "snowflake",
        ),
        "it reaches no other services",
    ),
    **dict.fromkeys(
        ("td_load", "td_partial_delete", "td_result_export", "td_table_export", "td_for_each"),
        "it has no such jobs",
    ),
}
"""Operators that the vendor has and the sandbox doesn't run, and why."""


class LaterError(Exception):
    """Not an error: a task is to be run again, after `seconds` or when `attempt` is done.

    `is_poll` is true where the task looks for something that others do meanwhile, so that it
    must wait by the clock whatever the pace.
    """

    def __init__(
        self,
        state_params: dict[str, Json],
        *,
        seconds: float = 0,
        attempt: str | None = None,
        is_poll: bool = False,
    ) -> None:
        super().__init__()
        self.state_params = state_params
        self.seconds = seconds
        self.attempt = attempt
        self.is_poll = is_poll


class Run(Struct):
    """One run of a task: its operator, its members with their templates filled in, its log.

    `resolve` fills in the templates of any value; `variables` are as they were given.
    """

    name: str
    operator: str
    command: Any
    config: dict[str, Json]
    variables: Mapping[str, Json]
    files: Callable[[], Mapping[str, bytes]]
    state_params: dict[str, Json]
    resolve: Callable[[Any], Any]
    lines: list[str] = field(default_factory=list)

    def log(self, line: str) -> None:
        """Write a line to the task's log."""
        self.lines.append(line)

    def option(self, name: str, default: Any = None) -> Any:
        """Give a member of the task, or else a variable of that name."""
        if name in self.config:
            return self.config[name]
        return self.resolve(self.variables.get(name, default))

    def block(self, name: str) -> Config:
        """Give the block of tasks in a member; raise ConfigError if it isn't there."""
        found = self.config.get(name)
        if not isinstance(found, dict):
            message = f"Parameter '{name}' is required but not set"
            raise ConfigError(message)
        return found

    def text(self, path: str) -> str:
        """Give a file of the project; raise TaskError if it isn't there."""
        content = self.files().get(path.removeprefix("./"))
        if content is None:
            message = f"The file {path!r:.200} is not in the project"
            raise TaskError(message, "config")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            message = f"The file {path!r:.200} is not text in UTF-8"
            raise TaskError(message, "config") from error


def _echo(run: Run) -> Outcome:
    run.log(as_text(run.command))
    return Outcome()


def _fail(run: Run) -> Outcome:
    raise TaskError(as_text(run.command))


def _store(run: Run) -> Outcome:
    return Outcome(stored=_mapping(run.command, "store>"))


def _if(run: Run) -> Outcome:
    if "_do" not in run.config and "_else_do" not in run.config:
        raise ConfigError("Both _do and _else_do are not set for if> operator.")
    name = "_do" if _truth(run.command) else "_else_do"
    return Outcome(subtasks=run.block(name) if name in run.config else None)


def _loop(run: Run) -> Outcome:
    count = _whole(run.option("count", run.command), "loop>")
    _check_count(count, "loop")
    made = {f"+loop-{index}": {"i": index} for index in range(count)}
    return _generated(run, made)


def _for_range(run: Run) -> Outcome:
    wanted = _mapping(run.command, "for_range>")
    first, last = (_whole(wanted.get(name), f"for_range> {name}") for name in ("from", "to"))
    if ("step" in wanted) == ("slices" in wanted):
        raise ConfigError("for_range> needs one of step and slices")
    if "step" in wanted:
        step = _whole(wanted["step"], "for_range> step")
    else:
        slices = _whole(wanted["slices"], "for_range> slices")
        step = (last - first + slices - 1) // slices if slices > 0 else 0
    if step <= 0 and first < last:
        raise ConfigError("step and slices of for_range> must be 1 or more")
    if first < last:
        _check_count((last - first + step - 1) // step, "for_range")
    made = {}
    for index, start in enumerate(range(first, last, step) if first < last else ()):
        end = min(start + step, last)
        made[f"+range-from={start}&to={end}"] = {
            "range": {"from": start, "to": end, "index": index}
        }
    return _generated(run, made)


def _for_each(run: Run) -> Outcome:
    lists = {
        name: _values(value, name) for name, value in _mapping(run.command, "for_each>").items()
    }
    count = 1
    for values in lists.values():
        count *= len(values)
        _check_count(count, "for_each")
    made: dict[str, dict[str, Json]] = {}
    for chosen in itertools.product(*(list(enumerate(values)) for values in lists.values())):
        parts = [
            f"{position}={_tag(name)}={index}={_tag(as_text(value))}"
            for position, (name, (index, value)) in enumerate(zip(lists, chosen, strict=True))
        ]
        seen = {name: value for name, (_, value) in zip(lists, chosen, strict=True)}
        made["+for-" + "&".join(parts)] = seen
    return _generated(run, made if lists else {})


def _call(run: Run) -> Outcome:
    if run.name.count("^sub") >= MOST_CALLS:
        raise ConfigError("Calls are nested too deep")
    path = as_text(run.command)
    path = path if path.endswith(".dig") else f"{path}.dig"
    run.text(path)  # so that one that isn't there or isn't text is told as a task's error
    return Outcome(subtasks=read_config(run.files(), path.removeprefix("./")))


def _wait(run: Run) -> Outcome:
    if "waited" in run.state_params:
        return Outcome()
    raise LaterError({"waited": True}, seconds=seconds_of(run.command))


OPERATORS: Final[dict[str, Callable[[Run], Outcome]]] = {
    "call": _call,
    "echo": _echo,
    "fail": _fail,
    "for_each": _for_each,
    "for_range": _for_range,
    "if": _if,
    "loop": _loop,
    "nop": lambda _run: Outcome(),
    "notify": _echo,
    "store": _store,
    "wait": _wait,
}

UNRETRIED: Final = frozenset(
    {"call", "echo", "fail", "for_each", "for_range", "if", "loop", "nop", "notify", "store"}
)
"""Operators whose own failure `_retry` doesn't mend, in digdag too; that of tasks below, yes."""


def refuse(operator: str) -> Outcome:
    """Raise the error of an operator that isn't among those that are run."""
    if operator in OUTSIDE:
        message = f"The operator {operator}> is not run here: the sandbox says {OUTSIDE[operator]}"
        raise NotRunHereError(message)
    message = f"Unknown task type: {operator:.100}"
    raise ConfigError(message)


def seconds_of(value: Any) -> float:
    """Read a duration: a number of seconds, or like `1h 30m`."""
    text = as_text(value).strip().lower()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    if not text or not re.fullmatch(f"{_DURATION.pattern}{{1,8}}", text):
        message = f"{text!r:.60} is no duration; it is like 10s or 1h 30m"
        raise ConfigError(message)
    return sum(int(number) * _SECONDS[unit[0]] for number, unit in _DURATION.findall(text))


def _generated(run: Run, made: Mapping[str, dict[str, Json]]) -> Outcome:
    """Make a task of the `_do` block for each set of values that it is to see."""
    block = run.block("_do")
    own = block.get("_export")
    exported = own if isinstance(own, dict) else {}
    tasks: Config = {
        name: {**block, "_export": {**exported, **values}} for name, values in made.items()
    }
    if len(made) * len(json_text(block)) + len(json_text(made)) > LARGEST_MADE:
        message = f"The tasks that {run.operator}> makes are larger than {LARGEST_MADE} characters"
        raise ConfigError(message)
    if "_parallel" in run.config and tasks:
        tasks["_parallel"] = _parsed(run.config["_parallel"])
    return Outcome(subtasks=tasks)


def _check_count(count: int, name: str) -> None:
    if count > MOST_TASKS:
        message = f"Too many {name} subtasks. Limit: {MOST_TASKS}"
        raise ConfigError(message)


def _tag(text: str) -> str:
    return quote(text[:_TAG_LENGTH], safe="*-._")


def _parsed(value: Any) -> Any:
    """Read a text that a template gave as the JSON it stands for, if it is any."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value


def _mapping(value: Any, where: str) -> dict[str, Json]:
    found = _parsed(value)
    if not isinstance(found, dict):
        message = f"{where} needs a mapping, not {as_text(found)!r:.60}"
        raise ConfigError(message)
    return found


def _values(value: Any, where: str) -> list[Json]:
    found = _parsed(value)
    if not isinstance(found, list | tuple):
        message = f"{where!r:.60} needs an array, not {as_text(found)!r:.60}"
        raise ConfigError(message)
    return list(found)


def _whole(value: Any, where: str) -> int:
    found = _parsed(value)
    if isinstance(found, bool) or not isinstance(found, int):
        message = f"{where} needs a whole number, not {as_text(found)!r:.60}"
        raise ConfigError(message)
    return found


def _truth(value: Any) -> bool:
    found = value.strip().lower() if isinstance(value, str) else value
    if found in ("true", "false", True, False):
        return found in ("true", True)
    message = f"if> needs true or false, not {as_text(value)!r:.60}"
    raise ConfigError(message)
