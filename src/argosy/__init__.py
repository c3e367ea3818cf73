"""Argosy: a low-code flow connector for Treasure Data, and the host that runs it.

The public interface, all of it:

    connector = argosy.load()                       # or argosy.load("path/to/connector")
    connection = argosy.Connection({"apiKey": "…", "region": "tokyo"})
    with argosy.Dispatcher(connector, connection) as dispatcher:
        result = dispatcher.call("…", {…})
        result.status, result.outputs, result.error

Names load on first use, so that `import argosy` costs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.dispatch import Dispatcher, Ports
    from argosy.errors import ArgosyError
    from argosy.model import Connection, Connector, Problem, Result, TransportSettings

__all__ = [
    "ArgosyError",
    "Connection",
    "Connector",
    "Dispatcher",
    "Ports",
    "Problem",
    "Result",
    "TransportSettings",
    "load",
]

_HOMES = {
    "ArgosyError": "argosy.errors",
    "Connection": "argosy.model",
    "Connector": "argosy.model",
    "Dispatcher": "argosy.dispatch",
    "Ports": "argosy.dispatch",
    "Problem": "argosy.model",
    "Result": "argosy.model",
    "TransportSettings": "argosy.model",
}


def load(path: str | Path | None = None) -> Connector:
    """Load a connector from its directory; without one, the connector of this installation.

    The environment variable `ARGOSY_CONNECTOR` names another default. Raises
    InvalidManifestError, with every problem in `connector.json`.
    """
    from argosy.connector import find_connector, load_connector

    return load_connector(find_connector(path, os.environ))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'argosy' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
