"""A local, emulated Treasure Data over real HTTP, for tests, demos and offline work.

    with start() as sandbox:
        requests.post(f"{sandbox.url}/shop/customers", …)

Every API family answers (see `state`), and control routes of its own (see `control`). What it
holds is in DuckDB and SQLite (see `store`), what it starts with in a seed (see `seed`), what takes
time goes by an agenda (see `agenda`), and it can be made to fail (see `faults`). It shares no code
with the rest of the package, so that a mistake can't cancel itself out.
"""

from __future__ import annotations

from argosy.sandbox.reading import ShapeError
from argosy.sandbox.server import RunningSandbox, serve, start
from argosy.sandbox.settings import Settings, SetupError
from argosy.sandbox.store import DataFileError
from argosy.sandbox.welcome import welcome

__all__ = [
    "DataFileError",
    "RunningSandbox",
    "Settings",
    "SetupError",
    "ShapeError",
    "serve",
    "start",
    "welcome",
]
