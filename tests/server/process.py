"""Serve flows until told to end; the settings are a JSON object, the only argument."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from argosy import Connection
from argosy.server import ServerSettings, serve
from argosy.server.triggers import Route

ROOT = Path(__file__).resolve().parent.parent.parent


def announce(url: str, _routes: list[Route]) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def main(given: dict[str, Any]) -> None:
    connection = Connection({"apiKey": given.pop("key")}, endpoint=given.pop("endpoint"))
    flows = Path(given.pop("flows"))
    serve(ServerSettings(ROOT, flows, {"": connection}, port=0, **given), announce)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
