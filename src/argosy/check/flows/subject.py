"""What the rules look at: one flow, as far as its file can be read, and what is around it.

Whatever several rules ask for is found out once: the graphs, the expressions with what each may
read, what nodes give.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from argosy.check.expressions import compile_or_fault
from argosy.check.flows.graph import GraphView, is_note, views_of
from argosy.check.flows.outputs import node_outputs, scope_of
from argosy.check.flows.places import NodePlace, Steps, computed_texts, is_template
from argosy.check.flows.secrets import PlainSecret, find_secrets
from argosy.check.flows.shapes import ANY, Shape
from argosy.check.reading import Source
from argosy.check.schemas import Fault, SchemaPlace, faults
from argosy.check.subject import Subject
from argosy.model import JsonObject, Problem
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.check.flows.catalogue import Catalogue, FlowSource, KnownCapability
    from argosy.check.flows.scope import Scope
    from argosy.model import Flow, Variable
    from argosy.rendering import Template


#: What `source.format` says of flows that read what is not there as an empty text.
_LENIENT_FORMATS: Final = frozenset({"davinci"})


@dataclass(frozen=True, slots=True)
class Expression:
    """A text of a node's inputs that is computed: its place, and what it may read."""

    place: NodePlace
    path: Steps
    template: Template
    scope: Scope

    @property
    def pointer(self) -> str:
        """The place of the text in the file."""
        return self.place.input_pointer(self.path)


@dataclass(frozen=True, slots=True)
class TextFault:
    """A text that cannot be read as an expression, and why."""

    place: NodePlace
    path: Steps
    message: str


class FlowSubject:
    """A flow with what is known of it; `flow` is None where its file has not the shape of one."""

    def __init__(self, source: FlowSource, catalogue: Catalogue) -> None:
        self.source = source
        self.catalogue = catalogue
        self.flow: Flow | None = source.flow
        self._bare = Subject(Path(), Source("", None), None, (), (), (), None)
        self._texts: dict[str, Template | str] = {}
        self._outputs: dict[tuple[int, str], Shape] | None = None
        #: The names that loops give within their bodies, by the identity of the body's graph.
        self.turns: dict[int, dict[str, Shape]] = {}

    def problem(self, code: str, message: str, pointer: str = "", hint: str = "") -> Problem:
        """Return an error in this flow's file."""
        return Problem(code, message, pointer, hint, self.source.file)

    def warning(self, code: str, message: str, pointer: str = "", hint: str = "") -> Problem:
        """Return a warning about this flow's file."""
        return Problem(code, message, pointer, hint, self.source.file, "warning")

    @property
    def is_imported(self) -> bool:
        """Whether the flow came from a product in which what is missing is an empty text.

        Its author cannot be asked to mend what runs there; such findings are warnings.
        """
        source = self.flow.document.get("source", {}) if self.flow else {}
        found = source.get("format")
        return isinstance(found, str) and found in _LENIENT_FORMATS

    def doubt(self, code: str, message: str, pointer: str = "", hint: str = "") -> Problem:
        """Return an error in this flow's file, a warning where it was imported."""
        tell = self.warning if self.is_imported else self.problem
        return tell(code, message, pointer, hint)

    @cached_property
    def views(self) -> Sequence[GraphView]:
        """The graphs of the flow: its own, then those of loops, outer ones first."""
        return tuple(views_of(self.flow.graph)) if self.flow else ()

    @cached_property
    def nodes(self) -> Sequence[NodePlace]:
        """All nodes but notes."""
        return tuple(
            NodePlace(node, view)
            for view in self.views
            for node in view.graph.nodes
            if not is_note(node)
        )

    @cached_property
    def _bodies(self) -> Mapping[int, GraphView]:
        return {id(view.loop): view for view in self.views if view.loop}

    def body(self, place: NodePlace) -> GraphView | None:
        """Return the graph of a node's body, or None."""
        return self._bodies.get(id(place.node))

    def capability(self, place: NodePlace) -> KnownCapability | None:
        """Return the capability of a node, or None."""
        return self.catalogue.capability(place.node.what) if place.node.is_capability else None

    def schema_faults(self, schema: JsonObject) -> list[Fault]:
        """Return what is wrong with a schema that stands in the flow."""
        return faults(self._bare, SchemaPlace(self.source.file, "", schema, stands_alone=True))

    def sound(self, schema: JsonObject | None) -> JsonObject | None:
        """Return a schema of the flow, or None where it is faulty."""
        return None if schema is None or self.schema_faults(schema) else schema

    @cached_property
    def input_shape(self) -> Shape:
        """What a run is started with."""
        schema = self.sound(self.flow.inputs) if self.flow else None
        return ANY if schema is None else Shape(schema, schema)

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """The variables that the flow declares."""
        return self.flow.variables if self.flow else {}

    @cached_property
    def variable_validators(self) -> Mapping[str, Validator | None]:
        """What judges the values of each variable; None where anything goes."""
        schemas = {name: self.sound(one.schema) for name, one in self.variables.items()}
        return {name: Validator(found) if found else None for name, found in schemas.items()}

    @cached_property
    def variable_shapes(self) -> Mapping[str, Shape]:
        """What each variable may be; null is what one begins with that has no value."""
        found: dict[str, Shape] = {}
        for name, validator in self.variable_validators.items():
            shape = Shape(validator.schema, validator.schema) if validator else ANY
            found[name] = shape.or_null() if self.variables[name].value is None else shape
        return found

    @property
    def outputs(self) -> Mapping[tuple[int, str], Shape]:
        """What each node gives, by the identity of its graph and its id."""
        if self._outputs is None:
            self._outputs = {}  # read while it is filled: a node asks for those before it
            for view in self.views:
                for name in view.order or view.nodes:
                    place = NodePlace(view.nodes[name], view)
                    self._outputs[id(view), name] = node_outputs(self, place)
        return self._outputs

    def compiled(self, text: str) -> Template | str:
        """Compile a text, or say why it cannot be compiled."""
        if text not in self._texts:
            self._texts[text] = compile_or_fault(text)
        return self._texts[text]

    @cached_property
    def _read_texts(self) -> tuple[Sequence[Expression], Sequence[TextFault]]:
        found: list[Expression] = []
        wrong: list[TextFault] = []
        for place in self.nodes:
            scopes: dict[str, Scope] = {}
            for path, text in computed_texts(place):
                if not is_template(text):
                    continue
                template = self.compiled(text)
                if isinstance(template, str):
                    wrong.append(TextFault(place, path, template))
                    continue
                name = str(path[0])
                if name not in scopes:
                    scopes[name] = scope_of(self, place, name)
                found.append(Expression(place, path, template, scopes[name]))
        return found, wrong

    @cached_property
    def secrets(self) -> Sequence[PlainSecret]:
        """The secrets that stand in the file."""
        return find_secrets(self)

    @property
    def expressions(self) -> Sequence[Expression]:
        """All expressions that can be read."""
        return self._read_texts[0]

    @property
    def text_faults(self) -> Sequence[TextFault]:
        """The texts that cannot be read as expressions."""
        return self._read_texts[1]
