"""`davinci`: does what a node of an imported DaVinci flow does, or says why it cannot.

What capabilities there are is declared in `connectors`, a file a connector; the modules hold what
each of them does.
"""

from argosy.flow.kinds.davinci.catalogue import (
    DavinciCapability,
    DavinciConnector,
    davinci_capability,
    davinci_connectors,
)
from argosy.flow.kinds.davinci.node import compile_node, outcomes, redo
from argosy.flow.kinds.davinci.opaque import why_opaque

__all__ = [
    "DavinciCapability",
    "DavinciConnector",
    "compile_node",
    "davinci_capability",
    "davinci_connectors",
    "outcomes",
    "redo",
    "why_opaque",
]
