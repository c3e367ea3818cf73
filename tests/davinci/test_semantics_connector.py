"""The connector's own nodes in imported flows, over the sandbox, by DaVinci's property names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from argosy.davinci import export_flow
from argosy.flow.run import Run
from argosy.model import Connection
from argosy.sandbox import RunningSandbox, start
from tests.conftest import SHARED
from tests.davinci.building import (
    answers,
    body,
    connection,
    error,
    flow,
    function,
    imported,
    message,
    names,
    out,
    ran,
    rich,
    run,
)

DOSSIER = SHARED / "reference" / "davinci.md"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with start() as running:
        yield running


@pytest.fixture(autouse=True)
def _as_new(sandbox: RunningSandbox) -> None:
    requests.post(f"{sandbox.url}/_sandbox/reset", json={}, timeout=10).raise_for_status()


def treasure(id_: str, capability: str, **properties: Any) -> dict[str, Any]:
    """Return a node of the connector."""
    return connection(id_, "treasureDataConnector", capability, **properties)


def pairs(**values: str) -> list[dict[str, Any]]:
    return [{"key": name, "value": rich(text)} for name, text in values.items()]


def insert(id_: str = "ins", table: str = "consent", **values: str) -> dict[str, Any]:
    given = {"database": rich("cdp"), "table": rich(table), "recordData": pairs(**values)}
    return treasure(id_, "insertRecord", regionRecord="us01", **given)


def go(sandbox: RunningSandbox, export: Any, given: Any = None) -> Run:
    opened = Connection({"apiKey": sandbox.master_key}, endpoint=sandbox.url)
    return run(export, given, connection=opened)


def stored(sandbox: RunningSandbox, table: str = "consent") -> list[dict[str, Any]]:
    answer = requests.get(f"{sandbox.url}/_sandbox/rows/cdp/{table}", timeout=10)
    rows = answer.json()["rows"] if answer.status_code != 404 else ()  # no such table yet
    return [{name: row[name] for name in row if name != "time"} for row in rows]


BAD = answers("bad", "createErrorResponse", m=error("ins", "message"), c=error("ins", "code"))
WAYS = ["ins > end, bad:anyTriggersFalse"]


def test_a_record_is_stored_with_what_its_rows_are_bound_to(sandbox: RunningSandbox) -> None:
    made = function("f", "return {n: 3, on: true}")
    row = insert(
        email="{{global.parameters.email}}",
        greeting="Hello {{global.parameters.name}}, no {{ 7*7 }}",
        n=out("f", "n"),
        on=out("f", "on"),
        fixed="7",
        empty="{{global.parameters.gone}}",
    )
    end = answers("end", uuid=out("ins", "uuid"))

    found = go(
        sandbox,
        flow(made, row, end, BAD, ways=["f > ins", *WAYS]),
        {"email": "ada@example.com", "name": "Ada"},
    )

    assert re.fullmatch(r"[0-9a-f-]{36}", body(found)["uuid"])
    [there] = stored(sandbox)
    assert there == {
        "email": "ada@example.com",
        "greeting": "Hello Ada, no {{ 7*7 }}",
        "n": 3,
        "on": True,
        "fixed": "7",
        "empty": "",
    }


def test_a_record_that_is_refused_takes_the_false_branch_with_why(
    sandbox: RunningSandbox,
) -> None:
    found = go(sandbox, flow(insert(table="No Table!", a="1"), answers("end"), BAD, ways=WAYS))

    assert ran(found) == {"ins", "bad"}
    assert body(found)["m"]
    assert body(found)["c"]


ATTRIBUTES = """{
  "name": "{{global.parameters.name}}",
  "keyColumn": "{{global.parameters.key}}",
  "attributeColumns": {{global.parameters.columns}},
  "description": "quoted \\"{{global.parameters.name}}\\""
}"""
RELATIONSHIPS = '{"parentFolder": {"data": {"id": "{{global.parameters.folder}}", "type": "%s"}}}'
GIVEN = {
    "name": "Web shop",
    "key": "customer_id",
    "columns": ["plan", "country"],
    "folder": "201",
}


def token(id_: str, capability: str, **more: Any) -> dict[str, Any]:
    """Return a node that writes a token; JSON texts with bindings, quoted and not."""
    relationships = RELATIONSHIPS % "folder-segment"
    texts = {"attributes": rich(ATTRIBUTES), "relationships": rich(relationships)}
    return treasure(id_, capability, type=rich("token"), **texts, **more)


def test_tokens_are_created_listed_updated_and_deleted(sandbox: RunningSandbox) -> None:
    nodes = [
        token("make", "createProfilesToken", regionToken="us01"),
        treasure("list1", "listProfilesTokens", regionToken="us01", audienceId=rich("101")),
        token("change", "updateProfilesToken", id=rich(out("make", "id"))),
        treasure("remove", "deleteProfilesToken", id=rich(out("make", "id"))),
        treasure("list2", "listProfilesTokens", regionToken="us01", audienceId=rich("101")),
        answers("end", id=out("make", "id"), name=out("change", "token.attributes.name"),
                first=("array", out("list1", "tokens")), last=("array", out("list2", "tokens"))),
    ]  # fmt: skip
    ways = ["make > list1", "list1 > change", "change > remove", "remove > list2", "list2 > end"]

    found = go(sandbox, flow(*nodes, ways=ways), GIVEN)

    said = body(found)
    made = said["id"]
    assert said["name"] == "Web shop"
    assert made in [one["id"] for one in said["first"]]
    sent = [step.inputs for step in found.steps if step.node == "change"]
    assert sent[0]["attributes"]["attributeColumns"] == ["plan", "country"]
    assert made not in [one["id"] for one in said["last"]]


def test_json_with_bindings_in_it_keeps_its_form_whatever_they_say(
    sandbox: RunningSandbox,
) -> None:
    odd = {**GIVEN, "name": 'a "quoted" \\ {{ 7*7 }}\nname'}
    nodes = [
        token("make", "createProfilesToken", regionToken="us01"),
        answers("end", name=out("make", "token.attributes.name")),
        answers("bad", "createErrorResponse", m=error("make", "message")),
    ]

    found = go(sandbox, flow(*nodes, ways=["make > end, bad:anyTriggersFalse"]), odd)

    sent = next(step.inputs for step in found.steps if step.node == "make")
    assert sent["attributes"]["name"] == odd["name"]
    assert sent["attributes"]["description"] == f'quoted "{odd["name"]}"'


def test_a_custom_call_sends_what_it_is_given(sandbox: RunningSandbox) -> None:
    asked = treasure(
        "call",
        "makeCustomApiCall",
        endpoint=rich(
            "https://api-cdp.treasuredata.com/audiences/{{global.parameters.id}}/folders"
        ),
        method="GET",
        queryParameters=pairs(q="{{global.parameters.id}}"),
        headers=pairs(**{"X-Trace": "t{{global.parameters.id}}"}),
    )
    end = answers("end", s=out("call", "statusCode"), first=out("call", "rawResponse[0].id"))

    found = go(sandbox, flow(asked, end, ways=["call > end"]), {"id": "101"})

    assert body(found)["s"] == "200"
    log = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=10).json()["requests"]
    assert log[-1]["path"] == "/audiences/101/folders"
    assert log[-1]["query"] == "q=101"


@pytest.mark.parametrize(
    "name", ["insertRecord", "insertARecord", "createProfilesApiToken", "deleteProfilesApiToken"]
)
def test_capabilities_are_known_by_their_titles_too(name: str) -> None:
    [one] = imported(flow(treasure("n", name)))

    assert "capability" in one.document["nodes"][1]


def test_a_capability_that_there_is_not_is_kept_and_told() -> None:
    export = flow(treasure("n", "doMagic", spell=rich("x")), BAD, ways=["n > bad:always"])

    [one] = imported(export)

    assert one.document["nodes"][1]["kind"] == "davinci"
    assert ("n", "treasureDataConnector has no capability 'doMagic'") in one.report.notes
    assert message(run(export)).startswith("treasureDataConnector/doMagic cannot run here: ")


needs_dossier = pytest.mark.skipif(not DOSSIER.is_file(), reason="the dossier is not there")


def example() -> Any:
    """Return the example of the dossier."""
    text = DOSSIER.read_text(encoding="utf-8").partition("\n## 11. ")[2]
    return json.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[0])


@needs_dossier
def test_the_example_of_the_dossier_stores_its_record(sandbox: RunningSandbox) -> None:
    found = go(sandbox, example(), {"email": "ada@example.com"})

    assert body(found) == {}
    assert found.response is not None
    assert not found.response.is_error
    assert stored(sandbox) == [{"email": "ada@example.com"}]


@needs_dossier
def test_the_example_of_the_dossier_answers_with_the_error_where_it_cannot(
    sandbox: RunningSandbox,
) -> None:
    rule = {"match": {"path": "/cdp/consent"}, "kind": "status", "status": 422}
    requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10).raise_for_status()

    found = go(sandbox, example(), {"email": "ada@example.com"})

    assert found.response is not None
    assert found.response.is_error
    assert body(found)["message"]
    assert stored(sandbox) == []


@needs_dossier
def test_the_example_of_the_dossier_leaves_as_it_came() -> None:
    [one] = imported(example())

    assert export_flow(one.document, names()) == example()
    assert one.report.notes == []
    assert one.report.opaque == []
