"""Serve the flows of `flow_files` over HTTP, for `flows.py`.

    python benchmarks/flow_server.py --endpoint URL [--processes N] [--threads N]

Prints its address when it starts.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from argosy import Connection
from argosy.server import ServerSettings, serve
from argosy.server.triggers import Route

HERE = Path(__file__).resolve().parent
KEY = "1/0123456789abcdef0123456789abcdef01234567"


def announce(url: str, _routes: list[Route]) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the benchmark's flows.")
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=128)
    arguments = parser.parse_args()
    connection = Connection({"apiKey": KEY}, endpoint=arguments.endpoint)
    settings = ServerSettings(
        connector=HERE.parent,
        flows=HERE / "flow_files",
        connections={"": connection},
        port=0,
        processes=arguments.processes,
        threads=arguments.threads,
    )
    serve(settings, announce)


if __name__ == "__main__":
    main()
