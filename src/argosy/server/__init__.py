"""What answers over HTTP: flows whose trigger says `on: http`, and the API.

`serving` starts the processes; `site` is what each of them runs: `triggers` for the flows, where
`reading` reads what came and `answers` says what goes back, and `api` for everything else.
"""

from argosy.server.records import RunRing
from argosy.server.serving import ServerSettings, serve
from argosy.server.triggers import Triggers

__all__ = ["RunRing", "ServerSettings", "Triggers", "serve"]
