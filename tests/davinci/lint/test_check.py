"""`argosy check` tells what DaVinci's rules find in the flows that came from there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy.check import check_flows
from argosy.check.flows import check_flow_document
from argosy.davinci import Export, import_export
from argosy.davinci.lint import codes
from argosy.model import Connector, Problem
from tests.davinci.lint.drawing import Document, flow, node, with_data
from tests.davinci.lint.pairs import PAIRS, calling, subflow


def imported(*flows: Document) -> dict[str, Document]:
    """Return flows of DaVinci's as flows of ours by the names of their files."""
    return {f"{one.id}.flow.json": one.document for one in import_export(Export(flows))}


def check(folder: Path, files: dict[str, Document], connector: Connector) -> list[Problem]:
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return [one for one in check_flows(folder, connector).problems if one.code in codes()]


def places(problems: Sequence[Problem]) -> list[tuple[str, str, str]]:
    return [(one.code, one.file, one.pointer) for one in problems]


def test_a_finding_is_placed_at_the_node_of_our_file(tmp_path: Path, drafted: Connector) -> None:
    document = flow(node("123456789a"), node("b000000001", nodeTitle=None))
    files = imported(document)
    [ours] = files.values()

    [problem] = check(tmp_path, files, drafted)

    index = next(i for i, one in enumerate(ours["nodes"]) if one["id"] == "b000000001")
    assert places([problem]) == [("dv-bp-node-001", "main.flow.json", f"/nodes/{index}")]
    assert problem.severity == "warning"
    assert problem.hint == codes()["dv-bp-node-001"].mend


def test_a_node_whose_id_begins_with_a_digit_is_found_by_its_name_here(
    tmp_path: Path, drafted: Connector
) -> None:
    files = imported(flow(with_data(node("123456789a"), isDisabled=True)))
    [ours] = files.values()

    [problem] = check(tmp_path, files, drafted)

    assert problem.severity == "error"
    assert ours["nodes"][int(problem.pointer.rpartition("/")[2])]["id"] == "n123456789a"


def test_what_is_about_the_whole_flow_is_placed_at_it(tmp_path: Path, drafted: Connector) -> None:
    files = imported(flow(settings={"logLevel": 3, "useCustomCSS": True, "css": ".companyLogo"}))

    assert places(check(tmp_path, files, drafted)) == [
        ("dv-bp-debug-off-001", "main.flow.json", "")
    ]


def test_a_flow_is_judged_as_it_is_now(tmp_path: Path, drafted: Connector) -> None:
    files = imported(flow(node("a000000001", nodeTitle=None)))
    [ours] = files.values()
    step = next(one for one in ours["nodes"] if one["id"] == "a000000001")

    assert len(check(tmp_path, files, drafted)) == 1
    step["title"] = "Say hello"
    assert check(tmp_path, files, drafted) == []


def test_flows_of_one_folder_are_told_of_each_other_each_its_own(
    tmp_path: Path, drafted: Connector
) -> None:
    main = calling(label="Old name")
    sub = {**flow(node("b000000001", nodeTitle=None)), "flowId": "flow-2", "name": "Sub"}

    problems = check(tmp_path, imported(main, sub), drafted)

    assert [(one.code, one.file) for one in problems] == [
        ("dv-er-subflow-001", "main.flow.json"),
        ("dv-bp-node-001", "sub.flow.json"),
    ]


def test_a_circle_is_told_at_both_calls(tmp_path: Path, drafted: Connector) -> None:
    back = {**calling("flow-1", "Main"), "flowId": "flow-2", "name": "Sub"}

    problems = check(tmp_path, imported(calling(), back), drafted)

    told = [one for one in problems if one.code == "dv-er-subflow-002"]
    assert [one.file for one in told] == ["main.flow.json", "sub.flow.json"]
    assert all(one.pointer.startswith("/nodes/") for one in told)


def test_a_subflow_that_was_not_imported_is_told(tmp_path: Path, drafted: Connector) -> None:
    [problem] = check(tmp_path, imported(calling()), drafted)

    assert problem.code == "dv-er-subflow-001"
    assert "'Sub' is not among the flows that are here" in problem.message


def test_a_flow_that_did_not_come_from_davinci_is_not_held_to_its_rules(
    tmp_path: Path, drafted: Connector
) -> None:
    files = imported(flow(node("a000000001", nodeTitle=None)))
    [ours] = files.values()
    del ours["source"]

    assert check(tmp_path, files, drafted) == []


SAMPLES = [
    document
    for pair in PAIRS.values()
    for document in imported(pair.wrong, *(pair.others or (subflow(),))).values()
]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_kept_of_a_flow_the_check_raises_nothing(
    data: st.DataObject, drafted: Connector
) -> None:
    document = json.loads(json.dumps(data.draw(st.sampled_from(SAMPLES))))
    parent, key = data.draw(st.sampled_from(list(_places(document))))
    parent[key] = data.draw(st.sampled_from([None, 5, "x", [], {}, [{}], {"value": 1}, True]))

    check_flow_document(document, "sample", drafted)


def _places(value: Any) -> Any:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])
