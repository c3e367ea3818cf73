"""Put the connector at the repository's top into the wheel.

The checkout keeps `connector.json`, `capabilities/`, `schemas/`, `handlers/` and `flows/` at
its top, where people edit them, and the built-in connectors beside it in `connectors/`; the wheel
carries them as `argosy/_connector/`. An editable install gets no copy: the host finds the checkout
itself, so edits are live. Files are named by pattern, one kind a folder, so that a private or
ignored file can't slip into a release.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONNECTOR_FILES = (
    "connector.json",
    "capabilities/*/*.json",
    "schemas/*.schema.json",
    "schemas/connection-types/*.json",
    "handlers/*.py",
    "flows/*.json",
    "connectors/*/connector.json",
    "connectors/*/capabilities/*/*.json",
    "connectors/*/handlers/*.py",
)


class ConnectorBuildHook(BuildHookInterface[Any]):
    """Add the connector's files to a wheel; leave editable installs and sdists alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Extend `force_include` of a standard wheel with the connector's files."""
        if self.target_name != "wheel" or version == "editable":
            return
        for path in connector_files(Path(self.root)):
            build_data["force_include"][path] = f"argosy/_connector/{path}"


def connector_files(root: Path) -> list[str]:
    """List the connector's files below `root`, as sorted POSIX paths relative to it.

    Files named `*.local.json` are somebody's own and never travel.
    """
    found = (path for pattern in CONNECTOR_FILES for path in root.glob(pattern))
    return sorted(
        path.relative_to(root).as_posix() for path in found if not path.name.endswith(".local.json")
    )
