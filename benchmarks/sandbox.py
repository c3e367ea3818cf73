"""What the sandbox bears: rows in, queries over a million of them, start-up and memory, in one run.

    python benchmarks/sandbox.py [--rows N]

A client in another process posts batches of 500 records, first to a server that reads them and
forgets (the same HTTP, no sandbox), then to the sandbox; the ratio tells what keeping them
costs. Then queries run over the rows as jobs. Figures are wall seconds of this machine. Ends
with 1 where the sandbox takes fewer than 150,000 rows a second, a query takes a second, the
start one second, or the memory reaches 400 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import orjson
from uvicorn import Config, Server

BATCH = 500
LEAST_RATE = 150_000
MOST_SECONDS = 1.0
MOST_MEMORY = 400
HEADERS = {
    "Authorization": "TD1 1/sandbox",
    "Content-Type": "application/vnd.treasuredata.v1+json",
}
QUERIES = (
    "SELECT count(*) FROM events",
    "SELECT channel, count(*) n, sum(amount), avg(quantity) FROM events GROUP BY 1 ORDER BY 2",
    "SELECT TD_TIME_FORMAT(time, 'yyyy-MM-dd', 'JST') d, approx_distinct(customer_id) FROM events "
    "WHERE TD_TIME_RANGE(time, '2023-11-01', '2024-01-01') GROUP BY 1 ORDER BY 1",
    "SELECT customer_id, sum(amount) s FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
)


def batch(number: int) -> bytes:
    """Make one batch of orders as a client would send it."""
    first = number * BATCH
    records = [
        {
            "time": 1_700_000_000 + index,
            "customer_id": f"c-{index % 50_000:06}",
            "page": "/products/1234",
            "amount": index % 977 * 1.5,
            "quantity": index % 7,
            "currency": "EUR",
            "channel": ("web", "shop", "app")[index % 3],
            "is_new": index % 5 == 0,
        }
        for index in range(first, first + BATCH)
    ]
    return orjson.dumps({"records": records})


def post(url: str, count: int) -> float:
    """Post so many batches over one connection and return how many seconds it took."""
    bodies = [batch(number) for number in range(count)]
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    started = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/shop/events", body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    return time.perf_counter() - started


def client(url: str, count: int) -> float:
    """Post from another process."""
    command = [sys.executable, __file__, "--post", url, "--rows", str(count * BATCH)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def forget(port: int) -> None:
    """Serve with the sandbox's HTTP, reading everything and keeping nothing."""
    receipt = orjson.dumps({"receipts": [{"success": True, "uuid": "0" * 36}] * BATCH})

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        more = True
        while more:
            more = (await receive()).get("more_body", False)
        head = [(b"content-length", str(len(receipt)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": receipt})

    config = Config(app, port=port, http="h11", log_config=None, lifespan="off", ws="none")
    await Server(config).serve()


def memory(process: subprocess.Popen[str]) -> float:
    """Give the megabytes a process holds."""
    lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def started(arguments: list[str]) -> tuple[subprocess.Popen[str], str, float]:
    """Start a server; give it, its URL, and how many seconds it took to say that it answers."""
    began = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        if "http://" in line:
            url = "http://" + line.partition("http://")[2].partition(",")[0].split()[0]
            break
    return process, url, time.perf_counter() - began


def query(url: str, text: str) -> float:
    """Run a query as a job and return how many seconds it took until the job had ended."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    headers = {"Authorization": "TD1 1/sandbox", "Content-Type": "application/json"}
    began = time.perf_counter()
    body = orjson.dumps({"query": text})
    connection.request("POST", "/v3/job/issue/presto/shop", body, headers)
    job = orjson.loads(connection.getresponse().read())["job_id"]
    connection.request("GET", f"/v3/job/status/{job}", headers=headers)
    answer = orjson.loads(connection.getresponse().read())
    took = time.perf_counter() - began
    assert answer["status"] == "success", answer
    return took


def verdict(text: str, *, is_good: bool) -> bool:
    """Print a figure and whether it is within its limit; return whether it isn't."""
    print(f"{text} ({'within' if is_good else 'OVER'} the limit)")
    return not is_good


def measure(rows: int) -> int:
    """Measure everything and return the exit code."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    floor_server = subprocess.Popen([sys.executable, __file__, "--forget", str(port)])
    sandbox = [sys.executable, "-m", "argosy.cli.main", "sandbox", "--port", "0"]
    starts = []
    for _ in range(3):
        process, _url, took = started(sandbox)
        process.terminate()
        process.wait()
        starts.append(took)
    process, url, _ = started(sandbox)
    few = 200
    try:
        floor = few * BATCH / client(f"http://127.0.0.1:{port}", few)
        rate = rows / client(url, rows // BATCH)
        held = memory(process)
        slowest = max(min(query(url, text) for _ in range(3)) for text in QUERIES)
        after = memory(process)
    finally:
        for one in (process, floor_server):
            one.terminate()
            one.wait()
    start, most = statistics.median(starts), max(held, after)
    failed = [
        verdict(f"{rate:,.0f} rows a second", is_good=rate >= LEAST_RATE),
        verdict(f"{slowest:.2f} s for the slowest query", is_good=slowest < MOST_SECONDS),
        verdict(f"{start:.2f} s to start with the seed", is_good=start < MOST_SECONDS),
        verdict(f"{most:.0f} MB at {rows:,} rows", is_good=most < MOST_MEMORY),
    ]
    print(f"keeping rows / forgetting them: {rate / floor:.2f} of the rate")
    return int(any(failed))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--post", help=argparse.SUPPRESS)
    parser.add_argument("--forget", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.post:
        print(post(chosen.post, chosen.rows // BATCH))
        return 0
    if chosen.forget:
        asyncio.run(forget(chosen.forget))
        return 0
    return measure(chosen.rows)


if __name__ == "__main__":
    sys.exit(main())
