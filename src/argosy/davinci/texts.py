"""Rich texts: DaVinci keeps most texts as JSON of blocks, in which bindings are links.

A block is a line; its children are pieces of text, and links whose `data` is a binding. What a
text says is its pieces in order, and its lines under each other.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from argosy.davinci.bindings import BINDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.davinci.bindings import Part
    from argosy.model import Json, JsonObject

#: Children within children are read this deep; real ones have two levels.
_DEEPEST = 20
#: Texts that differ in more than this, the words of one times those of the other, are replaced.
_MOST_COMPARED = 250_000


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


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a rich text and the child that says it; a line's end has its next block instead."""

    text: str
    child: Json = None
    block: JsonObject | None = None


def edited_rich_text(blocks: Sequence[JsonObject], parts: Sequence[Part]) -> str:
    """Write a rich text anew after an edit; what still says the same keeps its children."""
    old = list(_tokens(blocks))
    whole = [
        re.escape(t.text) for t in old if t.text and t.block is None and not _is_words(t.child)
    ]
    pattern = "|".join([*sorted(set(whole), key=len, reverse=True), _WORDS])
    new = [match[0] for match in re.finditer(pattern, "".join(map(str, parts)), re.DOTALL)]
    lines = _Lines([{**blocks[0], "children": []}])
    for tokens, texts, following in _aligned(old, new):
        if texts is None:
            for token in tokens:
                lines.keep(token)
        else:
            lines.replace(tokens, texts, following)
    for block in lines.blocks:
        block["children"] = block["children"] or [{"text": ""}]
    return json.dumps(lines.blocks, indent=2, ensure_ascii=False)


_WORDS = rf"{BINDING.pattern}|\n|\w+|[^\S\n]+|."


def _tokens(blocks: Sequence[JsonObject]) -> Iterator[_Token]:
    for number, block in enumerate(blocks):
        if number:
            yield _Token("\n", block=block)
        for child in block["children"]:
            said = _said(child, _DEEPEST - 1)
            if said and _is_words(child):
                yield from (_Token(m[0], child) for m in re.finditer(_WORDS, said, re.DOTALL))
            else:
                yield _Token(said, child)


def _is_words(child: Json) -> bool:
    """Tell whether a child is a plain piece of text, however it looks."""
    if not isinstance(child, dict) or isinstance(child.get("data"), str):
        return False
    return isinstance(child.get("text"), str)


def _aligned(
    old: Sequence[_Token], new: Sequence[str]
) -> Iterator[tuple[Sequence[_Token], Sequence[str] | None, _Token | None]]:
    """Yield tokens that stay, with None, and those in whose place texts come; and what follows."""
    first, begin = _common(old, new)
    last, end = _common(old[first:][::-1], new[begin:][::-1])
    last, end = len(old) - last, len(new) - end
    yield old[:first], None, None
    texts = [token.text for token in old[first:last]]
    if len(texts) * (end - begin) > _MOST_COMPARED:
        steps: Sequence[tuple[str, int, int, int, int]] = [
            ("replace", 0, len(texts), 0, end - begin)
        ]
    else:
        steps = SequenceMatcher(None, texts, new[begin:end], autojunk=False).get_opcodes()
    for step, i, j, k, m in steps:
        following = old[first + j] if first + j < len(old) else None
        there = None if step == "equal" else new[begin + k : begin + m]
        yield old[first + i : first + j], there, following
    yield old[last:], None, None


def _common(old: Sequence[_Token], new: Sequence[str]) -> tuple[int, int]:
    """Return how many tokens and texts are the same from the first on; silent tokens are passed."""
    same = passed = 0
    for token in old:
        if token.text and (same >= len(new) or new[same] != token.text):
            break
        passed += 1
        same += bool(token.text)
    return passed, same


@dataclass
class _Lines:
    """A rich text as it is written; `open` is the child whose words are written last."""

    blocks: list[JsonObject]
    open: JsonObject | None = field(default=None)

    def keep(self, token: _Token) -> None:
        """Write what stays."""
        if token.block is not None:
            self._begin_line(token.block)
        elif _is_words(token.child):
            self._say(token.text, token.child)
        else:
            self._append(token.child)

    def replace(
        self, gone: Sequence[_Token], texts: Sequence[str], following: _Token | None
    ) -> None:
        """Write texts in the place of tokens, like the words that stood there or beside them."""
        is_silent = not any(token.text for token in gone)
        like = [token.child for token in gone if token.text and _is_words(token.child)]
        for token in gone:
            if not token.text and (is_silent or not _is_words(token.child)):
                self.keep(token)
        beside = following.child if following and _is_words(following.child) else {"text": ""}
        for text in texts:
            if text == "\n":
                self._begin_line(self.blocks[-1])
            elif BINDING.fullmatch(text):
                for child in ({"text": ""}, _link(text, text[2:-2]), {"text": ""}):
                    self._append(child)
            else:
                self._say(text, like[0] if like else self.open or beside)

    def _begin_line(self, block: JsonObject) -> None:
        self.blocks.append({**block, "children": []})
        self.open = None

    def _append(self, child: Json) -> None:
        self.blocks[-1]["children"].append(child)
        self.open = None

    def _say(self, text: str, child: Any) -> None:
        if self.open is not child:
            self._append({**child, "text": ""})
            self.open = child
        self.blocks[-1]["children"][-1]["text"] += text
