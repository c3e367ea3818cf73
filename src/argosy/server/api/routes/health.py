"""Whether the server answers."""

from __future__ import annotations

from typing import Any

from argosy.server.api.identity import Serving
from argosy.server.api.models.accounts import Health
from argosy.server.api.refusals import refusals
from argosy.server.api.routes.router import Router

router = Router(tags=["server"])


@router.get("/health", response_model=Health, responses=refusals(token=False))
def health(services: Serving) -> Any:
    """Tell that the server answers and reaches its store."""
    services.check()
    return {"status": "ok"}
