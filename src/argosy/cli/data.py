"""Where the server and the commands on this machine keep what they know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Connector
    from argosy.server.api import ApiSettings

#: What of the environment says where keys are.
_OF_KEYS = ("ARGOSY_SECRET_KEYS", "XDG_CONFIG_HOME", "HOME")


def api_settings(
    loaded: Connector, data: str | None, environ: Mapping[str, str], **more: Any
) -> ApiSettings:
    """Return the settings of the store in a data folder, and of the services over it.

    With `local=True` whoever has the files needs no account. Raises MissingExtraError.
    """
    import argosy.store  # noqa: F401 - first, since it names the extra where that is missing
    from argosy.server.api import ApiSettings

    folder = data_folder(data, environ)
    return ApiSettings(
        store_url=store_url(folder, environ),
        connector=loaded.root,
        data=folder,
        environ={name: environ[name] for name in _OF_KEYS if name in environ},
        **more,
    )


def data_folder(given: str | None, environ: Mapping[str, str]) -> Path:
    """Return the data folder: the given one, else the user's own."""
    if given:
        return Path(given).absolute()
    home = environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "argosy"


def store_url(data: Path, environ: Mapping[str, str]) -> str:
    """Return the store's address: ARGOSY_DATABASE_URL, else a file in the data folder."""
    return environ.get("ARGOSY_DATABASE_URL") or f"sqlite:///{data / 'argosy.db'}"
