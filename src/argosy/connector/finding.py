"""Where a connector is, and how its files are read.

A connector is a directory with `connector.json` at its top. Looked for in this order: the path
that is given, the environment variable `ARGOSY_CONNECTOR`, `_connector/` beside this package
(a wheel), the checkout that this package lies in (an editable install, live). The connectors in
its folder `connectors/` are built in: they stand beside whichever connector is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from argosy.errors import InvalidManifestError
from argosy.model import JsonObject, Problem, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "connector.json"
_PACKAGE = Path(__file__).resolve().parent.parent


def find_connector(given: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Return the directory of the connector to use.

    Raises InvalidManifestError where the path that is given holds no manifest.
    """
    named = given or environ.get("ARGOSY_CONNECTOR")
    if not named:
        return _own_connector()
    path = Path(named)
    if path.name == MANIFEST:
        path = path.parent
    if not (path / MANIFEST).is_file():
        raise _unreadable(path / MANIFEST, "there is no such file")
    return path.resolve()


def schema_folder() -> Path:
    """Return the folder of the schemas that describe connectors themselves."""
    return _own_connector() / "schemas"


def companion_folders() -> tuple[Path, ...]:
    """Return the folders of the built-in connectors that stand beside any other, sorted."""
    found = (_own_connector() / "connectors").glob(f"*/{MANIFEST}")
    return tuple(sorted(manifest.parent for manifest in found))


def _own_connector() -> Path:
    for folder in (_PACKAGE / "_connector", _PACKAGE.parent.parent):
        if (folder / MANIFEST).is_file():
            return folder
    raise _unreadable(_PACKAGE / "_connector" / MANIFEST, "the installation has no connector")


def read_document(root: Path, file: str) -> JsonObject:
    """Read one JSON file of a connector; `file` is a POSIX path below `root`.

    Raises ValueError with what is wrong and the line, also for a file that repeats a key, since
    one of the two values would silently win.
    """
    try:
        path = (root / file).resolve()
        if not path.is_relative_to(root.resolve()):
            raise ValueError("it lies outside the connector's folder")
        if not path.is_file():
            raise ValueError("there is no such file")
        document = parse_json(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8: {error}") from error
    except (OSError, RuntimeError) as error:  # unreadable; a circle of links; nested too deeply
        raise ValueError(f"it cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - a file, not a caller
    return document


def _unreadable(path: Path, detail: str) -> InvalidManifestError:
    problem = Problem("unreadable-file", detail, file=path.name)
    return InvalidManifestError(file=str(path), problems=[problem])
