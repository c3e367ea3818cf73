"""Stub."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json


class PlainResources:
    """Stub."""

    def in_folders(self, folders: set[str]) -> list[Json]:
        """Give none."""
        return []

    def check_empty(self, folder: str) -> None:
        """Pass."""
