"""What an expression may read where it stands, and what is known of it.

A node's expressions read the nodes that can have run before it: those from which a way leads to
it, and those that can have run before the loop in whose body it stands. What has run when a
routine is called, and what a call has run, is taken to be there. The names that a path may
start from, and the members that may follow, are those that the engine gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from argosy.check.flows.catalogue import known_words
from argosy.check.flows.shapes import ANY, Shape, type_words
from argosy.model import ALWAYS, ERROR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from argosy.check.flows.graph import GraphView
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Node

Path = tuple[str, ...]

_TEXT: Final = {"type": "string"}
_RUN: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"id": _TEXT, "flow": _TEXT, "startedAt": {"type": "integer"}},
}
_ERROR: Final = {
    "type": ["object", "null"],
    "properties": {
        "code": _TEXT,
        "message": _TEXT,
        "hint": _TEXT,
        "retryable": {"type": "boolean"},
        "problems": {"type": "array"},
    },
}
INDEX: Final = Shape({"type": "integer"}, {})
_NODE_MEMBERS: Final = ("outputs", "error", "status", "outcome")
_ROOTS: Final = ("input", "nodes", "vars", "run", "now", "omit")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a path leads to, or why it leads nowhere."""

    shape: Shape = ANY
    fault: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One graph whose nodes can be read; `node` is who reads them, or in whose body that is.

    Without a node it is the loop itself that reads its body: after a turn, or before one.
    """

    view: GraphView
    node: str = ""

    def is_called(self, name: str) -> bool:
        """Tell whether it depends on calls of routines what has run, of this node or before it."""
        view = self.view
        return view.is_in_routine(name) or bool(self.node and view.is_in_routine(self.node))

    def can_have_run(self, name: str) -> bool:
        """Tell whether a node can have run before."""
        if self.is_called(name):
            return True
        if self.view.order is None or not self.node or self.view.is_repeated:
            return True
        return self.view.comes_before(name, self.node)

    def must_have_run(self, names: Collection[str]) -> bool:
        """Tell whether one of these nodes has run in any case, as far as that can be known."""
        view = self.view
        if any(map(self.is_called, names)):
            return True
        through = sum(view.bit(name) for name in names)
        if view.order is None:
            return True
        if self.node:
            return view.passes(self.node, through)
        return not view.is_repeated and view.ends_behind(through)

    def knows_error(self, name: str) -> bool:
        """Tell whether a way leads here on which the node can have failed."""
        source = self.view.nodes[name]
        if source.on_error == "continue" or self.view.order is None:
            return True
        targets = [e.target for e in self.view.outgoing[name] if e.outcome in {ERROR, ALWAYS}]
        if not self.node or self.view.is_repeated:
            return bool(targets)
        return any(map(self._is_on_the_way, targets))

    def knows_success(self, name: str) -> bool:
        """Tell whether a way leads here on which the node can have succeeded."""
        if not self.node or self.view.is_repeated:
            return True
        edges = self.view.outgoing[name]
        return any(e.outcome != ERROR and self._is_on_the_way(e.target) for e in edges)

    def _is_on_the_way(self, name: str) -> bool:
        return name == self.node or self.view.comes_before(name, self.node)


def levels_of(view: GraphView, node: Node, body: GraphView | None) -> tuple[Level, ...]:
    """Return the levels that a node reads, the innermost first; `body` is its own, if it may."""
    found = [Level(body)] if body else []
    found.append(Level(view, node.id))
    while view.loop is not None and view.parent is not None:
        found.append(Level(view.parent, view.loop.id))
        view = view.parent
    return tuple(found)


class Scope:
    """What the expressions in one input of a node may read; `turn` are the names of its loops."""

    def __init__(
        self, subject: FlowSubject, levels: Sequence[Level], turn: Mapping[str, Shape]
    ) -> None:
        self._subject = subject
        self._levels = levels
        self._turn = turn
        self._read: dict[Path, Reading] = {}
        self._starts: Mapping[str, Callable[[Path], Reading]] = {
            "input": self._input,
            "nodes": self._node,
            "vars": self._variable,
            "run": lambda path: self._below(Shape(_RUN, {}), path, 1),
        }

    def read(self, path: Path) -> Reading:
        """Return what a path leads to."""
        if path not in self._read:
            self._read[path] = self._found(path)
        return self._read[path]

    def _found(self, path: Path) -> Reading:
        if path[0] in self._starts:
            return self._starts[path[0]](path)
        if path[0] in self._turn:
            return self._below(self._turn[path[0]], path, 1)
        if path[0] in _ROOTS:
            return Reading()
        if path[0] in {"item", "index"}:
            what = "for-each" if path[0] == "item" else "for-each or while"
            return Reading(fault=f"{path[0]!r} is there in the body of a {what} only")
        there = known_words((*_ROOTS, *self._turn), path[0])
        hint = "The value null is written `none`." if path[0] == "null" else ""
        return Reading(fault=f"there is no {path[0]!r} to read; there is {there}", hint=hint)

    def _below(self, shape: Shape, path: Path, done: int) -> Reading:
        """Follow a path from what its beginning leads to."""
        for count in range(done, len(path)):
            inner = shape.member(path[count])
            if inner is None:
                return Reading(fault=_no_member(shape, path, count))
            shape = inner
        return Reading(shape)

    def _input(self, path: Path) -> Reading:
        shape = self._subject.input_shape
        names = shape.names()
        if len(path) > 1 and names is not None and path[1] not in names:
            there = known_words(sorted(names), path[1])
            return Reading(
                fault=f"the flow declares no input {path[1]!r}; there is {there}",
                hint="The inputs of a flow are declared in its member `inputs`.",
            )
        return self._below(shape, path, 1)

    def _variable(self, path: Path) -> Reading:
        if len(path) == 1:
            return Reading()
        shapes = self._subject.variable_shapes
        if path[1] not in shapes:
            there = known_words(sorted(shapes), path[1])
            return Reading(
                fault=f"the flow declares no variable {path[1]!r}; there is {there}",
                hint="The variables of a flow are declared in its member `variables`.",
            )
        return self._below(shapes[path[1]], path, 2)

    def _node(self, path: Path) -> Reading:
        if len(path) == 1:
            return Reading()
        name = path[1]
        level = self.level(name)
        if level is None:
            return Reading(fault=self._unknown_node(name))
        if not level.can_have_run(name):
            why = (
                f"{name!r} does not come before {level.node!r}: no way leads from one to the other"
            )
            if level.node == name:
                is_loop = level.view.nodes[name].body is not None
                why = "a loop ends after its body" if is_loop else "a node cannot read itself"
            return Reading(fault=why)
        return self._node_member(level, path) if len(path) > 2 else Reading()

    def _node_member(self, level: Level, path: Path) -> Reading:
        if path[2] == "outputs":
            return self._outputs(level, path)
        if path[2] == "error":
            return self._error(level, path)
        if path[2] in _NODE_MEMBERS:
            return self._below(Shape(_TEXT, {}), path, 3)
        there = known_words(_NODE_MEMBERS, path[2])
        return Reading(fault=f"a node has no {path[2]!r}; there is {there}")

    def level(self, name: str) -> Level | None:
        """Return the innermost level at which there is a node of this id."""
        return next((level for level in self._levels if name in level.view.nodes), None)

    def _unknown_node(self, name: str) -> str:
        for view in self._subject.views:
            if name in view.nodes and view.loop is not None:
                return f"{name!r} stands in the body of {view.loop.id!r} and can be read there only"
        there = known_words([n for level in self._levels for n in level.view.nodes], name)
        return f"there is no node {name!r} here; there is {there}"

    def _error(self, level: Level, path: Path) -> Reading:
        if not level.is_called(path[1]) and not level.knows_error(path[1]):
            return Reading(
                fault=f"{path[1]!r} has no error here: this runs only where it has succeeded",
                hint=f"Draw an edge from the outcome `error` of {path[1]!r}, or set its onError to "
                "`continue`.",
            )
        return self._below(Shape(_ERROR, {}), path, 3)

    def _outputs(self, level: Level, path: Path) -> Reading:
        shape = self._subject.outputs.get((id(level.view), path[1]), ANY)
        names = shape.names()
        if len(path) > 3 and names is not None and path[3] not in names:
            there = known_words(sorted(names), path[3])
            return Reading(fault=f"{path[1]!r} gives no output {path[3]!r}; there is {there}")
        return self._below(shape, path, 3)

    def uncertain(self, group: frozenset[Path]) -> str:
        """Say what may be missing where one path of a group is needed; nothing where none may."""
        if any(self.read(path).fault for path in group):
            return ""
        doubts = {path: self._doubt(path) for path in sorted(group)}
        sure = [path for path, doubt in doubts.items() if not doubt]
        nodes = {path[1] for path in sure if path[0] == "nodes" and len(path) > 1}
        if any(path[0] != "nodes" or len(path) == 1 for path in sure):
            return ""
        for level in self._levels:
            here = {name for name in nodes if self.level(name) is level}
            if here and level.must_have_run(here):
                return ""
        told = [doubt for doubt in doubts.values() if doubt]
        if nodes:
            names = " and ".join(map(repr, sorted(nodes)))
            told.append(f"{names} may not have run when this is read")
        return ", and ".join(dict.fromkeys(told))

    def _doubt(self, path: Path) -> str:
        """Say why a path may lead nowhere although its node has run or its run has begun."""
        if self._may_be_left_out(path):
            return f"'input.{path[1]}' may be left out when a run is started"
        level = self.level(path[1]) if path[0] == "nodes" and len(path) > 3 else None
        if level is None or level.view.order is None or level.is_called(path[1]):
            return ""
        if path[2] == "outputs" and level.knows_error(path[1]):
            return f"{path[1]!r} may have failed when this is read, and lack outputs"
        if path[2] == "error" and level.knows_success(path[1]):
            return f"{path[1]!r} may have succeeded when this is read, and have no error"
        return ""

    def _may_be_left_out(self, path: Path) -> bool:
        """Tell whether a path is an input that a run need not be given."""
        if path[0] != "input" or len(path) == 1:
            return False
        schema = self._subject.input_shape.root
        declared = schema.get("properties", {}).get(path[1])
        is_plain = isinstance(declared, dict) and "default" not in declared
        return is_plain and path[1] not in schema.get("required", ())


def _no_member(shape: Shape, path: Path, count: int) -> str:
    before = ".".join(path[:count])
    if "object" not in shape.types:
        return f"{before!r} is {type_words(shape.types)}, which has no {path[count]!r}"
    names = shape.names() or ()
    return f"{before!r} has no {path[count]!r}; there is {known_words(sorted(names), path[count])}"
