"""The API as a WSGI application of one process."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from a2wsgi import ASGIMiddleware

from argosy.server.api.application import create_application, takes_body
from argosy.server.api.gate import Gate
from argosy.server.api.logs import log_to_stderr
from argosy.server.api.services import open_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.model import Connection
    from argosy.server.api.services import Services
    from argosy.server.api.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Api:
    """The API that is open: what answers, and the services behind it."""

    application: Gate
    services: Services

    def find_connection(self, name: str) -> Connection:
        """Return a stored connection, for flows. Raises KeyError where there is none."""
        return self.services.find_connection(name)


@contextmanager
def open_api(settings: ApiSettings) -> Iterator[Api]:
    """Open the services and yield the API over them. Raises StoreError."""
    with open_services(settings) as services:
        log_to_stderr(services.secrets, access=settings.access_log)
        yield Api(gate_of(services, settings), services)


def gate_of(services: Services, settings: ApiSettings) -> Gate:
    """Return the API over services that are open."""
    return Gate(
        ASGIMiddleware(create_application(services), wait_time=0.0),  # type: ignore[arg-type]
        new_trace=lambda: secrets.token_hex(16),
        takes_body=takes_body,
        local=settings.local,
        behind_proxy=settings.behind_proxy,
        max_body_bytes=settings.max_body_bytes,
    )
