"""Each capability's examples give exactly the requests and results that the goldens hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import responses

from argosy import Connection, Connector, Dispatcher, Ports, load
from argosy.connector import load_capability
from argosy.model import Example

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = Path(__file__).parent / "goldens"
KEY = "1/0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize("capability", load(ROOT).capability_files)
def test_the_examples_give_the_golden_requests_and_results(
    connector: Connector, capability: str, golden: Callable[[Path, Any], None]
) -> None:
    examples = load_capability(connector, capability).examples
    connection = Connection(properties={"apiKey": KEY})
    ports = Ports(new_uuid=lambda: "00000000-0000-4000-8000-000000000001")
    with Dispatcher(connector, connection, ports) as dispatcher:
        exchanges = [_exchange(dispatcher, capability, example) for example in examples]

    golden(GOLDENS / f"{capability}.json", exchanges)


def _exchange(dispatcher: Dispatcher, capability: str, example: Example) -> dict[str, Any]:
    answer = example.response
    body = b"" if "body" not in answer else orjson.dumps(answer["body"])
    with responses.RequestsMock() as vendor:
        planned = dispatcher.prepare(capability, example.inputs)
        vendor.add(
            planned.method,
            planned.url,
            status=answer["status"],
            headers=answer.get("headers"),
            body=body,
        )
        result = dispatcher.call(capability, example.inputs)
        sent = vendor.calls[0].request
    headers = {name: dispatcher.redactor.text(value) for name, value in sent.headers.items()}
    request = {"method": sent.method, "url": sent.url, "headers": headers}
    assert result.error is None
    named = {n: v for n, v in result.outputs.items() if n not in {"rawResponse", "headers"}}
    named.pop("statusCode")
    assert named == example.outputs
    return {
        "title": example.title,
        "request": {**request, "body": orjson.loads(sent.body) if sent.body else None},
        "result": result.to_json(),
    }


def test_the_goldens_hold_no_key() -> None:
    texts = [path.read_text(encoding="utf-8") for path in GOLDENS.glob("*.json")]

    assert texts
    assert not any(KEY in text or KEY.partition("/")[2] in text for text in texts)


def test_every_golden_belongs_to_a_capability(connector: Connector) -> None:
    assert {path.stem for path in GOLDENS.glob("*.json")} == set(connector.capability_files)
