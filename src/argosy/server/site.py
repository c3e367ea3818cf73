"""What one process answers: flows below their prefix, and the API everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.server.api.gate import Application
    from argosy.server.reading import Environ
    from argosy.server.triggers import StartResponse


class Site:
    """A WSGI application that chooses by the beginning of the path, and does nothing else.

    Whom each of the two answers is its own business.
    """

    __slots__ = ("_api", "_prefix", "_triggers")

    def __init__(self, triggers: Application, prefix: str, api: Application) -> None:
        self._triggers = triggers
        self._prefix = prefix
        self._api = api

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"].startswith(self._prefix):
            return self._triggers(environ, start_response)
        return self._api(environ, start_response)
