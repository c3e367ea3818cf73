"""What one insert-record call costs, beside plain and tuned `requests`, in one run.

    python benchmarks/call.py [--requests N] [--rounds N]

Four clients post the same record to the same fast loopback server, in interleaved rounds, all
on one core (the server on another where there is one):

- argosy: `Dispatcher.call` with everything on: validation, rendering, routing, retries and
  deadline armed, the outputs validated;
- few: the same, of a connector with nine capabilities and not all of them;
- plain: `Session.post(url, json=record)`;
- tuned: a prepared request, no environment look-ups, orjson bytes, `Session.send`.

Figures are CPU microseconds a call of this process, the median of the rounds. Ends with 1 where
a ratio is over its limit, so that the claim in the documentation can be checked by anybody.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import requests

from argosy import Connection, Dispatcher, load

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.sink import start_sink

RECORD = {
    "email": "ada@example.com",
    "plan": "pro",
    "country": "JP",
    "visits": 3,
    "score": 0.75,
    "member": True,
    "time": 1767225600,
    "uuid": "6f1c2b1e-0f0e-4c57-9a53-0f3f5b1b2c11",
}
LIMITS = {"few": 1.10, "plain": 0.50, "tuned": 0.85}
HEADERS = {
    "Authorization": "TD1 1/0123456789abcdef0123456789abcdef01234567",
    "Content-Type": "application/vnd.treasuredata.v1.single+json",
}


def argosy_client(url: str, files: int = 0) -> Callable[[], None]:
    connector = load(Path(__file__).resolve().parent.parent)
    if files:
        some = dict(list(connector.capability_files.items())[:files])
        connector = replace(connector, capability_files=some)
    key = HEADERS["Authorization"].removeprefix("TD1 ")
    dispatcher = Dispatcher(connector, Connection(properties={"apiKey": key}, endpoint=url))
    inputs = {"region": "us01", "database": "shop", "table": "customers", "record": RECORD}

    def call() -> None:
        result = dispatcher.call("insert-record", inputs)
        if result.error or "uuid" not in result.outputs:
            raise SystemExit(f"the call failed: {result}")

    return call


def plain_client(url: str) -> Callable[[], None]:
    session = requests.Session()

    def call() -> None:
        answer = session.post(f"{url}/shop/customers", json=RECORD, headers=HEADERS)
        answer.raise_for_status()
        if not answer.json()["success"]:
            raise SystemExit("the post failed")

    return call


def tuned_client(url: str) -> Callable[[], None]:
    session = requests.Session()
    session.trust_env = False
    request = requests.Request("POST", f"{url}/shop/customers", data=b"", headers=HEADERS)
    prepared = session.prepare_request(request)

    def call() -> None:
        body = orjson.dumps(RECORD)
        prepared.body = body
        prepared.headers["Content-Length"] = str(len(body))
        answer = session.send(prepared, timeout=(5, 30))
        answer.raise_for_status()
        if not orjson.loads(answer.content)["success"]:
            raise SystemExit("the post failed")

    return call


def measure(call: Callable[[], None], requests_: int) -> float:
    started = time.process_time()
    for _ in range(requests_):
        call()
    return (time.process_time() - started) / requests_ * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=1500, help="calls a round")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    with start_sink(cpu=cores[-1]) as url:
        clients = {
            "argosy": argosy_client(url),
            "few": argosy_client(url, files=9),
            "plain": plain_client(url),
            "tuned": tuned_client(url),
        }
        for call in clients.values():
            measure(call, 200)
        rounds: dict[str, list[float]] = {name: [] for name in clients}
        for _ in range(arguments.rounds):
            for name, call in clients.items():
                rounds[name].append(measure(call, arguments.requests))
    medians = {name: statistics.median(figures) for name, figures in rounds.items()}
    print(f"{'client':<8} {'µs CPU a call':>14} {'lowest':>8} {'highest':>8}")
    for name, figures in rounds.items():
        print(f"{name:<8} {medians[name]:>14.0f} {min(figures):>8.0f} {max(figures):>8.0f}")
    failed = False
    for name, limit in LIMITS.items():
        ratio = medians["argosy"] / medians[name]
        failed |= ratio > limit
        verdict = "within" if ratio <= limit else "OVER"
        print(f"argosy / {name} = {ratio:.2f} ({verdict} the limit of {limit:.2f})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
