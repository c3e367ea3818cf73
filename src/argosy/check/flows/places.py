"""The nodes of a flow, each with the graph that it stands in, and the texts that are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.flow.kinds import KINDS, Kind
from argosy.model import Json, Node, join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.graph import GraphView

#: The way from a node's inputs to a value within them.
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node and the graph that it stands in."""

    node: Node
    view: GraphView

    @property
    def kind(self) -> Kind | None:
        """The built-in kind of the node, or None."""
        return None if self.node.is_capability else KINDS.get(self.node.what)

    def is_kind(self, *names: str) -> bool:
        """Tell whether the node is of one of these kinds."""
        return not self.node.is_capability and self.node.what in names

    def pointer(self, *path: str | int) -> str:
        """Return the place of something in the node."""
        return self.node.pointer + join_pointer(path)

    def input_pointer(self, path: Steps) -> str:
        """Return the place of something in the node's inputs."""
        return self.pointer("inputs", *path)


def is_template(text: str) -> bool:
    """Tell whether a text holds an expression, or what looks like one."""
    return "{{" in text or "{%" in text or "{#" in text


def computed_texts(place: NodePlace) -> Iterator[tuple[Steps, str]]:
    """Yield the texts of a node's inputs that are computed, expressions or not."""
    kind = place.kind
    literal = kind.literal if kind else frozenset()
    late = kind.late - literal if kind else frozenset()
    for name, value in place.node.inputs.items():
        yield from _computed(value, (name,), late, is_literal=name in literal)


def _computed(
    value: Json, path: Steps, late: frozenset[str], *, is_literal: bool
) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, str):
        if not is_literal:
            yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            inner = is_literal and name not in late
            yield from _computed(member, (*path, name), late, is_literal=inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _computed(item, (*path, index), late, is_literal=is_literal)
