"""Lay out a workflow's tasks: from the nested members of a file to a list of planned tasks.

A member whose name begins with `+` is a task. A task either has one operator (a member that
ends in `>`) or is a group of tasks. Within a group each task waits for the one before it, or
for those it names in `_after` if the group is `_parallel`; with `_parallel: {limit: N}` the
tasks go in chunks of N. Rules and texts as in digdag's own compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from argosy.sandbox.workflow.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.workflow.dig import Config

GROUP_MEMBERS: Final = frozenset(
    {
        "timezone",
        "schedule",
        "sla",
        "_parallel",
        "_background",
        "_after",
        "_error",
        "_check",
        "_retry",
        "_export",
        "_secrets",
    }
)
DEEPEST: Final = 60


class Plan(Struct):
    """A planned task; `parent` and `upstreams` are positions in the list it is in."""

    name: str
    full_name: str
    parent: int | None
    is_group: bool
    config: Config
    upstreams: list[int] = field(default_factory=list)


def plan_workflow(name: str, config: Config) -> list[Plan]:
    """Plan a workflow's tasks, its root first; raise ConfigError for one that can't be."""
    return plan_tasks("", f"+{name}", config)


def plan_tasks(parent_name: str, name: str, config: Config) -> list[Plan]:
    """Plan a task and those below it, where its parent has this full name."""
    planner = _Planner()
    planner.collect(None, parent_name, name, config)
    return planner.plans


def operator_of(config: Config) -> tuple[str, Any]:
    """Give a task's operator, without the `>`, and what stands behind it."""
    for key, value in config.items():
        if key.endswith(">"):
            return key[:-1], value
    return str(config.get("_type", "")), config.get("_command")


class _Planner:
    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self._depth = 0

    def collect(self, parent: int | None, parent_name: str, name: str, config: Config) -> int:
        full_name = parent_name + name
        subtasks = {key: _members(key, one) for key, one in config.items() if key[:1] == "+"}
        own = {key: one for key, one in config.items() if key[:1] != "+"}
        if own.get("_disable") is True:
            return self._add(Plan(name, full_name, parent, True, {"_disable": True}))
        operators = [key for key in own if key.endswith(">")]
        _check_error_block(full_name, own)
        if operators or "_type" in own:
            if subtasks:
                message = f"A task can't have subtasks: {full_name}"
                raise ConfigError(message)
            if len(operators) > 1:
                message = f"A task can't have more than one operator: {full_name}"
                raise ConfigError(message)
            return self._add(Plan(name, full_name, parent, False, own))
        _check_group(full_name, own, subtasks)
        index = self._add(Plan(name, full_name, parent, True, own))
        self._depth += 1
        if self._depth > DEEPEST:
            message = f"Tasks are nested deeper than {DEEPEST}: {full_name[:200]}"
            raise ConfigError(message)
        children = [self.collect(index, full_name, key, one) for key, one in subtasks.items()]
        self._depth -= 1
        self._order(own, children)
        return index

    def _add(self, plan: Plan) -> int:
        self.plans.append(plan)
        return len(self.plans) - 1

    def _order(self, group: Config, children: Sequence[int]) -> None:
        parallel = group.get("_parallel", False)
        if parallel is False:
            self._order_in_line(children)
            return
        limit = _limit(parallel)
        names: dict[str, int] = {}
        for position, child in enumerate(children):
            plan = self.plans[child]
            if plan.config.get("_background") is True:
                raise ConfigError(
                    'Setting "_background: true" option is invalid (unnecessary) '
                    'if its parent task has "_parallel: true" option'
                )
            plan.upstreams += _named(plan, names)
            if limit and position >= limit:
                first = (position // limit - 1) * limit
                plan.upstreams += children[first : first + limit]
            names[plan.name] = child
            plan.config = _without(plan.config, "_after")

    def _order_in_line(self, children: Sequence[int]) -> None:
        before: list[int] = []
        for child in children:
            plan = self.plans[child]
            if "_after" in plan.config:
                raise ConfigError(
                    'Setting "_after" option is invalid if its parent task doesn\'t have '
                    '"_parallel: true" option'
                )
            if plan.config.get("_background") is True:
                before.append(child)
            else:
                plan.upstreams += before
                before = [child]
            plan.config = _without(plan.config, "_background")


def _members(name: str, config: Any) -> Config:
    if config is None:
        return {}
    if isinstance(config, dict):
        return config
    message = f"The task {name} is not a mapping"
    raise ConfigError(message)


def _without(config: Config, name: str) -> Config:
    return {key: one for key, one in config.items() if key != name}


def _named(plan: Plan, names: dict[str, int]) -> list[int]:
    after = plan.config.get("_after", [])
    found = []
    for name in after if isinstance(after, list | tuple) else [after]:
        if name not in names:
            message = f"Dependency task '{name}' does not exist"
            raise ConfigError(message)
        found.append(names[name])
    return found


def _limit(parallel: Any) -> int:
    """Read how many tasks may go at once; 0 for any number."""
    if parallel is True:
        return 0
    limit = parallel.get("limit") if isinstance(parallel, dict) else None
    if isinstance(limit, str) and limit.isascii() and limit.isdigit():
        limit = int(limit)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        message = f"Invalid _parallel format: {parallel!r}"
        raise ConfigError(message)
    return limit


def _check_group(full_name: str, own: Config, subtasks: Config) -> None:
    unknown = [key for key in own if key not in GROUP_MEMBERS]
    if unknown:
        names = ", ".join(f"'{key}'" for key in unknown)
        message = f"{full_name} contains invalid keys: {names}"
        raise ConfigError(message)
    for key in subtasks:
        if len(key) < 2 or "+" in key[1:] or "^" in key or len(key) > 255:
            message = f"{full_name} contains an invalid task name: {key[:255]!r}"
            raise ConfigError(message)


def _check_error_block(full_name: str, own: Config) -> None:
    """Plan a task's `_error` block for nothing, as a mistake in it would show too late."""
    block = own.get("_error")
    if block:
        plan_tasks(full_name, "^error", _members("_error", block))
