"""Code in a flow that global values are written into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import list_at, object_at
from argosy.davinci.lint.flow import bindings_in, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode
    from argosy.model import Json

_SNIPPETS = "codeSnippetConnector"
#: Connectors whose screens have a script of their own, one for each screen or one in all.
_SCRIPTED = frozenset(
    {
        "entrustConnector",
        "idemiaConnector",
        "jumioConnector",
        "lexisnexisV2Connector",
        "mfaContainerConnector",
        "nuanceConnector",
        "pingFederateConnectorV2",
        "securIdConnector",
        "transunionConnector",
        "userPolicyConnector",
    }
)


def global_variables(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield scripts and functions that global values go into.

    The linter tells all three under the id of the main flow, and the last one once a flow,
    without a node.
    """
    main = bundle.main.id
    for flow in bundle.looked_through:
        for node in flow.nodes:
            code = _code(node)
            if code:
                yield bundle.tell(code, node, flow, (main, node.id))
        scripted = _scripted(flow)
        if scripted:
            listed = ", ".join(node.shown for node in scripted[:10])
            more = ", …" if len(scripted) > 10 else ""
            code, nodes = "dv-bp-globalVariable-003", listed + more
            yield bundle.tell(code, None, flow, (main, ""), nodes=nodes)


def _code(node: LintNode) -> str:
    """Return under which code a page's script or a function is told, if it is."""
    if node.is_connection and node.capability == "customHTMLTemplate":
        is_unsafe = _reads(node.value("customScript"), "global.")
        return "dv-bp-globalVariable-001" if is_unsafe else ""
    if node.capability == "customFunction":
        is_unsafe = _reads(node.value("variableInputList"), "global.company.")
        return "dv-bp-globalVariable-002" if is_unsafe else ""
    return ""


def _scripted(flow: LintFlow) -> list[LintNode]:
    """Return the nodes of other connectors whose code global values go into."""
    snippets = [one for one in list_at(flow.document, "connections") if _is_unsafe_snippet(one)]
    return [
        node
        for node in flow.nodes
        if (node.is_connection and node.connector in _SCRIPTED and _runs_script(node))
        or (snippets and node.connector == _SNIPPETS)
    ]


def _is_unsafe_snippet(connection: Json) -> bool:
    if text_of(object_at({"it": connection}, "it").get("connectorId")) != _SNIPPETS:
        return False
    code = object_at(object_at(connection, "properties"), "code")
    return _reads(code.get("value"), "global.")


def _runs_script(node: LintNode) -> bool:
    screens = [object_at(screen, "properties") for screen in node.properties.values()]
    scripts = [object_at(one, "customScript") for one in (node.properties, *screens)]
    return any(_reads(script.get("value"), "global.") for script in scripts)


def _reads(value: Json, space: str) -> bool:
    return value is not None and any(space in one for one in bindings_in(written(value)))
