"""A task of an attempt: what is known of it, its states, and what it leaves when it succeeded."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.dig import Config

MOST_TASKS: Final = 1000
"""How many tasks an attempt may have; digdag's default."""


class State(StrEnum):
    """Where a task is."""

    BLOCKED = "blocked"
    READY = "ready"
    RETRY_WAITING = "retry_waiting"
    GROUP_RETRY_WAITING = "group_retry_waiting"
    RUNNING = "running"
    PLANNED = "planned"
    GROUP_ERROR = "group_error"
    SUCCESS = "success"
    ERROR = "error"
    CANCELED = "canceled"


DONE: Final = frozenset({State.GROUP_ERROR, State.SUCCESS, State.ERROR, State.CANCELED})
FAILED: Final = frozenset({State.GROUP_ERROR, State.ERROR})


class Task(Struct):
    """A task. `config` is what its file says of it; ids are strings of digits; times are epochs.

    `delayed` is the state it will end in once its `_error` block is done.
    """

    id: str
    full_name: str
    parent: str | None
    upstreams: tuple[str, ...]
    is_group: bool
    config: Config
    state: State
    updated_at: float
    is_initial: bool = True
    is_superseded: bool = False
    cancel_requested: bool = False
    delayed: State | None = None
    error: dict[str, Json] = field(default_factory=dict)
    stored: dict[str, Json] = field(default_factory=dict)
    state_params: dict[str, Json] = field(default_factory=dict)
    started_at: float | None = None
    retry_at: float | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Task:
        """Read a task as `asdict` gives it."""
        delayed = document["delayed"]
        words = {
            "state": State(document["state"]),
            "delayed": None if delayed is None else State(delayed),
        }
        return cls(**{**document, **words})

    def to_json(self) -> Json:
        """Give the task as a document."""
        return asdict(self)


class Outcome(Struct, frozen=True):
    """What a task that succeeded leaves: values for those behind it, and tasks below it."""

    stored: dict[str, Json] = field(default_factory=dict)
    subtasks: Config | None = None


def merged(one: dict[str, Json], other: Mapping[str, Json]) -> dict[str, Json]:
    """Give values with others laid over them; objects are merged member by member."""
    result = dict(one)
    lay(other, result)
    return result


def lay(values: Mapping[str, Json], over: dict[str, Json]) -> None:
    """Lay values over others, which are changed; objects in them are merged and not changed."""
    for key, value in values.items():
        below = over.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        over[key] = merged(below, value) if both else value  # type: ignore[arg-type]
