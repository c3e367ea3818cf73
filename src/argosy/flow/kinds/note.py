"""`note`: a remark, which plans leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.kind import Execute, Kind
    from argosy.flow.plan import Compiler
    from argosy.model import Node


def compile_node(_node: Node, _compiler: Compiler, _kind: Kind) -> Execute:
    """Compile a note: a step that does nothing."""
    return lambda _context: (SUCCESS, {})


def outcomes(_node: Node) -> tuple[str, ...]:
    """Give none: no edge starts here."""
    return ()
