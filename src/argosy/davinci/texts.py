"""Rich texts: DaVinci keeps most texts as JSON of blocks, in which bindings are links.

A block is a line; its children are pieces of text, and links whose `data` is a binding. What a
text says is its pieces in order, and its lines under each other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.davinci.bindings import Part
    from argosy.model import Json, JsonObject

#: Children within children are read this deep; real ones have two levels.
_DEEPEST = 20


def rich_blocks(text: str) -> list[JsonObject] | None:
    """Return the blocks of a rich text, or None for a text that is none."""
    if not text.lstrip().startswith("["):
        return None
    try:
        blocks = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_rich = bool(blocks) and all(
        isinstance(block, dict) and isinstance(block.get("children"), list) for block in blocks
    )
    return blocks if is_rich else None


def spoken(text: str) -> str:
    """Return what a text says, rich or not, with its bindings in their braces."""
    blocks = rich_blocks(text)
    if blocks is None:
        return text
    return "\n".join(_said(block, _DEEPEST) for block in blocks)


def _said(piece: Json, levels: int) -> str:
    if not isinstance(piece, dict) or not levels:
        return ""
    if isinstance(piece.get("data"), str):
        return str(piece["data"])
    if isinstance(piece.get("text"), str):
        return str(piece["text"])
    children = piece.get("children")
    if not isinstance(children, list):
        return ""
    return "".join(_said(child, levels - 1) for child in children)


def rich_text(parts: Sequence[Part]) -> str:
    """Write texts and bindings as a rich text: a block for each line."""
    lines: list[list[JsonObject]] = [[]]
    for part in parts:
        if part.is_binding:
            lines[-1] += [{"text": ""}, _link(str(part), part.text)]
            lines[-1].append({"text": ""})
            continue
        first, *rest = part.text.split("\n")
        _say(lines[-1], first)
        for line in rest:
            lines.append([])
            _say(lines[-1], line)
    blocks = [{"children": children or [{"text": ""}]} for children in lines]
    return json.dumps(blocks, indent=2, ensure_ascii=False)


def _say(children: list[JsonObject], text: str) -> None:
    if text:
        children.append({"text": text})


def _link(data: str, binding: str) -> JsonObject:
    label = binding.rpartition(".")[2] or binding
    made: dict[str, Any] = {"type": "link", "src": _picture(binding), "url": label}
    return {**made, "data": data, "tooltip": data, "children": [{"text": label}]}


def _picture(binding: str) -> str:
    """Return the file that pictures where a binding reads from."""
    return "pingIdentity.svg" if binding.startswith("local.") else "variable.svg"
