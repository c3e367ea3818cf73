"""Bindings: what DaVinci writes `{{local.ID.payload.output.x}}`, our expressions, and back.

A binding that has no value is an empty text there, so each becomes an expression that says so:
`{{ nodes.ID.outputs.x | default('') }}`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from jinja2 import nodes

from argosy.davinci.names import Names, node_names, word_names
from argosy.rendering import TemplateSyntaxError, template_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argosy.model import Json

Path: TypeAlias = tuple[str | int, ...]

BINDING = re.compile(r"\{\{[ \t]*((?:local|global)[.\[][^{}\r\n]*)\}\}")
_SEGMENT = re.compile(
    r"""\.?\[(?:(?P<index>\d{1,9})|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\]|\.?(?P<name>[^.\[\]]+)"""
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACES = re.compile(r"\{[{%#](?:\{[{%#]){0,499}")
#: A binding with more parts than this is left as text; expressions may be nested no deeper.
_MOST_PARTS = 60
_LONGEST = 2_000
#: Our expressions may be a little longer than this.
_LONGEST_EXPRESSION = 9_000
#: Braces in a text are written one by one up to so many, and then in pieces of so many letters.
_MOST_BRACES, _PIECE = 100, 1_000

#: Where DaVinci keeps variables, by context, and the prefix of our names of them.
CONTEXTS = {"flowInstance": "", "company": "company_", "flow": "flow_", "user": "user_"}
_VARIABLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("variables",), "flowInstance"),
    (("company", "variables"), "company"),
    (("flow", "variables"), "flow"),
    (("user", "variables"), "user"),
)


@dataclass
class Bindings:
    """The names of one flow, by which its bindings are read and written."""

    node_ids: Names = field(default_factory=node_names)
    variables: Names = field(default_factory=word_names)
    #: Where outputs of nodes of ours stand in DaVinci, if elsewhere, by node and name.
    outputs: dict[str, Mapping[str, Path]] = field(default_factory=dict)

    def variable(self, name: str, context: str) -> str:
        """Return our name of a variable of one of DaVinci's contexts."""
        wanted = CONTEXTS.get(context, "") + name
        return self.variables.add(f"{context}\0{name}", wanted)

    def ours(self, name: str, context: str) -> str:
        """Return our name of a variable that is known, nothing for another."""
        return self.variables.ours.get(f"{context}\0{name}", "")

    def variable_of(self, ours: str) -> tuple[str, str]:
        """Return DaVinci's name and context of a variable of ours."""
        key = self.variables.theirs.get(ours, "")
        if not key:
            return ours, "flowInstance"
        context, _, name = key.partition("\0")
        return name, context

    def expression(self, binding: str) -> str:
        """Return what a binding, given without braces, is in our words; nothing if unreadable."""
        path = _parsed(binding.rstrip(" \t"))
        if path is None:
            return ""
        read = self._local(path[1:]) if path[0] == "local" else self._global(path[1:])
        return f"{read} | default('')" if 0 < len(read) < _LONGEST_EXPRESSION else ""

    def _local(self, path: Path) -> str:
        if not path or not isinstance(path[0], str):
            return ""
        node = written(("nodes", self.node_ids.ours.get(path[0]) or path[0]))
        match path[1:3]:
            case ("payload", "output"):
                return node + written(("outputs", *path[3:]), inner=True)
            case ("payload", "error"):
                return node + written(("error", *path[3:]), inner=True)
            case ("payload", "success") if len(path) == 3:
                return f"({node}.status == 'succeeded')"
        return node + written(path[1:], inner=True) if path[1:] else ""

    def _global(self, path: Path) -> str:
        if path[:1] == ("parameters",) and len(path) > 1:
            return written(("input", *path[1:]))
        for beginning, context in _VARIABLES:
            name, rest = path[len(beginning) : len(beginning) + 1], path[len(beginning) + 1 :]
            if path[: len(beginning)] == beginning and name and isinstance(name[0], str):
                return written(("vars", self.variable(name[0], context), *rest))
        if path == ("interactionId",):
            return "run.id"
        return written(("input", "global", *path))

    def template(self, text: str) -> str:
        """Return a text of DaVinci's as a text of ours, its bindings as expressions."""
        made: list[str] = []
        position = 0
        for match in BINDING.finditer(text):
            expression = self.expression(match[1])
            if expression:
                made += [_escaped(text[position : match.start()], before=True)]
                made += ["{{ ", expression, " }}"]
                position = match.end()
        made.append(_escaped(text[position:]))
        return "".join(made)

    def parts(self, template: str) -> list[Part]:
        """Return what a text of ours is in DaVinci's words: texts and bindings, in order.

        Raises ValueError for an expression that no binding says.
        """
        return list(_merged(self._part(part) for part in _pieces(template)))

    def _part(self, part: str | nodes.Expr) -> Part:
        if isinstance(part, str):
            return Part(part)
        if isinstance(part, nodes.Const) and isinstance(part.value, str):
            return Part(part.value)
        if isinstance(part, nodes.Filter) and part.name == "default":
            is_usual = [getattr(one, "value", None) for one in part.args] == [""]
            if not is_usual or part.node is None:
                raise ValueError("a default other than '' cannot be said in DaVinci")
            part = part.node
        return Part(self._binding(part), is_binding=True)

    def _binding(self, expression: nodes.Expr) -> str:
        if isinstance(expression, nodes.Compare):
            path = _path(expression.expr)
            [operand] = expression.ops
            says_success = isinstance(operand.expr, nodes.Const) and (
                (operand.op, operand.expr.value) == ("eq", "succeeded")
            )
            if path[:1] == ("nodes",) and path[2:] == ("status",) and says_success:
                return f"local{dotted((self._their_node(path[1]),))}.payload.success"
        path = _path(expression)
        match path[:1]:
            case ("nodes",) if len(path) > 2:
                return self._local_binding(path)
            case ("input",) if path[1:2] == ("global",) and len(path) > 2:
                return "global" + dotted(path[2:])
            case ("input",) if len(path) > 1:
                return "global.parameters" + dotted(path[1:])
            case ("vars",) if len(path) > 1:
                name, context = self.variable_of(str(path[1]))
                beginning = next(b for b, c in _VARIABLES if c == context)
                return "global" + dotted((*beginning, name, *path[2:]))
            case ("run",) if path == ("run", "id"):
                return "global.interactionId"
        raise ValueError("only what a run is given, variables and outputs can be read in DaVinci")

    def _local_binding(self, path: Path) -> str:
        node = "local" + dotted((self._their_node(path[1]),))
        match path[2]:
            case "outputs":
                elsewhere = self.outputs.get(str(path[1]), {})
                first = elsewhere.get(str(path[3]), path[3:4]) if len(path) > 3 else ()
                return node + ".payload.output" + dotted((*first, *path[4:]))
            case "error":
                return node + ".payload.error" + dotted(path[3:])
        return node + dotted(path[2:])

    def _their_node(self, ours: str | int) -> str:
        return self.node_ids.theirs.get(str(ours)) or str(ours)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: words, or a binding without its braces."""

    text: str
    is_binding: bool = False

    def __str__(self) -> str:
        return f"{{{{{self.text}}}}}" if self.is_binding else self.text


def written(path: Sequence[str | int], *, inner: bool = False) -> str:
    """Return a path as our expressions write it: `a.b[0]['c-d']`; `inner` for what follows one."""
    made = ""
    for part in path:
        if isinstance(part, int):
            made += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            made += f".{part}"
        else:
            made += f"[{_quoted(part)}]"
    return made if inner else made.removeprefix(".")


def _quoted(text: str) -> str:
    """Return a text as our expressions quote it."""
    quoted = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return "'" + quoted.replace("'", "\\'") + "'"


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as DaVinci writes it behind something: `.a.b[0]`."""
    return "".join(
        f"[{part}]"
        if isinstance(part, int)
        else f"['{part}']"
        if set(part) & set(".[]") and "'" not in part
        else f".{part}"
        for part in path
    )


def _parsed(binding: str) -> Path | None:
    """Return the parts of a binding; None where it has none to read or too many."""
    if len(binding) > _LONGEST:
        return None
    found: list[str | int] = []
    position = 0
    while position < len(binding):
        match = _SEGMENT.match(binding, position)
        if match is None or len(found) >= _MOST_PARTS:
            return None
        if match["index"] is not None:
            found.append(int(match["index"]))
        else:
            found.append(next(n for n in match.group("single", "double", "name") if n is not None))
        position = match.end()
    return tuple(found) if len(found) > 1 else None


def _escaped(text: str, *, before: bool = False) -> str:
    """Write braces that would begin an expression as texts; `before` one, the last brace too."""
    made, count = _BRACES.subn(lambda match: "{{ '" + match[0] + "' }}", text)
    if count > _MOST_BRACES:
        pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
        return "".join("{{ " + _quoted(piece) + " }}" for piece in pieces)
    if before and made.endswith("{"):
        made = made[:-1] + "{{ '{' }}"
    return made


def _pieces(template: str) -> Iterator[str | nodes.Expr]:
    try:
        yield from template_parts(template)
    except TemplateSyntaxError as error:
        raise ValueError(str(error)) from error


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    """Put texts that follow each other into one."""
    text = ""
    for part in parts:
        if part.is_binding:
            if text:
                yield Part(text)
            text = ""
            yield part
        else:
            text += part.text
    if text:
        yield Part(text)


def _path(expression: nodes.Node) -> Path:
    """Return the path that an expression reads, nothing if it is more than one."""
    if isinstance(expression, nodes.Name):
        return (expression.name,)
    if isinstance(expression, nodes.Getattr):
        before = _path(expression.node)
        return (*before, expression.attr) if before else ()
    if isinstance(expression, nodes.Getitem) and isinstance(expression.arg, nodes.Const):
        before, member = _path(expression.node), expression.arg.value
        is_plain = isinstance(member, str | int) and not isinstance(member, bool)
        return (*before, member) if before and is_plain else ()
    return ()


def reads_bindings(value: Json) -> bool:
    """Tell whether a text has a binding of DaVinci's in it."""
    return isinstance(value, str) and BINDING.search(value) is not None
