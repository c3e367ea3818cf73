"""What answers over HTTP: flows whose trigger says `on: http`.

`triggers` is the WSGI callable, `serving` starts the processes that run it, `reading` reads what
came and `answers` says what goes back.
"""

from argosy.server.records import RunRing
from argosy.server.serving import ServerSettings, serve
from argosy.server.triggers import Triggers

__all__ = ["RunRing", "ServerSettings", "Triggers", "serve"]
