"""The router that all subjects use."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


class Router(APIRouter):
    """Answers the members that a route gives and no others: nothing is null that is not there."""

    def add_api_route(self, path: str, endpoint: Any, **settings: Any) -> None:
        """Add a route."""
        settings["response_model_exclude_unset"] = True
        settings["summary"] = settings.get("summary") or _words(endpoint.__name__)
        super().add_api_route(path, endpoint, **settings)
