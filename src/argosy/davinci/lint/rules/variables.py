"""Variables of the flow, and the nodes that bindings read: all are there, and all are used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import bindings_in, shortened, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_SPACE = "global.flow.variables."
#: Only letters and digits after the first character, so a name with an underscore is never used.
_USE = re.compile(r"\{\{global\.flow\.variables\.(.[a-zA-Z0-9]*)\}\}")
_NODE_ID = re.compile(r"\b[a-z0-9]{10}\b", re.ASCII)
_OPTIONS = frozenset({"include-rules", "exclude-rules", "ignore-rules"})


def uses(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield flow variables that are not used or not set, and bindings to nodes that are not there.

    Both are looked for in the written form of the main flow.
    """
    flow = bundle.main
    used = set(_USE.findall(written(flow.document)))
    known = {name for node in flow.nodes for name in _set_by(node)} - _OPTIONS
    for node in flow.nodes:
        if node.connector == "variablesConnector":
            for name in _set_by(node):
                if name not in used:
                    words = {"variable": shortened(name)}
                    yield bundle.tell("dv-bp-variable-001", node, **words)
        bindings = bindings_in(written(_searched(node)))
        for binding in bindings:
            is_known = binding.startswith(_SPACE) and binding.removeprefix(_SPACE) in known
            if _SPACE in binding and not is_known:
                yield bundle.tell("dv-er-variable-002", node, binding=shortened(binding))
        gone = _gone(flow, bindings)
        if gone:
            listed = ", ".join(map(repr, gone[:10]))
            yield bundle.tell("dv-er-variable-003", node, nodes=listed)


def _set_by(node: LintNode) -> Sequence[str]:
    """Return the flow variables that a node sets."""
    if "variablesConnector" not in node.connector:
        return ()
    return [text_of(row.get("name")) for row in node.rows("saveFlowVariables")]


def _searched(node: LintNode) -> object:
    """Return the properties in which bindings are looked for: all but who a PingOne user is."""
    if node.connector != "pingOneSSOConnector":
        return node.data.get("properties")
    return {name: value for name, value in node.properties.items() if name != "identifier"}


def _gone(flow: LintFlow, bindings: Sequence[str]) -> Sequence[str]:
    """Return the ids of nodes at the start of bindings that the flow does not have."""
    starts = (binding[:16] for binding in bindings if "local." in binding)
    ids = dict.fromkeys(id_ for start in starts for id_ in _NODE_ID.findall(start))
    return [id_ for id_ in ids if not flow.has(id_)]
