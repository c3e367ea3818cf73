"""`http-request`: calls an address, under the same rules of hosts as a connection's own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.dispatch import send_plain
from argosy.model import MASK, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import JsonObject, Node


def compile_node(node: Node, _compiler: Compiler, kind: Kind) -> Execute:
    """Compile a request."""
    render = kind.render(node)

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        _hide_credentials(context, inputs)
        dispatcher = context.state.dispatcher(node.connection)
        return SUCCESS, send_plain(dispatcher, inputs, context.control())

    return execute


#: Headers whose values are secrets whatever they hold.
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})


def _hide_credentials(context: StepContext, inputs: JsonObject) -> None:
    """Have no record show what is in the headers that identify whoever calls."""
    headers = inputs.get("headers", {})
    secret = {name: str(headers[name]) for name in headers if name.lower() in SECRET_HEADERS}
    if secret:
        shown = {**headers, **dict.fromkeys(secret, MASK)}
        context.step.inputs = {**inputs, "headers": shown}
        context.state.hide_texts(hidden_parts(secret.values()))


def hidden_parts(values: Iterable[str]) -> Iterator[str]:
    """Yield what is to be hidden of secret headers: their values, and those without a scheme."""
    return (text for value in values for text in (value, value.rpartition(" ")[2]))
