"""What holds of every graph without teleports: what runs is what DaVinci's logic says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.davinci.building import compares, counted, fails, flow, one_of, run, works

LOGICS = (
    "",
    "allTriggersTrue",
    "anyTriggersTrue",
    "allTriggersFalse",
    "anyTriggersFalse",
    "allTriggersComplete",
    "always",
)
#: The value of each row; the first two are equal.
ROWS = {"r0": "x", "r1": "x", "r2": "y"}
KINDS = ("works", "fails", "true", "false", "x", "y", "z")


@dataclass(frozen=True)
class Eval:
    """Sources, each with a row where it starts from one, and the logic by target."""

    sources: tuple[tuple[str, str], ...]
    targets: tuple[tuple[str, str], ...]

    @property
    def way(self) -> str:
        sources = [f"{name}#{row}" if row else name for name, row in self.sources]
        return f"{', '.join(sources)} > {', '.join(f'{name}:{x}' for name, x in self.targets)}"


def made(name: str, kind: str) -> dict[str, Any]:
    """Return a node of a kind; `x`, `y` and `z` compare such a value with the rows."""
    if kind in {"works", "fails"}:
        return works(name) if kind == "works" else fails(name)
    if kind in {"true", "false"}:
        return dict(compares(name, "AEqualsB", kind, "true"))
    return one_of(name, kind, ROWS)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, str], list[Eval]]:
    """Draw nodes by their kinds, and EVALs that lead from earlier ones to later ones."""
    names = [f"n{i}" for i in range(draw(st.integers(2, 7)))]
    kinds = {name: draw(st.sampled_from(KINDS)) for name in names}
    evals = []
    for _ in range(draw(st.integers(1, 7))):
        middle = draw(st.integers(1, len(names) - 1))
        before, after = st.sampled_from(names[:middle]), st.sampled_from(names[middle:])
        sources = draw(st.lists(before, min_size=1, max_size=3, unique=True))
        targets = draw(st.lists(after, min_size=1, max_size=2, unique=True))
        rows = [draw(st.sampled_from(["", *ROWS])) if kinds[s] in "xyz" else "" for s in sources]
        logics = [draw(st.sampled_from(LOGICS)) for _ in targets]
        evals.append(
            Eval(tuple(zip(sources, rows, strict=True)), tuple(zip(targets, logics, strict=True)))
        )
    return kinds, evals


def state(kind: str, row: str) -> bool:
    """Tell whether a node that ran counts as one that succeeded, for an edge that starts there."""
    if kind in {"x", "y", "z"}:
        return kind == ROWS[row] if row else kind in ROWS.values()
    return kind in {"works", "true"}


def holds(logic: str, states: Sequence[bool | None]) -> bool:
    """Tell whether an EVAL leads on; None is a source that never ran."""
    match logic:
        case "anyTriggersTrue":
            return True in states
        case "allTriggersFalse":
            return all(one is False for one in states)
        case "anyTriggersFalse":
            return False in states
        case "allTriggersComplete":
            return None not in states
        case "always":
            return any(one is not None for one in states)
    return all(states)


def expected(kinds: Mapping[str, str], evals: Sequence[Eval]) -> set[str]:
    """Return the nodes that run: entries, and those that some EVAL leads to."""
    found: set[str] = set()
    for name in kinds:
        into = [(e, logic) for e in evals for target, logic in e.targets if target == name]
        ways = [
            holds(logic, [state(kinds[s], row) if s in found else None for s, row in e.sources])
            for e, logic in into
        ]
        if not into or any(ways):
            found.add(name)
    return found


@given(graphs(), st.sampled_from([0, 3]))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_nodes_that_run_are_those_that_the_logic_says(
    graph: tuple[dict[str, str], list[Eval]], workers: int
) -> None:
    kinds, evals = graph
    nodes = [made(name, kind) for name, kind in kinds.items()]

    found = counted(run(flow(*nodes, ways=[e.way for e in evals]), workers=workers))

    times = {name: found[name] for name in kinds if found[name]}
    assert times == dict.fromkeys(expected(kinds, evals), 1)
