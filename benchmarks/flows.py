"""What a flow costs: a step beside its call, and flows behind HTTP beside Node-RED, in one run.

    python benchmarks/flows.py [--quick] [--rounds N] [--seconds S] [--only a,b,c,d,e]

(a) a step: CPU of a run in this process beside the same capability calls without an engine;
(b) an HTTP-triggered flow with one insert-record node, 32 connections, one process on one core;
(c) the same with a transform and three insert-record nodes;
(d) (b) again with two processes on all cores, beside Node-RED, which is one process;
(e) (b) again with an upstream that answers after 50 ms, 128 connections.

Everything of Argosy is on: inputs validated, expressions rendered, outputs validated, each step
recorded. Node-RED builds the same record in a function node and sends it with its HTTP request
node, connections kept alive. Both are started anew in each round, and kept busy in turns; a ratio
is the median of the rounds. CPU is that of all processes of the peer, without the load and the
upstream, which run on another core where there is one. The ratios count: wall times of a busy
machine mean little, and a ratio under 1.2 means no difference.

Node-RED and its Node come from the npm registry, by `npm`, into ~/.cache/argosy-benchmarks.
Nothing is written into the repository. Ends with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from argosy import Connection, Dispatcher, load
from argosy.flow import Engine
from argosy.flow.library import parse_flow
from argosy.model import JsonObject

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks.flow_server import KEY
from benchmarks.load import BODY
from benchmarks.sink import start_sink

HERE = Path(__file__).resolve().parent
FILES = HERE / "flow_files"
CACHE = Path.home() / ".cache" / "argosy-benchmarks"
PACKAGES = ("node-red@5", "node@24")
CORES = sorted(os.sched_getaffinity(0))
TICK = os.sysconf("SC_CLK_TCK")
INPUT = {"email": "ada@example.com", "plan": "pro", "country": "JP", "visits": 3}


@dataclass(frozen=True)
class Scenario:
    """One measurement of both peers. `delay` is the upstream's, in seconds."""

    name: str
    path: str = "/flows/one"
    connections: int = 32
    processes: int = 1
    pinned: bool = True
    delay: float = 0.0


@dataclass(frozen=True)
class Window:
    """What one peer did in a while: flows, seconds, p99 in ms, CPU seconds."""

    answered: int
    seconds: float
    p99: float
    cpu: float


@dataclass(frozen=True)
class Figures:
    """What one peer did in one round: flows a CPU second, flows a second, p99 in ms."""

    per_cpu: float
    per_second: float
    p99: float


#: Scenario, figure, the least ratio of Argosy's to Node-RED's, and the aim.
LIMITS = (
    ("b", "per_cpu", 1.2, 1.5),
    ("b", "p99", 2.0, 2.0),
    ("c", "per_cpu", 1.2, 1.5),
    ("d", "per_second", 1.8, 1.8),
    ("e", "per_second", 1.5, 1.5),
)
SCENARIOS = {
    "b": Scenario("b"),
    "c": Scenario("c", path="/flows/three"),
    "d": Scenario("d", processes=2, pinned=False),
    "e": Scenario("e", connections=128, delay=0.05),
}
WORDS = {"per_cpu": "flows a CPU second", "per_second": "flows a second", "p99": "p99 in ms"}
MOST_STEP_MICROSECONDS = 60.0
INSERTS = 10
WARM_UP_FLOWS = 3000
WARM_UP_SECONDS = 12.0


def chain(inserts: int) -> JsonObject:
    """Return a flow of so many inserts, one after the other."""
    document: JsonObject = json.loads((FILES / "one.flow.json").read_text())
    trigger, insert, respond = document["nodes"]
    names = [f"insert{number}" for number in range(inserts)]
    respond["inputs"] = {"body": {"uuid": f"{{{{ nodes.{names[-1]}.outputs.uuid }}}}"}}
    order = [trigger["id"], *names, respond["id"]]
    document["nodes"] = [trigger, *({**insert, "id": name} for name in names), respond]
    document["edges"] = [{"from": one, "to": after} for one, after in pairwise(order)]
    return document


def measure_step(rounds: int) -> tuple[float, float, float]:
    """Return the CPU µs of a call, of a step beside its call, and of a run beside its steps."""
    with contextlib.ExitStack() as opened:
        url = opened.enter_context(start_sink(cpu=CORES[-1]))
        connector = load(HERE.parent)
        dispatcher = Dispatcher(connector, Connection({"apiKey": KEY}, endpoint=url))
        opened.enter_context(dispatcher)
        engine = opened.enter_context(Engine(connector, {"": dispatcher}))
        flows = [parse_flow(chain(count), f"chain{count}", "") for count in (1, 1 + INSERTS)]
        inputs = {"database": "shop", "table": "customers", "record": INPUT}

        def call() -> None:
            if dispatcher.call("insert-record", inputs).error:
                raise SystemExit("the call failed")

        def run(index: int) -> Callable[[], None]:
            def once() -> None:
                if engine.run(flows[index], INPUT).status != "succeeded":
                    raise SystemExit("the run failed")

            return once

        work = {"call": (call, 40), "short": (run(0), 30), "long": (run(1), 5)}
        taken: dict[str, list[float]] = {name: [] for name in work}
        for turn in range(rounds + 3):
            for name, (once, times) in work.items():
                started = time.process_time()
                for _ in range(times):
                    once()
                if turn >= 3:  # the first ones warm up
                    taken[name].append((time.process_time() - started) / times * 1e6)
    # What disturbs a machine only ever adds, and the difference of two medians shows it twice.
    low = {name: statistics.quantiles(figures, n=10)[0] for name, figures in taken.items()}
    step = (low["long"] - low["short"]) / INSERTS - low["call"]
    return low["call"], step, low["short"] - low["call"] - step


def cpu_seconds(root: int) -> float:
    """Return the CPU time of a process and of all that it has started."""
    parents: dict[int, list[tuple[int, float]]] = {}
    own = 0.0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / TICK
            parents.setdefault(int(fields[1]), []).append((int(entry.name), used))
            own = used if int(entry.name) == root else own
    total, waiting = own, [root]
    while waiting:
        for child, used in parents.get(waiting.pop(), ()):
            total += used
            waiting.append(child)
    return total


def pinned(command: list[str], *, is_pinned: bool) -> list[str]:
    """Return a command that runs on the first core only, where that is wanted."""
    return ["taskset", "-c", str(CORES[0]), *command] if is_pinned else command


@contextlib.contextmanager
def started(command: list[str], environ: dict[str, str] | None = None) -> Iterator[tuple[int, str]]:
    """Run a peer; yield its process id and its first line, if it writes one."""
    process = subprocess.Popen(
        command, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield process.pid, "" if environ else process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def argosy_server(scenario: Scenario, sink: str) -> Iterator[tuple[int, str]]:
    command = [sys.executable, str(HERE / "flow_server.py"), "--endpoint", sink]
    command += ["--processes", str(scenario.processes)]
    with started(pinned(command, is_pinned=scenario.pinned)) as (pid, url):
        yield pid, url


@contextlib.contextmanager
def node_red(scenario: Scenario, sink: str) -> Iterator[tuple[int, str]]:
    modules = CACHE / "node_modules"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(FILES / "node-red.json", Path(folder, "flows.json"))
        command = [str(modules / "node/bin/node"), str(modules / "node-red/red.js")]
        command += ["--userDir", folder, "--settings", str(FILES / "node-red-settings.js")]
        port = free_port()
        environ = {"PORT": str(port), "FLOW_FILE": "flows.json", "SINK_URL": sink}
        with started(pinned(command, is_pinned=scenario.pinned), environ) as (pid, _):
            yield pid, f"http://127.0.0.1:{port}"


PEERS = {"argosy": argosy_server, "node-red": node_red}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until a flow is answered."""
    deadline = time.monotonic() + 60
    headers = {"Content-Type": "application/json"}
    while True:
        request = urllib.request.Request(url, data=BODY, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measure_round(scenario: Scenario, seconds: float, windows: int) -> dict[str, Figures]:
    """Start both peers, keep them busy in turn, and return what each did.

    One idles while the other works, so what disturbs the machine disturbs both alike.
    """
    seen: dict[str, list[Window]] = {peer: [] for peer in PEERS}
    with contextlib.ExitStack() as opened:
        sink = opened.enter_context(start_sink(cpu=CORES[-1], delay=scenario.delay))
        running = {
            peer: opened.enter_context(start(scenario, sink)) for peer, start in PEERS.items()
        }
        for _, url in running.values():
            wait_for(url + scenario.path)
        for pid, url in running.values():
            warm_up(pid, url, scenario)
        for _ in range(windows):
            for peer, (pid, url) in running.items():
                seen[peer].append(keep_busy(pid, url, scenario, seconds))
    return {peer: figures_of(found) for peer, found in seen.items()}


def warm_up(pid: int, url: str, scenario: Scenario) -> None:
    """Keep a peer busy until its compiler has seen enough, or for a while."""
    answered, deadline = 0, time.monotonic() + WARM_UP_SECONDS
    while answered < WARM_UP_FLOWS and time.monotonic() < deadline:
        answered += keep_busy(pid, url, scenario, 1.0).answered


def keep_busy(pid: int, url: str, scenario: Scenario, seconds: float) -> Window:
    """Keep a peer busy for a while and return what it did."""
    command = [sys.executable, str(HERE / "load.py"), "--url", url + scenario.path]
    command += ["--connections", str(scenario.connections), "--cpu", str(CORES[-1])]
    command += ["--seconds", str(seconds), "--warm-up", "0.3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        if process.stdout.readline() != "start\n":
            raise SystemExit(f"{url} cannot be measured")
        before = cpu_seconds(pid)
        found = json.loads(process.stdout.readline())
        return Window(found["answered"], found["seconds"], found["p99"], cpu_seconds(pid) - before)


def figures_of(windows: list[Window]) -> Figures:
    answered = sum(one.answered for one in windows)
    return Figures(
        answered / sum(one.cpu for one in windows),
        answered / sum(one.seconds for one in windows),
        statistics.median(one.p99 for one in windows),
    )


def install_node_red() -> None:
    """Install Node-RED and its Node, once."""
    if (CACHE / "node_modules/node-red/red.js").exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    print(f"installing {' and '.join(PACKAGES)} into {CACHE}", file=sys.stderr)
    command = ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", *PACKAGES]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def print_step(rounds: int) -> bool:
    """Measure and print (a); tell whether it is within its limit."""
    call, step, rest = measure_step(rounds)
    is_within = step <= MOST_STEP_MICROSECONDS
    print(f"(a) µs CPU: call {call:.0f}, step beside its call {step:.0f}", end=" ")
    print(f"(limit {MOST_STEP_MICROSECONDS:.0f}: {'within' if is_within else 'OVER'}),", end=" ")
    print(f"run beside its insert step {rest:.0f}")
    return is_within


def print_table(found: dict[tuple[str, str], list[Figures]]) -> bool:
    """Print the ratios; tell whether all are within their limits."""
    print(f"{'':<4}{'figure':<20}{'Argosy':>9}{'Node-RED':>10}{'ratio':>7}{'limit':>7}{'aim':>6}")
    all_within = True
    for name, figure, limit, aim in LIMITS:
        if (name, "argosy") not in found:
            continue
        pairs = [
            (getattr(one, figure), getattr(other, figure))
            for one, other in zip(found[name, "argosy"], found[name, "node-red"], strict=True)
        ]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(o / t for o, t in pairs)
        ratio = 1 / ratio if figure == "p99" else ratio
        verdict = "" if ratio >= limit else "  MISSED"
        all_within &= ratio >= limit
        print(f"({name}) {WORDS[figure]:<20}{ours:>9.1f}{theirs:>10.1f}", end="")
        print(f"{ratio:>7.2f}{limit:>7.1f}{aim:>6.1f}{verdict}")
    return all_within


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--rounds", type=int, default=3, help="fresh starts of each peer")
    parser.add_argument("--windows", type=int, default=4, help="turns of each peer in a round")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long a turn takes")
    parser.add_argument("--only", default="a,b,c,d,e", help="the measurements to make")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.windows, arguments.seconds = 1, 2, 1.0
    wanted = arguments.only.split(",")
    good = "a" not in wanted or print_step(10 if arguments.quick else 60)
    chosen = [SCENARIOS[name] for name in wanted if name != "a"]
    if chosen:
        install_node_red()
    found: dict[tuple[str, str], list[Figures]] = {}
    for _ in range(arguments.rounds):
        for scenario in chosen:
            figures = measure_round(scenario, arguments.seconds, arguments.windows)
            for peer, one in figures.items():
                found.setdefault((scenario.name, peer), []).append(one)
                text = f"({scenario.name}) {peer:<9} {one.per_cpu:8.0f} a CPU s"
                text += f" {one.per_second:8.0f} a s  p99 {one.p99:6.1f} ms"
                print(text, file=sys.stderr)
    return 0 if print_table(found) and good else 1


if __name__ == "__main__":
    sys.exit(main())
