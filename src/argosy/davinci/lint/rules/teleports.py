"""Teleports: each start is led to, each jump has a target and what that needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import object_at
from argosy.davinci.lint.flow import is_set, parsed, shortened, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

#: Every logic but the one that a teleport may be followed by.
_OTHER_LOGIC = (
    "anyTriggersTrue",
    "anyTriggersFalse",
    "allTriggersFalse",
    "allTriggersComplete",
    "always",
)


def jumps(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what is wrong with the main flow's teleports."""
    flow = bundle.main
    starts: dict[str, LintNode] = {}
    led_to: dict[str, list[LintNode]] = {}
    other: dict[int, bool] = {}
    for node in flow.nodes:
        if "nodeConnector" not in node.connector:
            continue
        if "startNode" in node.capability:
            starts[node.id] = node
        if "goToNode" in node.capability:
            target = node.value("nodeInstanceId")
            led_to.setdefault(text_of(target), []).append(node)
            if not is_set(target):
                yield bundle.tell("dv-er-teleport-004", node)
        if node.connector == "nodeConnector" and node.capability == "startNode":
            for eval_ in flow.next_to(node.id):
                if eval_.index not in other:
                    other[eval_.index] = _goes_another_way(flow, eval_)
                if other[eval_.index]:
                    yield bundle.tell("dv-er-teleport-003", node)
    for id_, start in starts.items():
        if id_ in led_to:
            yield from _lacking(bundle, start, led_to[id_])
        else:
            yield bundle.tell("dv-er-teleport-001", start)


def _goes_another_way(flow: LintFlow, eval_: LintNode) -> bool:
    """Tell whether an EVAL leads on by another logic than all-true."""
    ways = [written(way) for way in flow.ways(eval_)]
    return any(logic in way for way in ways for logic in _OTHER_LOGIC)


def _lacking(
    bundle: Bundle, start: LintNode, jumps_here: Sequence[LintNode]
) -> Iterator[Finding | None]:
    """Yield the inputs that a start needs and a jump does not give, one by one."""
    found = start.value("inputSchema")
    if parsed(found) is None and (is_set(found) or "properties" not in start.data):
        yield None
    schema = object_at({"schema": parsed(found)}, "schema")
    needed = [
        name
        for name, member in object_at(schema, "properties").items()
        if isinstance(member, dict) and member.get("required") is True
    ]
    for jump in jumps_here:
        if jump.capability != "goToNode":
            continue
        given = jump.properties.keys() - {"nodeInstanceId", "nodeTitle"}
        for name in needed:
            if name not in given:
                words = {"input": shortened(name), "start": start.shown}
                yield bundle.tell("dv-er-teleport-002", jump, **words)
