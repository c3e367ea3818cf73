"""The built-in kinds of nodes: each a declaration in JSON and a module that says what it does.

A kind stands in the same place as a capability: it declares its inputs and outputs by schema and
its outcomes by name, so that checks, forms and records treat both alike.
"""

from argosy.flow.kinds.kind import Kind
from argosy.flow.kinds.registry import KINDS

__all__ = ["KINDS", "Kind"]
