"""`for-each`: runs its body for each item of a list, some at a time, and collects results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import ArgosyError
from argosy.flow.kinds.kind import compile_late
from argosy.flow.parallel import run_each
from argosy.model import SUCCESS, Graph

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject, Node


def compile_node(node: Node, compiler: Compiler, kind: Kind) -> Execute:
    """Compile a loop over items."""
    render = kind.render(node)
    collect = compile_late(node, "collect") if "collect" in node.inputs else None
    body = compiler.graph(node.body or Graph((), ()))
    inner = [one.id for one in body.every]

    def execute(context: StepContext) -> tuple[str, JsonObject]:
        inputs = render(context)
        items = inputs["items"]
        goes_on = inputs.get("onItemError") == "collect"
        results: list[Json] = [None] * len(items)
        errors: list[JsonObject] = []

        def turn(index: int) -> None:
            scope = context.inner_scope(item=items[index], index=index)
            try:
                context.run_body(body, scope, index)
                found = collect(context, scope, index) if collect else _outputs(scope, inner)
                results[index] = found
            except ArgosyError as error:
                if not goes_on or context.is_fatal(error):
                    raise
                errors.append({"index": index, "item": items[index], "error": error.to_json()})

        run_each(turn, len(items), inputs.get("concurrency", 1), context.state.pool)
        errors.sort(key=lambda one: int(one["index"]))
        return SUCCESS, {"results": results, "errors": errors, "count": len(items)}

    return execute


def _outputs(scope: JsonObject, inner: list[str]) -> JsonObject:
    """Return the outputs of the nodes of a turn that ran, by their ids."""
    nodes = scope["nodes"]
    return {name: nodes[name]["outputs"] for name in inner if name in nodes}
