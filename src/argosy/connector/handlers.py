"""Import a connector's handlers.

The `handlers/` folder is registered as a package under a private name, so relative imports
between handlers work and nothing goes on `sys.path`. A handler's signature is checked when it
is loaded, not when it first runs.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

from argosy.errors import InvalidHandlerError
from argosy.model import Reply
from argosy.sdk import HandlerContext

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

Handler = Callable[[HandlerContext], Reply]

_LOCK = threading.Lock()


def load_handler(root: Path, name: str, capability: str) -> Handler:
    """Import `handlers/NAME.py` of the connector in `root` and return its `run`.

    Raises InvalidHandlerError where there is no such file, its import fails, or `run` does not
    take exactly one argument.
    """
    folder = root / "handlers"
    file = (folder / f"{name}.py").resolve()
    is_own = name.isidentifier() and not name.startswith("_") and file.is_file()
    if not is_own or not file.is_relative_to(root.resolve()):
        raise InvalidHandlerError(capability=capability, detail=f"there is no handlers/{name}.py")
    module = _import(folder, name, capability)
    run: Any = getattr(module, "run", None)
    if not _takes_one_value(run):
        detail = f"handlers/{name}.py has no function run(context)"
        raise InvalidHandlerError(capability=capability, detail=detail)
    handler: Handler = run
    return handler


def _takes_one_value(run: object) -> bool:
    try:
        return callable(run) and len(inspect.signature(run).parameters) == 1
    except (TypeError, ValueError):  # something callable without a signature
        return False


def _import(folder: Path, name: str, capability: str) -> ModuleType:
    package = _register(folder)
    try:
        return importlib.import_module(f"{package}.{name}")
    except (Exception, SystemExit) as error:  # foreign code: its import may raise anything
        detail = f"handlers/{name}.py cannot be imported: {type(error).__name__}: {error}"
        raise InvalidHandlerError(capability=capability, detail=detail) from error


def _register(folder: Path) -> str:
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    package = f"_argosy_handlers_{digest}"
    with _LOCK:
        if package not in sys.modules:
            spec = ModuleSpec(package, loader=None, is_package=True)
            spec.submodule_search_locations = [str(folder)]
            sys.modules[package] = importlib.util.module_from_spec(spec)
    return package
