"""Every example of every capability, run against a real sandbox over a socket.

What the sandbox does must succeed, with outputs of the example's shape; what it doesn't do, it must
say so of, and nothing else. `seed.json` and `prepared` hold what the examples speak of, and each
example starts from the same snapshot. All answers are held against the vendor's documents, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from argosy import Connection, Connector, Dispatcher, Result, load
from argosy.connector import load_capability
from argosy.sandbox import RunningSandbox, Settings, start
from tests.connector.conftest import SEED
from tests.connector.prepared import BEFORE, NOW, PREPARED, Ids, Stage, filled
from tests.sandbox.contract_watch import Watch

ROOT = Path(__file__).resolve().parents[2]
CONNECTOR = load(ROOT)
COVERAGE = ROOT / "docs" / "reference" / "sandbox.md"

#: What the sandbox doesn't do: it answers 501, and says so.
ABSENT: Final = frozenset(
    {
        # workflows belong to no parent segment
        "list-activation-workflow-projects",
        "list-activation-workflows",
        # no model is trained
        "list-predictive-segment-executions-rest",
        "guess-predictive-rule-rest",
        "list-predictive-model-columns-rest",
        "list-predictive-model-features-rest",
        "get-predictive-score-histogram",
        "run-predictive-segment-rest",
        "guess-predictive-rule",
        "run-predictive-segment",
        "list-predictive-segment-executions",
        "list-predictive-model-features",
        "list-predictive-model-columns",
        "get-predictive-model-scores",
        # no profile moves through a journey
        "update-journey-details",
        "duplicate-journey",
        "run-journey",
        "list-journey-segment-rules",
        "list-journey-step-behaviors",
        "list-journey-step-templates",
        "get-journey-statistics",
        "list-journey-conversion-charts",
        "list-journey-activation-charts",
        "list-journey-profiles",
        "list-journey-stage-profiles",
        "list-journey-activations",
        "create-journey-activation",
        "get-journey-activation",
        "update-journey-activation",
        "get-journey-bundle",
        "update-journey-bundle",
        "delete-journey-bundle",
        "get-latest-journey",
        "get-journey-bundle-statistics",
        "list-journey-bundle-conversion-charts",
        "list-journey-bundle-activation-charts",
        "list-journey-bundle-activations",
        "create-journey-version",
        "check-journey-version",
        # no real-time side works on a stream
        "get-realtime-configuration-version",
        "list-realtime-attributes",
        "update-realtime-imported-attributes",
        "validate-realtime-journey",
        "duplicate-realtime-journey",
        "list-realtime-journey-abtest-variants",
        "list-realtime-activations",
        "list-realtime-journey-activations",
        "create-realtime-journey-activation",
        "get-realtime-journey-activation",
        "update-realtime-journey-activation",
        # nothing is read from another's storage
        "guess-bulk-load-config",
        "preview-bulk-load",
    }
)
#: What can't succeed on a sandbox: the status it must end with, and why.
REFUSED: Final = {
    "get-table-distribution": (404, "no table has a distribution, since the account has no such"),
}
#: Members of the examples' outputs that the sandbox leaves out or empty, and why.
LEFT_OUT: Final = (
    (r".*/(hiveEngineVersion|allowActivationBehavior|maxActivationBehaviorRow)", "not settable"),
    (r"predictiveSegment/modelUpdatedAt", "no model is ever made"),
    (
        r".*/(activationActionsEnabled|lockEnabled|journeyCount)",
        "a template's use is not looked at",
    ),
    (r".*/(availableBySegment|availableByStep)", "a template's use is not looked at"),
    (r"realtimeAttribute/filterRule", "given back as it was sent, and this one had none"),
    (r".*/realtimeJourneyStages/orderIndex", "given back as it was sent, and this one had none"),
    (r".*/referencingRealtimeAttributes", "given back as it was sent"),
    (r"activation/executions", "the one in the example has run, and a new one never has"),
    (r"history", "the attempt in the example is not the workflow's first"),
)
#: Objects whose members are data: kinds of permissions, statuses, connectors.
OPEN: Final = frozenset({"permissions", "statuses", "taskStates", "restrictions"})


def _examples() -> list[Any]:
    return [
        pytest.param(capability, index, id=f"{capability}-{index}")
        for capability in CONNECTOR.capability_files
        for index in range(len(load_capability(CONNECTOR, capability).examples))
    ]


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="module")
def prepared(watch: Watch) -> Iterator[tuple[Stage, Ids]]:
    """A sandbox with all that the examples need, under a snapshot; and the ids it made."""
    with start(Settings(seed=SEED, now=NOW, observer=watch)) as sandbox:
        connection = Connection(properties={"apiKey": sandbox.master_key}, endpoint=sandbox.url)
        with Dispatcher(CONNECTOR, connection) as dispatcher, requests.Session() as session:
            session.trust_env = False
            stage = Stage(CONNECTOR, dispatcher, sandbox, session)
            ids = stage.run(PREPARED, {})
            stage.control("POST", "snapshots", {"name": "prepared"})
            yield stage, ids


@pytest.mark.parametrize(("capability", "index"), _examples())
def test_an_example_does_on_the_sandbox_what_it_says(
    prepared: tuple[Stage, Ids], watch: Watch, capability: str, index: int
) -> None:
    stage, ids = prepared
    loaded = load_capability(CONNECTOR, capability)
    example = loaded.examples[index]
    stage.control("POST", "snapshots/prepared/restore", {})
    stage.control("PUT", "pace", {"pace": "immediate"})
    before = BEFORE.get(f"{capability}-{index}", BEFORE.get(capability, ()))

    result = stage.dispatcher.call(capability, filled(example.inputs, stage.run(before, ids)))

    watch.check()
    if capability in ABSENT:
        _check_absent(result)
    elif capability in REFUSED:
        assert result.outputs["statusCode"] == REFUSED[capability][0], result.error
    else:
        assert result.error is None, (result.error, result.outputs)
        assert list(_differences(example.outputs, result.outputs)) == []
        if loaded.handler is None:
            assert result.outputs["statusCode"] == example.response["status"]


def _check_absent(result: Result) -> None:
    assert result.error is not None, result.outputs
    assert result.outputs["statusCode"] == 501, (result.error, result.outputs)
    assert "The sandbox does not do" in str(result.error)
    assert (result.attempts, result.error.retryable) == (1, False)


def _differences(example: Any, actual: Any, place: str = "") -> Iterator[str]:
    """Tell where a value is of another shape; null is of any, and a list like its best element."""
    name = place.rpartition("/")[2]
    if example is None or actual is None or name in OPEN:
        return
    if _kind(example, name) != _kind(actual, name):
        yield f"{place}: {actual!r} for {example!r}"
    elif isinstance(example, dict):
        for key, value in example.items():
            where = f"{place}/{key}".removeprefix("/")
            if key in actual:
                yield from _differences(value, actual[key], where)
            elif value not in (None, [], {}) and not _is_left_out(where):
                yield f"{where} is absent"
    elif isinstance(example, list) and example:
        found = [list(_differences(example[0], one, place)) for one in actual]
        if found:
            yield from min(found, key=len)
        elif not _is_left_out(place):
            yield f"{place} is empty"


def _kind(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "truth"
    if re.search(r"(^|_)id$|I[dD]$", name) and isinstance(value, int | str):
        return "id"  # a number or digits, as the vendor has it from place to place
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def _is_left_out(place: str) -> bool:
    return any(re.fullmatch(pattern, place) for pattern, _ in LEFT_OUT)


@pytest.mark.parametrize(
    ("example", "actual", "found"),
    [
        ({"id": "1", "n": 1}, {"id": 7, "n": 2.5, "more": True}, []),
        ({"a": None, "b": 1, "c": []}, {"a": 1, "b": None}, []),
        ({"a": 1}, {}, ["a is absent"]),
        ({"a": {"b": True}}, {"a": {"b": 1}}, ["a/b: 1 for True"]),
        ({"a": [{"b": "x"}]}, {"a": [{}, {"b": "y"}]}, []),
        ({"a": [{"b": "x"}]}, {"a": [{}]}, ["a/b is absent"]),
        ({"a": ["x"]}, {"a": []}, ["a is empty"]),
    ],
)
def test_a_difference_of_shape_is_found(example: Any, actual: Any, found: list[str]) -> None:
    assert list(_differences(example, actual)) == found


def test_what_is_absent_is_what_the_coverage_page_says() -> None:
    page = re.findall(r"^\| `(\w+) (\S+)` \| (\w+) \|", COVERAGE.read_text("utf-8"), re.MULTILINE)
    levels = {(method, _shape(path)): level for method, path, level in page}
    told = {True: set[str](), False: set[str]()}
    for one in CONNECTOR.capability_files:
        request = load_capability(CONNECTOR, one).request
        level = levels.get((request.method, _shape(request.path)))
        if level is not None:
            told[level == "501"].add(one)

    assert told[True] <= ABSENT
    assert not told[False] & ABSENT
    # what no document has, the page has not
    assert ABSENT - told[True] == {"guess-bulk-load-config", "preview-bulk-load"}


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def test_nothing_is_declared_of_capabilities_that_are_not_there() -> None:
    names = {re.sub(r"-\d+$", "", name) for name in BEFORE}

    assert (names | ABSENT | set(REFUSED)) <= set(CONNECTOR.capability_files)
    assert ABSENT.isdisjoint(REFUSED)


def test_an_inserted_record_is_read_back_with_its_types(
    dispatcher: Dispatcher, sandbox: RunningSandbox
) -> None:
    record = {
        "email": "ada@example.com",
        "visits": 3,
        "score": 0.5,
        "member": True,
        "time": 1767225600,
    }

    dispatcher.call(
        "insert-record", {"database": "shop", "table": "visitors", "record": record}
    ).unwrap()

    rows = requests.get(f"{sandbox.url}/_sandbox/rows/shop/visitors", timeout=10).json()["rows"]
    assert rows == [record]


def test_a_token_lives_through_create_get_update_list_lookup_and_delete(
    dispatcher: Dispatcher,
) -> None:
    relationships = {
        "parentFolder": {"data": {"id": "201", "type": "folder-segment"}},
        "segments": {"data": [{"id": "301", "type": "segment-batch"}]},
    }
    attributes = {"name": "Web shop", "keyColumn": "customer_id", "attributeColumns": ["plan"]}
    made = dispatcher.call(
        "create-profiles-token", {"attributes": attributes, "relationships": relationships}
    ).unwrap()

    changed = {**attributes, "attributeColumns": ["country"]}
    dispatcher.call("update-profiles-token", {"id": made["id"], "attributes": changed}).unwrap()
    got = dispatcher.call("get-profiles-token", {"id": made["id"]}).unwrap()
    listed = dispatcher.call("list-profiles-tokens", {"audienceId": "101"}).unwrap()
    found = dispatcher.call(
        "lookup-profile", {"token": made["lookupToken"], "key": {"customer_id": "c-1"}}
    ).unwrap()
    dispatcher.call("delete-profiles-token", {"id": made["id"]}).unwrap()
    gone = dispatcher.call("get-profiles-token", {"id": made["id"]})

    assert got["token"]["attributes"]["attributeColumns"] == ["country"]
    assert {token["id"] for token in listed["tokens"]} == {"501", made["id"]}
    assert (found["segments"], found["attributes"]) == (["301"], {"country": "JP"})
    assert gone.error is not None
    assert gone.error.code == "not-found"
    assert gone.outputs["statusCode"] == 404


def test_a_write_only_key_may_insert_and_may_not_list_tokens(
    connector: Connector, sandbox: RunningSandbox
) -> None:
    connection = Connection(properties={"apiKey": sandbox.write_key}, endpoint=sandbox.url)
    with Dispatcher(connector, connection) as dispatcher:
        record = {"email": "ada@example.com"}
        inputs = {"database": "shop", "table": "customers", "record": record}
        inserted = dispatcher.call("insert-record", inputs)
        listed = dispatcher.call("list-profiles-tokens", {"audienceId": "101"})

    assert inserted.error is None
    assert listed.error is not None
    assert listed.error.code == "unauthorized"
    assert "master key" in listed.error.to_json()["note"]


def test_a_custom_call_to_the_vendor_goes_to_the_connections_endpoint(
    dispatcher: Dispatcher, sandbox: RunningSandbox
) -> None:
    endpoint = "https://api-cdp.treasuredata.co.jp/audiences/101/folders"

    result = dispatcher.call("make-custom-api-call", {"endpoint": endpoint, "method": "GET"})

    assert result.error is None
    assert [folder["id"] for folder in result.outputs["rawResponse"]] == ["200", "201"]
    seen = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=10).json()
    assert "/audiences/101/folders" in str(seen)
    assert sandbox.master_key not in str(seen)
