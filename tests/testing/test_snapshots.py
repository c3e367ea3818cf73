"""Snapshots: kept beside the test, compared, and masked where values differ from run to run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.errors import InvalidFlowTestError
from argosy.model import MASK
from argosy.testing import CaseResult, SnapshotFile, trace_lines
from argosy.testing.snapshots import masked
from tests.testing.conftest import Bench, loop

UUID = "c460168d-e02a-52d3-ad0c-ce1ab2203572"


def _keep(bench: Bench, *cases: Any) -> list[CaseResult]:
    test = bench.load(*cases)
    file = SnapshotFile(test.path)
    results = [bench.runner.run(test, case, updates_snapshots=True) for case in test.cases]
    file.write(results, [case.name for case in test.cases])
    return results


def test_what_was_kept_passes_and_what_has_changed_is_told(bench: Bench) -> None:
    expect = {"expect": {"response": {"body": {"snapshot": True}}}}
    kept = _keep(bench, expect)
    test = bench.load(expect)
    file = SnapshotFile(test.path)

    again = bench.runner.run(test, test.cases[0], file.of("case 1"))
    document = json.loads(file.path.read_text(encoding="utf-8"))
    document["cases"]["case 1"]["/response/body"]["at"] = 7
    file.path.write_text(json.dumps(document), encoding="utf-8")
    changed = bench.runner.run(test, test.cases[0], SnapshotFile(test.path).of("case 1"))

    assert [one.verdict for one in (*kept, again)] == ["passed", "passed"]
    assert "\n".join(trace_lines(changed)[:5]) == (
        "  the response's body is not what its snapshot holds\n"
        f"    at {test.file}#/cases/0/expect/response/body/snapshot\n"
        "    /at\n      expected: 7\n      found:    1767229200"
    )


def test_steps_of_one_node_have_snapshots_of_their_own(bench: Bench) -> None:
    bench.write_flow("each", loop([1, 2]))
    expect = {"steps": {"one": {"outputs": {"snapshot": True}}}}
    test = bench.load({"expect": expect}, flow="each")

    result = bench.runner.run(test, test.cases[0], updates_snapshots=True)

    assert result.snapshots == {
        "/steps/one/outputs each/0/one": {"v": 1},
        "/steps/one/outputs each/1/one": {"v": 2},
    }


@pytest.mark.parametrize(
    ("terms", "value", "found"),
    [
        ({"mask": ["/a/*/b"]}, {"a": [{"b": 1, "c": 2}]}, {"a": [{"b": MASK, "c": 2}]}),
        ({"mask": ["/a~1b", "/0"]}, {"a/b": 1, "0": [1]}, {"a/b": MASK, "0": MASK}),
        ({"mask": ["/x/y"]}, {"x": 1}, {"x": 1}),
        ({"mask": [""]}, {"x": 1}, MASK),
        ({"patterns": ["uuid"]}, [f"id {UUID}!", 1], [f"id {MASK}!", 1]),
        (
            {"patterns": ["epoch"]},
            [1767225600, 1767225600.5, 1767225600123, 17, True, "at 1767225600"],
            [MASK, MASK, MASK, 17, True, f"at {MASK}"],
        ),
        ({"patterns": ["time"]}, ["on 2026-01-31T12:00:00.5Z."], [f"on {MASK}."]),
        ({"patterns": ["n-[0-9]+"]}, {"a": "n-17"}, {"a": MASK}),
        (True, {"a": UUID}, {"a": UUID}),
    ],
)
def test_what_differs_is_masked(terms: Any, value: Any, found: Any) -> None:
    assert masked(value, terms) == found


def test_cases_that_were_not_run_keep_theirs_and_those_that_are_gone_lose_them(
    bench: Bench,
) -> None:
    expect = {"expect": {"response": {"body": {"snapshot": True}}}}
    results = _keep(bench, expect, expect)
    file = SnapshotFile(bench.folder / "welcome.test.json")

    changed = file.write(results[:1], ["case 1", "case 2"])
    gone = file.write([], ["case 2"])

    assert (changed, gone) == (0, 1)
    assert list(json.loads(file.path.read_text(encoding="utf-8"))["cases"]) == ["case 2"]
    assert file.write([], []) == 1
    assert not file.path.exists()


def test_a_file_of_snapshots_that_is_none_is_refused(bench: Bench) -> None:
    path = bench.write({"expect": {"failed": []}})
    (bench.folder / "welcome.snapshot.json").write_text('{"cases": [1]}', encoding="utf-8")

    with pytest.raises(InvalidFlowTestError) as raised:
        SnapshotFile(path)

    assert "no object `cases` of objects" in raised.value.problems[0].message
