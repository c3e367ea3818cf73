"""Small connectors on disk: a minimal sound one, with changes laid over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
MINIMAL: dict[str, Any] = json.loads((HERE / "minimal.json").read_text(encoding="utf-8"))["files"]

Write = Callable[..., Path]


@pytest.fixture
def write_connector(tmp_path: Path) -> Write:
    """Write the minimal connector with changes, and return its folder.

    `patch` holds JSON merge patches (RFC 7396: null takes a member away) by file; the patch
    `{"$copy": FILE}` makes a file like another. `files` holds whole files as text, or null for
    one that is not there.
    """

    def write(
        patch: Mapping[str, Any] | None = None, files: Mapping[str, str | None] | None = None
    ) -> Path:
        content = dict(MINIMAL)
        for file, change in (patch or {}).items():
            like = change.get("$copy")
            content[file] = content[like] if like else merged(content.get(file, {}), change)
        content.update(files or {})
        root = tmp_path / "connector"
        for file, value in content.items():
            if value is not None:
                text = value if isinstance(value, str) else json.dumps(value)
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                (root / file).write_text(text, encoding="utf-8")
        return root

    return write


def merged(value: Any, patch: Any) -> Any:
    """Lay a JSON merge patch over a value."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, member in patch.items():
        if member is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), member)
    return result
