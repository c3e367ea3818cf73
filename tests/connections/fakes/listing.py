"""Pages of lists, as vendors cut them: by cursor, by number, by link."""

from __future__ import annotations

import base64
import re
from typing import Any

Rows = list[dict[str, Any]]


def by_cursor(rows: Rows, cursor: str, size: int) -> tuple[Rows, str]:
    """Return a page and the opaque cursor of the next one, empty on the last."""
    start = int(base64.b64decode(cursor).decode().removeprefix("next:")) if cursor else 0
    end = start + size
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(rows) else ""
    return rows[start:end], following


def by_number(rows: Rows, number: int, size: int) -> tuple[Rows, bool]:
    """Return the page of a number from 1, and whether there is another."""
    start = (number - 1) * size
    return rows[start : start + size], start + size < len(rows)


class UnknownFieldError(ValueError):
    """A query asks for a field that the type does not have."""


def select(node: Any, selection: dict[str, Any]) -> Any:
    """Return what a GraphQL selection takes of a node. Raises UnknownFieldError."""
    if isinstance(node, list):
        return [select(one, selection) for one in node]
    if node is None or not selection:
        return node
    unknown = set(selection) - set(node)
    if unknown:
        raise UnknownFieldError(f"Field '{min(unknown)}' doesn't exist")
    return {name: select(node[name], inner) for name, inner in selection.items()}


def selection_of(query: str) -> tuple[str, dict[str, Any]]:
    """Return the connection that a query reads, and what it selects of its nodes."""
    found = re.fullmatch(
        r"query\(\$first: Int!, \$after: String\) \{ (\w+)\(first: \$first, after: \$after\) "
        r"\{ nodes (\{.*\}) pageInfo \{ hasNextPage endCursor \} \} \}",
        query,
    )
    assert found, query
    tokens = iter(re.findall(r"\w+|[{}]", found[2]))
    assert next(tokens) == "{"
    return found[1], _braced(tokens)


def _braced(tokens: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    name = ""
    for token in tokens:
        if token == "}":
            return chosen
        if token == "{":
            chosen[name] = _braced(tokens)
        else:
            name = token
            chosen[name] = {}
    raise AssertionError("a brace is open")
