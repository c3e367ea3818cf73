"""How long the command line takes to list every capability, beside doing nothing, in one run.

    python benchmarks/start.py [--rounds N]

`argosy capabilities` opens each capability's file; `argosy --help` opens none. Both start a new
process, in turns, on one core. Figures are wall seconds, the median of the rounds. Ends with 1
where the list takes more than 0.4 s, or more than three times as long as nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

COMMANDS = {"list": ["capabilities"], "search": ["capabilities", "--search", "segment"]}
NOTHING = ["--help"]
LONGEST = 0.4
LIMIT = 3.0


def run(arguments: list[str]) -> float:
    """Run the command line once and return how many seconds it took."""
    command = [sys.executable, "-m", "argosy.cli.main", *arguments]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    commands = {**COMMANDS, "nothing": NOTHING}
    for arguments in commands.values():
        run(arguments)
    figures: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, arguments in commands.items():
            figures[name].append(run(arguments))
    medians = {name: statistics.median(found) for name, found in figures.items()}
    failed = False
    for name in COMMANDS:
        ratio = medians[name] / medians["nothing"]
        is_good = medians[name] <= LONGEST and ratio <= LIMIT
        failed |= not is_good
        verdict = "within" if is_good else "OVER"
        print(
            f"{name} takes {medians[name]:.2f} s, {ratio:.1f} times as long as nothing "
            f"({verdict} the limits of {LONGEST} s and {LIMIT:.0f} times)"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
