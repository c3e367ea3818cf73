"""Compile a flow into a plan: kinds resolved, expressions compiled, edges counted, once.

What cannot be compiled is told with its place. Whatever `argosy check` finds beyond that is not
looked for here: a plan is made on the way to a run.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from argosy.dispatch.inputs import secret_inputs
from argosy.dispatch.plan import defaults_of
from argosy.errors import InvalidFlowError, UnknownCapabilityError
from argosy.flow.capability_node import compile_capability
from argosy.flow.graph_plan import GraphPlan, PlanNode, part_of
from argosy.flow.kinds import KINDS
from argosy.flow.replay import redo_within
from argosy.flow.routines import Routines, is_routine
from argosy.flow.templates import outputs_read
from argosy.model import ALWAYS, ERROR, Flow, Graph, Node, Problem, join_pointer
from argosy.rendering import TemplateSyntaxError
from argosy.validation import InvalidSchemaError, Validator
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from argosy.flow.graph_plan import Execute
    from argosy.flow.step_context import StepContext
    from argosy.model import Connector, JsonObject


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """A flow ready to run.

    `sensitive` are the names of members that no record shows: those that the flow lists, its
    inputs and variables whose schemas say `secret`, and what secret inputs of capabilities read.
    """

    flow: Flow
    graph: GraphPlan
    inputs: Validator
    outputs: Validator | None
    variables: Mapping[str, Validator | None]
    defaults: JsonObject
    sensitive: frozenset[str]


def compile_flow(flow: Flow, connector: Connector) -> FlowPlan:
    """Compile a flow. Raises InvalidFlowError with everything that stands in the way."""
    return Compiler(flow, connector).compile()


class Compiler:
    """Compiles one flow; kinds that hold a graph of their own have it compiled here too.

    `routines` are those of the graph that is being compiled.
    """

    def __init__(self, flow: Flow, connector: Connector) -> None:
        self.flow = flow
        self.connector = connector
        self.problems: list[Problem] = []
        self.routines = Routines(())
        declared = flow.inputs.get("properties")
        schemas = {name: one.schema for name, one in flow.variables.items()}
        self.sensitive = {
            *flow.settings.sensitive,
            *secret_inputs(declared if isinstance(declared, dict) else {}),
            *secret_inputs(schemas),
        }

    @cached_property
    def outputs_read(self) -> Mapping[str, tuple[str, ...]]:
        """The names under which expressions of the flow read outputs, by node."""
        return outputs_read(self.flow)

    def compile(self) -> FlowPlan:
        """Compile. Raises InvalidFlowError."""
        flow = self.flow
        graph = self.graph(flow.graph)
        inputs = self._validator(flow.inputs, "/inputs")
        outputs = None if flow.outputs is None else self._validator(flow.outputs, "/outputs")
        variables = {
            name: None if one.schema is None else self._validator(one.schema, _place_of(name))
            for name, one in flow.variables.items()
        }
        if self.problems:
            found = [replace(problem, file=flow.file) for problem in self.problems]
            raise InvalidFlowError(file=flow.file or flow.id, problems=found)
        defaults = defaults_of(flow.inputs)
        sensitive = frozenset(self.sensitive)
        return FlowPlan(flow, graph, inputs, outputs, variables, defaults, sensitive)

    def _validator(self, schema: JsonObject, place: str) -> Validator:
        """Return the validator of a schema; one that takes all where it is none."""
        try:
            return Validator(schema)
        except InvalidSchemaError as error:
            self.refuse("schema", f"the schema is none: {error}", place)
            return Validator({})

    def graph(self, graph: Graph) -> GraphPlan:
        """Compile a graph; what is wrong is put among the problems."""
        nodes = [node for node in graph.nodes if node.is_capability or node.what != "note"]
        index = {node.id: place for place, node in enumerate(nodes)}
        out: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        incoming: dict[str, int] = defaultdict(int)
        for place, edge in enumerate(graph.edges):
            if edge.source in index and edge.target in index:
                out[edge.source][edge.outcome].append(index[edge.target])
                incoming[edge.target] += 1
                if is_routine(nodes[index[edge.target]]):
                    message = f"an edge leads to {edge.target!r}, a routine; it starts when called"
                    self.refuse("routine-entry", message, f"{graph.pointer}/edges/{place}")
            else:
                message = f"the edge from {edge.source!r} to {edge.target!r} lacks one of them"
                self.refuse("edge-ends", message, f"{graph.pointer}/edges/{place}")
        if len(index) < len(nodes):
            self.refuse("node-ids", "two nodes have the same id", f"{graph.pointer}/nodes")
        for node_id in _in_circles(nodes, out, incoming):
            message = f"{node_id!r} leads back to itself; a loop is a node of its own"
            self.refuse("circle", message, nodes[index[node_id]].pointer)
        outer, self.routines = self.routines, Routines(nodes)
        planned = tuple(self._node(node, out[node.id], incoming[node.id]) for node in nodes)
        routines, self.routines = self.routines, outer
        routines.nodes = planned
        starts = [
            i for i, node in enumerate(planned) if not node.incoming and node.id not in routines
        ]
        triggers = [i for i in starts if nodes[i].what == "trigger" and not nodes[i].is_capability]
        unreached = [i for i in starts if triggers and i not in triggers]
        if not any(routines):
            return GraphPlan(planned, tuple(triggers or starts), planned, tuple(unreached))
        return part_of(planned, triggers or starts, unreached)

    def _node(self, node: Node, out: Mapping[str, list[int]], incoming: int) -> PlanNode:
        always = tuple(out.get(ALWAYS, ()))
        return PlanNode(
            id=node.id,
            node=node,
            execute=self._execute(node),
            edges={name: (*targets, *always) for name, targets in out.items() if name != ALWAYS},
            leads_to=tuple(target for targets in out.values() for target in targets),
            always=always,
            incoming=incoming,
            retry=node.retry or self.flow.settings.retry,
            takes_error=ERROR in out or ALWAYS in out,
            redo=_redo(node),
        )

    def _execute(self, node: Node) -> Execute:
        try:
            if node.is_capability:
                return compile_capability(node, self)
            if node.what in KINDS:
                return KINDS[node.what].compile(node, self)
            known = list_words(KINDS, node.what)
            self.refuse("node-kind", f"there is no kind {node.what!r}; there is {known}", node)
        except TemplateSyntaxError as error:
            self.refuse("expression-syntax", str(error), node)
        except UnknownCapabilityError as error:
            self.refuse("node-capability", error.message, node)
        return _never

    def refuse(self, code: str, message: str, place: str | Node) -> None:
        """Note what stands in the way, with its place."""
        pointer = place.pointer if isinstance(place, Node) else place
        self.problems.append(Problem(code, message, pointer))


def _redo(node: Node) -> Callable[[StepContext], None] | None:
    """Return what does again what a node that is taken over did to its run."""
    body = node.body
    if body is not None:
        return lambda context: redo_within(context, body)
    return None if node.is_capability or node.what not in KINDS else KINDS[node.what].redo


def _place_of(variable: str) -> str:
    return join_pointer(("variables", variable, "schema"))


def _never(_context: StepContext) -> tuple[str, JsonObject]:
    raise AssertionError


def _in_circles(
    nodes: Sequence[Node], out: Mapping[str, Mapping[str, list[int]]], incoming: Mapping[str, int]
) -> list[str]:
    """Return the ids of the nodes that are left when all that can be sorted are taken away."""
    left = dict(incoming)
    ready = [node.id for node in nodes if not left.get(node.id)]
    sorted_ids = set(ready)
    while ready:
        for targets in out.get(ready.pop(), {}).values():
            for target in targets:
                name = nodes[target].id
                left[name] -= 1
                if not left[name]:
                    ready.append(name)
                    sorted_ids.add(name)
    return [node.id for node in nodes if node.id not in sorted_ids]
